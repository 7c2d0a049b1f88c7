"""What the secretariat's desk keeps at this node alone: forms under way, and requests that wait for a second person."""

from dataclasses import dataclass
from typing import Literal, cast

from node.storage.database import Connection, Row


@dataclass(frozen=True, slots=True)
class RequestRow:
    """A request as it is kept; wanted is JSON."""

    id: str
    kind: Literal["round", "agenda"]
    account: str
    account_name: str
    asked: int
    expires: int
    wanted: str


_SELECT = "SELECT id, kind, account, account_name, asked, expires, wanted FROM desk_requests"


def draft(connection: Connection, account: str, name: str) -> str | None:
    """Return what an account keeps under a name, or None."""
    found = connection.value("SELECT value FROM desk_drafts WHERE account = $1 AND name = $2", account, name)
    return None if found is None else str(found)


def keep_draft(connection: Connection, account: str, name: str, value: str | None, now: int) -> None:
    """Keep a value under a name for an account, or forget it."""
    if value is None:
        connection.execute("DELETE FROM desk_drafts WHERE account = $1 AND name = $2", account, name)
        return
    connection.execute(
        "INSERT INTO desk_drafts (account, name, value, saved) VALUES ($1, $2, $3, $4) ON CONFLICT (account, name)"
        " DO UPDATE SET value = excluded.value, saved = excluded.saved",
        account,
        name,
        value,
        now,
    )


def requests(connection: Connection, now: int) -> list[RequestRow]:
    """Return the requests that haven't expired, the oldest first."""
    return [_request(row) for row in connection.rows(_SELECT + " WHERE expires > $1 ORDER BY asked, id", now)]


def request(connection: Connection, id_: str, now: int) -> RequestRow | None:
    """Return a request that hasn't expired, or None."""
    row = connection.row(_SELECT + " WHERE id = $1 AND expires > $2", id_, now)
    return None if row is None else _request(row)


def add_request(connection: Connection, row: RequestRow, now: int, limit: int) -> bool:
    """Keep a request and forget expired ones; return whether there was room."""
    connection.execute("DELETE FROM desk_requests WHERE expires <= $1", now)
    if int(connection.value("SELECT count(*) FROM desk_requests") or 0) >= limit:
        return False
    connection.execute(
        "INSERT INTO desk_requests (id, kind, account, account_name, asked, expires, wanted)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7)",
        row.id,
        row.kind,
        row.account,
        row.account_name,
        row.asked,
        row.expires,
        row.wanted,
    )
    return True


def remove_request(connection: Connection, id_: str) -> bool:
    """Forget a request; return whether it was there."""
    if connection.value("SELECT id FROM desk_requests WHERE id = $1", id_) is None:
        return False
    connection.execute("DELETE FROM desk_requests WHERE id = $1", id_)
    return True


def _request(row: Row) -> RequestRow:
    return RequestRow(*cast("tuple[str, Literal['round', 'agenda'], str, str, int, int, str]", tuple(row)))
