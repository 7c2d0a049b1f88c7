"""The address at which a node is reached from its own machine."""

from typing import Final

from node.config import Listen

_ANYWHERE: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - looked up, never listened on


def local_address(listen: Listen) -> str:
    """Return the http address of a node that listens there; loopback if it listens everywhere."""
    host = _ANYWHERE.get(listen.host, listen.host)
    return f"http://[{host}]:{listen.port}" if ":" in host else f"http://{host}:{listen.port}"
