"""What other rules would have made of a certified round, and whether that would have been fair to groups.

Computed from the round's roll call in a thread of its own and remembered, because certified rounds never change.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from consensus import ballots as answers
from consensus.ballots import ApprovalBallot, Fault
from consensus.comparison import Compared, compare, fairness_of, weighed
from consensus.fairness.certificate import Certificate
from consensus.outcome import Outcome
from consensus.rules.counting import Ballots, Circumstances, Electorate
from consensus.rules.registry import RULES, RuleSettings, parse_settings
from protocol import canonical
from web.heard import Heard, who_was_heard
from web.ports import MemberView, RoundView

_REMEMBERED_MAX = 64
_TRIED_MAX = 256
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Ballotage:
    """What any rule counts: a certified round's question, ballots and members."""

    question: answers.Question
    ballots: Ballots
    electorate: Electorate
    circumstances: Circumstances


@dataclass(frozen=True, slots=True)
class SideBySide:
    """A certified round weighed: who was heard, what it owed to groups, and what other rules would have given."""

    heard: Heard | None
    certificate: Certificate | None
    compared: tuple[Compared, ...]


class Comparisons:
    """Weighs certified rounds off the event loop, each once."""

    def __init__(self) -> None:
        self._weighed: _Remembered[SideBySide] = _Remembered(_REMEMBERED_MAX)
        self._tried: _Remembered[Compared] = _Remembered(_TRIED_MAX)

    async def of(self, found: RoundView, outcome: Outcome, members: Sequence[MemberView]) -> SideBySide:
        """Return a certified round weighed."""
        return await self._weighed.get(found.summary.id, lambda: side_by_side(found, outcome, members))

    async def tried(self, found: RoundView, settings: RuleSettings, members: Sequence[MemberView]) -> Compared:
        """Return what these settings would have given in a certified round; they have no fault on its question."""
        key = found.summary.id + canonical.encode(settings.model_dump(mode="json")).decode()

        def count() -> Compared:
            asked = ballotage(found, members)
            return weighed(asked.question, settings, asked.ballots, asked.electorate, asked.circumstances)

        return await self._tried.get(key, count)


class _Remembered(Generic[_T]):
    """Results by key, the latest few, each computed once in a thread however many wait for it."""

    def __init__(self, kept_max: int) -> None:
        self._kept_max = kept_max
        self._known: OrderedDict[str, asyncio.Future[_T]] = OrderedDict()

    async def get(self, key: str, compute: Callable[[], _T]) -> _T:
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = asyncio.ensure_future(asyncio.to_thread(compute))
            if len(self._known) > self._kept_max:
                self._known.popitem(last=False)
        try:
            return await asyncio.shield(known)
        except Exception:
            self._known.pop(key, None)
            raise


def ballotage(found: RoundView, members: Sequence[MemberView]) -> Ballotage:
    """Return what a rule would count in a certified round."""
    asked = found.spec.question
    question = answers.Question(
        options=tuple(answers.Option(id=option.id, cost=option.minutes) for option in asked.options),
        capacity=asked.capacity_minutes,
    )
    ballots: dict[str, answers.Ballot | Fault] = {ballot.member: ballot.content for ballot in found.roll_call}
    ballots |= {member: Fault("not_a_ballot", "It holds nothing that can be read.") for member in found.unreadable}
    electorate = {member.id: member.constituencies for member in members}
    return Ballotage(question, ballots, electorate, Circumstances(lot=bytes.fromhex(found.lot) if found.lot else None))


def rule_of(found: RoundView) -> RuleSettings | None:
    """Return the settings of a round's rule, or None if this node doesn't know it."""
    settings = parse_settings(found.spec.rule)
    return None if isinstance(settings, Fault) else settings


def side_by_side(found: RoundView, outcome: Outcome, members: Sequence[MemberView]) -> SideBySide:
    """Return a certified round weighed; there is nothing to weigh in a vote on one text or without a quorum."""
    actual = rule_of(found)
    form = RULES[actual.rule].ballot_form if actual else ""
    if actual is None or form == "choice" or outcome.status == "no_quorum":
        return SideBySide(None, None, ())
    asked = ballotage(found, members)
    compared = compare(
        asked.question, asked.ballots, asked.electorate, asked.circumstances, ballot_form=form, like=actual
    )
    certificate = fairness_of(asked.question, asked.ballots, asked.electorate, outcome)
    others = tuple(entry for entry in compared if _is_another(entry.settings, actual, form))
    beside = (Compared(actual, outcome, certificate), *others) if others else ()
    plain = next((entry.outcome for entry in compared if entry.settings.rule == "approval"), None)
    if certificate is None or plain is None:
        return SideBySide(None, None, beside)
    approvals = {member: ballot for member, ballot in asked.ballots.items() if isinstance(ballot, ApprovalBallot)}
    return SideBySide(who_was_heard(found, outcome, plain, approvals, members), certificate, beside)


def _is_another(settings: RuleSettings, actual: RuleSettings, form: str) -> bool:
    """Whether settings are worth a column beside the actual ones: of approvals each variant, else each other rule."""
    return settings != actual if form == "approval" else settings.rule != actual.rule
