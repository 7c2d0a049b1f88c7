"""A closed round as a case, and as the files that researchers read: what its rule counted, by the members' ids."""

from collections.abc import Mapping

from consensus.ballots import Fault
from consensus.rules import registry
from consensus.rulings import question_of
from node.recount import Counted
from node.tally.case import Case
from node.tally.pabulib_writing import pabulib_bytes
from node.tally.preflib_writing import PrefLibFile, preflib_file
from protocol.events.rounds import RoundSpec
from protocol.ids import FederationId, RecordId


def case_of(spec: RoundSpec, counted: Counted, names: Mapping[str, str]) -> Case | None:
    """Return a closed round's case, or None if its question or rule is unknown here.

    names holds the options' titles. Each proxy stands as its holder's ballot; what can't be read, or answers
    something else, is left out as in the count.
    """
    question, settings = question_of(spec.question), registry.parse_settings(spec.rule)
    if isinstance(question, Fault) or isinstance(settings, Fault):
        return None
    ballots = {
        member: ballot
        for member, ballot in sorted(counted.resolution.ballots.items())
        if not isinstance(ballot, Fault) and registry.answers_wrongly(question, settings, ballot) is None
    }
    form = registry.RULES[settings.rule].ballot_form
    return Case(question, dict.fromkeys(ballots, ()), ballots, form, names)


def pabulib_of(case: Case, round_id: RecordId, spec: RoundSpec, federation: FederationId) -> bytes | None:
    """Return a closed round as a .pb file, or None if the format can't hold its ballots."""
    return pabulib_bytes(
        case,
        {
            "description": _description(round_id, spec, federation),
            "country": "Worldwide",
            "unit": f"Federation {federation[:12]}",
            "instance": f"Round {spec.number}",
            "rule": str(spec.rule.get("rule", "")),
        },
    )


def preflib_of(case: Case, round_id: RecordId, spec: RoundSpec, federation: FederationId) -> PrefLibFile | None:
    """Return a closed round as a PrefLib file, or None if the format can't hold its ballots."""
    return preflib_file(case, f"Round {spec.number}", _description(round_id, spec, federation))


def _description(round_id: RecordId, spec: RoundSpec, federation: FederationId) -> str:
    return f"Round {spec.number}, id {round_id}, procedure {spec.procedure}, of federation {federation}"
