"""A federation's register made in memory, from requests to certificates, for proofs: the same for the same seed.

Rounds are opened, voted on, sealed and closed, and agendas published, each certified by a quorum of the tellers.
What the tellers certify can be bent on purpose (see close()), as if more of them than may be were traitors.
"""

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import JsonValue

from consensus.agenda import Closing, Published, agenda_bytes
from consensus.agreement.quorum import Quorum
from consensus.agreement.seals import build_seal, count_ballots, included_ballots, listing_hash
from consensus.agreement.statements import statement_of
from consensus.proof.format import FullProof, ProofAgenda, ProofEvent, ProofRound
from consensus.rulings import Rulings
from protocol import canonical
from protocol.canonical import sha256_hex
from protocol.envelope import Verified
from protocol.events.consultation import AgendaDraft
from protocol.events.rounds import OpenRequest, RoundSpec
from protocol.events.tellers import Precommit, Seal
from protocol.ids import EventId, RecordId, TextHash
from protocol.keys import Signer
from protocol.register import (
    AgendaBody,
    AgendaRecord,
    CloseBody,
    CloseRecord,
    OpenBody,
    OpenRecord,
    Record,
    record_id,
)
from tests.support.builders import EPOCH_MS, ChainWriter, Federation, ballot_body, round_spec

Content = dict[str, JsonValue]
Bend = Callable[[dict[str, Any]], object]
"""Changes the body of a record before the tellers certify it."""


def unbent(_body: dict[str, Any]) -> None:
    """Change nothing: the tellers are honest."""


@dataclass
class ProofWorld:
    """A federation with everything that was signed in it."""

    federation: Federation
    records: list[Record] = field(default_factory=list)
    rounds: dict[RecordId, ProofRound] = field(default_factory=dict)
    agendas: dict[int, ProofAgenda] = field(default_factory=dict)
    closings: dict[int, Closing] = field(default_factory=dict)
    published: dict[int, Published] = field(default_factory=dict)
    opened: dict[RecordId, RoundSpec] = field(default_factory=dict)
    writers: dict[Signer, ChainWriter] = field(default_factory=dict)

    @property
    def quorum(self) -> Quorum:
        """How many tellers it takes."""
        return Quorum.of(len(self.federation.tellers))

    @property
    def rulings(self) -> Rulings:
        """The federation's rules over what has been certified."""
        return Rulings(self.federation.id, self.federation.charter, {}, self.closings, self.published)

    @property
    def head(self) -> RecordId:
        """The id of the newest record, or the federation's."""
        return record_id(self.records[-1]) if self.records else RecordId(self.federation.id)

    def node(self, which: int | str) -> ChainWriter:
        """Return the writer of a member's node chain."""
        member = self.federation.member(which)
        return self.writers.setdefault(member.node, ChainWriter(self.federation.id, member.id, member.node))

    def teller(self, which: int | str) -> ChainWriter:
        """Return the writer of a member's teller chain."""
        member = self.federation.member(which)
        key = member.key("teller")
        return self.writers.setdefault(key, ChainWriter(self.federation.id, member.id, key))

    def open(self, spec: RoundSpec) -> RecordId:
        """Open a round as the secretariat asks, and return its id."""
        request = self.node(self.federation.secretariat.id).write(OpenRequest(spec=spec))
        record = OpenRecord(**self._next(), kind="open", body=OpenBody(request=request.id, spec=spec))
        self.records.append(record)
        self.opened[record_id(record)] = spec
        return record_id(record)

    def vote(self, round_id: RecordId, contents: Iterable[Content | None]) -> list[Verified]:
        """Return a ballot of each member for which there is content, in the order of the roll."""
        cast = zip(range(len(self.federation.members)), contents, strict=False)
        return [
            self.node(index).write(ballot_body(round_id, content)) for index, content in cast if content is not None
        ]

    def close(
        self, round_id: RecordId, ballots: Sequence[Verified], *, late: Sequence[Verified] = (), bend: Bend = unbent
    ) -> None:
        """Close a round by the seals of n-f tellers; late ballots are in the first f of them, too few to count."""
        ids, late_ids = [ballot.id for ballot in ballots], [ballot.id for ballot in late]
        named: list[tuple[Verified, tuple[EventId, ...]]] = []
        for place, teller in enumerate(self.federation.tellers[: self.quorum.seals]):
            listed = sorted({*ids, *(late_ids if place < self.quorum.faulty else ())})
            body, _ = build_seal(round_id, listed)
            named.append((self.teller(teller.id).write(body), tuple(listed)))
        named.sort(key=lambda pair: pair[0].id)
        known = {ballot.id: ballot for ballot in (*ballots, *late)}
        included = included_ballots((listed for _, listed in named), self.quorum.inclusion)
        spec, seals = self.opened[round_id], tuple(seal.id for seal, _ in named)
        count = count_ballots((statement_of(known[each]) for each in included), may_change=spec.may_change)
        tally = self.rulings.tally(round_id, spec, count.counted, seals)
        body_value: dict[str, Any] = {
            "round": round_id,
            "seals": seals,
            "count": len(included),
            "listing": listing_hash(included),
            "outcome": tally.outcome,
            "result": tally.result,
        }
        bend(body_value)
        self.records.append(CloseRecord(**self._next(), kind="close", body=CloseBody(**body_value)))
        height = len(self.records)
        self.closings[height] = Closing(height, round_id, spec, self.records[-1].body)  # type: ignore[arg-type]
        self.rounds[round_id] = ProofRound(
            round=round_id,
            seals=tuple(ProofEvent.of(seal.envelope) for seal, _ in named),
            listings=tuple(listed for seal, listed in named if _is_long(seal)),
            ballots=tuple(ProofEvent.of(known[each].envelope) for each in included),
        )

    def publish(self, order: Callable[[list[EventId]], Sequence[EventId]] | None = None, bend: Bend = unbent) -> int:
        """Publish the agenda that follows from the closings, in another order if one is given; return its version."""
        version, height = len(self.published) + 1, max(self.closings)
        due = self.rulings.due_agenda(version, height)
        subjects = None if order is None else tuple(order([item.subject for item in due.items]))
        document = self.rulings.ordered_agenda(version, height, subjects)
        assert not isinstance(document, str)
        value: dict[str, Any] = document.model_dump(mode="json")
        bend(value)
        data = canonical.encode(value)
        draft = AgendaDraft(version=version, document=TextHash(sha256_hex(data)), size=len(data), order=subjects)
        event = self.node(self.federation.secretariat.id).write(draft)
        body = AgendaBody(draft=event.id, version=version, document=draft.document, size=len(data))
        self.records.append(AgendaRecord(**self._next(), kind="agenda", body=body))
        self.published[version] = Published(len(self.records), draft.document)
        self.agendas[version] = ProofAgenda(value, ProofEvent.of(event.envelope))
        assert bend is not unbent or data == agenda_bytes(document)
        return version

    def votes(self, view: int = 0) -> tuple[ProofEvent, ...]:
        """Return precommits of exactly a quorum of tellers on the newest record."""
        body = Precommit(height=len(self.records), view=view, value=self.head)
        signed = [self.teller(teller.id).write(body) for teller in self.federation.tellers[: self.quorum.votes]]
        return tuple(ProofEvent.of(vote.envelope) for vote in signed)

    def proof(self, rounds: Iterable[RecordId] | None = None, agendas: Iterable[int] | None = None) -> FullProof:
        """Return the proof at the newest record, with all rounds and agendas or some."""
        chosen = self.rounds if rounds is None else set(rounds)
        roots = [member.root.key for member in self.federation.members]
        signatures = {str(key): signature for key, signature in self.federation.file.signatures}
        charter = canonical.decode(self.federation.file.payload)
        assert isinstance(charter, dict)
        return FullProof(
            charter=charter,
            signatures=tuple(signatures[root] for root in roots),
            records=tuple(record.model_dump(mode="json") for record in self.records),
            votes=self.votes(),
            rounds=tuple(each for round_id, each in self.rounds.items() if round_id in chosen),
            agendas=tuple(self.agendas[each] for each in sorted(self.agendas if agendas is None else agendas)),
        )

    def _next(self) -> dict[str, Any]:
        return {"v": 1, "federation": self.federation.id, "height": len(self.records) + 1, "prev": self.head, "roll": 0}


def _is_long(seal: Verified) -> bool:
    return isinstance(seal.event.body, Seal) and seal.event.body.ballots is None


def spec_under(
    federation: Federation, track: str, procedure: str, options: int = 1, *, number: int = 0, may_change: bool = True
) -> RoundSpec:
    """Return a round by what the charter has for a procedure of a track, about subjects of its own."""
    policy = getattr(federation.charter, track)
    subjects = [EventId(sha256_hex(f"{track} {procedure} {number} {each}".encode())) for each in range(options)]
    spec = round_spec(
        subjects,
        number=number,
        track=track,  # type: ignore[arg-type]
        procedure=procedure,  # type: ignore[arg-type]
        rule=policy.procedures[procedure].rule,
        capacity_minutes=policy.capacity_minutes or 60,
        opens=EPOCH_MS + number * 20_000,
        closes=EPOCH_MS + number * 20_000 + 10_000,
        may_change=may_change,
    )
    return spec.model_copy(update={"proxies_per_holder": policy.procedures[procedure].proxies_per_holder})


def choices(count: int, seed: int, *, yes: int = 5, no: int = 2, silent: int = 1) -> list[Content | None]:
    """Return so many votes on one text, mixed in these parts with some abstentions; votes against give reasons."""
    rng = random.Random(seed)
    kinds = ["yes"] * yes + ["no"] * no + ["abstain"] + [""] * silent
    return [_choice(kind, place) for place, kind in enumerate(rng.choices(kinds, k=count))]


def _choice(kind: str, place: int) -> Content | None:
    reasons: dict[str, JsonValue] = {"no": f"reason {place}", "yes": None, "abstain": None}
    return None if not kind else {"form": "choice", "choice": kind, "reason": reasons[kind]}


def approvals(count: int, options: int, seed: int) -> list[Content | None]:
    """Return so many approval ballots, some of them blank."""
    rng = random.Random(seed)
    return [
        {"form": "approval", "approves": [f"option-{each}" for each in range(options) if rng.random() < 0.4]}
        for _ in range(count)
    ]


def rankings(count: int, options: int, seed: int) -> list[Content | None]:
    """Return so many rankings of some of the options."""
    rng = random.Random(seed)
    return [
        {"form": "ranked", "tiers": _tiers(rng.sample(range(options), rng.randint(1, options)))} for _ in range(count)
    ]


def _tiers(order: list[int]) -> list[JsonValue]:
    return [[f"option-{each}"] for each in order]
