"""What can go wrong with a node, looked at from outside: each thing one line, with its remedy.

Nothing is changed: the store is opened read-only, a free port is bound and let go, others are asked small questions.
The looking itself is in doctor_files.py and doctor_lines.py.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from node import config, doctor_files, doctor_lines
from node.clock import Clock
from node.config import ConfigError, Layout
from node.diagnosis import Check, failed, passed
from node.files import FileError

Verdict = Literal["well", "warnings", "ill"]


@dataclass(frozen=True, slots=True)
class Wish:
    """What to look at, and with what."""

    directory: Path
    passphrase_file: Path | None
    clock: Clock


async def examine(wish: Wish) -> AsyncIterator[Check]:
    """Yield what is found, one check after the other; what rests on something that failed is left out."""
    layout = Layout(wish.directory)
    try:
        settings = config.load_config(wish.directory)
    except (ConfigError, FileError) as error:
        yield failed("settings", *_parted(str(error)))
        return
    yield passed("settings", f"{layout.config} can be read")
    for check in doctor_files.places(layout, settings):
        yield check
    joined = doctor_files.charter(layout)
    yield joined.check
    yield doctor_files.keys(layout, settings, joined, wish.passphrase_file or settings.passphrase_file)
    yield doctor_files.store(layout, joined)
    yield doctor_files.disk(layout)
    yield doctor_files.backup(layout, settings, wish.clock.now())
    yield doctor_files.limits_of_the_system()
    yield doctor_lines.topics(settings)
    async for check in doctor_lines.lines(layout, settings, joined, wish.clock):
        yield check


def verdict(checks: list[Check]) -> Verdict:
    """Return how a node is, all checks taken together."""
    states = {check.state for check in checks}
    return "ill" if "fail" in states else "warnings" if "warn" in states else "well"


def _parted(sentence: str) -> tuple[str, str]:
    """Return an error's cause and its remedy, which stands behind the last colon."""
    cause, separator, remedy = sentence.rpartition(": ")
    return (cause, remedy) if separator else (sentence, "correct it")
