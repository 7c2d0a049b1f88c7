"""What comes out of a scenario, in words: outcomes with who was counted and who not, stages, acts without effect."""

import textwrap
from collections import defaultdict
from fractions import Fraction
from typing import Final

from consensus.ballots import (
    ApprovalBallot,
    Ballot,
    ChoiceBallot,
    Fault,
    ProxyBallot,
    RankedBallot,
    ScoreBallot,
    parse_ballot,
)
from consensus.outcome import Outcome, Quotient, Selection, explain
from consensus.proposal_state import Step
from consensus.rules import registry
from consensus.rules.counting import Circumstances
from consensus.rulings import question_of, round_lot
from protocol.events import rounds as events
from tests.support.scenario_rounds import Round, Rounds
from tests.support.scenario_world import World
from web.course_words import void_words
from web.i18n import load_languages

WIDTH: Final = 108
_UNASKED: Final = frozenset({"long-term agenda", "publish"})
"""What befalls every proposal and is no news where it changes nothing."""
_ENGLISH: Final = load_languages("en").default


def wrapped(text: str, indent: str = "  ", hanging: str = "") -> list[str]:
    """Return a paragraph in lines that fit a screen, each behind the indent, all but the first further in."""
    further = indent + hanging
    return textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=further, break_on_hyphens=False)


def stage_lines(world: World) -> list[str]:
    """Return what became of every proposal since the last time it was asked."""
    return [line for title, before, step in world.news() if (line := _step_line(title, before, step))]


def _step_line(title: str, before: str, step: Step) -> str | None:
    by = "" if step.by is None else f" by {step.by}"
    if step.void == "stage" and step.act in _UNASKED:
        return None
    if step.void is not None:
        return f"'{title}': {step.act}{by} has no effect: {void_words(_ENGLISH, step.void)}"
    if step.stage == before:
        return None
    return f"'{title}': {before} → {step.stage} ({step.act}{by})" if before else f"'{title}': {step.stage}{by}"


def outcome_lines(rounds: Rounds, round_: Round) -> list[str]:
    """Return a closed round's outcome."""
    outcome = round_.outcome
    assert outcome is not None
    return [
        *wrapped(f"{round_.name} closes: {outcome.status.replace('_', ' ')}", "", "  "),
        *wrapped(explain(outcome)),
        *order_lines(outcome),
        *counted_lines(rounds, round_),
    ]


def order_lines(outcome: Outcome) -> list[str]:
    """Return the options in the order that an outcome gives them, if it gives one."""
    if outcome.selection is not None:
        return _selection_lines(outcome.selection)
    if outcome.ranking is not None:
        return wrapped(f"order: {', '.join(each.option for each in outcome.ranking.order) or 'none'}", hanging="  ")
    if outcome.scores is not None:
        scored = [
            f"{each.option} {_quotient(each.mean)} (agreement {_quotient(each.agreement)})"
            for each in outcome.scores.order
        ]
        return wrapped(f"order: {', '.join(scored) or 'none'}", hanging="  ")
    return []


def _selection_lines(selection: Selection) -> list[str]:
    chosen = [f"{each.option} ({each.cost} minutes, {each.how})" for each in selection.chosen]
    left = [f"{each.option} ({each.cost} minutes, {each.why.replace('_', ' ')})" for each in selection.passed_over]
    lines = wrapped(f"selected: {', '.join(chosen) or 'nothing'}", hanging="  ")
    return lines + (wrapped(f"passed over: {', '.join(left)}", hanging="  ") if left else [])


def _quotient(value: Quotient | None) -> str:
    return "none" if value is None else str(Fraction(value.numerator, value.denominator))


def counted_lines(rounds: Rounds, round_: Round) -> list[str]:
    """Return who was counted with what, and who was not and why."""
    assert round_.count is not None
    assert round_.resolution is not None
    reasons = _uncounted(rounds, round_)
    counted: defaultdict[str, list[str]] = defaultdict(list)
    for member, ballot in sorted(round_.resolution.ballots.items()):
        if member not in reasons:
            holder = round_.resolution.holders.get(member)
            counted[_content(ballot)].append(member if holder is None else f"{member} (by {holder})")
    lines = [f"counted {words}: {', '.join(those)}" for words, those in counted.items()]
    lines += [f"not counted {member}: {why}" for member, why in sorted(reasons.items())]
    return [part for line in lines for part in wrapped(line, hanging="  ")]


def _uncounted(rounds: Rounds, round_: Round) -> dict[str, str]:
    """Return why a member that sent a ballot has none that counts."""
    assert round_.count is not None
    assert round_.resolution is not None
    reasons = {member: code.replace("_", " ") for member, code in round_.resolution.uncounted.items()}
    for ballot in round_.ballots:
        member = ballot.event.member
        if member in round_.count.void:
            reasons[member] = "void: no single ballot is the one that counts"
        elif member not in round_.count.counted:
            reasons[member] = _why_not_included(rounds, round_, ballot.id, ballot.event.time)
        elif ballot.id == round_.count.counted[member].id and member not in reasons:
            fault = _fault(rounds, round_, member)
            if fault:
                reasons[member] = fault
            elif _is_withdrawn(ballot.event.body):
                reasons[member] = "took its vote back and cast none"
    return reasons


def _why_not_included(rounds: Rounds, round_: Round, ballot: str, time: int) -> str:
    if time > round_.spec.closes:
        return "late: it was sent after the deadline"
    sealed = sum(ballot in round_.boxes[teller].mine for teller in round_.seals)
    return f"late: tellers that sealed it: {sealed}; needed: {rounds.quorum.inclusion}"


def _fault(rounds: Rounds, round_: Round, member: str) -> str | None:
    """Return the code for which the rule leaves a ballot out, by counting it alone."""
    assert round_.count is not None
    assert round_.resolution is not None
    ballot = round_.resolution.ballots.get(member)
    question, settings = question_of(round_.spec.question), registry.parse_settings(round_.spec.rule)
    assert not isinstance(question, Fault)
    assert not isinstance(settings, Fault)
    if ballot is None:
        return None
    around = Circumstances(lot=round_lot(round_.id, round_.seals.values()))
    alone = registry.evaluate(question, settings, {member: ballot}, rounds.world.rulings.electorate, around)
    return alone.uncounted[0].code.replace("_", " ") if alone.uncounted else None


def _is_withdrawn(body: object) -> bool:
    if not isinstance(body, events.Ballot):
        return False
    content = parse_ballot(body.content)
    return isinstance(content, ProxyBallot) and content.holder is None


def _content(ballot: Ballot | Fault) -> str:
    match ballot:
        case ChoiceBallot():
            return ballot.choice if ballot.reason is None else f"{ballot.choice} ('{ballot.reason}')"
        case ApprovalBallot():
            return f"for {' + '.join(ballot.approves) or 'nothing'}"
        case RankedBallot():
            return f"for {' > '.join(' = '.join(tier) for tier in ballot.tiers) or 'nothing'}"
        case ScoreBallot():
            return "with scores"
        case _:
            return "unreadable"
