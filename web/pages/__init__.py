"""Every page: its method, its address and its handler."""

from typing import Final

from web.pages import (
    acts,
    agenda,
    agenda_changes,
    ballots,
    comments,
    design,
    desk,
    fairness,
    feeds,
    members,
    node_details,
    node_status,
    proposals,
    proxies,
    round_file,
    rounds,
    search,
    sign_in,
    submission,
    texts,
    topic_story,
    topics,
    trying,
    verify,
)
from web.pages.route import Handler, Route

__all__ = ["PAGES", "Handler", "Route"]

PAGES: Final[tuple[Route, ...]] = (
    *agenda.ROUTES,
    *agenda_changes.ROUTES,
    *fairness.ROUTES,
    *submission.ROUTES,
    *proposals.ROUTES,
    *acts.ROUTES,
    *comments.ROUTES,
    *texts.ROUTES,
    *topics.ROUTES,
    *topic_story.ROUTES,
    *search.ROUTES,
    *rounds.ROUTES,
    *ballots.ROUTES,
    *proxies.ROUTES,
    *round_file.ROUTES,
    *members.ROUTES,
    *node_status.ROUTES,
    *node_details.ROUTES,
    *desk.ROUTES,
    *trying.ROUTES,
    *sign_in.ROUTES,
    *verify.ROUTES,
    *feeds.ROUTES,
    *design.ROUTES,
)
