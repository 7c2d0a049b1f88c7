"""What people can follow from outside: agendas, rounds and proposals as entries of a feed, rounds as calendar events.

Ids rest on the federation and on what an entry is about, never on the node, the language or the address.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from protocol.events.consultation import Track
from web import notice_words
from web.atom import Enclosed, Entry, Feed, Point
from web.editions.forms import FORMS
from web.editions.left_words import left_words
from web.editions_port import LeftItem
from web.goals import NAMES
from web.i18n import Language
from web.icalendar_text import Event
from web.notices_port import NoticeView
from web.ports import AgendaView, FederationView, ProposalSummary, RoundSummary
from web.present import People, Tongue, title_of, title_of_summary
from web.round_words import round_name, state_sentence

ENTRIES_MAX: Final = 50
EVENTS_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class Reader:
    """Who follows: the language, the federation, and the address that pages in this language stand under."""

    language: Language
    federation: FederationView
    root: str

    def urn(self, *parts: object) -> str:
        """Return a name that stays the same wherever this is read."""
        return ":".join(("urn:comitia", self.federation.id, *(str(part) for part in parts)))

    def own(self, message: str) -> Tongue:
        """Return words of ours in the reader's language."""
        return Tongue(message, self.language.code)


def feed_of(reader: Reader, name: str, title: str, page: str, entries: Sequence[Entry], path: str) -> Feed:
    """Return a feed with the newest of some entries, the newest first."""
    newest = sorted(entries, key=lambda entry: (-entry.updated, entry.id))[:ENTRIES_MAX]
    federation, lang = reader.language.pick(reader.federation.names)
    return Feed(
        id=reader.urn("feed", name, reader.language.code),
        lang=reader.language.code,
        title=reader.own(f"{title} – {federation}"),
        updated=newest[0].updated if newest else reader.federation.founded,
        url=f"{reader.root}{path}.atom",
        page_url=reader.root + page,
        author=Tongue(federation, lang),
        entries=newest,
    )


def agenda_entry(reader: Reader, agenda: AgendaView, left: Sequence[LeftItem] = ()) -> Entry:
    """Return a published agenda with its items, each in its own language, what left with it, and its files."""
    items = (*agenda.long, *agenda.short)
    url = f"{reader.root}/agenda/{agenda.version}"
    words = reader.language.ngettext("%(num)d item is on it.", "%(num)d items are on it.", len(items))
    gone = [each for each in left if each.version == max(agenda.versions_before, default=0)]
    summary = [words % {"num": len(items)}, *(_left_sentence(reader.language, each) for each in gone)]
    return Entry(
        id=reader.urn("agenda", agenda.version),
        title=reader.own(reader.language.gettext("Agenda version %(version)d") % {"version": agenda.version}),
        updated=agenda.published,
        url=url,
        summary=reader.own(" ".join(summary)),
        files=[Enclosed(f"{url}/{form.file}", form.content_type, reader.language.gettext(form.name)) for form in FORMS],
        points=[Point(title_of(item.text, reader.language), f"{url}#item-{item.number}") for item in items],
    )


def _left_sentence(language: Language, item: LeftItem) -> str:
    """Return what left and why."""
    said = language.gettext("Left: %(title)s. %(why)s")
    return said % {"title": title_of(item.text, language).text, "why": left_words(language, item.why)}


def round_entry(reader: Reader, summary: RoundSummary) -> Entry:
    """Return a round; it counts as new again once it has closed."""
    return Entry(
        id=reader.urn("round", summary.id),
        title=round_name(reader.language, summary),
        updated=summary.opens if summary.state in ("scheduled", "open") else summary.closes,
        url=f"{reader.root}/rounds/{summary.id}",
        summary=reader.own(_round_words(reader.language, summary)),
    )


def proposal_entry(reader: Reader, people: People, item: ProposalSummary) -> Entry:
    """Return a proposal with its member and its goals."""
    language = reader.language
    words = language.gettext("Proposed by %(member)s") % {"member": people.text_of(item.member)}
    return Entry(
        id=reader.urn("proposal", item.id),
        title=title_of_summary(item, language),
        updated=item.time,
        url=f"{reader.root}/proposals/{item.id}",
        summary=reader.own(f"{words} · {_track_words(language, item.track)}"),
        author=people.name(item.member),
        categories={f"sdg-{goal}": language.gettext(NAMES[goal]) for goal in item.goals},
    )


def notice_entry(reader: Reader, told: notice_words.Reader, notice: NoticeView) -> Entry:
    """Return a notice with what was said; when it ends is told in UTC."""
    line = notice_words.notice_line(told, notice)
    ends = "" if line.until is None else reader.language.moment(line.until)
    summary = reader.own(ends) if line.quote is None else line.quote
    return Entry(
        id=reader.urn("notice", notice.name),
        title=reader.own(notice_words.without_isolates(line.sentence)),
        updated=notice.at,
        url=line.url,
        summary=summary,
    )


def round_event(reader: Reader, summary: RoundSummary) -> Event:
    """Return the time in which members may vote."""
    number = reader.language.gettext("Round %(number)d") % {"number": summary.number}
    return Event(
        uid=reader.urn("round", summary.id),
        stamp=summary.opens,
        start=summary.opens,
        end=summary.closes,
        title=f"{number} · {round_name(reader.language, summary).text}",
        description=_round_words(reader.language, summary),
        url=f"{reader.root}/rounds/{summary.id}",
    )


def _round_words(language: Language, summary: RoundSummary) -> str:
    times = language.gettext("Opens on %(opens)s; closes on %(closes)s.") % {
        "opens": language.moment(summary.opens),
        "closes": language.moment(summary.closes),
    }
    return f"{times} {state_sentence(language, summary.state)}"


def _track_words(language: Language, track: Track) -> str:
    return language.gettext("long-term track") if track == "long" else language.gettext("short-term track")
