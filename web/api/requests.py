"""What a request carries, read with care: parameters, bodies, tokens and keys. Everything in it is hostile."""

import json
import re
from typing import Final, NoReturn

from aiohttp import web as aioweb
from pydantic import ValidationError

from web.api.endpoint import Endpoint
from web.api.models.asked import Asked
from web.api.models.sent import Nothing, Sent
from web.api.openapi import JSON_TYPE, KEY_HEADER
from web.api.problems import Place, Problem, is_about_sense, places_of
from web.bodies import weight
from web.tokens_port import KEY_CHARACTERS_MAX, TOKEN_CHARACTERS_MAX

BODY_BYTES_MAX: Final = 256 * 1024
_CHALLENGE: Final = {"WWW-Authenticate": 'Bearer realm="comitia"'}
_BEARER = re.compile(r"[Bb]earer +([A-Za-z0-9._~+/=-]+)")
_KEY = re.compile(rf"[\x21-\x7e]{{1,{KEY_CHARACTERS_MAX}}}")
_UTF8: Final = frozenset({"utf-8", "utf8"})


def asked_in(request: aioweb.Request, endpoint: Endpoint) -> Asked:
    """Return what an address asks for. Raises Problem."""
    given: dict[str, str] = {name: request.match_info[name] for name in endpoint.in_path}
    for name, value in request.query.items():
        if name in given:
            place = Place(where="query", at=name[:200], detail="given twice, or a part of the path")
            raise Problem("invalid-request", places=[place])
        given[name] = value
    try:
        return endpoint.asks.model_validate(given)
    except ValidationError as error:
        raise Problem("invalid-request", places=places_of(error, "query", endpoint.in_path)) from error


async def sent_in(request: aioweb.Request, endpoint: Endpoint) -> tuple[Sent, bytes]:
    """Return what a request sends, and its bytes. Raises Problem."""
    if not endpoint.has_body:
        return Nothing(), b""
    if request.content_type != JSON_TYPE or (request.charset or "utf-8").lower() not in _UTF8:
        raise Problem("content-type", headers={"Accept-Post": JSON_TYPE})
    data = await _body(request)
    _check_json(data)
    try:
        return endpoint.takes.model_validate_json(data), data
    except ValidationError as error:
        code = "not-fitting" if is_about_sense(error) else "invalid-request"
        raise Problem(code, places=places_of(error, "body", frozenset())) from error


async def _body(request: aioweb.Request) -> bytes:
    if (request.content_length or 0) > BODY_BYTES_MAX:
        raise Problem("too-large")
    try:
        data = await request.read()
    except aioweb.HTTPRequestEntityTooLarge as error:
        raise Problem("too-large") from error
    if len(data) > BODY_BYTES_MAX:
        raise Problem("too-large")
    return data


def _check_json(data: bytes) -> None:
    """Refuse what is no JSON, and what others might read differently: repeated keys, NaN, endless depth."""
    try:
        json.loads(data.decode(), object_pairs_hook=_without_repeated, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        detail = "nested too deeply" if isinstance(error, RecursionError) else str(error)[:200]
        raise Problem("unreadable", places=[Place(where="body", at="", detail=detail)]) from error


def _without_repeated(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a member is given twice")
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def token_in(request: aioweb.Request) -> str | None:
    """Return the token that a request carries, or None for none. Raises Problem for a header that is none."""
    header = request.headers.getall("Authorization", ())
    if not header:
        return None
    match = _BEARER.fullmatch(header[0].strip()) if len(header) == 1 else None
    if match is None or len(match[1]) > TOKEN_CHARACTERS_MAX:
        raise unknown_token()
    return match[1]


def unknown_token() -> Problem:
    """Return what is said of a token that is no good: never whether it once was."""
    return Problem(
        "token-unknown", headers={"WWW-Authenticate": _CHALLENGE["WWW-Authenticate"] + ', error="invalid_token"'}
    )


def missing_token() -> Problem:
    """Return what is said where a token is needed."""
    return Problem("token-missing", headers=_CHALLENGE)


def key_in(request: aioweb.Request) -> str | None:
    """Return the idempotency key, or None for none. Raises Problem."""
    keys = request.headers.getall(KEY_HEADER, ())
    if not keys:
        return None
    if len(keys) > 1 or not _KEY.fullmatch(keys[0]):
        detail = f"one key of 1 to {KEY_CHARACTERS_MAX} printable ASCII characters"
        raise Problem("invalid-request", places=[Place(where="header", at=KEY_HEADER, detail=detail)])
    return keys[0]


def takes_json(accept: str) -> bool:
    """Whether a header Accept lets JSON through; without one everything is let through."""
    if not accept.strip():
        return True
    best: tuple[int, float] = (-1, 0.0)
    for entry in accept.split(","):
        name, *parameters = (part.strip().lower() for part in entry.split(";"))
        precision = {JSON_TYPE: 2, "application/*": 1, "*/*": 0}.get(name, -1)
        if precision > best[0]:
            best = (precision, weight(parameters))
    return best[1] > 0
