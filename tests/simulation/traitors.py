"""Traitors: tellers that run the protocol to know what goes on, and say what suits them to whom it suits them.

They share nothing with honest nodes but the network, know everything that honest nodes say, and aren't held back by
locks, deadlines or their own earlier word.
"""

from collections.abc import Iterable
from itertools import combinations
from typing import TYPE_CHECKING

from consensus.agreement import seals
from consensus.agreement.inputs import StatementSeen
from consensus.agreement.outputs import Sign
from protocol.events.kinds import Body
from protocol.events.tellers import NO_VIEW, Precommit, Prevote, Receipt, RecordProposal, Seal
from protocol.ids import EventId, RecordId
from protocol.register import CloseRecord, record_from_value, record_id
from tests.simulation.federation import VOTERS, ballot_body, key_of
from tests.simulation.node import Item, Node

if TYPE_CHECKING:
    from tests.simulation.world import World

Saying = tuple[Body, frozenset[int]]


class Traitor(Node):
    """A teller that follows an intrigue instead of the protocol whenever it is to sign something."""

    def __init__(self, world: "World", at: int, intrigue: str) -> None:
        super().__init__(world, at)
        self.intrigue = intrigue
        others = [peer for peer in range(world.scenario.tellers) if peer != at]
        world.rng.shuffle(others)
        half = frozenset(others[: len(others) // 2])
        self.halves = (half, frozenset(others) - half)
        self.values: list[RecordId] = []
        """Values that were proposed, oldest first."""
        self.backdated: list[EventId] = []
        self._spoken: set[tuple[str, int, int]] = set()

    def begin_sync(self) -> None:
        """A traitor passes nothing on."""

    def take(self, item: Item) -> None:
        """Store what others say; a turncoat answers proposals at once, as often as it likes."""
        super().take(item)
        body = getattr(item.content, "body", None)
        if not isinstance(body, RecordProposal):
            return
        if body.value not in self.values:
            self.values.append(body.value)
        if self._pick() == "turncoat" and ("turncoat", body.height, body.view) not in self._spoken:
            self._spoken.add(("turncoat", body.height, body.view))
            for vote in (Prevote, Precommit):
                self._say(vote(height=body.height, view=body.view, value=body.value), frozenset(range(len(self._all))))

    def sign(self, sign: Sign) -> None:
        """Say what the intrigue makes of a statement, to whom it chooses."""
        self.signatures += 1
        for body, targets in self._sayings(sign.body):
            self._say(body, targets)

    @property
    def _all(self) -> range:
        return range(self.world.scenario.tellers)

    def _pick(self) -> str:
        if self.intrigue != "mixed":
            return self.intrigue
        return self.world.rng.choice(
            ("silent", "selective", "two-faced", "back-dater", "turncoat", "usurper", "honest")
        )

    def _sayings(self, body: Body) -> Iterable[Saying]:
        everyone = frozenset(self._all)
        intrigue = self._pick()
        if intrigue == "silent":
            return ()
        if intrigue == "selective":
            return ((body, frozenset(peer for peer in self._all if self.world.rng.random() < 0.5)),)
        if intrigue == "two-faced":
            return ((body, self.halves[0]), (self._contrary(body), self.halves[1]))
        if intrigue == "usurper" and isinstance(body, RecordProposal):
            return ((self._usurping(body), everyone),)
        if intrigue == "back-dater":
            return ((self._backdated(body), everyone),)
        if intrigue == "turncoat" and isinstance(body, Prevote | Precommit):
            return ((self._contrary(body), everyone), (body, everyone))
        return ((body, everyone),)

    def _contrary(self, body: Body) -> Body:
        """Return another statement in the place of this one."""
        if isinstance(body, Prevote | Precommit):
            others = [value for value in (None, *self.values) if value != body.value]
            return body.model_copy(update={"value": others[-1] if others else None})
        if isinstance(body, Seal):
            listed = body.ballots or ()
            return seals.build_seal(body.round, listed[: len(listed) // 2])[0]
        if isinstance(body, RecordProposal):
            return self._other_proposal(body)
        return body

    def _usurping(self, body: RecordProposal) -> RecordProposal:
        """Return a proposal of a record of one's own, whatever had a quorum before."""
        other = self._other_record(body)
        return body if other is None else body.model_copy(update={**_named(other), "valid_view": NO_VIEW})

    def _other_proposal(self, body: RecordProposal) -> RecordProposal:
        """Return a proposal of a record that names other seals, or claims another valid view."""
        other = self._other_record(body)
        if other is None:
            return body.model_copy(update={"valid_view": body.view - 1 if body.view else NO_VIEW})
        return body.model_copy(update=_named(other))

    def _other_record(self, body: RecordProposal) -> CloseRecord | None:
        """Return a valid closing that no one has proposed yet, by naming other seals, if there is one."""
        record = record_from_value(body.record)
        register = self.core.register
        round_ = register.rounds.get(record.body.round) if isinstance(record, CloseRecord) else None
        if round_ is None:
            return None
        needed = register.quorum.seals
        for named in combinations(sorted(round_.sealers.values()), needed):
            other = register._compute_closing(round_, named)
            if isinstance(other, CloseRecord) and record_id(other) not in self.values:
                return other
        return None

    def _backdated(self, body: Body) -> Body:
        """List a ballot that was made up after the deadline, by a member who is in league."""
        if not isinstance(body, Seal | Receipt):
            return body
        if isinstance(body, Seal) or self.clock > self.world.scenario.closes:
            if not self.backdated:
                self._make_up_ballot(body.round)
            if isinstance(body, Seal):
                return seals.build_seal(body.round, {*(body.ballots or ()), *self.backdated})[0]
            return Receipt(round=body.round, ballots=tuple(sorted({*body.ballots, *self.backdated})))
        return body

    def _make_up_ballot(self, round_id: RecordId) -> None:
        voter = VOTERS[-1]
        body = ballot_body(round_id, f"made up by {self.member}")
        ballot = self.world.state(voter, key_of(f"{voter} 2"), self.at, body)
        self.backdated.append(ballot.id)
        item = Item(ballot.id, ballot)
        self.keep(item)
        for peer in self._all:
            self.world.send(self.at, peer, item)

    def _say(self, body: Body, targets: frozenset[int]) -> None:
        statement = self.world.state(self.member, self.key, self.disk.seq, body)
        self.disk.seq += 1
        item = Item(statement.id, statement)
        self.keep(item)
        for peer in sorted(targets):
            self.world.send(self.at, peer, item)
        if self.is_up:
            self._inputs.append(StatementSeen(statement))


def _named(record: CloseRecord) -> dict[str, object]:
    return {"record": record.model_dump(mode="json"), "value": record_id(record)}
