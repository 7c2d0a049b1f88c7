"""What happened since a mark in the store: occurrences for notices, and what webhooks tell, from events and records.

Reads alone; the mark moves when its reader has kept what it made of it. Acts of this node's own member are no
occurrences: its people did them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from consensus.agreement.quorum import Quorum
from consensus.reminders import counting_reminders
from node.notices import Occurrence
from node.register import entries_since, find_entry
from node.storage import comments, projections
from node.storage import events as store
from node.storage.database import Connection
from node.storage.events import Stored
from protocol.envelope import Verified, reopen_verified
from protocol.events.consultation import Position, Proposal
from protocol.events.deliberation import Amendment, AmendmentAnswer, ConsultationCall, ObjectionAnswer
from protocol.events.discussion import Comment
from protocol.events.rounds import Reminder
from protocol.events.tellers import Receipt
from protocol.ids import MemberId
from protocol.register import AgendaRecord, CloseRecord, OpenRecord, Record
from web.notices_port import NoticeKind
from web.webhooks_port import HookEvent

_AT_A_TIME: Final = 200
_RECORDS_AT_A_TIME: Final = 50
_TO_THE_SPONSOR: Final[Mapping[str, NoticeKind]] = {
    "position": "position",
    "amendment": "amendment",
    "screening": "office",
    "disposition": "office",
}
"""Kinds of events that the sponsor of the proposal is told of."""
_KINDS: Final = (
    "proposal", "consultation-call", "objection-answer", "amendment-answer", "receipt", "comment", "reminder",
    *_TO_THE_SPONSOR,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mark:
    """Up to where the store has been read: the position of an event, the height of a record."""

    position: int
    height: int


@dataclass(frozen=True, slots=True)
class Told:
    """What a webhook may tell of: its name is the same however often it is read from the store."""

    name: str
    event: HookEvent
    data: Mapping[str, object]


@dataclass(slots=True)
class Happened:
    """What happened between two marks."""

    until: Mark
    is_all: bool = True
    """Whether there is nothing more behind the mark for now."""
    occurrences: list[Occurrence] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Source:
    """Reads what happened for one member."""

    me: MemberId
    quorum: Quorum

    def end(self, connection: Connection) -> Mark:
        """Return the mark behind all that is stored now."""
        height = connection.value("SELECT max(height) FROM register")
        return Mark(store.last_position(connection), height if isinstance(height, int) else 0)

    def since(self, connection: Connection, mark: Mark, now: int) -> Happened:
        """Return the next part of what happened behind a mark."""
        last = store.last_position(connection)
        events = store.of_kinds_after(connection, mark.position, _AT_A_TIME, *_KINDS)
        records = entries_since(connection, mark.height + 1, _RECORDS_AT_A_TIME)
        position = events[-1].position if len(events) == _AT_A_TIME else max(last, mark.position)
        height = records[-1].height if records else mark.height
        is_all = len(events) < _AT_A_TIME and len(records) < _RECORDS_AT_A_TIME
        happened = Happened(Mark(position, height), is_all)
        for entry in records:
            _note_record(happened, entry.id, entry.record, now)
        for stored in events:
            self._note_event(connection, happened, stored, now)
        return happened

    def _note_event(self, connection: Connection, happened: Happened, stored: Stored, now: int) -> None:
        verified = reopen_verified(stored.envelope)
        match verified.event.body:
            case Receipt():
                happened.told += self._received(connection, verified.event.body)
            case Proposal():
                happened.told.append(_submitted(verified, verified.event.body))
            case Reminder() if (reminded := self._reminded(connection, verified, now)) is not None:
                happened.occurrences.append(reminded)
        if verified.event.member != self.me and (found := self._occurrence(connection, verified)) is not None:
            happened.occurrences.append(found)

    def _occurrence(self, connection: Connection, verified: Verified) -> Occurrence | None:
        body, kind = verified.event.body, verified.event.kind
        match body:
            case Proposal():
                return Occurrence(
                    f"proposal:{verified.id}", "proposal", verified.id, verified.event.member, tuple(body.goals)
                )
            case ConsultationCall():
                row = projections.get_proposal(connection, body.proposal)
                return _said(verified, "call", body.proposal, _goals(row.goals) if row else (), body.until)
            case ObjectionAnswer() if self._is_mine(connection, body.objection):
                return _said(verified, "objection-answer", body.proposal)
            case AmendmentAnswer() if self._is_mine(connection, body.amendment):
                return _said(verified, "amendment-answer", body.proposal)
            case Comment():
                return self._commented(connection, verified, body)
        told = _TO_THE_SPONSOR.get(kind)
        subject = store.subject_of(verified)
        if told is None or not self._is_sponsor(connection, subject):
            return None
        is_objection = isinstance(body, Position) and body.stance == "objection"
        return _said(verified, "objection" if is_objection else told, subject)

    def _commented(self, connection: Connection, verified: Verified, body: Comment) -> Occurrence | None:
        """Return a comment that counts, if it answers one of this member's or stands with one of its proposals."""
        if comments.get(connection, verified.id) is None:
            return None
        above = comments.get(connection, body.reply_to) if body.reply_to is not None else None
        if above is not None and (above.member, above.subject) == (self.me, body.subject):
            return _said(verified, "comment-reply", body.subject)
        return _said(verified, "comment", body.subject) if self._is_sponsor(connection, body.subject) else None

    def _reminded(self, connection: Connection, verified: Verified, now: int) -> Occurrence | None:
        """Return a reminder that counts, if this member is named, and the round is open and has no ballot of it.

        An office reminds its own member too.
        """
        body = verified.event.body
        assert isinstance(body, Reminder)
        entry = find_entry(connection, body.round) if self.me in body.members else None
        if entry is None or not isinstance(entry.record, OpenRecord):
            return None
        spec = entry.record.body.spec
        said = [reopen_verified(each.envelope) for each in store.about(connection, body.round, "reminder")]
        counts = verified.id in {each.id for each in counting_reminders(said)}
        if not counts or not spec.opens <= now < spec.closes:
            return None
        if store.about_by(connection, body.round, "ballot", self.me):
            return None
        return _said(verified, "office-reminder", body.round, until=spec.closes)

    def _is_sponsor(self, connection: Connection, proposal: str) -> bool:
        row = projections.get_proposal(connection, proposal)
        return row is not None and (row.sponsor or row.member) == self.me

    def _is_mine(self, connection: Connection, event: str) -> bool:
        found = store.by_ids(connection, [event])
        body = reopen_verified(found[0]).event if found else None
        return body is not None and body.member == self.me and isinstance(body.body, Position | Amendment)

    def _received(self, connection: Connection, receipt: Receipt) -> list[Told]:
        """Return this member's ballots that are certain to count now that this receipt is here."""
        mine = {envelope.id for envelope in store.about_by(connection, receipt.round, "ballot", self.me)}
        listed = mine & set(receipt.ballots)
        if not listed:
            return []
        tellers: dict[str, set[str]] = {ballot: set() for ballot in listed}
        for stored in store.about(connection, receipt.round, "receipt"):
            other = reopen_verified(stored.envelope).event
            assert isinstance(other.body, Receipt)
            for ballot in listed & set(other.body.ballots):
                tellers[ballot].add(other.member)
        return [
            Told(f"ballot:{ballot}", "ballot.received", {"round": receipt.round, "ballot": ballot})
            for ballot, by in sorted(tellers.items())
            if len(by) >= self.quorum.certain_receipts
        ]


def _said(
    verified: Verified, kind: NoticeKind, subject: str, goals: tuple[int, ...] = (), until: int | None = None
) -> Occurrence:
    return Occurrence(
        f"{kind}:{verified.id}", kind, subject, verified.event.member, goals, event=verified.id, until=until
    )


def _submitted(verified: Verified, body: Proposal) -> Told:
    data = {
        "proposal": verified.id,
        "member": verified.event.member,
        "track": body.track,
        "goals": list(body.goals),
    }
    return Told(f"proposal:{verified.id}", "proposal.submitted", data)


def _note_record(happened: Happened, record_id: str, record: Record, now: int) -> None:
    match record:
        case OpenRecord():
            spec = record.body.spec
            if spec.closes > now:
                happened.occurrences.append(Occurrence(f"round:{record_id}", "round", record_id, until=spec.closes))
            data = {
                "round": record_id,
                "number": spec.number,
                "track": spec.track,
                "opens": spec.opens,
                "closes": spec.closes,
            }
            happened.told.append(Told(f"round:{record_id}", "round.opened", data))
        case CloseRecord():
            data = {"round": record.body.round, "record": record_id, "status": record.body.result.get("status")}
            happened.told.append(Told(f"closed:{record_id}", "round.closed", data))
        case AgendaRecord():
            version = record.body.version
            happened.occurrences.append(Occurrence(f"agenda:{version}", "agenda", str(version)))
            data = {"version": version, "record": record_id, "document": record.body.document}
            happened.told.append(Told(f"agenda:{version}", "agenda.published", data))


def _goals(bits: int) -> tuple[int, ...]:
    return tuple(goal for goal in range(1, 18) if bits & 1 << (goal - 1))
