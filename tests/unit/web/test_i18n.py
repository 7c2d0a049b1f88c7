"""Dates, numbers, direction and negotiation by language."""

import pytest

from web.i18n import Languages, direction

MOMENT = 1_795_528_920_000
"""24 November 2026, 14:02 UTC."""


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("en", "24 November 2026, 14:02 UTC"),
        ("zh", "2026 年 11 月 24 日 14:02 UTC"),
        ("fr", "24 novembre 2026, 14:02 UTC"),
        ("ru", "24 ноября 2026\u202fг., 14:02 UTC"),
        ("es", "24 de noviembre de 2026, 14:02 UTC"),
        ("pt", "24 de novembro de 2026, 14:02 UTC"),
        ("ar", "24 تشرين الثاني/نوفمبر 2026، 14:02 UTC"),
    ],
)
def test_moments(languages: Languages, code: str, words: str) -> None:
    language = languages.find(code)
    assert language is not None
    assert language.moment(MOMENT) == words


def test_seconds_are_shown_where_there_are_some(languages: Languages) -> None:
    assert languages.default.clock(MOMENT + 8_000) == "14:02:08"


@pytest.mark.parametrize(
    ("distance", "words"),
    [(3 * 86_400_000, "in 3 days"), (-12_000, "12 seconds ago"), (3_600_000, "in 1 hour"), (86_400_000, "in 1 day")],
)
def test_relative_times(languages: Languages, distance: int, words: str) -> None:
    assert languages.default.relative(MOMENT + distance, MOMENT) == words


def test_a_time_beyond_the_calendar_is_not_an_error(languages: Languages) -> None:
    assert "9999" in languages.default.date(2**53 - 1)


def test_numbers_have_european_digits(languages: Languages) -> None:
    arabic = languages.find("ar")
    assert arabic is not None
    assert arabic.number(1_234_567).translate({ord(sep): None for sep in ",٬"}) == "1234567"


@pytest.mark.parametrize(
    ("number", "words"), [(0, "0 مقترح"), (1, "مقترح واحد"), (2, "مقترحين"), (5, "5 مقترحات"), (11, "11 مقترحاً")]
)
def test_arabic_has_all_its_plurals(languages: Languages, number: int, words: str) -> None:
    arabic = languages.find("ar")
    assert arabic is not None
    assert arabic.ngettext("%(num)d proposal", "%(num)d proposals", number) % {"num": number} == words


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("", "en"),
        ("zh-Hans-CN, en;q=0.8", "zh"),
        ("en;q=0.3, ar;q=0.9", "ar"),
        ("fr, de", "fr"),
        ("pt-BR", "pt"),
        ("de, nl", "en"),
        ("zh;q=0", "en"),
        ("zh;q=nonsense,,;;;=", "en"),
        ("x" * 10_000, "en"),
    ],
)
def test_negotiation(languages: Languages, header: str, code: str) -> None:
    assert languages.negotiate(header).code == code


def test_a_name_is_picked_by_reader_then_english_then_any(languages: Languages) -> None:
    chinese = languages.find("zh")
    assert chinese is not None
    assert chinese.pick({"en": "One", "zh": "一"}) == ("一", "zh")
    assert chinese.pick({"fr": "Un", "en": "One"}) == ("One", "en")
    assert chinese.pick({"fr": "Un"}) == ("Un", "fr")


@pytest.mark.parametrize(("lang", "expected"), [("ar", "rtl"), ("ar-EG", "rtl"), ("fa", "rtl"), ("zh", "ltr")])
def test_direction(lang: str, expected: str) -> None:
    assert direction(lang) == expected
