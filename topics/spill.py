"""Items kept on disk while there are too many for memory: vectors, probabilities and the beginnings of their texts."""

from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

from topics.cluster import GOALS, GroupingError, Item, placed
from topics.embed import DIMENSIONS
from topics.label import label_text

Int8 = npt.NDArray[np.int8]
Float = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

MAX_STREAMED_ITEMS = 1_000_000
_CHANCE_STEPS = 10_000


class Spill:
    """Written item by item, then sealed, then read by number: items in the order of their ids' hashes, ever the same.

    A context manager: what it wrote is of no use once it has ended, and goes with the directory.
    """

    def __init__(self, directory: Path) -> None:
        self._vectors = (directory / "vectors").open("w+b")
        self._goals = (directory / "goals").open("w+b")
        self._texts = (directory / "texts").open("w+b")
        self._bounds = [0]
        self._langs: list[str] = []
        self._shared: dict[str, str] = {}
        self._known: set[str] = set()
        self.ids: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for file in (self._vectors, self._goals, self._texts):
            file.close()

    def __len__(self) -> int:
        return len(self.ids)

    def add(self, item: Item, lang: str, text: str) -> None:
        """Write an item. Raises GroupingError at a repeated id, or if there are too many."""
        if item.id in self._known:
            raise GroupingError(f"two items have the id {item.id!r}")
        if len(self.ids) >= MAX_STREAMED_ITEMS:
            raise GroupingError(f"more than {MAX_STREAMED_ITEMS} items")
        self._known.add(item.id)
        self.ids.append(item.id)
        self._langs.append(self._shared.setdefault(lang, lang))
        self._vectors.write(item.vector.astype(np.int8).tobytes())
        confirmed = np.zeros(GOALS)
        confirmed[[goal - 1 for goal in item.confirmed]] = [-1 - place for place in range(len(item.confirmed))]
        chances = np.rint(np.array(item.chances) * _CHANCE_STEPS)
        self._goals.write(np.where(confirmed < 0, confirmed, 0 if item.confirmed else chances).astype("<i2").tobytes())
        self._texts.write(label_text(text).encode("utf-8", "replace"))
        self._bounds.append(self._texts.tell())

    def seal(self) -> None:
        """End the writing and put the items in order."""
        for file in (self._vectors, self._goals, self._texts):
            file.flush()
        self._known.clear()
        keys = [blake2b(name.encode("utf-8", "replace"), digest_size=8).digest() for name in self.ids]
        self._order = np.array(sorted(range(len(keys)), key=lambda at: (keys[at], self.ids[at])), dtype=np.int64)
        self.ids = [self.ids[at] for at in self._order]
        if keys:
            self._vector_rows = np.memmap(self._vectors, np.int8, "r", shape=(len(keys), DIMENSIONS))
            self._goal_rows = np.memmap(self._goals, "<i2", "r", shape=(len(keys), GOALS))

    def items(self, numbers: Ints | Sequence[int]) -> list[Item]:
        """Return the items with these numbers."""
        rows = self._order[np.asarray(numbers, dtype=np.int64)]
        vectors, goals = self._vector_rows[rows], np.asarray(self._goal_rows[rows], dtype=np.int64)
        return [
            Item(self.ids[number], vector, *_read_goals(row))
            for number, vector, row in zip(np.asarray(numbers).tolist(), vectors, goals, strict=True)
        ]

    def positions(self, numbers: Ints) -> Float:
        """Return the positions of the items with these numbers, as topics.cluster.positions gives them."""
        rows = self._order[numbers]
        raw = np.asarray(self._goal_rows[rows], dtype=np.float32)
        return placed(self._vector_rows[rows], np.where(raw < 0, 1.0, np.sqrt(np.maximum(raw, 0.0))))

    def twins(self) -> tuple[Ints, Ints]:
        """Return the numbers of the items that are like none before them, and for each item which of these it is like.

        Items are alike whose vector and goals are the same; about which nothing is known are like none.
        """
        seen: dict[bytes, int] = {}
        firsts: list[int] = []
        like = np.empty(len(self.ids), dtype=np.int64)
        for number, row in enumerate(self._order):
            vector, goals = self._vector_rows[row].tobytes(), self._goal_rows[row].tobytes()
            is_blank = not any(vector) and not any(goals)
            key = f"blank {number}".encode() if is_blank else blake2b(vector + goals, digest_size=16).digest()
            like[number] = seen.setdefault(key, len(firsts))
            if like[number] == len(firsts):
                firsts.append(number)
        return np.array(firsts, dtype=np.int64), like

    def lang(self, number: int) -> str:
        """Return an item's language."""
        return self._langs[int(self._order[number])]

    def text(self, number: int) -> str:
        """Return the beginning of an item's text."""
        row = int(self._order[number])
        self._texts.seek(self._bounds[row])
        return str(self._texts.read(self._bounds[row + 1] - self._bounds[row]), "utf-8")


def _read_goals(row: Ints) -> tuple[tuple[float, ...], tuple[int, ...]]:
    if (row < 0).any():
        places = np.argsort(-row, kind="stable")
        return (0.0,) * GOALS, tuple(int(goal) + 1 for goal in places if row[goal] < 0)
    return tuple((row / _CHANCE_STEPS).tolist()), ()
