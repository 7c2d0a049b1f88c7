"""What commands print: lines for people or one JSON object for machines; remarks go to standard error."""

import json
import sys
from collections.abc import Iterable, Mapping
from typing import Annotated

import typer

from node.founding import FoundingError, printable

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object for machines.")]


def show(value: Mapping[str, object], lines: Iterable[str], *, as_json: bool) -> None:
    """Print a result as JSON, or else as lines in which no stranger's text can disturb the terminal."""
    if as_json:
        print(json.dumps(value, ensure_ascii=False))
        return
    for line in lines:
        print(printable(line))


def remark(text: str) -> None:
    """Tell the person at the terminal what is going on, without touching standard output."""
    print(printable(text), file=sys.stderr)


def names_by_language(options: Iterable[str]) -> dict[str, str]:
    """Return the names given as LANGUAGE=NAME. Raises FoundingError if one isn't, or a language comes twice."""
    names: dict[str, str] = {}
    for option in options:
        language, separator, name = option.partition("=")
        if not separator or not name.strip():
            raise FoundingError(f'--name {option}: a name stands behind its language, such as en="Ocean Institute"')
        if language in names:
            raise FoundingError(f"--name {option}: there is a name in this language already")
        names[language] = name.strip()
    return names
