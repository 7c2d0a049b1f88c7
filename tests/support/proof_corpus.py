"""The corpus that every verifier of full proofs must agree on: good ones, forged ones, and changes of single bytes.

write_corpus() writes it as JSON lines, for verifiers in other languages.
"""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from consensus.proof.format import unpack
from tests.support.proof_forgeries import forgeries
from tests.support.proof_mutations import byte_changes, file_changes
from tests.support.proof_shapes import SHAPES, GoodProof

MUTATED_SHAPES = ("small", "one-round", "alone")
"""Those that single-byte changes are made of; together they have every class of places."""


@dataclass(frozen=True, slots=True)
class Case:
    """One file with the fingerprint to check it against, and the step that must fail, or nothing if all hold."""

    name: str
    data: bytes
    fingerprint: str
    step: str
    is_deep: bool = False
    """Whether a verifier that counts brief results only may take it for good."""


def good_cases() -> Iterator[Case]:
    """Yield proofs that hold."""
    for name, shape in SHAPES.items():
        good = shape()
        yield Case(f"good: {name}", good.data, good.fingerprint, "")


def forged_cases() -> Iterator[Case]:
    """Yield proofs that were put together wrongly."""
    for forged in forgeries():
        yield Case(f"forged: {forged.name}", forged.data, forged.fingerprint, forged.step, forged.is_deep)


def changed_cases(name: str, *, one_in: int = 1) -> Iterator[Case]:
    """Yield single-byte changes of the good proof of a shape, every one or one in so many."""
    good: GoodProof = SHAPES[name]()
    for change in (*list(file_changes(good.data))[::one_in], *byte_changes(unpack(good.data), one_in=one_in)):
        yield Case(f"changed: {name}: {change.name}", change.data, good.fingerprint, change.step)


def corpus(*, one_in: int = 1) -> Iterator[Case]:
    """Yield every case; of the single-byte changes one in so many."""
    yield from good_cases()
    yield from forged_cases()
    for name in MUTATED_SHAPES:
        yield from changed_cases(name, one_in=one_in)


def write_corpus(path: Path, *, one_in: int = 1) -> int:
    """Write the corpus as JSON lines with name, file (base64), fingerprint, step and deep; return how many they are."""
    count = 0
    with path.open("w", encoding="ascii") as lines:
        for case in corpus(one_in=one_in):
            file = base64.b64encode(case.data).decode()
            known = {"name": case.name, "fingerprint": case.fingerprint, "step": case.step, "deep": case.is_deep}
            lines.write(json.dumps({**known, "file": file}) + "\n")
            count += 1
    return count
