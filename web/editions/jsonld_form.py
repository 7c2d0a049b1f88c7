"""An edition as JSON-LD: linked data in terms that libraries and search engines know, its context inside.

Goals have the identifiers of the United Nations' own vocabulary, so that items can be found under them among the data
of others. What no common vocabulary says has terms under `urn:comitia:vocabulary:` (web/FORMS.md).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import orjson

from web.editions.edition import Edition, Item, Left, Member, Round, Source, Text, moment_words
from web.goals import NAMES

SDG: Final = "http://metadata.un.org/sdg/"
_DATE: Final = "http://www.w3.org/2001/XMLSchema#dateTime"
_LINK: Final = {"@type": "@id"}
CONTEXT: Final[Mapping[str, Any]] = {
    "@version": 1.1,
    "dcterms": "http://purl.org/dc/terms/",
    "schema": "https://schema.org/",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "sdg": SDG,
    "sdgo": f"{SDG}ontology#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "comitia": "urn:comitia:vocabulary:",
    "id": "@id",
    "type": "@type",
    "title": "dcterms:title",
    "text": "schema:text",
    "identifier": "dcterms:identifier",
    "language": "dcterms:language",
    "created": {"@id": "dcterms:created", "@type": _DATE},
    "accepted": {"@id": "dcterms:dateAccepted", "@type": _DATE},
    "submitted": {"@id": "dcterms:dateSubmitted", "@type": _DATE},
    "reviewDue": {"@id": "comitia:reviewDue", "@type": _DATE},
    "ends": {"@id": "comitia:ends", "@type": _DATE},
    "opens": {"@id": "schema:startDate", "@type": _DATE},
    "closes": {"@id": "schema:endDate", "@type": _DATE},
    "version": "schema:version",
    "publisher": {"@id": "dcterms:publisher", **_LINK},
    "replaces": {"@id": "dcterms:replaces", **_LINK},
    "isPartOf": {"@id": "dcterms:isPartOf", **_LINK},
    "items": {"@id": "dcterms:hasPart", "@container": "@list"},
    "left": {"@id": "comitia:left", "@container": "@set"},
    "rounds": {"@id": "comitia:rounds", "@container": "@set"},
    "number": "schema:position",
    "subject": {"@id": "dcterms:subject", "@type": "@id", "@container": "@set"},
    "goals": {"@id": "dcterms:relation", "@container": "@set"},
    "minutes": {"@id": "schema:timeRequired", "@type": "http://www.w3.org/2001/XMLSchema#duration"},
    "source": {"@id": "dcterms:source", "@container": "@set"},
    "creator": {"@id": "dcterms:creator", **_LINK},
    "endorsedBy": {"@id": "comitia:endorsedBy", "@type": "@id", "@container": "@set"},
    "translator": {"@id": "schema:translator", **_LINK},
    "translations": {"@id": "schema:workTranslation", "@container": "@set"},
    "decision": "schema:abstract",
    "decidedBy": {"@id": "comitia:decidedBy", **_LINK},
    "rule": "comitia:rule",
    "status": "schema:creativeWorkStatus",
    "members": {"@id": "schema:member", "@container": "@set"},
    "name": "schema:name",
    "label": "skos:prefLabel",
    "notation": "skos:notation",
    "inFavour": "comitia:inFavour",
    "against": "comitia:against",
    "abstaining": "comitia:abstaining",
    "cast": "comitia:cast",
    "entitled": "comitia:entitled",
    "record": "comitia:record",
    "height": "comitia:height",
    "documentHash": "comitia:documentHash",
    "tellersFingerprint": "comitia:tellersFingerprint",
}
Words = Callable[[str], str]


def agenda_jsonld(edition: Edition, gettext: Words) -> bytes:
    """Return an edition as JSON-LD 1.1; the same edition and language always give the same bytes."""
    value = {"@context": CONTEXT, **_agenda(edition, gettext)}
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _agenda(edition: Edition, gettext: Words) -> dict[str, Any]:
    root = edition.id.rpartition(":")[0]
    goals = sorted({goal for item in edition.items for goal in item.goals})
    before = {} if edition.previous is None else {"replaces": f"{root}:{edition.previous}"}
    words = gettext("Agenda version %(version)d") % {"version": edition.version}
    return {
        "id": edition.id,
        "type": ["schema:CreativeWork", "comitia:Agenda"],
        "title": _tongue(f"{words} – {edition.federation_name}", edition.lang),
        "version": edition.version,
        "created": moment_words(edition.drafted),
        "isPartOf": root,
        **before,
        "record": edition.record,
        "height": edition.height,
        "documentHash": f"sha256:{edition.document_sha256}",
        "publisher": {
            "id": f"urn:comitia:{edition.federation.id}",
            "type": "schema:Organization",
            "name": [_tongue(name, lang) for lang, name in sorted(edition.federation.names.items())],
            "tellersFingerprint": edition.federation.tellers_fingerprint,
            "members": [_member(edition, member) for member in edition.members],
        },
        "goals": [_goal(goal, edition.lang, gettext) for goal in goals],
        "items": [_item(edition, item) for item in edition.items],
        "rounds": [_round(edition, each) for each in edition.rounds],
        "left": [_left(edition, each) for each in edition.left],
    }


def _tongue(text: str, lang: str) -> dict[str, str]:
    return {"@value": text, "@language": lang}


def _member_id(edition: Edition, member: str) -> str:
    return f"urn:comitia:{edition.federation.id}:member:{member}"


def _round_id(edition: Edition, round_id: str) -> str:
    return f"urn:comitia:{edition.federation.id}:round:{round_id}"


def _subject_id(edition: Edition, kind: str, subject: str) -> str:
    return f"urn:comitia:{edition.federation.id}:{kind}:{subject}"


def _member(edition: Edition, member: Member) -> dict[str, Any]:
    return {
        "id": _member_id(edition, member.id),
        "type": "schema:Organization",
        "name": [_tongue(name, lang) for lang, name in sorted(member.names.items())],
    }


def _goal(goal: int, lang: str, gettext: Words) -> dict[str, Any]:
    return {
        "id": f"{SDG}{goal}",
        "type": ["skos:Concept", "sdgo:Goal"],
        "notation": str(goal),
        "label": _tongue(gettext(NAMES[goal]), lang),
    }


def _text(edition: Edition, text: Text) -> dict[str, Any]:
    """Return a text with its translations; of one that is erased or missing only that it is."""
    if text.state != "held":
        return {"language": text.lang, "status": text.state}
    found: dict[str, Any] = {
        "title": _tongue(text.title, text.lang),
        "text": _tongue(_whole(text.body, text.urgency), text.lang),
        "language": text.lang,
    }
    if text.translations:
        found["translations"] = [
            {
                "type": "schema:CreativeWork",
                "title": _tongue(each.title, each.lang),
                "text": _tongue(_whole(each.body, each.urgency), each.lang),
                "language": each.lang,
                "translator": _member_id(edition, each.by),
            }
            for each in text.translations
        ]
    return found


def _whole(body: str, urgency: str) -> str:
    return f"{body}\n\n{urgency}" if urgency else body


def _item(edition: Edition, item: Item) -> dict[str, Any]:
    dates = {"reviewDue": item.review, "ends": item.end}
    return {
        "id": item.id,
        "type": ["schema:CreativeWork", f"comitia:{'LongTermItem' if item.track == 'long' else 'ShortTermItem'}"],
        "identifier": _subject_id(edition, item.subject_kind, item.subject),
        "number": item.number,
        **_text(edition, item.text),
        "subject": [f"{SDG}{goal}" for goal in item.goals],
        "minutes": f"PT{item.minutes}M",
        "accepted": moment_words(item.adopted),
        **{name: moment_words(at) for name, at in dates.items() if at is not None},
        "decision": _tongue(f"{item.decision.result} {item.decision.rest}".strip(), edition.lang),
        "decidedBy": _round_id(edition, item.round),
        "source": [_source(edition, each) for each in item.sources],
    }


def _source(edition: Edition, source: Source) -> dict[str, Any]:
    return {
        "id": _subject_id(edition, "proposal", source.id),
        "type": ["schema:CreativeWork", "comitia:Proposal"],
        **_text(edition, source.text),
        "submitted": moment_words(source.at),
        "creator": _member_id(edition, source.member),
        "endorsedBy": [_member_id(edition, member) for member in source.endorsed_by],
    }


def _round(edition: Edition, found: Round) -> dict[str, Any]:
    counts = found.outcome.counts
    choices = {"inFavour": counts.in_favour, "against": counts.against, "abstaining": counts.abstain}
    return {
        "id": _round_id(edition, found.id),
        "type": ["schema:Event", "comitia:Round"],
        "number": found.number,
        "opens": moment_words(found.opens),
        "closes": moment_words(found.closes),
        "rule": _tongue(_sentences([found.rule_name, *found.rule_words]), edition.lang),
        "decision": _tongue(f"{found.decision.result} {found.decision.rest}".strip(), edition.lang),
        "entitled": counts.entitled,
        "cast": counts.cast,
        **(choices if found.outcome.selection is None and found.outcome.ranking is None else {}),
    }


def _sentences(parts: Sequence[str]) -> str:
    return "\n".join(parts)


def _left(edition: Edition, left: Left) -> dict[str, Any]:
    return {
        "id": _subject_id(edition, left.subject_kind, left.subject),
        "type": "schema:CreativeWork",
        "number": left.number,
        **_text(edition, left.text),
        "status": left.why,
        "decision": _tongue(left.words, edition.lang),
    }
