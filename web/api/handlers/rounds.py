"""Rounds: the list, one of them, its roll call, and the ballot of this node's member."""

from typing import Final

from web.api.endpoint import WRITING, Call, reading, writing
from web.api.models.asked import Asked, OfRound, RollCallAsked, RoundsAsked
from web.api.models.rounds import (
    CountedBallot,
    OpenRound,
    OpenRounds,
    OwnBallot,
    RollCallPage,
    Round,
    RoundEntry,
    RoundPage,
)
from web.api.models.sent import NewBallot, Signed
from web.api.paging import Anchor, part_of
from web.api.problems import Problem
from web.marking import N_
from web.ports import BallotView, RoundSummary, RoundView

_SECTION: Final = N_("Rounds")
_REFUSALS: Final = (
    "not-delegate", "not-head", "foreign-member", "halted", "disk-full", "key-forked", "invalid", "too-many",
    "unknown-round", "round-not-open", "round-closed", "may-not-change", "not-entitled", "wrong-form", "unknown-option",
    "reason-missing", "no-proxies", "proxy-to-itself", "proxy-to-stranger", "nothing-to-withdraw",
)  # fmt: skip


async def list_rounds(call: Call, asked: RoundsAsked) -> RoundPage:
    """Return one part of the rounds."""
    found = [
        summary
        for summary in await call.lists.rounds()
        if asked.track in (None, summary.track) and asked.state in (None, summary.state)
    ]
    shown, following = part_of(found, _last_to_close_first, "rounds", asked)
    return RoundPage(next=following, total=len(found), items=tuple(map(RoundEntry.of, shown)))


def _last_to_close_first(summary: RoundSummary) -> Anchor:
    return (-summary.closes, summary.id)


async def get_round(call: Call, asked: OfRound) -> Round:
    """Return one round."""
    return Round.of(await _there(call, asked))


async def get_roll_call(call: Call, asked: RollCallAsked) -> RollCallPage:
    """Return one part of who voted how."""
    found = await _there(call, asked)
    if found.outcome is None:
        raise Problem("not-found")
    shown, following = part_of(found.roll_call, _by_member, "roll-call", asked)
    return RollCallPage(next=following, total=len(found.roll_call), items=tuple(map(CountedBallot.of, shown)))


def _by_member(ballot: BallotView) -> Anchor:
    return (ballot.member,)


async def get_own_ballot(call: Call, asked: OfRound) -> OwnBallot:
    """Return the ballot of the node's member."""
    found = await _there(call, asked)
    if found.my_ballot is None:
        raise Problem("not-found")
    return OwnBallot.of(found.my_ballot, found.receipts_needed)


async def list_open_rounds(call: Call, _: Asked) -> OpenRounds:
    """Return the rounds in which members may vote, and whether this one has."""
    found = [summary for summary in await call.lists.rounds() if summary.state == "open"]
    return OpenRounds(items=tuple(map(OpenRound.of, sorted(found, key=lambda each: (each.closes, each.id)))))


async def cast_ballot(call: Call, asked: OfRound, sent: NewBallot) -> Signed:
    """Sign and cast a ballot."""
    cast = await call.backend.cast(call.account, asked.round, sent.ballot)
    return Signed(event=cast.event, url=f"/api/v1/rounds/{asked.round}/ballot")


async def _there(call: Call, asked: OfRound) -> RoundView:
    found = await call.backend.round(asked.round)
    if found is None:
        raise Problem("not-found")
    return found


ENDPOINTS: Final = (
    reading(
        "/rounds",
        N_("Rounds, the last to close first"),
        _SECTION,
        RoundsAsked,
        RoundPage,
        list_rounds,
        leads_to=(("get_round", "round", "/items/0/id"), ("get_roll_call", "round", "/items/0/id")),
    ),
    reading(
        "/rounds/{round}",
        N_("One round with options, tellers' progress and outcome"),
        _SECTION,
        OfRound,
        Round,
        get_round,
    ),
    reading(
        "/rounds/{round}/roll-call",
        N_("Who voted how, once the outcome is certified"),
        _SECTION,
        RollCallAsked,
        RollCallPage,
        get_roll_call,
    ),
    reading(
        "/rounds/{round}/ballot",
        N_("Your member's ballot and its receipts"),
        _SECTION,
        OfRound,
        OwnBallot,
        get_own_ballot,
        scope="read-member",
        needs_token=True,
    ),
    reading(
        "/open-rounds",
        N_("Rounds in which your member may vote now, and whether it has"),
        _SECTION,
        Asked,
        OpenRounds,
        list_open_rounds,
        scope="read-member",
        needs_token=True,
    ),
    writing(
        "/rounds/{round}/ballots",
        N_("Sign and cast your member's ballot, or change it"),
        _SECTION,
        OfRound,
        NewBallot,
        Signed,
        cast_ballot,
        scope="vote",
        points=WRITING,
        status=201,
        refusals=_REFUSALS,
    ),
)
