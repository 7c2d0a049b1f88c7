"""Write the package's texts from the official translations: `python -m topics.taxonomy.build DATA`."""

import json
import sys
from pathlib import Path

from topics.sources import checked, read_colours, read_official
from topics.taxonomy.catalogue import LANGUAGES

_TEXTS = Path(__file__).parent / "texts"


def _order(target: str) -> tuple[int, int, str]:
    goal, part = target.split(".")
    return int(goal), int(part) if part.isdigit() else 1_000, part


def texts_of(official: Path, lang: str) -> dict[str, dict[str, str]]:
    """Return one language's `short` and `title` by goal and `targets` by their ids, in official order."""
    read = read_official(official, lang)
    goals = [str(number) for number in range(1, 18)]
    targets = {key.removesuffix("-title").replace("-", "."): text for key, text in read.items()}
    chosen = sorted((key for key in targets if key.count(".") == 1 and "short" not in key), key=_order)
    return {
        "short": {goal: read[f"{goal}-short"] for goal in goals},
        "title": {goal: read[f"{goal}-title"] for goal in goals},
        "targets": {key: targets[key] for key in chosen},
    }


def build(data: Path, out: Path) -> None:
    """Write one file per language and the colours; the same data gives the same bytes."""
    official = checked(data, "sdg-official")
    for lang in LANGUAGES:
        _write(out / f"{lang}.json", texts_of(official, lang))
    _write(out / "colours.json", read_colours(official))


def _write(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    build(Path(sys.argv[1]), _TEXTS)
