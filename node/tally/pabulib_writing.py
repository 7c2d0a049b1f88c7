"""Writes a case as PaBuLib's .pb file: what parse_pabulib() reads back to the same ballots.

Approvals, and rankings in which no options are level; other ballots don't fit the format.
"""

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Final

from consensus.ballots import ApprovalBallot, Ballot, RankedBallot
from node.tally.case import Case

_SECTIONS: Final = frozenset({"meta", "projects", "votes"})
_RESERVED: Final = _SECTIONS | {"none"}
"""What begins a part of the file, or stands for nothing: no project may be called so."""


def pabulib_bytes(case: Case, meta: Mapping[str, str]) -> bytes | None:
    """Return the .pb file of a case, or None if the format can't hold its ballots.

    meta is what META says beside what follows from the case, in its order.
    """
    votes = {voter: _vote(ballot) for voter, ballot in case.ballots.items()}
    if case.form not in ("approval", "ranked") or None in votes.values():
        return None
    prefix = "option-" if any(option.id.lower() in _RESERVED for option in case.question.options) else ""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\n")
    writer.writerow(["META"])
    writer.writerows([["key", "value"], *([key, on_one_line(value)] for key, value in _meta(case, meta).items())])
    writer.writerow(["PROJECTS"])
    writer.writerow(["project_id", "cost", "name"])
    for option in case.question.options:
        writer.writerow([prefix + option.id, option.cost, on_one_line(case.names.get(option.id, ""))])
    writer.writerow(["VOTES"])
    writer.writerow(["voter_id", "vote", "voting_method"])
    for voter, chosen in votes.items():
        assert chosen is not None
        writer.writerow([_voter(voter), ",".join(prefix + option for option in chosen), "internet"])
    return out.getvalue().encode()


def _meta(case: Case, meta: Mapping[str, str]) -> dict[str, str]:
    return {
        **meta,
        "num_projects": str(len(case.question.options)),
        "num_votes": str(len(case.ballots)),
        "budget": str(case.question.capacity),
        "vote_type": "approval" if case.form == "approval" else "ordinal",
    }


def _vote(ballot: Ballot | object) -> tuple[str, ...] | None:
    """Return the options that a vote names, or None where it can't be written as a list."""
    match ballot:
        case ApprovalBallot():
            return ballot.approves
        case RankedBallot() if all(len(tier) == 1 for tier in ballot.tiers):
            return tuple(tier[0] for tier in ballot.tiers)
        case _:
            return None


def _voter(voter: str) -> str:
    """Return a voter's id, which must not be the name of one of the file's parts."""
    return f"member-{voter}" if voter.lower() in _SECTIONS else voter


def on_one_line(text: str) -> str:
    """Return a text without line breaks, each run of spaces as one."""
    return " ".join(text.split())


def voters_of(case: Case) -> Iterator[str]:
    """Yield the voters as a .pb file names them."""
    return map(_voter, case.ballots)
