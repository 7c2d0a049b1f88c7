"""Voting: choose, review what will be signed, cast, and the receipt."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web as aioweb

from consensus.ballots import ApprovalBallot, Ballot, ChoiceBallot, Fault, ProxyBallot, RankedBallot, ScoreBallot
from consensus.rules.registry import RULES, needs_reasons, parse_settings
from web.choice_words import choice_words
from web.errors import NotFoundError
from web.forms import ApprovalForm, ChoiceForm, Fields, Form, RankedForm, ScoreForm, Typed, blank, read
from web.i18n import Language
from web.marking import N_
from web.pages.route import Route
from web.ports import Account, BallotView, OptionView, Refused, RoundView
from web.present import People, ordered_options
from web.ranked_ballots import field_of, no_places, places_of, ranked_values, read_places
from web.respond import account_with, backend_of, form_fields, go, page, people_of, refusal, visit_of
from web.rule_words import members_to_carry, rule_kind, rule_words
from web.score_ballots import no_scores, read_scores, score_values, scores_of

_ID: Final = "{round:[0-9a-f]{64}}"
_ONCE_BYTES = 18
_LATE_SHARE = 10
"""A receipt is called late in the last tenth of a round."""


async def ballot_page(request: aioweb.Request, found: RoundView) -> aioweb.Response:
    """Return the form of a ballot, filled in with the ballot that was cast before."""
    return page(request, "ballot.html", await ballot_values(request, found, as_typed(found.my_ballot)))


async def choose(request: aioweb.Request) -> aioweb.Response:
    """Answer with the form as it was filled in, coming back from the review."""
    account_with(request, "delegate")
    found = await found_round(request)
    fields = await form_fields(request)
    typed = _read(found, fields)
    values = await ballot_values(request, found, Typed(typed.raw, typed.many, None))
    return page(request, "ballot.html", {**values, "basis": fields.get("basis", "")})


async def review(request: aioweb.Request) -> aioweb.Response:
    """Show what will be signed."""
    account_with(request, "delegate")
    found = await found_round(request)
    fields = await form_fields(request)
    typed = _checked(found, _read(found, fields))
    if "abstain" in fields:
        typed = _abstention(found, typed)
    values = {**await ballot_values(request, found, typed), **overtaken_by(found, fields)}
    if typed.faults:
        return page(request, "ballot.html", values, status=422)
    late_ms = visit_of(request).now - found.summary.closes
    if late_ms > 0:
        return refusal(request, Refused("round-closed", late_ms=late_ms), "ballot.html", values)
    return page(request, "ballot_review.html", values)


async def cast(request: aioweb.Request) -> aioweb.StreamResponse:
    """Sign and cast the ballot."""
    account = account_with(request, "delegate")
    found = await found_round(request)
    fields = await form_fields(request)
    typed = _checked(found, _read(found, fields))
    return await sign(request, account, found, Signing(typed, "ballot_review.html", ChoiceForm, _content, fields))


@dataclass(frozen=True, slots=True)
class Signing:
    """The last step of voting: what was typed, the page that reviews it, and what will be signed."""

    typed: Typed[Any]
    review: str
    form: type[Form]
    """Words the fault of a mandate that isn't confirmed."""
    content_of: Callable[[Any], Ballot]
    fields: Fields
    """As they came: on which ballot of the member's the form rests, and which later one may be replaced."""


async def sign(request: aioweb.Request, account: Account, found: RoundView, step: Signing) -> aioweb.StreamResponse:
    """Sign what was reviewed if the mandate is confirmed, and lead to the receipt."""
    typed = step.typed
    if not typed.faults and typed.value("mandate") != "yes":
        typed = Typed(typed.raw, typed.many, None, {"mandate": step.form.MESSAGES["mandate"]})
    overtaking = overtaken_by(found, step.fields)
    values = {**await ballot_values(request, found, typed), **overtaking}
    if typed.form is None:
        template = step.review if set(typed.faults) == {"mandate"} else "ballot.html"
        return page(request, template, values, status=422)
    if overtaking["overtaken"] and step.fields.get("over") != overtaking["current"]:
        return page(request, step.review, {**values, "must_confirm": True}, status=409)
    try:
        await backend_of(request).cast(account, found.summary.id, step.content_of(typed.form))
    except Refused as refused:
        return refusal(request, refused, step.review, values)
    return go(request, f"/rounds/{found.summary.id}/receipt")


def overtaken_by(found: RoundView, fields: Fields) -> dict[str, object]:
    """Return on which ballot a form rests, and whether the member has cast another one since it was opened."""
    current = "" if found.my_ballot is None else found.my_ballot.event
    basis = fields.get("basis", "")
    return {"basis": basis, "current": current, "overtaken": bool(current) and basis != current}


async def receipt(request: aioweb.Request) -> aioweb.Response:
    """Answer with the receipt of the ballot that the reader's member has cast."""
    account_with(request, "delegate")
    found = await found_round(request)
    if found.my_ballot is None:
        raise NotFoundError
    values = await ballot_values(request, found, as_typed(found.my_ballot))
    return page(request, "receipt.html", {**values, **receipt_values(request, found), "ballot": found.my_ballot})


async def back_to_round(request: aioweb.Request) -> aioweb.Response:
    """Lead somebody who reloads a step of voting back to the round."""
    return go(request, f"/rounds/{request.match_info['round']}")


def receipt_values(request: aioweb.Request, found: RoundView) -> Mapping[str, object]:
    """Return what the part of the receipt that fills up shows. Raises NotFoundError if there is no ballot."""
    if found.my_ballot is None:
        raise NotFoundError
    language = visit_of(request).language
    level = _level(found, found.my_ballot, visit_of(request).now)
    sentences = {
        "enough": language.gettext("Your vote counts."),
        "counted": language.gettext("It was counted."),
        "out": language.gettext("It was not counted."),
        "late": language.gettext("It may not count."),
        "waiting": language.gettext("Not yet certain."),
    }
    return {
        "received": found.my_ballot.received_by,
        "received_at": found.my_ballot.received_at,
        "tellers": [mark.member for mark in found.marks],
        "needed": found.receipts_needed,
        "level": level,
        "sentence": sentences[level],
    }


def _level(found: RoundView, ballot: BallotView, now: int) -> str:
    if ballot.is_counted is not None:
        return "counted" if ballot.is_counted else "out"
    if len(ballot.received_by) >= found.receipts_needed:
        return "enough"
    length = found.summary.closes - found.summary.opens
    is_late = (found.summary.closes - now) * _LATE_SHARE < length
    return "late" if is_late else "waiting"


async def found_round(request: aioweb.Request) -> RoundView:
    """Return the round that the address names. Raises NotFoundError."""
    found = await backend_of(request).round(request.match_info["round"])
    if found is None:
        raise NotFoundError
    return found


def form_of(found: RoundView) -> str:
    """Return the form of ballot that a round asks for."""
    rule = RULES.get(found.summary.rule)
    return rule.ballot_form if rule is not None else "choice"


def _read(found: RoundView, fields: Fields) -> Typed[Any]:
    match form_of(found):
        case "approval":
            return read(ApprovalForm, fields)
        case "ranked":
            return _known_only(fields, "place", read_places(found, fields), {field_of(o.id) for o in found.options})
        case "score":
            typed = read_scores(found, fields)
            return _known_only(fields, "score", typed, set(typed.raw))
        case _:
            return read(ChoiceForm, fields)


def _known_only(fields: Fields, what: str, typed: Typed[Any], known: set[str]) -> Typed[Any]:
    """Return the form, at fault if it answers for an option that is not in this round."""
    if all(name in known for name in fields if name.startswith(f"{what}-")):
        return typed
    return Typed(typed.raw, typed.many, None, {f"{what}s": N_("The form names an option that is not in this round.")})


def _abstention(found: RoundView, typed: Typed[Any]) -> Typed[Any]:
    """Return the form without any option chosen."""
    match form_of(found):
        case "ranked":
            return no_places()
        case "score":
            return no_scores()
        case _:
            return Typed(typed.raw, {"approves": ()}, typed.form)


def _checked(found: RoundView, typed: Typed[Any]) -> Typed[Any]:
    """Return the form with the faults that only this round's question and rule can tell."""
    if isinstance(typed.form, ApprovalForm):
        if not set(typed.form.approves) <= {option.id for option in found.options}:
            return Typed(typed.raw, typed.many, None, {"approves": ApprovalForm.MESSAGES["approves"]})
    elif isinstance(typed.form, ChoiceForm) and _lacks_reason(found, typed.form):
        return Typed(typed.raw, typed.many, None, {"reason": ChoiceForm.MESSAGES["reason"]})
    return typed


def _needs_reason(found: RoundView) -> bool:
    settings = parse_settings(found.spec.rule)
    return not isinstance(settings, Fault) and needs_reasons(settings)


def _lacks_reason(found: RoundView, form: ChoiceForm) -> bool:
    return _needs_reason(found) and form.choice == "no" and not form.reason


def _content(form: Form) -> Ballot:
    if isinstance(form, ApprovalForm):
        return ApprovalBallot(approves=tuple(sorted(set(form.approves))))
    if isinstance(form, RankedForm):
        return RankedBallot(tiers=form.tiers)
    if isinstance(form, ScoreForm):
        return ScoreBallot(scores=form.scores)
    if isinstance(form, ChoiceForm):
        return ChoiceBallot(choice=form.choice, reason=form.reason or None)
    raise TypeError("not the form of a ballot")


def as_typed(ballot: BallotView | None) -> Typed[Any]:
    """Return the form of a ballot that was cast, filled in."""
    return typed_of(None if ballot is None else ballot.content)


def typed_of(content: Ballot | None) -> Typed[Any]:
    """Return the form filled in with what a ballot says."""
    match content:
        case None:
            return blank()
        case RankedBallot():
            return places_of(content)
        case ScoreBallot():
            return scores_of(content)
        case ApprovalBallot():
            return blank(many={"approves": content.approves})
        case ProxyBallot():
            return blank({"holder": content.holder or ""})
        case _:
            return blank({"choice": content.choice, "reason": content.reason or ""})


async def ballot_values(request: aioweb.Request, found: RoundView, typed: Typed[Any]) -> dict[str, object]:
    """Return what the pages of a ballot show."""
    language = visit_of(request).language
    capacity = found.spec.question.capacity_minutes
    entitled = found.summary.entitled
    people = await people_of(request)
    wanted = set(typed.values("approves"))
    numbered = list(ordered_options(found.options).values())
    approved = [pair for pair in numbered if pair[1].id in wanted]
    return {
        "people": people,
        "round": found,
        "kind_words": rule_kind(language, found.summary.rule),
        "rule": rule_words(language, found.spec, entitled, people.text_of),
        "form": form_of(found),
        "choices": choice_words(language, found.summary.rule),
        "is_approval": form_of(found) == "approval",
        "may_give_proxy": _may_give_proxy(request, found),
        "holders": _holders(request, people) if _may_give_proxy(request, found) else [],
        **_form_values(language, found, typed),
        "basis": "" if found.my_ballot is None else found.my_ballot.event,
        "current": "" if found.my_ballot is None else found.my_ballot.event,
        "overtaken": False,
        "must_confirm": False,
        "once": secrets.token_urlsafe(_ONCE_BYTES),
        "reason_needed": _needs_reason(found),
        "typed": typed,
        "carry": {option.id: members_to_carry(option.minutes, capacity, entitled) for option in found.options},
        "approved": approved,
        "not_approved": [pair for pair in numbered if pair[1].id not in wanted],
        "minutes": sum(option.minutes for _, option in approved),
        "bar": [_segment(number, option) for number, option in approved],
    }


def _may_give_proxy(request: aioweb.Request, found: RoundView) -> bool:
    return found.spec.proxies_per_holder > 0 and visit_of(request).has_role("head")


def _holders(request: aioweb.Request, people: People) -> list[tuple[str, str]]:
    """Return the members that may vote for this one, with their names."""
    me = backend_of(request).federation().me
    return [(member, people.text_of(member)) for member in people.ids if member != me]


def _form_values(language: Language, found: RoundView, typed: Typed[Any]) -> Mapping[str, object]:
    """Return what the pages of this form of ballot show besides."""
    match form_of(found):
        case "ranked":
            return ranked_values(found, typed)
        case "score":
            return score_values(language, found, typed)
        case _:
            return {}


def _segment(number: int, option: OptionView) -> tuple[str, int, str]:
    return (str(number), option.minutes, "full")


ROUTES: Final = (
    Route("GET", f"/rounds/{_ID}/choose", back_to_round),
    Route("POST", f"/rounds/{_ID}/choose", choose),
    Route("GET", f"/rounds/{_ID}/review", back_to_round),
    Route("POST", f"/rounds/{_ID}/review", review),
    Route("GET", f"/rounds/{_ID}/cast", back_to_round),
    Route("POST", f"/rounds/{_ID}/cast", cast),
    Route("GET", f"/rounds/{_ID}/receipt", receipt),
)
