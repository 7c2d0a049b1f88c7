"""Every reason has one whole sentence, every sentence can come out, and each fits its parameters."""

import random
import string

from consensus.ballots import (
    ApprovalBallot,
    Ballot,
    ChoiceBallot,
    Fault,
    Option,
    ProxyBallot,
    Question,
    RankedBallot,
    ScoreBallot,
)
from consensus.outcome import OBJECTORS_LISTED_MAX, Reason, word
from consensus.rules import named
from consensus.rules.consent import ConsensusSettings
from consensus.rules.counting import Ballots, Circumstances, PositiveShare
from consensus.rules.proportional import ApprovalSettings, EqualSharesSettings, PhragmenSettings
from consensus.rules.ranked import RunoffSettings, SchulzeSettings
from consensus.rules.registry import RULES, RuleSettings, evaluate
from consensus.rules.score import Criterion, ScoreSettings
from consensus.rules.sentences import SENTENCES
from consensus.rules.silence import SilenceSettings
from consensus.rules.threshold import MemberWeight, ThresholdSettings

MEMBERS = tuple(f"m{number}" for number in range(7))
ELECTORATE = {member: ("north",) if number < 3 else ("south",) for number, member in enumerate(MEMBERS)}
SCORED = (Criterion(id="equity"), Criterion(id="impact", weight=2))
ASKED = ((), ("equity",), ("equity", "impact"), ("equity", "impact"), ("beauty",))
TEXT = Question(options=(Option(id="text"),))
TOPICS = Question(
    options=tuple(Option(id=name, cost=cost) for name, cost in zip("abcd", (4, 4, 6, 9), strict=True)), capacity=10
)


def settings_to_try() -> list[RuleSettings]:
    half = PositiveShare(numerator=1, denominator=2)
    third = PositiveShare(numerator=1, denominator=3)
    enquiry = named.standards_enquiry(half)
    weights = tuple(MemberWeight(member=member, weight=1 + 9 * (member == "m0")) for member in MEMBERS)
    bases = [
        ThresholdSettings.model_validate({**enquiry.model_dump(), "base": base})
        for base in ("cast", "valid", "yes+no", "present", "entitled")
    ]
    return [
        *bases,
        named.majority_of_members_present(),
        named.double_majority(weights),
        named.concurrent_majorities(named.simple_majority(), ("north", "south")),
        named.simple_majority().model_copy(update={"min_in_favour": 3}),
        SilenceSettings(objections_to_break=2),
        ConsensusSettings(support=third, max_stand_asides=third, quorum=third),
        ApprovalSettings(ties="chair", chair="m2"),
        RunoffSettings(ties="chair", chair="m2"),
        EqualSharesSettings(quorum=half),
        EqualSharesSettings(completion=(), ties="id"),
        EqualSharesSettings(completion=("raised-shares", "phragmen")),
        PhragmenSettings(completion=()),
        ApprovalSettings(ties="lot"),
        SchulzeSettings(quorum=half),
        SchulzeSettings(measure="margins", ties="id"),
        RunoffSettings(ties="lot"),
        ScoreSettings(criteria=SCORED, maximum=3, least_scorers=2),
        ScoreSettings(criteria=SCORED[:1], maximum=2, quorum=half),
    ]


def random_ballot(rng: random.Random, of_form: str) -> Ballot | Fault:
    if rng.random() < 0.05:
        return Fault("not_a_ballot", "form")
    if rng.random() < 0.2:
        return ProxyBallot(holder=rng.choice([*MEMBERS, "m0", "m0", "stranger", None]))
    if of_form == "ranked":
        return RankedBallot(tiers=tuple((name,) for name in rng.sample("abcdz", rng.choice((0, 1, 1, 2, 4)))))
    if of_form == "score":
        return ScoreBallot(scores={name: {rng.choice("abcdz"): rng.randint(0, 3)} for name in rng.choice(ASKED)})
    if (rng.random() < 0.95) == (of_form == "approval"):
        return ApprovalBallot(approves=tuple(sorted(rng.sample("abcdz", rng.choice((0, 1, 1, 2))))))
    return ChoiceBallot.model_validate(
        {"choice": rng.choice(["yes", "yes", "no", "abstain"]), "reason": rng.choice(["Costs.", None])}
    )


def reasons_of_many_rounds() -> list[Reason]:
    rng = random.Random(7)
    reasons: list[Reason] = []
    for settings in settings_to_try() * 120:
        form = RULES[settings.rule].ballot_form
        is_text = form == "choice"
        voters = rng.sample([*MEMBERS, "stranger"], rng.randint(0, 8))
        ballots: Ballots = {member: random_ballot(rng, form) for member in voters}
        question = TEXT if is_text else TOPICS
        circumstances = Circumstances(lot=b"seed", proxies_per_holder=rng.choice((0, 1, 1, 2)))
        reasons += evaluate(question, settings, ballots, ELECTORATE, circumstances).reasons
    return reasons + reasons_of_a_great_round() + reasons_of_level_votes() + reasons_of_an_early_end()


def reasons_of_a_great_round() -> list[Reason]:
    """More members object than an outcome lists."""
    members = [f"m{number}" for number in range(OBJECTORS_LISTED_MAX + 1)]
    ballots: Ballots = {member: ChoiceBallot(choice="no", reason="No.") for member in members}
    return list(evaluate(TEXT, SilenceSettings(), ballots, dict.fromkeys(members, ())).reasons)


def reasons_of_level_votes() -> list[Reason]:
    """One vote for and one against, and one of the two decides."""
    settings = named.simple_majority().model_copy(update={"casting_vote": "m1"})
    yes, no = ChoiceBallot(choice="yes"), ChoiceBallot(choice="no")
    rounds: list[Ballots] = [{"m0": yes, "m1": no}, {"m0": no, "m1": yes}]
    return [step for ballots in rounds for step in evaluate(TEXT, settings, ballots, ELECTORATE).reasons]


def reasons_of_an_early_end() -> list[Reason]:
    """The supporters of a topic that doesn't fit are ready before those of one that would."""
    letters = {"m0": "ac", "m1": "ac", "m2": "ac", "m3": "cd", "m4": "d", "m5": "d", "m6": "d"}
    ballots: Ballots = {member: ApprovalBallot(approves=tuple(those)) for member, those in letters.items()}
    return list(evaluate(TOPICS, PhragmenSettings(completion=()), ballots, ELECTORATE).reasons)


def test_every_sentence_comes_out_and_takes_exactly_its_parameters() -> None:
    seen: dict[str, set[str]] = {}
    for step in reasons_of_many_rounds():
        seen.setdefault(step.code, set(step.parameters))
        assert "{" not in word(step)
    assert set(seen) == set(SENTENCES)
    for code, parameters in seen.items():
        asked = {name for _, name, _, _ in string.Formatter().parse(SENTENCES[code]) if name}
        assert asked <= parameters, code


def test_each_sentence_is_whole() -> None:
    for sentence in SENTENCES.values():
        assert sentence[0].isupper()
        assert sentence.endswith(".")
