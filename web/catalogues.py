"""Catalogues: gathers every translatable string of the package and brings the .po files up to date.

Run as `python -m web.catalogues`. Translators fill in what is new; nothing that is translated is lost.
"""

import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from consensus.fairness.sentences import FAIRNESS_SENTENCES
from consensus.rules.sentences import SENTENCES
from web.i18n import SOURCE

PACKAGE: Final = Path(__file__).parent
TRANSLATIONS: Final = PACKAGE / "translations"
_METHODS: Final = [("templates/**.html", "jinja2"), ("**.py", "python")]
_OPTIONS: Final = {"templates/**.html": {"extensions": "jinja2.ext.do", "trimmed": "false", "silent": "false"}}
_UNWANTED_HEADERS: Final = (
    b'"POT-Creation-Date',
    b'"PO-Revision-Date',
    b'"Last-Translator',
    b'"Language-Team',
    b'"Report-Msgid-Bugs-To',
    b'"Generated-By',
)
_KEYWORDS: Final = {
    "_": None,
    "N_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "P_": ((1, "c"), 2),
}


def gathered() -> Catalog:
    """Return every string that pages show, in the order of the files that they stand in."""
    catalogue = Catalog()
    for name, line, message, comments, context in _messages():
        catalogue.add(message, locations=[(f"web/{name}", line)], auto_comments=comments, context=context)
    for code, sentence in SENTENCES.items():
        catalogue.add(sentence, locations=[("consensus/rules/sentences.py", 1)], auto_comments=[code])
    for code, sentence in FAIRNESS_SENTENCES.items():
        catalogue.add(sentence, locations=[("consensus/fairness/sentences.py", 1)], auto_comments=[code])
    return catalogue


def updated(source: bytes, code: str, template: Catalog) -> bytes:
    """Return a .po file brought up to date: new strings empty, vanished ones left out."""
    catalogue = read_po(io.BytesIO(source), locale=code)
    catalogue.update(template, no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    return as_po(catalogue)


def as_po(catalogue: Catalog) -> bytes:
    """Return a catalogue as a .po file whose bytes change with its words alone: no dates, no line numbers."""
    catalogue.header_comment = f"# Comitia in {catalogue.locale.english_name if catalogue.locale else SOURCE}."
    catalogue.fuzzy = False
    written = io.BytesIO()
    write_po(written, catalogue, width=110, include_lineno=False, ignore_obsolete=True)
    lines = written.getvalue().splitlines(keepends=True)
    return b"".join(line for line in lines if not line.startswith(_UNWANTED_HEADERS))


def main() -> None:
    """Bring every catalogue up to date."""
    template = gathered()
    for path in sorted(TRANSLATIONS.glob("*.po")):
        path.write_bytes(updated(path.read_bytes(), path.stem, template))
        sys.stdout.write(f"{path.name}: {len(template)} strings\n")


def _messages() -> Iterator[tuple[str, int, str | tuple[str, ...], list[str], str | None]]:
    for name, *rest in extract_from_dir(
        PACKAGE, _METHODS, _OPTIONS, keywords=_KEYWORDS, comment_tags=(), strip_comment_tags=False
    ):
        yield (name, *rest)  # type: ignore[misc]


if __name__ == "__main__":
    main()
