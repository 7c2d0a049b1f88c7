"""From what somebody typed to the event that says it: every act on a proposal, against the proposal's state."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from consensus.lifecycle import OFFICE_ACTS
from consensus.proposal_state import AmendmentState, Consultation
from node.deliveries import Beside
from protocol.events.consultation import TextRef
from protocol.events.deliberation import (
    Amendment,
    AmendmentAnswer,
    AmendmentEndorsement,
    ConsultationCall,
    Disposition,
    MergeAnswer,
    ObjectionAnswer,
    Revision,
    Screening,
    TakeOver,
    Withdrawal,
    Yielding,
)
from protocol.events.kinds import Body
from protocol.ids import EventId
from protocol.texts import text_ref
from web.ports import ActInput, Refused

_WRITTEN = Callable[[str, str, str, str], Beside]
"""Makes a document of title, body, language and statement of urgency."""


@dataclass(frozen=True, slots=True)
class Act:
    """An event to sign: its kind, body, what it refers to, and its texts."""

    kind: str
    body: Body
    refs: tuple[EventId, ...]
    texts: tuple[Beside, ...]


def act_event(typed: ActInput, proposal: EventId, state: Consultation, document: _WRITTEN) -> Act:
    """Return the event that says what was typed about a proposal in this state. Raises Refused."""
    beside = (document("", typed.reasons, typed.lang, ""),) if typed.reasons else ()
    why = text_ref(beside[0].data, beside[0].lang) if beside else None
    if typed.act in OFFICE_ACTS:
        return _office_act(typed, proposal, state, why, beside)
    other = EventId(typed.other)
    match typed.act:
        case "revise" | "amend":
            text = document(typed.title, typed.body, typed.lang, typed.urgency)
            return _text_act(typed, proposal, state, text, why, beside)
        case "back-amendment" | "unback-amendment":
            _amendment(state, other)
            backs = typed.act == "back-amendment"
            endorsement = AmendmentEndorsement(proposal=proposal, amendment=other, endorses=backs)
            return Act("amendment-endorsement", endorsement, (proposal, other), ())
        case "accept-amendment" | "decline-amendment":
            return _amendment_answer(typed, proposal, state, why, beside)
        case "answer-objection":
            return _objection_answer(typed, proposal, state, _needed(why), beside)
        case "withdraw":
            return Act("withdrawal", Withdrawal(proposal=proposal, reasons=why), (proposal,), beside)
        case "take-over":
            return Act("take-over", TakeOver(proposal=proposal), (proposal,), ())
        case "duplicate" | "supersede":
            if other == proposal:
                raise Refused("not-itself")
            word = "duplicate" if typed.act == "duplicate" else "superseded"
            yielding = Yielding.model_validate({"proposal": proposal, "to": other, "why": word})
            return Act("yielding", yielding, (proposal, other), ())
        case "join" | "stay-out":
            answer = MergeAnswer(proposal=proposal, into=other, joins=typed.act == "join")
            return Act("merge-answer", answer, (proposal, other), ())
        case _:
            raise Refused("not-now")


def _office_act(
    typed: ActInput, proposal: EventId, state: Consultation, why: TextRef | None, beside: tuple[Beside, ...]
) -> Act:
    if typed.act == "call":
        call = ConsultationCall(proposal=proposal, number=len(state.calls) + 1, until=typed.until, question=why)
        return Act("consultation-call", call, (proposal,), beside)
    if typed.act != "admissible":
        _needed(why)
    if typed.act in _STEPS:
        disposition = Disposition.model_validate({"proposal": proposal, "step": _STEPS[typed.act], "reasons": why})
        return Act("disposition", disposition, (proposal,), beside)
    verdict = _VERDICTS[typed.act]
    screening = Screening.model_validate({"proposal": proposal, "verdict": verdict, "reasons": why})
    return Act("screening", screening, (proposal,), beside)


_STEPS: Final = {"adjourn": "adjourned", "refer": "referred", "resume": "resumed"}
_VERDICTS: Final = {"admissible": "admissible", "inadmissible": "inadmissible", "return": "returned"}


def _needed(why: TextRef | None) -> TextRef:
    if why is None:
        raise Refused("reason-missing")
    return why


def _text_act(
    typed: ActInput,
    proposal: EventId,
    state: Consultation,
    text: Beside,
    why: TextRef | None,
    beside: tuple[Beside, ...],
) -> Act:
    ref, base = text_ref(text.data, text.lang), state.text.text.sha256
    if typed.base and typed.base != state.text.event:
        raise Refused("text-changed")
    is_said = any(step.event == state.text.event and step.by is not None for step in state.history)
    refs = tuple(dict.fromkeys((proposal, *((EventId(state.text.event),) if is_said else ()))))
    if typed.act == "revise":
        revision = Revision(proposal=proposal, base=base, text=ref, minutes=typed.minutes)
        return Act("revision", revision, refs, (text,))
    amendment = Amendment(proposal=proposal, base=base, text=ref, reasons=_needed(why))
    return Act("amendment", amendment, refs, (text, *beside))


def _amendment(state: Consultation, id_: EventId) -> AmendmentState:
    found = next((each for each in state.amendments if each.id == id_), None)
    if found is None or found.outcome not in ("open", "declined"):
        raise Refused("not-now")
    return found


def _amendment_answer(
    typed: ActInput, proposal: EventId, state: Consultation, why: TextRef | None, beside: tuple[Beside, ...]
) -> Act:
    found = _amendment(state, EventId(typed.other))
    accepts = typed.act == "accept-amendment"
    if accepts and found.body.base != state.text.text.sha256:
        raise Refused("text-changed")
    if not accepts:
        _needed(why)
    answer = AmendmentAnswer(proposal=proposal, amendment=found.id, accepts=accepts, reasons=why)
    return Act("amendment-answer", answer, (proposal, found.id), beside)


def _objection_answer(
    typed: ActInput, proposal: EventId, state: Consultation, why: TextRef, beside: tuple[Beside, ...]
) -> Act:
    objection = EventId(typed.other)
    if not any(each.id == objection and each.is_standing for each in state.objections):
        raise Refused("not-now")
    body = ObjectionAnswer.model_validate(
        {"proposal": proposal, "objection": objection, "answer": typed.answer, "reply": why}
    )
    return Act("objection-answer", body, (proposal, objection), beside)
