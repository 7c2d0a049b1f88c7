"""Statements that came before what they speak of: a round not yet open here, a height not yet reached.

What waits is bounded for each key, so that nobody can fill another's place. When a key has too much waiting, what
ranks lowest goes: of heights the lowest, since those will be certified without it; of rounds the oldest statement.
"""

from collections import defaultdict
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

from consensus.agreement.statements import Statement
from protocol.ids import KeyId

WAITING_PER_KEY_MAX = 256
Subject = TypeVar("Subject", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Waiter:
    """A statement, and when it reached this node by its own clock."""

    statement: Statement
    reached_ms: int


class Waiting(Generic[Subject]):
    """A bounded place to wait, by subject."""

    def __init__(self) -> None:
        self._by_subject: defaultdict[Subject, list[Waiter]] = defaultdict(list)
        self._by_key: defaultdict[KeyId, list[tuple[int, Subject, Waiter]]] = defaultdict(list)

    def hold(self, subject: Subject, rank: int, waiter: Waiter) -> None:
        """Keep a statement until its subject is asked for, or until its key has too many that rank higher."""
        places = self._by_key[waiter.statement.key]
        if len(places) >= WAITING_PER_KEY_MAX:
            lowest = min(places, key=lambda place: place[0])
            if lowest[0] >= rank:
                return
            places.remove(lowest)
            self._by_subject[lowest[1]].remove(lowest[2])
        places.append((rank, subject, waiter))
        self._by_subject[subject].append(waiter)

    def take(self, subject: Subject) -> list[Waiter]:
        """Return what waited for a subject, in order of arrival, and forget it."""
        waiters = self._by_subject.pop(subject, [])
        for key in {waiter.statement.key for waiter in waiters}:
            self._by_key[key] = [place for place in self._by_key[key] if place[1] != subject]
        return waiters
