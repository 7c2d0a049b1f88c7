"""A case: what a file holds, ready to be counted by every rule that takes its form of ballot."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from consensus.ballots import OPTIONS_MAX, ApprovalBallot, Ballot, Fault, Question, parse_question
from consensus.rules.counting import NOTHING_ELSE, Ballots, Circumstances, Electorate
from node.tally.faults import FormatError

FILE_BYTES_MAX: Final = 64 * 1024 * 1024
VOTERS_MAX: Final = 500_000
SHOWN_CHARACTERS_MAX: Final = 60
UNIT_REMARK: Final = "in the sentences below, topics are the file's options and minutes the unit of their costs"


@dataclass(frozen=True, slots=True)
class Case:
    """A question, who may answer it, and the answers."""

    question: Question
    electorate: Electorate
    ballots: Ballots
    form: str
    """The form of ballot that the file holds."""
    names: Mapping[str, str] = field(default_factory=dict)
    """Titles of options, where the file gives them."""
    rule: Mapping[str, object] | None = None
    """Settings of the rule that the file names, not checked."""
    circumstances: Circumstances = NOTHING_ELSE
    remarks: tuple[str, ...] = ()
    """What of the file was taken in which way, if that isn't plain."""


def question_of(costs: Iterable[tuple[str, int]], capacity: int) -> Question:
    """Return the question about options with costs. Raises FormatError if it can't be asked."""
    options = [{"id": option, "cost": cost} for option, cost in costs]
    found = parse_question({"options": options, "capacity": capacity})
    if isinstance(found, Fault):
        raise FormatError(0, found.detail)
    return found


def check_options(count: int, line: int) -> None:
    """Raise FormatError unless a question can have so many options."""
    if not 1 <= count <= OPTIONS_MAX:
        raise FormatError(line, f"a question has 1 to {OPTIONS_MAX} options, this one {count}")


def check_voters(count: int, line: int) -> None:
    """Raise FormatError if there are more voters than a file may have."""
    if count > VOTERS_MAX:
        raise FormatError(line, f"a file may have at most {VOTERS_MAX} voters, and here are {count} or more")


def numbered(ballots: Sequence[Ballot]) -> tuple[dict[str, Ballot], dict[str, tuple[str, ...]]]:
    """Return ballots and electorate of voters v1, v2 and so on, each with one ballot and in no constituency."""
    by_voter = {f"v{number}": ballot for number, ballot in enumerate(ballots, start=1)}
    return by_voter, dict.fromkeys(by_voter, ())


def approval(options: Iterable[str]) -> ApprovalBallot:
    """Return the ballot that approves these options, each once, in any order."""
    return ApprovalBallot(approves=tuple(sorted(options)))


def shown(text: str) -> str:
    """Return a stranger's text as an error line may quote it."""
    short = text if len(text) <= SHOWN_CHARACTERS_MAX else text[:SHOWN_CHARACTERS_MAX] + "…"
    return repr(short)
