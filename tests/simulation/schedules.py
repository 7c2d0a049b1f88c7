"""Schedules that need more than luck: each is played the same way with the protocol and with a mutant of it."""

from protocol.ids import RecordId
from tests.simulation.design import Design
from tests.simulation.table import Table


def usurped_after_decision(design: Design, *, restarted: bool, adopts: bool = False) -> Table:
    """Of four tellers, one sees a decision in view 0; the proposer of view 1, a traitor, puts another record forward.

    The two others had precommitted, so they are locked. Optionally both are restarted in between and have
    lost what they stored; optionally they adopt their own statements from their peers.
    """
    table = Table(4, {2}, design)
    first, second = table.values
    table.pass_on("propose", 0, [1], [0, 3])
    table.pass_on("prevote", 0, [0, 1, 3], [0, 1, 3])
    table.pass_on("precommit", 0, [1, 3], [0])
    assert table.decided() == {0: first}
    if restarted:
        table.restart(1, adopts=adopts)
        table.restart(3, adopts=adopts)
    table.prevote(2, 0, None, [1, 3])
    for at in (1, 3):
        table.wait_for_vote(at, "prevote", 0)
    table.pass_on("prevote", 0, [1, 3], [1, 3])
    for at in (1, 3):
        table.wait_for_vote(at, "precommit", 0)
    table.pass_on("precommit", 0, [1, 3], [1, 3])
    table.precommit(2, 0, None, [1, 3])
    table.wait_for_view(1, 1, 3)
    table.propose(2, 1, second, [1, 3])
    table.prevote(2, 1, second, [1, 3])
    table.pass_on("prevote", 1, [1, 3], [1, 3])
    table.precommit(2, 1, second, [1, 3])
    for at in (1, 3):
        table.wait_for_vote(at, "precommit", 1)
    table.pass_on("precommit", 1, [1, 3], [1, 3])
    return table


def scattered_precommits(design: Design) -> Table:
    """Of four tellers (0, 1, 3 honest), two precommit the first record in views 0 and 2; view 3 decides the second.

    In no view does the first record have more than two precommits, the traitor's included. Views 0, 1, 2 and 3 are
    proposed by 1, 2 (the traitor), 3 and 0.
    """
    table = Table(4, {2}, design)
    first, second = table.values
    _view_0_locks_teller_0(table, first)
    _view_1_locks_teller_1(table, second)
    _view_2_locks_teller_3(table, first)
    table.pass_on("precommit", 0, [0], [3])
    table.precommit(2, 0, first, [3])
    _view_3_decides(table, second)
    return table


def _view_0_locks_teller_0(table: Table, value: RecordId) -> None:
    table.pass_on("propose", 0, [1], [0, 3])
    table.pass_on("prevote", 0, [1, 3], [0])
    table.prevote(2, 0, None, [1, 3])
    table.pass_on("prevote", 0, [1, 3], [1, 3])
    _end_view(table, 0, {0: value, 1: None, 3: None})


def _view_1_locks_teller_1(table: Table, value: RecordId) -> None:
    table.propose(2, 1, value, [0, 1, 3])
    table.prevote(2, 1, value, [1])
    table.pass_on("prevote", 1, [3], [1])
    table.pass_on("prevote", 1, [0, 1], [3])
    table.pass_on("prevote", 1, [1, 3], [0])
    table.wait_for_vote(0, "precommit", 1)
    table.prevote(2, 1, value, [0])
    _end_view(table, 1, {0: None, 1: value, 3: None})


def _view_2_locks_teller_3(table: Table, value: RecordId) -> None:
    table.pass_on("propose", 2, [3], [0, 1])
    table.prevote(2, 2, value, [3])
    table.pass_on("prevote", 2, [0], [3])
    table.pass_on("prevote", 2, [1, 3], [0])
    table.pass_on("prevote", 2, [0, 3], [1])
    _end_view(table, 2, {0: None, 1: None, 3: value})


def _view_3_decides(table: Table, value: RecordId) -> None:
    table.pass_on("propose", 3, [0], [1])
    table.prevote(2, 3, value, [0, 1])
    table.pass_on("prevote", 3, [0, 1], [0, 1])
    table.precommit(2, 3, value, [0, 1])
    table.pass_on("precommit", 3, [0, 1], [0, 1])


def _end_view(table: Table, view: int, expected: dict[int, RecordId | None]) -> None:
    """Let the tellers' time run out, exchange their precommits, and enter the next view."""
    for at, value in expected.items():
        table.wait_for_vote(at, "precommit", view)
        assert table.vote(at, "precommit", view) == value
    table.precommit(2, view, None, [0, 1, 3])
    table.pass_on("precommit", view, [0, 1, 3], [0, 1, 3])
    table.wait_for_view(view + 1, 0, 1, 3)


def two_traitors_in_one_view(design: Design) -> Table:
    """Of four tellers two are traitors: in view 1, where one of them proposes, they certify one record with each."""
    table = Table(4, {2, 3}, design)
    table.wait_for_vote(0, "prevote", 0)
    for at, value in zip((0, 1), table.values, strict=True):
        for traitor in (2, 3):
            table.prevote(traitor, 1, value, [at])
        table.propose(2, 1, value, [at])
    for at, value in zip((0, 1), table.values, strict=True):
        assert table.vote(at, "precommit", 1) == value
        for traitor in (2, 3):
            table.precommit(traitor, 1, value, [at])
    return table


def two_traitors_across_views(design: Design) -> Table:
    """Of four tellers two are traitors: they certify one record in view 0, and break their lock in view 1."""
    table = Table(4, {2, 3}, design)
    first, second = table.values
    table.pass_on("propose", 0, [1], [0])
    for traitor in (2, 3):
        table.prevote(traitor, 0, first, [0])
        table.prevote(traitor, 0, None, [1])
    for traitor in (2, 3):
        table.precommit(traitor, 0, first, [0])
        table.precommit(traitor, 0, None, [1])
    table.wait_for_view(1, 1)
    table.propose(2, 1, second, [1])
    for traitor in (2, 3):
        table.prevote(traitor, 1, second, [1])
        table.precommit(traitor, 1, second, [1])
    return table
