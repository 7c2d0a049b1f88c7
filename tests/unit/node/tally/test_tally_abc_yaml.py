"""abcvoting's .abc.yaml files: what is taken, and each thing that is wrong with one with its line."""

from pathlib import Path

import pytest
from abcvoting.fileio import read_abcvoting_yaml_file, write_abcvoting_instance_to_yaml_file
from abcvoting.preferences import Profile

from consensus.ballots import ApprovalBallot
from node.tally.abc_yaml import parse_abc_yaml
from node.tally.case import Case
from node.tally.faults import FormatError

VECTORS = Path(__file__).parents[3] / "vectors" / "tally"
BOARD = (VECTORS / "board.abc.yaml").read_text("utf-8")


def parsed(text: str, capacity: int | None = None) -> Case:
    return parse_abc_yaml(text.encode(), capacity)


def approvals(case: Case) -> list[set[int]]:
    return [set(map(int, ballot.approves)) for ballot in case.ballots.values() if isinstance(ballot, ApprovalBallot)]


def test_lists_and_sets_over_several_lines() -> None:
    case = parsed(BOARD)
    assert approvals(case) == [{0, 1, 2, 3}] * 6 + [{4, 5}] * 4
    assert (len(case.question.options), case.question.capacity, case.form) == (6, 3, "approval")
    assert {option.cost for option in case.question.options} == {1}


def test_one_dash_a_voter_comments_and_weights() -> None:
    case = parsed((VECTORS / "board-dashes.abc.yaml").read_text("utf-8"))
    assert approvals(case) == [{0, 1}, {0, 1}, {2}, set()]
    assert len(case.question.options) == 3


def test_it_is_what_the_reference_reader_takes() -> None:
    profile, committeesize, _, _ = read_abcvoting_yaml_file(str(VECTORS / "board.abc.yaml"))
    assert approvals(parsed(BOARD)) == [set(voter.approved) for voter in profile]
    assert parsed(BOARD).question.capacity == committeesize


def test_what_the_reference_writer_writes_is_taken(tmp_path: Path) -> None:
    profile = Profile(40)
    profile.add_voters([{number % 40, (number * 7) % 40, (number * 3 + 1) % 40} for number in range(60)])
    path = tmp_path / "written.abc.yaml"
    compute = [{"rule_id": "av", "result": [{1, 2}, {3, 4}]}, {"rule_id": "seqpav"}]
    write_abcvoting_instance_to_yaml_file(str(path), profile, 2, compute, "Sixty voters: each with up to three")
    assert approvals(parsed(path.read_text("utf-8"))) == [set(voter.approved) for voter in profile]


def test_a_capacity_takes_the_place_of_the_committee_size() -> None:
    assert parsed(BOARD, 5).question.capacity == 5
    assert parsed(BOARD.replace("committeesize: 3\n", ""), 2).question.capacity == 2
    with pytest.raises(FormatError, match="give --capacity"):
        parsed(BOARD.replace("committeesize: 3\n", ""))


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("", 0, "there is no profile"),
        ("- [0]\n", 1, "must begin with a key"),
        ("num_cand: 2\n", 0, "there is no profile"),
        ("profile: [[0]]\nprofile: [[1]]\n", 2, "stands twice"),
        ("profile: [[0]]\nsurprise: 1\n", 2, "one of the keys"),
        ("profile: &a [[0]]\n", 1, "numbers in brackets"),
        ("profile: *a\n", 1, "numbers in brackets"),
        ("profile: !!python/object/apply:os.system ['true']\n", 1, "numbers in brackets"),
        ("profile: [[0], [a]]\n", 1, "numbers in brackets"),
        ("profile: [[0], [-1]]\n", 1, "numbers in brackets"),
        ("profile: [[0], [1.5]]\n", 1, "numbers in brackets"),
        ("profile: [[0], [1e3]]\n", 1, "numbers in brackets"),
        ("profile: [[0], [1]\n", 1, "is missing before"),
        ("profile: [[0], [1\n", 1, "is missing before"),
        ("profile: [[0], 1]\n", 1, "a list in brackets"),
        ("profile: [[0], [[1]]]\n", 1, "a candidate is a number"),
        ("profile: [[0]]]\n", 1, "behind the end"),
        ("profile: [[0} ]\n", 1, "is missing before"),
        ("profile: [[0 1]]\n", 1, "is missing before"),
        ("profile: [[0, 0]]\n", 1, "stands twice in one approval set"),
        ("profile:\n  - [0]\n  - 1\n", 3, "a list in brackets"),
        ("profile:\n  [0]\n", 2, "a list in brackets"),
        ("profile:\n  - [0]\n  [1]\n", 3, "is missing before"),
        ("profile: []\n", 1, "1 to 10000 options"),
        ("num_cand: 2\nprofile: [[0], [2]]\ncommitteesize: 1\n", 2, "no candidate 2"),
        ("num_cand: many\nprofile: [[0]]\n", 1, "whole number"),
        ("num_cand: 10001\nprofile: [[0]]\n", 1, "1 to 10000 options"),
        ("profile: [[10000]]\n", 1, "1 to 10000 options"),
        ("num_cand: 2\n 3\nprofile: [[0]]\n", 2, "is one number"),
        ("profile: [[0]]\ncommitteesize: 1\nvoter_weights: [1, 2]\n", 3, "2 weights for 1 voters"),
        ("profile: [[0]]\ncommitteesize: 1\nvoter_weights: [0]\n", 3, "a weight of zero"),
        ("profile: [[0]]\ncommitteesize: 1\nvoter_weights: [1/2]\n", 3, "numbers in brackets"),
        ("profile: [[0]]\ncommitteesize: 1\nvoter_weights: [999999999999]\n", 1, "at most"),
        ("profile: [[0]]\ncommitteesize: 0\n", 0, "more than the capacity of 0"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text: str, line: int, reason: str) -> None:
    with pytest.raises(FormatError) as error:
        parsed(text)
    assert reason in error.value.reason
    assert error.value.line == line
