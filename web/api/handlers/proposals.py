"""Proposals: the list, one of them, and what members say of it."""

from typing import Final

from web.api.endpoint import WRITING, Call, reading, writing
from web.api.forms import checked
from web.api.models.asked import Asked, OfProposal, ProposalsAsked
from web.api.models.proposals import OwnPart, Proposal, ProposalPage, StageCount, entry_of, goal_counts
from web.api.models.sent import NewEndorsement, NewPosition, NewProposal, Signed
from web.api.paging import anchor_in, bad_cursor, cursor_after, scope_of
from web.api.problems import Problem
from web.forms import PositionForm, ProposalForm
from web.marking import N_
from web.ports import ProposalFilter, ProposalView

SECTION: Final = N_("Proposals")
ANY_WRITING: Final = ("not-delegate", "foreign-member", "halted", "disk-full", "key-forked", "invalid", "too-many")


async def list_proposals(call: Call, asked: ProposalsAsked) -> ProposalPage:
    """Return one part of the proposals."""
    anchor = None if asked.cursor is None else anchor_in(scope_of("proposals", asked), asked.cursor)
    if anchor is not None and (len(anchor) != 1 or not isinstance(anchor[0], str)):
        raise bad_cursor()
    found = await call.backend.proposals(
        ProposalFilter(
            track=asked.track,
            stage=asked.stage,
            goal=asked.goal,
            group=asked.group,
            member=asked.member,
            before=None if anchor is None else str(anchor[0]),
            per_page=asked.per_page,
        )
    )
    has_more = found.total > len(found.items) > 0
    return ProposalPage(
        next=cursor_after(scope_of("proposals", asked), (found.items[-1].id,)) if has_more else None,
        total=found.total,
        by_goal=goal_counts(found.by_goal),
        without_goal=found.without_goal,
        by_stage=tuple(StageCount(stage=name, proposals=found.by_stage[name]) for name in sorted(found.by_stage)),
        items=tuple(map(entry_of, found.items)),
    )


async def get_proposal(call: Call, asked: OfProposal) -> Proposal:
    """Return one proposal."""
    return Proposal.of(await _there(call, asked))


async def get_own_part(call: Call, asked: OfProposal) -> OwnPart:
    """Return what the node's member has said of a proposal and may do."""
    return OwnPart.of(await _there(call, asked), call.account.member)


async def _there(call: Call, asked: OfProposal) -> ProposalView:
    found = await call.backend.proposal(asked.proposal)
    if found is None:
        raise Problem("not-found")
    return found


async def submit_proposal(call: Call, _: Asked, sent: NewProposal) -> Signed:
    """Sign and submit a proposal."""
    form = checked(ProposalForm, {**sent.model_dump(), "no_goal": not sent.goals})
    event = await call.backend.submit(call.account, form.proposal())
    return Signed(event=event, url=f"/api/v1/proposals/{event}")


async def endorse_proposal(call: Call, asked: OfProposal, sent: NewEndorsement) -> Signed:
    """Endorse a proposal, or take that back."""
    event = await call.backend.endorse(call.account, asked.proposal, sent.endorses)
    return Signed(event=event, url=f"/api/v1/proposals/{asked.proposal}")


async def take_position(call: Call, asked: OfProposal, sent: NewPosition) -> Signed:
    """State a position."""
    form = checked(PositionForm, sent.model_dump())
    event = await call.backend.take_position(call.account, asked.proposal, form.stance, form.lang, form.reasons)
    return Signed(event=event, url=f"/api/v1/proposals/{asked.proposal}")


ENDPOINTS: Final = (
    reading(
        "/proposals",
        N_("Proposals by filter, the latest first"),
        SECTION,
        ProposalsAsked,
        ProposalPage,
        list_proposals,
        leads_to=(("get_proposal", "proposal", "/items/0/id"), ("endorse_proposal", "proposal", "/items/0/id")),
    ),
    reading(
        "/proposals/{proposal}",
        N_("One proposal with versions, amendments, positions, objections and steps"),
        SECTION,
        OfProposal,
        Proposal,
        get_proposal,
    ),
    reading(
        "/proposals/{proposal}/mine",
        N_("What your member has said of a proposal, and may do now"),
        SECTION,
        OfProposal,
        OwnPart,
        get_own_part,
        scope="read-member",
        needs_token=True,
    ),
    writing(
        "/proposals",
        N_("Sign and submit a proposal"),
        SECTION,
        Asked,
        NewProposal,
        Signed,
        submit_proposal,
        scope="propose",
        points=WRITING,
        status=201,
        refusals=(*ANY_WRITING, "unknown-proposal", "text-too-long"),
        leads_to=(("get_own_part", "proposal", "/event"), ("take_position", "proposal", "/event")),
    ),
    writing(
        "/proposals/{proposal}/endorsements",
        N_("Endorse a proposal, or take that back"),
        SECTION,
        OfProposal,
        NewEndorsement,
        Signed,
        endorse_proposal,
        scope="endorse",
        points=WRITING,
        status=201,
        refusals=(*ANY_WRITING, "unknown-proposal", "own-proposal", "not-now"),
    ),
    writing(
        "/proposals/{proposal}/positions",
        N_("State your member's position"),
        SECTION,
        OfProposal,
        NewPosition,
        Signed,
        take_position,
        scope="position",
        points=WRITING,
        status=201,
        refusals=(*ANY_WRITING, "unknown-proposal", "not-now", "text-too-long"),
    ),
)
