"""Sign-locks: what a teller has bound itself to, on disk before a statement leaves."""

from collections.abc import Iterable

from node.storage.database import Connection
from protocol.errors import LocalError


def hold(connection: Connection, slot: str, value: str) -> None:
    """Bind a slot to a value. Raises LocalError if it is bound to another."""
    held = connection.value("SELECT value FROM locks WHERE scope = $1", slot)
    if held is None:
        connection.execute("INSERT INTO locks (scope, value) VALUES ($1, $2)", slot, value)
    elif held != value:
        raise LocalError(f"this teller is bound to another statement in {slot}")


def load(connection: Connection) -> list[str]:
    """Return all values that slots are bound to."""
    return [str(row[0]) for row in connection.rows("SELECT value FROM locks ORDER BY scope")]


def release(connection: Connection, subjects: Iterable[str]) -> None:
    """Forget the locks of heights that are certified and rounds that are closed."""
    connection.execute_many("DELETE FROM locks WHERE scope LIKE $1", [(f"{subject} %",) for subject in subjects])
