"""What open rounds wait for of this node's teller, what it signed last, and whether it keeps up with the others."""

from dataclasses import dataclass

from node.register import Register
from node.rounds import Rounds
from node.storage.database import Connection, Database
from node.storage.events import about, about_by
from node.teller import Teller
from protocol.envelope import reopen_verified
from protocol.events.tellers import Receipt
from protocol.ids import KeyId, MemberId, RecordId
from protocol.register import OpenRecord
from web.operator_port import DutiesView, Duty, RoundDuty

_RECORDS = 20
"""Over so many of the latest records tellers are compared."""
_ROUNDS_MAX = 50


@dataclass(frozen=True, slots=True)
class DutyReader:
    """Reads the duties of one node's teller; key is None for a node that isn't one."""

    database: Database
    register: Register
    teller: Teller
    rounds: Rounds
    me: MemberId
    key: KeyId | None
    tellers: int

    async def read(self) -> DutiesView:
        """Return the duties of this moment; without an office, no more than that there is none."""
        if self.key is None:
            return DutiesView(False, (), "", None, 0, 0, 0)
        open_rounds = [(each, record) for each, record in self.teller.opened.items() if each not in self.teller.closed]
        rounds = [await self._round(each, record) for each, record in open_rounds[:_ROUNDS_MAX]]
        kind, at = await self.database.read(lambda c: _last_signed(c, str(self.key)))
        mine, most, records = await self.database.read(self._voted)
        return DutiesView(True, tuple(rounds), kind, at, mine, most, records)

    async def _round(self, round_id: RecordId, record: OpenRecord) -> RoundDuty:
        status = self.teller.round_status(round_id)
        ballots, receipted = await self.database.read(lambda c: _receipted(c, round_id, self.me))
        state = self.rounds.state(round_id, record)
        sealed = frozenset() if status is None else status.sealed
        absent = frozenset() if status is None else status.absent
        return RoundDuty(
            id=round_id,
            number=record.body.spec.number,
            state=state,
            closes=record.body.spec.closes,
            waits_for=_waits_for(state, ballots - receipted, self.me in sealed, self.me in absent),
            ballots=ballots,
            receipted=receipted,
            sealed=len(sealed),
            tellers=self.tellers,
            absent=tuple(sorted(absent)) if state in ("sealing", "deciding", "stalled") else (),
        )

    def _voted(self, connection: Connection) -> tuple[int, int, int]:
        """Return for how many of the latest records this teller voted, the busiest one did, and how many there are."""
        first = max(1, self.register.height - _RECORDS + 1)
        subjects = [f"height:{height}" for height in range(first, self.register.height + 1)]
        sql = "SELECT DISTINCT subject, member FROM events WHERE kind = 'precommit' AND subject"
        counts: dict[str, int] = {}
        for _, member in connection.rows_among(sql, subjects):
            counts[str(member)] = counts.get(str(member), 0) + 1
        return counts.get(self.me, 0), max(counts.values(), default=0), len(subjects)


def _waits_for(state: str, unreceipted: int, has_sealed: bool, is_absent: bool) -> Duty:
    if state == "open" and unreceipted > 0:
        return "receipt"
    if state in ("sealing", "stalled") and not has_sealed:
        return "seal"
    return "vote" if state in ("deciding", "stalled") and is_absent else ""


def _receipted(connection: Connection, round_id: str, me: str) -> tuple[int, int]:
    """Return how many ballots of a round are here, and how many of them this teller's receipts name."""
    here = {stored.envelope.id for stored in about(connection, round_id, "ballot")}
    named: set[str] = set()
    for envelope in about_by(connection, round_id, "receipt", me):
        body = reopen_verified(envelope).event.body
        if isinstance(body, Receipt):
            named.update(body.ballots)
    return len(here), len(here & named)


def _last_signed(connection: Connection, key: str) -> tuple[str, int | None]:
    row = connection.row("SELECT kind, time FROM events WHERE key = $1 AND chained = 1 ORDER BY seq DESC LIMIT 1", key)
    return ("", None) if row is None else (str(row[0]), int(row[1] or 0))
