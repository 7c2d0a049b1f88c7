"""What members and the secretariat do outside rounds, as phrases and the signed events that they stand for."""

from typing import Any, Final

from pydantic import BaseModel, ValidationError

from protocol.envelope import Verified
from protocol.events.consultation import Endorsement, Position, Proposal, TextRef
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
from tests.support.scenario_phrases import Found, Phrase
from tests.support.scenario_world import World, refused


def _say(world: World, found: Found, make: type[BaseModel], **body: Any) -> None:
    """Have everybody that is named say the same thing."""
    for name in found.names():
        try:
            made = make(**body)
        except ValidationError as error:
            world.tell(f"refused: {refused(error)}")
            return
        world.say(world.member(name, found), made)


def _reason(world: World, found: Found) -> TextRef | None:
    reason = found.quoted("REASON")
    return None if reason is None else world.text(reason)


def _proposal(world: World, found: Found) -> Verified:
    return world.proposal(found.word("TITLE"), found)


def _submit(world: World, found: Found) -> None:
    title = found.word("TITLE")
    if title in world.proposals:
        raise found.fail("this title is taken; call the other proposal something else")
    merged = found.titles("TITLES") if found.has("TITLES") else []
    body = Proposal(
        track="long" if found.word("TRACK") == "long-term" else "short",
        text=world.text(title, urgency=found.quoted("REASON") or ""),
        goals=(),
        suggested=None,
        minutes=found.number("MINUTES", 20),
        vector=None,
        merges=tuple(sorted(world.proposal(each, found).id for each in merged)),
    )
    event = world.say(world.member(found.word("WHO"), found), body)
    if event is not None:
        world.proposals[title] = event
        world.last_title = title


def _screen(verdict: str) -> Any:
    def screen(world: World, found: Found) -> None:
        proposal = _proposal(world, found)
        _say(world, found, Screening, proposal=proposal.id, verdict=verdict, reasons=_reason(world, found))

    return screen


def _endorse(*, endorses: bool) -> Any:
    def endorse(world: World, found: Found) -> None:
        _say(world, found, Endorsement, proposal=_proposal(world, found).id, endorses=endorses)

    return endorse


def _position(stance: str) -> Any:
    def position(world: World, found: Found) -> None:
        proposal = _proposal(world, found)
        _say(world, found, Position, proposal=proposal.id, stance=stance, reasons=world.text(found.word("REASON")))

    return position


def _answer(world: World, found: Found) -> None:
    proposal, whose = _proposal(world, found), found.word("WHOM")
    objections = [each for each in world.state(proposal).objections if each.member == whose]
    if not objections:
        raise found.fail(f"{whose} has not objected")
    _say(
        world,
        found,
        ObjectionAnswer,
        proposal=proposal.id,
        objection=objections[-1].id,
        answer=found.word("ANSWER"),
        reply=world.text(found.word("REASON")),
    )


def _revise(world: World, found: Found) -> None:
    proposal = _proposal(world, found)
    versions = world.state(proposal).versions
    base = versions[-1 - found.number("NUMBER", 0)] if found.number("NUMBER", 0) < len(versions) else versions[0]
    _say(
        world,
        found,
        Revision,
        proposal=proposal.id,
        base=base.text.sha256,
        text=world.text(found.word("WORDING")),
        minutes=found.number("MINUTES", versions[-1].minutes),
    )


def _amend(world: World, found: Found) -> None:
    proposal, wording = _proposal(world, found), found.word("WORDING")
    body = Amendment(
        proposal=proposal.id,
        base=world.state(proposal).text.text.sha256,
        text=world.text(wording),
        reasons=world.text(found.word("REASON")),
    )
    event = world.say(world.member(found.word("WHO"), found), body)
    if event is not None:
        world.amendments[wording] = event


def _amendment(world: World, found: Found) -> dict[str, Any]:
    amendment = world.amendment(found.word("WORDING"), found)
    body = amendment.event.body
    assert isinstance(body, Amendment)
    return {"proposal": body.proposal, "amendment": amendment.id}


def _back(*, endorses: bool) -> Any:
    def back(world: World, found: Found) -> None:
        _say(world, found, AmendmentEndorsement, **_amendment(world, found), endorses=endorses)

    return back


def _answer_amendment(*, accepts: bool) -> Any:
    def answer(world: World, found: Found) -> None:
        reasons = _reason(world, found)
        _say(world, found, AmendmentAnswer, **_amendment(world, found), accepts=accepts, reasons=reasons)

    return answer


def _call(world: World, found: Found) -> None:
    proposal = _proposal(world, found)
    number, until = found.number("NUMBER", 1), found.time()
    question = _reason(world, found)
    _say(world, found, ConsultationCall, proposal=proposal.id, number=number, until=until, question=question)


def _dispose(step: str) -> Any:
    def dispose(world: World, found: Found) -> None:
        proposal = _proposal(world, found)
        _say(world, found, Disposition, proposal=proposal.id, step=step, reasons=world.text(found.word("REASON")))

    return dispose


def _withdraw(world: World, found: Found) -> None:
    _say(world, found, Withdrawal, proposal=_proposal(world, found).id, reasons=_reason(world, found))


def _take_over(world: World, found: Found) -> None:
    _say(world, found, TakeOver, proposal=_proposal(world, found).id)


def _yield(why: str) -> Any:
    def give_way(world: World, found: Found) -> None:
        other = world.proposal(found.word("OTHER"), found)
        _say(world, found, Yielding, proposal=_proposal(world, found).id, to=other.id, why=why)

    return give_way


def _merge(*, joins: bool) -> Any:
    def merge(world: World, found: Found) -> None:
        into = world.proposal(found.word("OTHER"), found)
        _say(world, found, MergeAnswer, proposal=_proposal(world, found).id, into=into.id, joins=joins)

    return merge


STEPS: Final = (
    Phrase(
        "WHO submits 'TITLE' on the TRACK track[ merging TITLES][, MINUTES minutes][, urgent because 'REASON']",
        _submit,
    ),
    Phrase("WHO finds 'TITLE' admissible", _screen("admissible")),
    Phrase("WHO finds 'TITLE' inadmissible[: 'REASON']", _screen("inadmissible")),
    Phrase("WHO returns 'TITLE'[: 'REASON']", _screen("returned")),
    Phrase("WHO endorse(s) 'TITLE'", _endorse(endorses=True)),
    Phrase("WHO no longer endorse(s) 'TITLE'", _endorse(endorses=False)),
    Phrase("WHO support(s) 'TITLE': 'REASON'", _position("support")),
    Phrase("WHO support(s) 'TITLE' on condition: 'REASON'", _position("conditional")),
    Phrase("WHO voice(s) concern about 'TITLE': 'REASON'", _position("concern")),
    Phrase("WHO object(s) to 'TITLE': 'REASON'", _position("objection")),
    Phrase("WHO answers the objection of WHOM to 'TITLE' as ANSWER: 'REASON'", _answer),
    Phrase("WHO revises 'TITLE' to 'WORDING'[, MINUTES minutes][, from NUMBER versions before]", _revise),
    Phrase("WHO amends 'TITLE' to 'WORDING': 'REASON'", _amend),
    Phrase("WHO back(s) the amendment 'WORDING'", _back(endorses=True)),
    Phrase("WHO no longer back(s) the amendment 'WORDING'", _back(endorses=False)),
    Phrase("WHO accepts the amendment 'WORDING'", _answer_amendment(accepts=True)),
    Phrase("WHO declines the amendment 'WORDING'[: 'REASON']", _answer_amendment(accepts=False)),
    Phrase("WHO calls round NUMBER of consultation on 'TITLE' until TIME[: 'REASON']", _call),
    Phrase("WHO adjourns 'TITLE': 'REASON'", _dispose("adjourned")),
    Phrase("WHO refers 'TITLE': 'REASON'", _dispose("referred")),
    Phrase("WHO resumes 'TITLE': 'REASON'", _dispose("resumed")),
    Phrase("WHO withdraws 'TITLE'[: 'REASON']", _withdraw),
    Phrase("WHO takes over 'TITLE'", _take_over),
    Phrase("WHO says that 'TITLE' repeats 'OTHER'", _yield("duplicate")),
    Phrase("WHO says that 'TITLE' gives way to 'OTHER'", _yield("superseded")),
    Phrase("WHO joins 'TITLE' into 'OTHER'", _merge(joins=True)),
    Phrase("WHO keeps 'TITLE' out of 'OTHER'", _merge(joins=False)),
)
