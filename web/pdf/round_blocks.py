"""The rounds that a printed agenda rests on: rule, decision, outcome tables and charts, and the steps to it."""

from collections.abc import Mapping
from fractions import Fraction

from consensus.outcome import Chosen, Outcome, PassedOver, Price, Ranking, ScoreTable, Selection
from consensus.rules.figures import decimal, percent
from web.constituencies import constituency_name, ordered
from web.editions.edition import Option, Round
from web.outcome_values import is_added
from web.pdf.blocks import Bar, Block, Entries, Heading, Paragraph, Picture, Piece, Run, Table, Words, cell, words
from web.pdf.speech import Speech, joined
from web.present import minutes_and_seconds

Numbered = Mapping[str, tuple[int, Option]]


def rounds_blocks(speech: Speech) -> tuple[Block, ...]:
    """Return every round that an item rests on."""
    heading = Heading(1, words(speech.language.gettext("How it was decided")))
    return (heading, *(block for found in speech.edition.rounds for block in _round(speech, found)))


def _round(speech: Speech, found: Round) -> list[Block]:
    language = speech.language
    gettext = language.gettext
    numbered = {option.id: (number, option) for number, option in enumerate(found.options, start=1)}
    period = gettext("From %(start)s to %(end)s; closed by record %(height)d of the register.") % {
        "start": language.moment(found.opens),
        "end": language.moment(found.closes),
        "height": found.closed_at,
    }
    blocks: list[Block] = [
        Heading(2, words(f"{gettext('Round %(number)d') % {'number': found.number}} – {found.rule_name}")),
        Paragraph(joined(Run(found.decision.result, style="strong"), f" {found.decision.rest}")),
        Paragraph(words(period), "small"),
        *_outcome(speech, found.outcome, numbered),
    ]
    if found.rule_words:
        blocks.append(Heading(3, words(gettext("The rule"))))
        blocks.append(Entries(tuple(words(each) for each in found.rule_words)))
    if found.reasons:
        blocks.append(Heading(3, words(gettext("Step by step"))))
        blocks.append(Entries(tuple(words(each) for each in found.reasons)))
    return blocks


def _outcome(speech: Speech, outcome: Outcome, numbered: Numbered) -> list[Block]:
    if outcome.selection is not None:
        return _selection(speech, outcome, outcome.selection, numbered)
    if outcome.ranking is not None:
        return [_ranking(speech, outcome.ranking, numbered)]
    if outcome.scores is not None:
        return [_scores(speech, outcome.scores, numbered)]
    return _vote(speech, outcome)


def _vote(speech: Speech, outcome: Outcome) -> list[Block]:
    gettext, counts = speech.language.gettext, outcome.counts
    rows = (
        (gettext("In favour"), counts.in_favour),
        (gettext("Against"), counts.against),
        (gettext("Abstaining"), counts.abstain),
    )
    votes = Table(
        caption=words(gettext("Votes")),
        head=(words(gettext("Vote")), words(gettext("Share")), words(gettext("Members"))),
        rows=(
            *((cell(name), Bar(count, counts.cast), speech.figure(count)) for name, count in rows),
            (cell(gettext("Ballots cast")), cell(""), speech.figure(counts.cast)),
        ),
        widths=(3, 4, 0),
        aligned=("start", "start", "end"),
    )
    return [votes, *((_constituencies(speech, outcome),) if outcome.constituencies else ())]


def _constituencies(speech: Speech, outcome: Outcome) -> Table:
    gettext = speech.language.gettext
    by_name = {entry.constituency: entry.tally for entry in outcome.constituencies}
    head = (
        gettext("Constituency"),
        gettext("In favour"),
        gettext("Against"),
        gettext("Abstaining"),
        gettext("Members"),
    )
    rows = []
    for name in ordered(by_name):
        tally = by_name[name]
        counts = (tally.in_favour, tally.against, tally.abstain, tally.entitled)
        rows.append((cell(constituency_name(speech.language, name)), *map(speech.figure, counts)))
    return speech.table(gettext("By constituency"), head, rows)


def _selection(speech: Speech, outcome: Outcome, selection: Selection, numbered: Numbered) -> list[Block]:
    gettext = speech.language.gettext
    blocks: list[Block] = []
    if selection.chosen:
        blocks.append(_minutes(speech, outcome, selection, numbered))
        paid = gettext("Given to each by then") if outcome.rule == "phragmen" else gettext("Paid by each")
        head = (gettext("Place"), gettext("Topic"), gettext("Minutes"), gettext("Approved by"), paid)
        rows = [
            (speech.figure(place), *_entry(speech, each, numbered), cell(_price(speech, each.price)))
            for place, each in enumerate(selection.chosen, start=1)
        ]
        total = (cell(""), cell(gettext("Total")), speech.figure(selection.spent), cell(""), cell(""))
        blocks.append(speech.table(gettext("Topics taken, in order"), head, [*rows, total], wide=1))
    if selection.passed_over:
        why = (gettext("Topic"), gettext("Minutes"), gettext("Approved by"), gettext("Why not"))
        passed = [(*_entry(speech, each, numbered), cell(_why(speech, each))) for each in selection.passed_over]
        blocks.append(speech.table(gettext("Topics not taken"), why, passed))
    return blocks


def _minutes(speech: Speech, outcome: Outcome, selection: Selection, numbered: Numbered) -> Picture:
    pieces = []
    start = 0
    for each in selection.chosen:
        label = str(numbered[each.option][0]) if each.option in numbered else ""
        pieces.append(Piece(label, start, each.cost, "other" if is_added(outcome.rule, each) else "full"))
        start += each.cost
    said = speech.language.gettext("%(spent)d of %(capacity)d minutes taken; each piece is a topic with its number.")
    alt = said % {"spent": selection.spent, "capacity": selection.capacity}
    return Picture(alt, max(1, selection.capacity, start), tuple(pieces))


def _entry(speech: Speech, entry: Chosen | PassedOver, numbered: Numbered) -> tuple[Words, Words, Words]:
    return _named(speech, entry.option, numbered), speech.figure(entry.cost), speech.figure(entry.supporters)


def _named(speech: Speech, option: str, numbered: Numbered) -> Words:
    number, found = numbered[option]
    title = (
        speech.foreign(found.title, found.lang) if found.title else Run(speech.language.gettext("Text not yet here"))
    )
    return Words(joined(f"{number}. ", title))


def _price(speech: Speech, price: Price | None) -> str:
    return minutes_and_seconds(Fraction(price.numerator, price.denominator), speech.language) if price else "–"


def _why(speech: Speech, entry: PassedOver) -> str:
    gettext = speech.language.gettext
    return {
        "no_supporters": gettext("nobody approved it"),
        "no_room": gettext("it did not fit into what was left"),
        "not_reached": gettext("the count had ended before its turn"),
        "not_paid_for": gettext("its supporters' shares did not suffice"),
    }[entry.why]


def _ranking(speech: Speech, ranking: Ranking, numbered: Numbered) -> Table:
    gettext = speech.language.gettext
    others = len(ranking.order) - 1
    rows = []
    for place, entry in enumerate(ranking.order, start=1):
        closest = f"{entry.narrowest.votes_for} : {entry.narrowest.votes_against}" if entry.narrowest else "–"
        won = gettext("%(won)d of %(all)d") % {"won": entry.wins, "all": others} if ranking.measure else "–"
        rows.append((speech.figure(place), _named(speech, entry.option, numbered), cell(won), cell(closest)))
    head = (gettext("Place"), gettext("Option"), gettext("Comparisons won"), gettext("Closest comparison"))
    return speech.table(gettext("Options in order"), head, rows, wide=1)


def _scores(speech: Speech, scores: ScoreTable, numbered: Numbered) -> Table:
    gettext = speech.language.gettext
    rows = []
    for place, entry in enumerate(scores.order, start=1):
        mean = decimal(entry.mean.fraction) if entry.mean else "–"
        agreement = f"{percent(entry.agreement.fraction)} %" if entry.agreement else "–"
        figures = (cell(mean), cell(agreement), speech.figure(entry.scorers))
        rows.append((speech.figure(place), _named(speech, entry.option, numbered), *figures))
    head = (gettext("Place"), gettext("Option"), gettext("Mean"), gettext("Agreement"), gettext("Scorers"))
    return speech.table(gettext("Options in order"), head, rows, wide=1)
