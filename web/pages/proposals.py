"""Proposals: the list by goal and track, one proposal, and what delegates may do with it."""

from collections import Counter
from collections.abc import Mapping
from typing import Final

from aiohttp import web as aioweb

from web.constituencies import shown
from web.course_words import STAGES, place_of
from web.drafted import draft_box, restored
from web.errors import ForbiddenError, NotFoundError
from web.forms import EndorsementForm, ErasureForm, PositionForm, blank, read
from web.i18n import TEXT_LANGUAGES
from web.item_story import on_agenda, round_stories
from web.pages.acts import acts_offered, acts_on_parts
from web.pages.asked import goal_in, group_in, page_in, track_in
from web.pages.comments import shown_texts
from web.pages.route import Route
from web.ports import PositionView, ProposalFilter, ProposalView, Refused
from web.readings import reading_of, reading_values, readings_of, text_languages, wants_original
from web.respond import account_with, backend_of, form_fields, go, page, people_of, refusal, visit_of

_STANCES: Final = ("support", "conditional", "concern", "objection")
_PER_PAGE: Final = 25
_ID: Final = "{proposal:[0-9a-f]{64}}"


async def listed(request: aioweb.Request) -> aioweb.Response:
    """Answer with one page of proposals."""
    backend = backend_of(request)
    wanted = ProposalFilter(
        track=track_in(request),
        stage=stage if (stage := request.query.get("stage", "")) in STAGES and stage else None,
        goal=goal_in(request),
        group=group_in(request),
        page=page_in(request),
        per_page=_PER_PAGE,
    )
    found = await backend.proposals(wanted)
    groups = await backend.groups()
    values = {
        **await reading_values(request, [item.text for item in found.items]),
        "people": await people_of(request),
        "found": found,
        "total_all": sum(found.by_goal.values()) + found.without_goal if wanted.goal else found.total,
        "groups": groups,
        "group": next((group for group in groups if group.id == wanted.group), None),
        "goal": wanted.goal,
        "track": wanted.track,
        "stage": wanted.stage,
        "stages": [name for name in STAGES if found.by_stage.get(name)],
        "page_number": wanted.page,
    }
    return page(request, "proposals.html", values)


async def one(request: aioweb.Request) -> aioweb.Response:
    """Answer with one proposal and everything that was said of it."""
    return page(request, "proposal.html", await _values(request, await _found(request)))


async def endorse(request: aioweb.Request) -> aioweb.StreamResponse:
    """Endorse a proposal for one's member, or take that back."""
    account = account_with(request, "delegate")
    proposal = await _found(request)
    typed = read(EndorsementForm, await form_fields(request))
    if typed.form is None:
        return page(request, "proposal.html", await _values(request, proposal), status=422)
    try:
        await backend_of(request).endorse(account, proposal.summary.id, typed.form.endorses)
    except Refused as refused:
        return refusal(request, refused, "proposal.html", await _values(request, proposal))
    return go(request, f"/proposals/{proposal.summary.id}")


async def take_position(request: aioweb.Request) -> aioweb.StreamResponse:
    """State one's member's position with its reasons."""
    account = account_with(request, "delegate")
    proposal = await _found(request)
    fields = await form_fields(request)
    typed = read(PositionForm, fields)
    box = draft_box(request, _position_form(proposal), fields)
    values = {**await _values(request, proposal), "typed": typed, "draft": box}
    if typed.form is None:
        return page(request, "proposal.html", values, status=422)
    form = typed.form
    try:
        await backend_of(request).take_position(account, proposal.summary.id, form.stance, form.lang, form.reasons)
    except Refused as refused:
        return refusal(request, refused, "proposal.html", values)
    return go(request, f"/proposals/{proposal.summary.id}")


async def confirm_erasure(request: aioweb.Request) -> aioweb.Response:
    """Ask on what ground a text is to be erased."""
    proposal = await _erasable(request)
    return page(request, "erase.html", {"proposal": proposal, "typed": blank(), "people": await people_of(request)})


async def erase(request: aioweb.Request) -> aioweb.StreamResponse:
    """Erase a text."""
    proposal = await _erasable(request)
    account = account_with(request, "delegate", "secretariat")
    typed = read(ErasureForm, await form_fields(request))
    values = {"proposal": proposal, "typed": typed, "people": await people_of(request)}
    if typed.form is None:
        return page(request, "erase.html", values, status=422)
    try:
        await backend_of(request).erase_text(account, proposal.summary.id, typed.form.ground)
    except Refused as refused:
        return refusal(request, refused, "erase.html", values)
    return go(request, f"/proposals/{proposal.summary.id}")


async def _found(request: aioweb.Request) -> ProposalView:
    proposal = await backend_of(request).proposal(request.match_info["proposal"])
    if proposal is None:
        raise NotFoundError
    return proposal


async def _erasable(request: aioweb.Request) -> ProposalView:
    """Return a proposal whose text the reader may erase. Raises ForbiddenError."""
    account_with(request, "delegate", "secretariat")
    proposal = await _found(request)
    if not _may_erase(request, proposal):
        raise ForbiddenError
    return proposal


def _may_erase(request: aioweb.Request, proposal: ProposalView) -> bool:
    visit = visit_of(request)
    if visit.account is None or proposal.text.state == "erased":
        return False
    is_author = visit.has_role("delegate") and visit.account.member == proposal.summary.member
    return is_author or visit.has_role("secretariat")


async def _values(request: aioweb.Request, proposal: ProposalView) -> Mapping[str, object]:
    visit = visit_of(request)
    people = await people_of(request)
    counts = Counter(position.stance for position in proposal.positions)
    endorsed = people.by_constituency(proposal.endorsed_by)
    talk = await backend_of(request).discussion.comments(proposal.summary.id, 1)
    reading = await reading_of(request, proposal.text.hash)
    earlier = [version.text.hash for version in proposal.course.versions[:-1]]
    said = [position.reasons.hash for position in proposal.positions]
    named = {topic.id: topic for topic in await backend_of(request).topics()} if proposal.topics else {}
    is_delegate = visit.account is not None and visit.has_role("delegate")
    is_own = visit.account is not None and visit.account.member == proposal.summary.member
    readings = await readings_of(request, [proposal.text.hash, *earlier, *said, *shown_texts(talk)])
    older = [readings[text] for text in reversed(earlier) if text in readings and proposal.text.hash not in readings]
    may_position = is_delegate and "position" in proposal.course.may and proposal.text.state != "erased"
    typed, box = await restored(request, _position_form(proposal), PositionForm, blank())
    return {
        "readings": readings,
        "reads_original": wants_original(request),
        "older": older[0] if older else None,
        "people": people,
        "proposal": proposal,
        "talk": talk,
        "reading": reading,
        "read_in": text_languages(reading, shows_original=wants_original(request)),
        "may_translate": is_delegate and proposal.text.state == "held" and bool(proposal.text.hash),
        "stories": await round_stories(request, proposal.rounds, proposal.summary.id, people),
        "standing": await on_agenda(request, proposal.summary.id) if proposal.rounds else None,
        "positions": sorted(proposal.positions, key=_objections_first),
        "stances": [(stance, counts.get(stance, 0)) for stance in _STANCES],
        "endorsed": {name: endorsed[name] for name in shown(endorsed)},
        "topics": [named[topic] for topic in proposal.topics if topic in named],
        "stage": place_of(proposal.course.stage),
        "offered": acts_offered(request, proposal),
        "on_parts": acts_on_parts(request, proposal),
        "typed": typed,
        "draft": box,
        "text_languages": TEXT_LANGUAGES,
        "may_endorse": is_delegate and not is_own and "endorse" in proposal.course.may,
        "may_position": may_position,
        "has_endorsed": visit.account is not None and visit.account.member in proposal.endorsed_by,
        "may_erase": _may_erase(request, proposal),
    }


async def versions(request: aioweb.Request) -> aioweb.Response:
    """Answer with the versions of a proposal's text, each with what it changed."""
    proposal = await _found(request)
    texts = [version.text.hash for version in proposal.course.versions]
    values = {
        **await reading_values(request, texts[-1:]),
        "people": await people_of(request),
        "proposal": proposal,
        "versions": proposal.course.versions,
    }
    return page(request, "versions.html", values)


def _position_form(proposal: ProposalView) -> str:
    """Return the address that the draft of a position is kept under."""
    return f"/proposals/{proposal.summary.id}#position"


def _objections_first(position: PositionView) -> tuple[int, int]:
    return (-_STANCES.index(position.stance), -position.time)


ROUTES: Final = (
    Route("GET", "/proposals", listed),
    Route("GET", f"/proposals/{_ID}", one),
    Route("GET", f"/proposals/{_ID}/versions", versions),
    Route("POST", f"/proposals/{_ID}/endorse", endorse),
    Route("POST", f"/proposals/{_ID}/position", take_position),
    Route("GET", f"/proposals/{_ID}/erase", confirm_erasure),
    Route("POST", f"/proposals/{_ID}/erase", erase),
)
