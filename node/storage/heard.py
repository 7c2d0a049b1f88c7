"""When members were heard of: by the last event of their keys, and in a round by their first ballot."""

from node.storage.database import Connection


def last_heard(connection: Connection) -> dict[str, int]:
    """Return when each member's latest event came here, by this node's clock. Reads one event a key."""
    rows = connection.rows(
        "SELECT e.member, max(e.received) FROM heads h JOIN events e ON e.key = h.key AND e.seq = h.length - 1"
        " AND e.chained = 1 GROUP BY e.member"
    )
    return {str(row[0]): int(row[1] or 0) for row in rows}


def first_ballots(connection: Connection, round_id: str) -> list[tuple[str, int]]:
    """Return the members whose ballots of a round are here and when the first of each came, the earliest first."""
    rows = connection.rows(
        "SELECT member, min(received) FROM events WHERE subject = $1 AND kind = 'ballot' AND chained = 1"
        " GROUP BY member ORDER BY min(received), member",
        round_id,
    )
    return [(str(row[0]), int(row[1] or 0)) for row in rows]
