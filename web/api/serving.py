"""From a request to an answer: who asks, how often, for what; the answer with its tag; and every fault as a problem.

It stands before the pages' middlewares: cookies, languages and forms are nothing to it, and no HTML ever leaves it.
"""

import logging
from collections.abc import Awaitable, Callable
from typing import Final

import orjson
from aiohttp import web as aioweb
from pydantic import BaseModel

from web import keys
from web.api.endpoint import ROOT, Call, Endpoint
from web.api.models.basis import Page
from web.api.once import digest_of, once
from web.api.openapi import JSON_TYPE
from web.api.problems import CONTENT_TYPE, Problem, ProblemDetails, of_refusal
from web.api.rates import Spent
from web.api.requests import (
    asked_in,
    key_in,
    missing_token,
    sent_in,
    takes_json,
    token_in,
    unknown_token,
)
from web.api.state import Api
from web.bodies import Body, told
from web.middleware import protective_headers
from web.ports import Refused
from web.tokens_port import Bearer

_log = logging.getLogger(__name__)
Handler = Callable[[aioweb.Request], Awaitable[aioweb.StreamResponse]]
_EXPOSED: Final = "ETag, Link, Location, RateLimit, RateLimit-Policy, Retry-After, Idempotency-Replayed"
_PREFLIGHT_SECONDS: Final = "600"
_GUESS_POINTS: Final = 10
"""Points of a token that is no good: guessing is slow."""


def is_ours(path: str) -> bool:
    """Whether the interface answers under a path; the page that describes it for people stands at /api itself."""
    return path.startswith("/api/")


@aioweb.middleware
async def machine_answers(request: aioweb.Request, handler: Handler) -> aioweb.StreamResponse:
    """Answer what is asked of the interface, past everything that is for pages."""
    if not is_ours(request.path):
        return await handler(request)
    try:
        response = await _answer(request)
    except Problem as problem:
        response = _problem(problem.details, problem.headers)
    except Refused as refused:
        response = _problem(of_refusal(refused, request.app[keys.API].english))
    except Exception:  # noqa: BLE001 - the one place that keeps a fault from ending in a bare connection
        _log.exception("%s %s failed", request.method, request.path)
        response = _problem(Problem("fault").details)
    return _dressed(request, response)


async def _answer(request: aioweb.Request) -> aioweb.Response:
    allowed = _allowed(request)
    if request.method == "OPTIONS":
        return _options(allowed)
    endpoint = _endpoint(request, allowed)
    request[keys.ENDPOINT] = endpoint
    api = request.app[keys.API]
    bearer = await _bearer(request, api, endpoint)
    if not takes_json(",".join(request.headers.getall("Accept", ()))):
        raise Problem("not-acceptable")
    call = Call(api.backend, api.lists, bearer, lambda: api.description)
    if endpoint.method == "GET":
        return await _read(request, api, endpoint, call)
    return await _write(request, endpoint, call)


def _allowed(request: aioweb.Request) -> frozenset[str]:
    """Return the methods that an address is meant for. Raises Problem if there is no such address."""
    api, fault = request.app[keys.API], request.match_info.http_exception
    if isinstance(fault, aioweb.HTTPMethodNotAllowed):
        return frozenset(fault.allowed_methods) | {"OPTIONS"}
    resource = request.match_info.route.resource
    if fault is not None or resource is None:
        raise Problem("not-found")
    return api.allowed[resource.canonical]


def _endpoint(request: aioweb.Request, allowed: frozenset[str]) -> Endpoint:
    if request.method not in allowed:
        raise Problem("method-not-allowed", headers={"Allow": ", ".join(sorted(allowed))})
    resource = request.match_info.route.resource
    method = "GET" if request.method == "HEAD" else request.method
    found = None if resource is None else request.app[keys.API].find(method, resource.canonical)
    if found is None:
        raise Problem("not-found")
    return found


def _options(allowed: frozenset[str]) -> aioweb.Response:
    """Say what an address is meant for; to web pages of others, only what anybody may read."""
    return aioweb.Response(
        status=204,
        headers={
            "Allow": ", ".join(sorted(allowed)),
            "Access-Control-Allow-Methods": "GET, HEAD",
            "Access-Control-Allow-Headers": "Accept, If-None-Match",
            "Access-Control-Max-Age": _PREFLIGHT_SECONDS,
        },
    )


async def _bearer(request: aioweb.Request, api: Api, endpoint: Endpoint) -> Bearer | None:
    """Return whose token was sent, if one was; count the request, and check that it may be made. Raises Problem."""
    now = api.backend.now()
    try:
        bearer = await _known(request, api)
    except Problem:
        _within(request, api.by_address.spend(request.remote or "", _GUESS_POINTS, now))
        raise
    if bearer is None:
        _within(request, api.by_address.spend(request.remote or "", endpoint.points, now))
    else:
        _within(request, api.by_token.spend(bearer.token.id, endpoint.points, now))
    if endpoint.needs_token and bearer is None:
        raise missing_token()
    if endpoint.scope is not None and bearer is not None:
        if not bearer.has(endpoint.scope):
            raise Problem("scope-missing")
        if not bearer.may(endpoint.scope):
            raise Problem("role-lost")
    return bearer


async def _known(request: aioweb.Request, api: Api) -> Bearer | None:
    secret = token_in(request)
    if secret is None:
        return None
    bearer = await api.backend.tokens.bearer(secret)
    if bearer is None:
        raise unknown_token()
    return bearer


def _within(request: aioweb.Request, spent: Spent) -> None:
    request[keys.SPENT] = spent
    if not spent.is_within:
        raise Problem("too-many-requests")


async def _read(request: aioweb.Request, api: Api, endpoint: Endpoint, call: Call) -> aioweb.Response:
    if not endpoint.is_public:
        return _told(request, await _body(request, endpoint, call), "private, no-cache")
    revision, now = api.backend.revision(), api.backend.now()
    address = request.path_qs
    body = api.kept.get(address, revision, now)
    if body is None:
        body = await _body(request, endpoint, call)
        if revision is not None:
            api.kept.put(address, revision, now + endpoint.lasts_ms, body)
    return _told(request, body, "public, no-cache")


async def _body(request: aioweb.Request, endpoint: Endpoint, call: Call) -> Body:
    asked = asked_in(request, endpoint)
    sent, _ = await sent_in(request, endpoint)
    answer = await endpoint.handler(call, asked, sent)
    following = answer.next if isinstance(answer, Page) else None
    if following is None:
        return Body(_bytes(answer))
    link = request.rel_url.update_query(cursor=following)
    return Body(_bytes(answer), {"Link": f'<{link}>; rel="next"'})


def _bytes(answer: BaseModel) -> bytes:
    return answer.__pydantic_serializer__.to_json(answer)


def _told(request: aioweb.Request, body: Body, cache: str) -> aioweb.Response:
    return told(request, body, JSON_TYPE, {"Cache-Control": cache, "Vary": "Accept-Encoding, Authorization"})


async def _write(request: aioweb.Request, endpoint: Endpoint, call: Call) -> aioweb.Response:
    key = key_in(request) if endpoint.status == 201 else None
    asked = asked_in(request, endpoint)
    sent, data = await sent_in(request, endpoint)

    async def act() -> bytes:
        return _bytes(await endpoint.handler(call, asked, sent))

    headers = {"Cache-Control": "no-store"}
    if key is None:
        body = await act()
    else:
        body, is_replayed = await once(call, key, digest_of(request.method, request.path_qs, data), act)
        if is_replayed:
            headers["Idempotency-Replayed"] = "true"
    if endpoint.status == 201:
        headers["Location"] = orjson.loads(body)["url"]
    return aioweb.Response(body=body, status=endpoint.status, content_type=JSON_TYPE, headers=headers)


def _problem(details: ProblemDetails, headers: dict[str, str] | None = None) -> aioweb.Response:
    return aioweb.Response(
        body=_bytes(details),
        status=details.status,
        content_type=CONTENT_TYPE,
        headers={"Cache-Control": "no-store", "Content-Language": "en", **(headers or {})},
    )


def _dressed(request: aioweb.Request, response: aioweb.Response) -> aioweb.Response:
    """Add what every answer carries."""
    response.headers.update(protective_headers(request.app))
    if keys.SPENT in request:
        response.headers.update(request[keys.SPENT].headers)
    is_public = keys.ENDPOINT not in request or request[keys.ENDPOINT].is_public
    if is_public:
        response.headers["Access-Control-Allow-Origin"] = "*"
        response.headers["Access-Control-Expose-Headers"] = _EXPOSED
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def add_routes(app: aioweb.Application, api: Api) -> None:
    """Add every resource to an application; machine_answers answers before their handlers would."""
    app[keys.API] = api
    resources: dict[str, aioweb.Resource] = {}
    for endpoint in api.endpoints:
        path = ROOT + endpoint.path
        if path not in resources:
            resources[path] = app.router.add_resource(path)
        for method in ("GET", "HEAD") if endpoint.method == "GET" else (endpoint.method,):
            resources[path].add_route(method, _never)


async def _never(_request: aioweb.Request) -> aioweb.Response:
    raise AssertionError("machine_answers stands before this")
