"""Where every proposal stands: its state folded from the store and the register, and its stage kept for lists.

A proposal is folded anew when something was said of it or certified about it, and nothing else is. Lists read the kept
stage, which follows within a moment; a proposal's own page folds afresh.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from consensus.agenda import Closing, parse_agenda
from consensus.consultation import fold
from consensus.happenings import Closed, Happening, LongTermAgenda, Opened, Published, result_of
from consensus.proposal_state import Consultation, Joining, Setting, Void
from consensus.topic_state import Standing
from node.clock import Clock
from node.deliveries import Batch
from node.follower import Follower
from node.storage import events as store
from node.storage import projections, texts
from node.storage.database import Connection, Database
from node.storage.projections import Kept
from node.storage.waits import Wait
from node.waiting import answer_times, latest_times, waits_of
from protocol.charter import Charter
from protocol.envelope import Verified, reopen_verified
from protocol.errors import RemoteError
from protocol.events.consultation import Proposal, Track
from protocol.events.deliberation import Amendment
from protocol.ids import EventId, RecordId
from protocol.register import AgendaRecord, CloseRecord, OpenRecord, Record

_LOG = logging.getLogger(__name__)
_AT_A_TIME = 200
_TRIAL = "trial"
_MERGE_DEPTH_MAX = 4
"""How far consolidations of consolidations are followed."""


@dataclass(frozen=True, slots=True)
class Tried:
    """A proposal as it would stand once a round had opened, and why that round would have no effect if it had none."""

    state: Consultation
    void: Void | None


class Records(Protocol):
    """The certified records with their ids, in the order of the register, and the closes among them by height."""

    certified: list[tuple[RecordId, Record]]
    closings: dict[int, Closing]


class Certified:
    """What the register says of proposals and amendments, by their ids, in its order."""

    def __init__(self) -> None:
        self._by_subject: dict[str, list[tuple[int, Happening]]] = {}
        self._agendas: list[int] = []
        self._long_term: list[tuple[int, Happening]] = []
        self._standings: dict[str, list[Standing]] = {}

    def note(self, id_: RecordId, record: Record, closings: Mapping[int, Closing], agenda: bytes | None) -> set[str]:
        """Take a record in; return the subjects that it is about. agenda holds the document of an agenda record."""
        height = record.height
        match record:
            case OpenRecord():
                spec = record.body.spec
                for option in spec.question.options:
                    what = Opened(id_, spec.procedure, option.subject)
                    self._add(height, option.subject, Happening(id_, spec.opens, None, what, frozenset()))
                    self._standings.setdefault(option.subject, []).append(Standing(spec.opens, spec.closes))
                return {option.subject for option in spec.question.options}
            case CloseRecord():
                return self._close(id_, closings[height])
            case AgendaRecord():
                self._agendas.append(height)
                return self._publish(height, id_, record.body.version, agenda)

    def about(self, subjects: Iterable[str], track: Track) -> list[Happening]:
        """Return what is certified about a proposal and its amendments, in the register's order."""
        found = [entry for subject in subjects for entry in self._by_subject.get(subject, ())]
        if found and track == "short":
            found += self._long_term
        return [happening for _, happening in sorted(found, key=lambda entry: entry[0])]

    def standings(self, subject: str) -> Sequence[Standing]:
        """Return from when until when a subject stands in rounds."""
        return self._standings.get(subject, ())

    def _add(self, height: int, subject: str, happening: Happening) -> None:
        self._by_subject.setdefault(subject, []).append((height, happening))

    def _close(self, id_: str, closing: Closing) -> set[str]:
        height = closing.height
        for option in closing.spec.question.options:
            what = Closed(closing.round, closing.spec.procedure, option.subject, result_of(closing, option.id))
            self._add(height, option.subject, Happening(id_, closing.spec.closes, None, what, frozenset()))
        subjects = {str(option.subject) for option in closing.spec.question.options}
        if closing.is_long_term_agenda and self._agendas:
            what_long = LongTermAgenda(closing.round)
            self._long_term.append((height, Happening(id_, closing.spec.closes, None, what_long, frozenset())))
            subjects |= self._by_subject.keys()
        return subjects

    def _publish(self, height: int, id_: str, version: int, document: bytes | None) -> set[str]:
        try:
            items = () if document is None else parse_agenda(document).items
        except RemoteError:
            return set()
        for item in items:
            self._add(height, item.subject, Happening(id_, 0, None, Published(version), frozenset()))
        return {str(item.subject) for item in items}


class Stages:
    """Folds proposals and keeps their stages for lists."""

    def __init__(self, database: Database, charter: Charter, records: Records, clock: Clock) -> None:
        self._database = database
        self._records = records
        self._clock = clock
        members = {member.id: tuple(str(name) for name in member.constituencies) for member in charter.roll.members}
        office = frozenset(charter.roll.secretariat)
        self.settings: dict[Track, Setting] = {
            "long": Setting(charter.long, members, office),
            "short": Setting(charter.short, members, office),
        }
        self.certified = Certified()
        self._noted = 0
        self._follower = Follower(self.refresh, "what happened to proposals was not followed")
        self._listeners: list[Callable[[frozenset[str]], None]] = []

    def listen(self, listener: Callable[[frozenset[str]], None]) -> None:
        """Tell a listener which proposals were folded anew, once lists show it."""
        self._listeners.append(listener)

    async def start(self) -> None:
        """Begin to follow what happens."""
        await self._follower.start()

    async def stop(self) -> None:
        """Stop."""
        await self._follower.stop()

    def on_batch(self, batch: Batch) -> None:
        """Fold anew soon what new events are about."""
        if batch.accepted or batch.forks:
            self._follower.ask()

    def on_change(self) -> None:
        """Fold anew soon what new records are about."""
        if len(self._records.certified) > self._noted:
            self._follower.ask()

    async def refresh(self) -> int:
        """Fold every proposal about which there is something new; return how many."""
        await self._note_records()
        folded = 0
        while found := await self._database.read_in_background(self._fold_some):
            await self._database.write(lambda c, found=found: projections.keep(c, found))  # type: ignore[misc]
            folded += len(found)
            for listener in self._listeners:
                listener(frozenset(each.proposal for each in found))
        return folded

    def state(self, connection: Connection, proposal: str) -> Consultation | None:
        """Return a proposal's state now, or None if it is not here."""
        found = store.by_ids(connection, [proposal])
        if not found:
            return None
        return self._fold(connection, reopen_verified(found[0]), _MERGE_DEPTH_MAX)

    async def before_round(self, subject: str, procedure: str, now: int) -> str | None:
        """Return the stage that keeps a round on a proposal or amendment from counting now, or None if it may open.

        A topic may always be put to a round.
        """
        return await self._database.read(lambda c: self._out_of_turn(c, subject, procedure, now))

    def _out_of_turn(self, connection: Connection, subject: str, procedure: str, now: int) -> str | None:
        tried = self.try_round(connection, subject, procedure, now)
        return None if tried is None or tried.void is None else tried.state.stage

    def try_round(self, connection: Connection, subject: str, procedure: str, now: int) -> "Tried | None":
        """Return what would come of a proposal if a round on it or an amendment to it opened; None for all else."""
        found = store.by_ids(connection, [subject])
        verified = reopen_verified(found[0]) if found else None
        if verified is None or not isinstance(verified.event.body, Proposal | Amendment):
            return None
        body = verified.event.body
        proposal = subject if isinstance(body, Proposal) else body.proposal
        held = store.by_ids(connection, [proposal])
        trial = Happening(_TRIAL, now, None, Opened(RecordId(""), procedure, subject), frozenset())  # type: ignore[arg-type]
        state = self._fold(connection, reopen_verified(held[0]), _MERGE_DEPTH_MAX, (trial,)) if held else None
        if state is None:
            return None
        step = next((step for step in state.history if step.event == _TRIAL), None)
        return Tried(state, "stage" if step is None else step.void)

    def now(self) -> int:
        """Return the node's time."""
        return self._clock.now()

    async def read_state(self, proposal: str) -> Consultation | None:
        """Return a proposal's state now, or None if it is not here."""
        return await self._database.read(lambda c: self.state(c, proposal))

    async def _note_records(self) -> None:
        subjects: set[str] = set()
        while self._noted < len(self._records.certified):
            id_, record = self._records.certified[self._noted]
            document = None
            if isinstance(record, AgendaRecord):
                digest = record.body.document
                document = (await self._database.read(lambda c, d=digest: texts.data_of(c, [d]))).get(digest)  # type: ignore[misc]
            subjects |= self.certified.note(id_, record, self._records.closings, document)
            self._noted += 1
        if subjects:
            await self._database.write(lambda c: projections.touch_subjects(c, subjects))

    def _fold_some(self, connection: Connection) -> list[Kept]:
        return [
            self._kept(connection, proposal, touched)
            for proposal, touched in projections.touched(connection, _AT_A_TIME)
        ]

    def _kept(self, connection: Connection, proposal: str, touched: int) -> Kept:
        row, state = projections.get_proposal(connection, proposal), self.state(connection, proposal)
        if row is None or state is None:
            return Kept(proposal, touched, None, 0)
        setting = self.settings[row.track]
        ready = sum(setting.is_ready(each, state) for each in state.amendments)
        return Kept(proposal, touched, state, ready, tuple(self._waits(connection, proposal, state)))

    def _waits(self, connection: Connection, proposal: str, state: Consultation) -> list[Wait]:
        def said(kind: str, is_wanted: bool) -> list[Verified]:
            found = store.about(connection, proposal, kind) if is_wanted else []
            return [reopen_verified(each.envelope) for each in found]

        endorsed = latest_times(said("endorsement", len(state.versions) > 1))
        answers = said("objection-answer", any(each.answer is not None for each in state.objections))
        return waits_of(proposal, state, endorsed, answer_times(state, answers))

    def _fold(
        self, connection: Connection, proposal: Verified, depth: int, more: tuple[Happening, ...] = ()
    ) -> Consultation | None:
        body = proposal.event.body
        if not isinstance(body, Proposal):
            return None
        stored = store.about(connection, proposal.id, *sorted(store.ABOUT_A_PROPOSAL))
        said = [reopen_verified(each.envelope) for each in stored]
        subjects = [proposal.id, *(each.id for each in said if each.event.kind == "amendment")]
        return fold(
            proposal,
            said,
            [*self.certified.about(subjects, body.track), *more],
            self.settings[body.track],
            self._clock.now(),
            self._joinings(connection, proposal.id, body, depth),
        )

    def _joinings(self, connection: Connection, into: EventId, body: Proposal, depth: int) -> list[Joining]:
        if not body.merges or depth == 0:
            return []
        parents = (reopen_verified(envelope) for envelope in store.by_ids(connection, body.merges))
        states = (self._fold(connection, parent, depth - 1) for parent in parents)
        return [each for state in states if state for each in state.joinings if each.into == into]
