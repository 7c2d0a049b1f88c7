"""comitia topics: JSON lines in, JSON lines out, through the real command line."""

import io
import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from node import cli
from node.commands import topics_group, topics_lines
from topics.absent import AbsentEncoder

WATER = {"id": "w", "text": "Clean drinking water and sanitation for all villages", "lang": "en"}
AGUA = {"id": "a", "text": "Agua potable y saneamiento para todos los pueblos", "lang": "es"}
SPACE = {"id": "s", "text": "A shared constellation of small satellites for research", "lang": "en"}


class Pipe:
    """Standard input that holds these bytes."""

    def __init__(self, data: bytes) -> None:
        self.buffer = io.BytesIO(data)


@pytest.fixture
def topics(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Any:
    def call(*words: str, items: list[dict[str, Any]] | None = None, data: bytes = b"") -> tuple[int, list[Any], str]:
        lines = data or b"\n".join(json.dumps(item).encode() for item in items or [])
        monkeypatch.setattr(sys, "stdin", Pipe(lines))
        code = cli.run(["topics", *words])
        out, err = capfd.readouterr()
        return code, [json.loads(line) for line in out.splitlines()], err

    return call


def test_classify(topics: Any) -> None:
    code, answers, _ = topics("classify", "--reader", "fr", items=[WATER, AGUA])
    assert code == cli.OK
    assert [answer["id"] for answer in answers] == ["w", "a"]
    for answer in answers:
        assert 6 in answer["accepted"]
        assert set(answer["goals"]) == {str(goal) for goal in range(1, 18)}
    assert {reason["lang"] for reason in answers[0]["reasons"]} == {"fr"}


def test_classify_answers_line_by_line() -> None:
    """A program that writes one text gets its answer before it writes the next."""
    command = [sys.executable, "-m", "node", "topics", "classify"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for item in (WATER, SPACE):
            process.stdin.write(json.dumps(item) + "\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["id"] == item["id"]
        process.stdin.close()
        assert process.wait(timeout=60) == 0


def test_group_is_the_same_in_any_order(topics: Any) -> None:
    code, answers, _ = topics("group", items=[WATER, AGUA, SPACE])
    assert code == cli.OK
    assert sorted(member for answer in answers for member in answer["members"]) == ["a", "s", "w"]
    assert topics("group", items=[SPACE, AGUA, WATER])[1] == answers


def test_similar_finds_pairs_or_what_is_nearest(topics: Any) -> None:
    same = {"id": "z", "text": WATER["text"], "lang": "en"}
    code, pairs, _ = topics("similar", items=[WATER, SPACE, same])
    assert code == cli.OK
    assert [(pair["first"], pair["second"]) for pair in pairs] == [("w", "z")]
    _, matches, _ = topics("similar", "--text", "satellites for research", "--most", "1", items=[WATER, SPACE])
    assert [match["id"] for match in matches] == ["s"]


MANY = [
    WATER,
    AGUA,
    SPACE,
    {"id": "b", "text": WATER["text"], "lang": "en"},
    {"id": "c", "text": "Small satellites, shared by all, for research", "lang": "en"},
    {"id": "d", "text": "", "goals": [3]},
    {"id": "e", "text": "🌊 2030 خطة"},
]


@pytest.mark.parametrize(
    "words", [("group",), ("similar",), ("similar", "--text", "Clean water for villages"), ("stream",)]
)
def test_the_order_of_the_lines_makes_no_difference(
    words: tuple[str, ...], topics: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    if words == ("stream",):
        monkeypatch.setattr(topics_group, "MAX_ITEMS", 3)
        words = ("group",)
    expected = topics(*words, items=MANY)[1]
    assert expected
    for seed in range(4):
        shuffled = list(MANY)
        random.Random(seed).shuffle(shuffled)
        assert topics(*words, items=shuffled)[1] == expected


def test_what_was_copied_is_told_by_its_words(topics: Any) -> None:
    long = "A network of tide gauges on every coast, built by its neighbours and read by all. " * 2
    copied = {"id": "x", "text": "We have an idea of our own. " + long}
    _, pairs, _ = topics("similar", items=[WATER, AGUA, copied, {"id": "y", "text": long}])
    assert {(pair["first"], pair["second"], pair["by"]) for pair in pairs} == {
        ("a", "w", "meaning"),
        ("x", "y", "words"),
    }


def test_more_lines_than_memory_holds_tell_how_far_they_are(topics: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = topics("group", items=MANY)[1]
    monkeypatch.setattr(topics_group, "MAX_ITEMS", 3)
    code, answers, err = topics("group", items=MANY)
    assert code == cli.OK
    assert [answer["members"] for answer in answers] == [answer["members"] for answer in whole]
    assert "blocks grouped: 100 %" in err
    assert topics("group", items=[*MANY, WATER])[2].count("two items have the id 'w'") == 1


def test_a_vector_in_the_line_spares_the_encoder(topics: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    vector = topics("classify", items=[WATER])[1][0]["vector"]
    monkeypatch.setattr(topics_lines, "encoder_here", AbsentEncoder)
    code, answers, err = topics("group", items=[{**WATER, "vector": vector}, SPACE])
    assert (code, [answer["members"] for answer in answers]) == (cli.OK, [["w"]])
    assert "1 texts without a vector were left out" in err
    code, _, err = topics("classify", items=[SPACE])
    assert code == cli.FAILED
    assert "encoder" in err


def test_empty_lines_and_long_texts(topics: Any) -> None:
    long = json.dumps({"id": "l", "text": "water " * 10_000}).encode()
    code, answers, err = topics("classify", data=b"\n\n" + long + b"\n\n")
    assert code == cli.OK
    assert [answer["id"] for answer in answers] == ["l"]
    assert "line 3: of 60000 characters the first 20000 count" in err


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"nonsense", "line 1: not JSON"),
        (b"\n[1]", "line 2: Input should be a valid dictionary"),
        (b'{"text": "x"}', "line 1: id: Field required"),
        (b'{"id": "x", "text": "x", "other": 1}', "line 1: other: Extra inputs"),
        (b"x" * (topics_lines.LINE_BYTES_MAX + 1), "line 1: longer than the limit"),
        (b'{"id": "x"}\n{"id": "x"}', "two items have the id 'x'"),
    ],
)
def test_a_line_that_cannot_be_read_is_named(topics: Any, data: bytes, reason: str) -> None:
    code, _, err = topics("group", data=data)
    assert code == cli.FAILED
    assert reason in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize("words", [["train", "--out", "OUT"], ["evaluate"]])
def test_without_its_data_it_says_so(words: list[str], topics: Any, tmp_path: Path) -> None:
    arguments = [str(tmp_path / word) if word == "OUT" else word for word in words]
    code, _, err = topics(*arguments, str(tmp_path))
    assert code == cli.FAILED
    assert str(tmp_path) in err
    assert not (tmp_path / "OUT").exists()


def test_asking_for_help_imports_no_encoder() -> None:
    """The list of commands costs nothing; numpy is loaded when texts are."""
    code = (
        "import sys; from node import cli; cli.run(['--help']); cli.run(['topics', '--help']);"
        "sys.exit(bool({'numpy', 'sklearn', 'topics'} & set(sys.modules)))"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, timeout=60)
