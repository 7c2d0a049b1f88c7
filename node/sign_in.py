"""Signing in and accounts, put together: satisfies web.accounts_port.AccountsPort."""

from dataclasses import dataclass

from node import files
from node.clock import Clock
from node.config import SingleSignOn as SignOnSettings
from node.delegation import Delegation
from node.first_run import FirstRun
from node.oidc_provider import Provider
from node.passkeys import Passkeys
from node.passwords import Cost, Passwords
from node.sessions import Sessions
from node.single_sign_on import SingleSignOn
from node.storage.database import Database
from web.accounts_port import FirstRunView

_SECRET_BYTES_MAX = 4_096


@dataclass(frozen=True, slots=True)
class Place:
    """The node at which people sign in."""

    member: str
    base_url: str
    names: tuple[str, ...]
    """Names of the federation, the first of which passkeys and authenticators show; no password may be made of one."""
    first_run: FirstRunView


@dataclass(frozen=True, slots=True)
class SignIn:
    """All means of signing in at one node, and who looks after accounts."""

    sessions: Sessions
    passkeys: Passkeys
    passwords: Passwords
    single_sign_on: SingleSignOn
    delegation: Delegation
    first_run: FirstRun


def sign_in(
    database: Database, clock: Clock, place: Place, sign_on: SignOnSettings | None = None, cost: Cost | None = None
) -> SignIn:
    """Return everything that signing in at a node takes. Raises FileError if the provider's secret can't be read."""
    settings = sign_on or SignOnSettings()
    provider = _provider(settings, clock)
    return SignIn(
        sessions=Sessions(database, clock),
        passkeys=Passkeys(database, clock, place.base_url, place.names[0]),
        passwords=Passwords(database, clock, place.names[0], place.names, cost),
        single_sign_on=SingleSignOn(database, clock, place.base_url, settings, provider),
        delegation=Delegation(
            database,
            clock,
            place.member,
            has_secretariat=place.first_run.has_secretariat,
            sign_on_claim=settings.claim if provider is not None else "",
        ),
        first_run=FirstRun(database, clock, place.member, place.first_run),
    )


def _provider(settings: SignOnSettings, clock: Clock) -> Provider | None:
    if not settings.issuer:
        return None
    path = settings.client_secret_file
    secret = files.read_bounded(path, _SECRET_BYTES_MAX).decode().strip() if path is not None else ""
    return Provider(settings.issuer, settings.client_id, secret, clock)
