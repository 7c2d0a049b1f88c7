"""One finding of comitia doctor: what was looked at, how it is, and what to do."""

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "warn", "fail", "skip"]


@dataclass(frozen=True, slots=True)
class Check:
    """One line of a diagnosis."""

    name: str
    state: State
    said: str
    remedy: str = ""
    """What to do; nothing where all is well."""


def passed(name: str, said: str) -> Check:
    """Return that something is as it should be."""
    return Check(name, "ok", said)


def warned(name: str, said: str, remedy: str) -> Check:
    """Return that something works and should be looked at."""
    return Check(name, "warn", said, remedy)


def failed(name: str, said: str, remedy: str) -> Check:
    """Return that something is wrong."""
    return Check(name, "fail", said, remedy)


def skipped(name: str, said: str, remedy: str = "") -> Check:
    """Return that something could not be looked at, and why."""
    return Check(name, "skip", said, remedy)
