"""One reader's request: language, account, and where the page stands."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from web.accounts_port import Ended
from web.csrf import masked
from web.i18n import Language
from web.ports import Account, FederationView, Role, Session

THEMES: Final = ("auto", "light", "dark")


@dataclass(slots=True)
class Visit:
    """What every page needs to know of the request that it answers."""

    language: Language
    offered: tuple[Language, ...]
    prefix: str
    """"/zh" where the address names the language, otherwise nothing."""
    path: str
    """The path without the prefix."""
    query: Mapping[str, str]
    session: Session | None
    anonymous_csrf: str
    """What forms carry while nobody has signed in."""
    theme: str
    now: int
    federation: FederationView
    ended: Ended | None = None
    """Why the session that the browser came with is no more, if somebody ended it."""
    is_fragment: bool = False
    wants_form: bool = False
    """Whether the page holds a form that needs the anonymous token kept in a cookie."""

    @property
    def account(self) -> Account | None:
        """Who has signed in, if anybody."""
        return self.session.account if self.session else None

    def has_role(self, role: Role) -> bool:
        """Whether somebody with this role has signed in."""
        return self.account is not None and self.account.may_act_as(role)

    @property
    def csrf(self) -> str:
        """The secret that forms on this page carry."""
        if self.session:
            return masked(self.session.csrf)
        self.wants_form = True
        return masked(self.anonymous_csrf)

    def url(self, path: str, **query: object) -> str:
        """Return the address of another page in the same language, leaving out empty parameters."""
        pairs = {name: value for name, value in query.items() if value not in (None, "")}
        return _under(self.prefix, path) + (f"?{urlencode(pairs)}" if pairs else "")

    def here(self, **changes: object) -> str:
        """Return the address of this page with some parameters changed."""
        return self.url(self.path, **{**self.query, **changes})

    def in_language(self, code: str) -> str:
        """Return the address of this page in another language."""
        if self.prefix:
            query = {name: value for name, value in self.query.items() if name != "lang"}
            return _under(f"/{code}", self.path) + (f"?{urlencode(query)}" if query else "")
        return self.here(lang=code)


def _under(prefix: str, path: str) -> str:
    """Return a path under a language's prefix; the first page has no slash after it."""
    return prefix if prefix and path == "/" else prefix + path
