"""The seventeen goals and 169 targets in seven languages, as frozen values.

Made by `topics.taxonomy.build` from open-sdg/sdg-translations; see NOTICE beside the texts.
"""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

LANGUAGES = ("en", "zh-Hans", "fr", "ru", "es", "ar", "pt")
FALLBACK = "en"
_BASE = {lang.split("-")[0]: lang for lang in LANGUAGES}


@dataclass(frozen=True)
class Goal:
    """One goal: `short` and `title` map a language of LANGUAGES to the official words."""

    number: int
    colour: str
    short: dict[str, str]
    title: dict[str, str]


@dataclass(frozen=True)
class Target:
    """One target, for example `2.4` or `17.b`, of the goal with that number."""

    id: str
    goal: int
    text: dict[str, str]


@dataclass(frozen=True)
class Catalogue:
    """All goals in order and all targets in their official order."""

    goals: tuple[Goal, ...]
    targets: tuple[Target, ...]

    def goal(self, number: int) -> Goal:
        """Return the goal with this number, 1 to 17. Raises IndexError."""
        if not 1 <= number <= len(self.goals):
            raise IndexError(f"there is no goal {number}")
        return self.goals[number - 1]

    def targets_of(self, goal: int) -> tuple[Target, ...]:
        """Return the targets of one goal in their official order."""
        return tuple(target for target in self.targets if target.goal == goal)


def official_language(tag: str) -> str:
    """Return the language of LANGUAGES that serves a reader with this BCP 47 tag; English if none does."""
    return _BASE.get(tag.replace("_", "-").split("-")[0].lower(), FALLBACK)


@cache
def catalogue() -> Catalogue:
    """Return the catalogue; it is read from the package once."""
    texts = {lang: _texts(lang) for lang in LANGUAGES}
    colours: list[str] = json.loads(_read("colours.json"))
    goals = tuple(_goal(number, colour, texts) for number, colour in enumerate(colours, start=1))
    ids: list[str] = list(texts[FALLBACK]["targets"])
    targets = tuple(
        Target(name, int(name.split(".")[0]), {lang: texts[lang]["targets"][name] for lang in LANGUAGES})
        for name in ids
    )
    return Catalogue(goals, targets)


def _goal(number: int, colour: str, texts: dict[str, dict[str, dict[str, str]]]) -> Goal:
    key = str(number)
    return Goal(
        number,
        colour,
        {lang: texts[lang]["short"][key] for lang in LANGUAGES},
        {lang: texts[lang]["title"][key] for lang in LANGUAGES},
    )


def _texts(lang: str) -> dict[str, dict[str, str]]:
    read: dict[str, dict[str, str]] = json.loads(_read(f"{lang}.json"))
    return read


def _read(name: str) -> str:
    return (files("topics.taxonomy") / "texts" / name).read_text(encoding="utf-8")
