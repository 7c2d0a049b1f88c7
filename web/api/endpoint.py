"""One declaration for each resource: from it come the route, what is checked, and the description."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from pydantic import BaseModel

from web.api.lists import LASTS_MS, Lists
from web.api.models.asked import Asked
from web.api.models.sent import Nothing, Sent
from web.api.problems import Problem
from web.ports import Account, Backend
from web.tokens_port import Bearer, Scope

ROOT: Final = "/api/v1"
LONG_MS: Final = 60_000
"""For answers that no passing of time changes."""
HEAVY: Final = 10
"""Points of a request that makes a node look through everything it has."""
WRITING: Final = 5
"""Points of a request that makes a node sign something."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request, as its handler sees it."""

    backend: Backend
    lists: Lists
    bearer: Bearer | None
    describe: Callable[[], Mapping[str, Any]]
    """Returns the description of the whole interface."""

    @property
    def sender(self) -> Bearer:
        """Whose token was sent. Raises Problem."""
        if self.bearer is None:
            raise Problem("token-missing")
        return self.bearer

    @property
    def account(self) -> Account:
        """The account whose token was sent. Raises Problem."""
        return self.sender.account


A = TypeVar("A", bound=BaseModel)
P = TypeVar("P", bound=Asked)
S = TypeVar("S", bound=Sent)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A method at an address: what it asks, takes and answers, and who may use it."""

    method: str
    path: str
    name: str
    """What generated clients call it."""
    summary: str
    """One sentence, marked for the catalogues."""
    section: str
    asks: type[Asked]
    takes: type[Sent]
    answers: type[BaseModel]
    handler: Callable[[Call, Any, Any], Awaitable[BaseModel]]
    scope: Scope | None = None
    needs_token: bool = False
    points: int = 1
    lasts_ms: int = LASTS_MS
    """How long an answer may be given out again while the node's revision stays."""
    refusals: tuple[str, ...] = ()
    """Codes of the node's refusals that may come."""
    status: int = 200
    leads_to: tuple[tuple[str, str, str], ...] = ()
    """Where one may go on from an answer: name of a resource, its parameter, and where in the answer that stands."""

    @property
    def is_public(self) -> bool:
        """Whether anybody may use it, from any web page."""
        return not self.needs_token

    @property
    def in_path(self) -> frozenset[str]:
        """Names of the parameters that stand in the path."""
        return frozenset(part[1:-1] for part in self.path.split("/") if part.startswith("{"))

    @property
    def has_body(self) -> bool:
        """Whether something is sent."""
        return self.takes is not Nothing


def reading(
    path: str,
    summary: str,
    section: str,
    asks: type[P],
    answers: type[A],
    handler: Callable[[Call, P], Awaitable[A]],
    **more: Any,
) -> Endpoint:
    """Declare something to read."""

    async def read(call: Call, asked: P, _: Nothing) -> A:
        return await handler(call, asked)

    return Endpoint("GET", path, handler.__name__, summary, section, asks, Nothing, answers, read, **more)


def writing(
    path: str,
    summary: str,
    section: str,
    asks: type[P],
    takes: type[S],
    answers: type[A],
    handler: Callable[[Call, P, S], Awaitable[A]],
    **more: Any,
) -> Endpoint:
    """Declare something to send."""
    return Endpoint(
        "POST", path, handler.__name__, summary, section, asks, takes, answers, handler, needs_token=True, **more
    )
