"""Every page: its method, its address and its handler."""

from typing import Final

from web.pages import (
    acts,
    agenda,
    ballots,
    desk,
    fairness,
    feeds,
    interface,
    members,
    node_status,
    proposals,
    proxies,
    round_file,
    rounds,
    search,
    sign_in,
    submission,
    tokens,
    topics,
    trying,
    verify,
)
from web.pages.route import Handler, Route

__all__ = ["PAGES", "Handler", "Route"]

PAGES: Final[tuple[Route, ...]] = (
    *agenda.ROUTES,
    *fairness.ROUTES,
    *submission.ROUTES,
    *proposals.ROUTES,
    *acts.ROUTES,
    *topics.ROUTES,
    *search.ROUTES,
    *rounds.ROUTES,
    *ballots.ROUTES,
    *proxies.ROUTES,
    *round_file.ROUTES,
    *members.ROUTES,
    *node_status.ROUTES,
    *desk.ROUTES,
    *trying.ROUTES,
    *sign_in.ROUTES,
    *verify.ROUTES,
    *feeds.ROUTES,
    *tokens.ROUTES,
    *interface.ROUTES,
)
