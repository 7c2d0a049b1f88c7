"""Scenario files: blocks of plain text, each what happens, a line of dashes, and what must come out.

Knows nothing of what the lines mean. A file can be rendered again with other output, its words and comments kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

DASHES: Final = "----"


class ScriptError(Exception):
    """A line that can't be understood or can't be done, with its file and number."""

    def __init__(self, line: "Line", cause: str) -> None:
        super().__init__(f"{line.file}:{line.number}: {cause}: {line.text}")


@dataclass(frozen=True, slots=True)
class Line:
    """One line that says something, without its indentation."""

    file: str
    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Block:
    """A heading with steps below it, and what must come out."""

    heading: Line
    steps: tuple[Line, ...]
    raw: tuple[str, ...]
    """All lines above the dashes as they stand, comments and blank lines included."""
    expected: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Script:
    """A whole file: the federation first, then what happens."""

    path: Path
    blocks: tuple[Block, ...]


def parse(path: Path, text: str) -> Script:
    """Return the script in a file's text. Raises ScriptError where a block has no heading or no line of dashes."""
    blocks: list[Block] = []
    above: list[tuple[int, str]] = []
    below: list[str] | None = None
    for number, line in enumerate([*text.splitlines(), ""], start=1):
        if below is None:
            if line == DASHES:
                below = []
            else:
                above.append((number, line))
        elif line:
            below.append(line)
        else:
            blocks.append(_block(path, above, below))
            above, below = [(number, line)], None
    left = [(number, line) for number, line in above if _says_something(line)]
    if left:
        raise ScriptError(Line(path.name, *left[-1]), f"a block must end with a line {DASHES}")
    return Script(path, tuple(blocks))


def render(script: Script, outputs: Sequence[Sequence[str]]) -> str:
    """Return the file's text with these outputs below the dashes."""
    lines: list[str] = []
    for block, output in zip(script.blocks, outputs, strict=True):
        lines += [*block.raw, DASHES, *output]
    return "\n".join(lines) + "\n"


def _block(path: Path, above: Sequence[tuple[int, str]], below: Sequence[str]) -> Block:
    said = [Line(path.name, number, line.strip()) for number, line in above if _says_something(line)]
    if not said:
        raise ScriptError(Line(path.name, above[-1][0] if above else 1, DASHES), "nothing stands above the dashes")
    return Block(said[0], tuple(said[1:]), tuple(line for _, line in above), tuple(below))


def _says_something(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")
