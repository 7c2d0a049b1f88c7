"""How words are measured and broken into lines."""

from hypothesis import given
from hypothesis import strategies as st

from web.lettering import CHARACTERS_MAX, width_of, wrapped


@given(st.text(max_size=CHARACTERS_MAX), st.floats(20, 400), st.integers(1, 4))
def test_lines_fit_and_lose_nothing(text: str, room: float, lines_max: int) -> None:
    lines = wrapped(text, room, 14, lines_max)
    assert len(lines) <= lines_max
    assert all(width_of(line, 14) <= room for line in lines)
    if lines:
        assert "".join("".join(lines).split()) == "".join(text.split())


def test_words_break_at_spaces_and_chinese_between_characters() -> None:
    assert wrapped("Drought-tolerant crops and seeds", 150, 14, 2) == ("Drought-tolerant", "crops and seeds")
    assert wrapped("高山冰川与河流径流", 14 * 5, 14, 2) == ("高山冰川与", "河流径流")
    assert wrapped("water · energy · solar", 118, 14, 2) == ("water · energy ·", "solar")
    assert wrapped("疫情 WHO 预警", 500, 14, 1) == ("疫情 WHO 预警",)


def test_what_does_not_fit_is_left_out_whole() -> None:
    assert wrapped("x" * (CHARACTERS_MAX + 1), 10_000, 14, 9) == ()
    assert wrapped("unbreakable", 20, 14, 3) == ()
    assert wrapped("one two three", 40, 14, 2) == ()
    assert wrapped("   ", 40, 14, 2) == ()


def test_marks_and_controls_take_no_room() -> None:
    assert width_of("\u202e\u200b\u0301", 14) == 0
    assert width_of("水", 14) == 14
