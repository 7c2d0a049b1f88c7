"""What silence and consensus share: one text, and the members whose objections stand."""

from collections.abc import Mapping

from consensus.ballots import Fault, Question
from consensus.outcome import OBJECTORS_LISTED_MAX
from consensus.rules.choices import Vote


def text_faults(question: Question) -> list[Fault]:
    """Return the fault that consent is asked for to more than one text; nothing if it is one."""
    if len(question.options) == 1:
        return []
    return [Fault("one_option", "Consent is given to exactly one text; this question has several.")]


def objectors_of(votes: Mapping[str, Vote]) -> tuple[str, ...]:
    """Return the members that object, ascending, the first hundred."""
    return tuple(sorted(member for member, vote in votes.items() if vote == "against")[:OBJECTORS_LISTED_MAX])
