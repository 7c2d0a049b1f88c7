"""People of the demonstration: they use the pages of their own node as a browser without scripts would."""

import re
from collections.abc import Iterable
from types import TracebackType
from typing import Self

import aiohttp

from node.demo_content import Proposal
from protocol.errors import ComitiaError

_TOKEN = re.compile(r'name="csrf" value="([^"]+)"')
_COMMENT = re.compile(r"/comments/([0-9a-f]{64})")
_TEXT = re.compile(r"/texts/([0-9a-f]{64})/translate")
_ID = re.compile(r"/([0-9a-f]{64})(?:/|$|\?)")
_SEE_OTHER = 303


class DemoError(ComitiaError):
    """The demonstration can't go on. One sentence, with the remedy where there is one."""


class Person:
    """Somebody with a browser, signed in at one node."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._http = aiohttp.ClientSession(
            cookie_jar=aiohttp.CookieJar(unsafe=True), timeout=aiohttp.ClientTimeout(total=60)
        )
        self._csrf = ""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.close()

    async def sign_in(self, token: str) -> None:
        """Use a one-time link."""
        await self._read_token(f"/sign-in/{token}")
        await self._post(f"/sign-in/{token}", [])
        await self._read_token("/rounds")

    async def submit(self, proposal: Proposal) -> str:
        """Submit a proposal; return its id."""
        fields = [
            ("track", proposal.track),
            ("lang", proposal.lang),
            ("title", proposal.title),
            ("body", proposal.text),
            ("urgency", proposal.urgency or ""),
            ("minutes", str(proposal.minutes)),
            ("action", "submit"),
            *(("goals", str(goal)) for goal in proposal.goals),
        ]
        return _id_in(await self._post("/proposals/new", fields))

    async def endorse(self, proposal: str) -> None:
        """Endorse a proposal of another member."""
        await self._post(f"/proposals/{proposal}/endorse", [("endorses", "true")])

    async def comment(self, proposal: str, lang: str, text: str, reply_to: str) -> str:
        """Comment on a proposal, in answer to a comment unless that is empty; return the comment's id."""
        fields = [("lang", lang), ("body", text), ("reply_to", reply_to)]
        found = _COMMENT.search(await self._post(f"/proposals/{proposal}/comments/new", fields))
        if found is None:
            raise DemoError("the node led nowhere after a comment")
        return found[1]

    async def translate(self, proposal: str, lang: str, title: str, text: str, urgency: str) -> None:
        """Translate a proposal's text."""
        async with self._http.get(f"{self._address}/proposals/{proposal}") as response:
            found = _TEXT.search(await response.text())
        if found is None:
            raise DemoError(f"{self._address}/proposals/{proposal} has no text to translate")
        fields = [("lang", lang), ("title", title), ("body", text), ("urgency", urgency)]
        await self._post(f"/texts/{found[1]}/translate", fields)

    async def name_topic(
        self, *, track: str, lang: str, title: str, body: str, minutes: int, goals: Iterable[int], proposals: list[str]
    ) -> None:
        """Make a topic of proposals."""
        fields = [("track", track), ("lang", lang), ("title", title), ("body", body), ("minutes", str(minutes))]
        fields += [("goals", str(goal)) for goal in goals]
        fields += [("proposals", proposal) for proposal in proposals]
        await self._post("/desk/topics/new", fields)

    async def request_round(self, track: str, procedure: str, subjects: list[str], seconds: int, capacity: int) -> None:
        """Ask the tellers to open a round of the kind that the charter's track has, step by step as the desk does."""
        await self._post("/desk/round", [("track", track), ("procedure", procedure)])
        await self._post("/desk/round/subjects", [("subjects", subject) for subject in subjects])
        length = [("duration", str(seconds)), ("unit", "seconds"), ("capacity", str(capacity))]
        await self._post("/desk/round/dates", length)
        await self._post("/desk/round/preview", [])

    async def draft_agenda(self) -> None:
        """Draft the next agenda."""
        await self._post("/desk/agenda", [])

    async def approve(self, round_id: str, options: Iterable[str]) -> None:
        """Cast a ballot that approves options."""
        fields = [*(("approves", option) for option in options), ("mandate", "yes")]
        await self._post(f"/rounds/{round_id}/cast", fields)

    async def choose(self, round_id: str, choice: str, reason: str) -> None:
        """Cast a ballot of yes, no or abstain."""
        await self._post(f"/rounds/{round_id}/cast", [("choice", choice), ("reason", reason), ("mandate", "yes")])

    async def _read_token(self, path: str) -> None:
        async with self._http.get(self._address + path) as response:
            found = _TOKEN.search(await response.text())
        if found is None:
            raise DemoError(f"{self._address}{path} answered {response.status} without a form")
        self._csrf = found[1]

    async def _post(self, path: str, fields: list[tuple[str, str]]) -> str:
        data = [("csrf", self._csrf), *fields]
        async with self._http.post(self._address + path, data=data, allow_redirects=False) as response:
            if response.status != _SEE_OTHER:
                raise DemoError(f"{self._address}{path} answered {response.status}: {_words(await response.text())}")
            return response.headers["Location"]


def _id_in(location: str) -> str:
    found = _ID.search(location)
    if found is None:
        raise DemoError(f"the node led to {location[:100]}, where an id was expected")
    return found[1]


def _words(page: str) -> str:
    main = page.partition("<main")[2] or page
    return " ".join(re.sub(r"<[^>]*>", " ", main).split())[:300]
