"""The register as agreement sees it: what is due at the next height, and whether a record put forward is valid.

Due are, in this order: rounds to close (by round id), rounds to open, agendas to publish (both by the id of the event
that asks). A round can be closed as soon as n−f seals are here; since at most f of them are traitors', honest clocks
have passed the deadline and the grace time, and no clock is asked again. Everything in a `close` record follows from
the seals that it names, and is computed anew by everyone who votes on it.

Validity depends on the register below and on what is here, never on the clock: once a record is valid somewhere it
becomes valid everywhere, as soon as what it rests on has arrived. The clock is asked only whether a round may still be
put forward for opening (`is_timely`). Does not count votes (tendermint.py) or check certificates (certificates.py).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from consensus.agreement import seals
from consensus.agreement.ports import MissingTexts, Rules
from consensus.agreement.quorum import Quorum
from consensus.agreement.rounds import OpenRound
from consensus.agreement.settings import Bench, Timing
from consensus.agreement.statements import Statement
from protocol import canonical, limits
from protocol.canonical import sha256_hex
from protocol.events.consultation import AgendaDraft
from protocol.events.rounds import OpenRequest, RoundSpec
from protocol.ids import EventId, RecordId, TextHash
from protocol.register import (
    AgendaBody,
    AgendaRecord,
    CloseBody,
    CloseRecord,
    OpenBody,
    OpenRecord,
    Record,
    record_bytes,
    record_id,
)

REQUESTS_PENDING_MAX = 1_024
"""Requests to open and drafts that wait at a time; those that come later wait in the store until they are asked for."""

Named = tuple[Record, RecordId]


@dataclass(frozen=True, slots=True)
class Missing:
    """What has to be here before a verdict."""

    events: frozenset[EventId] = frozenset()
    listings: frozenset[str] = frozenset()
    texts: frozenset[TextHash] = frozenset()


Verdict = str | Missing | None
"""A reason why not, what is missing, or None for valid."""


@dataclass(slots=True)
class Register:
    """Rounds, requests and drafts on top of the last certified record."""

    bench: Bench
    quorum: Quorum
    timing: Timing
    rules: Rules
    need: Callable[[Missing], None]
    """Called with what is missing, each time something new is found to be."""
    height: int = 1
    """The next height to be decided."""
    prev: RecordId = field(default=RecordId(""))
    agenda_version: int = 0
    rounds: dict[RecordId, OpenRound] = field(default_factory=dict)
    ready: set[RecordId] = field(default_factory=set)
    """Open rounds with enough seals."""
    past_rounds: set[RecordId] = field(default_factory=set)
    _requests: dict[EventId, Statement] = field(default_factory=dict)
    _drafts: dict[EventId, Statement] = field(default_factory=dict)
    _opened: set[str] = field(default_factory=set)
    """Hashes of the specifications of all rounds that were ever opened."""
    _verdicts: dict[RecordId, Verdict] = field(default_factory=dict)
    _awaited: set[EventId | str | TextHash] = field(default_factory=set)
    _closings: dict[tuple[RecordId, tuple[EventId, ...]], Record] = field(default_factory=dict)
    """What naming these seals comes to, at this height."""
    _refused: dict[EventId, str] = field(default_factory=dict)
    """Requests to open that can never be followed, with the reason."""
    _chosen: Named | None = None
    _is_chosen: bool = False

    def __post_init__(self) -> None:
        if not self.prev:
            self.prev = RecordId(self.bench.federation)

    def changed(self) -> None:
        """Look again at what is due: a seal, a request or something missing has come."""
        self._is_chosen = False

    def arrived(self, what: EventId | str | TextHash) -> None:
        """Look again at records that wait for something with this id or hash, if any do."""
        if what in self._awaited:
            self._awaited.clear()
            self._verdicts = {value: verdict for value, verdict in self._verdicts.items() if not _waits(verdict)}
            self.changed()

    def take_request(self, statement: Statement) -> None:
        """Keep a request to open a round, if the secretariat asks."""
        self._take_pending(self._requests, statement)

    def take_draft(self, statement: Statement) -> None:
        """Keep a draft of an agenda, if it is the secretariat's."""
        self._take_pending(self._drafts, statement)

    def has_due(self, now: int) -> bool:
        """Whether there is a record to decide, complete here or not."""
        return bool(self.ready) or self.choose(now) is not None

    def choose(self, now: int) -> Named | None:
        """Return the first record that is due and complete here, and its id."""
        if not self._is_chosen:
            self._chosen = self._first_due(now)
            self._is_chosen = True
        if self._chosen is not None and not self.is_timely(self._chosen[0], now):
            self._chosen = self._first_due(now)
        return self._chosen

    def is_timely(self, record: Record, now: int) -> bool:
        """Whether a record may still be put forward for the first time: a round opens before it closes."""
        return not isinstance(record, OpenRecord) or now < record.body.spec.closes

    def is_valid(self, record: Record, value: RecordId) -> bool | None:
        """Whether a record may be certified next; None while something that it rests on is missing."""
        verdict = self.judge(record, value)
        return None if isinstance(verdict, Missing) else verdict is None

    def judge(self, record: Record, value: RecordId) -> Verdict:
        """Return None for a valid record, the reason why it is not, or what is missing. Remembered until that comes."""
        if value not in self._verdicts:
            verdict = self._judge(record)
            self._verdicts[value] = verdict
            if isinstance(verdict, Missing):
                self._await(verdict)
        return self._verdicts[value]

    def apply(self, record: Record, value: RecordId) -> OpenRound | None:
        """Put a certified record on top; return the round that it opens."""
        self.height = record.height + 1
        self.prev = value
        self._verdicts.clear()
        self._awaited.clear()
        self._closings.clear()
        self.changed()
        if isinstance(record, OpenRecord):
            return self._open(record, value)
        if isinstance(record, CloseRecord):
            self._close(record.body.round)
        else:
            self._publish(record.body)
        return None

    def mark_ready(self, round_: OpenRound) -> None:
        """Note that seals have come for a round."""
        if round_.is_ready:
            self.ready.add(round_.id)
            self.changed()

    def _take_pending(self, pending: dict[EventId, Statement], statement: Statement) -> None:
        is_asked_for = statement.id in self._awaited
        if statement.member not in self.bench.secretariat:
            return
        if len(pending) < REQUESTS_PENDING_MAX or is_asked_for:
            pending[statement.id] = statement
            self.changed()

    def _first_due(self, now: int) -> Named | None:
        for record in self._due(now):
            verdict = self._judge(record)
            if isinstance(verdict, Missing):
                self._await(verdict)
            elif verdict is None and self.is_timely(record, now) and is_within_limit(record):
                return record, record_id(record)
        return None

    def _due(self, now: int) -> Iterable[Record]:
        for round_id in sorted(self.ready):
            closing = self._closing(self.rounds[round_id])
            if closing is not None:
                yield closing
        for event in sorted(self._requests):
            request = self._requests[event].body
            if event in self._refused:
                continue
            if isinstance(request, OpenRequest) and now < request.spec.closes:
                yield self._record_open(OpenBody(request=event, spec=request.spec))
        for event in sorted(self._drafts):
            draft = self._drafts[event].body
            if isinstance(draft, AgendaDraft) and draft.version == self.agenda_version + 1:
                yield self._record_agenda(event, draft)

    def _judge(self, record: Record) -> Verdict:
        """Check a record in the order of the specification."""
        if (record.federation, record.height, record.prev) != (self.bench.federation, self.height, self.prev):
            return "it does not follow the last certified record"
        if record.roll != self.bench.roll:
            return f"it goes by roll {record.roll}, current is {self.bench.roll}"
        if isinstance(record, OpenRecord):
            return self._judge_open(record.body)
        if isinstance(record, CloseRecord):
            return self._judge_close(record)
        return self._judge_agenda(record.body)

    def _judge_open(self, body: OpenBody) -> Verdict:
        statement = self._requests.get(body.request)
        if statement is None:
            return Missing(events=frozenset({body.request}))
        if not isinstance(statement.body, OpenRequest) or statement.body.spec != body.spec:
            return "it differs from the request that it names"
        if body.request not in self._refused:
            verdict = self._judge_spec(body.spec)
            if not isinstance(verdict, str):
                return verdict
            self._refused[body.request] = verdict
        return self._refused[body.request]

    def _judge_spec(self, spec: RoundSpec) -> Verdict:
        if spec.roll != self.bench.roll:
            return f"the round goes by roll {spec.roll}, current is {self.bench.roll}"
        if _spec_hash(spec) in self._opened:
            return "a round with this specification has been opened before"
        return _verdict(self.rules.check_spec(spec))

    def _judge_agenda(self, body: AgendaBody) -> Verdict:
        statement = self._drafts.get(body.draft)
        if statement is None:
            return Missing(events=frozenset({body.draft}))
        draft = statement.body
        if not isinstance(draft, AgendaDraft) or body != _agenda_body(body.draft, draft):
            return "it differs from the draft that it names"
        if draft.version != self.agenda_version + 1:
            return f"it is version {draft.version}, due is {self.agenda_version + 1}"
        return _verdict(self.rules.check_agenda(draft))

    def _judge_close(self, record: CloseRecord) -> Verdict:
        round_ = self.rounds.get(record.body.round)
        if round_ is None:
            return "the round that it closes is not open"
        named = record.body.seals
        if not self.quorum.seals <= len(named) <= self.quorum.tellers:
            return f"it names {len(named)} seals, at least {self.quorum.seals} are needed"
        unknown = frozenset(event for event in named if event not in round_.seals)
        if unknown:
            round_.asked_for |= unknown
            return Missing(events=unknown)
        if len({round_.seals[event].teller for event in named}) != len(named):
            return "it names two seals of one teller"
        closing = self._compute_closing(round_, named)
        if isinstance(closing, Missing):
            return closing
        return None if closing == record else "it is not what the seals that it names come to"

    def _closing(self, round_: OpenRound) -> Record | None:
        """Return the record that closes a round with all tellers' seals that are here, if all ballots are."""
        closing = self._compute_closing(round_, tuple(sorted(round_.sealers.values())))
        if isinstance(closing, Missing):
            self._await(closing)
            return None
        return closing

    def _compute_closing(self, round_: OpenRound, named: tuple[EventId, ...]) -> Record | Missing:
        if (round_.id, named) in self._closings:
            return self._closings[round_.id, named]
        listings = {round_.seals[event].listing for event in named}
        unread = frozenset(listing for listing in listings if listing not in round_.listings)
        if unread:
            return Missing(listings=unread)
        included = round_.included(named)
        absent = frozenset(ballot for ballot in included if ballot not in round_.ballots)
        if absent:
            return Missing(events=absent)
        count = seals.count_ballots((round_.ballots[ballot] for ballot in included), may_change=round_.spec.may_change)
        tally = self.rules.tally(round_.id, round_.spec, count.counted, named)
        body = CloseBody(
            round=round_.id,
            seals=named,
            count=len(included),
            listing=seals.listing_hash(included),
            outcome=tally.outcome,
            result=tally.result,
        )
        closing = CloseRecord(**self._header(), kind="close", body=body)
        self._closings[round_.id, named] = closing
        return closing

    def _record_open(self, body: OpenBody) -> Record:
        return OpenRecord(**self._header(), kind="open", body=body)

    def _record_agenda(self, event: EventId, draft: AgendaDraft) -> Record:
        return AgendaRecord(**self._header(), kind="agenda", body=_agenda_body(event, draft))

    def _header(self) -> dict[str, Any]:
        return {
            "v": 1,
            "federation": self.bench.federation,
            "height": self.height,
            "prev": self.prev,
            "roll": self.bench.roll,
        }

    def _open(self, record: OpenRecord, value: RecordId) -> OpenRound:
        self._requests.pop(record.body.request, None)
        self._opened.add(_spec_hash(record.body.spec))
        spec = record.body.spec
        round_ = OpenRound(value, spec, self.quorum, spec.closes + self.timing.grace_ms)
        self.rounds[value] = round_
        return round_

    def _close(self, round_id: RecordId) -> None:
        self.rounds.pop(round_id, None)
        self.ready.discard(round_id)
        self.past_rounds.add(round_id)

    def _publish(self, body: AgendaBody) -> None:
        self.agenda_version = body.version
        self._drafts = {
            event: statement
            for event, statement in self._drafts.items()
            if isinstance(statement.body, AgendaDraft) and statement.body.version > body.version
        }

    def _await(self, missing: Missing) -> None:
        new = Missing(missing.events - self._awaited, missing.listings - self._awaited, missing.texts - self._awaited)
        self._awaited |= missing.events | missing.listings | missing.texts
        if new != Missing():
            self.need(new)


def _waits(verdict: Verdict) -> bool:
    return isinstance(verdict, Missing)


def _verdict(answer: str | MissingTexts | None) -> Verdict:
    return Missing(texts=answer.texts) if isinstance(answer, MissingTexts) else answer


def _agenda_body(event: EventId, draft: AgendaDraft) -> AgendaBody:
    return AgendaBody(draft=event, version=draft.version, document=draft.document, size=draft.size)


def _spec_hash(spec: RoundSpec) -> str:
    return sha256_hex(canonical.encode(spec.model_dump(mode="json")))


def is_within_limit(record: Record) -> bool:
    """Whether a record's bytes keep to the limit."""
    return len(record_bytes(record)) <= limits.RECORD_BYTES_MAX
