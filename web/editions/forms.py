"""The forms in which an agenda can be had: for each its name, its type, its words, and the function that writes it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from web.editions.akoma_ntoso import agenda_akoma_ntoso
from web.editions.calendar_form import agenda_calendar
from web.editions.csv_forms import items_csv, roll_calls_csv
from web.editions.edition import Edition
from web.editions.json_form import agenda_json
from web.editions.jsonld_form import agenda_jsonld
from web.editions.word_document import agenda_docx
from web.i18n import Language
from web.marking import N_

DOCX: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
Write = Callable[[Edition, Language, str], bytes]
"""Writes an edition in a language; the string is the node's address with the language."""


@dataclass(frozen=True, slots=True)
class Form:
    """One form."""

    file: str
    """The last part of its address."""
    content_type: str
    name: str
    """What it is called, marked for the catalogues."""
    words: str
    """What it is good for, marked for the catalogues."""
    write: Write
    charset: str | None = None

    def file_name(self, version: int, lang: str) -> str:
        """Return the name under which a browser keeps it."""
        stem, _, ending = self.file.partition(".")
        middle = "" if stem == "agenda" else f"{stem}-"
        return f"agenda-{version}-{middle}{lang}.{ending}"


FORMS: Final = (
    Form(
        "agenda.docx",
        DOCX,
        N_("Word document"),
        N_("To read, to quote from and to edit."),
        lambda edition, language, _: agenda_docx(edition, language),
    ),
    Form(
        "items.csv",
        "text/csv",
        N_("Table of items"),
        N_("For spreadsheets: one row for each item, and for each that left."),
        lambda edition, *_: items_csv(edition),
        "utf-8",
    ),
    Form(
        "roll-calls.csv",
        "text/csv",
        N_("Table of votes"),
        N_("For spreadsheets: what every member said of every option."),
        lambda edition, *_: roll_calls_csv(edition),
        "utf-8",
    ),
    Form(
        "agenda.ics",
        "text/calendar",
        N_("Calendar"),
        N_("Votes, reviews, and what ends by itself."),
        agenda_calendar,
        "utf-8",
    ),
    Form(
        "agenda.json",
        "application/json",
        N_("Data (JSON)"),
        N_("For programs: everything, with the certified document inside."),
        lambda edition, *_: agenda_json(edition),
    ),
    Form(
        "agenda.jsonld",
        "application/ld+json",
        N_("Linked data (JSON-LD)"),
        N_("For catalogues: with the United Nations' identifiers of the goals."),
        lambda edition, language, _: agenda_jsonld(edition, language.gettext),
    ),
    Form(
        "agenda.akn.xml",
        "application/akn+xml",
        N_("Akoma Ntoso"),
        N_("For intergovernmental document systems."),
        lambda edition, language, _: agenda_akoma_ntoso(edition, language),
    ),
)
