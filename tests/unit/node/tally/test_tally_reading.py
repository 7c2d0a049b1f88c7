"""Which reader a file's name asks for, and lines, numbers and amounts as they read them."""

from fractions import Fraction
from pathlib import Path

import pytest

from node.tally.case import check_options, check_voters, question_of, shown
from node.tally.faults import FormatError, TallyError
from node.tally.reading import READERS, read_case
from node.tally.text import amount, lines_of, whole

VECTORS = Path(__file__).parents[3] / "vectors" / "tally"


def test_every_reader_has_an_example() -> None:
    names = [path.name for path in VECTORS.iterdir()]
    for ending in READERS:
        assert any(name.endswith(ending) for name in names), ending


def test_the_ending_of_the_name_chooses_the_reader_whatever_its_case() -> None:
    data = (VECTORS / "garden.pb").read_bytes()
    assert read_case("GARDEN.PB", data) == read_case("garden.pb", data)
    for name in ("garden.csv", "pb", "garden.yaml", ""):
        with pytest.raises(TallyError, match="the name's ending says the format"):
            read_case(name, data)


def test_a_fault_names_the_file_and_the_line() -> None:
    with pytest.raises(TallyError, match=r"^odd\.pb: line 1: the file must begin with META"):
        read_case("odd.pb", b"oops\n")


def test_a_capacity_takes_the_place_of_the_files() -> None:
    case = read_case("garden.pb", (VECTORS / "garden.pb").read_bytes(), 60)
    assert case.question.capacity == 60
    with pytest.raises(TallyError, match=r"garden\.pb: .*more than the capacity of 10"):
        read_case("garden.pb", (VECTORS / "garden.pb").read_bytes(), 10)


def test_a_file_over_the_limit_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("node.tally.reading.FILE_BYTES_MAX", 10)
    with pytest.raises(TallyError, match="more than 10 bytes"):
        read_case("garden.pb", b"x" * 11)


def test_lines_end_in_either_way() -> None:
    assert lines_of("\ufeffa\r\nb\n\x0bc\u2028d".encode()) == ["a", "b", "\x0bc\u2028d"]


@pytest.mark.parametrize("text", ["", "x", "-1", "1.5", "1e3", "٣", "0" * 13, "1_000", "+1"])
def test_what_is_no_whole_number_is_refused(text: str) -> None:
    with pytest.raises(FormatError, match="line 7: the size must be a whole number"):
        whole(text, 7, "the size")


def test_numbers() -> None:
    assert whole(" 012 ", 1, "x") == 12
    assert amount("12,50", 1, "x") == amount("12.5", 1, "x") == Fraction(25, 2)
    for text in ("", "1.", ".5", "1.2.3", "1e5", "-1", "1.1234567", "٣"):
        with pytest.raises(FormatError):
            amount(text, 1, "x")


def test_limits_of_a_case() -> None:
    for count in (0, 10_001):
        with pytest.raises(FormatError, match="line 3"):
            check_options(count, 3)
    with pytest.raises(FormatError, match="at most 500000 voters"):
        check_voters(500_001, 3)
    with pytest.raises(FormatError, match="more than the capacity"):
        question_of([("a", 2)], 1)
    assert len(shown("x" * 10_000)) < 70
