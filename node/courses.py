"""A proposal's course as pages show it: its state with every text at hand, and what a member may do next."""

from consensus.consultation import possible_acts
from consensus.proposal_state import AmendmentState, Call, Consultation, Objection, Setting, Step, Version
from node.storage import events as store
from node.storage import projections, texts
from node.storage.database import Connection
from protocol.envelope import reopen_verified
from protocol.errors import RemoteError
from protocol.events.consultation import Erasure, Proposal, TextRef
from protocol.ids import MemberId
from protocol.texts import parse_document
from web import ports

_STEPS_SHOWN = 200
_VERSIONS_SHOWN = 20
_AMENDMENTS_SHOWN = 40
_OBJECTIONS_SHOWN = 200


def text_view(connection: Connection, digest: str, lang: str) -> ports.TextView:
    """Return a text as pages show it."""
    row = texts.get(connection, digest)
    if row is None or (row.data is None and row.erased_by is None):
        return ports.TextView("missing", lang, hash=digest)
    if row.data is None:
        return _erased(connection, row)
    try:
        document = parse_document(row.data)
    except RemoteError:
        return ports.TextView("missing", lang, hash=digest)
    return ports.TextView("held", lang, document.title, document.body, document.urgency, hash=digest)


def _erased(connection: Connection, row: texts.TextRow) -> ports.TextView:
    found = store.by_ids(connection, [str(row.erased_by)])
    erasure = reopen_verified(found[0]).event
    ground = erasure.body.ground if isinstance(erasure.body, Erasure) else ""
    return ports.TextView(
        "erased", row.lang, erased_by=erasure.member, erased_ground=ground, erased_at=erasure.time, hash=row.hash
    )


def view_of(connection: Connection, ref: TextRef) -> ports.TextView:
    """Return the text that an event refers to."""
    return text_view(connection, ref.sha256, ref.lang)


def _maybe(connection: Connection, ref: TextRef | None) -> ports.TextView | None:
    return None if ref is None else view_of(connection, ref)


def course_view(
    connection: Connection, proposal: str, body: Proposal, state: Consultation, setting: Setting, me: MemberId
) -> ports.CourseView:
    """Return a proposal's course."""
    return ports.CourseView(
        stage=state.stage,
        sponsor=state.sponsor,
        admitted=state.admitted,
        notice_until=state.notice_until,
        deadline=None if state.deadline is None else (state.deadline.at, state.deadline.stage),
        support=_support(state, setting),
        link=None if state.link is None else _link(connection, *state.link),
        reasons=_maybe(connection, state.reasons),
        steps=tuple(map(_step, state.history[-_STEPS_SHOWN:])),
        versions=tuple(_version(connection, each) for each in state.versions[-_VERSIONS_SHOWN:]),
        amendments=tuple(_amendment(connection, each, state, setting) for each in _foremost(state)),
        objections=tuple(objection_view(connection, each) for each in _standing_first(state)),
        calls=tuple(_call(connection, each) for each in state.calls),
        merges=tuple(other_view(connection, parent) for parent in body.merges),
        consolidations=tuple(other_view(connection, each) for each in projections.consolidations(connection, proposal)),
        may=possible_acts(state, me, setting),
    )


def _foremost(state: Consultation) -> list[AmendmentState]:
    """Return the amendments to show, oldest first: of too many those that are under way, then the latest."""
    ranked = sorted(
        enumerate(state.amendments),
        key=lambda each: (each[1].outcome not in ("open", "declined", "in-ballot"), -len(each[1].backers), -each[0]),
    )
    return [each for _, each in sorted(ranked[:_AMENDMENTS_SHOWN], key=lambda pair: pair[0])]


def _standing_first(state: Consultation) -> list[Objection]:
    """Return the objections to show, oldest first: of too many those that stand, then the latest."""
    ranked = sorted(enumerate(state.objections), key=lambda each: (not each[1].is_standing, -each[0]))
    return [each for _, each in sorted(ranked[:_OBJECTIONS_SHOWN], key=lambda pair: pair[0])]


def _support(state: Consultation, setting: Setting) -> ports.SupportView:
    supporters = {state.sponsor, *state.endorsed_by}
    members, constituencies = setting.needed(setting.policy.endorsement)
    return ports.SupportView(
        members=len(supporters),
        needed=members,
        constituencies=len(setting.constituencies_of(supporters)),
        constituencies_needed=constituencies,
    )


def _step(step: Step) -> ports.StepView:
    return ports.StepView(step.at, step.act, step.by, step.event, step.stage, step.void)


def _version(connection: Connection, version: Version) -> ports.VersionView:
    return ports.VersionView(version.event, version.since, view_of(connection, version.text), version.minutes)


def _amendment(
    connection: Connection, amendment: AmendmentState, state: Consultation, setting: Setting
) -> ports.AmendmentView:
    base = next((each.text for each in state.versions if each.text.sha256 == amendment.body.base), None)
    applies = amendment.body.base == state.text.text.sha256
    return ports.AmendmentView(
        id=amendment.id,
        member=amendment.member,
        time=amendment.time,
        text=view_of(connection, amendment.body.text),
        base=_maybe(connection, base),
        reasons=view_of(connection, amendment.body.reasons),
        backers=tuple(sorted(amendment.backers)),
        outcome=amendment.outcome,
        declined=_maybe(connection, amendment.reasons),
        applies=applies,
        is_ready=setting.is_ready(amendment, state),
    )


def objection_view(connection: Connection, objection: Objection) -> ports.ObjectionView:
    """Return an entry of the objection ledger."""
    answer = objection.answer
    return ports.ObjectionView(
        id=objection.id,
        member=objection.member,
        time=objection.time,
        reasons=view_of(connection, objection.reasons),
        answer=None if answer is None else answer.answer,
        reply=None if answer is None else view_of(connection, answer.reply),
        is_standing=objection.is_standing,
    )


def _call(connection: Connection, call: Call) -> ports.CallView:
    return ports.CallView(call.number, call.since, call.until, _maybe(connection, call.question))


def _link(connection: Connection, why: str, id_: str) -> ports.OtherView:
    other = other_view(connection, id_)
    return ports.OtherView(other.id, other.title, other.member, other.stage, why)


def other_view(connection: Connection, id_: str) -> ports.OtherView:
    """Return a proposal that another one is linked with."""
    row = projections.get_proposal(connection, id_)
    if row is None:
        return ports.OtherView(id_, ports.TextView("missing", "en"), "", "", "")
    lang = (found.lang if (found := texts.get(connection, row.text)) else "") or "en"
    return ports.OtherView(id_, text_view(connection, row.text, lang), row.sponsor or row.member, row.stage, "")
