"""An edition as tables for spreadsheets and programs: its items, and the roll calls of its rounds.

RFC 4180 in UTF-8 with a byte order mark, because the spreadsheet that most people have reads Arabic and Chinese only
with one. Columns are named in English and stand in web/FORMS.md. A cell that a spreadsheet would take for a formula
begins with an apostrophe.
"""

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from web.editions.edition import Ballot, Edition, Item, Left, Round, moment_words

ITEM_COLUMNS: Final = (
    "number", "state", "version", "track", "title", "title_language", "original_language", "is_original",
    "text_state", "minutes", "goals", "subject_kind", "subject", "decision", "round_number", "round",
    "members_in_favour", "members_voted", "proposed_by", "endorsed_by", "objections",
    "objections_answered", "adopted", "is_ratified", "review", "end", "id",
)  # fmt: skip
ROLL_CALL_COLUMNS: Final = (
    "round_number", "round", "procedure", "rule", "closes", "option_number", "option", "item", "minutes", "member_id",
    "member", "country", "constituencies", "is_counted", "holder_id", "answer",
)  # fmt: skip
_FORMULA: Final = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20\u2212|%]")
"""What a spreadsheet takes for the beginning of a formula or a command, also after white space and in full width."""
_CONTROLS: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")
Cell = str | int | bool | None


def items_csv(edition: Edition) -> bytes:
    """Return one row for each item, and below one for each that has left the agenda."""
    rows = [_item_row(edition, item) for item in edition.items] + [_left_row(edition, left) for left in edition.left]
    return _table(ITEM_COLUMNS, rows)


def roll_calls_csv(edition: Edition) -> bytes:
    """Return one row for each round, member with a ballot, and option."""
    return _table(ROLL_CALL_COLUMNS, [row for each in edition.rounds for row in _round_rows(edition, each)])


def cell(value: Cell) -> str:
    """Return what stands in a cell: nothing for None, yes or no, and no text that could be taken for a formula."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return str(value)
    plain = _CONTROLS.sub("", value).replace("\r\n", "\n").replace("\r", "\n")
    return f"'{plain}" if _FORMULA.match(plain) or plain[:1] in ("\t", "\n") else plain


def _table(columns: Sequence[str], rows: Iterable[Mapping[str, Cell]]) -> bytes:
    out = io.StringIO()
    written = csv.writer(out, lineterminator="\r\n")
    written.writerow(columns)
    written.writerows([cell(row.get(column)) for column in columns] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def _item_row(edition: Edition, item: Item) -> dict[str, Cell]:
    shown, found = item.text.into(edition.lang), edition.round(item.round)
    objections = [each for source in item.sources for each in source.objections]
    counted = [each for each in found.ballots if each.is_counted]
    return {
        "number": item.number,
        "state": "on the agenda",
        "version": edition.version,
        "track": item.track,
        "title": shown.title,
        "title_language": shown.lang,
        "original_language": item.text.lang,
        "is_original": shown.by is None,
        "text_state": item.text.state,
        "minutes": item.minutes,
        "goals": " ".join(map(str, item.goals)),
        "subject_kind": item.subject_kind,
        "subject": item.subject,
        "decision": f"{item.decision.result} {item.decision.rest}".strip(),
        "round_number": found.number,
        "round": found.id,
        "members_in_favour": sum(_is_for(each, item.option) for each in counted) if item.support else None,
        "members_voted": len(counted),
        "proposed_by": _names(edition, (source.member for source in item.sources)),
        "endorsed_by": _names(edition, (member for source in item.sources for member in source.endorsed_by)),
        "objections": len(objections),
        "objections_answered": sum(each.answer is not None for each in objections),
        "adopted": moment_words(item.adopted),
        "is_ratified": item.is_ratified,
        "review": None if item.review is None else moment_words(item.review),
        "end": None if item.end is None else moment_words(item.end),
        "id": item.id,
    }


def _left_row(edition: Edition, left: Left) -> dict[str, Cell]:
    shown = left.text.into(edition.lang)
    return {
        "number": left.number,
        "state": left.why,
        "version": left.version,
        "track": left.track,
        "title": shown.title,
        "title_language": shown.lang,
        "original_language": left.text.lang,
        "is_original": shown.by is None,
        "text_state": left.text.state,
        "subject_kind": left.subject_kind,
        "subject": left.subject,
        "decision": left.words,
        "round": left.round,
    }


def _names(edition: Edition, members: Iterable[str]) -> str:
    return "; ".join(edition.name_of(member) for member in dict.fromkeys(members))


def _round_rows(edition: Edition, found: Round) -> Iterable[dict[str, Cell]]:
    members = {member.id: member for member in edition.members}
    items = {(item.round, item.option): item.number for item in edition.items}
    for ballot in found.ballots:
        member = members.get(ballot.member)
        for place, option in enumerate(found.options, start=1):
            yield {
                "round_number": found.number,
                "round": found.id,
                "procedure": found.procedure,
                "rule": found.outcome.rule,
                "closes": moment_words(found.closes),
                "option_number": place,
                "option": option.subject,
                "item": items.get((found.id, option.id)),
                "minutes": option.minutes,
                "member_id": ballot.member,
                "member": edition.name_of(ballot.member),
                "country": None if member is None else member.country,
                "constituencies": " ".join(member.constituencies) if member else None,
                "is_counted": ballot.is_counted,
                "holder_id": ballot.holder,
                "answer": answer(ballot, option.id),
            }


def answer(ballot: Ballot, option: str) -> str:
    """Return what a ballot says of an option, in one word or as numbers; nothing if it says nothing of it."""
    content = ballot.content
    match content.get("form"):
        case "choice":
            return str(content.get("choice", ""))
        case "approval":
            return "approve" if _listed(content.get("approves"), option) else ""
        case "ranked":
            return _rank(content.get("tiers"), option)
        case "score":
            return _scores(content.get("scores"), option)
        case _:
            return ""


def _is_for(ballot: Ballot, option: str) -> bool:
    return answer(ballot, option) in ("yes", "approve", "1")


def _listed(value: object, option: str) -> bool:
    return isinstance(value, list) and option in value


def _rank(tiers: object, option: str) -> str:
    if not isinstance(tiers, list):
        return ""
    return next((str(place) for place, tier in enumerate(tiers, start=1) if _listed(tier, option)), "")


def _scores(scores: object, option: str) -> str:
    if not isinstance(scores, dict):
        return ""
    given = {name: found[option] for name, found in scores.items() if isinstance(found, dict) and option in found}
    return "; ".join(f"{criterion}={given[criterion]}" for criterion in sorted(given))
