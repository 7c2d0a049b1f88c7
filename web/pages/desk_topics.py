"""Topics at the desk: made of groups, changed, split, merged, given up, each with its history."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from aiohttp import web as aioweb
from multidict import MultiDict

from web.desk_forms import EndForm, MergeForm, SplitForm, TopicForm
from web.desk_views import TopicDetail, TopicLine
from web.desk_words import topic_step_words
from web.errors import NotFoundError
from web.explorer_views import GroupView
from web.forms import Fields, Typed, blank, read
from web.i18n import TEXT_LANGUAGES
from web.pages.desk import suggested_groups
from web.pages.route import Route
from web.ports import ProposalFilter, ProposalSummary, Refused, TopicInput
from web.present import title_of
from web.respond import account_with, backend_of, form_fields, go, page, people_of, refusal, visit_of

_ID: Final = "{topic:[0-9a-f]{64}}"
_CANDIDATES_MAX: Final = 500


async def listed(request: aioweb.Request) -> aioweb.Response:
    """Answer with the topics in force and the groups that could become some."""
    account_with(request, "secretariat")
    backend = backend_of(request)
    values = {
        "people": await people_of(request),
        "lines": await backend.desk.topics.lines(),
        "suggested": await suggested_groups(backend),
        "done": request.query.get("done", ""),
    }
    return page(request, "desk_topics.html", values)


async def one(request: aioweb.Request) -> aioweb.Response:
    """Answer with a topic, its history and what may be done with it."""
    account_with(request, "secretariat")
    detail = await _detail(request)
    return page(request, "desk_topic.html", await _detail_values(request, detail, blank()))


async def new_form(request: aioweb.Request) -> aioweb.Response:
    """Answer with the form that makes a topic of a group, filled in from the group."""
    account_with(request, "secretariat")
    typed = await _from_group(request, await _asked_group(request))
    return page(request, "desk_topic_form.html", await _form_values(request, typed, "new"))


async def name(request: aioweb.Request) -> aioweb.StreamResponse:
    """Name a topic."""
    account = account_with(request, "secretariat")
    typed = read(TopicForm, await form_fields(request))
    values = await _form_values(request, typed, "new")
    if typed.form is None:
        return page(request, "desk_topic_form.html", values, status=422)
    try:
        await backend_of(request).name_topic(account, _input(typed.form))
    except Refused as refused:
        return refusal(request, refused, "desk_topic_form.html", values)
    return go(request, "/desk/topics?done=topic")


async def change_form(request: aioweb.Request) -> aioweb.Response:
    """Answer with the form that changes a topic."""
    account_with(request, "secretariat")
    detail = await _detail(request)
    return page(request, "desk_topic_form.html", await _form_values(request, _filled(detail), "change", detail))


async def change(request: aioweb.Request) -> aioweb.StreamResponse:
    """Change a topic."""
    account = account_with(request, "secretariat")
    detail = await _detail(request)
    typed = read(TopicForm, await form_fields(request))
    values = await _form_values(request, typed, "change", detail)
    if typed.form is None:
        return page(request, "desk_topic_form.html", values, status=422)
    try:
        await backend_of(request).desk.topics.change(account, detail.topic.id, _input(typed.form))
    except Refused as refused:
        return refusal(request, refused, "desk_topic_form.html", values)
    return go(request, f"/desk/topics/{detail.topic.id}?done=change")


async def split_form(request: aioweb.Request) -> aioweb.Response:
    """Answer with the form that takes some proposals out of a topic into a new one."""
    account_with(request, "secretariat")
    detail = await _detail(request)
    typed = blank({"track": detail.topic.track, "minutes": str(detail.topic.minutes), "lang": detail.topic.text.lang})
    return page(request, "desk_topic_form.html", await _form_values(request, typed, "split", detail))


async def split(request: aioweb.Request) -> aioweb.StreamResponse:
    """Split a topic."""
    account = account_with(request, "secretariat")
    detail = await _detail(request)
    typed = read(SplitForm, await form_fields(request))
    rest = tuple(each for each in detail.topic.proposals if each not in typed.values("proposals"))
    if typed.form is not None and not rest:
        faults = {"proposals": SplitForm.MESSAGES["proposals"]}
        typed = Typed(typed.raw, typed.many, None, faults)
    values = await _form_values(request, typed, "split", detail)
    if typed.form is None:
        return page(request, "desk_topic_form.html", values, status=422)
    kept = TopicInput(**{**_as_input(detail), "proposals": rest})
    try:
        await backend_of(request).desk.topics.split(account, detail.topic.id, kept, _input(typed.form))
    except Refused as refused:
        return refusal(request, refused, "desk_topic_form.html", values)
    return go(request, f"/desk/topics/{detail.topic.id}?done=split")


async def merge_form(request: aioweb.Request) -> aioweb.Response:
    """Answer with the form that puts another topic into this one."""
    account_with(request, "secretariat")
    detail = await _detail(request)
    typed = _filled(detail, {"other": request.query.get("other", "")[:64]})
    return page(request, "desk_topic_form.html", await _form_values(request, typed, "merge", detail))


async def merge(request: aioweb.Request) -> aioweb.StreamResponse:
    """Merge two topics: all proposals of both, under the name that was typed."""
    account = account_with(request, "secretariat")
    detail = await _detail(request)
    fields = MultiDict(await form_fields(request))
    gone = await backend_of(request).desk.topics.one(fields.get("other", ""))
    together = sorted({*detail.topic.proposals, *(gone.topic.proposals if gone else ())})
    for proposal in together:
        fields.add("proposals", proposal)
    typed = read(MergeForm, fields)
    values = await _form_values(request, typed, "merge", detail)
    if typed.form is None:
        return page(request, "desk_topic_form.html", values, status=422)
    try:
        wanted = _input(typed.form)
        await backend_of(request).desk.topics.merge(account, detail.topic.id, typed.form.other, wanted)
    except Refused as refused:
        return refusal(request, refused, "desk_topic_form.html", values)
    return go(request, f"/desk/topics/{detail.topic.id}?done=merge")


async def finish(request: aioweb.Request) -> aioweb.StreamResponse:
    """Finish a split or merger of which only the first of two events was signed."""
    account = account_with(request, "secretariat")
    detail = await _detail(request)
    other = (await form_fields(request)).get("other", "")
    try:
        await backend_of(request).desk.topics.finish(account, detail.topic.id, other)
    except Refused as refused:
        return refusal(request, refused, "desk_topic.html", await _detail_values(request, detail, blank()))
    return go(request, f"/desk/topics/{detail.topic.id}?done=finish")


async def end(request: aioweb.Request) -> aioweb.StreamResponse:
    """Give a topic up."""
    account = account_with(request, "secretariat")
    detail = await _detail(request)
    typed = read(EndForm, await form_fields(request))
    values = await _detail_values(request, detail, typed)
    if typed.form is None:
        return page(request, "desk_topic.html", values, status=422)
    try:
        await backend_of(request).desk.topics.end(account, detail.topic.id)
    except Refused as refused:
        return refusal(request, refused, "desk_topic.html", values)
    return go(request, "/desk/topics?done=end")


async def split_group_form(request: aioweb.Request) -> aioweb.Response:
    """Answer with the form that makes two topics of a group."""
    account_with(request, "secretariat")
    group = await _asked_group(request)
    if group is None:
        raise NotFoundError
    typed = await _from_group(request, group)
    raw = {**typed.raw, "first_title": typed.value("title"), "title": ""}
    return page(request, "desk_topic_form.html", await _group_values(request, blank(raw, {"goals": ()}), group))


async def split_group(request: aioweb.Request) -> aioweb.StreamResponse:
    """Make two topics of a group: what is ticked goes into the second."""
    account = account_with(request, "secretariat")
    group = await _asked_group(request)
    if group is None:
        raise NotFoundError
    fields = await form_fields(request)
    second = read(SplitForm, fields)
    first = await _first_of_two(request, group, fields, second)
    faults = dict(second.faults)
    faults |= {f"first_{name}": text for name, text in first.faults.items() if name in ("title", "body")}
    if "proposals" in first.faults:
        faults["proposals"] = SplitForm.MESSAGES["proposals"]
    typed: Typed[Any] = Typed({**second.raw, **_first_raw(fields)}, second.many, None, faults)
    values = await _group_values(request, typed, group)
    if faults or first.form is None or second.form is None:
        return page(request, "desk_topic_form.html", values, status=422)
    try:
        for form in (first.form, second.form):
            await backend_of(request).name_topic(account, _input(form))
    except Refused as refused:
        return refusal(request, refused, "desk_topic_form.html", values)
    return go(request, "/desk/topics?done=two")


def _first_raw(fields: Fields) -> dict[str, str]:
    return {name: fields.get(name, "") for name in ("first_title", "first_body")}


async def _first_of_two(
    request: aioweb.Request, group: GroupView, fields: Fields, second: Typed[SplitForm]
) -> Typed[TopicForm]:
    """Return the first topic of two: its own name, and what the second one leaves of the group."""
    mine = MultiDict(fields)
    mine["title"], mine["body"] = fields.get("first_title", ""), fields.get("first_body", "")
    for name_ in ("proposals", "goals"):
        mine.popall(name_, None)
    rest = [each for each in group.proposals if each not in second.values("proposals")]
    known = {item.id: item for item in await _candidates(request)}
    for proposal in rest:
        mine.add("proposals", proposal)
    for goal in sorted({goal for each in rest if each in known for goal in known[each].goals}):
        mine.add("goals", str(goal))
    return read(TopicForm, mine)


async def _detail(request: aioweb.Request) -> TopicDetail:
    found = await backend_of(request).desk.topics.one(request.match_info["topic"])
    if found is None:
        raise NotFoundError
    return found


async def _detail_values(request: aioweb.Request, detail: TopicDetail, typed: Typed[Any]) -> Mapping[str, object]:
    return {
        "people": await people_of(request),
        "detail": detail,
        "topic": detail.topic,
        "step_words": [topic_step_words(visit_of(request).language, step) for step in detail.steps],
        "typed": typed,
        "done": request.query.get("done", ""),
    }


def _input(form: TopicForm) -> TopicInput:
    return TopicInput(
        track=form.track,
        lang=form.lang,
        title=form.title,
        body=form.body,
        goals=form.goals,
        minutes=form.minutes,
        proposals=tuple(sorted(set(form.proposals))),
    )


def _as_input(detail: TopicDetail) -> dict[str, Any]:
    topic = detail.topic
    return {
        "track": topic.track,
        "lang": topic.text.lang,
        "title": topic.text.title,
        "body": topic.text.body,
        "goals": topic.goals,
        "minutes": topic.minutes,
        "proposals": topic.proposals,
    }


def _filled(detail: TopicDetail, more: Mapping[str, str] | None = None) -> Typed[Any]:
    told = _as_input(detail)
    many = {"proposals": told.pop("proposals"), "goals": tuple(str(goal) for goal in told.pop("goals"))}
    return blank({**{name: str(value) for name, value in told.items()}, **(more or {})}, many)


async def _asked_group(request: aioweb.Request) -> GroupView | None:
    asked = request.query.get("group", "")
    return next((group for group in await backend_of(request).groups() if group.id == asked), None)


async def _candidates(request: aioweb.Request) -> tuple[ProposalSummary, ...]:
    found = await backend_of(request).proposals(ProposalFilter(per_page=_CANDIDATES_MAX))
    return found.items


async def _from_group(request: aioweb.Request, group: GroupView | None) -> Typed[Any]:
    """Return the form filled in from a group; its minutes are those of its longest proposal."""
    if group is None:
        return blank()
    members = [item for item in await _candidates(request) if item.id in group.proposals]
    label, lang = visit_of(request).language.pick(group.label) if group.label else ("", "")
    raw = {
        "title": label,
        "lang": lang or visit_of(request).language.code,
        "minutes": str(max([1, *(item.minutes for item in members)])),
        "track": "short" if members and all(item.track == "short" for item in members) else "long",
    }
    many = {"proposals": group.proposals, "goals": tuple(str(goal) for goal in group.goals)}
    return blank(raw, many)


async def _form_values(
    request: aioweb.Request, typed: Typed[Any], kind: str, detail: TopicDetail | None = None
) -> Mapping[str, object]:
    chosen = set(typed.values("proposals"))
    every = sorted(await _candidates(request), key=lambda item: item.id not in chosen)
    own = {item.id for item in detail.proposals} if detail else set()
    candidates: Sequence[ProposalSummary] = list(detail.proposals) if kind == "split" and detail else every
    language = visit_of(request).language
    lines = await backend_of(request).desk.topics.lines() if kind == "merge" else ()
    others = [line for line in lines if detail and _may_join(line, detail)]
    return {
        "people": await people_of(request),
        "kind_of_form": kind,
        "detail": detail,
        "typed": typed,
        "group": None,
        "own": own,
        "candidates": candidates,
        "others": others,
        "topic_choices": [(line.topic.id, title_of(line.topic.text, language).text, "") for line in others],
        "text_languages": TEXT_LANGUAGES,
    }


def _may_join(line: TopicLine, detail: TopicDetail) -> bool:
    topic = line.topic
    return topic.id != detail.topic.id and topic.track == detail.topic.track and line.locked_by is None


async def _group_values(request: aioweb.Request, typed: Typed[Any], group: GroupView) -> Mapping[str, object]:
    values = await _form_values(request, typed, "split-group")
    known = {item.id: item for item in await _candidates(request)}
    return {**values, "group": group, "candidates": [known[each] for each in group.proposals if each in known]}


ROUTES: Final = (
    Route("GET", "/desk/topics", listed),
    Route("GET", "/desk/topics/new", new_form),
    Route("POST", "/desk/topics/new", name),
    Route("GET", "/desk/topics/split", split_group_form),
    Route("POST", "/desk/topics/split", split_group),
    Route("GET", f"/desk/topics/{_ID}", one),
    Route("GET", f"/desk/topics/{_ID}/change", change_form),
    Route("POST", f"/desk/topics/{_ID}/change", change),
    Route("GET", f"/desk/topics/{_ID}/split", split_form),
    Route("POST", f"/desk/topics/{_ID}/split", split),
    Route("GET", f"/desk/topics/{_ID}/merge", merge_form),
    Route("POST", f"/desk/topics/{_ID}/merge", merge),
    Route("POST", f"/desk/topics/{_ID}/finish", finish),
    Route("POST", f"/desk/topics/{_ID}/end", end),
)
