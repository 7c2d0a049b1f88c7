"""Tables of items and votes: their columns, and that no cell can be taken for a formula."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.editions import HOSTILE, edition, hostile_backend, left
from tests.support.web_backend import MemoryBackend
from web.editions.csv_forms import ITEM_COLUMNS, ROLL_CALL_COLUMNS, answer, cell, items_csv, roll_calls_csv
from web.editions.edition import Ballot


def rows(data: bytes) -> list[dict[str, str]]:
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


async def test_one_row_for_each_item_and_each_that_left() -> None:
    backend = MemoryBackend()
    backend.editions.all_left[2] = [left(why="withdrawn")]
    found = await edition(backend)
    table = rows(items_csv(found))
    assert tuple(table[0]) == ITEM_COLUMNS
    assert [row["number"] for row in table] == [*(item.number for item in found.items), "S1"]
    assert {row["state"] for row in table[:-1]} == {"on the agenda"}
    assert (table[-1]["state"], table[-1]["version"], table[-1]["title"]) == ("withdrawn", "1", "Gone")
    item = found.items[0]
    favour = found.round(item.round).outcome.selection
    assert favour is not None
    assert int(table[0]["members_in_favour"]) == favour.chosen[0].supporters


async def test_one_row_for_each_ballot_and_option() -> None:
    found = await edition()
    table = rows(roll_calls_csv(found))
    assert tuple(table[0]) == ROLL_CALL_COLUMNS
    assert len(table) == sum(len(each.ballots) * len(each.options) for each in found.rounds)
    taken = {row["item"] for row in table} - {""}
    assert taken == {item.number for item in found.items}
    for item in found.items:
        for_it = [row for row in table if row["item"] == item.number and row["answer"] in ("approve", "yes")]
        counts = found.round(item.round).outcome
        supporters = (
            next(each.supporters for each in counts.selection.chosen if each.option == item.option)
            if counts.selection
            else counts.counts.in_favour
        )
        assert len(for_it) == supporters


@pytest.mark.parametrize("first", range(0, len(HOSTILE), 3))
async def test_hostile_texts_stay_in_their_cells(first: int) -> None:
    found = await edition(hostile_backend(first))
    for table, columns in ((items_csv(found), ITEM_COLUMNS), (roll_calls_csv(found), ROLL_CALL_COLUMNS)):
        read = rows(table)
        assert {len(row) for row in read} == {len(columns)}
        values = [value for row in read for value in row.values()]
        assert not [value for value in values if value.lstrip()[:1] in tuple("=+-@＝＋－＠")]
        assert not [value for value in values if value[:1] in tuple("\t\r\n")]
        assert b"\x00" not in table
    assert len(rows(items_csv(found))) == len(found.items) + 1


@given(st.text(max_size=40))
def test_a_cell_never_begins_as_a_formula_does(text: str) -> None:
    written = cell(text)
    assert written.lstrip()[:1] not in tuple("=+-@")
    assert written.removeprefix("'") == written or written.startswith("'")


@pytest.mark.parametrize(
    ("value", "written"), [(None, ""), (True, "yes"), (False, "no"), (-3, "-3"), ("-3", "'-3"), ("a-b", "a-b")]
)
def test_what_stands_in_a_cell(value: str | int | bool | None, written: str) -> None:
    assert cell(value) == written


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"form": "choice", "choice": "abstain", "reason": None}, "abstain"),
        ({"form": "approval", "approves": ["o2"]}, "approve"),
        ({"form": "approval", "approves": ["o1"]}, ""),
        ({"form": "ranked", "tiers": [["o1"], ["o3", "o2"]]}, "2"),
        ({"form": "ranked", "tiers": [["o1"]]}, ""),
        ({"form": "score", "scores": {"impact": {"o2": 4}, "equity": {"o1": 1, "o2": 3}}}, "equity=3; impact=4"),
        ({"form": "proxy", "holder": "m"}, ""),
    ],
)
def test_what_a_ballot_says_of_an_option(content: dict[str, object], said: str) -> None:
    ballot = Ballot.model_validate(
        {"member": "m", "event": "0" * 64, "is_counted": True, "holder": "", "content": content}
    )
    assert answer(ballot, "o2") == said
