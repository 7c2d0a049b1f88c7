"""The trail of who changed which account, when and how. It is bounded: the oldest entries make room for new ones."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from node.storage.database import Connection, Row
from web.accounts_port import ChangeKind, ChangeView
from web.ports import Account

CHANGES_MAX = 10_000
PER_PAGE = 50
_COLUMNS = "at, made_by_name, what, account, name, detail"


@dataclass(frozen=True, slots=True)
class By:
    """Who makes a change. The operator on the command line has neither id nor name."""

    id: str = ""
    name: str = ""

    @classmethod
    def account(cls, account: Account) -> "By":
        """Return somebody who has signed in."""
        return cls(account.id, account.name)


CONSOLE = By()


def note(connection: Connection, at: int, by: By, what: ChangeKind, account: Account, detail: str = "") -> None:
    """Add an entry, in the transaction of the change itself."""
    number = cast("int", connection.value("SELECT coalesce(max(number), 0) + 1 FROM account_changes"))
    connection.execute(
        "INSERT INTO account_changes (number, at, made_by, made_by_name, what, account, name, detail)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        *(number, at, by.id, by.name, what, account.id, account.name, detail),
    )
    connection.execute("DELETE FROM account_changes WHERE number <= $1", number - CHANGES_MAX)


def page(connection: Connection, number: int) -> tuple[tuple[ChangeView, ...], int]:
    """Return a page of entries, newest first, and how many pages there are."""
    total = cast("int", connection.value("SELECT count(*) FROM account_changes"))
    rows = connection.rows(
        f"SELECT {_COLUMNS} FROM account_changes ORDER BY number DESC LIMIT $1 OFFSET $2",  # noqa: S608 - a constant
        PER_PAGE,
        (number - 1) * PER_PAGE,
    )
    return _views(rows), max(1, -(-total // PER_PAGE))


def latest_of(connection: Connection, account: str, most: int) -> tuple[ChangeView, ...]:
    """Return the latest entries about an account, newest first."""
    rows = connection.rows(
        f"SELECT {_COLUMNS} FROM account_changes WHERE account = $1 ORDER BY number DESC LIMIT $2",  # noqa: S608 - as above
        account,
        most,
    )
    return _views(rows)


def _views(rows: Sequence[Row]) -> tuple[ChangeView, ...]:
    return tuple(_view(row) for row in rows)


def _view(row: Row) -> ChangeView:
    at, by, what, account, name, detail = row
    return ChangeView(cast("int", at), str(by), cast("ChangeKind", what), str(account), str(name), str(detail))
