"""Every scenario comes out word for word as it is written; what can't be understood is refused with file and line."""

from pathlib import Path

import pytest

from tests.support.scenario_charter import PROCEDURES, SETTING_WORDS
from tests.support.scenario_phrases import time_of, time_words
from tests.support.scenario_rules import CHANGE_WORDS, RULES
from tests.support.scenario_run import DIRECTORY, PHRASES, read, run
from tests.support.scenario_script import ScriptError, parse, render

FILES = sorted(DIRECTORY.glob("*.txt"))
README = (DIRECTORY / "README.md").read_text(encoding="utf-8")
COMMAND = "python -m tests.support.scenario_run --rewrite tests/scenarios/my-story.txt"
SMALL = """federation
members of north: north-1, north-2
secretariat: north-1
charter: without formalities
----
2 members, 2 tellers of whom 0 may fail

day 1
{step}
----
{output}
"""


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_scenario_comes_out_as_it_is_written(path: Path) -> None:
    script = read(path)
    expected = [list(block.expected) for block in script.blocks]
    assert run(script) == expected, f"if this is right: python -m tests.support.scenario_run --rewrite {path}"


def test_the_example_in_the_readme_comes_out_as_it_is_written() -> None:
    lines = [line[4:] for line in README.split("## The federation")[0].splitlines() if line[:4] in ("    ", "")]
    example = "\n".join(lines[lines.index("federation") : lines.index(COMMAND)]).rstrip() + "\n"
    script = parse(DIRECTORY / "README.md", example)
    assert render(script, run(script)) == example


def test_there_are_at_least_thirty_scenarios() -> None:
    assert len(FILES) >= 30


@pytest.mark.parametrize(
    ("step", "cause"),
    [
        ("north-2 dances", "there is no such step"),
        ("north-2 endorses 'Nothing'", "nobody has submitted 'Nothing'"),
        ("north-9 submits 'Wells' on the long-term track", "nobody is called north-9"),
        ("north-2 votes yes", "no such round is open"),
    ],
)
def test_what_cannot_be_done_is_refused_with_file_and_line(tmp_path: Path, step: str, cause: str) -> None:
    script = parse(tmp_path / "odd.txt", SMALL.format(step=step, output=""))
    with pytest.raises(ScriptError, match=rf"^odd\.txt:9: {cause}"):
        run(script)


def test_an_unknown_setting_is_refused_with_file_and_line(tmp_path: Path) -> None:
    text = SMALL.format(step="", output="").replace("charter:", "long-term luck: 3 days\ncharter:")
    with pytest.raises(ScriptError, match=r"^odd\.txt:4: a track has no such setting"):
        run(parse(tmp_path / "odd.txt", text))


def test_a_block_without_dashes_is_refused() -> None:
    with pytest.raises(ScriptError, match=r"^odd\.txt:2: a block must end with a line ----"):
        parse(Path("odd.txt"), "federation\nmembers of north: north-1\n")


def test_rewriting_keeps_the_words_and_replaces_what_came_out() -> None:
    step = "# Why\nnorth-2 submits 'Wells' on the long-term track"
    script = parse(Path("small.txt"), SMALL.format(step=step, output="something else"))
    outputs = run(script)
    assert render(script, outputs) == SMALL.format(
        step=step, output="'Wells': endorsing by north-2\n'Wells': endorsing → consulting (admit)"
    )
    assert run(parse(Path("small.txt"), render(script, outputs))) == outputs


def test_a_wrong_line_below_the_dashes_is_noticed() -> None:
    script = parse(Path("small.txt"), SMALL.format(step="", output="'Wells': adopted"))
    assert run(script)[-1] != list(script.blocks[-1].expected)


@pytest.mark.parametrize("words", [phrase.words for phrase in PHRASES])
def test_every_step_is_explained_in_the_readme(words: str) -> None:
    assert f"`{words}`" in README


@pytest.mark.parametrize("words", [*RULES, *CHANGE_WORDS, *SETTING_WORDS, *PROCEDURES])
def test_every_setting_and_rule_is_explained_in_the_readme(words: str) -> None:
    assert f"`{words}`" in README


def test_days_and_hours_name_the_same_moments() -> None:
    assert time_of("hour 71") == time_of("day 3, 23:00")
    assert time_words(time_of("hour 71:30")) == "day 3, 23:30"
    assert time_of("day 1") == time_of("hour 0")
