"""What a message says: subject, plain text and HTML in one reader's language. Headers are the node's (messages.py)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from web.i18n import Language
from web.notice_words import Line, Reader, need_line, notice_line, without_isolates
from web.notices_port import Digest, NoticeKind
from web.present import Tongue
from web.rendering import Templates
from web.zones import zoned

_ORDER: Final[tuple[NoticeKind, ...]] = (
    "office-reminder", "reminder", "round", "objection", "amendment", "objection-answer", "amendment-answer", "office",
    "position", "comment-reply", "comment", "call", "agenda", "proposal",
)  # fmt: skip
_QUOTED: Final = "> "
_TEMPLATE: Final = "mail.html"


@dataclass(frozen=True, slots=True)
class Letter:
    """A message in words."""

    lang: str
    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class Desk:
    """Who writes: the federation's name in the reader's language, and the templates."""

    federation: Tongue
    templates: Templates


@dataclass(frozen=True, slots=True)
class _Row:
    sentence: str
    when: str
    quote: Tongue | None
    url: str


@dataclass(frozen=True, slots=True)
class _Part:
    title: str
    rows: Sequence[_Row]


@dataclass(frozen=True, slots=True)
class _Words:
    """All that a message says, before it is set as text and as HTML."""

    subject: str
    heading: str
    lead: str
    button: tuple[str, str] | None
    parts: Sequence[_Part]
    more: str
    why: str
    links: Sequence[tuple[str, str]]


def digest_letter(desk: Desk, reader: Reader, digest: Digest, zone: str, now: int, unsubscribe: str) -> Letter:
    """Return what has come up, and what waits besides. Raises ValueError without a notice."""
    language = reader.language
    notices = sorted(digest.notices, key=lambda notice: (_ORDER.index(notice.kind), notice.at, notice.name))
    lines = [notice_line(reader, notice) for notice in notices]
    needs = [line for need in digest.needs if (line := need_line(reader, need)) is not None]
    if not lines:
        raise ValueError("a message without a notice")
    parts = [_Part(language.gettext("New") if needs else "", _rows(language, lines, zone, now))]
    if needs:
        parts.append(_Part(language.gettext("What waits for your member"), _rows(language, needs, zone, now)))
    total = len(lines) + digest.left_out
    more = language.ngettext(
        "%(num)d further notice is in your feed and on the pages.",
        "%(num)d further notices are in your feed and on the pages.",
        digest.left_out,
    )
    words = _Words(
        subject=_subject(language, lines[0], total - 1),
        heading=language.ngettext("%(num)d notice", "%(num)d notices", total) % {"num": total},
        lead="",
        button=None,
        parts=parts,
        more=more % {"num": digest.left_out} if digest.left_out else "",
        why=language.gettext("You get this because you asked for notices at this node."),
        links=(
            (language.gettext("Change what you are told"), f"{reader.root}/account/notices"),
            (language.gettext("Unsubscribe"), unsubscribe),
        ),
    )
    return _letter(desk, language, words)


def address_letter(desk: Desk, language: Language, account: str, link: str, hours: int) -> Letter:
    """Return what brings the link that verifies an address."""
    words = _Words(
        subject=language.gettext("Confirm your e-mail address"),
        heading=language.gettext("Confirm your e-mail address"),
        lead=language.gettext(
            "The account %(account)s has asked for notices to this address. Open the link within %(hours)d hours to "
            "confirm it. Until then nothing else is sent here."
        )
        % {"account": f"\u2068{account}\u2069", "hours": hours},
        button=(language.gettext("Confirm the address"), link),
        parts=(),
        more="",
        why=language.gettext("If you did not ask for this, do nothing. No further message will come."),
        links=(),
    )
    return _letter(desk, language, words)


def trial_letter(desk: Desk, language: Language) -> Letter:
    """Return what an operator sends to see whether mail goes out."""
    words = _Words(
        subject=language.gettext("A test message"),
        heading=language.gettext("A test message"),
        lead=language.gettext("This node can send e-mail: the operator has sent this to try it."),
        button=None,
        parts=(),
        more="",
        why=language.gettext("Nobody has to do anything."),
        links=(),
    )
    return _letter(desk, language, words)


def _rows(language: Language, lines: Sequence[Line], zone: str, now: int) -> list[_Row]:
    return [_Row(line.sentence, _when(language, line, zone, now), line.quote, line.url) for line in lines]


def _when(language: Language, line: Line, zone: str, now: int) -> str:
    if line.until is None:
        return ""
    return line.until_words % {
        "relative": language.relative(line.until, now),
        "moment": zoned(language, line.until, zone),
    }


def _subject(language: Language, first: Line, others: int) -> str:
    """Return the first notice, and how many there are besides."""
    if others == 0:
        return first.sentence
    words = language.ngettext("%(first)s (and %(num)d more)", "%(first)s (and %(num)d more)", others)
    return words % {"first": first.sentence, "num": others}


def _letter(desk: Desk, language: Language, words: _Words) -> Letter:
    values = {"words": words, "federation": desk.federation}
    return Letter(
        lang=language.code,
        subject=without_isolates(words.subject),
        text=_text(desk, words),
        html=desk.templates.render(language, _TEMPLATE, values),
    )


def _text(desk: Desk, words: _Words) -> str:
    """Return the message as plain text: a paragraph for each row, quotes behind a mark."""
    blocks = [desk.federation.text, words.heading, words.lead]
    blocks.append("\n".join(words.button) if words.button else "")
    for part in words.parts:
        blocks.append(f"{part.title}\n{'-' * len(part.title)}" if part.title else "")
        blocks += [_text_row(row) for row in part.rows]
    blocks += [words.more, "-- \n" + words.why + "".join(f"\n{name}: {url}" for name, url in words.links)]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _text_row(row: _Row) -> str:
    quote = [_QUOTED + line for line in row.quote.text.split("\n")] if row.quote else []
    return "\n".join(line for line in (f"* {row.sentence}", row.when, *quote, row.url) if line)
