"""comitia charter policies: the default policies as a file to start from."""

from node.policies import default_policies


def run() -> None:
    """Print the default policies as JSON: save them, change them, and hand them to charter draft --policies."""
    print(default_policies().model_dump_json(indent=2))
