"""Runs scenario files against the real code and gives what comes out of each block, to compare or to write down.

`python -m tests.support.scenario_run --rewrite FILE …` writes what comes out into the files.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from tests.support import scenario_words as words
from tests.support.scenario_ballot_steps import BALLOT_STEPS
from tests.support.scenario_charter import found as founded_by
from tests.support.scenario_phrases import Phrase, is_time, look_up, time_of
from tests.support.scenario_rounds import Rounds
from tests.support.scenario_script import Block, Line, Script, ScriptError, parse, render
from tests.support.scenario_shows import SHOWS
from tests.support.scenario_steps import STEPS
from tests.support.scenario_world import World

DIRECTORY: Final = Path(__file__).parents[1] / "scenarios"
PHRASES: Final[Sequence[Phrase]] = (*STEPS, *BALLOT_STEPS, *SHOWS)


def read(path: Path) -> Script:
    """Return the script in a file. Raises ScriptError."""
    return parse(path, path.read_text(encoding="utf-8"))


def check(script: Script) -> None:
    """Raise ScriptError at the first line that is no time or no step."""
    for block in script.blocks[1:]:
        if not is_time(block.heading.text):
            raise ScriptError(block.heading, "a block begins with a time, like: day 3, 14:00")
        for line in block.steps:
            look_up(PHRASES, line)


def run(script: Script) -> list[list[str]]:
    """Return what comes out of each block. Raises ScriptError."""
    check(script)
    first, *rest = script.blocks
    try:
        world = World(founded_by(first))
    except ValidationError as error:
        raise ScriptError(first.heading, error.errors()[0]["msg"]) from error
    rounds = Rounds(world)
    quorum = rounds.quorum
    members = len(world.federation.members)
    outputs = [[f"{members} members, {quorum.tellers} tellers of whom {quorum.faulty} may fail"]]
    outputs += [_output(rounds, block) for block in rest]
    return outputs


def rewrite(path: Path) -> None:
    """Write what comes out into a file, below its dashes."""
    script = read(path)
    path.write_text(render(script, run(script)), encoding="utf-8")


def _output(rounds: Rounds, block: Block) -> list[str]:
    world = rounds.world
    world.output.clear()
    _go_to(rounds, block.heading)
    for line in block.steps:
        phrase, found = look_up(PHRASES, line)
        phrase.does(world if phrase in STEPS else rounds, found)
        _report(rounds)
    return [*world.output] or ["nothing to report"]


def _go_to(rounds: Rounds, heading: Line) -> None:
    world, time = rounds.world, time_of(heading.text)
    if time + 60_000 <= world.now:
        raise ScriptError(heading, "time doesn't go back")
    rounds.close_due(time)
    world.now = max(world.now, time)
    _report(rounds)


def _report(rounds: Rounds) -> None:
    for round_ in rounds.all:
        if round_.is_closed and not round_.is_reported:
            round_.is_reported = True
            rounds.world.tell(*words.outcome_lines(rounds, round_))
    rounds.world.tell(*words.stage_lines(rounds.world))


def main(arguments: Sequence[str]) -> None:
    """Check the files that are named, or rewrite them."""
    named = [Path(argument) for argument in arguments if not argument.startswith("-")]
    for path in named or sorted(DIRECTORY.glob("*.txt")):
        try:
            told = _rewritten(path) if "--rewrite" in arguments else _checked(path)
        except ScriptError as error:
            told = str(error)
        sys.stdout.write(f"{told}\n")


def _checked(path: Path) -> str:
    script = read(path)
    is_same = [[*block.expected] for block in script.blocks] == run(script)
    return f"{path.name}: {'as written' if is_same else 'something else comes out'}"


def _rewritten(path: Path) -> str:
    told = _checked(path)
    rewrite(path)
    return told


if __name__ == "__main__":
    main(sys.argv[1:])
