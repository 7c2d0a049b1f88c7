"""Rows of accounts and of what people sign in with."""

import hashlib
from typing import cast, get_args

from node.storage.database import Connection, Row
from web.accounts_port import MeansView, PasskeyView, PasswordView
from web.ports import Account, Role

ACCOUNT = "accounts.id, accounts.name, accounts.member, accounts.roles, accounts.lang"
"""The columns of which account_of() makes an account."""
OWNED_TABLES = (
    "links",
    "sessions",
    "drafts",
    "sent_forms",
    "desk_drafts",
    "desk_requests",
    "notice_choices",
    "address_links",
    "notices",
    "mails",
    "tokens",
)
"""Whose rows end with their account, besides its means; each has a column `account`."""
MEANS_TABLES = ("passkeys", "passwords", "recovery_codes")
ROLES: frozenset[Role] = frozenset(get_args(Role))


def hashed(secret: str) -> str:
    """Return what the store keeps of a secret of 128 bits or more. Passwords are not such secrets."""
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()


def account_of(row: Row) -> Account:
    """Return the account that a row holds."""
    account_id, name, member, roles, lang = row
    known = frozenset(role for role in ROLES if role in str(roles).split(","))
    return Account(str(account_id), str(name), str(member), known, None if lang is None else str(lang))


def find_account(connection: Connection, account_id: str) -> Account | None:
    """Return an account, or None."""
    row = connection.row(f"SELECT {ACCOUNT} FROM accounts WHERE id = $1", account_id)
    return None if row is None else account_of(row)


def means_of(connection: Connection, account: str) -> MeansView:
    """Return what an account can sign in with."""
    keys = connection.rows("SELECT id, name, made, used FROM passkeys WHERE account = $1 ORDER BY made, id", account)
    sign_on = connection.value("SELECT sign_on FROM accounts WHERE id = $1", account)
    return MeansView(
        tuple(PasskeyView(*cast("tuple[str, str, int, int | None]", row)) for row in keys),
        _password(connection, account),
        str(sign_on or ""),
    )


def remove_means(connection: Connection, account: str) -> None:
    """Remove an account's passkeys, password and recovery codes, and forget which subject signed on for it."""
    for table in MEANS_TABLES:
        connection.execute(f"DELETE FROM {table} WHERE account = $1", account)
    connection.execute("UPDATE accounts SET sign_on_subject = '' WHERE id = $1", account)


def end_tokens(connection: Connection, account: str) -> None:
    """End the tokens that an account has made, and forget what their requests were answered."""
    connection.execute("DELETE FROM token_keys WHERE token IN (SELECT id FROM tokens WHERE account = $1)", account)
    connection.execute("DELETE FROM tokens WHERE account = $1", account)


def remove_account(connection: Connection, account: str) -> None:
    """Remove an account with everything that belongs to it. What it signed stays, and the trail of its changes."""
    remove_means(connection, account)
    end_tokens(connection, account)
    for table in OWNED_TABLES:
        connection.execute(f"DELETE FROM {table} WHERE account = $1", account)
    connection.execute("DELETE FROM accounts WHERE id = $1", account)


def _password(connection: Connection, account: str) -> PasswordView | None:
    row = connection.row("SELECT made, used FROM passwords WHERE account = $1", account)
    if row is None:
        return None
    left = cast("int", connection.value("SELECT count(*) FROM recovery_codes WHERE account = $1", account))
    made, used = cast("tuple[int, int | None]", row)
    return PasswordView(made, used, left)
