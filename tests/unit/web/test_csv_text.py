"""Cells for spreadsheets: what a program reads back, and never a formula."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.csv_text import cell, csv_row


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "|x", "%0A", " =1", "\t=1", "\n=1", "＝1", "−1"])
def test_what_a_spreadsheet_would_calculate_begins_with_an_apostrophe(text: str) -> None:
    assert cell(text).startswith("'")


def test_values_are_written_plainly() -> None:
    assert [cell(value) for value in (None, True, False, -5, "a b", "a\x00\x1bb")] == [
        "",
        "yes",
        "no",
        "-5",
        "a b",
        "ab",
    ]


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1))
def test_a_row_is_read_back_to_its_cells(values: list[str]) -> None:
    text = csv_row(values).decode()
    assert list(csv.reader(io.StringIO(text, newline=""), strict=True)) == [[cell(value) for value in values]]
