"""Samples of a node's size, and what came of reading its backups again."""

from collections.abc import Collection

from node.storage.database import Connection
from web.operator_port import Sample

_SAMPLES_MAX = 2_000


def samples(connection: Connection) -> tuple[Sample, ...]:
    """Return what is kept, the oldest first."""
    rows = connection.rows(
        "SELECT at, events, stored, free, height FROM node_history ORDER BY at DESC LIMIT $1", _SAMPLES_MAX
    )
    return tuple(Sample(*(int(value or 0) for value in row)) for row in reversed(rows))


def keep(connection: Connection, sample: Sample, oldest: int) -> None:
    """Keep a sample, and forget those from before a time. A clock that was put back overwrites."""
    connection.execute("DELETE FROM node_history WHERE at < $1 OR at >= $2", oldest, sample.at)
    connection.execute(
        "INSERT INTO node_history (at, events, stored, free, height) VALUES ($1, $2, $3, $4, $5)",
        sample.at,
        sample.events,
        sample.stored,
        sample.free,
        sample.height,
    )


def checks(connection: Connection) -> dict[str, tuple[int, str]]:
    """Return when each backup was last read again, and what was wrong with it, by its name."""
    rows = connection.rows("SELECT name, checked, fault FROM backup_checks")
    return {str(name): (int(checked or 0), str(fault)) for name, checked, fault in rows}


def note_check(connection: Connection, name: str, now: int, fault: str, there: Collection[str]) -> None:
    """Note what came of reading a backup again; forget the checks of backups that are no longer there."""
    for known in checks(connection).keys() - set(there):
        connection.execute("DELETE FROM backup_checks WHERE name = $1", known)
    connection.execute(
        "INSERT INTO backup_checks (name, checked, fault) VALUES ($1, $2, $3)"
        " ON CONFLICT (name) DO UPDATE SET checked = excluded.checked, fault = excluded.fault",
        name,
        now,
        fault,
    )
