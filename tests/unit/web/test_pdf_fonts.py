"""Fonts are chosen by what texts hold, and what is missing is named instead of printed wrong."""

import string
from pathlib import Path

import pytest

from web.i18n import TEXT_LANGUAGES
from web.pdf import fonts
from web.pdf.fonts import FACES, FIRST, Face, breakable, choose, coverage, printable, script_of
from web.pdf.typesetting import FontsMissingError

SAMPLES = {
    "zh": "全球卫生安全", "ar": "الأمن الصحي", "ru": "здоровье", "fa": "بهداشت جهانی پچژگ", "ur": "ٹڈڑںےہھ",
    "hi": "स्वास्थ्य",
    "bn": "স্বাস্থ্য", "ta": "சுகாதாரம்", "th": "สุขภาพ", "my": "ကျန်းမာရေး", "ja": "保健とワクチン", "ko": "보건 안보",
    "ne": "स्वास्थ्य",
    "vi": "sức khỏe", "pl": "źdźbło", "tr": "ığüşç", "ha": "ƙarfi ɗaya ɓ", "uk": "здоров'я їґє", "sr": "здравље ђћ",
}  # fmt: skip


@pytest.mark.parametrize("lang", sorted(SAMPLES))
def test_a_text_in_a_language_is_covered_by_fonts_that_packages_carry(lang: str) -> None:
    assert lang in TEXT_LANGUAGES
    chosen = choose(SAMPLES[lang], [lang])
    assert not chosen.uncovered
    assert all(face.package for face in chosen.faces)


def test_a_document_uses_no_font_that_it_doesn_t_need() -> None:
    assert choose(string.printable, ["en"]).faces == (FIRST,)
    assert [face.name for face in choose("a中", ["en"]).faces] == ["Noto Sans", "Noto Sans SC"]


@pytest.mark.parametrize(
    ("lang", "name"), [("ja", "Noto Sans JP"), ("zh-Hant", "Noto Sans TC"), ("zh", "Noto Sans SC")]
)
def test_characters_that_languages_share_are_drawn_as_the_text_s_language_does(lang: str, name: str) -> None:
    assert choose("直骨", ["en", lang]).order_for(lang)[1].name == name


def test_a_font_that_is_missing_is_named_with_what_brings_it() -> None:
    absent = Face("Noto Sans SC", "Chinese", "no_such_package", ("a.ttf",))
    with pytest.raises(FontsMissingError, match=r"Chinese.*no-such-package") as caught:
        choose("a中", ["en"], (FIRST, absent))
    assert caught.value.scripts == ("Chinese",)
    assert choose("abc", ["en"], (FIRST, absent)).faces == (FIRST,)


def test_without_the_first_font_nothing_is_printed() -> None:
    with pytest.raises(FontsMissingError):
        choose("abc", ["en"], (Face("Noto Sans", "Latin", "no_such_package", ("a.ttf",)),))


def test_a_font_file_that_can_t_be_read_counts_as_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "NotoSansSinhala-Regular.ttf").write_bytes(b"no font")
    monkeypatch.setattr(fonts, "SYSTEM", tmp_path)
    sinhala = next(face for face in FACES if face.script == "Sinhala")
    assert coverage(sinhala) is None
    with pytest.raises(FontsMissingError, match="fonts-noto-core"):
        choose("සෞඛ්‍ය", ["si"])


def test_what_no_font_is_made_for_is_printed_as_its_number() -> None:
    chosen = choose("a\U0001f600", ["en"])
    assert chosen.uncovered == {"\U0001f600"}
    assert printable("a\U0001f600b", chosen.uncovered) == "a[U+1F600]b"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x00b\x1bc", "abc"),
        ("a\tb", "a b"),
        ("a\nb", "a\nb"),
        ("a\u2028b", "a b"),
        ("a\ud800b", "ab"),
        ("☂\ufe0f", "☂"),
    ],
)
def test_controls_are_left_out_and_lines_stay(text: str, shown: str) -> None:
    assert printable(text, frozenset()) == shown


def test_the_digest_names_the_fonts_and_their_order() -> None:
    latin, chinese = choose("a", ["en"]), choose("a中", ["en"])
    assert latin.digest() == choose("b", ["fr"]).digest()
    assert len({latin.digest(), chinese.digest()}) == 2


def test_every_script_of_a_character_has_a_face() -> None:
    scripts = {face.script for face in FACES}
    assert {script_of(chr(code)) for code in range(0x20000)} - {""} <= scripts


def test_a_long_word_may_break_and_an_address_stays_whole() -> None:
    assert breakable("x" * 130) == "x" * 60 + "\u200b" + "x" * 60 + "\u200b" + "x" * 10
    assert breakable("word " * 50) == "word " * 50
    address = "https://example.org/" + "x" * 100
    assert breakable(address) == address
    assert breakable("中" * 399) == "中" * 399


def test_marks_beyond_thirty_on_a_letter_are_left_out() -> None:
    assert printable("a" + "\u0301" * 31 + "b", frozenset()) == "a" + "\u0301" * 30 + "b"
    assert printable("a" + "\u0301" * 30 + "b", frozenset()) == "a" + "\u0301" * 30 + "b"
