"""The description of the interface by OpenAPI 3.1, made from the declarations and the models and from nothing else."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Final

from pydantic.json_schema import models_json_schema

from web.api.endpoint import ROOT, Endpoint
from web.api.problems import CONTENT_TYPE, OWN, ProblemDetails
from web.ports import Refused
from web.refusals import refusal_status
from web.tokens_port import KEY_CHARACTERS_MAX, SCOPE_ROLES

Json = dict[str, Any]
JSON_TYPE: Final = "application/json"
KEY_HEADER: Final = "Idempotency-Key"
_REF: Final = "#/components/schemas/{model}"
_ABOUT: Final = """\
What the pages of a node show, as JSON, and writing for a member's own systems.

- **Ids** are hexadecimal, 64 digits; members, constituencies, groups and options have short names.
- **Times** are RFC 3339 in UTC with milliseconds. Lengths of time are milliseconds.
- **Texts** say their language and whether they are held here, missing (not yet here) or erased.
- **Lists** come in parts: `per_page` (1 to 200) and `cursor`; the header `Link` with `rel="next"` and the member `next`
  lead to the next part. What comes in meanwhile never moves the parts that follow, except in a search.
- **Tags**: every answer to GET has a strong `ETag`; send it as `If-None-Match` and get 304 while nothing has changed.
- **Tokens**: `Authorization: Bearer …`. Cookies are ignored. What anybody may read takes no token.
- **Limits**: `RateLimit-Policy` and `RateLimit` say what there is in a minute and what is left; 429 comes with
  `Retry-After`. Heavy requests count tenfold, signing fivefold.
- **Writing**: send an `Idempotency-Key` with every POST that signs something; sent again within a day, it is answered
  as it was, with `Idempotency-Replayed: true`.
- **Problems** are RFC 9457: `code` is stable, `remedy` says what to do, `places` where the request is wrong.
- Votes that are running are never shown.
"""


def describe(endpoints: Iterable[Endpoint], base_url: str, version: str) -> Json:
    """Return the description of all resources."""
    every = tuple(endpoints)
    paths: defaultdict[str, Json] = defaultdict(dict)
    for endpoint in every:
        paths[endpoint.path][endpoint.method.lower()] = _operation(endpoint)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Comitia", "version": version, "description": _ABOUT},
        "servers": [{"url": base_url + ROOT}],
        "tags": [{"name": section} for section in dict.fromkeys(endpoint.section for endpoint in every)],
        "paths": dict(paths),
        "components": {
            "schemas": _schemas(every),
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "A token of an account of this node."}
            },
        },
    }


def _operation(endpoint: Endpoint) -> Json:
    operation: Json = {
        "operationId": endpoint.name,
        "summary": endpoint.summary,
        "tags": [endpoint.section],
        "parameters": [*_parameters(endpoint), *_headers(endpoint)],
        "responses": {str(endpoint.status): _success(endpoint), **_not_modified(endpoint), **_problems(endpoint)},
    }
    if endpoint.needs_token:
        operation["security"] = [{"token": [endpoint.scope] if endpoint.scope else []}]
        operation["description"] = _who(endpoint)
    if endpoint.has_body:
        schema = {"$ref": _REF.format(model=endpoint.takes.__name__)}
        operation["requestBody"] = {"required": True, "content": {JSON_TYPE: {"schema": schema}}}
    return operation


def _who(endpoint: Endpoint) -> str:
    if endpoint.scope is None:
        return "Takes a token of any scope."
    return (
        f"Takes a token with the scope `{endpoint.scope}`, of an account with the role {SCOPE_ROLES[endpoint.scope]}."
    )


def _parameters(endpoint: Endpoint) -> list[Json]:
    schema = endpoint.asks.model_json_schema()
    required = frozenset(schema.get("required", ()))
    return [
        {
            "name": name,
            "in": "path" if name in endpoint.in_path else "query",
            "required": name in required,
            "description": field["description"],
            "schema": _tidy(_without_null(field)),
        }
        for name, field in schema.get("properties", {}).items()
    ]


def _without_null(field: Mapping[str, Any]) -> Json:
    """Return the schema of a parameter: one that isn't sent is left out, never null."""
    kept = {name: value for name, value in field.items() if name not in ("description", "title")}
    if "anyOf" in kept:
        (inner,) = (each for each in kept.pop("anyOf") if each != {"type": "null"})
        kept = {**{name: value for name, value in kept.items() if name != "default"}, **inner}
    return kept


def _headers(endpoint: Endpoint) -> list[Json]:
    if endpoint.status != 201:
        return []
    schema = {"type": "string", "pattern": rf"^[\x21-\x7e]{{1,{KEY_CHARACTERS_MAX}}}$"}
    words = "A name of your own for this request: sent again with it, nothing is signed twice."
    return [{"name": KEY_HEADER, "in": "header", "required": False, "description": words, "schema": schema}]


def _success(endpoint: Endpoint) -> Json:
    headers = {name: _header(words) for name, words in _EVERYWHERE.items()}
    if endpoint.method == "GET":
        headers["ETag"] = _header("The strong tag of the answer.")
    if "next" in endpoint.answers.model_fields:
        headers["Link"] = _header('The address of the next part, with rel="next"; left out after the last.')
    if endpoint.status == 201:
        headers["Location"] = _header("Address of the resource that was changed.")
    found: Json = {
        "description": (endpoint.answers.__doc__ or "").splitlines()[0],
        "headers": headers,
        "content": {JSON_TYPE: {"schema": {"$ref": _REF.format(model=endpoint.answers.__name__)}}},
    }
    if endpoint.leads_to:
        found["links"] = {
            operation: {"operationId": operation, "parameters": {parameter: f"$response.body#{pointer}"}}
            for operation, parameter, pointer in endpoint.leads_to
        }
    return found


_EVERYWHERE: Final = {
    "RateLimit-Policy": "How many points there are in a minute: q of them in w seconds.",
    "RateLimit": "How many points are left (r), and in how many seconds they are renewed (t).",
}


def _header(words: str) -> Json:
    return {"description": words, "schema": {"type": "string"}}


def _not_modified(endpoint: Endpoint) -> Json:
    return {"304": {"description": "What the client holds is still so."}} if endpoint.method == "GET" else {}


def codes_of(endpoint: Endpoint) -> dict[int, list[str]]:
    """Return the codes of the problems that may come, by status."""
    codes = ["invalid-request", "token-unknown", "not-acceptable", "too-many-requests", "fault"]
    if "cursor" in endpoint.asks.model_fields:
        codes.append("bad-cursor")
    if endpoint.in_path or endpoint.name == "get_agenda_in_force":
        codes.append("not-found")
    if endpoint.needs_token:
        codes += ["token-missing", "scope-missing", "role-lost"]
    if endpoint.has_body:
        codes += ["unreadable", "content-type", "too-large", "not-fitting"]
    if endpoint.status == 201:
        codes += ["key-in-use", "key-reused"]
    if endpoint.name == "suggest":
        codes += ["text-too-short", "topics-unavailable"]
    found: defaultdict[int, list[str]] = defaultdict(list)
    for code in [*codes, *endpoint.refusals]:
        found[status_of(code)].append(code)
    return dict(sorted(found.items()))


def status_of(code: str) -> int:
    """Return the status that belongs to a problem's code."""
    return OWN[code].status if code in OWN else refusal_status(Refused(code))


def _problems(endpoint: Endpoint) -> Json:
    schema = {"$ref": _REF.format(model=ProblemDetails.__name__)}
    return {
        str(status): {
            "description": "; ".join(f"`{code}`" for code in codes),
            "content": {CONTENT_TYPE: {"schema": schema}},
        }
        for status, codes in codes_of(endpoint).items()
    }


def _schemas(endpoints: tuple[Endpoint, ...]) -> Json:
    taken = {endpoint.takes for endpoint in endpoints if endpoint.has_body}
    answered = {endpoint.answers for endpoint in endpoints}
    wanted: list[Any] = [(model, "validation") for model in sorted(taken, key=_name)]
    wanted += [(model, "serialization") for model in sorted(answered, key=_name)]
    wanted.append((ProblemDetails, "serialization"))
    _, schema = models_json_schema(wanted, ref_template=_REF)
    schemas: Json = _tidy(schema["$defs"])
    for each in list(schemas.values()):
        _require_tags(each, schemas)
    return schemas


def _name(model: type) -> str:
    return model.__name__


def _tidy(schema: Any) -> Any:
    """Return a schema without titles that only repeat names, and with patterns as JSON Schema writes them."""
    if isinstance(schema, list):
        return [_tidy(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    tidy = {name: _tidy(value) for name, value in schema.items() if not (name == "title" and isinstance(value, str))}
    if isinstance(tidy.get("pattern"), str):
        tidy["pattern"] = tidy["pattern"].replace(r"\z", "$")
    if "patternProperties" in tidy:
        tidy["patternProperties"] = {name.replace(r"\z", "$"): each for name, each in tidy["patternProperties"].items()}
        tidy.setdefault("additionalProperties", False)
    return tidy


def _require_tags(schema: Any, schemas: Json) -> None:
    """Say of each member of a union that the member by which they are told apart can't be left out."""
    if isinstance(schema, list):
        for each in schema:
            _require_tags(each, schemas)
    elif isinstance(schema, dict):
        told = schema.get("discriminator")
        if isinstance(told, dict):
            for ref in told["mapping"].values():
                one = schemas[ref.rpartition("/")[2]]
                one["required"] = sorted({*one.get("required", ()), told["propertyName"]})
        for each in schema.values():
            _require_tags(each, schemas)
