"""Notices and needs in words: one sentence for each kind, the same in a message, a feed and on a page."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from web.attention_port import Need, NeedKind
from web.i18n import Language
from web.marking import N_
from web.notices_port import Choice, NoticeKind, NoticeView
from web.ports import RoundSummary, TextView
from web.present import People, Tongue, title_of
from web.round_words import round_name

QUOTE_CHARACTERS_MAX: Final = 400
TITLE_CHARACTERS_MAX: Final = 200
_BIDI_CONTROLS: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_ISOLATE: Final = "\u2068{}\u2069"

CHOICE_NAMES: Final[Mapping[Choice, str]] = {
    "round": N_("Rounds when they open"),
    "call": N_("Rounds of consultation in your fields"),
    "proposal": N_("New proposals in your fields"),
    "answer": N_("Replies, objections and amendments to your member's proposals"),
    "agenda": N_("Agendas when they are published"),
}
SENTENCES: Final[Mapping[NoticeKind, str]] = {
    "round": N_("Round %(number)d has opened: %(title)s"),
    "reminder": N_("Your member has not voted in round %(number)d: %(title)s"),
    "call": N_("A round of consultation has begun on %(title)s"),
    "proposal": N_("%(member)s proposes: %(title)s"),
    "objection": N_("%(member)s objects to your member's proposal: %(title)s"),
    "position": N_("%(member)s has taken a position on your member's proposal: %(title)s"),
    "amendment": N_("%(member)s proposes to amend your member's proposal: %(title)s"),
    "objection-answer": N_("%(member)s has answered your member's objection to: %(title)s"),
    "amendment-answer": N_("%(member)s has answered your member's amendment to: %(title)s"),
    "comment": N_("%(member)s comments on your member's proposal: %(title)s"),
    "comment-reply": N_("%(member)s replies to your member's comment on: %(title)s"),
    "office-reminder": N_("The secretariat reminds your member to vote in round %(number)d: %(title)s"),
    "office": N_("The secretariat has decided on your member's proposal: %(title)s"),
    "agenda": N_("Version %(number)d of the agenda has been published."),
}
NEEDS: Final[Mapping[NeedKind, str]] = {
    "vote": N_("Vote in round %(number)d: %(title)s"),
    "objection": N_("Answer the objection of %(member)s to: %(title)s"),
    "amendment": N_("Answer the amendment of %(member)s to: %(title)s"),
    "consolidation": N_("Join the consolidated text or stay out: %(title)s"),
    "reconfirm": N_("Confirm the endorsement, or take it back: %(title)s"),
    "call": N_("Take a position: %(title)s"),
}
"""Of the kinds that messages list; the others wait for nobody."""
_UNTIL_A_BALLOT: Final = frozenset({"round", "reminder", "office-reminder"})


@dataclass(frozen=True, slots=True)
class Reader:
    """Who is told: the language, the members' names in it, and where pages in it stand."""

    language: Language
    people: People
    root: str


@dataclass(frozen=True, slots=True)
class Line:
    """One notice or need in words."""

    sentence: str
    """Texts that people wrote stand in it between isolates, without controls of direction of their own."""
    until: int | None
    until_words: str
    """What ends then, with a place for the time; nothing if nothing does."""
    quote: Tongue | None
    url: str


def notice_line(reader: Reader, notice: NoticeView) -> Line:
    """Return a notice in words."""
    language = reader.language
    sentence = language.gettext(SENTENCES[notice.kind]) % {
        "number": _number(notice),
        "title": _title(reader, notice.round, notice.title),
        "member": isolated(reader.people.text_of(notice.member)),
    }
    return Line(
        sentence=sentence,
        until=notice.until,
        until_words=_until(language, notice.kind in _UNTIL_A_BALLOT) if notice.until is not None else "",
        quote=_quote(notice.quote),
        url=reader.root + notice_path(notice),
    )


def need_line(reader: Reader, need: Need) -> Line | None:
    """Return what waits for a member in words, or None for a kind that messages don't list."""
    if need.kind not in NEEDS:
        return None
    sentence = reader.language.gettext(NEEDS[need.kind]) % {
        "number": need.round.number if need.round else 0,
        "title": _title(reader, need.round, need.title),
        "member": isolated(reader.people.text_of(need.member)),
    }
    until_words = _until(reader.language, need.kind == "vote") if need.until is not None else ""
    return Line(sentence, need.until, until_words, None, reader.root + need.path)


def notice_path(notice: NoticeView) -> str:
    """Return where to read more, without a language's prefix."""
    match notice.kind:
        case "round" | "reminder" | "office-reminder":
            return f"/rounds/{notice.subject}"
        case "agenda":
            return f"/agenda/{notice.subject}"
        case "comment" | "comment-reply":
            return f"/proposals/{notice.subject}/comments"
        case _:
            return f"/proposals/{notice.subject}"


def isolated(text: str) -> str:
    """Return text that somebody wrote as part of a sentence: on one line, bounded, its direction kept to itself."""
    kept = "".join(char if _is_plain(char) else " " for char in text)
    line = " ".join(kept.split())
    return _ISOLATE.format(_bounded(line, TITLE_CHARACTERS_MAX))


def without_isolates(text: str) -> str:
    """Return a sentence for where isolates are not understood, such as a subject."""
    return text.replace("\u2068", "").replace("\u2069", "")


def _is_plain(char: str) -> bool:
    return char not in _BIDI_CONTROLS and unicodedata.category(char) not in {"Cc", "Cs", "Zl", "Zp"}


def _bounded(text: str, characters_max: int) -> str:
    return text if len(text) <= characters_max else text[: characters_max - 1].rstrip() + "…"


def _number(notice: NoticeView) -> int:
    if notice.round is not None:
        return notice.round.number
    return int(notice.subject) if notice.kind == "agenda" else 0


def _title(reader: Reader, summary: RoundSummary | None, title: TextView | None) -> str:
    if summary is not None:
        return isolated(round_name(reader.language, summary).text)
    return isolated(title_of(title or TextView("missing", reader.language.code), reader.language).text)


def _until(language: Language, is_ballot: bool) -> str:
    if is_ballot:
        return language.gettext("Closes %(relative)s: %(moment)s")
    return language.gettext("Until %(moment)s, %(relative)s")


def _quote(text: TextView | None) -> Tongue | None:
    if text is None or text.state != "held" or not text.body.strip():
        return None
    plain = "".join(char if _is_plain(char) or char == "\n" else " " for char in text.body)
    lines = [" ".join(line.split()) for line in plain.split("\n")]
    return Tongue(_bounded("\n".join(line for line in lines if line), QUOTE_CHARACTERS_MAX), text.lang)
