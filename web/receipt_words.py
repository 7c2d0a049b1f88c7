"""The steps of checking a ballot's receipt, in words: what was checked, whether it holds, and if not, why."""

from collections.abc import Callable
from typing import Final, NamedTuple

from consensus.receipts import Conclusion, Report, Step, StepName
from web.i18n import Language
from web.marking import N_

NAMES: Final[dict[StepName, str]] = {
    "file": N_("The file"),
    "federation": N_("The federation"),
    "round": N_("The round"),
    "ballot": N_("The ballot's signature"),
    "member": N_("The member"),
    "receipts": N_("The tellers' receipts"),
    "closing": N_("The certified closing"),
    "included": N_("In the seals of the tellers"),
    "counted": N_("The count"),
}
_PASSED: Final[dict[StepName, str]] = {
    "file": N_("It is a receipt file and can be read."),
    "federation": N_("It is of this federation."),
    "round": N_("It is about this round, number %(number)d."),
    "ballot": N_("The ballot was signed on %(time)s and has not been altered since."),
    "member": N_("The key that signed it is on the roll as one of %(member)s, which may vote in this round."),
    "receipts": N_("%(received)d of %(tellers)d tellers signed that they had it in time. %(needed)d make it certain."),
    "closing": N_("The round is certified at height %(height)d, by %(signers)d of %(tellers)d tellers."),
    "included": N_("%(listed)d of the %(named)d seals that the closing names list it. %(needed)d are needed."),
    "counted": N_("It is the ballot of its member that was counted."),
}
_FAILED: Final[dict[StepName, str]] = {
    "file": N_("It cannot be read as a receipt file: %(detail)s."),
    "federation": N_("It is of another federation: %(federation)s."),
    "round": N_("It is about another round, or one that this node does not have."),
    "ballot": N_("The ballot does not hold: %(detail)s. It was altered, or never signed."),
    "member": N_("The key that signed it may not vote here for %(member)s: %(detail)s."),
    "receipts": N_("Receipt %(place)d in the file does not hold: %(detail)s."),
    "closing": "",
    "included": N_("%(listed)d of the %(named)d seals that the closing names list it. %(needed)d are needed."),
    "counted": "",
}
_NOTED: Final = N_(
    "%(received)d of %(tellers)d tellers signed that they had it in time. It would take %(needed)d to be certain."
)
_WAITING: Final = N_("The round is not certified at this node yet.")
_LATE: Final = N_("It came %(late)s after the close.")
_TOO_FEW: Final = N_("Too few tellers had it in time.")
_WHY: Final[dict[str, str]] = {
    "replaced": N_("A later ballot of the same member, cast on %(time)s, took its place."),
    "void": N_("None of this member's ballots counts: its key signed two different ones in one place."),
    "unreadable": N_("The ballot holds nothing that could be counted."),
    "proxy": N_("It gave the vote to another member, which could not use it."),
}
_CONCLUSIONS: Final[dict[Conclusion, tuple[str, str]]] = {
    "counted": (N_("Yes, it was counted."), N_("The ballot is in the certified closing and went into the outcome.")),
    "not-counted": (
        N_("No, it was not counted."),
        N_("The ballot is genuine, and the step below that fails says why it is not in the outcome."),
    ),
    "waiting": (
        N_("It cannot be told yet."),
        N_("The ballot is genuine. Look again once the round is certified."),
    ),
    "refused": (
        N_("This receipt does not hold."),
        N_("The step below that fails says what is wrong. Nothing in the file can be relied on."),
    ),
    "fault": (
        N_("This proves a fault."),
        N_(
            "The receipts made it certain that the ballot would count, and the certified closing lacks it. "
            "Tellers signed that they had it in time and left it out. Keep the file and show it to the secretariat, "
            "to the tellers and to your operator: it convicts them by their own signatures."
        ),
    ),
}
_VERDICTS: Final = {"pass": N_("holds"), "fail": N_("fails"), "note": N_("too few"), "wait": N_("not yet")}


class StepWords(NamedTuple):
    """A step as a page shows it."""

    verdict: str
    verdict_words: str
    name: str
    sentence: str


def conclusion_words(language: Language, report: Report) -> tuple[str, str]:
    """Return what a check came to: in a few words, and what that means."""
    title, meaning = _CONCLUSIONS[report.conclusion]
    return language.gettext(title), language.gettext(meaning)


def step_words(language: Language, step: Step, name_of: Callable[[str], str]) -> StepWords:
    """Return a step in words. name_of gives a member's name."""
    facts: dict[str, object] = dict(step.facts)
    facts["member"] = name_of(str(step.facts.get("member", "")))
    if isinstance(step.facts.get("time"), int):
        facts["time"] = language.moment(int(step.facts["time"]))
    sentences = [language.gettext(message) % facts for message in _messages(step, facts, language) if message]
    name, verdict = language.gettext(NAMES[step.name]), language.gettext(_VERDICTS[step.verdict])
    return StepWords(step.verdict, verdict, name, " ".join(sentences))


def _messages(step: Step, facts: dict[str, object], language: Language) -> tuple[str, ...]:
    match step.verdict, step.name:
        case "pass", name:
            return (_PASSED[name],)
        case "wait", _:
            return (_WAITING,)
        case "note", _:
            return (_NOTED,)
        case "fail", "counted":
            return (_WHY[str(step.facts["why"])],)
        case "fail", "included":
            late = step.facts.get("late_ms")
            if isinstance(late, int):
                facts["late"] = language.duration(late)
                return _FAILED["included"], _LATE
            return _FAILED["included"], _TOO_FEW
        case _, name:
            return (_FAILED[name],)
