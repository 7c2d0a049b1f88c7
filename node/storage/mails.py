"""The outbox of e-mail in the store: what waits, what is being sent, what was given up and why.

A message is `waiting`, then `sending` from just before its words leave this node until the mail server's answer is
kept, then `sent` or `failed`. One that is found `sending` when the node starts may or may not have arrived.
"""

from dataclasses import dataclass
from typing import Final, Literal, cast

from node.storage.database import Connection, Row
from web.notices_port import FailedMail

WAITING_MAX: Final = 2_000
SENT_KEPT_MS: Final = 2 * 24 * 3_600_000
FAILED_KEPT_MS: Final = 30 * 24 * 3_600_000
FAILED_SHOWN: Final = 20
_HOUR_MS: Final = 3_600_000
_COLUMNS: Final = "id, account, kind, address, token, due, tries, doubts"

MailKind = Literal["notices", "confirm"]


@dataclass(frozen=True, slots=True)
class Mail:
    """A message in the outbox. Its words are made when it is sent, so that they hold what is true then."""

    id: str
    account: str
    kind: MailKind
    address: str
    token: str
    """Of the link that it brings, where it verifies an address."""
    due: int
    tries: int
    doubts: int
    """How often it may have arrived without this node knowing."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How the outbox stands."""

    waiting: int
    sent_last_hour: int
    last_sent: int | None
    oldest_of_hour: int | None
    """When the first of the last hour's was sent."""


def add(connection: Connection, mail: Mail, now: int) -> bool:
    """Put a message into the outbox unless it is full; return whether it was."""
    waiting = connection.value("SELECT count(*) FROM mails WHERE state IN ('waiting', 'sending')")
    if cast("int", waiting) >= WAITING_MAX:
        return False
    connection.execute(
        f"INSERT INTO mails ({_COLUMNS}, state, created, done, reason)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'waiting', $9, NULL, '')",
        mail.id,
        mail.account,
        mail.kind,
        mail.address,
        mail.token,
        mail.due,
        mail.tries,
        mail.doubts,
        now,
    )
    return True


def waiting_of(connection: Connection, account: str) -> str | None:
    """Return the message with notices that waits to be sent to an account, or None."""
    sql = "SELECT id FROM mails WHERE account = $1 AND kind = 'notices' AND state = 'waiting'"
    found = connection.value(sql, account)
    return None if found is None else str(found)


def due(connection: Connection, now: int) -> Mail | None:
    """Return the message to be sent next, those that verify an address first, or None if none is due."""
    sql = f"SELECT {_COLUMNS} FROM mails WHERE state = 'waiting' AND due <= $1 ORDER BY kind, due, id LIMIT 1"
    row = connection.row(sql, now)
    return None if row is None else _mail(row)


def created(connection: Connection, mail: str) -> int:
    """Return when a message was put into the outbox."""
    return cast("int", connection.value("SELECT created FROM mails WHERE id = $1", mail) or 0)


def in_flight(connection: Connection) -> list[Mail]:
    """Return the messages whose sending was cut off."""
    return [_mail(row) for row in connection.rows(f"SELECT {_COLUMNS} FROM mails WHERE state = 'sending'")]


def asked_since(connection: Connection, account: str, since: int) -> int:
    """Return how many links an account has had mailed since a time."""
    sql = "SELECT count(*) FROM mails WHERE account = $1 AND kind = 'confirm' AND created > $2"
    return cast("int", connection.value(sql, account, since))


def set_sending(connection: Connection, mail: str) -> bool:
    """Note that a message's words are about to leave; return whether it still waits to be sent."""
    return connection.execute("UPDATE mails SET state = 'sending' WHERE id = $1 AND state = 'waiting'", mail) > 0


def set_waiting(connection: Connection, mail: Mail, due_at: int, tries: int, doubts: int, reason: str) -> None:
    """Note that a message is to be tried again."""
    connection.execute(
        "UPDATE mails SET state = 'waiting', due = $2, tries = $3, doubts = $4, reason = $5 WHERE id = $1",
        mail.id,
        due_at,
        tries,
        doubts,
        reason,
    )


def set_done(connection: Connection, mail: str, state: Literal["sent", "failed"], now: int, reason: str) -> None:
    """Note that a message was taken by the mail server, or given up. The link in it is forgotten."""
    connection.execute(
        "UPDATE mails SET state = $2, done = $3, reason = $4, token = '' WHERE id = $1", mail, state, now, reason
    )


def drop(connection: Connection, mail: str) -> None:
    """Take a message out of the outbox."""
    connection.execute("DELETE FROM mails WHERE id = $1", mail)


def drop_waiting(connection: Connection, account: str, *kinds: MailKind) -> None:
    """Take an account's messages of these kinds that wait out of the outbox."""
    for kind in kinds:
        connection.execute("DELETE FROM mails WHERE account = $1 AND kind = $2 AND state = 'waiting'", account, kind)


def counts(connection: Connection, now: int) -> Counts:
    """Return how the outbox stands."""
    waiting = connection.value("SELECT count(*) FROM mails WHERE state IN ('waiting', 'sending')")
    hour = connection.row("SELECT count(*), min(done) FROM mails WHERE state = 'sent' AND done > $1", now - _HOUR_MS)
    last = connection.value("SELECT max(done) FROM mails WHERE state = 'sent'")
    assert hour is not None
    return Counts(cast("int", waiting), cast("int", hour[0]), cast("int | None", last), cast("int | None", hour[1]))


def failed(connection: Connection) -> tuple[FailedMail, ...]:
    """Return the latest messages that were given up, newest first."""
    sql = "SELECT done, account, reason FROM mails WHERE state = 'failed' ORDER BY done DESC, id LIMIT $1"
    return tuple(
        FailedMail(cast("int", row[0]), str(row[1]), str(row[2])) for row in connection.rows(sql, FAILED_SHOWN)
    )


def prune(connection: Connection, now: int) -> None:
    """Forget what was sent or given up long ago."""
    connection.execute("DELETE FROM mails WHERE state = 'sent' AND done < $1", now - SENT_KEPT_MS)
    connection.execute("DELETE FROM mails WHERE state = 'failed' AND done < $1", now - FAILED_KEPT_MS)


def _mail(row: Row) -> Mail:
    mail, account, kind, address, token, due_at, tries, doubts = row
    return Mail(
        id=str(mail),
        account=str(account),
        kind=cast("MailKind", kind),
        address=str(address),
        token=str(token),
        due=cast("int", due_at),
        tries=cast("int", tries),
        doubts=cast("int", doubts),
    )
