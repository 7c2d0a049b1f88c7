"""Single sign-on by OpenID Connect (authorization code with PKCE): satisfies web.accounts_port.SingleSignOnPort.

An account is found by what the provider says of a person: the subject, or an e-mail address that it has verified. Who
has no account gets none. The first sign-in by an address binds the account to the subject that came with it, so that an
address which the provider gives to somebody else later opens nothing. Talking to the provider is oidc_provider.py's.
"""

import base64
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from node import account_changes
from node.account_changes import By
from node.clock import Clock
from node.config import SingleSignOn as Settings
from node.id_tokens import Expected, IdTokenError, verified_claims
from node.oidc_provider import Provider, ProviderError
from node.pending import Pending
from node.sessions import open_session
from node.storage.accounts import find_account
from node.storage.database import Connection, Database
from web.accounts_port import Arrival, Departure, SignedIn
from web.ports import Refused

RETURN_PATH: Final = "/sign-in/single-sign-on/return"
_ANSWER_CHARACTERS_MAX = 4_096


@dataclass(frozen=True, slots=True)
class _Journey:
    """What has to come back from the provider unchanged, and what was kept from everybody's eyes."""

    state: str
    nonce: str
    verifier: str


class SingleSignOn:
    """Single sign-on of one node. base_url is the address under which people reach its pages."""

    def __init__(
        self, database: Database, clock: Clock, base_url: str, settings: Settings, provider: Provider | None
    ) -> None:
        self._database = database
        self._clock = clock
        self._return_to = base_url + RETURN_PATH
        self._settings = settings
        self._provider = provider
        self._journeys: Pending[_Journey] = Pending(clock)

    @property
    def label(self) -> str:
        """What people call the provider, or nothing if there is none."""
        return self._settings.label if self._provider is not None else ""

    async def depart(self) -> Departure:
        """Begin at the provider. Raises Refused if it can't be reached."""
        provider = self._known_provider()
        journey = _Journey(*(secrets.token_urlsafe(32) for _ in range(3)))
        try:
            metadata = await provider.metadata()
        except ProviderError as error:
            raise Refused("sign-on-unreachable", reason=str(error)) from error
        query = {
            "response_type": "code",
            "client_id": self._settings.client_id,
            "redirect_uri": self._return_to,
            "scope": "openid email" if self._settings.claim == "email" else "openid",
            "state": journey.state,
            "nonce": journey.nonce,
            "code_challenge": _challenge(journey.verifier),
            "code_challenge_method": "S256",
        }
        separator = "&" if "?" in metadata.authorization_endpoint else "?"
        address = metadata.authorization_endpoint + separator + urlencode(query)
        return Departure(address, self._journeys.keep(journey))

    async def arrive(self, ticket: str, answer: Mapping[str, str], arrival: Arrival) -> SignedIn:
        """Sign in with what the provider sent back. Raises Refused."""
        provider = self._known_provider()
        journey = self._journeys.take(ticket)
        if journey is None or not secrets.compare_digest(answer.get("state", "").encode(), journey.state.encode()):
            raise Refused("sign-on-state")
        if answer.get("iss", self._settings.issuer) != self._settings.issuer:
            raise Refused("sign-on-token", reason="iss")
        if "error" in answer:
            raise Refused("sign-on-denied", reason=answer["error"][:100])
        code = answer.get("code", "")
        if not 0 < len(code) <= _ANSWER_CHARACTERS_MAX:
            raise Refused("sign-on-code")
        claims = await self._claims(provider, code, journey)
        known_by = self._known_by(claims)
        now = self._clock.now()
        subject = str(claims["sub"])
        signed_in = await self._database.write(lambda c: _enter(c, known_by, subject, arrival, now))
        if signed_in is None:
            raise Refused("sign-on-unknown", known_by=known_by)
        return signed_in

    async def _claims(self, provider: Provider, code: str, journey: _Journey) -> Mapping[str, object]:
        expected = Expected(self._settings.issuer, self._settings.client_id, journey.nonce)
        try:
            token = await provider.redeem(code, journey.verifier, self._return_to)
            return await verified_claims(token, provider, expected, self._clock.now())
        except ProviderError as error:
            code_word = "sign-on-code" if error.is_refusal else "sign-on-unreachable"
            raise Refused(code_word, reason=str(error)) from error
        except IdTokenError as error:
            raise Refused("sign-on-token", reason=str(error)) from error

    def _known_by(self, claims: Mapping[str, object]) -> str:
        if self._settings.claim == "sub":
            return str(claims["sub"])
        address = claims.get("email")
        if not isinstance(address, str) or not address.isprintable() or claims.get("email_verified") is not True:
            raise Refused("sign-on-unverified")
        return address.strip().lower()

    def _known_provider(self) -> Provider:
        if self._provider is None:
            raise Refused("no-sign-on")
        return self._provider


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def _enter(connection: Connection, known_by: str, subject: str, arrival: Arrival, now: int) -> SignedIn | None:
    """Find the account and open a session, in one transaction. More accounts than one by a name are none."""
    rows = connection.rows("SELECT id, sign_on_subject FROM accounts WHERE sign_on = $1 LIMIT 2", known_by)
    if not known_by or len(rows) != 1:
        return None
    account_id, bound = str(rows[0][0]), str(rows[0][1])
    if bound not in ("", subject):
        return None
    if not bound:
        connection.execute("UPDATE accounts SET sign_on_subject = $2 WHERE id = $1", account_id, subject)
        account = find_account(connection, account_id)
        assert account is not None
        account_changes.note(connection, now, By.account(account), "sign-on-linked", account)
    return open_session(connection, account_id, "single-sign-on", arrival, now)
