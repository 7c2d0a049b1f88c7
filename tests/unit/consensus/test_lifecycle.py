"""The table of transitions against the document that people read, and against itself."""

import re
from pathlib import Path
from typing import get_args

from consensus.lifecycle import TABLE, Condition, Stage, acts_in, line_for
from protocol.events.rounds import ProcedureName
from tests.support.story import ENDED

DOCUMENT = (Path(__file__).resolve().parents[3] / "consensus" / "CONSULTATION.md").read_text(encoding="utf-8")
WHO = {
    "sponsor": "sponsor",
    "member": "any member",
    "other": "another member",
    "secretariat": "secretariat",
    "tellers": "tellers",
    "time": "by itself",
}


def documented() -> set[tuple[str, frozenset[str], str, str]]:
    rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \| ([^|]+) \| ([^|]*) \| ([^|]+) \|$", DOCUMENT, re.MULTILINE)
    return {(act, frozenset(stages.split(", ")), whose, then) for act, stages, whose, _, then in rows if act != "act"}


def test_the_document_has_the_table_of_the_code() -> None:
    stays = {None: "stays", "before": "where it was before"}
    lines = {(line.act, line.stages, WHO[line.who], stays.get(line.to, str(line.to))) for line in TABLE}
    assert {row for row in documented() if row[0] != "---"} == lines


def test_every_kind_of_round_is_in_the_table_and_in_the_document() -> None:
    for procedure in get_args(ProcedureName):
        assert any(line.act == f"open {procedure}" for line in TABLE), procedure
        assert any(line.act.startswith(f"{procedure} ") for line in TABLE), procedure
        assert re.search(rf"^\| {procedure} \|", DOCUMENT, re.MULTILINE), procedure


def test_every_stage_is_entered_by_some_line_and_every_condition_is_used() -> None:
    assert {line.condition for line in TABLE} == set(get_args(Condition))
    entered = {line.to for line in TABLE} | {"submitted", "endorsing"}
    assert set(get_args(Stage)) <= entered


def test_what_has_ended_goes_on_by_taking_over_or_leaving_a_merger_alone() -> None:
    acts = {line.act for stage in ENDED for line in acts_in(stage)}
    assert acts == {"take-over", "stay-out"}


def test_nothing_in_ballot_can_be_changed_by_anybody() -> None:
    changing = {"revise", "amend", "accept-amendment", "withdraw", "join", "duplicate", "supersede", "adjourn", "refer"}
    assert all(line_for(act, "in-ballot") is None for act in changing)
