"""What a node refuses its own member before a ballot is signed."""

import pytest
from pydantic import JsonValue

from consensus.ballots import ApprovalBallot, Ballot, ChoiceBallot, ProxyBallot
from consensus.rulings import Rulings
from node.casting import check_ballot
from protocol.ids import MemberId
from tests.support.builders import SIMPLE_MAJORITY, build_federation, round_spec
from web.ports import Refused

FEDERATION = build_federation(members=3)
ME, OTHER = (FEDERATION.member(index).id for index in (0, 1))
RULINGS = Rulings(FEDERATION.id, FEDERATION.charter, {}, {}, {})
APPROVALS: dict[str, JsonValue] = {"rule": "approval"}


def refused(
    content: Ballot, rule: dict[str, JsonValue], *, member: MemberId = ME, proxies: int = 1, has_ballot: bool = False
) -> str:
    """The code with which a ballot is refused, or nothing."""
    spec = round_spec(track="short", rule=rule).model_copy(update={"proxies_per_holder": proxies})
    try:
        check_ballot(RULINGS, spec, member, content, has_ballot=has_ballot)
    except Refused as error:
        return error.code
    return ""


@pytest.mark.parametrize(
    ("content", "rule", "code"),
    [
        (ChoiceBallot(choice="yes"), SIMPLE_MAJORITY, ""),
        (ChoiceBallot(choice="no"), SIMPLE_MAJORITY, ""),
        (ChoiceBallot(choice="no"), {**SIMPLE_MAJORITY, "reasons_required": True}, "reason-missing"),
        (ChoiceBallot(choice="no", reason=" "), {"rule": "silence"}, "reason-missing"),
        (ChoiceBallot(choice="no"), {"rule": "silence", "reasons_required": False}, ""),
        (ChoiceBallot(choice="no"), {"rule": "consensus"}, "reason-missing"),
        (ChoiceBallot(choice="no", reason="Early."), {"rule": "consensus"}, ""),
        (ChoiceBallot(choice="abstain"), {"rule": "consensus"}, ""),
        (ApprovalBallot(approves=("option-0",)), SIMPLE_MAJORITY, "wrong-form"),
        (ApprovalBallot(approves=("option-0",)), APPROVALS, ""),
        (ApprovalBallot(approves=("option-9",)), APPROVALS, "unknown-option"),
        (ChoiceBallot(choice="yes"), {"rule": "coin"}, "rule-impossible"),
    ],
)
def test_an_answer(content: Ballot, rule: dict[str, JsonValue], code: str) -> None:
    assert refused(content, rule) == code


@pytest.mark.parametrize(
    ("holder", "proxies", "has_ballot", "code"),
    [
        (OTHER, 1, False, ""),
        (OTHER, 0, False, "no-proxies"),
        (ME, 1, False, "proxy-to-itself"),
        ("stranger", 1, False, "proxy-to-stranger"),
        (None, 1, False, "nothing-to-withdraw"),
        (None, 1, True, ""),
        (None, 0, True, "no-proxies"),
    ],
)
def test_a_proxy(holder: str | None, proxies: int, has_ballot: bool, code: str) -> None:
    content = ProxyBallot(holder=holder)
    assert refused(content, SIMPLE_MAJORITY, proxies=proxies, has_ballot=has_ballot) == code


def test_a_member_that_is_not_on_the_rounds_roll_neither_votes_nor_gives_its_vote_away() -> None:
    for content in (ChoiceBallot(choice="yes"), ProxyBallot(holder=ME)):
        assert refused(content, SIMPLE_MAJORITY, member=MemberId("stranger")) == "not-entitled"
