"""The life of a proposal as one table: in which stages an act counts, whose it is, under which condition, what follows.

Acts come from three sources: members' events, records that the tellers certified, and deadlines. An act that the table
doesn't allow where it falls stays in the record and has no effect. consultation.py folds acts over this table; pages
read from it what may happen next. Knows nothing of texts, time or storage.
"""

from dataclasses import dataclass
from typing import Final, Literal

from protocol.events import consultation, deliberation
from protocol.events.kinds import Body

Stage = Literal[
    "submitted",
    "returned",
    "inadmissible",
    "endorsing",
    "lapsed",
    "consulting",
    "adjourned",
    "referred",
    "withdrawn",
    "merged",
    "duplicate",
    "superseded",
    "in-ballot",
    "chosen",
    "broken",
    "no-quorum",
    "not-adopted",
    "adopted",
    "published",
    "under-review",
    "confirmed",
    "ended",
]
Who = Literal["sponsor", "member", "other", "secretariat", "tellers", "time"]
"""The sponsor; any member; any member but the sponsor; the office of secretariat; the tellers' records; a deadline."""
Condition = Literal[
    "always",
    "reasons",
    "current-version",
    "amendment-open",
    "amendment-applies",
    "amendment-declined",
    "amendment-supported",
    "objection-stands",
    "next-call",
    "another",
    "names-it",
    "supported",
    "notice-over",
    "consent-tried",
    "unratified",
]
Result = Literal["adopted", "rejected", "no-quorum", "broken"]

_TALKING: Final[tuple[Stage, ...]] = (
    "submitted", "returned", "endorsing", "consulting", "adjourned", "referred", "in-ballot", "chosen", "broken",
    "no-quorum", "adopted", "published", "under-review", "confirmed",
)  # fmt: skip
_BEFORE_FREEZING: Final[tuple[Stage, ...]] = (
    "submitted", "returned", "endorsing", "consulting", "adjourned", "referred", "chosen", "broken", "no-quorum",
)  # fmt: skip
_DRAFTING: Final[tuple[Stage, ...]] = ("endorsing", "consulting")
_IN_FORCE: Final[tuple[Stage, ...]] = ("adopted", "published")


@dataclass(frozen=True, slots=True)
class Transition:
    """One line of the table. Without a stage to go to, the stage stays; "before" is where it was before it ended."""

    act: str
    stages: frozenset[Stage]
    who: Who
    condition: Condition
    to: Stage | Literal["before"] | None


def _line(
    act: str, stages: tuple[Stage, ...], who: Who, condition: Condition, to: Stage | Literal["before"] | None
) -> Transition:
    return Transition(act, frozenset(stages), who, condition, to)


TABLE: Final[tuple[Transition, ...]] = (
    # Screening
    _line("admissible", ("submitted",), "secretariat", "always", "endorsing"),
    _line("inadmissible", ("submitted",), "secretariat", "reasons", "inadmissible"),
    _line("return", ("submitted",), "secretariat", "reasons", "returned"),
    _line("revise", ("returned",), "sponsor", "current-version", "submitted"),
    # Admission
    _line("endorse", _TALKING, "other", "always", None),
    _line("unendorse", _TALKING, "other", "always", None),
    _line("admit", ("endorsing",), "time", "supported", "consulting"),
    _line("open inclusion", ("endorsing",), "tellers", "always", None),
    _line("open inclusion-vote", ("endorsing",), "tellers", "always", None),
    _line("inclusion adopted", ("endorsing",), "tellers", "always", "consulting"),
    _line("inclusion broken", ("endorsing",), "tellers", "always", None),
    _line("inclusion no-quorum", ("endorsing",), "tellers", "always", None),
    _line("inclusion-vote adopted", ("endorsing",), "tellers", "always", "consulting"),
    _line("inclusion-vote rejected", ("endorsing",), "tellers", "always", "lapsed"),
    _line("inclusion-vote no-quorum", ("endorsing",), "tellers", "always", None),
    _line("lapse", ("endorsing",), "time", "always", "lapsed"),
    # Consultation
    _line("call", ("consulting",), "secretariat", "next-call", None),
    _line("position", _TALKING, "member", "always", None),
    _line("answer-objection", _TALKING, "sponsor", "objection-stands", None),
    _line("revise", ("submitted", *_DRAFTING), "sponsor", "current-version", None),
    _line("amend", _DRAFTING, "other", "current-version", None),
    _line("back-amendment", _DRAFTING, "member", "amendment-open", None),
    _line("unback-amendment", _DRAFTING, "member", "amendment-open", None),
    _line("accept-amendment", _DRAFTING, "sponsor", "amendment-applies", None),
    _line("decline-amendment", _DRAFTING, "sponsor", "amendment-declined", None),
    _line("open amendment", _DRAFTING, "tellers", "amendment-supported", None),
    _line("amendment adopted", _DRAFTING, "tellers", "amendment-applies", None),
    _line("amendment rejected", _DRAFTING, "tellers", "always", None),
    _line("amendment no-quorum", _DRAFTING, "tellers", "always", None),
    _line("open waiver", ("consulting",), "tellers", "always", None),
    _line("waiver adopted", ("consulting",), "tellers", "always", None),
    _line("waiver rejected", ("consulting",), "tellers", "always", None),
    _line("waiver no-quorum", ("consulting",), "tellers", "always", None),
    # Consolidation
    _line("join", _DRAFTING, "sponsor", "names-it", "merged"),
    _line("stay-out", _DRAFTING, "sponsor", "names-it", None),
    _line("stay-out", ("merged",), "sponsor", "names-it", "before"),
    _line("duplicate", ("submitted", "returned", *_DRAFTING), "sponsor", "another", "duplicate"),
    _line(
        "supersede",
        ("submitted", "returned", *_DRAFTING, *_IN_FORCE, "under-review", "confirmed"),
        "sponsor",
        "another",
        "superseded",
    ),
    _line("withdraw", _BEFORE_FREEZING, "sponsor", "always", "withdrawn"),
    _line("take-over", ("withdrawn",), "other", "always", "before"),
    # Putting off
    _line("adjourn", ("consulting", "chosen", "broken", "no-quorum"), "secretariat", "always", "adjourned"),
    _line("refer", ("consulting", "chosen", "broken", "no-quorum"), "secretariat", "always", "referred"),
    _line("resume", ("adjourned", "referred"), "secretariat", "always", "consulting"),
    # Ballots
    _line("open scoring", ("consulting", "chosen"), "tellers", "always", None),
    _line("scoring adopted", ("consulting", "chosen"), "tellers", "always", None),
    _line("scoring rejected", ("consulting", "chosen"), "tellers", "always", None),
    _line("scoring no-quorum", ("consulting", "chosen"), "tellers", "always", None),
    _line("open prioritisation", ("consulting", "no-quorum"), "tellers", "notice-over", "in-ballot"),
    _line("prioritisation adopted", ("in-ballot",), "tellers", "always", "chosen"),
    _line("prioritisation rejected", ("in-ballot",), "tellers", "always", "consulting"),
    _line("prioritisation no-quorum", ("in-ballot",), "tellers", "always", "no-quorum"),
    _line("open consent", ("consulting", "chosen", "no-quorum"), "tellers", "notice-over", "in-ballot"),
    _line("consent adopted", ("in-ballot",), "tellers", "always", "adopted"),
    _line("consent broken", ("in-ballot",), "tellers", "always", "broken"),
    _line("consent no-quorum", ("in-ballot",), "tellers", "always", "no-quorum"),
    _line("open vote", ("consulting", "chosen", "broken", "no-quorum"), "tellers", "consent-tried", "in-ballot"),
    _line("vote adopted", ("in-ballot",), "tellers", "always", "adopted"),
    _line("vote rejected", ("in-ballot",), "tellers", "always", "not-adopted"),
    _line("vote no-quorum", ("in-ballot",), "tellers", "always", "no-quorum"),
    _line("open alternatives", ("consulting", "chosen", "no-quorum"), "tellers", "notice-over", "in-ballot"),
    _line("alternatives adopted", ("in-ballot",), "tellers", "always", "adopted"),
    _line("alternatives rejected", ("in-ballot",), "tellers", "always", "not-adopted"),
    _line("alternatives no-quorum", ("in-ballot",), "tellers", "always", "no-quorum"),
    # Afterwards
    _line("publish", ("adopted",), "tellers", "always", "published"),
    _line("publish", ("chosen", "published", "under-review", "confirmed"), "tellers", "always", None),
    _line("review-due", (*_IN_FORCE, "confirmed"), "time", "always", "under-review"),
    _line("open review", ("under-review",), "tellers", "always", None),
    _line("review adopted", ("under-review",), "tellers", "always", "confirmed"),
    _line("review rejected", ("under-review",), "tellers", "always", "ended"),
    _line("review no-quorum", ("under-review",), "tellers", "always", None),
    _line("sunset", ("under-review",), "time", "always", "ended"),
    _line("open ratification", _IN_FORCE, "tellers", "always", None),
    _line("ratification adopted", _IN_FORCE, "tellers", "always", "confirmed"),
    _line("ratification rejected", _IN_FORCE, "tellers", "always", "ended"),
    _line("ratification no-quorum", _IN_FORCE, "tellers", "always", None),
    _line("long-term agenda", ("published",), "tellers", "unratified", "ended"),
)


_LINES: Final = {(line.act, stage): line for line in TABLE for stage in line.stages}
OFFICE_ACTS: Final[frozenset[str]] = frozenset(line.act for line in TABLE if line.who == "secretariat")
"""Acts of the secretariat; all others of members are a delegate's."""


def line_for(act: str, stage: Stage) -> Transition | None:
    """Return the line by which an act counts in a stage, or None if it doesn't."""
    return _LINES.get((act, stage))


def acts_in(stage: Stage) -> tuple[Transition, ...]:
    """Return everything that may happen in a stage, in the order of the table."""
    return tuple(line for line in TABLE if stage in line.stages)


def act_of(body: Body) -> str | None:
    """Return the act in an event's body, or None if it is none."""
    match body:
        case deliberation.Screening():
            return _VERDICTS[body.verdict]
        case consultation.Endorsement():
            return "endorse" if body.endorses else "unendorse"
        case deliberation.AmendmentEndorsement():
            return "back-amendment" if body.endorses else "unback-amendment"
        case deliberation.AmendmentAnswer():
            return "accept-amendment" if body.accepts else "decline-amendment"
        case deliberation.Disposition():
            return _STEPS[body.step]
        case deliberation.Yielding():
            return "duplicate" if body.why == "duplicate" else "supersede"
        case deliberation.MergeAnswer():
            return "join" if body.joins else "stay-out"
        case _:
            return _PLAIN.get(type(body))


_VERDICTS: Final = {"admissible": "admissible", "inadmissible": "inadmissible", "returned": "return"}
_STEPS: Final = {"adjourned": "adjourn", "referred": "refer", "resumed": "resume"}
_PLAIN: Final[dict[type, str]] = {
    consultation.Position: "position",
    deliberation.Revision: "revise",
    deliberation.Amendment: "amend",
    deliberation.ObjectionAnswer: "answer-objection",
    deliberation.Withdrawal: "withdraw",
    deliberation.TakeOver: "take-over",
    deliberation.ConsultationCall: "call",
}
