"""What accounts chose to be told, and what they were told, in the store."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, cast, get_args

from node.notices import Occurrence, Recipient
from node.storage.database import Connection, Row
from web.notices_port import CHOICES, NoticeChoices, NoticeKind, Rhythm

KEPT_PER_ACCOUNT_MAX: Final = 500
NEVER: Final = ""
"""In the place of a message's id: a notice that no message brings."""
_CHOICES: Final = "account, kinds, goals, lead_ms, rhythm, hour, weekday, zone, lang, address, is_mailing, next_digest"
_NOTICES: Final = "account, name, kind, subject, member, event, noted, until"


@dataclass(frozen=True, slots=True)
class Ways:
    """How notices reach an account."""

    recipient: Recipient
    address: str
    is_mailing: bool
    unsubscribe: str
    feed: str | None
    problem: str


@dataclass(frozen=True, slots=True)
class KeptNotice:
    """A notice as it is kept: what happened, to whom it is told, and when that was noted."""

    account: str
    occurrence: Occurrence
    noted: int


def recipients(connection: Connection) -> list[Recipient]:
    """Return all accounts that have chosen what to be told of."""
    rows = connection.rows(
        f"SELECT {_CHOICES} FROM notice_choices WHERE account IN (SELECT id FROM accounts) ORDER BY account"
    )
    return [_recipient(row) for row in rows]


def ways(connection: Connection, column: str, value: str) -> Ways | None:
    """Return how notices reach the account whose `account`, `unsubscribe` or `feed` is this, or None."""
    assert column in ("account", "unsubscribe", "feed")
    sql = f"SELECT {_CHOICES}, unsubscribe, feed, problem FROM notice_choices WHERE {column} = $1"
    row = connection.row(sql, value)
    if row is None:
        return None
    unsubscribe, feed, problem = row[-3:]
    return Ways(
        _recipient(row[:-3]),
        address=str(row[9]),
        is_mailing=bool(row[10]),
        unsubscribe=str(unsubscribe),
        feed=None if feed is None else str(feed),
        problem=str(problem),
    )


def begin(connection: Connection, account: str, unsubscribe: str) -> None:
    """Give an account the default choices unless it has chosen before."""
    choices = NoticeChoices()
    connection.execute(
        "INSERT INTO notice_choices (account, kinds, goals, lead_ms, rhythm, hour, weekday, zone, lang, address,"
        " is_mailing, next_digest, unsubscribe, feed, problem)"
        " VALUES ($1, $2, 0, $3, $4, $5, $6, $7, NULL, '', 1, 0, $8, NULL, '') ON CONFLICT (account) DO NOTHING",
        account,
        ",".join(CHOICES),
        choices.lead_ms,
        choices.rhythm,
        choices.hour,
        choices.weekday,
        choices.zone,
        unsubscribe,
    )


def choose(connection: Connection, account: str, choices: NoticeChoices, next_digest: int) -> None:
    """Keep an account's choices."""
    connection.execute(
        "UPDATE notice_choices SET kinds = $2, goals = $3, lead_ms = $4, rhythm = $5, hour = $6, weekday = $7,"
        " zone = $8, lang = $9, next_digest = $10 WHERE account = $1",
        account,
        ",".join(kind for kind in CHOICES if kind in choices.kinds),
        sum(1 << (goal - 1) for goal in choices.goals),
        choices.lead_ms,
        choices.rhythm,
        choices.hour,
        choices.weekday,
        choices.zone,
        choices.lang,
        next_digest,
    )


def set_next_digest(connection: Connection, account: str, next_digest: int) -> None:
    """Keep when an account's next digest is due."""
    connection.execute("UPDATE notice_choices SET next_digest = $2 WHERE account = $1", account, next_digest)


def set_feed(connection: Connection, account: str, feed: str) -> None:
    """Replace the token of an account's private feed."""
    connection.execute("UPDATE notice_choices SET feed = $2 WHERE account = $1", account, feed)


def set_address(connection: Connection, account: str, address: str) -> None:
    """Send an account's e-mail to a verified address, or nowhere."""
    connection.execute(
        "UPDATE notice_choices SET address = $2, is_mailing = 1, problem = '' WHERE account = $1", account, address
    )


def set_mailing(connection: Connection, account: str, *, is_mailing: bool) -> None:
    """Send e-mail to an account's address, or no more."""
    connection.execute("UPDATE notice_choices SET is_mailing = $2 WHERE account = $1", account, int(is_mailing))


def set_problem(connection: Connection, account: str, problem: str) -> None:
    """Keep why the last message did not arrive, or that it did."""
    connection.execute("UPDATE notice_choices SET problem = $2 WHERE account = $1", account, problem)


def link_address(connection: Connection, account: str, address: str, token_hash: str, expires: int) -> None:
    """Keep the one link that may verify an address for an account."""
    connection.execute("DELETE FROM address_links WHERE account = $1", account)
    connection.execute(
        "INSERT INTO address_links (account, address, token_hash, expires) VALUES ($1, $2, $3, $4)",
        account,
        address,
        token_hash,
        expires,
    )


def pending(connection: Connection, account: str, now: int) -> str:
    """Return the address that an account still has to verify, or nothing."""
    sql = "SELECT address FROM address_links WHERE account = $1 AND expires > $2"
    return str(connection.value(sql, account, now) or "")


def linked(connection: Connection, token_hash: str, now: int) -> tuple[str, str] | None:
    """Return the account and address that a link is for, or None."""
    sql = "SELECT account, address FROM address_links WHERE token_hash = $1 AND expires > $2"
    row = connection.row(sql, token_hash, now)
    return None if row is None else (str(row[0]), str(row[1]))


def unlink(connection: Connection, account: str) -> None:
    """Forget the link that would verify an account's address."""
    connection.execute("DELETE FROM address_links WHERE account = $1", account)


def note(connection: Connection, told: Iterable[KeptNotice], *, mailed: frozenset[str]) -> int:
    """Keep notices that aren't kept yet; a message brings those to the accounts that are mailed. Return how many."""
    return sum(
        connection.execute(
            f"INSERT INTO notices ({_NOTICES}, mail) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
            " ON CONFLICT (account, name) DO NOTHING",
            each.account,
            each.occurrence.name,
            each.occurrence.kind,
            each.occurrence.subject,
            each.occurrence.member,
            each.occurrence.event,
            each.noted,
            each.occurrence.until,
            None if each.account in mailed else NEVER,
        )
        for each in told
    )


def waiting(connection: Connection, account: str) -> list[KeptNotice]:
    """Return an account's notices that no message brings yet, oldest first."""
    sql = f"SELECT {_NOTICES} FROM notices WHERE mail IS NULL AND account = $1 ORDER BY noted, name"
    return [_notice(row) for row in connection.rows(sql, account)]


def in_mail(connection: Connection, mail: str) -> list[KeptNotice]:
    """Return the notices that a message brings, oldest first."""
    rows = connection.rows(f"SELECT {_NOTICES} FROM notices WHERE mail = $1 ORDER BY noted, name", mail)
    return [_notice(row) for row in rows]


def latest(connection: Connection, account: str, limit: int) -> list[KeptNotice]:
    """Return an account's latest notices, newest first."""
    sql = f"SELECT {_NOTICES} FROM notices WHERE account = $1 ORDER BY noted DESC, name LIMIT $2"
    return [_notice(row) for row in connection.rows(sql, account, limit)]


def has_notice(connection: Connection, account: str, name: str) -> bool:
    """Whether an account has been told of something."""
    return connection.row("SELECT 1 FROM notices WHERE account = $1 AND name = $2", account, name) is not None


def put_in_mail(connection: Connection, told: Sequence[KeptNotice], mail: str) -> None:
    """Have a message bring notices."""
    connection.execute_many(
        "UPDATE notices SET mail = $3 WHERE account = $1 AND name = $2",
        ((each.account, each.occurrence.name, mail) for each in told),
    )


def stop_waiting(connection: Connection, account: str) -> None:
    """Have no message bring what waits for one."""
    connection.execute("UPDATE notices SET mail = $2 WHERE account = $1 AND mail IS NULL", account, NEVER)


def prune(connection: Connection, account: str) -> None:
    """Forget an account's oldest notices beyond a limit, except those that a message has still to bring."""
    connection.execute(
        "DELETE FROM notices WHERE account = $1 AND mail IS NOT NULL AND name NOT IN"
        " (SELECT name FROM notices WHERE account = $1 ORDER BY noted DESC, name LIMIT $2)"
        " AND mail NOT IN (SELECT id FROM mails WHERE state IN ('waiting', 'sending'))",
        account,
        KEPT_PER_ACCOUNT_MAX,
    )


def _recipient(row: Row) -> Recipient:
    account, kinds, goals, lead, rhythm, hour, weekday, zone, lang, address, is_mailing, following = row
    bits = cast("int", goals)
    choices = NoticeChoices(
        kinds=frozenset(kind for kind in CHOICES if kind in str(kinds).split(",")),
        goals=tuple(goal for goal in range(1, 18) if bits & 1 << (goal - 1)),
        lead_ms=cast("int", lead),
        rhythm=cast("Rhythm", rhythm),
        hour=cast("int", hour),
        weekday=cast("int", weekday),
        zone=str(zone),
        lang=None if lang is None else str(lang),
    )
    return Recipient(str(account), choices, bool(address) and bool(is_mailing), cast("int", following))


def _notice(row: Row) -> KeptNotice:
    account, name, kind, subject, member, event, noted, until = row
    assert kind in get_args(NoticeKind)
    occurrence = Occurrence(
        name=str(name),
        kind=cast("NoticeKind", kind),
        subject=str(subject),
        member=str(member),
        event=str(event),
        until=cast("int | None", until),
    )
    return KeptNotice(str(account), occurrence, cast("int", noted))
