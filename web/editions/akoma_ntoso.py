"""An edition as Akoma Ntoso 3.0 (OASIS LegalDocML 1.0), for intergovernmental systems.

It is a `doc` named "agenda", not an `act`: it lists what members resolved to put before a plenary and amends no law.
The agenda is one work, each version in each language one expression of it, this file its manifestation (web/FORMS.md).
Built as a tree, so that nothing that people wrote can become markup.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final
from xml.etree import ElementTree as ET

from web.editions.edition import Edition, Item, Left, Text, Version, moment_words
from web.goals import NAMES
from web.i18n import Language
from web.pdf.blocks import Block, Paragraph, Prose
from web.pdf.speech import Speech
from web.xml_text import allowed

NAMESPACE: Final = "http://docs.oasis-open.org/legaldocml/ns/akn/3.0"
OWN_NAMESPACE: Final = "urn:comitia:vocabulary:"
SDG: Final = "http://metadata.un.org/sdg/"
COUNTRY: Final = "xx"
"""Of no country: ISO 3166 leaves XA to XZ to users, and the federation spans many."""
ALPHA_3: Final = {"en": "eng", "zh": "zho", "fr": "fra", "ru": "rus", "es": "spa", "ar": "ara", "pt": "por"}
_SOURCE: Final = "#federation"
_WORDED: Final = frozenset({"p", "heading", "num"})
"""Elements in which white space is part of what they say."""


def agenda_akoma_ntoso(edition: Edition, language: Language) -> bytes:
    """Return an edition in a language as Akoma Ntoso; the same edition always gives the same bytes."""
    speech = Speech(edition, language)
    root = ET.Element("akomaNtoso", {"xmlns": NAMESPACE, "xmlns:comitia": OWN_NAMESPACE})
    doc = ET.SubElement(root, "doc", {"name": "agenda"})
    _meta(ET.SubElement(doc, "meta"), speech)
    spoken = {"xml:lang": language.code}
    _preface(ET.SubElement(doc, "preface", spoken), speech)
    _body(ET.SubElement(doc, "mainBody", spoken), speech)
    _attachments(ET.SubElement(doc, "attachments"), speech)
    _indent(root, "\n")
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def _indent(element: ET.Element, line: str) -> None:
    """Put each element on a line of its own, but nothing into what holds words."""
    if len(element) == 0 or element.tag in _WORDED:
        return
    element.text = f"{line} "
    for child in element:
        _indent(child, f"{line} ")
        child.tail = f"{line} "
    element[-1].tail = line


def work_iri(edition: Edition) -> str:
    """Return the work's name: the federation's agenda, dated by its first version."""
    return f"/akn/{COUNTRY}/doc/agenda/{edition.federation.id}/{_day(edition.history[0].drafted)}/agenda"


def expression_iri(edition: Edition, version: Version, lang: str) -> str:
    """Return the name of a version in a language."""
    return f"{work_iri(edition)}/{ALPHA_3.get(lang, lang)}@{_day(version.drafted)}.v{version.version}"


def _day(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds // 1000, UTC).date().isoformat()


def _meta(meta: ET.Element, speech: Speech) -> None:
    edition = speech.edition
    _identification(ET.SubElement(meta, "identification", {"source": _SOURCE}), edition)
    day = _day(edition.drafted)
    named = speech.language.gettext("Agenda version %(version)d") % {"version": edition.version}
    ET.SubElement(meta, "publication", {"date": day, "name": "agenda", "showAs": allowed(named)})
    _lifecycle(ET.SubElement(meta, "lifecycle", {"source": _SOURCE}), edition)
    _references(ET.SubElement(meta, "references", {"source": _SOURCE}), speech)
    _proprietary(ET.SubElement(meta, "proprietary", {"source": _SOURCE}), edition)


def _identification(parent: ET.Element, edition: Edition) -> None:
    work, here = work_iri(edition), expression_iri(edition, edition.history[-1], edition.lang)
    first, day = _day(edition.history[0].drafted), _day(edition.drafted)
    urn = edition.id.rpartition(":")[0]
    level = _level(parent, "FRBRWork", work, urn, (first, "generation"))
    ET.SubElement(level, "FRBRcountry", {"value": COUNTRY})
    ET.SubElement(level, "FRBRsubtype", {"value": "agenda"})
    ET.SubElement(level, "FRBRnumber", {"value": "agenda"})
    level = _level(parent, "FRBRExpression", here, edition.id, (day, "expression"))
    ET.SubElement(level, "FRBRversionNumber", {"value": str(edition.version)})
    ET.SubElement(level, "FRBRlanguage", {"language": ALPHA_3.get(edition.lang, edition.lang)})
    level = _level(parent, "FRBRManifestation", f"{here}/main.xml", f"{edition.id}:{edition.lang}:akn", (day, "markup"))
    ET.SubElement(level, "FRBRformat", {"value": "application/akn+xml"})


def _level(parent: ET.Element, name: str, iri: str, alias: str, date: tuple[str, str]) -> ET.Element:
    level = ET.SubElement(parent, name)
    ET.SubElement(level, "FRBRthis", {"value": iri if name == "FRBRManifestation" else f"{iri}/!main"})
    ET.SubElement(level, "FRBRuri", {"value": iri})
    ET.SubElement(level, "FRBRalias", {"value": alias, "name": "urn"})
    ET.SubElement(level, "FRBRdate", {"date": date[0], "name": date[1]})
    ET.SubElement(level, "FRBRauthor", {"href": _SOURCE, "as": "#publisher"})
    return level


def _lifecycle(parent: ET.Element, edition: Edition) -> None:
    for version in edition.history:
        number = version.version
        ET.SubElement(
            parent,
            "eventRef",
            {
                "eId": f"eventRef_{number}",
                "date": _day(version.drafted),
                "source": f"#version-{number}",
                "type": "generation" if version == edition.history[0] else "amendment",
            },
        )


def _references(parent: ET.Element, speech: Speech) -> None:
    edition, say = speech.edition, speech.language.gettext
    for version in edition.history:
        name = "original" if version == edition.history[0] else "passiveRef"
        said = say("Agenda version %(version)d") % {"version": version.version}
        _reference(parent, name, f"version-{version.version}", expression_iri(edition, version, edition.lang), said)
    federation = f"urn:comitia:{edition.federation.id}"
    _reference(parent, "TLCOrganization", "federation", federation, edition.federation_name)
    for member in sorted(_named_members(edition)):
        _reference(parent, "TLCOrganization", f"member-{member}", f"{federation}:member:{member}", speech.name(member))
    for goal in sorted({goal for item in edition.items for goal in item.goals}):
        _reference(parent, "TLCConcept", f"sdg-{goal}", f"{SDG}{goal}", say(NAMES[goal]))
    for found in edition.rounds:
        said = say("Round %(number)d") % {"number": found.number}
        _reference(parent, "TLCEvent", f"round-{found.id}", f"{federation}:round:{found.id}", said)
    _reference(parent, "TLCRole", "publisher", f"{OWN_NAMESPACE}publisher", "publisher")


def _reference(parent: ET.Element, name: str, id_: str, href: str, said: str) -> None:
    ET.SubElement(parent, name, {"eId": id_, "href": href, "showAs": allowed(said)})


def _named_members(edition: Edition) -> set[str]:
    sources = [source for item in edition.items for source in item.sources]
    named = {source.member for source in sources} | {each for source in sources for each in source.endorsed_by}
    return named | {objection.member for source in sources for objection in source.objections}


def _proprietary(parent: ET.Element, edition: Edition) -> None:
    ET.SubElement(
        parent,
        "comitia:certified",
        {
            "federation": edition.federation.id,
            "tellers": edition.federation.tellers_fingerprint,
            "height": str(edition.height),
            "record": edition.record,
            "sha256": edition.document_sha256,
            "drafted": moment_words(edition.drafted),
        },
    )


def _preface(parent: ET.Element, speech: Speech) -> None:
    title = ET.SubElement(parent, "p")
    _words(ET.SubElement(title, "docTitle"), speech.edition.federation_name)
    number = ET.SubElement(parent, "p")
    said = speech.language.gettext("Agenda, version %(version)d") % {"version": speech.edition.version}
    _words(ET.SubElement(number, "docNumber"), said)
    date = ET.SubElement(parent, "p")
    day = ET.SubElement(date, "docDate", {"date": _day(speech.edition.drafted)})
    _words(day, speech.language.date(speech.edition.drafted))
    missing = without_text_words(speech.edition, speech.language)
    if missing:
        _words(ET.SubElement(parent, "p"), missing)


def without_text_words(edition: Edition, language: Language) -> str:
    """Return which items have no text in the edition's language; nothing if all have one."""
    if not edition.without_text:
        return ""
    said = language.gettext("Items without a text in %(language)s, shown as they were written: %(items)s.")
    return said % {"language": language.autonym, "items": language.listed(edition.without_text)}


def _body(body: ET.Element, speech: Speech) -> None:
    edition, say = speech.edition, speech.language.gettext
    tracks = (("long", say("Long-term")), ("short", say("Short-term")))
    number = 0
    for track, name in tracks:
        items = [item for item in edition.items if item.track == track]
        if items:
            number += 1
            part = _part(body, number, name)
            for place, item in enumerate(items, start=1):
                _item(part, f"part_{number}__sec_{place}", speech, item)
    if edition.left:
        number += 1
        part = _part(body, number, say("Items that left the agenda"))
        for place, left in enumerate(edition.left, start=1):
            _left(part, f"part_{number}__sec_{place}", speech, left)
    if number == 0:
        part = _part(body, 1, say("Long-term"))
        content = ET.SubElement(part, "content", {"eId": "part_1__content"})
        _words(ET.SubElement(content, "p"), say("No long-term item has been adopted yet."))


def _part(body: ET.Element, number: int, name: str) -> ET.Element:
    part = ET.SubElement(body, "part", {"eId": f"part_{number}"})
    _words(ET.SubElement(part, "heading"), name)
    return part


def _section(part: ET.Element, id_: str, number: str, speech: Speech, text: Text) -> ET.Element:
    section = ET.SubElement(part, "section", {"eId": id_})
    _words(ET.SubElement(section, "num"), number)
    title = speech.title(text)
    _words(ET.SubElement(section, "heading"), title.t, title.lang)
    return ET.SubElement(section, "content", {"eId": f"{id_}__content"})


def _item(part: ET.Element, id_: str, speech: Speech, item: Item) -> None:
    say = speech.language.gettext
    content = _section(part, id_, item.number, speech, item.text)
    decided = ET.SubElement(content, "p", {"class": "decision"})
    said = f"{item.decision.result} {item.decision.rest}".strip()
    _words(ET.SubElement(decided, "event", {"refersTo": f"#round-{item.round}"}), said)
    if item.goals:
        goals = ET.SubElement(content, "p", {"class": "goals"})
        for goal in item.goals:
            _words(ET.SubElement(goals, "concept", {"refersTo": f"#sdg-{goal}"}), f"{goal} {say(NAMES[goal])}")
    for source in item.sources:
        _organisations(content, "proposers", say("Proposed by"), speech, [source.member])
        if source.endorsed_by:
            _organisations(content, "endorsers", say("Endorsed by"), speech, source.endorsed_by)
    for name, at in ((say("Review due"), item.review), (say("Ends unless it is confirmed"), item.end)):
        if at is not None:
            dated = ET.SubElement(content, "p", {"class": "date"})
            dated.text = allowed(f"{name}: ")
            _words(ET.SubElement(dated, "date", {"date": _day(at)}), speech.language.date(at))
    _blocks(content, "text", speech.prose(item.text))
    for objection in (each for source in item.sources for each in source.objections):
        _organisations(content, "objection", say("Objection"), speech, [objection.member])
        _blocks(content, "objection", speech.prose(objection.reasons))
        if objection.reply is not None:
            _words(ET.SubElement(content, "p", {"class": "answer"}), say("Answer"))
            _blocks(content, "answer", speech.prose(objection.reply))


def _organisations(content: ET.Element, kind: str, label: str, speech: Speech, members: Sequence[str]) -> None:
    line = ET.SubElement(content, "p", {"class": kind})
    line.text = allowed(f"{label}: ")
    for place, member in enumerate(members):
        name = ET.SubElement(line, "organization", {"refersTo": f"#member-{member}"})
        _words(name, speech.name(member))
        name.tail = "; " if place < len(members) - 1 else None


def _left(part: ET.Element, id_: str, speech: Speech, left: Left) -> None:
    content = _section(part, id_, left.number, speech, left.text)
    said = speech.language.gettext("%(number)s in version %(version)d") % {
        "number": left.number,
        "version": left.version,
    }
    _words(ET.SubElement(content, "p", {"class": left.why}), f"{left.words} ({said})")


def _blocks(content: ET.Element, kind: str, blocks: Iterable[Block]) -> None:
    """Write prose as paragraphs, each in its own language; a line break stays one."""
    for block in blocks:
        if isinstance(block, Paragraph):
            _words(ET.SubElement(content, "p", {"class": "note"}), "".join(run.t for run in block.runs))
        elif isinstance(block, Prose):
            for lines in block.paragraphs:
                _lines(ET.SubElement(content, "p", {"class": kind, "xml:lang": block.lang}), lines)


def _lines(paragraph: ET.Element, lines: Sequence[str]) -> None:
    paragraph.text = allowed(lines[0])
    for line in lines[1:]:
        ET.SubElement(paragraph, "br").tail = allowed(line)


def _words(element: ET.Element, text: str, lang: str = "") -> None:
    element.text = allowed(text)
    if lang:
        element.set("xml:lang", lang)


def _attachments(parent: ET.Element, speech: Speech) -> None:
    """Name the certified document and the roll calls, which travel beside this file."""
    files = (
        ("agenda.json", speech.language.gettext("The certified agenda document")),
        ("roll-calls.csv", speech.language.gettext("Roll call")),
    )
    here = expression_iri(speech.edition, speech.edition.history[-1], speech.edition.lang)
    for place, (name, said) in enumerate(files, start=1):
        attachment = ET.SubElement(parent, "attachment", {"eId": f"att_{place}"})
        _words(ET.SubElement(attachment, "heading"), said)
        ET.SubElement(
            attachment,
            "documentRef",
            {"eId": f"att_{place}__doc", "href": f"{here}/{name}", "showAs": allowed(said)},
        )
