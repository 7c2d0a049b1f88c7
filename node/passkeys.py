"""Passkeys (WebAuthn level 2, discoverable credentials): satisfies web.accounts_port.PasskeysPort.

A challenge is good once, for a few minutes, in the browser that asked for it. Of an authenticator the node keeps the
public key and how often it has signed: a count that doesn't grow betrays a copy. Attestation isn't asked for: which
make of authenticator somebody has is nobody's business.
"""

import ipaddress
import json
import secrets
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlsplit

import webauthn
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from node import account_changes
from node.account_changes import By
from node.clock import Clock
from node.passwords import check_may_change
from node.pending import Pending
from node.sessions import check_fresh, open_session
from node.storage.accounts import find_account, means_of
from node.storage.database import Connection, Database
from web.accounts_port import Arrival, Ceremony, SignedIn
from web.ports import Refused, Session

PASSKEYS_MAX = 10
RESPONSE_CHARACTERS_MAX = 32_000
NAME_CHARACTERS_MAX = 60
_HANDLE_BYTES = 32
_CHALLENGE_BYTES = 32
_LOCAL = frozenset({"localhost"})


@dataclass(frozen=True, slots=True)
class _Challenge:
    """A challenge, and whose passkey it is to make; nobody's to sign in."""

    value: bytes
    account: str = ""


@dataclass(frozen=True, slots=True)
class _Key:
    account: str
    public_key: bytes
    handle: str


class Passkeys:
    """The passkeys of one node, in its store. base_url is the address under which people reach its pages."""

    def __init__(self, database: Database, clock: Clock, base_url: str, federation: str) -> None:
        self._database = database
        self._clock = clock
        self._origin = base_url
        self._host = urlsplit(base_url).hostname or ""
        self._federation = federation
        self._challenges: Pending[_Challenge] = Pending(clock)

    @property
    def is_possible(self) -> bool:
        """Whether browsers make passkeys for this node's address: a name, over https or on the same machine."""
        is_safe = self._origin.startswith("https://") or self._host in _LOCAL or self._host.endswith(".localhost")
        return is_safe and not _is_number(self._host)

    def ask(self) -> Ceremony:
        """Return a challenge to sign in with."""
        challenge = secrets.token_bytes(_CHALLENGE_BYTES)
        options = webauthn.generate_authentication_options(rp_id=self._host, challenge=challenge)
        return Ceremony(webauthn.options_to_json(options), self._challenges.keep(_Challenge(challenge)))

    async def sign_in(self, ticket: str, response: str, arrival: Arrival) -> SignedIn:
        """Sign in with the browser's answer to a challenge. Raises Refused."""
        challenge = self._taken(ticket, "")
        answer = _parsed(response)
        key_id = _text(answer.get("id"))
        key = await self._database.read(lambda c: _key(c, key_id))
        if key is None:
            raise Refused("passkey-unknown")
        try:
            verified = webauthn.verify_authentication_response(
                credential=answer,
                expected_challenge=challenge.value,
                expected_rp_id=self._host,
                expected_origin=self._origin,
                credential_public_key=key.public_key,
                credential_current_sign_count=0,  # compared in the store, in one step with keeping the new count
            )
        except (WebAuthnException, ValueError, TypeError, KeyError) as error:
            raise Refused("passkey-refused") from error
        handle = answer["response"].get("userHandle")
        if handle is not None and handle != key.handle:
            raise Refused("passkey-refused")
        now = self._clock.now()
        signed_in = await self._database.write(lambda c: _enter(c, key_id, verified.new_sign_count, arrival, now))
        if signed_in is None:
            await self._database.write(lambda c: _note_clone(c, key, now))
            raise Refused("passkey-cloned")
        return signed_in

    async def begin(self, session: Session) -> Ceremony:
        """Return a challenge to make a passkey with. Raises Refused."""
        now = self._clock.now()
        handle, held = await self._database.write(lambda c: _prepare(c, session, now))
        challenge = secrets.token_bytes(_CHALLENGE_BYTES)
        options = webauthn.generate_registration_options(
            rp_id=self._host,
            rp_name=self._federation,
            user_name=session.account.id,
            user_display_name=session.account.name,
            user_id=base64url_to_bytes(handle),
            challenge=challenge,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                require_resident_key=True,
                user_verification=UserVerificationRequirement.PREFERRED,
            ),
            exclude_credentials=[PublicKeyCredentialDescriptor(id=base64url_to_bytes(key)) for key in held],
        )
        ticket = self._challenges.keep(_Challenge(challenge, session.account.id))
        return Ceremony(webauthn.options_to_json(options), ticket)

    async def add(self, session: Session, ticket: str, response: str, name: str, arrival: Arrival) -> SignedIn:
        """Keep a new passkey; return the session renewed. Raises Refused."""
        challenge = self._taken(ticket, session.account.id)
        answer = _parsed(response)
        try:
            verified = webauthn.verify_registration_response(
                credential=answer,
                expected_challenge=challenge.value,
                expected_rp_id=self._host,
                expected_origin=self._origin,
            )
        except (WebAuthnException, ValueError, TypeError, KeyError) as error:
            raise Refused("passkey-refused") from error
        key_id = bytes_to_base64url(verified.credential_id)
        row = (key_id, session.account.id, verified.credential_public_key, verified.sign_count, _short(name))
        now = self._clock.now()
        return await self._database.write(lambda c: _add(c, session, row, arrival, now))

    async def remove(self, session: Session, passkey: str) -> None:
        """Remove a passkey. Raises Refused if the account has no other means."""
        now = self._clock.now()
        check_fresh(session, now)
        await self._database.write(lambda c: _remove(c, session, passkey, now))

    def _taken(self, ticket: str, account: str) -> _Challenge:
        challenge = self._challenges.take(ticket)
        if challenge is None or challenge.account != account:
            raise Refused("challenge-expired")
        return challenge


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _parsed(response: str) -> dict[str, Any]:
    """Return the browser's answer as the library wants it. Raises Refused for whatever isn't an answer."""
    try:
        answer = json.loads(response) if len(response) <= RESPONSE_CHARACTERS_MAX else None
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict) or not isinstance(answer.get("response"), dict):
        raise Refused("passkey-refused")
    return answer


def _text(value: object) -> str:
    return value if isinstance(value, str) and value.isascii() else ""


def _short(name: str) -> str:
    kept = "".join(char for char in name if char.isprintable()).strip()
    return kept[:NAME_CHARACTERS_MAX] or "Passkey"


def _key(connection: Connection, key_id: str) -> _Key | None:
    row = connection.row(
        "SELECT account, public_key, handle FROM passkeys JOIN accounts ON accounts.id = account"
        " WHERE passkeys.id = $1",
        key_id,
    )
    return None if row is None else _Key(*cast("tuple[str, bytes, str]", row))


def _enter(connection: Connection, key_id: str, count: int, arrival: Arrival, now: int) -> SignedIn | None:
    """Keep the new count and open a session, in one transaction; None where the count hasn't grown."""
    has_grown = connection.execute(
        "UPDATE passkeys SET sign_count = $2, used = $3 WHERE id = $1"
        " AND (sign_count < $2 OR (sign_count = 0 AND $2 = 0))",
        *(key_id, count, now),
    )
    account = connection.value("SELECT account FROM passkeys WHERE id = $1", key_id)
    if not has_grown or account is None:
        return None
    return open_session(connection, str(account), "passkey", arrival, now)


def _note_clone(connection: Connection, key: _Key, now: int) -> None:
    account = find_account(connection, key.account)
    if account is not None:
        account_changes.note(connection, now, By.account(account), "passkey-cloned", account)


def _prepare(connection: Connection, session: Session, now: int) -> tuple[str, tuple[str, ...]]:
    """Return the account's handle, made if need be, and the passkeys that it has."""
    check_may_change(connection, session, now)
    account = session.account.id
    made = bytes_to_base64url(secrets.token_bytes(_HANDLE_BYTES))
    connection.execute("UPDATE accounts SET handle = $2 WHERE id = $1 AND handle = ''", account, made)
    held = tuple(key.id for key in means_of(connection, account).passkeys)
    if len(held) >= PASSKEYS_MAX:
        raise Refused("too-many-passkeys", most=PASSKEYS_MAX)
    return str(connection.value("SELECT handle FROM accounts WHERE id = $1", account)), held


def _add(
    connection: Connection, session: Session, row: tuple[str, str, bytes, int, str], arrival: Arrival, now: int
) -> SignedIn:
    _prepare(connection, session, now)
    is_new = connection.execute(
        "INSERT INTO passkeys (id, account, public_key, sign_count, name, made) VALUES ($1, $2, $3, $4, $5, $6)"
        " ON CONFLICT (id) DO NOTHING",
        *(*row, now),
    )
    if not is_new:
        raise Refused("passkey-refused")
    account = session.account
    account_changes.note(connection, now, By.account(account), "passkey-added", account, row[4])
    return open_session(connection, account.id, "passkey", arrival, now)


def _remove(connection: Connection, session: Session, passkey: str, now: int) -> None:
    account = session.account
    means = means_of(connection, account.id)
    found = next((key for key in means.passkeys if key.id == passkey), None)
    if found is None:
        return
    if means.count < 2:
        raise Refused("last-means")
    connection.execute("DELETE FROM passkeys WHERE id = $1 AND account = $2", passkey, account.id)
    account_changes.note(connection, now, By.account(account), "passkey-removed", account, found.name)
