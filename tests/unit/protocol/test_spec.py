"""SPEC.md against the code, and the tests against SPEC.md."""

import re
from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel

from protocol import charter, limits, policy, register, roll, sync
from protocol.events import rounds
from protocol.events.kinds import KINDS, Event
from protocol.frames import FrameType
from protocol.texts import Document

ROOT = Path(__file__).resolve().parents[3]
SPEC = (ROOT / "protocol" / "SPEC.md").read_text(encoding="utf-8")
SENTENCES = dict(re.findall(r"^- (\d+\.\d+) (.+)$", SPEC, re.MULTILINE))
QUOTE = re.compile(r'# SPEC (\d+\.\d+): "([^"]+)"')
QUOTES = [
    (path.relative_to(ROOT).as_posix(), number, words)
    for path in sorted((ROOT / "tests").rglob("*.py"))
    for number, words in QUOTE.findall(path.read_text(encoding="utf-8"))
]
PUBLIC_LIMITS = {name: value for name, value in vars(limits).items() if name.isupper()}


def described_by(number: str, model: type[BaseModel]) -> set[str]:
    """Return the fields of a model that a sentence doesn't name."""
    return {name for name in model.model_fields if f"`{name}`" not in SENTENCES[number]}


def test_each_sentence_has_its_own_number_in_ascending_order() -> None:
    numbers = [tuple(map(int, n.split("."))) for n in re.findall(r"^- (\d+\.\d+) ", SPEC, re.MULTILINE)]
    assert numbers == sorted(set(numbers))
    parts = {part for part, _ in numbers}
    assert parts == set(range(1, max(parts) + 1))
    assert len(parts) >= 11


@pytest.mark.parametrize(("path", "number", "words"), QUOTES)
def test_each_quoted_sentence_stands_in_the_specification(path: str, number: str, words: str) -> None:
    assert words in SENTENCES[number], f"{path} quotes what {number} doesn't say"


def test_most_of_what_this_package_does_is_quoted_by_a_test() -> None:
    quoted = {number for _, number, _ in QUOTES}
    open_parts = ("1.", "2.", "3.", "5.", "7.", "8.")
    missing = [n for n in SENTENCES if n.startswith(open_parts) and n not in quoted and n not in LEFT_TO_THE_NODE]
    assert missing == []


LEFT_TO_THE_NODE = {
    "2.23", "5.7", "5.32", "5.33", "5.34", "5.35", "5.36", "5.37", "5.38", "5.39", "8.4", "8.6", "8.7", "8.8",
    "5.31", "3.10", "2.22",
}  # fmt: skip
"""Sentences about what a node stores, sends and shows, which the tests of the node check."""


def test_each_limit_stands_in_the_table_with_its_value() -> None:
    table = {name: int(value) for name, value in re.findall(r"^\| ([A-Z_]+) \| (\d+) \|", SPEC, re.MULTILINE)}
    assert table == PUBLIC_LIMITS


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_described_with_every_field_of_its_body(kind: str) -> None:
    (number,) = [n for n, words in SENTENCES.items() if words.startswith(f"Kind `{kind}`:")]
    if kind == "precommit":
        assert "the fields of `prevote`" in SENTENCES[number]
        assert KINDS[kind].model_fields["body"].annotation.model_fields.keys() == (  # type: ignore[union-attr]
            KINDS["prevote"].model_fields["body"].annotation.model_fields.keys()  # type: ignore[union-attr]
        )
        return
    body = KINDS[kind].model_fields["body"].annotation
    assert isinstance(body, type)
    assert issubclass(body, BaseModel)
    assert described_by(number, body) == set()


@pytest.mark.parametrize(
    ("number", "model"),
    [
        ("2.5", Event),
        ("2.37", rounds.RoundSpec),
        ("2.38", rounds.Question),
        ("2.38", rounds.Option),
        ("5.10", sync.Hello),
        ("5.11", sync.Auth),
        ("5.12", sync.State),
        ("5.12", sync.Cursor),
        ("5.19", sync.WantRecords),
        ("5.22", sync.ErrorWord),
        ("6.20", register.OpenRecord),
        ("6.22", register.OpenBody),
        ("6.23", register.CloseBody),
        ("6.24", register.AgendaBody),
        ("7.7", charter.Charter),
        ("7.9", policy.TrackPolicy),
        ("7.15", policy.Support),
        ("7.15", policy.Portion),
        ("7.16", policy.Procedure),
        ("7.10", charter.Timing),
        ("7.11", roll.Roll),
        ("7.13", roll.Member),
        ("7.14", roll.EnrolledKey),
        ("8.2", Document),
    ],
)
def test_each_structure_is_described_with_every_field(number: str, model: type[BaseModel]) -> None:
    assert described_by(number, model) == set()


@pytest.mark.parametrize("frame_type", FrameType)
def test_each_type_of_frame_is_described_by_its_number(frame_type: FrameType) -> None:
    said = f"ype {frame_type.value}, {frame_type.name}"
    assert sum(said in words for words in SENTENCES.values()) == 1


def test_every_kind_of_record_is_described() -> None:
    union = get_args(register.Record)[0]
    kinds = [get_args(model.model_fields["kind"].annotation)[0] for model in get_args(union)]
    assert sorted(kinds) == ["agenda", "close", "open"]
    for kind in kinds:
        assert any(words.startswith(f"Record `{kind}`:") for words in SENTENCES.values())
