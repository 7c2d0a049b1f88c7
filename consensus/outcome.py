"""The result of a round and the reasons that lead to it, as data that a page or a person can read.

An outcome is the same on every node, so it holds integers, strings and booleans only. Each reason is a code with
parameters; SENTENCES words every code in English in one whole sentence, and pages translate those.
"""

from fractions import Fraction
from typing import Annotated, Final, Literal, Self

from pydantic import Field

from consensus.ballots import Id, Listed
from consensus.rules.sentences import SENTENCES
from consensus.ties import TieOrder
from protocol import limits
from protocol.model import Frozen, Natural

Status = Literal["adopted", "not_adopted", "no_quorum", "selected", "broken"]
"""Broken: no consent was given, and nothing is rejected; the text goes to a vote."""
ConditionCode = Literal[
    "quorum",
    "participation",
    "threshold",
    "ceiling_against",
    "minimum_in_favour",
    "constituency",
    "weight",
    "blocking_minority",
    "casting_vote",
    "objections",
    "support",
    "stand_asides",
]
How = Literal["shares", "raised-shares", "phragmen", "most-approved"]
"""What brought an option into a selection."""
Why = Literal["no_supporters", "no_room", "not_paid_for", "not_reached"]
"""What kept an option out of a selection."""
Whole = Annotated[int, Field(ge=-limits.SAFE_INTEGER_MAX, le=limits.SAFE_INTEGER_MAX)]

PRECISION: Final = 1_000_000
PAIRWISE_LISTED_MAX: Final = 12
TIED_LISTED_MAX: Final = 8
OBJECTORS_LISTED_MAX: Final = 100


class Tally(Frozen):
    """How many votes were counted, in heads or in weight."""

    entitled: Natural
    present: Natural
    """Members who cast a ballot or were recorded as present."""
    cast: Natural
    """Ballots of entitled members, valid or not."""
    valid: Natural
    in_favour: Natural
    """For approvals: ballots that approve at least one option."""
    against: Natural
    abstain: Natural
    base: Natural
    """What the share in favour was measured against."""


class ConstituencyTally(Frozen):
    """The tally of one constituency, in heads."""

    constituency: Id
    tally: Tally


class Condition(Frozen):
    """One condition that was examined: what there was, what was asked for, and how near it was."""

    code: ConditionCode
    constituency: Id | None
    have: Natural
    base: Natural
    bound: Natural
    """The least that meets the condition; for a ceiling, the most."""
    margin: Whole
    """How far have lies on the right side of bound; negative if it lies on the wrong one."""
    is_met: bool
    member: Id | None = None
    """Whose vote decided it, if it was one member's."""


class Uncounted(Frozen):
    """Ballots that weren't counted, for one reason."""

    code: str
    count: Natural


class Quotient(Frozen):
    """An exact fraction in lowest terms.

    If that needs integers over 2⁵³−1, it is rounded down to a millionth and is_exact is false. What decides is
    never rounded.
    """

    numerator: Natural
    denominator: Annotated[int, Field(ge=1, le=limits.SAFE_INTEGER_MAX)]
    is_exact: bool

    @classmethod
    def of(cls, value: Fraction) -> Self:
        """Return a fraction as an outcome can carry it."""
        if max(value.numerator, value.denominator) <= limits.SAFE_INTEGER_MAX:
            return cls(numerator=value.numerator, denominator=value.denominator, is_exact=True)
        rounded = Fraction(value.numerator * PRECISION // value.denominator, PRECISION)
        return cls(numerator=rounded.numerator, denominator=rounded.denominator, is_exact=False)

    @property
    def fraction(self) -> Fraction:
        """The fraction to count and compare with."""
        return Fraction(self.numerator, self.denominator)


class Price(Quotient):
    """What a voter paid or had been given, in the unit of the capacity."""


class Chosen(Frozen):
    """One selected option, and how it came in."""

    option: Id
    cost: Natural
    supporters: Natural
    price: Price | None
    """With shares, of each supporter who could pay in full; with Phragmén's rule, what every voter had been given when
    the option was taken; None where nobody pays (most approved)."""
    how: How
    tied: Natural
    """How many other options were level with it when it was taken."""
    tied_with: Listed[Id]
    """The first of those in tie order, at most eight."""


class PassedOver(Frozen):
    """One option that wasn't selected."""

    option: Id
    cost: Natural
    supporters: Natural
    why: Why


class Selection(Frozen):
    """What a prioritisation selected, in the order of selection."""

    capacity: Natural
    spent: Natural
    unspent: Natural
    raised: Natural = 0
    """By how many hundredths of the capacity the shares were raised, where a completion rule says so."""
    tie_order: TieOrder
    lot: str | None
    """The lot's seed in hexadecimal, if ties were broken by lot."""
    chair: Id | None = None
    """The member whose ballot broke ties; None if they break in another way or it has no ballot that counts."""
    chosen: Listed[Chosen]
    passed_over: Listed[PassedOver]
    """By number of supporters, then in tie order."""


class Duel(Frozen):
    """One option against another: how many ballots put either above the other."""

    other: Id
    votes_for: Natural
    votes_against: Natural


class Ranked(Frozen):
    """One option at its place in a ranking."""

    option: Id
    wins: Natural
    """How many other options more ballots put it above than below; zero where options aren't compared in pairs."""
    losses: Natural
    """How many other options more ballots put it below than above; zero where options aren't compared in pairs."""
    narrowest: Duel | None
    """The comparison whose two numbers lie closest; of several, the one with the best placed other. None where
    options aren't compared in pairs."""
    level: Natural
    """How many other options are neither ahead of it nor behind it. It is ahead of all others that stand after it."""
    level_with: Listed[Id]
    """The first of those in tie order, at most eight."""
    is_by_ties: bool
    """Whether the tie order alone put it before others that nothing put behind it."""


class Lead(Frozen):
    """By how much one option is ahead of another: the strength of its strongest path to it, and of the one back."""

    other: Id
    path: Natural
    back: Natural


class PairwiseRow(Frozen):
    """One option against the first options of a ranking, itself included with zeros, in the ranking's order."""

    option: Id
    votes: Listed[Natural]
    """How many ballots put it above each."""
    paths: Listed[Natural]
    """The strength of its strongest path to each."""


class Standing(Frozen):
    """One option's votes in a count."""

    option: Id
    votes: Quotient


class Runoff(Frozen):
    """One count of an instant run-off, and the option that it eliminated."""

    continuing: Natural
    """Ballots that still ranked an option that was left."""
    exhausted: Natural
    """Ballots that didn't any more."""
    standings: Listed[Standing]
    """The options that were left, most votes first; none while more than twelve were left."""
    leader: Standing
    eliminated: Standing
    tied: Natural
    """How many other options had as few votes."""
    tied_with: Listed[Id]
    """The first of those in tie order, at most eight."""


class Ranking(Frozen):
    """What a ranked round came to: every option in order."""

    winner: Id | None
    """None if no ballot ranks anything; there is no order then."""
    measure: Literal["winning-votes", "margins"] | None
    """What a comparison's strength was measured by; None for an instant run-off."""
    tie_order: TieOrder
    lot: str | None
    """The lot's seed in hexadecimal, if ties were broken by lot."""
    chair: Id | None = None
    """The member whose ballot broke ties; None if they break in another way or it has no ballot that counts."""
    order: Listed[Ranked]
    """Every option, the winner first. In an instant run-off the last eliminated first."""
    lead: Lead | None
    """The winner's lead over the option that is nearest to it by paths; None for an instant run-off."""
    pairwise: Listed[PairwiseRow]
    """The first options of the order against each other, at most twelve."""
    runoffs: Listed[Runoff]


class CriterionScore(Frozen):
    """What one option was given on one criterion."""

    criterion: Id
    scorers: Natural
    mean: Quotient | None
    """None without scorers."""
    agreement: Quotient | None
    """The share of the scorers who gave the most common score."""


class Scored(Frozen):
    """One option with its scores."""

    option: Id
    mean: Quotient | None
    """The weighted mean of the criteria's means; None if some criterion has too few scorers."""
    scorers: Natural
    """Members who scored it on at least one criterion."""
    criteria: Listed[CriterionScore]
    agreement: Quotient | None
    """The mean of the criteria's agreements, each criterion counting alike; None if some criterion has no scorers."""
    tied: Natural
    """How many other options have the same mean."""
    tied_with: Listed[Id]
    """The first of those in tie order, at most eight."""


class Weight(Frozen):
    """A criterion with its weight."""

    criterion: Id
    weight: Natural


class ScoreTable(Frozen):
    """What a score round came to."""

    maximum: Natural
    least_scorers: Natural
    weights: Listed[Weight]
    tie_order: TieOrder
    lot: str | None
    """The lot's seed in hexadecimal, if ties were broken by lot."""
    chair: Id | None = None
    """The member whose ballot broke ties; None if they break in another way or it has no ballot that counts."""
    order: Listed[Scored]
    """The options that enough members scored, the greatest mean first."""
    too_few: Listed[Scored]
    """The others, in the question's order."""
    agreement: Quotient | None
    """The mean of the agreements of the options in order; None without any."""


class Reason(Frozen):
    """One step of the explanation: a code of SENTENCES and the parameters of its sentence."""

    code: str
    parameters: dict[str, int | str]


class Outcome(Frozen):
    """The result of a round with everything that led to it."""

    rule: str
    status: Status
    counts: Tally
    """In heads."""
    weights: Tally | None
    """In weight, where the rule has weights."""
    quorum_present: Natural
    quorum_needed: Natural
    needed: Natural
    """Votes in favour that the rule's threshold asked for; zero for a selection."""
    margin: Whole
    """Votes in favour beyond those needed; negative if they fell short; zero for a selection."""
    conditions: Listed[Condition]
    constituencies: Listed[ConstituencyTally]
    uncounted: Listed[Uncounted]
    selection: Selection | None
    ranking: Ranking | None = None
    scores: ScoreTable | None = None
    reasons: Listed[Reason]
    objectors: Listed[Id] = ()
    """Members whose objections stand under silence or consensus, ascending, the first hundred."""
    objections: Natural = 0
    """How many objections stand."""
    proxies: Natural = 0
    """How many of the votes were cast by another member, by proxy."""


def reason(code: str, **parameters: int | str) -> Reason:
    """Return a reason with its parameters."""
    return Reason(code=code, parameters=parameters)


def word(step: Reason) -> str:
    """Return the English sentence of one reason."""
    return SENTENCES[step.code].format(**step.parameters)


def explain(outcome: Outcome) -> str:
    """Return one English paragraph: what was counted, what was needed, what decided, and how near it was."""
    return " ".join(word(step) for step in outcome.reasons)
