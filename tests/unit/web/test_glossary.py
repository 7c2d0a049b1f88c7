"""One word per concept in every language: what glossary.toml chooses is what each catalogue says."""

import io
import re
import tomllib
from collections.abc import Iterable
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from web.catalogues import TRANSLATIONS

GLOSSARY = tomllib.loads(Path(__file__).with_name("glossary.toml").read_text())
CATALOGUES = sorted(path.stem for path in TRANSLATIONS.glob("*.po"))
PLACEHOLDER = re.compile(r"%\(\w+\)\d*[ds]|\{\w+\}")


def forms(words: object) -> tuple[str, ...]:
    return (words,) if isinstance(words, str) else tuple(words) if isinstance(words, (list, tuple)) else ()


def messages(language: str) -> Iterable[tuple[str, tuple[str, ...]]]:
    """Yield each message in English without what is filled in, and what the language makes of it."""
    for message in read_po(io.BytesIO((TRANSLATIONS / f"{language}.po").read_bytes()), locale=language):
        if message.id:
            yield PLACEHOLDER.sub("", forms(message.id)[-1]), forms(message.string)


@pytest.mark.parametrize("language", CATALOGUES)
def test_every_word_of_the_glossary_has_one_rendering(language: str) -> None:
    known = list(messages(language))
    for term, entry in GLOSSARY.items():
        used = re.compile(rf"\b(?:{entry['words']})\b", re.IGNORECASE)
        chosen = re.compile(entry[language], re.IGNORECASE)
        found = [(source, words) for source, words in known if used.search(source)]
        assert found, f"no string holds {term}"
        wrong = [(source, words) for source, words in found if not all(map(chosen.search, words))]
        assert wrong == [], f"{term} is {entry[language]} in {language}"


def test_french_has_a_no_break_space_before_high_punctuation_and_inside_quotation_marks() -> None:
    plain = r"[^\S\u202f\u00a0]"
    wrong = re.compile(rf"{plain}[;:!?»](?!\w)|\w[;!?»](?!\w)|«(?![\u202f\u00a0])")
    assert [words for _, words in messages("fr") if any(map(wrong.search, words))] == []
