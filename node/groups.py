"""Automatic groups of proposals: computed in the topics worker whenever proposals have come, shown as suggestions."""

import asyncio
import base64
import logging
from contextlib import suppress
from typing import Any

from node.clustering import TopicsUnavailable, TopicsWorker
from node.storage import events as store
from node.storage import texts
from node.storage.database import Connection, Database
from protocol.envelope import reopen_verified
from protocol.errors import RemoteError
from protocol.events.consultation import Proposal, Vector
from protocol.texts import parse_document
from web.explorer_views import GroupView

_LOG = logging.getLogger(__name__)
_SETTLE_SECONDS = 0.4
_RETRY_SECONDS = 10.0
_REST_SHARE = 1
"""Grouping rests as long as it took, so that a stream of proposals doesn't keep a core busy."""
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ITEMS_MAX = 20_000
_WORKER_TEXT_CHARACTERS = 20_000


def vector_values(vector: Vector) -> list[int]:
    """Return a signed vector's small integers."""
    return [value - 256 if value > 127 else value for value in base64.b64decode(vector.values)]


def signed_vector(model: str, values: list[int]) -> Vector:
    """Return small integers as a proposal carries them."""
    return Vector(model=model, values=base64.b64encode(bytes(value & 0xFF for value in values)).decode())


class Groups:
    """The latest automatic groups. While the worker isn't there, those before it stay."""

    def __init__(self, database: Database, worker: TopicsWorker) -> None:
        self.latest: tuple[GroupView, ...] = ()
        self.of_proposal: dict[str, str] = {}
        self._database = database
        self._worker = worker
        self._due = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._took_seconds = 0.0
        self._remembered: set[str] = set()
        """Proposals that the worker knows. Those whose texts were erased since have to be forgotten."""
        worker.listen(self.ask)

    async def start(self) -> None:
        """Begin to group whenever it is asked for."""
        self._due.set()
        self._task = asyncio.create_task(self._run(), name="groups")

    async def stop(self) -> None:
        """Stop."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    def ask(self) -> None:
        """Group anew soon: proposals or texts have come."""
        self._due.set()

    async def _run(self) -> None:
        while True:
            await self._due.wait()
            await asyncio.sleep(_SETTLE_SECONDS + _REST_SHARE * self._took_seconds)
            self._due.clear()
            began = asyncio.get_running_loop().time()
            try:
                await self._group()
                self._took_seconds = asyncio.get_running_loop().time() - began
            except TopicsUnavailable as error:
                _LOG.warning("proposals were not grouped: %s", error)
                await asyncio.sleep(_RETRY_SECONDS)

    async def _group(self) -> None:
        items = await self._database.read(_items)
        found = await self._worker.group(items, None) if items else []
        ids = {str(item["id"]) for item in items}
        gone = self._remembered - ids
        if gone:
            await self._worker.forget(sorted(gone))
        await self._worker.remember([{"id": item["id"], **_content(item)} for item in items])
        self._remembered = ids
        views = [_view(number, group) for number, group in enumerate(_by_size(found))]
        self.latest = tuple(views)
        self.of_proposal = {proposal: view.id for view in views for proposal in view.proposals}


def _content(item: dict[str, Any]) -> dict[str, Any]:
    return {"vector": item["vector"]} if "vector" in item else {"text": item["text"]}


def _by_size(groups: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(groups, key=lambda group: (-len(group["members"]), min(group["members"])))


def _view(number: int, group: dict[str, Any]) -> GroupView:
    return GroupView(
        id=_name(number),
        label={str(lang): str(words) for lang, words in group["label"].items()},
        proposals=tuple(sorted(group["members"])),
        representative=str(group["representative"]),
        sureness=round(100 * group["sureness"]),
        goals=tuple(group["goals"]),
        is_between_goals=bool(group["between_goals"]),
    )


def _name(number: int) -> str:
    """Return A to Z, then A1 to Z1, and so on."""
    turn, letter = divmod(number, len(_LETTERS))
    return _LETTERS[letter] + (str(turn) if turn else "")


def _items(connection: Connection) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for stored in store.of_kind(connection, "proposal"):
        verified = reopen_verified(stored.envelope)
        body = verified.event.body
        row = texts.get(connection, body.text.sha256) if isinstance(body, Proposal) else None
        if not isinstance(body, Proposal) or row is None or row.data is None or len(found) >= _ITEMS_MAX:
            continue
        try:
            document = parse_document(row.data)
        except RemoteError:
            continue
        text = f"{document.title}\n\n{document.body}"[:_WORKER_TEXT_CHARACTERS]
        item: dict[str, Any] = {"id": verified.id, "text": text, "lang": body.text.lang, "goals": list(body.goals)}
        if body.vector is not None:
            item["vector"] = {"model": body.vector.model, "values": vector_values(body.vector)}
        found.append(item)
    return found
