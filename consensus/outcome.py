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
from protocol.model import Described, Natural

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


class Tally(Described):
    """How many votes were counted, in heads or in weight."""

    entitled: Natural
    """Members who may vote."""
    present: Natural
    """Members who cast a ballot or were recorded as present."""
    cast: Natural
    """Ballots of entitled members, valid or not."""
    valid: Natural
    """Ballots that could be read and answer the question."""
    in_favour: Natural
    """For approvals: ballots that approve at least one option."""
    against: Natural
    """Votes against."""
    abstain: Natural
    """Abstentions."""
    base: Natural
    """What the share in favour was measured against."""


class ConstituencyTally(Described):
    """The tally of one constituency, in heads."""

    constituency: Id
    """Id of the constituency."""
    tally: Tally
    """What its members voted."""


class Condition(Described):
    """One condition that was examined: what there was, what was asked for, and how near it was."""

    code: ConditionCode
    """Which condition it is."""
    constituency: Id | None
    """The constituency that it was asked of, or null for all members."""
    have: Natural
    """What there was."""
    base: Natural
    """What it was measured against."""
    bound: Natural
    """The least that meets the condition; for a ceiling, the most."""
    margin: Whole
    """How far have lies on the right side of bound; negative if it lies on the wrong one."""
    is_met: bool
    """Whether it was met."""
    member: Id | None = None
    """Whose vote decided it, if it was one member's."""


class Uncounted(Described):
    """Ballots that weren't counted, for one reason."""

    code: str
    """Why they were not counted."""
    count: Natural
    """How many they are."""


class Quotient(Described):
    """An exact fraction in lowest terms.

    If that needs integers over 2⁵³−1, it is rounded down to a millionth and is_exact is false. What decides is
    never rounded.
    """

    numerator: Natural
    """Above the line."""
    denominator: Annotated[int, Field(ge=1, le=limits.SAFE_INTEGER_MAX)]
    """Below the line."""
    is_exact: bool
    """Whether it is the fraction itself."""

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


class Chosen(Described):
    """One selected option, and how it came in."""

    option: Id
    """Id of the option."""
    cost: Natural
    """What it takes of the capacity."""
    supporters: Natural
    """Ballots that support it."""
    price: Price | None
    """With shares, of each supporter who could pay in full; with Phragmén's rule, what every voter had been given when
    the option was taken; None where nobody pays (most approved)."""
    how: How
    """What brought it in."""
    tied: Natural
    """How many other options were level with it when it was taken."""
    tied_with: Listed[Id]
    """The first of those in tie order, at most eight."""


class PassedOver(Described):
    """One option that wasn't selected."""

    option: Id
    """Id of the option."""
    cost: Natural
    """What it would have taken of the capacity."""
    supporters: Natural
    """Ballots that support it."""
    why: Why
    """What kept it out."""


class Selection(Described):
    """What a prioritisation selected, in the order of selection."""

    capacity: Natural
    """How much there was to spend."""
    spent: Natural
    """How much the chosen options take."""
    unspent: Natural
    """How much is left."""
    raised: Natural = 0
    """By how many hundredths of the capacity the shares were raised, where a completion rule says so."""
    tie_order: TieOrder
    """How ties were broken."""
    lot: str | None
    """The lot's seed in hexadecimal, if ties were broken by lot."""
    chair: Id | None = None
    """The member whose ballot broke ties; None if they break in another way or it has no ballot that counts."""
    chosen: Listed[Chosen]
    """The options that came in."""
    passed_over: Listed[PassedOver]
    """By number of supporters, then in tie order."""


class Duel(Described):
    """One option against another: how many ballots put either above the other."""

    other: Id
    """Id of the other option."""
    votes_for: Natural
    """Ballots that put this option above the other."""
    votes_against: Natural
    """Ballots that put the other above this option."""


class Ranked(Described):
    """One option at its place in a ranking."""

    option: Id
    """Id of the option."""
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


class Lead(Described):
    """By how much one option is ahead of another: the strength of its strongest path to it, and of the one back."""

    other: Id
    """Id of the other option."""
    path: Natural
    """Strength of the strongest path to the other."""
    back: Natural
    """Strength of the strongest path back."""


class PairwiseRow(Described):
    """One option against the first options of a ranking, itself included with zeros, in the ranking's order."""

    option: Id
    """Id of the option."""
    votes: Listed[Natural]
    """How many ballots put it above each."""
    paths: Listed[Natural]
    """The strength of its strongest path to each."""


class Standing(Described):
    """One option's votes in a count."""

    option: Id
    """Id of the option."""
    votes: Quotient
    """Its votes."""


class Runoff(Described):
    """One count of an instant run-off, and the option that it eliminated."""

    continuing: Natural
    """Ballots that still ranked an option that was left."""
    exhausted: Natural
    """Ballots that didn't any more."""
    standings: Listed[Standing]
    """The options that were left, most votes first; none while more than twelve were left."""
    leader: Standing
    """The option with most votes."""
    eliminated: Standing
    """The option that was taken out."""
    tied: Natural
    """How many other options had as few votes."""
    tied_with: Listed[Id]
    """The first of those in tie order, at most eight."""


class Ranking(Described):
    """What a ranked round came to: every option in order."""

    winner: Id | None
    """None if no ballot ranks anything; there is no order then."""
    measure: Literal["winning-votes", "margins"] | None
    """What a comparison's strength was measured by; None for an instant run-off."""
    tie_order: TieOrder
    """How ties were broken."""
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
    """The counts of an instant run-off, the first one first; none for other rules."""


class CriterionScore(Described):
    """What one option was given on one criterion."""

    criterion: Id
    """Id of the criterion."""
    scorers: Natural
    """Members who scored the option on it."""
    mean: Quotient | None
    """None without scorers."""
    agreement: Quotient | None
    """The share of the scorers who gave the most common score."""


class Scored(Described):
    """One option with its scores."""

    option: Id
    """Id of the option."""
    mean: Quotient | None
    """The weighted mean of the criteria's means; None if some criterion has too few scorers."""
    scorers: Natural
    """Members who scored it on at least one criterion."""
    criteria: Listed[CriterionScore]
    """Its scores on each criterion."""
    agreement: Quotient | None
    """The mean of the criteria's agreements, each criterion counting alike; None if some criterion has no scorers."""
    tied: Natural
    """How many other options have the same mean."""
    tied_with: Listed[Id]
    """The first of those in tie order, at most eight."""


class Weight(Described):
    """A criterion with its weight."""

    criterion: Id
    """Id of the criterion."""
    weight: Natural
    """How much it counts beside the others."""


class ScoreTable(Described):
    """What a score round came to."""

    maximum: Natural
    """The greatest score."""
    least_scorers: Natural
    """How many members have to score an option for it to be placed."""
    weights: Listed[Weight]
    """The criteria."""
    tie_order: TieOrder
    """How ties were broken."""
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


class Reason(Described):
    """One step of the explanation: a code of SENTENCES and the parameters of its sentence."""

    code: str
    """Which sentence it is."""
    parameters: dict[str, int | str]
    """What the sentence names."""


class Outcome(Described):
    """The result of a round with everything that led to it."""

    rule: str
    """Name of the rule that decided."""
    status: Status
    """What came out."""
    counts: Tally
    """In heads."""
    weights: Tally | None
    """In weight, where the rule has weights."""
    quorum_present: Natural
    """Members who were present for the quorum."""
    quorum_needed: Natural
    """Members who had to be."""
    needed: Natural
    """Votes in favour that the rule's threshold asked for; zero for a selection."""
    margin: Whole
    """Votes in favour beyond those needed; negative if they fell short; zero for a selection."""
    conditions: Listed[Condition]
    """Every condition that was examined."""
    constituencies: Listed[ConstituencyTally]
    """The tally of each constituency."""
    uncounted: Listed[Uncounted]
    """Ballots that were not counted."""
    selection: Selection | None
    """What a prioritisation selected; null for other rules."""
    ranking: Ranking | None = None
    """What a ranked round came to; null for other rules."""
    scores: ScoreTable | None = None
    """What a score round came to; null for other rules."""
    reasons: Listed[Reason]
    """The steps that lead to the result, in order."""
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
