"""What checking a proof comes to, step by step, as data: the same shape for every kind of proof."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Result(StrEnum):
    """How a step ended."""

    OK = "ok"
    FAILED = "failed"
    NOT_NEEDED = "not needed"
    """There was nothing to check, or an earlier step failed."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a check."""

    id: str
    """Its name in SPEC.md, the same for every verifier."""
    result: Result
    words: str
    """What was found, or why it fails, for the person who reads it."""
    subject: str = ""
    """What it is about where a check takes it several times: a round's id, an agenda's version."""


def failed(steps: Sequence[Step]) -> Step | None:
    """Return the step that failed, or None if all that was needed held."""
    return next((step for step in steps if step.result is Result.FAILED), None)
