"""The telling words and pairs of words of a text, each once: what is counted to see a term rise."""

from topics.text import base_language, detect_language, normalise
from topics.words import is_telling, terms

WORDS_MAX = 60
PAIRS_MAX = 60
CHARACTERS_READ = 4_000
"""What a text is about stands at its beginning; the rest would only cost."""


def telling_terms(text: str, lang: str = "") -> tuple[str, list[str]]:
    """Return the language (ISO 639, detected if none is given) and its words, then pairs, as they come."""
    plain = normalise(text[:CHARACTERS_READ])
    code = base_language(lang) or detect_language(plain)
    found = dict.fromkeys(term for term in terms(plain) if is_telling(term, code))
    single = [term for term in found if " " not in term]
    pairs = [term for term in found if " " in term]
    return code, single[:WORDS_MAX] + pairs[:PAIRS_MAX]
