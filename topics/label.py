"""Words to call a group by, in every language that its members or the official goals offer."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from topics.taxonomy.catalogue import LANGUAGES, catalogue
from topics.words import distinct, is_telling, terms

MAX_LABEL_TERMS = 3
_JOIN = " · "
_PAIR_BONUS = 1.3


def base_language(lang: str) -> str:
    """Return the ISO 639 part of a language tag."""
    return lang.replace("_", "-").split("-")[0].lower()


def spread(texts: Mapping[str, tuple[str, str]]) -> dict[str, Counter[str]]:
    """Return for each language in how many of the texts (id to language and text) a term occurs."""
    found: dict[str, Counter[str]] = {}
    for lang, text in texts.values():
        found.setdefault(base_language(lang), Counter()).update(set(terms(text)))
    return found


def label_terms(texts: Sequence[str], lang: str, everywhere: Counter[str], total: int) -> list[str]:
    """Return the terms that mark these texts of one language against all of that language, best first.

    A term counts by the share of the texts that have it, times its rarity in the whole.
    """
    inside = Counter(term for text in texts for term in set(terms(text)))
    least = 1 if len(texts) < 3 else 2
    often = Counter(term for text in texts for term in terms(text))

    def weight(term: str) -> float:
        rarity = math.log((1 + total) / (1 + everywhere[term])) + 1.0
        bonus = _PAIR_BONUS if " " in term else 1.0
        return inside[term] / len(texts) * (1.0 + math.log(often[term])) * rarity * bonus

    telling = [term for term in inside if inside[term] >= least and is_telling(term, lang)]
    ranked = sorted(telling, key=lambda term: (-weight(term), term))
    chosen = distinct(ranked)[:MAX_LABEL_TERMS]
    return [term.replace(" ", "") for term in chosen] if lang == "zh" else chosen


def label(
    members: Iterable[str],
    goals: Sequence[int],
    texts: Mapping[str, tuple[str, str]],
    spreads: Mapping[str, Counter[str]],
) -> dict[str, str]:
    """Return a group's label by language: its telling terms where members wrote in it, else its goals' names.

    `texts` maps an id to language and text; `spreads` comes from `spread` over all items.
    """
    by_language: dict[str, list[str]] = {}
    for member in members:
        lang, text = texts[member]
        by_language.setdefault(base_language(lang), []).append(text)
    totals = Counter(base_language(lang) for lang, _ in texts.values())
    found: dict[str, str] = {}
    for lang in (base_language(official) for official in LANGUAGES):
        if lang in by_language:
            chosen = label_terms(by_language[lang], lang, spreads[lang], totals[lang])
            found[lang] = _JOIN.join(chosen)
    for official in LANGUAGES:
        if goals and not found.get(base_language(official)):
            found[base_language(official)] = _JOIN.join(catalogue().goal(goal).short[official] for goal in goals[:2])
    if not any(found.values()):
        lang = min(by_language)
        chosen = label_terms(by_language[lang], lang, spreads[lang], totals[lang])
        found[lang] = _JOIN.join(chosen) or by_language[lang][0][:60]
    return {lang: words for lang, words in found.items() if words}
