"""The core's side towards the shell: outputs in order, alarms, and the sign-locks that bind what is signed.

A slot is locked to the first statement asked for in it. Asked again, within one run or after a restart, the locked
statement is what goes out, and only if it isn't known to be in the chain already.
"""

from collections import defaultdict
from dataclasses import dataclass, field

from consensus.agreement.outputs import Decided, Lock, Output, Sign, Slot, Wake
from consensus.agreement.timers import Task, Timers
from protocol.events.tellers import Receipt


@dataclass(slots=True)
class Outbox:
    """Collects what one step asks for."""

    is_teller: bool
    is_live: bool = False
    """False while stored statements are taken in: nothing is signed then, since it may have been signed already."""
    timers: Timers = field(default_factory=Timers)
    decided: Decided | None = None
    _outputs: list[Output] = field(default_factory=list)
    _locks: defaultdict[str, dict[Slot, Lock]] = field(default_factory=lambda: defaultdict(dict))
    _said: defaultdict[str, set[Slot]] = field(default_factory=lambda: defaultdict(set))
    _wake_at: int | None = None

    def emit(self, output: Output) -> None:
        """Ask the shell for something."""
        self._outputs.append(output)

    def sign(self, lock: Lock) -> None:
        """Ask for a statement, or for the one that its slot is locked to, unless that was made already."""
        slot = lock.slot
        if not (self.is_teller and self.is_live) or slot in self._said[slot.subject]:
            return
        kept = self._locks[slot.subject].setdefault(slot, lock)
        self._said[slot.subject].add(slot)
        self.emit(Sign(kept.body, kept))

    def sign_receipt(self, receipt: Receipt) -> None:
        """Ask for a receipt; receipts need no lock."""
        self.emit(Sign(receipt, None))

    def decide(self, decided: Decided) -> None:
        """Report a decision."""
        self.decided = decided
        self.emit(decided)

    def take_decided(self) -> Decided | None:
        """Return the decision that has not been applied yet, once."""
        decided, self.decided = self.decided, None
        return decided

    def alarm(self, at_ms: int, task: Task) -> None:
        """Ask to be given a task back at a time."""
        self.timers.set(at_ms, task)

    def lock(self, lock: Lock) -> None:
        """Be bound by a lock from before a restart."""
        self._locks[lock.slot.subject].setdefault(lock.slot, lock)

    def has_said(self, lock: Lock) -> bool:
        """Note a statement of one's own that is in the chain; return whether this run knew of it."""
        slot = lock.slot
        is_known = slot in self._locks[slot.subject]
        self._locks[slot.subject].setdefault(slot, lock)
        self._said[slot.subject].add(slot)
        return is_known

    def locks(self, subject: str) -> list[Lock]:
        """Return the locks of a round or height."""
        return list(self._locks[subject].values()) if subject in self._locks else []

    def forget(self, subject: str) -> None:
        """Drop the locks of a closed round or certified height."""
        self._locks.pop(subject, None)
        self._said.pop(subject, None)

    def drain(self, must_wake: bool) -> list[Output]:
        """Return the outputs since the last drain, with a Wake if the next alarm has changed or one is due anew."""
        outputs, self._outputs = self._outputs, []
        at = self.timers.next_at()
        if at is not None and (must_wake or at != self._wake_at):
            outputs.append(Wake(at))
        self._wake_at = at
        return outputs
