"""A closed round as a case, and as the files that researchers read: what its rule counted, by the members' ids."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final, Literal

from consensus.ballots import Fault
from consensus.ballots import ballot_fault as fault_of
from consensus.rulings import question_of
from node.recount import Counted
from node.tally.case import Case
from node.tally.pabulib_writing import pabulib_bytes
from node.tally.preflib_writing import PrefLibFile, preflib_file
from protocol.events.rounds import RoundSpec
from protocol.ids import FederationId, RecordId

FORMS: Final[Mapping[str, Literal["approval", "choice", "ranked", "score"]]] = {
    "prioritisation": "approval",
    "scoring": "score",
    "alternatives": "ranked",
}
"""The form of ballot that asks about a list, by procedure; every other asks for a choice."""


def case_of(spec: RoundSpec, counted: Counted, names: Mapping[str, str]) -> Case | None:
    """Return a closed round's case, or None if no ballot that counts says of which form it is.

    names holds the options' titles. Each proxy stands as its holder's ballot; what can't be read, or answers
    something else, is left out as in the count.
    """
    question = question_of(spec.question)
    forms = {ballot.form for ballot in counted.resolution.ballots.values() if not isinstance(ballot, Fault)}
    form = FORMS.get(spec.procedure, "choice") if not forms else _form(forms, spec)
    if isinstance(question, Fault):
        return None
    options = frozenset(question.option_ids)
    ballots = {
        member: ballot
        for member, ballot in sorted(counted.resolution.ballots.items())
        if not isinstance(ballot, Fault) and fault_of(ballot, form, options) is None
    }
    return Case(question, dict.fromkeys(ballots, ()), ballots, form, names)
