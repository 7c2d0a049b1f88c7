"""What an address asks for, read with care."""

from typing import Literal

from aiohttp import web as aioweb

from web.goals import GOALS

_PAGES_MAX = 100_000


def goal_in(request: aioweb.Request) -> int | None:
    """Return the goal that the address names, or None."""
    asked = request.query.get("goal", "")
    return next((goal for goal in GOALS if str(goal) == asked), None)


def track_in(request: aioweb.Request) -> Literal["long", "short"] | None:
    """Return the track that the address names, or None."""
    match request.query.get("track"):
        case "long":
            return "long"
        case "short":
            return "short"
        case _:
            return None


def page_in(request: aioweb.Request) -> int:
    """Return the page that the address names, the first by default."""
    asked = request.query.get("page", "1")
    return max(1, min(int(asked), _PAGES_MAX)) if asked.isascii() and asked.isdigit() and len(asked) < 7 else 1


def group_in(request: aioweb.Request) -> str | None:
    """Return the automatic group that the address names, or None."""
    return request.query.get("group", "")[:40] or None
