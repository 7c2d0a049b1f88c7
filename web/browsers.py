"""The family of a browser by what it calls itself: enough to tell sessions apart, too little to tell people apart."""

from typing import Final

_AGENT_CHARACTERS_MAX = 1_000
_FAMILIES: Final = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chromium/", "Chromium"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
"""Sign in what a browser says of itself, and its family; the first that fits, as most claim to be others too."""


def browser_family(agent: str) -> str:
    """Return a browser's family, or nothing if it is none of those known."""
    said = agent[:_AGENT_CHARACTERS_MAX]
    return next((family for sign, family in _FAMILIES if sign in said), "")
