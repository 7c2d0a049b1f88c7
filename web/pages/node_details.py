"""The operator's pages behind the glance: the nodes that this one dials, what was refused, and the log."""

from collections import Counter
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Final, get_args

from aiohttp import web as aioweb
from pydantic import Field

from web.forms import Form, Line, Typed, blank, read
from web.marking import N_
from web.operator_port import LogLevel
from web.pages.route import Route
from web.ports import Refused
from web.respond import account_with, backend_of, form_fields, go, page, part, people_of, refusal
from web.streams import stream

_ADDRESS_CHARACTERS_MAX = 300
_LEVELS: Final[tuple[LogLevel, ...]] = get_args(LogLevel)
_FILTER_CHARACTERS_MAX = 200
_SOURCES_MAX = 50


class PeerForm(Form):
    """The address of another node."""

    MESSAGES: ClassVar[Mapping[str, str]] = {
        "address": N_("Give an address of the form https://host or https://host:port."),
    }

    address: Annotated[Line, Field(max_length=_ADDRESS_CHARACTERS_MAX, pattern=r"^https?://[^\s/?#\"\\]+/?$")]


async def peers(request: aioweb.Request) -> aioweb.Response:
    """Answer with the nodes that this one talks to or tries to."""
    account_with(request, "operator")
    return page(request, "node_peers.html", await _peer_values(request, blank()))


async def add_peer(request: aioweb.Request) -> aioweb.StreamResponse:
    """Dial another address from now on."""
    account = account_with(request, "operator")
    typed = read(PeerForm, await form_fields(request))
    if typed.form is None:
        return page(request, "node_peers.html", await _peer_values(request, typed), status=422)
    try:
        answers = await backend_of(request).operator.add_peer(account, typed.form.address)
    except Refused as refused:
        return refusal(request, refused, "node_peers.html", await _peer_values(request, typed))
    return go(request, f"/node/peers?done={'added' if answers else 'silent'}")


async def remove_peer(request: aioweb.Request) -> aioweb.StreamResponse:
    """Dial an address no longer."""
    account = account_with(request, "operator")
    address = (await form_fields(request)).get("address", "")[:_ADDRESS_CHARACTERS_MAX]
    try:
        await backend_of(request).operator.remove_peer(account, address)
    except Refused as refused:
        return refusal(request, refused, "node_peers.html", await _peer_values(request, blank()))
    return go(request, "/node/peers?done=removed")


async def _peer_values(request: aioweb.Request, typed: Typed[Any]) -> Mapping[str, object]:
    operator = backend_of(request).operator
    view = await operator.overview()
    settings = {setting.address: setting for setting in operator.peer_settings()}
    shown = {peer.address for peer in view.status.peers if peer.is_outbound}
    return {
        "typed": typed,
        "view": view,
        "people": await people_of(request),
        "settings": settings,
        "waiting": [address for address in settings if address not in shown],
        "neighbours": {each.address: each for each in view.neighbours},
        "done": request.query.get("done", ""),
    }


async def refused_input(request: aioweb.Request) -> aioweb.Response:
    """Answer with what came from outside and was not taken, of a kind and from a source where they are asked for."""
    account_with(request, "operator")
    status = await backend_of(request).status()
    kind, source = (request.query.get(name, "")[:_FILTER_CHARACTERS_MAX] for name in ("kind", "source"))
    sources = Counter(each.source for each in status.refusals).most_common(_SOURCES_MAX)
    found = [each for each in status.refusals if kind in ("", each.kind) and source in ("", each.source)]
    values = {
        "status": status,
        "refusals": found,
        "kind": kind,
        "source": source,
        "kinds": sorted({*status.refusal_counts, kind} - {""}),
        "sources": sorted({*(name for name, _ in sources), source} - {""}),
    }
    return page(request, "node_refused.html", {**values, "people": await people_of(request)})


async def log(request: aioweb.Request) -> aioweb.Response:
    """Answer with the last lines of the log."""
    account_with(request, "operator")
    level = _level(request)
    values = {"entries": backend_of(request).operator.log(level), "level": level, "levels": _LEVELS}
    return page(request, "node_log.html", {**values, "people": await people_of(request)})


async def log_events(request: aioweb.Request) -> aioweb.StreamResponse:
    """Stream lines of the log as they come, from behind the number that the page ends with."""
    account_with(request, "operator")
    level, operator = _level(request), backend_of(request).operator
    after = int(request.query["after"]) if request.query.get("after", "").isdecimal() else 0

    async def render() -> str:
        nonlocal after
        entries = operator.log(level, after)
        after = entries[-1].number if entries else after
        return part(request, "node_log_lines.html", {"entries": entries}) if entries else ""

    return await stream(request, render, operator.log_lines())


def _level(request: aioweb.Request) -> LogLevel:
    asked = request.query.get("level", "info")
    return next((level for level in _LEVELS if level == asked), "info")


ROUTES: Final = (
    Route("GET", "/node/peers", peers),
    Route("POST", "/node/peers/add", add_peer),
    Route("POST", "/node/peers/remove", remove_peer),
    Route("GET", "/node/refused", refused_input),
    Route("GET", "/node/log", log),
    Route("GET", "/node/log/events", log_events),
)
