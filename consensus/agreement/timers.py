"""Alarms of the core: what is to be looked at when. Old alarms aren't taken back; whoever they wake checks again."""

import heapq
from dataclasses import dataclass, field
from typing import Literal

Alarm = Literal["receipt", "seal", "stall", "propose", "prevote", "precommit"]


@dataclass(frozen=True, slots=True, order=True)
class Task:
    """What an alarm is for: a round's id, or a height in decimal digits with its view."""

    alarm: Alarm
    subject: str
    view: int


@dataclass(slots=True)
class Timers:
    """A queue of alarms in milliseconds."""

    _queue: list[tuple[int, Task]] = field(default_factory=list)

    def set(self, at_ms: int, task: Task) -> None:
        """Ask to be given a task back once the time has come."""
        heapq.heappush(self._queue, (at_ms, task))

    def pop_due(self, now: int) -> list[Task]:
        """Return the tasks whose time has come, in order, and forget them."""
        due: list[Task] = []
        while self._queue and self._queue[0][0] <= now:
            due.append(heapq.heappop(self._queue)[1])
        return due

    def next_at(self) -> int | None:
        """Return when the next alarm is due, in milliseconds."""
        return self._queue[0][0] if self._queue else None
