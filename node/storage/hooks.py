"""Webhooks and what they deliver, in the store."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal, cast

from node.storage.database import Connection, Row
from web.webhooks_port import HOOK_EVENTS, DeliveryView, HookEvent

WAITING_PER_HOOK_MAX: Final = 1_000
DONE_KEPT_PER_HOOK: Final = 200
_HOOK: Final = "id, url, events, secret, created, is_on, off_reason, failing_since"
_DELIVERY: Final = "id, hook, event, body, created, due, tries"

OffReason = Literal["", "failing", "gone"]


@dataclass(frozen=True, slots=True)
class Hook:
    """A webhook."""

    id: str
    url: str
    events: tuple[HookEvent, ...]
    secret: str
    created: int
    is_on: bool
    off_reason: str
    failing_since: int | None


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message that waits to be delivered."""

    id: str
    hook: str
    event: str
    body: bytes
    created: int
    due: int
    tries: int


def hooks(connection: Connection) -> list[Hook]:
    """Return all webhooks, oldest first."""
    return [_hook(row) for row in connection.rows(f"SELECT {_HOOK} FROM hooks ORDER BY created, id")]


def hook(connection: Connection, hook_id: str) -> Hook | None:
    """Return a webhook, or None."""
    row = connection.row(f"SELECT {_HOOK} FROM hooks WHERE id = $1", hook_id)
    return None if row is None else _hook(row)


def add(connection: Connection, made: Hook, hooks_max: int) -> bool:
    """Keep a new webhook unless there are too many; return whether it was kept."""
    if cast("int", connection.value("SELECT count(*) FROM hooks")) >= hooks_max:
        return False
    connection.execute(
        f"INSERT INTO hooks ({_HOOK}) VALUES ($1, $2, $3, $4, $5, 1, '', NULL)",
        made.id,
        made.url,
        ",".join(made.events),
        made.secret,
        made.created,
    )
    return True


def remove(connection: Connection, hook_id: str) -> bool:
    """Take a webhook with its messages away; return whether it was there."""
    connection.execute("DELETE FROM hook_deliveries WHERE hook = $1", hook_id)
    return connection.execute("DELETE FROM hooks WHERE id = $1", hook_id) > 0


def switch_on(connection: Connection, hook_id: str) -> bool:
    """Let a webhook deliver; return whether it is there."""
    sql = "UPDATE hooks SET is_on = 1, off_reason = '', failing_since = NULL WHERE id = $1"
    return connection.execute(sql, hook_id) > 0


def switch_off(connection: Connection, hook_id: str, reason: OffReason) -> None:
    """Let a webhook deliver no more; what waits for it is given up."""
    connection.execute("UPDATE hooks SET is_on = 0, off_reason = $2 WHERE id = $1", hook_id, reason)
    connection.execute("UPDATE hook_deliveries SET state = 'failed' WHERE hook = $1 AND state = 'waiting'", hook_id)


def set_failing(connection: Connection, hook_id: str, since: int | None) -> None:
    """Keep since when every try has failed, or that one hasn't."""
    connection.execute("UPDATE hooks SET failing_since = $2 WHERE id = $1", hook_id, since)


def enqueue(connection: Connection, made: Iterable[Delivery]) -> int:
    """Keep messages to be delivered that aren't kept yet; return how many. Beyond a limit the oldest are given up."""
    count = sum(
        connection.execute(
            f"INSERT INTO hook_deliveries ({_DELIVERY}, state, status, reason)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, 'waiting', NULL, '') ON CONFLICT (id) DO NOTHING",
            each.id,
            each.hook,
            each.event,
            each.body,
            each.created,
            each.due,
            each.tries,
        )
        for each in made
    )
    for found in hooks(connection) if count else ():
        _trim(connection, found.id)
    return count


def due(connection: Connection, now: int, besides: frozenset[str]) -> Delivery | None:
    """Return the message to be delivered next to a webhook that is on and isn't among some, or None."""
    sql = (
        f"SELECT {_DELIVERY} FROM hook_deliveries WHERE hook = $1 AND state = 'waiting' AND due <= $2"
        " ORDER BY due, created, id LIMIT 1"
    )
    asked = (each.id for each in hooks(connection) if each.is_on and each.id not in besides)
    row = next((row for hook_id in asked if (row := connection.row(sql, hook_id, now)) is not None), None)
    if row is None:
        return None
    delivery, of_hook, event, body, created, due_at, tries = row
    return Delivery(
        id=str(delivery),
        hook=str(of_hook),
        event=str(event),
        body=cast("bytes", body),
        created=cast("int", created),
        due=cast("int", due_at),
        tries=cast("int", tries),
    )


def set_tried(
    connection: Connection,
    delivery: Delivery,
    state: Literal["waiting", "delivered", "failed"],
    due_at: int,
    status: int | None,
    reason: str,
) -> None:
    """Keep what became of a try."""
    connection.execute(
        "UPDATE hook_deliveries SET state = $2, due = $3, tries = $4, status = $5, reason = $6 WHERE id = $1",
        delivery.id,
        state,
        due_at,
        delivery.tries + 1,
        status,
        reason,
    )


def waiting_tests(connection: Connection, hook_id: str) -> int:
    """Return how many tests of a webhook still wait."""
    sql = "SELECT count(*) FROM hook_deliveries WHERE hook = $1 AND event = 'webhook.test' AND state = 'waiting'"
    return cast("int", connection.value(sql, hook_id))


def latest(connection: Connection, hook_id: str, limit: int) -> tuple[DeliveryView, ...]:
    """Return a webhook's latest messages, newest first."""
    rows = connection.rows(
        "SELECT id, event, created, tries, state, status, reason, due FROM hook_deliveries WHERE hook = $1"
        " ORDER BY created DESC, id LIMIT $2",
        hook_id,
        limit,
    )
    return tuple(_view(row) for row in rows)


def _trim(connection: Connection, hook_id: str) -> None:
    connection.execute(
        "UPDATE hook_deliveries SET state = 'failed', reason = 'too many were waiting' WHERE hook = $1"
        " AND state = 'waiting' AND id NOT IN (SELECT id FROM hook_deliveries WHERE hook = $1 AND state = 'waiting'"
        " ORDER BY created DESC, id LIMIT $2)",
        hook_id,
        WAITING_PER_HOOK_MAX,
    )
    connection.execute(
        "DELETE FROM hook_deliveries WHERE hook = $1 AND state <> 'waiting' AND id NOT IN"
        " (SELECT id FROM hook_deliveries WHERE hook = $1 AND state <> 'waiting' ORDER BY created DESC, id LIMIT $2)",
        hook_id,
        DONE_KEPT_PER_HOOK,
    )


def _hook(row: Row) -> Hook:
    hook_id, url, events, secret, created, is_on, off_reason, failing_since = row
    return Hook(
        id=str(hook_id),
        url=str(url),
        events=tuple(event for event in HOOK_EVENTS if event in str(events).split(",")),
        secret=str(secret),
        created=cast("int", created),
        is_on=bool(is_on),
        off_reason=str(off_reason),
        failing_since=cast("int | None", failing_since),
    )


def _view(row: Row) -> DeliveryView:
    delivery, event, created, tries, state, status, reason, due_at = row
    return DeliveryView(
        id=str(delivery),
        event=str(event),
        created=cast("int", created),
        tries=cast("int", tries),
        state=cast("Literal['waiting', 'delivered', 'failed']", state),
        status=cast("int | None", status),
        reason=str(reason),
        next_try=cast("int", due_at) if state == "waiting" else None,
    )
