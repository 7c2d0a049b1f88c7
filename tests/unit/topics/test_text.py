import subprocess
import sys

import pytest

from topics.text import UNKNOWN, detect_language, function_words, has_words, normalise, words


def test_markup_addresses_and_controls_go() -> None:
    raw = "<p onclick='x'>Clean\u0000 water</p>\n<!-- note -->see https://example.org/a?b=1 or www.example.org now"
    assert normalise(raw) == "Clean water see or now"


def test_less_than_in_prose_stays() -> None:
    assert normalise("costs < 5 and > 3") == "costs < 5 and > 3"


def test_stretched_arabic_is_read_as_written_plainly() -> None:
    assert normalise("كفـــاءة") == "كفاءة"


def test_composed_and_decomposed_letters_become_one() -> None:
    assert normalise("e\u0301nergie") == normalise("énergie")


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("Clean water for all people", "en"),
        ("我们需要清洁能源", "zh"),
        ("Доступ к чистой воде для всех", "ru"),
        ("مياه نظيفة للجميع", "ar"),
        ("Acceso al agua limpia para todas las personas", "es"),
        ("L'accès à l'eau potable pour tous", "fr"),
        ("Acesso à água potável para todas as pessoas", "pt"),
        ("ENERGIA LIMPA E ACESSÍVEL PARA TODAS AS PESSOAS", "pt"),
        ("", UNKNOWN),
        ("1234 5678 !!", UNKNOWN),
        ("🙂🙂🙂", UNKNOWN),
    ],
)
def test_language(text: str, lang: str) -> None:
    assert detect_language(text) == lang


def test_chinese_is_cut_into_words() -> None:
    assert words("消除极端贫困 and SDG-1") == ["消除", "极端", "贫困", "and", "sdg"]


def test_what_counts_as_words() -> None:
    assert has_words("水")
    assert has_words("sol")
    assert not has_words("a 1")
    assert not has_words("12,5 % !?")


def test_function_words_of_a_language_that_is_not_known_are_none() -> None:
    assert "the" in function_words("en")
    assert function_words("xx") == frozenset()


def test_detecting_a_language_brings_no_network_library_along() -> None:
    code = (
        "import sys; from topics.text import detect_language; detect_language('Clean water for all');"
        "print([m for m in ('requests', 'urllib3', 'robust_downloader', 'http.client') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
