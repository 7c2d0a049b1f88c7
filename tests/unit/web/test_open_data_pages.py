"""Open data on the site: the page, the tables as files, and closed rounds for researchers."""

import json

import pytest

from tests.unit.web.conftest import Site
from web.open_data_tables import TABLES


async def test_the_page_names_every_table_and_column(site: Site) -> None:
    text = (await site.get("/open-data")).text
    for table in TABLES:
        assert f"/open-data/{table.name}.csv" in text
        assert f"/open-data/{table.name}.jsonl" in text
        for column in table.columns:
            assert f"<code>{column.name}</code>" in text


@pytest.mark.parametrize("language", ["ar", "zh", "fr"])
async def test_what_is_in_english_says_so_on_pages_in_other_languages(site: Site, language: str) -> None:
    text = (await site.get(f"/{language}/open-data")).text
    assert '<table lang="en" dir="ltr">' in text


@pytest.mark.parametrize(("form", "kind"), [("csv", "text/csv"), ("jsonl", "application/jsonl")])
async def test_a_table_is_a_file(site: Site, form: str, kind: str) -> None:
    answer = await site.client.get(f"/open-data/members.{form}")
    body = await answer.read()
    assert (answer.status, answer.content_type) == (200, kind)
    assert answer.headers["Content-Disposition"] == f'attachment; filename="members.{form}"'
    assert int(answer.headers["Content-Length"]) == len(body)
    assert site.backend.me.encode() in body
    again = await site.client.get(f"/open-data/members.{form}", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status, await again.read()) == (304, b"")
    head = await site.client.head(f"/open-data/members.{form}")
    assert (head.status, head.headers["ETag"], await head.read()) == (200, answer.headers["ETag"], b"")


@pytest.mark.parametrize("path", ["accounts.csv", "members.parquet", "members", "../members.csv", "members.csv/x"])
async def test_there_are_no_other_tables(site: Site, path: str) -> None:
    assert (await site.client.get(f"/open-data/{path}")).status == 404


async def test_the_description_for_programs_names_every_file(site: Site) -> None:
    package = json.loads((await site.get("/open-data/datapackage.json")).text)
    assert [each["path"] for each in package["resources"]] == [
        f"{table.name}.{form}" for table in TABLES for form in ("csv", "jsonl")
    ]
    for each in package["resources"]:
        assert (await site.client.get(f"/open-data/{each['path']}")).status == 200


async def test_a_closed_round_links_to_its_files_and_a_running_one_has_none(site: Site) -> None:
    seen = {"certified": 0, "other": 0}
    for round_id, found in site.backend.all_rounds.items():
        page = (await site.get(f"/rounds/{round_id}")).text
        for ending in ("pb", "preflib"):
            path = f"/rounds/{round_id}/ballots.{ending}"
            answer = await site.client.get(path)
            assert (answer.status == 200) == (path in page), (path, found.summary.state)
            if answer.status == 200:
                assert answer.headers["Content-Disposition"].startswith("attachment; filename=")
                seen["certified"] += 1
            else:
                seen["other"] += 1
    assert min(seen.values()) > 0
