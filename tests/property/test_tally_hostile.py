"""Whatever bytes a file holds: reading gives a case or one clear line, and a case is counted or refused."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.tally.case import Case
from node.tally.counting import Result, count, count_all
from node.tally.faults import TallyError
from node.tally.reading import READERS, read_case
from node.tally.report import result_lines
from node.tally.settings import rules_for, settings_for

VECTORS = Path(__file__).parents[1] / "vectors" / "tally"
EXAMPLES = {
    path.name: path.read_bytes()
    for path in sorted(VECTORS.iterdir())
    if any(path.name.endswith(ending) for ending in READERS)
}
NAMES = sorted(EXAMPLES)
UNHURRIED = settings(deadline=None)
"""Counting by every rule takes as long as it takes."""
WORDS = [
    b"\n", b";", b",", b":", b"{", b"}", b"[", b"]", b"-", b"#", b'"', b"'", b"\\", b"\x00", b"\xff", b"\xef\xbb\xbf",
    b"0", b"-1", b"999999999999", b"9999999999999", b"1e9", b"1/2", b"\xd9\xa3", b"\r\n", b"\xe2\x80\xa8", b" ", b"\t",
    b"META\n", b"VOTES\n", b"PROJECTS\n", b"none", b"null", b"true", b"profile:", b"- ", b"&a ", b"*a", b"!!x ",
    b"<<: ",
    b"# NUMBER ALTERNATIVES: 3\n", b"1: 1,2\n", b'"ballots"', b'"electorate"', b"{}", b"[[", b"]]", b'"proxy: a"',
]  # fmt: skip


def read(name: str, data: bytes) -> Case | None:
    """The case in a file, or None if it was refused with one line."""
    try:
        return read_case(name, data, None)
    except TallyError as error:
        said = str(error)
    assert said.startswith(f"{name}: ")
    assert len(said) < 600
    assert "\n" not in said
    return None


def tried(case: Case | None) -> None:
    """Every rule that fits counts a case as it is by default, or says why it can't."""
    if case is None:
        return
    for rule in rules_for(case.form):
        result = outcome_by(case, rule)
        if result is not None:
            assert result.outcome.counts.entitled == len(case.electorate)
            assert list(result_lines(case, result))


def outcome_by(case: Case, rule: str) -> Result | None:
    try:
        return count(case, settings_for(case, rule, "", ()))
    except TallyError as error:
        said = str(error)
    assert said.startswith("rule ")
    assert "\n" not in said
    return None


@pytest.mark.parametrize("ending", sorted(READERS))
@UNHURRIED
@given(data=st.binary(max_size=200))
def test_any_bytes(ending: str, data: bytes) -> None:
    tried(read(f"x{ending}", data))


@pytest.mark.parametrize("ending", sorted(READERS))
@UNHURRIED
@given(parts=st.lists(st.sampled_from(WORDS) | st.binary(max_size=3), max_size=40))
def test_any_words_of_the_formats(ending: str, parts: list[bytes]) -> None:
    tried(read(f"x{ending}", b"".join(parts)))


@pytest.mark.parametrize("name", NAMES)
@UNHURRIED
@given(data=st.data())
def test_an_example_with_something_changed(name: str, data: st.DataObject) -> None:
    text = EXAMPLES[name]
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(len(text), start + 12)))
        text = text[:start] + data.draw(st.sampled_from(WORDS)) + text[end:]
    tried(read(name, text))


@pytest.mark.parametrize("name", NAMES)
@UNHURRIED
@given(length=st.integers(0, 1_000))
def test_an_example_that_is_cut_short(name: str, length: int) -> None:
    tried(read(name, EXAMPLES[name][:length]))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 25) | st.floats() | st.sampled_from(["yes", "no", "proxy: a", "a"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "rule", ""]), inner),
    max_leaves=8,
)
FIELDS = ("rule", "options", "capacity", "electorate", "ballots", "present", "proxies_per_holder", "lot", "names")


@UNHURRIED
@given(st.dictionaries(st.sampled_from(FIELDS), JSON))
def test_any_json_of_these_fields(value: dict[str, object]) -> None:
    base: dict[str, object] = {"electorate": {"a": [], "b": []}, "ballots": {}}
    tried(read("x.json", json.dumps({**base, **value}).encode()))


def test_counting_a_case_twice_gives_the_same() -> None:
    case = read("garden.pb", EXAMPLES["garden.pb"])
    assert case is not None
    for first, second in zip(count_all(case, None), count_all(case, None), strict=True):
        assert first.outcome == second.outcome
        assert count(case, first.settings).outcome == first.outcome
