"""Readers of the texts that the classifier is trained on and judged with.

Every file is compared with its stated SHA-256 before it is read, so that an artefact can be rebuilt from
exactly what the model card names. Does not download anything: the caller names the directory.
"""

import csv
import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from topics.text import normalise

GOALS = 17
HASHES = {
    "sdg-benchmark-dev.csv": "0fb1ad6fccc49b9961b2ce7e6ca85a78b797b1d8512370788bed6e836b80c825",
    "sdg-statements-en.csv": "e249c34ee126210402ea989f844dca33bf7a12994f690a3e2b3c04f09a1b0428",
    "sdg-es-train.csv": "e10e705edb5b2b599dc00d4cecd84a516cf68a9e1cec599c096183f75e5ed954",
    "sdg_vocabulary.xlsx": "a33e84373e9de4f6fef2e7d1bdb79ea2dc972b463b08ef829a8d9db11db27342",
    "sdg-official": "294ba2d0176da72d60f86800fb266a0ada2282b985195aed36a81c14177d200d",
}
_KEY = re.compile(r"^([0-9]+(?:-[0-9a-z]+)*-(?:title|short)):[ \n]")
_ENTRY = re.compile(r"goal: '([0-9.a-z]+)',\s*description: '((?:[^'\\]|\\.)*)'")
_HEADING = re.compile(r"title: '((?:[^'\\]|\\.)*)',\s*subtitle: '((?:[^'\\]|\\.)*)'")
_COLOUR = re.compile(r"color: '(#[0-9A-F]{6})'")


class SourceError(Exception):
    """A training source is missing, has another hash than stated, or can't be read."""


@dataclass(frozen=True)
class Labelled:
    """One text with what is known of it: `goals` are those it speaks on, `denied` those it doesn't.

    A goal in neither set is unknown. `key` tells an official text's place, for example `2-4` for target 2.4.
    """

    text: str
    lang: str
    source: str
    goals: frozenset[int]
    denied: frozenset[int]
    key: str = ""


def _digest(path: Path) -> str:
    if path.is_file():
        return hashlib.sha256(path.read_bytes()).hexdigest()
    whole = hashlib.sha256()
    for file in sorted(path.rglob("*")):
        if file.is_file():
            inner = hashlib.sha256(file.read_bytes()).hexdigest()
            whole.update(f"{inner}  {file.relative_to(path).as_posix()}\n".encode())
    return whole.hexdigest()


def checked(data: Path, name: str) -> Path:
    """Return the path of the named source once its content has the stated hash.

    A directory's hash is that of the lines `sha256  relative/path` of its files in order of their names.
    Raises SourceError.
    """
    path = data / name
    if not path.exists():
        raise SourceError(f"{path} doesn't exist: give the directory that holds the training data")
    found = _digest(path)
    if found != HASHES[name]:
        raise SourceError(f"{path} has SHA-256 {found}, expected {HASHES[name]}: it is not the data named")
    return path


def _unquote(raw: str) -> str:
    unbroken = re.sub(r"\\\n[ \t]*", "", raw.strip())
    folded = re.sub(r"[ \t]*\n[ \t]*", " ", unbroken)
    if folded.startswith("'"):
        return folded[1:-1].replace("''", "'")
    if folded.startswith('"'):
        unicoded = re.sub(r"\\x([0-9a-fA-F]{2})", r"\\u00\1", folded)
        return str(json.loads(re.sub(r"\\([^\"\\/bfnrtu])", r"\1", unicoded)))
    return folded


def read_flat_yaml(text: str) -> dict[str, str]:
    """Return the keys and strings of a YAML file that is one flat mapping of official texts.

    Knows plain, single- and double-quoted scalars folded over several lines, which is all that
    open-sdg/sdg-translations uses. Raises SourceError at a line that belongs to no key.
    """
    found: dict[str, str] = {}
    key = ""
    for line in text.splitlines():
        start = _KEY.match(line + "\n")
        if start:
            key = start[1]
            found[key] = line[start.end() :]
        elif key and (line.startswith(" ") or not line.strip()):
            found[key] += "\n" + line
        elif line.strip():
            raise SourceError(f"this line belongs to no key: {line[:60]!r}")
    return {name: _unquote(raw) for name, raw in found.items()}


def languages(official: Path) -> list[str]:
    """Return the languages that the official texts come in, sorted."""
    return sorted([path.name for path in official.iterdir() if path.is_dir()] + ["pt"])


def _portuguese(official: Path) -> dict[str, str]:
    source = (official / "pt.ts").read_text(encoding="utf-8")
    found = {f"{key.replace('.', '-')}-title": _plain(text) for key, text in _ENTRY.findall(source)}
    for number, (short, title) in enumerate(_HEADING.findall(source), start=1):
        found[f"{number}-short"], found[f"{number}-title"] = _plain(short), _plain(title)
    return found


def _plain(literal: str) -> str:
    return re.sub(r"\\(.)", r"\1", literal)


def read_official(official: Path, lang: str) -> dict[str, str]:
    """Return key to text of one language: `4-short`, `4-title`, `4-7-title` (target), `4-7-1-title`."""
    if lang == "pt":
        return {key: normalise(text) for key, text in _portuguese(official).items()}
    found: dict[str, str] = {}
    for kind in ("goals", "targets", "indicators"):
        path = official / lang / f"global_{kind}.yml"
        found.update(read_flat_yaml(path.read_text(encoding="utf-8")))
    return {key: normalise(text) for key, text in found.items()}


def read_colours(official: Path) -> list[str]:
    """Return the seventeen official colours as `#RRGGBB`, goal 1 first."""
    return _COLOUR.findall((official / "pt.ts").read_text(encoding="utf-8"))


def official_texts(data: Path) -> Iterator[Labelled]:
    """Yield goals, targets and indicators in every language, each labelled with its one goal."""
    official = checked(data, "sdg-official")
    for lang in languages(official):
        for key, text in sorted(read_official(official, lang).items()):
            goal = int(key.split("-")[0])
            place = key.rsplit("-", 1)[0]
            yield Labelled(text, lang, "official", frozenset({goal}), _others(goal), place)


def statements(data: Path) -> Iterator[Labelled]:
    """Yield the English statements, one goal each."""
    path = checked(data, "sdg-statements-en.csv")
    with path.open(encoding="utf-8-sig", newline="") as lines:
        for row in list(csv.reader(lines))[1:]:
            goal = int(row[0])
            yield Labelled(normalise(" ".join(row[1:])), "en", "statements", frozenset({goal}), _others(goal))


def spanish(data: Path) -> Iterator[Labelled]:
    """Yield the Spanish texts, goals 1 to 16, one goal each."""
    path = checked(data, "sdg-es-train.csv")
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            goal = int(row["sdg"])
            yield Labelled(normalise(row["text"]), "es", "spanish", frozenset({goal}), _others(goal))


def benchmark(data: Path) -> Iterator[Labelled]:
    """Yield the development half of the public benchmark: a text and one goal, affirmed or denied."""
    path = checked(data, "sdg-benchmark-dev.csv")
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            goal = frozenset({int(row["sdg"])})
            yes = row["label"] == "True"
            yield Labelled(
                normalise(row["text"]),
                "en",
                "benchmark",
                goal if yes else frozenset(),
                frozenset() if yes else goal,
            )


def unrelated() -> Iterator[Labelled]:
    """Yield everyday texts in seven languages that speak on no goal; written for this purpose, in the package."""
    content = (files("topics") / "lexicon" / "unrelated.json").read_text(encoding="utf-8")
    everything = frozenset(range(1, GOALS + 1))
    for lang, texts in sorted(json.loads(content).items()):
        for text in texts:
            yield Labelled(normalise(text), lang, "unrelated", frozenset(), everything)


def _others(goal: int) -> frozenset[int]:
    return frozenset(range(1, GOALS + 1)) - {goal}
