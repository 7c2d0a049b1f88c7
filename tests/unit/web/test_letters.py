"""What messages say, in three languages, and that hostile texts stay texts."""

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.web_backend import MemoryBackend
from tests.support.web_notices import told
from web.i18n import Languages
from web.letters import Desk, Letter, digest_letter
from web.notice_words import (
    CHOICE_NAMES,
    NEEDS,
    QUOTE_CHARACTERS_MAX,
    SENTENCES,
    TITLE_CHARACTERS_MAX,
    Reader,
    isolated,
)
from web.notices_port import CHOICE_OF, CHOICES, Digest, NoticeKind, NoticeView
from web.ports import TextView
from web.present import People, Tongue
from web.rendering import Templates
from web.zones import known_zones, zone_choices, zoned

BACKEND = MemoryBackend()
HOSTILE = '</p><script>alert("x")</script>\r\nBcc: everybody@example.org\u202e\u2067<img src=https://evil.example/x>'


@pytest.fixture(scope="module")
def templates(languages: Languages) -> Templates:
    return Templates(languages, str)


def letter(languages: Languages, templates: Templates, lang: str, *notices: NoticeView) -> Letter:
    language = languages.find(lang)
    assert language is not None
    reader = Reader(language, People.among(BACKEND.all_members, language), f"https://node.example/{lang}")
    desk = Desk(Tongue(*language.pick(BACKEND.names)), templates)
    digest = Digest(notices, 0)
    return digest_letter(desk, reader, digest, "Asia/Kathmandu", BACKEND.clock, "https://node.example/unsubscribe/t")


@pytest.mark.parametrize(
    ("lang", "subject", "when"),
    [
        ("en", "Round 19 has opened", "27 November 2026, 19:47 UTC+05:45"),
        ("zh", "19", "2026 年 11 月 27 日"),
        ("ar", "19", "27 تشرين الثاني/نوفمبر 2026"),
    ],
)
def test_a_letter_says_what_it_is_about_and_until_when(
    languages: Languages, templates: Templates, lang: str, subject: str, when: str
) -> None:
    made = letter(languages, templates, lang, *told(BACKEND))
    assert subject in made.subject
    for part in (made.text, made.html):
        assert when in part
        assert f"https://node.example/{lang}/rounds/" in part
        assert f"https://node.example/{lang}/account/notices" in part
        assert "https://node.example/unsubscribe/t" in part
    assert f'<html lang="{lang}" dir="{"rtl" if lang == "ar" else "ltr"}">' in made.html


def test_hostile_texts_stay_texts(languages: Languages, templates: Templates) -> None:
    view = replace(told(BACKEND)[1], title=TextView("held", "en", HOSTILE), quote=TextView("held", "ar", "", HOSTILE))
    made = letter(languages, templates, "en", view)
    assert not re.search(r"<(script|img)", made.html)
    assert "\n" not in made.subject
    assert not re.search("[\u202a-\u202e\u2066-\u2069]", made.subject)
    assert "\nBcc" not in made.text
    assert "\u202e" not in made.text + made.html


def test_long_texts_are_cut(languages: Languages, templates: Templates) -> None:
    long = "word " * 5_000
    view = replace(told(BACKEND)[1], title=TextView("held", "en", long), quote=TextView("held", "en", "", long))
    made = letter(languages, templates, "en", view)
    assert len(made.text) < TITLE_CHARACTERS_MAX + QUOTE_CHARACTERS_MAX + 600


def test_a_text_that_was_erased_is_not_told(languages: Languages, templates: Templates) -> None:
    view = replace(told(BACKEND)[1], title=TextView("erased", "en"), quote=TextView("erased", "en"))
    assert "Text erased" in letter(languages, templates, "en", view).subject


@pytest.mark.parametrize("kind", ["comment", "comment-reply"])
def test_a_comment_is_quoted_until_it_is_erased(languages: Languages, templates: Templates, kind: NoticeKind) -> None:
    member, title = BACKEND.all_members[3].id, TextView("held", "en", "Stations")
    said = NoticeView("n", kind, "a" * 64, 1, member, title, quote=TextView("held", "en", body="In the annex"))
    sent = letter(languages, templates, "en", said)
    assert "> In the annex" in sent.text
    assert f"https://node.example/en/proposals/{'a' * 64}/comments" in sent.text
    erased = replace(said, quote=TextView("erased", "en", body="In the annex"))
    assert "annex" not in letter(languages, templates, "en", erased).text


def test_a_letter_without_a_notice_is_a_fault_of_ours(languages: Languages, templates: Templates) -> None:
    with pytest.raises(ValueError, match="without a notice"):
        letter(languages, templates, "en")


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=400))
def test_what_somebody_wrote_stays_on_one_line_between_isolates(text: str) -> None:
    made = isolated(text)
    inner = made[1:-1]
    assert (made[0], made[-1]) == ("\u2068", "\u2069")
    assert "\n" not in inner
    assert "\r" not in inner
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c\u2028\u2029]", inner)
    assert len(inner) <= TITLE_CHARACTERS_MAX


def test_every_kind_has_its_words() -> None:
    assert SENTENCES.keys() == CHOICE_OF.keys()
    assert set(CHOICE_NAMES) == set(CHOICES)
    assert "vote" in NEEDS


@pytest.mark.parametrize("lang", ["en", "zh", "ar"])
def test_zones_are_named_in_the_reader_s_language(languages: Languages, lang: str) -> None:
    language = languages.find(lang)
    assert language is not None
    choices = zone_choices(language)
    assert {name for name, _ in choices} == known_zones()
    assert choices[0] == ("UTC", "UTC")
    assert len({words for _, words in choices}) == len(choices), "no two are named alike"


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("UTC", "24 November 2026, 14:02 UTC"),
        ("Africa/Dakar", "24 November 2026, 14:02 UTC"),
        ("America/St_Johns", "24 November 2026, 10:32 UTC−03:30"),
        ("Pacific/Kiritimati", "25 November 2026, 04:02 UTC+14:00"),
        ("Nowhere/Nothing", "24 November 2026, 14:02 UTC"),
    ],
)
def test_a_time_as_a_zone_s_clocks_show_it(languages: Languages, zone: str, expected: str) -> None:
    assert zoned(languages.default, BACKEND.clock, zone) == expected
