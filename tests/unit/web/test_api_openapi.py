"""The description: one source with the routes, complete, and each word of it in place."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.api_asker import Asker
from web.api.endpoint import ROOT, Endpoint
from web.api.openapi import codes_of, describe, status_of
from web.api.problems import CODES, OWN
from web.api.table import ENDPOINTS
from web.ports import Refused
from web.refusals import REFUSAL_CODES, refusal_status
from web.tokens_port import SCOPES

DESCRIPTION = describe(ENDPOINTS, "http://node.example", "1.2.3")


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in DESCRIPTION["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


async def test_every_route_is_described_and_nothing_else(asker: Asker) -> None:
    app = asker.client.app
    assert app is not None
    routes = {
        (route.method, route.resource.canonical)
        for route in app.router.routes()
        if route.resource is not None and route.resource.canonical.startswith("/api/") and route.method != "HEAD"
    }
    assert routes == {(method, ROOT + path) for method, path, _ in operations()}


async def test_what_is_served_is_this_description(asker: Asker) -> None:
    served = (await asker.get("/openapi.json")).json
    assert served["paths"] == json.loads(json.dumps(DESCRIPTION["paths"]))
    assert served["openapi"] == "3.1.0"
    assert served["servers"] == [{"url": "http://127.0.0.1:8080/api/v1"}]


def test_every_field_and_every_model_says_what_it_is() -> None:
    silent = []
    for name, schema in DESCRIPTION["components"]["schemas"].items():
        if name == "JsonValue":
            continue
        silent += [] if schema.get("description") else [name]
        silent += [
            f"{name}.{field}" for field, inner in schema.get("properties", {}).items() if not inner.get("description")
        ]
    assert silent == []


def test_every_parameter_says_what_it_is_and_has_a_bound() -> None:
    for _, path, operation in operations():
        for parameter in operation["parameters"]:
            schema = parameter["schema"]
            assert parameter["description"], path
            assert {"enum", "maximum", "maxLength", "pattern", "format"} & schema.keys(), (path, parameter["name"])
            assert "anyOf" not in schema
            assert parameter["required"] == (parameter["in"] == "path" or parameter["name"] == "q")


def test_operations_have_names_of_their_own_and_a_summary() -> None:
    names = [operation["operationId"] for _, _, operation in operations()]
    assert len(set(names)) == len(names)
    assert all(operation["summary"] and operation["tags"] for _, _, operation in operations())


def test_patterns_are_those_of_json_schema() -> None:
    text = json.dumps(DESCRIPTION)
    assert r"\\z" not in text
    for pattern in re.findall(r'"pattern": ("(?:[^"\\]|\\.)*")', text):
        re.compile(json.loads(pattern))


def test_references_and_links_lead_somewhere() -> None:
    schemas = DESCRIPTION["components"]["schemas"]
    for ref in re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(DESCRIPTION)):
        assert ref in schemas
    known = {operation["operationId"]: operation for _, _, operation in operations()}
    for _, _, operation in operations():
        for answer in operation["responses"].values():
            for link in answer.get("links", {}).values():
                target = known[link["operationId"]]
                assert set(link["parameters"]) <= {each["name"] for each in target["parameters"]}


def test_whoever_writes_needs_a_scope_and_says_which() -> None:
    used = set()
    for endpoint in ENDPOINTS:
        if endpoint.method != "GET":
            assert endpoint.scope is not None
            assert endpoint.needs_token
        used |= {endpoint.scope}
    assert used == {None, *SCOPES}
    for _, _, operation in operations():
        assert ("security" in operation) == ("401" in operation["responses"] and "403" in operation["responses"])


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
def test_every_problem_that_may_come_is_described(endpoint: Endpoint) -> None:
    for status, codes in codes_of(endpoint).items():
        assert set(codes) <= CODES
        described = DESCRIPTION["paths"][endpoint.path][endpoint.method.lower()]["responses"][str(status)]
        assert all(f"`{code}`" in described["description"] for code in codes)


def test_codes_are_slugs_and_each_stands_for_one_thing() -> None:
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", code) for code in CODES)
    assert not OWN.keys() & REFUSAL_CODES
    assert all(status_of(code) == refusal_status(Refused(code)) for code in REFUSAL_CODES)


def test_a_ballot_can_not_leave_out_its_form() -> None:
    schemas = DESCRIPTION["components"]["schemas"]
    for name in ("ChoiceBallot", "ApprovalBallot", "RankedBallot", "ScoreBallot", "ProxyBallot"):
        assert "form" in schemas[name]["required"]


async def test_people_find_every_resource_scope_and_code_on_the_page(asker: Asker) -> None:
    page = (await asker.get("/api")).body.decode()
    for endpoint in ENDPOINTS:
        assert endpoint.path in page
        assert endpoint.summary.replace("'", "&#39;") in page
    for word in (*SCOPES, *CODES):
        assert f">{word}<" in page
