"""The typesetter: one document in, its PDF out, in a process of its own.

Reads a document (blocks.py) as JSON from its input, writes the PDF to its output. Ends with 0; with 3 and one line of
JSON {"scripts", "remedies"} on its errors' stream if fonts are missing; otherwise with 1 and one line that
says why. Takes no more memory and time than it is told.
"""

import calendar
import resource
import string
import sys
import tempfile
from dataclasses import dataclass
from importlib import resources
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import orjson
import typst

from web.pdf.fonts import FIRST, Chosen, choose, printable
from web.pdf.typesetting import FONTS_MISSING_STATUS, FontsMissingError

_EXACT: Final = frozenset({"keywords", "hash", "svg", "alt", "to"})
"""What of a document isn't a text to be broken into lines, and has none of what people wrote."""
_CJK_LANGUAGES: Final = frozenset({"zh", "ja", "ko"})


def typeset(document: bytes) -> bytes:
    """Return a document's PDF: the same bytes for the same document, fonts and typesetter.

    Raises FontsMissingError, or RuntimeError with what the typesetter objected to.
    """
    given: dict[str, Any] = orjson.loads(document)
    printed = {name: value for name, value in given.items() if name != "attached"}
    chosen = choose(_characters(printed) | set(string.printable), _languages(given))
    shown = _printed(printed, Setting(chosen.uncovered, f"typst {version('typst')}, {chosen.digest()}"))
    with tempfile.TemporaryDirectory(prefix="comitia-pdf-") as folder:
        return _compiled({**shown, "attached": given["attached"]}, chosen, Path(folder))


def _compiled(given: dict[str, Any], chosen: Chosen, folder: Path) -> bytes:
    empty, faces = folder / "root", folder / "fonts"
    empty.mkdir()
    faces.mkdir()
    for number, path in enumerate(chosen.files):
        (faces / f"{number:03d}{path.suffix}").symlink_to(path)
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[faces])
    absent = {face.name for face in chosen.faces} - set(fonts.families())
    if absent:
        raise RuntimeError(f"the typesetter can't read these fonts: {', '.join(sorted(absent))}")
    made, warnings = typst.compile_with_warnings(
        resources.files("web.pdf").joinpath("page.typ").read_bytes(),  # type: ignore[call-overload] # its stubs want all three alike
        root=empty,
        font_paths=fonts,
        format="pdf",
        pdf_standards=["ua-1", "a-3a"],
        timestamp=calendar.timegm((*given["time"], 0, 0, 0)),
        sys_inputs={"document": orjson.dumps(given).decode(), "faces": orjson.dumps(_orders(given, chosen)).decode()},
    )
    if warnings:
        raise RuntimeError(f"the typesetter warns: {warnings[0].message}")
    return b"".join([made] if isinstance(made, bytes) else made or [])


def _orders(given: dict[str, Any], chosen: Chosen) -> dict[str, list[dict[str, object]]]:
    """Return the faces in the order in which text of each language tries them, and that of every other language.

    In Chinese, Japanese and Korean the first face has Latin letters alone: signs that both have are the language's.
    """
    return {
        lang: [
            {"name": face.name, "latin": face is FIRST and lang.partition("-")[0] in _CJK_LANGUAGES}
            for face in chosen.order_for(lang)
        ]
        for lang in ("*", *sorted(_languages(given)))
    }


def _languages(given: dict[str, Any]) -> set[str]:
    """Return every language that something in a document is in."""
    found = {given["lang"]}
    pending: list[Any] = list(given["parts"])
    while pending:
        node = pending.pop()
        if isinstance(node, dict):
            found.add(node.get("lang") or given["lang"])
            pending += node.values()
        elif isinstance(node, list):
            pending += node
    return found


def _characters(node: Any) -> set[str]:
    """Return every character in a part of a document."""
    match node:
        case str():
            return set(node)
        case dict():
            return set().union(*map(_characters, node.values()))
        case list():
            return set().union(*map(_characters, node))
        case _:
            return set()


@dataclass(frozen=True, slots=True)
class Setting:
    """What a document is set with: characters that no font has, and what it says of its setting."""

    uncovered: frozenset[str]
    words: str


def _printed(node: Any, setting: Setting) -> Any:
    """Return a part of a document with its texts as they are printed."""
    match node:
        case str():
            return printable(node, setting.uncovered)
        case {"style": "setting"}:
            return {**node, "t": setting.words, "style": "code"}
        case dict():
            return {key: value if key in _EXACT else _printed(value, setting) for key, value in node.items()}
        case list():
            return [_printed(value, setting) for value in node]
        case _:
            return node


def bounded(memory_bytes: int, seconds: int) -> None:
    """Let this process take no more memory and processor time than so much."""
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> int:
    """Typeset what comes in; return the status to end with."""
    memory_bytes, seconds = map(int, sys.argv[1:3])
    bounded(memory_bytes, seconds)
    try:
        made = typeset(sys.stdin.buffer.read())
    except FontsMissingError as missing:
        sys.stderr.buffer.write(orjson.dumps({"scripts": missing.scripts, "remedies": missing.remedies}))
        return FONTS_MISSING_STATUS
    except (RuntimeError, MemoryError, OSError) as failed:
        sys.stderr.write(str(failed).replace("\n", " ")[:500])
        return 1
    sys.stdout.buffer.write(made)
    return 0


if __name__ == "__main__":
    sys.exit(main())
