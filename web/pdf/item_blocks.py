"""The items of a printed agenda: goals, decision, votes by constituency, texts, where they come from, objections."""

from collections.abc import Iterable
from typing import Final

from web.constituencies import constituency_name, ordered
from web.editions.edition import Item, Objection, Source
from web.goals import COLOURS, NAMES
from web.marking import N_
from web.pdf.blocks import Bar, Block, Entries, Goal, Goals, Heading, Paragraph, Run, Runs, Table, cell, words
from web.pdf.speech import Speech, joined

_WHITE_ON: Final = frozenset({1, 4, 8, 10, 13, 16, 17})
_ANSWERS: Final = {
    "addressed": N_("Addressed"),
    "accommodated": N_("Accommodated"),
    "dismissed": N_("Dismissed"),
}


def items_blocks(speech: Speech) -> tuple[Block, ...]:
    """Return both tracks with their items in the order that was decided."""
    gettext = speech.language.gettext
    items = speech.edition.items
    long = [item for item in items if item.track == "long"]
    short = [item for item in items if item.track == "short"]
    blocks: list[Block] = [Heading(1, words(gettext("Long-term")))]
    blocks += _track(speech, long, gettext("No long-term item has been adopted yet."))
    blocks.append(Heading(1, words(gettext("Short-term"))))
    blocks.append(
        Paragraph(words(gettext("Urgent now; lapses unless ratified by the next long-term agenda.")), "small")
    )
    blocks += _track(speech, short, gettext("No short-term item has been adopted yet."))
    return tuple(blocks)


def goal_marks(speech: Speech, goals: Iterable[int]) -> Goals:
    """Return goals with their marks and names."""
    gettext = speech.language.gettext
    return Goals(
        tuple(
            Goal(goal, gettext(NAMES[goal]), COLOURS[goal], "#ffffff" if goal in _WHITE_ON else "#14191a")
            for goal in goals
        )
    )


def _track(speech: Speech, items: list[Item], none: str) -> list[Block]:
    blocks = [block for item in items for block in _item(speech, item)]
    return blocks or [Paragraph(words(none))]


def _item(speech: Speech, item: Item) -> tuple[Block, ...]:
    blocks: list[Block] = [Heading(2, joined(f"{item.number}. ", speech.title(item.text)))]
    if item.goals:
        blocks.append(goal_marks(speech, item.goals))
    blocks.append(
        Paragraph(
            joined(Run(item.decision.result, style="strong"), f" {item.decision.rest}" if item.decision.rest else "")
        )
    )
    blocks.append(Paragraph(words(_facts(speech, item)), "small"))
    if item.support:
        blocks.append(_support(speech, item))
    blocks.append(Heading(3, words(speech.language.gettext("Text"))))
    blocks += speech.prose(item.text)
    if item.sources:
        blocks.append(Heading(3, words(speech.language.gettext("Where it comes from"))))
        blocks.append(Entries(tuple(_source(speech, source) for source in item.sources)))
    blocks += _objections(speech, [objection for source in item.sources for objection in source.objections])
    return tuple(blocks)


def _facts(speech: Speech, item: Item) -> str:
    gettext, language = speech.language.gettext, speech.language
    facts = [gettext("Round %(number)d") % {"number": speech.edition.round(item.round).number}]
    facts.append(gettext("decided on %(date)s") % {"date": language.date(item.adopted)})
    if item.minutes:
        facts.append(language.ngettext("%(num)d minute", "%(num)d minutes", item.minutes) % {"num": item.minutes})
    if item.is_ratified is not None:
        facts.append(gettext("ratified") if item.is_ratified else gettext("not ratified yet"))
    if item.review is not None:
        facts.append(gettext("review due on %(date)s") % {"date": language.date(item.review)})
    if item.end is not None:
        facts.append(gettext("ends on %(date)s unless a review confirms it") % {"date": language.date(item.end)})
    return " · ".join(facts)


def _support(speech: Speech, item: Item) -> Table:
    gettext = speech.language.gettext
    by_name = {each.constituency: each for each in item.support}
    outcome = speech.edition.round(item.round).outcome
    has_tick = outcome.selection is None and outcome.ranking is None
    return Table(
        caption=words(gettext("By constituency")),
        head=tuple(
            words(name) for name in (gettext("Constituency"), gettext("Share"), gettext("In favour"), gettext("Voted"))
        ),
        rows=tuple(
            (
                cell(constituency_name(speech.language, name)),
                Bar(by_name[name].in_favour, by_name[name].voted, has_tick),
                speech.figure(by_name[name].in_favour),
                speech.figure(by_name[name].voted),
            )
            for name in ordered(by_name)
        ),
        widths=(3, 4, 0, 0),
        aligned=("start", "start", "end", "end"),
    )


def _source(speech: Speech, source: Source) -> Runs:
    language = speech.language
    told = [language.gettext("proposed by %(member)s") % {"member": speech.name(source.member)}]
    told.append(language.date(source.at))
    if source.endorsed_by:
        names = language.listed(speech.name(member) for member in source.endorsed_by)
        told.append(language.gettext("endorsed by %(members)s") % {"members": names})
    return joined(speech.title(source.text), f" – {'; '.join(told)}")


def _objections(speech: Speech, objections: list[Objection]) -> list[Block]:
    if not objections:
        return []
    blocks: list[Block] = [Heading(3, words(speech.language.gettext("Objections and their answers")))]
    for each in objections:
        blocks += _objection(speech, each)
    return blocks


def _objection(speech: Speech, objection: Objection) -> list[Block]:
    gettext = speech.language.gettext
    state = gettext("stands") if objection.is_standing else gettext("no longer upheld by its member")
    who = f" · {speech.language.date(objection.at)} · {state}"
    blocks: list[Block] = [
        Paragraph(joined(Run(speech.name(objection.member), style="strong"), Run(who, style="quiet")))
    ]
    blocks += speech.prose(objection.reasons)
    if objection.answer is None:
        return [*blocks, Paragraph(words(gettext("Not answered yet.")), "small")]
    blocks.append(Paragraph(words(f"{gettext(_ANSWERS[objection.answer])}.", style="strong")))
    return [*blocks, *(speech.prose(objection.reply) if objection.reply else ())]
