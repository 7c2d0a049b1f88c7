"""The paragraphs of silence and consensus, word by word."""

from consensus.ballots import Ballot, ChoiceBallot, Option, Question
from consensus.outcome import explain
from consensus.rules.consent import ConsensusSettings
from consensus.rules.counting import PositiveShare, Share
from consensus.rules.registry import RuleSettings, evaluate
from consensus.rules.silence import SilenceSettings

TEXT = Question(options=(Option(id="text"),))
ELECTORATE: dict[str, tuple[str, ...]] = dict.fromkeys("abcd", ())
BALLOTS: dict[str, Ballot] = {
    "a": ChoiceBallot(choice="yes"),
    "b": ChoiceBallot(choice="abstain"),
    "c": ChoiceBallot(choice="no", reason="Too early."),
}


def paragraph(settings: RuleSettings) -> str:
    return explain(evaluate(TEXT, settings, BALLOTS, ELECTORATE))


def test_a_broken_silence() -> None:
    assert paragraph(SilenceSettings()) == (
        "Silence was broken; nothing is rejected: the text goes to a vote. Of 4 entitled members 3 cast a ballot: "
        "1 in favour, 1 against, 1 abstaining. Objections that stand: 1, but at most 0 could. Members that object: c. "
        "Silence is consent, so no number of members had to take part."
    )


def test_a_missed_consensus() -> None:
    settings = ConsensusSettings(
        max_stand_asides=Share(numerator=1, denominator=4), quorum=PositiveShare(numerator=1, denominator=2)
    )
    assert paragraph(settings) == (
        "There is no consensus; nothing is rejected: the text goes to a vote. Of 4 entitled members 3 cast a ballot: "
        "1 in favour, 1 against, 1 abstaining. Abstaining members stood aside: they counted for the quorum and blocked "
        "nothing. The quorum was met: members who took part: 3; needed: 2. At least 2 of 4 entitled members had to be "
        "in favour, but only 1 were. Objections that stand: 1, but at most 0 could. At most 1 of 4 entitled members "
        "could stand aside, and 1 did. Members that object: c."
    )
