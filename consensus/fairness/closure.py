"""The group of voters that could pay for all that its members got and have most left over, found by a maximum flow.

Choosing voters means choosing every option that any of them got; what is sought is the set of voters whose money
exceeds the prices of these options by the most. That is a maximum closure (Picard 1976): money flows from the voters
into the options that they got, and whoever can't get rid of it belongs to the set. Integers only.
"""

from collections import deque
from collections.abc import Sequence


def richest_group(money: Sequence[int], got: Sequence[Sequence[int]], prices: Sequence[int], excess: int) -> list[int]:
    """Return the largest set of voters whose money exceeds the prices of all that any of them got by the most.

    money and got go by voter, prices by option; got lists options. Empty if the most is less than excess.
    """
    flow = _Flow(money, got, prices)
    while flow.stuck() >= excess and flow.advance():
        pass
    return flow.unable() if flow.stuck() >= excess else []


class _Flow:
    """Money on its way from voters into options, by shortest ways first (Dinic)."""

    def __init__(self, money: Sequence[int], got: Sequence[Sequence[int]], prices: Sequence[int]) -> None:
        self._got = got
        self._money = list(money)
        self._room = list(prices)
        self._paid: list[dict[int, int]] = [{} for _ in prices]
        """For each option, what each voter has paid into it."""

    def stuck(self) -> int:
        """Return how much money hasn't found its way yet."""
        return sum(self._money)

    def advance(self) -> bool:
        """Send money along all shortest ways; return whether any went."""
        ways = _Ways(self._got, self._paid, self._distances())
        sent = False
        for voter in range(len(self._money)):
            for option in ways.nearest(self._got[voter]):
                while self._money[voter] and (steps := ways.to_room(option, self._room)) is not None:
                    self._send(voter, option, steps)
                    sent = True
        return sent

    def unable(self) -> list[int]:
        """Return the voters from whom no way leads on."""
        distances = self._distances()
        return [voter for voter, got in enumerate(self._got) if all(distances[option] is None for option in got)]

    def _distances(self) -> list[int | None]:
        """Return for each option how many payments must be moved on before it takes money, or None if it can't."""
        distances: list[int | None] = [0 if room else None for room in self._room]
        takers: list[list[int]] = [[] for _ in self._room]
        for option, payments in enumerate(self._paid):
            for voter, amount in payments.items():
                for other in self._got[voter]:
                    if amount and other != option:
                        takers[other].append(option)
        waiting = deque(option for option, distance in enumerate(distances) if distance == 0)
        while waiting:
            option = waiting.popleft()
            distance = distances[option]
            assert distance is not None
            for before in takers[option]:
                if distances[before] is None:
                    distances[before] = distance + 1
                    waiting.append(before)
        return distances

    def _send(self, voter: int, option: int, steps: Sequence[tuple[int, int, int]]) -> None:
        """Pay into an option while each payer of the steps moves as much on from one option to another."""
        last = steps[-1][2] if steps else option
        amount = min(self._money[voter], self._room[last], *(self._paid[source][payer] for source, payer, _ in steps))
        self._money[voter] -= amount
        self._room[last] -= amount
        self._pay(voter, option, amount)
        for source, payer, target in steps:
            self._paid[source][payer] -= amount
            self._pay(payer, target, amount)

    def _pay(self, voter: int, option: int, amount: int) -> None:
        self._paid[option][voter] = self._paid[option].get(voter, 0) + amount


class _Ways:
    """The shortest ways to options that have room, each step tried until it leads nowhere."""

    def __init__(
        self, got: Sequence[Sequence[int]], paid: Sequence[dict[int, int]], distances: Sequence[int | None]
    ) -> None:
        self._got = got
        self._paid = paid
        self._distances = distances
        self._steps: dict[int, list[tuple[int, int]]] = {}

    def nearest(self, options: Sequence[int]) -> list[int]:
        """Return those of the options that are nearest to room."""
        known = [(distance, option) for option in options if (distance := self._distances[option]) is not None]
        least = min(known, default=(0, 0))[0]
        return [option for distance, option in known if distance == least]

    def to_room(self, option: int, room: Sequence[int]) -> list[tuple[int, int, int]] | None:
        """Return the steps (option, payer, next option) from an option to one that has room, or None."""
        way: list[tuple[int, int, int]] = []
        at = option
        while self._distances[at] or not room[at]:
            steps = self._open_steps(at)
            if steps:
                way.append((at, *steps[-1]))
                at = steps[-1][1]
            elif way:
                at = way.pop()[0]
                self._steps[at].pop()
            else:
                return None
        return way

    def _open_steps(self, option: int) -> list[tuple[int, int]]:
        """Return the steps from an option that are left to try, the next one last, its payer's payment not used up."""
        if option not in self._steps:
            self._steps[option] = self._all_steps(option)
        steps = self._steps[option]
        while steps and not self._paid[option].get(steps[-1][0]):
            steps.pop()
        return steps

    def _all_steps(self, option: int) -> list[tuple[int, int]]:
        distance = self._distances[option]
        if not distance:
            return []
        return [
            (payer, other)
            for payer, amount in self._paid[option].items()
            if amount
            for other in self._got[payer]
            if self._distances[other] == distance - 1
        ]
