"""An edition's dates as a calendar: when it was drafted, the votes that it rests on, reviews, and what ends by itself.

Names of events rest on the federation and on what they are about, so a newer version moves them instead of doubling
them. Each leads to a page of the node that gave the file: alone of all forms this one names a node.
"""

from collections.abc import Iterator

from web.editions.edition import Date, Edition, Item
from web.i18n import Language
from web.icalendar_text import Event, calendar_bytes


def agenda_calendar(edition: Edition, language: Language, root: str) -> bytes:
    """Return an edition's dates as iCalendar. root is the node's address with the language."""
    named = language.gettext("Agenda, version %(version)d") % {"version": edition.version}
    return calendar_bytes(f"{named} – {edition.federation_name}", language.code, _events(edition, language, root))


def _events(edition: Edition, language: Language, root: str) -> Iterator[Event]:
    for date in edition.dates:
        match date.kind:
            case "drafted":
                yield publication_event(language, edition.federation.id, edition.version, date.start, root)
            case "vote":
                yield _vote(edition, language, date, root)
            case "review" | "end":
                yield _item_event(edition, language, date, root)


def publication_event(language: Language, federation: str, version: int, at: int, root: str) -> Event:
    """Return the publication of a version, at the time of its draft."""
    named = language.gettext("Agenda, version %(version)d") % {"version": version}
    return Event(
        uid=f"urn:comitia:{federation}:agenda:{version}",
        stamp=at,
        start=at,
        end=at,
        title=named,
        description=language.gettext("The secretariat drafted it then; the tellers have certified it since."),
        url=f"{root}/agenda/{version}",
    )


def _vote(edition: Edition, language: Language, date: Date, root: str) -> Event:
    found = edition.round(date.round or "")
    number = language.gettext("Round %(number)d") % {"number": found.number}
    return Event(
        uid=f"urn:comitia:{edition.federation.id}:round:{found.id}",
        stamp=found.opens,
        start=found.opens,
        end=found.closes,
        title=f"{number} · {found.rule_name}",
        description=f"{found.decision.result} {found.decision.rest}".strip(),
        url=f"{root}/rounds/{found.id}",
    )


def _item_event(edition: Edition, language: Language, date: Date, root: str) -> Event:
    item = edition.item(date.item or "")
    is_review = date.kind == "review"
    words = language.gettext("Due for review") if is_review else language.gettext("Ends unless it is confirmed")
    return Event(
        uid=f"urn:comitia:{edition.federation.id}:{date.kind}:{item.subject}",
        stamp=edition.drafted,
        start=date.start,
        end=date.end,
        title=f"{words} · {_title(language, item)}",
        description=words,
        url=f"{root}/agenda/{edition.version}#item-{item.number}",
    )


def _title(language: Language, item: Item) -> str:
    if item.text.state == "held":
        return f"{item.number}. {item.text.into(language.code).title}"
    erased, missing = language.gettext("Text erased"), language.gettext("Text not yet here")
    return f"{item.number}. {erased if item.text.state == 'erased' else missing}"
