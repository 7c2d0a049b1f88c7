"""From a proposal's folded state to what waits about it: for its sponsor, endorsers, objectors, or everybody."""

from collections.abc import Iterator, Mapping

from consensus.lifecycle import acts_in
from consensus.proposal_state import Consultation
from node.storage.waits import EVERYBODY, Wait
from protocol.envelope import Verified
from protocol.events.deliberation import ObjectionAnswer
from protocol.ids import MemberId

_OPEN_TO_ENDORSERS = frozenset({"submitted", "returned", "endorsing", "consulting", "adjourned", "referred"})
"""Stages in which an endorsement still bears on what becomes of a text."""


def waits_of(
    proposal: str, state: Consultation, endorsed: Mapping[MemberId, int], replied: Mapping[str, int]
) -> list[Wait]:
    """Return what waits about a proposal.

    endorsed says when each endorsing member last said so; replied when each answered objection was answered.
    """
    acts = {line.act for line in acts_in(state.stage)}
    found = [*_reconfirmations(proposal, state, endorsed), *_calls(proposal, state)]
    if "answer-objection" in acts:
        found += _objections(proposal, state, replied)
    if "accept-amendment" in acts:
        found += _amendments(proposal, state)
    return found


def _calls(proposal: str, state: Consultation) -> Iterator[Wait]:
    if state.stage != "consulting":
        return
    for call in state.calls:
        yield Wait(proposal, "call", str(call.number), EVERYBODY, "", call.since, call.until)
    if state.notice_until is not None and state.admitted is not None and state.notice_until > state.admitted:
        yield Wait(proposal, "notice", "", EVERYBODY, "", state.admitted, state.notice_until)


def _objections(proposal: str, state: Consultation, replied: Mapping[str, int]) -> Iterator[Wait]:
    for each in state.objections:
        if not each.is_standing:
            continue
        if each.answer is None:
            due = state.notice_until if state.stage == "consulting" else None
            yield Wait(proposal, "objection", each.id, state.sponsor, each.member, each.time, due)
        else:
            answered = replied.get(each.id, each.time)
            yield Wait(proposal, "reply", each.id, each.member, state.sponsor, answered, None)


def _amendments(proposal: str, state: Consultation) -> Iterator[Wait]:
    for each in state.amendments:
        if each.outcome == "open" and each.body.base == state.text.text.sha256:
            yield Wait(proposal, "amendment", each.id, state.sponsor, each.member, each.time, None)


def _reconfirmations(proposal: str, state: Consultation, endorsed: Mapping[MemberId, int]) -> Iterator[Wait]:
    """Yield a wait for each endorser of a text that has changed since, or has gone into another one."""
    if state.stage == "merged" and state.link is not None:
        since = state.joinings[-1].at if state.joinings else state.text.since
        for member in state.endorsed_by:
            yield Wait(proposal, "reconfirm", state.link[1], member, state.sponsor, since, None)
    elif state.stage in _OPEN_TO_ENDORSERS and len(state.versions) > 1:
        for member in state.endorsed_by:
            if endorsed.get(member, 0) < state.text.since:
                yield Wait(proposal, "reconfirm", proposal, member, state.sponsor, state.text.since, None)


def latest_times(endorsements: list[Verified]) -> dict[MemberId, int]:
    """Return when each member last said whether it endorses, by its own word."""
    found: dict[MemberId, int] = {}
    for each in endorsements:
        found[each.event.member] = max(each.event.time, found.get(each.event.member, 0))
    return found


def answer_times(state: Consultation, answers: list[Verified]) -> dict[str, int]:
    """Return when each objection was last answered, by those of the answers that had an effect."""
    effective = {step.event for step in state.history if step.void is None}
    found: dict[str, int] = {}
    for each in answers:
        body = each.event.body
        if isinstance(body, ObjectionAnswer) and each.id in effective:
            found[body.objection] = max(each.event.time, found.get(body.objection, 0))
    return found
