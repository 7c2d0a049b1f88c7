"""Comments in the order in which pages show them, kept beside the events: SPEC.md, 2.61 to 2.64.

A comment's row says where it stands: its thread, its level, and a path by which a thread reads from the top. One new
comment touches its own row, and those below it if they came first.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, cast

from node.storage import events as store
from node.storage.database import Connection
from protocol import limits
from protocol.chain import ForkProof
from protocol.envelope import Verified, reopen_verified
from protocol.events.discussion import Comment

_COLUMNS: Final = "id, subject, member, time, reply_to, thread, level, text, lang, size, placed, path"
_UNANSWERED: Final = (
    "WITH said AS (SELECT theirs.subject, theirs.placed, theirs.member FROM comments AS theirs"
    " JOIN proposals ON proposals.id = theirs.subject LEFT JOIN comments AS above ON above.id = theirs.reply_to"
    " WHERE theirs.placed > $2 AND theirs.member <> $1 AND proposals.is_counted = 1"
    " AND (proposals.sponsor = $1 OR above.member = $1) AND NOT EXISTS (SELECT 1 FROM comments AS mine"
    " WHERE mine.subject = theirs.subject AND mine.member = $1 AND mine.placed > theirs.placed))"
    " SELECT subject, count(*), max(placed) AS latest, (SELECT member FROM said AS last"
    " WHERE last.subject = said.subject ORDER BY last.placed DESC, last.member LIMIT 1)"
    " FROM said GROUP BY subject ORDER BY latest DESC, subject LIMIT $3"
)
_STEP_CHARACTERS: Final = 30
"""Of a path, for each level: the place in hexadecimal, and the head of the id."""


@dataclass(frozen=True, slots=True)
class CommentRow:
    """A counted comment and where it stands. It stands below its reply_to only if its level is not 0."""

    id: str
    subject: str
    member: str
    time: int
    reply_to: str | None
    thread: str
    level: int
    text: str
    lang: str
    size: int
    placed: int
    path: str


@dataclass(frozen=True, slots=True)
class Unanswered:
    """Comments on a proposal that a member has not said anything after."""

    subject: str
    count: int
    latest: int
    """When the latest of them was written."""
    member: str
    """Whose the latest is."""


@dataclass(frozen=True, slots=True)
class _Stand:
    """Where a comment stands."""

    thread: str
    level: int
    placed: int
    path: str


def update(connection: Connection, accepted: Sequence[Verified], forks: Sequence[ForkProof]) -> None:
    """Bring the comments up to date with events just stored and with new forks."""
    for verified in accepted:
        if isinstance(verified.event.body, Comment):
            _add(connection, verified)
    for proof in forks:
        sql = "SELECT DISTINCT subject, member FROM events WHERE kind = 'comment' AND key = $1 AND seq >= $2"
        for subject, member in connection.rows(sql, proof.key, proof.seq):
            _count_anew(connection, str(subject), str(member))


def rebuild(connection: Connection) -> None:
    """Throw the rows away and make them anew from the events."""
    connection.execute("DELETE FROM comments")
    for stored in store.of_kind(connection, "comment"):
        update(connection, [reopen_verified(stored.envelope)], [])


def count(connection: Connection, subject: str) -> int:
    """Return how many comments on a proposal count."""
    return int(connection.value("SELECT count(*) FROM comments WHERE subject = $1", subject) or 0)


def count_of(connection: Connection, subject: str, member: str) -> int:
    """Return how many of a member's comments on a proposal count."""
    sql = "SELECT count(*) FROM comments WHERE subject = $1 AND member = $2"
    return int(connection.value(sql, subject, member) or 0)


def unanswered(connection: Connection, member: str, since: int, limit: int) -> list[Unanswered]:
    """Return what others said since a time to a member: on what it carries, and in answer to its comments.

    By proposal, and only what came after the member's own last comment there; the latest first.
    """
    rows = connection.rows(_UNANSWERED, member, since, limit)
    return [Unanswered(*cast("tuple[str, int, int, str]", row)) for row in rows]


def get(connection: Connection, comment: str) -> CommentRow | None:
    """Return a counted comment, or None."""
    found = _rows(connection, "WHERE id = $1", comment)
    return found[0] if found else None


def threads(connection: Connection, subject: str, start: int, most: int) -> list[CommentRow]:
    """Return the comments that begin threads about a proposal, the newest first, from behind so many."""
    where = "WHERE subject = $1 AND level = 0 ORDER BY path DESC, id DESC LIMIT $2 OFFSET $3"
    return _rows(connection, where, subject, most, start)


def thread_count(connection: Connection, subject: str) -> int:
    """Return how many threads there are about a proposal."""
    return int(connection.value("SELECT count(*) FROM comments WHERE subject = $1 AND level = 0", subject) or 0)


def replies(connection: Connection, thread: str, start: int, most: int) -> list[CommentRow]:
    """Return what stands below the comment that began a thread, from the top, from behind so many."""
    where = "WHERE thread = $1 AND level > 0 ORDER BY path, id LIMIT $2 OFFSET $3"
    return _rows(connection, where, thread, most, start)


def replies_before(connection: Connection, row: CommentRow) -> int:
    """Return how many replies of its thread stand before a comment."""
    sql = "SELECT count(*) FROM comments WHERE thread = $1 AND level > 0 AND (path < $2 OR (path = $2 AND id < $3))"
    return int(connection.value(sql, row.thread, row.path, row.id) or 0)


def threads_before(connection: Connection, row: CommentRow) -> int:
    """Return how many threads about its proposal stand before the thread that a comment began."""
    sql = "SELECT count(*) FROM comments WHERE subject = $1 AND level = 0 AND (path > $2 OR (path = $2 AND id > $3))"
    return int(connection.value(sql, row.subject, row.path, row.id) or 0)


def reply_counts(connection: Connection, wanted: Sequence[str]) -> dict[str, int]:
    """Return how many replies threads have."""
    sql = "SELECT thread, count(*) FROM comments WHERE level > 0 AND thread"
    found: dict[str, int] = {}
    for thread in wanted:
        found |= {str(row[0]): int(row[1] or 0) for row in connection.rows(f"{sql} = $1 GROUP BY thread", thread)}
    return found


def latest(connection: Connection, subject: str, most: int) -> list[CommentRow]:
    """Return the newest comments on a proposal, the newest first."""
    return _rows(connection, "WHERE subject = $1 ORDER BY placed DESC, id LIMIT $2", subject, most)


def _rows(connection: Connection, where: str, *values: str | int) -> list[CommentRow]:
    rows = connection.rows(f"SELECT {_COLUMNS} FROM comments {where}", *values)
    return [
        CommentRow(*cast("tuple[str, str, str, int, str | None, str, int, str, str, int, int, str]", row))
        for row in rows
    ]


def _add(connection: Connection, verified: Verified) -> None:
    """Count a comment, if it is among the first of its member; the one that it pushes out counts no more."""
    event = verified.event
    assert isinstance(event.body, Comment)
    subject, member = event.body.subject, event.member
    if count_of(connection, subject, member) >= limits.COMMENTS_PER_MEMBER_MAX:
        sql = "SELECT seq, key, id FROM comments WHERE subject = $1 AND member = $2 ORDER BY seq DESC, key DESC LIMIT 1"
        last = cast("tuple[int, str, str]", connection.row(sql, subject, member))
        if (event.seq, event.key) > last[:2]:
            return
        _remove(connection, last[2])
    _insert(connection, verified, event.body)


def _count_anew(connection: Connection, subject: str, member: str) -> None:
    """Bring a member's comments on a proposal in line with the events that still count."""
    said = [reopen_verified(envelope) for envelope in store.about_by(connection, subject, "comment", member)]
    counted = sorted(said, key=lambda each: (each.event.seq, each.event.key))[: limits.COMMENTS_PER_MEMBER_MAX]
    rows = connection.rows("SELECT id FROM comments WHERE subject = $1 AND member = $2", subject, member)
    held = {str(row[0]) for row in rows}
    for gone in sorted(held - {each.id for each in counted}):
        _remove(connection, gone)
    for each in counted:
        if each.id not in held and isinstance(each.event.body, Comment):
            _insert(connection, each, each.event.body)


def _insert(connection: Connection, verified: Verified, body: Comment) -> None:
    event = verified.event
    stand = _stand(connection, verified.id, body.subject, event.time, body.reply_to)
    connection.execute(
        "INSERT INTO comments (id, subject, member, key, seq, time, reply_to, thread, level, text, lang, size, placed,"
        " path) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        *(verified.id, body.subject, event.member, event.key, event.seq, event.time, body.reply_to),
        *(stand.thread, stand.level, body.text.sha256, body.text.lang, body.text.size, stand.placed, stand.path),
    )
    _place_below(connection, body.subject, [verified.id])


def _remove(connection: Connection, comment: str) -> None:
    subject = str(connection.value("SELECT subject FROM comments WHERE id = $1", comment))
    connection.execute("DELETE FROM comments WHERE id = $1", comment)
    _place_below(connection, subject, [comment])


def _place_below(connection: Connection, subject: str, parents: Iterable[str]) -> None:
    """Place anew what answers comments, and what answers that."""
    waiting = list(parents)
    while waiting:
        sql = "SELECT id, time, reply_to FROM comments WHERE subject = $1 AND reply_to = $2"
        below = cast("list[tuple[str, int, str]]", connection.rows(sql, subject, waiting.pop()))
        for id_, time, reply_to in below:
            stand = _stand(connection, id_, subject, time, reply_to)
            connection.execute(
                "UPDATE comments SET thread = $2, level = $3, placed = $4, path = $5 WHERE id = $1",
                *(id_, stand.thread, stand.level, stand.placed, stand.path),
            )
            waiting.append(id_)


def _stand(connection: Connection, id_: str, subject: str, time: int, reply_to: str | None) -> _Stand:
    """Return where a comment stands, given that the one that it answers stands where it does."""
    above = None if reply_to is None else get(connection, reply_to)
    if above is None or above.subject != subject:
        return _Stand(id_, 0, time, _step(time, id_))
    placed = max(time, above.placed + 1)
    level = min(above.level + 1, limits.COMMENT_LEVELS_MAX)
    return _Stand(above.thread, level, placed, above.path[: level * _STEP_CHARACTERS] + _step(placed, id_))


def _step(placed: int, id_: str) -> str:
    return f"{placed:014x}{id_[:16]}"
