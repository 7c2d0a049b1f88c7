"""Automatic groups of proposals by their texts in force, kept in the topics worker, shown as suggestions.

The worker holds what it was told; only what has changed since is sent to it, and only what changed in the groups comes
back. Which group each proposal is in is kept in the store, so that letters and places outlive a restart of either.
"""

import base64
import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from node.clock import Clock
from node.clustering import TopicsUnavailable, TopicsWorker
from node.follower import Follower, Pace
from node.storage import events as store
from node.storage import texts
from node.storage.database import Connection, Database
from node.storage.grouped import Current, Spot, current, keep_spots, spots
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
_ITEMS_MAX = 20_000
_AT_A_TIME = 256
_WORKER_TEXT_CHARACTERS = 20_000

Told = dict[str, Any]


def vector_values(vector: Vector) -> list[int]:
    """Return a signed vector's small integers."""
    return [value - 256 if value > 127 else value for value in base64.b64decode(vector.values)]


def signed_vector(model: str, values: list[int]) -> Vector:
    """Return small integers as a proposal carries them."""
    return Vector(model=model, values=base64.b64encode(bytes(value & 0xFF for value in values)).decode())


class Groups:
    """The latest automatic groups. While the worker isn't there, those before it stay."""

    def __init__(self, database: Database, worker: TopicsWorker, clock: Clock) -> None:
        self.latest: tuple[GroupView, ...] = ()
        """Largest first, then by their letters."""
        self.of_proposal: dict[str, str] = {}
        self.left_out: frozenset[str] = frozenset()
        """Proposals without a vector of the author's that can't be grouped because the encoder is missing here."""
        self._database = database
        self._worker = worker
        self._clock = clock
        self._follower = Follower(
            self._group,
            "proposals were not grouped",
            Pace(_SETTLE_SECONDS, _REST_SHARE, _RETRY_SECONDS),
            (TopicsUnavailable,),
        )
        self._views: dict[str, GroupView] = {}
        self._told: dict[str, Current] = {}
        """What the worker was told of each proposal."""
        self._kept: dict[str, Spot] = {}
        self._is_worker_new = True
        worker.listen(self._start_over)

    async def start(self) -> None:
        """Begin to group whenever it is asked for."""
        self._kept = await self._database.read(spots)
        await self._follower.start()

    async def stop(self) -> None:
        """Stop."""
        await self._follower.stop()

    def ask(self, *_: object) -> None:
        """Look soon whether proposals or their texts have changed, and bring the groups up to date."""
        self._follower.ask()

    def _start_over(self) -> None:
        self._is_worker_new = True
        self._follower.ask()

    async def _group(self) -> None:
        """Bring the groups up to date. A worker that is started again on the way is told everything the next time."""
        is_new = self._is_worker_new
        if is_new:
            self._told, self.left_out, self._is_worker_new = {}, frozenset(), False
        now = await self._database.read(lambda c: current(c, _ITEMS_MAX))
        changed = sorted(proposal for proposal, text in now.items() if self._told.get(proposal) != text)
        gone = sorted(self._told.keys() - now.keys())
        if not (changed or gone or is_new):
            return
        if not (now or self._kept):
            return
        try:
            answer = await self._tell(now, changed, gone, is_new=is_new)
        except BaseException:
            self._is_worker_new = True
            raise
        if not self._is_worker_new:
            await self._take(answer, is_new=is_new)

    async def _tell(self, now: Mapping[str, Current], changed: list[str], gone: list[str], *, is_new: bool) -> Told:
        await self._forget(gone)
        for start in range(0, len(changed), _AT_A_TIME):
            some = {proposal: now[proposal] for proposal in changed[start : start + _AT_A_TIME]}
            items = await self._database.read(lambda c, some=some: _items(c, some, self._clock.now()))  # type: ignore[misc]
            without = await self._worker.remember(items)
            await self._forget(sorted(self._told.keys() & some.keys() - {item["id"] for item in items}))
            self._told |= some
            self._leave_out(frozenset(without), frozenset(some))
        return await self._worker.arrange(_stood(self._kept) if is_new else (), len(self._told))

    async def _forget(self, gone: list[str]) -> None:
        await self._worker.forget(gone)
        for proposal in gone:
            self._told.pop(proposal, None)
        self.left_out -= set(gone)

    def _leave_out(self, without: frozenset[str], looked_at: frozenset[str]) -> None:
        if without and not self.left_out:
            _LOG.warning(
                "the encoder is missing: %d or more proposals that came without a vector are not grouped", len(without)
            )
        self.left_out = (self.left_out - looked_at) | without

    async def _take(self, answer: Told, *, is_new: bool) -> None:
        views = {} if is_new else {name: view for name, view in self._views.items() if name not in answer["gone"]}
        views |= {str(group["name"]): _view(group) for group in answer["groups"]}
        for name, neighbours in answer["neighbours"].items():
            views[name] = replace(views[name], neighbours=tuple(neighbours))
        self._views = views
        self.latest = tuple(sorted(views.values(), key=_rank))
        self.of_proposal = {proposal: view.id for view in self.latest for proposal in view.proposals}
        await self._keep()

    async def _keep(self) -> None:
        now = {p: Spot(view.id, *view.place) for view in self.latest for p in view.proposals}
        changed = {proposal: spot for proposal, spot in now.items() if self._kept.get(proposal) != spot}
        gone = self._kept.keys() - now.keys()
        if changed or gone:
            await self._database.write(lambda c: keep_spots(c, changed, gone))
        self._kept = now


def _rank(view: GroupView) -> tuple[int, int, str]:
    return -len(view.proposals), len(view.id), view.id


def _stood(kept: Mapping[str, Spot]) -> Sequence[Told]:
    """Return the groups that proposals were in, as the worker goes on with them."""
    found: dict[str, Told] = {}
    for proposal, spot in sorted(kept.items()):
        group = found.setdefault(spot.name, {"name": spot.name, "members": [], "place": [spot.across, spot.down]})
        group["members"].append(proposal)
    return list(found.values())


def _view(group: Told) -> GroupView:
    across, down = group["place"]
    return GroupView(
        id=str(group["name"]),
        label={str(lang): str(words) for lang, words in group["label"].items()},
        proposals=tuple(sorted(group["members"])),
        representative=str(group["representative"]),
        sureness=round(100 * group["sureness"]),
        goals=tuple(group["goals"]),
        is_between_goals=bool(group["between_goals"]),
        languages=int(group["languages"]),
        place=(float(across), float(down)),
    )


def _items(connection: Connection, wanted: Mapping[str, Current], now: int) -> list[Told]:
    found = (_item(connection, proposal, text, now) for proposal, text in wanted.items())
    return [item for item in found if item is not None]


def _item(connection: Connection, proposal: str, wanted: Current, now: int) -> Told | None:
    """Return what the worker is told of a proposal. Its signed vector counts only for the text that it was made of.

    A time in the future counts as now: groups go by the order of times, and a wrong one mustn't stay at its end.
    """
    row = texts.get(connection, wanted.text)
    verified = next((reopen_verified(envelope) for envelope in store.by_ids(connection, [proposal])), None)
    if row is None or row.data is None or verified is None or not isinstance(verified.event.body, Proposal):
        return None
    try:
        document = parse_document(row.data)
    except RemoteError:
        return None
    body = verified.event.body
    text = f"{document.title}\n\n{document.body}"[:_WORKER_TEXT_CHARACTERS]
    item: Told = {"id": proposal, "text": text, "lang": wanted.lang or body.text.lang, "goals": list(body.goals)}
    item["time"] = min(verified.event.time, now)
    if body.vector is not None and body.text.sha256 == wanted.text:
        item["vector"] = {"model": body.vector.model, "values": vector_values(body.vector)}
    return item
