"""The objection ledger, kept beside the events: of each objection what lists need, so that nobody folds all proposals.

A proposal's rows are written anew whenever it is folded. Whether a reply is due follows from the time of asking.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, cast

from consensus.proposal_state import Consultation, Objection
from node.storage.database import Connection
from protocol.events.consultation import Track

DECIDING: Final = ("in-ballot", "chosen", "broken", "no-quorum")
"""Stages in which a round may decide at any time, so that a reply is due."""
UNDER_WAY: Final = (
    "submitted", "returned", "endorsing", "consulting", "adjourned", "referred", "in-ballot", "chosen", "broken",
    "no-quorum",
)  # fmt: skip
"""The stages of proposals that nothing has been decided about for good."""
_DECIDING_LIST: Final = ", ".join(f"'{stage}'" for stage in DECIDING)
_UNDER_WAY_LIST: Final = ", ".join(f"'{stage}'" for stage in UNDER_WAY)
_STATE: Final = (
    "CASE WHEN objections.settled <> '' THEN objections.settled"
    " WHEN CASE WHEN proposals.due <= $1 THEN proposals.due_stage ELSE proposals.stage END"
    f" IN ({_DECIDING_LIST}) OR objections.notice <= $1 THEN 'due' ELSE 'waiting' END"
)
_ROWS: Final = (
    f"SELECT objections.proposal, objections.id, objections.time, objections.notice, objections.settled, {_STATE}"
    " AS state FROM objections JOIN proposals ON proposals.id = objections.proposal WHERE proposals.is_counted = 1"
    " AND ($2 = '' OR proposals.track = $2)"
)
_ORDER: Final = (
    " ORDER BY CASE state WHEN 'due' THEN 0 WHEN 'waiting' THEN 1 ELSE 2 END,"
    " CASE WHEN settled = '' THEN coalesce(notice, time) ELSE -time END, id LIMIT $4 OFFSET $5"
)


@dataclass(frozen=True, slots=True)
class LedgerQuery:
    """Which objections are asked for: of proposals under way or of all, on a track or on both, in a state or in any."""

    now: int
    with_settled: bool
    track: Track | None = None
    state: str = ""

    @property
    def rows(self) -> str:
        """The statement that selects them; its parameters are the time and the track."""
        return _ROWS if self.with_settled else f"{_ROWS} AND proposals.stage IN ({_UNDER_WAY_LIST})"


def keep(connection: Connection, proposal: str, state: Consultation) -> None:
    """Put the objections to a proposal in the place of those that were kept."""
    connection.execute("DELETE FROM objections WHERE proposal = $1", proposal)
    connection.execute_many(
        "INSERT INTO objections (proposal, id, time, settled, notice) VALUES ($1, $2, $3, $4, $5)",
        ((proposal, each.id, each.time, settled, state.notice_until) for each, settled in _settled(state)),
    )


def clear(connection: Connection) -> None:
    """Forget everything; folding all proposals brings it back."""
    connection.execute("DELETE FROM objections")


def counts(connection: Connection, query: LedgerQuery) -> dict[str, int]:
    """Return how many objections are in each state, whichever state is asked for."""
    sql = f"SELECT state, count(*) FROM ({query.rows}) AS found GROUP BY state"
    rows = connection.rows(sql, query.now, query.track or "")
    return {str(state): int(cast("int", number)) for state, number in rows}


def page(connection: Connection, query: LedgerQuery, start: int, limit: int) -> list[tuple[str, str]]:
    """Return proposals and objections to them: first what needs a reply, the earliest due first, then the latest."""
    sql = f"SELECT proposal, id FROM ({query.rows}) AS found WHERE ($3 = '' OR state = $3){_ORDER}"
    rows = connection.rows(sql, query.now, query.track or "", query.state, limit, start)
    return [(str(proposal), str(id_)) for proposal, id_ in rows]


def _settled(state: Consultation) -> Iterable[tuple[Objection, str]]:
    for each in state.objections:
        yield each, "lifted" if not each.is_standing else "" if each.answer is None else each.answer.answer
