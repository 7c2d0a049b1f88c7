"""comitia charter policies: the default policies as a file to start from."""

from node import founding


def run() -> None:
    """Print the default policies as JSON: save them, change them, and hand them to charter draft --policies."""
    print(founding.default_policies().model_dump_json(indent=2))
