"""What waits for this node's member, and what ends when: satisfies web.attention_port.Attention.

Rests on what is open: rounds that haven't closed, and what stages keep of each proposal (storage/waits.py).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, cast

from consensus.lifecycle import acts_in
from node.clock import Clock
from node.courses import text_view
from node.kept_views import BRIEF_MS, KeptViews
from node.rounds import Rounds
from node.storage import comments, projections, texts, waits
from node.storage import events as store
from node.storage.database import Connection, Database
from node.storage.projections import ProposalRow
from node.storage.waits import Wait
from node.teller import Teller
from protocol.envelope import reopen_verified
from protocol.events.deliberation import MergeAnswer
from protocol.ids import MemberId, RecordId
from protocol.register import CloseRecord, OpenRecord
from web.attention_port import URGENCY, Deadline, DeadlineKind, Need, NeedKind
from web.ports import Account, RoundSummary, TextView

_DAY_MS: Final = 86_400_000
CALL_SOON_MS: Final = 14 * _DAY_MS
"""A round of consultation is shown to members whose fields it touches once it ends within this time."""
REPLY_SHOWN_MS: Final = 14 * _DAY_MS
"""How long an answer to the member's objection is shown, and what others said to it."""
DEADLINES_MAX: Final = 200
_OWN_MAX: Final = 200
_TALK_MAX: Final = 100
_FIELDS_FROM_MAX: Final = 200
"""A member's fields are the goals of as many of its latest proposals, and of what it endorsed latest."""
_OPEN: Final = ("submitted", "returned", "endorsing", "consulting", "adjourned", "referred", "broken", "no-quorum")
_DRAFTING: Final = ("endorsing", "consulting")
_OWN_ACTS: Final = ("revise", "withdraw", "duplicate", "supersede")
_ENDS: Final[dict[str, DeadlineKind]] = {"lapsed": "lapse", "under-review": "review-due", "ended": "sunset"}


@dataclass(frozen=True, slots=True)
class _Seen:
    """One moment's answer about proposals: for whom, and when."""

    connection: Connection
    me: MemberId
    now: int

    def row(self, proposal: str) -> ProposalRow | None:
        return projections.get_proposal(self.connection, proposal)

    def title(self, row: ProposalRow) -> TextView:
        found = texts.get(self.connection, row.text)
        return text_view(self.connection, row.text, (found.lang if found else "") or "en")

    def time(self, row: ProposalRow) -> int:
        """Return when a proposal was submitted."""
        return int(self.connection.value("SELECT time FROM events WHERE id = $1", row.id) or 0)

    def need(self, kind: NeedKind, subject: str, row: ProposalRow, since: int, **more: object) -> Need:
        return Need(
            kind=kind,
            subject=subject,
            title=self.title(row),
            since=since,
            stage=row.stage_at(self.now),
            proposal=row.id,
            **({"until": None, "path": f"/proposals/{row.id}"} | more),  # type: ignore[arg-type]
        )


class Attention:
    """Says what waits, from the store and the rounds that haven't closed."""

    def __init__(
        self, database: Database, teller: Teller, rounds: Rounds, clock: Clock, me: MemberId, views: KeptViews
    ) -> None:
        self._database = database
        self._teller = teller
        self._rounds = rounds
        self._clock = clock
        self._me = me
        self._views = views
        self._noted = 0
        self._open: dict[RecordId, OpenRecord] = {}

    async def needs(self, account: Account) -> tuple[Need, ...]:
        """Return what waits for an account's member; nothing for somebody of another member's."""
        if account.member != self._me:
            return ()
        return await self._views.of(("needs",), self._needs, BRIEF_MS)

    async def _needs(self) -> tuple[Need, ...]:
        now = self._clock.now()
        found = [need for round_id in self._open_rounds() if (need := await self._round_need(round_id, now))]
        found += await self._database.read(lambda c: _proposal_needs(_Seen(c, self._me, now)))
        return tuple(sorted(found, key=_urgency))

    async def deadlines(self) -> tuple[Deadline, ...]:
        """Return what ends or begins from now on, the earliest first."""
        return await self._views.of(("deadlines",), self._deadlines, BRIEF_MS)

    async def _deadlines(self) -> tuple[Deadline, ...]:
        now = self._clock.now()
        summaries = [await self._rounds.summary(round_id) for round_id in self._open_rounds()]
        found = [each for summary in summaries if summary for each in _round_deadlines(summary, now)]
        found += await self._database.read(lambda c: _proposal_deadlines(_Seen(c, self._me, now)))
        return tuple(sorted(found, key=lambda each: (each.at, each.kind, each.subject))[:DEADLINES_MAX])

    def _open_rounds(self) -> list[RecordId]:
        """Return the rounds that haven't closed; looks only at records that are new since it was last asked."""
        certified = self._teller.certified
        for id_, record in certified[self._noted :]:
            if isinstance(record, OpenRecord):
                self._open[id_] = record
            elif isinstance(record, CloseRecord):
                self._open.pop(record.body.round, None)
        self._noted = len(certified)
        return list(self._open)

    async def _round_need(self, round_id: RecordId, now: int) -> Need | None:
        spec = self._open[round_id].body.spec
        summary = await self._rounds.summary(round_id)
        is_entitled = self._teller.rulings.is_entitled(spec, self._me)
        if summary is None or not spec.opens <= now <= spec.closes or not is_entitled:
            return None
        ballot = await self._rounds.my_ballot(round_id) if summary.mine else None
        return Need(
            kind="voted" if summary.mine else "vote",
            subject=round_id,
            title=summary.first_title,
            until=spec.closes,
            path=f"/rounds/{round_id}",
            since=spec.opens,
            round=summary,
            received=0 if ballot is None else len(ballot.received_by),
            receipts_needed=self._rounds.receipts_needed,
            may_change=spec.may_change,
        )


def _urgency(need: Need) -> tuple[int, int, int, str]:
    until = need.until if need.until is not None else 2**63
    return (URGENCY.index(need.kind), until, need.since, need.subject)


def _proposal_needs(seen: _Seen) -> list[Need]:
    mine = waits.of_member(seen.connection, seen.me, seen.now - REPLY_SHOWN_MS)
    found = [need for each in mine if (need := _waiting(seen, each)) is not None]
    return [*found, *_talk(seen), *_calls(seen), *_own(seen)]


def _talk(seen: _Seen) -> list[Need]:
    """Return the proposals on which others lately said something to the member, and it nothing since."""
    since = seen.now - REPLY_SHOWN_MS
    found = []
    for each in comments.unanswered(seen.connection, seen.me, since, _TALK_MAX):
        row = seen.row(each.subject)
        if row is not None:
            path = f"/proposals/{row.id}#comments"
            found.append(seen.need("talk", row.id, row, each.latest, member=each.member, path=path, count=each.count))
    return found


def _waiting(seen: _Seen, wait: Wait) -> Need | None:
    row = seen.row(wait.subject if wait.kind == "reconfirm" else wait.proposal)
    if row is None or not _still_open(seen, wait, row):
        return None
    until = wait.until if wait.until is not None and wait.until > seen.now else None
    match wait.kind:
        case "amendment":
            path = f"/proposals/{row.id}#amendment-{wait.subject}"
            return seen.need("amendment", wait.subject, row, wait.since, until=until, member=wait.other, path=path)
        case "objection" | "reply":
            path = f"/proposals/{row.id}#ledger"
            return seen.need(wait.kind, wait.subject, row, wait.since, until=until, member=wait.other, path=path)
        case "reconfirm":
            return seen.need("reconfirm", row.id, row, wait.since, member=row.sponsor)
        case _:
            return None


def _still_open(seen: _Seen, wait: Wait, row: ProposalRow) -> bool:
    """Whether what waited when its proposal was folded still does, as far as time and other proposals tell."""
    acts = {line.act for line in acts_in(row.stage_at(seen.now))}  # type: ignore[arg-type]
    match wait.kind:
        case "amendment":
            return "accept-amendment" in acts
        case "reconfirm":
            return "endorse" in acts and (wait.subject == wait.proposal or not _endorses(seen, row))
        case _:
            return "answer-objection" in acts


def _endorses(seen: _Seen, row: ProposalRow) -> bool:
    return row.sponsor == seen.me or waits.is_endorsed_by(seen.connection, row.id, seen.me)


def _calls(seen: _Seen) -> list[Need]:
    """Return the rounds of consultation that end soon, touch the member's fields and lack its position."""
    ending = waits.ending(seen.connection, ("call",), seen.now, seen.now + CALL_SOON_MS, DEADLINES_MAX)
    fields = waits.fields_of(seen.connection, seen.me, _FIELDS_FROM_MAX) if ending else 0
    found = []
    for each in ending:
        row = seen.row(each.proposal)
        touches = row is not None and (fields == 0 or row.goals == 0 or bool(row.goals & fields))
        if row is None or not touches or row.sponsor == seen.me or _has_spoken(seen, each):
            continue
        path = f"/proposals/{row.id}#position"
        found.append(seen.need("call", row.id, row, each.since, until=each.until, member=row.sponsor, path=path))
    return found


def _has_spoken(seen: _Seen, call: Wait) -> bool:
    said = store.about_by(seen.connection, call.proposal, "position", seen.me)
    return any(reopen_verified(each).event.time >= call.since for each in said)


def _own(seen: _Seen) -> list[Need]:
    """Return the member's proposals under way with what it may do, and consolidated texts that wait for its answer."""
    ids = waits.of_sponsor(seen.connection, seen.me, _OPEN, _OWN_MAX)
    rows = [row for each in ids if (row := seen.row(each)) is not None and row.stage_at(seen.now) in _OPEN]
    return [need for row in rows for need in (_under_way(seen, row), *_consolidations(seen, row))]


def _under_way(seen: _Seen, row: ProposalRow) -> Need:
    possible = [line.act for line in acts_in(row.stage_at(seen.now)) if line.who == "sponsor"]  # type: ignore[arg-type]
    acts = tuple(act for act in _OWN_ACTS if act in possible)
    until = row.due if row.due is not None and row.due > seen.now else None
    return seen.need("own", row.id, row, seen.time(row), until=until, acts=acts, member=row.sponsor)


def _consolidations(seen: _Seen, row: ProposalRow) -> list[Need]:
    if row.stage_at(seen.now) not in _DRAFTING:
        return []
    others = [seen.row(each) for each in projections.consolidations(seen.connection, row.id)]
    open_ones = [each for each in others if each is not None and each.stage_at(seen.now) in _DRAFTING]
    answered = _answered(seen, row) if open_ones else frozenset()
    path = f"/proposals/{row.id}#offers"
    return [
        seen.need("consolidation", each.id, row, seen.time(each), member=each.sponsor or each.member, path=path)
        for each in open_ones
        if each.id not in answered
    ]


def _answered(seen: _Seen, row: ProposalRow) -> frozenset[str]:
    said = store.about_by(seen.connection, row.id, "merge-answer", seen.me)
    bodies = (reopen_verified(each).event.body for each in said)
    return frozenset(str(body.into) for body in bodies if isinstance(body, MergeAnswer))


def _round_deadlines(summary: RoundSummary, now: int) -> Iterable[Deadline]:
    times: tuple[tuple[DeadlineKind, int, int], ...] = (
        ("round-opens", summary.opens, summary.opens),
        ("round-closes", summary.opens, summary.closes),
    )
    path = f"/rounds/{summary.id}"
    for kind, since, at in times:
        if at > now:
            yield Deadline(kind, summary.id, summary.first_title, since, at, path, summary.number, summary)


def _proposal_deadlines(seen: _Seen) -> list[Deadline]:
    ending = waits.ending(seen.connection, ("call", "notice", "objection"), seen.now, 2**62, DEADLINES_MAX)
    found = [each for wait in ending if (each := _wait_deadline(seen, wait)) is not None]
    rows = [seen.row(each) for each in waits.due_after(seen.connection, seen.now, DEADLINES_MAX)]
    for row in rows:
        if row is not None and row.due is not None and row.due_stage in _ENDS:
            kind = _ENDS[row.due_stage]
            found.append(Deadline(kind, row.id, seen.title(row), row.due, row.due, f"/proposals/{row.id}"))
    return found


def _wait_deadline(seen: _Seen, wait: Wait) -> Deadline | None:
    row = seen.row(wait.proposal)
    if row is None or wait.until is None or row.stage_at(seen.now) != "consulting":
        return None
    number = int(wait.subject) if wait.kind == "call" else 0
    subject = wait.subject if wait.kind == "objection" else wait.proposal
    kind = cast("DeadlineKind", wait.kind)
    return Deadline(kind, subject, seen.title(row), wait.since, wait.until, f"/proposals/{row.id}", number)
