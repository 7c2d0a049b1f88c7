"""A teller's duties towards open rounds: receipts while they are open, one seal, and saying when one is stalled.

What is kept of each round is in rounds.py; this decides when to speak. A receipt goes out at once after a quiet
window and otherwise at most once per window; the seal goes out at the deadline plus the grace time, never earlier,
whoever has voted.
"""

from dataclasses import dataclass, field

from consensus.agreement import seals
from consensus.agreement.outbox import Outbox
from consensus.agreement.outputs import Lock, Need, NeedListing, Stalled, Unstalled, slot_of
from consensus.agreement.ports import Rules
from consensus.agreement.register import Register
from consensus.agreement.rounds import OpenRound
from consensus.agreement.settings import Bench, Timing
from consensus.agreement.statements import Statement
from consensus.agreement.timers import Task
from protocol import limits
from protocol.canonical import sha256_hex
from protocol.events.tellers import Receipt, Seal
from protocol.ids import EventId, MemberId, RecordId


@dataclass(slots=True)
class Collecting:
    """Open rounds of one register, seen by teller `me` (its place on the bench), or by an onlooker."""

    bench: Bench
    timing: Timing
    rules: Rules
    register: Register
    outbox: Outbox
    me: int | None
    stalled: dict[RecordId, frozenset[MemberId]] = field(default_factory=dict)
    """Rounds shown as stalled, and who is absent."""

    def open(self, round_: OpenRound) -> None:
        """Begin with a round that a record has opened."""
        self.outbox.alarm(round_.seal_at, Task("seal", round_.id, 0))
        self.outbox.alarm(round_.seal_at + self.timing.stall_ms, Task("stall", round_.id, 0))
        for lock in self.outbox.locks(round_.id):
            round_.is_sealed = True
            if self.outbox.is_live:
                self.outbox.sign(lock)

    def close(self, round_id: RecordId) -> None:
        """End with a round that a record has closed."""
        self.outbox.forget(round_id)
        if self.stalled.pop(round_id, None) is not None:
            self.outbox.emit(Unstalled(round_id))

    def take_ballot(self, round_: OpenRound, statement: Statement, reached_ms: int, now: int) -> None:
        """Take in a ballot of an open round."""
        if not self.rules.is_entitled(round_.spec, statement.member):
            return
        if round_.take_ballot(statement, reached_ms):
            self.register.arrived(statement.id)
            self._send_receipt(round_, now)

    def take_receipt(self, round_: OpenRound, teller: int, receipt: Receipt) -> None:
        """Take in a teller's receipt, one's own included."""
        if teller == self.me:
            round_.take_own_receipt(receipt)
        self._need(round_.take_listed(teller, receipt.ballots))

    def take_seal(self, round_: OpenRound, statement: Statement, teller: int, seal: Seal) -> None:
        """Take in a teller's seal, one's own included."""
        if seal.ballots is not None and seals.listing_hash(seal.ballots) != seal.listing:
            return
        if teller == self.me:
            round_.is_sealed = True
            self.outbox.has_said(Lock(slot_of(seal), seal, None))
        if round_.take_seal(statement.id, teller, seal):
            self._settle(round_, seal.listing)
            self.register.arrived(statement.id)
        else:
            self.outbox.emit(NeedListing(seal.listing))

    def take_listing(self, data: bytes) -> None:
        """Take in the listing of a long seal."""
        ballots = seals.parse_listing(data)
        if ballots is None:
            return
        listing = sha256_hex(data)
        for round_ in self.register.rounds.values():
            if round_.take_listing(listing, ballots):
                self._settle(round_, listing)
                self.register.arrived(listing)

    def on_alarm(self, task: Task, now: int) -> None:
        """Do what was to be done at a time."""
        round_ = self.register.rounds.get(RecordId(task.subject))
        if round_ is None:
            return
        if task.alarm == "receipt":
            round_.receipt_due = False
            self._send_receipt(round_, now)
        elif task.alarm == "seal":
            self._seal(round_)
        else:
            self.stalled[round_.id] = frozenset()
            self.outbox.emit(Stalled(round_.id, frozenset()))

    def update_stalled(self, unheard: frozenset[MemberId]) -> None:
        """Say who is absent from stalled rounds: whose seals are missing, or of those not heard at this height."""
        for round_id, shown in self.stalled.items():
            absent = self.absent(self.register.rounds[round_id], unheard)
            if absent != shown:
                self.stalled[round_id] = absent
                self.outbox.emit(Stalled(round_id, absent))

    def absent(self, round_: OpenRound, unheard: frozenset[MemberId]) -> frozenset[MemberId]:
        """Return the tellers that a round waits for."""
        if round_.is_ready:
            return unheard
        return frozenset(member for at, member in enumerate(self.bench.tellers) if at not in round_.sealers)

    def resume(self, now: int) -> None:
        """Take up one's duties after the stored statements have been taken in."""
        for round_ in self.register.rounds.values():
            for lock in self.outbox.locks(round_.id):
                round_.is_sealed = True
                self.outbox.sign(lock)
            self._send_receipt(round_, now)

    def _settle(self, round_: OpenRound, listing: str) -> None:
        self._need(round_.settle(listing))
        self.register.mark_ready(round_)

    def _send_receipt(self, round_: OpenRound, now: int) -> None:
        if self.me is None or round_.is_sealed or not round_.owed or not self.outbox.is_live:
            return
        if round_.receipt_at is not None and now < round_.receipt_at + self.timing.receipt_window_ms:
            if not round_.receipt_due:
                round_.receipt_due = True
                at = round_.receipt_at + self.timing.receipt_window_ms
                self.outbox.alarm(at, Task("receipt", round_.id, 0))
            return
        batch, round_.owed = round_.owed[: limits.RECEIPT_BALLOTS_MAX], round_.owed[limits.RECEIPT_BALLOTS_MAX :]
        round_.receipt_at = now
        self.outbox.sign_receipt(Receipt(round=round_.id, ballots=tuple(sorted(batch))))
        self._send_receipt(round_, now)

    def _seal(self, round_: OpenRound) -> None:
        if self.me is None or round_.is_sealed:
            return
        round_.is_sealed = True
        seal, listing = seals.build_seal(round_.id, round_.seal_ballots())
        self.outbox.sign(Lock(slot_of(seal), seal, listing))

    def _need(self, missing: list[EventId]) -> None:
        if missing:
            self.outbox.emit(Need(tuple(sorted(missing))))
