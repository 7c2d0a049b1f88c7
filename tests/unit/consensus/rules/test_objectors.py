"""Who objects, and to how many texts consent can be asked for."""

from consensus.ballots import Option, Question
from consensus.rules.choices import Vote
from consensus.rules.objectors import objectors_of, text_faults


def test_only_votes_against_are_objections() -> None:
    votes: dict[str, Vote] = {"z": "against", "b": "in_favour", "c": "spoiled", "a": "against", "d": "absent"}
    assert objectors_of(votes) == ("a", "z")


def test_consent_is_given_to_one_text() -> None:
    assert text_faults(Question(options=(Option(id="a"),))) == []
    assert [fault.code for fault in text_faults(Question(options=(Option(id="a"), Option(id="b"))))] == ["one_option"]
