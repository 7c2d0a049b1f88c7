"""The node's page: a short version for anybody, the operator's glance with what is wrong on top, and its live parts."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Final

from aiohttp import web as aioweb

from web.errors import NotFoundError
from web.health_words import finding_words
from web.history_chart import by_day, history_chart
from web.pages.route import Route
from web.ports import Refused
from web.respond import account_with, backend_of, form_fields, go, page, part, people_of, refusal, visit_of
from web.streams import stream

_EVERY_SECONDS = 3.0
_DONE: Final = frozenset({"backup", "checked", "signing"})


async def status(request: aioweb.Request) -> aioweb.Response:
    """Answer with the node's status."""
    if visit_of(request).has_role("operator"):
        return page(request, "node.html", await _values(request))
    values = {"status": await backend_of(request).status(), "people": await people_of(request)}
    return page(request, "node_public.html", values)


async def events(request: aioweb.Request) -> aioweb.StreamResponse:
    """Stream the operator's glance, each time something in it has changed."""
    account_with(request, "operator")

    async def render() -> str:
        visit_of(request).now = backend_of(request).now()
        return part(request, "node_live.html", await _values(request))

    return await stream(request, render, _ticks())


async def back_up(request: aioweb.Request) -> aioweb.StreamResponse:
    """Begin a backup."""
    account = account_with(request, "operator")
    try:
        await backend_of(request).operator.back_up(account)
    except Refused as refused:
        return refusal(request, refused, "node.html", await _values(request))
    return go(request, "/node?done=backup#backups")


async def check_backup(request: aioweb.Request) -> aioweb.StreamResponse:
    """Read a backup to its end again."""
    account = account_with(request, "operator")
    name = (await form_fields(request)).get("name", "")[:200]
    try:
        await backend_of(request).operator.check_backup(account, name)
    except Refused as refused:
        return refusal(request, refused, "node.html", await _values(request))
    return go(request, "/node?done=checked#backups")


async def sign_alone(request: aioweb.Request) -> aioweb.StreamResponse:
    """Let a restored node sign without having heard from enough others, if that was said to be understood."""
    account = account_with(request, "operator")
    if (await form_fields(request)).get("understood") != "yes":
        return refusal(request, Refused("not-understood"), "node.html", await _values(request))
    try:
        await backend_of(request).operator.sign_alone(account)
    except Refused as refused:
        return refusal(request, refused, "node.html", await _values(request))
    return go(request, "/node?done=signing")


async def fork_proof(request: aioweb.Request) -> aioweb.Response:
    """Answer with the two signed events that prove a fork, as a file."""
    account_with(request, "operator")
    key = request.match_info["key"]
    proof = await backend_of(request).operator.fork_proof(key)
    if proof is None:
        raise NotFoundError
    disposition = f'attachment; filename="comitia-fork-{key[:12]}.json"'
    return aioweb.Response(body=proof, content_type="application/json", headers={"Content-Disposition": disposition})


async def _values(request: aioweb.Request) -> Mapping[str, object]:
    language = visit_of(request).language
    people = await people_of(request)
    view = await backend_of(request).operator.overview()
    done = request.query.get("done", "")
    return {
        "view": view,
        "status": view.status,
        "people": people,
        "findings": [finding_words(language, finding, people.text_of) for finding in view.findings],
        "chart": history_chart(view.history, is_rtl=language.dir == "rtl"),
        "days": by_day(view.history),
        "done": done if done in _DONE else "",
    }


async def _ticks() -> AsyncIterator[None]:
    while True:
        await asyncio.sleep(_EVERY_SECONDS)
        yield


ROUTES: Final = (
    Route("GET", "/node", status),
    Route("GET", "/node/events", events),
    Route("POST", "/node/backups", back_up),
    Route("POST", "/node/backups/check", check_backup),
    Route("POST", "/node/signing", sign_alone),
    Route("GET", "/node/forks/{key:[0-9a-f]{64}}", fork_proof),
)
