"""Automatic groups as a node keeps them up: by the texts in force, told only what changed, with letters that last."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from consensus.agenda import Closing
from node.clustering import TopicsUnavailable
from node.deliveries import Delivery
from node.groups import Groups, signed_vector
from node.stages import Stages
from node.storage import texts
from protocol.envelope import Verified
from protocol.events.consultation import Erasure, Proposal
from protocol.events.deliberation import Revision
from protocol.ids import EventId, RecordId
from protocol.register import Record
from tests.support.builders import ChainWriter, document, proposal_body, proposal_text
from tests.support.classifiers import classifier, encoder
from tests.support.hand_clock import HandClock
from tests.support.node_pair import Lab
from tests.support.small_node import SmallNode
from tests.support.until import until
from topics.absent import AbsentEncoder
from topics.classify import Classifier
from topics.engine import Engine
from topics.wire import Arrange, Forget, Remember

REEFS = ("Coral reefs are bleaching", "Coral reefs bleach as the sea warms", "Bleached coral reefs and warmer seas")
TEACHERS = ("Teachers for rural primary schools", "Training teachers for primary schools in villages")


class NoRecords:
    """A register without records."""

    def __init__(self) -> None:
        self.certified: list[tuple[RecordId, Record]] = []
        self.closings: dict[int, Closing] = {}


class InProcess:
    """The worker's engine without the process. Keeps what it was sent."""

    def __init__(self, own: Classifier | None = None) -> None:
        self.classifier = own or classifier()
        self.engine = Engine(self.classifier)
        self.sent: list[str] = []
        self.items: dict[str, dict[str, Any]] = {}
        self.is_there = True
        self.tries = 0
        self.listeners: list[Callable[[], None]] = []

    def listen(self, listener: Callable[[], None]) -> None:
        self.listeners.append(listener)

    def restart(self) -> None:
        """Be a new process, which remembers nothing."""
        self.engine = Engine(self.classifier)
        for listener in self.listeners:
            listener()

    async def remember(self, items: Sequence[dict[str, Any]]) -> list[str]:
        self.tries += 1
        if not self.is_there:
            raise TopicsUnavailable("it is not there")
        self.sent += [item["id"] for item in items]
        self.items |= {item["id"]: item for item in items}
        request = Remember.model_validate({"id": "r", "op": "remember", "items": list(items)})
        left_out: list[str] = self.engine.remember(request)["left_out"]
        return left_out

    async def forget(self, ids: Sequence[str]) -> None:
        self.engine.forget(Forget(id="f", op="forget", ids=list(ids)))

    async def arrange(self, stood: Sequence[dict[str, Any]], items: int) -> dict[str, Any]:
        del items
        return self.engine.arrange(Arrange.model_validate({"id": "a", "op": "arrange", "stood": list(stood)}))


class Desk:
    """A node's store with its stages and groups."""

    def __init__(self, lab: Lab, node: SmallNode) -> None:
        self.lab, self.node, self.worker = lab, node, InProcess()
        self.stages = Stages(node.database, lab.federation.charter, NoRecords(), HandClock())
        self.groups = self.of(self.worker)

    def of(self, worker: InProcess) -> Groups:
        """Return the groups of a node that starts with this store."""
        return Groups(self.node.database, worker, HandClock())  # type: ignore[arg-type]

    async def submit(self, writer: ChainWriter, title: str, *, vector: str = "", goals: tuple[int, ...] = ()) -> str:
        """Have a member submit a proposal, with the vector of another text where one is given."""
        body: Proposal = proposal_body(proposal_text(title), goals=goals)
        if vector:
            signed = signed_vector(encoder().model, list(encoder().vector(vector).values))
            body = body.model_copy(update={"vector": signed})
        verified = writer.write(body)
        await self.give(verified, title)
        return verified.id

    async def give(self, verified: Verified, title: str = "") -> None:
        data = (document(title),) if title else ()
        await self.node.ledger.take(Delivery("test", (verified.envelope,), data))

    async def look(self, groups: Groups | None = None) -> dict[str, set[str]]:
        """Bring the groups up to date and return their members."""
        await self.stages.refresh()
        own = groups or self.groups
        await own._group()
        return {view.id: set(view.proposals) for view in own.latest}


@pytest_asyncio.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with AsyncExitStack() as stack:
        lab = Lab(tmp_path, stack)
        yield Desk(lab, await lab.node(0))


async def test_only_what_is_new_is_sent_and_what_is_there_stays(desk: Desk) -> None:
    writer = desk.lab.federation.writer(1)
    first = [await desk.submit(writer, title) for title in (*REEFS[:2], *TEACHERS)]
    assert await desk.look() == {"A": set(first[:2]), "B": set(first[2:])}
    places = {view.id: view.place for view in desk.groups.latest}
    desk.worker.sent.clear()

    late = await desk.submit(writer, REEFS[2])
    other = await desk.submit(writer, "A shared constellation of satellites")
    assert await desk.look() == {"A": {*first[:2], late}, "B": set(first[2:]), "C": {other}}
    assert sorted(desk.worker.sent) == sorted([late, other])
    assert {view.id: view.place for view in desk.groups.latest if view.id != "C"} == places
    desk.worker.sent.clear()
    await desk.look()
    assert desk.worker.sent == []


async def test_the_text_in_force_counts_and_the_signed_vector_only_for_its_own(desk: Desk) -> None:
    writer = desk.lab.federation.writer(1)
    kept = await desk.submit(writer, REEFS[0], vector=REEFS[0])
    moved = await desk.submit(writer, REEFS[1], vector=REEFS[1])
    teachers = await desk.submit(writer, TEACHERS[0])
    assert await desk.look() == {"A": {kept, moved}, "B": {teachers}}
    assert "vector" in desk.worker.items[moved]

    base = proposal_text(REEFS[1]).sha256
    revision = Revision(proposal=EventId(moved), base=base, text=proposal_text(TEACHERS[1]), minutes=10)
    await desk.give(writer.write(revision), TEACHERS[1])
    assert await desk.look() == {"A": {kept}, "B": {teachers, moved}}
    assert "vector" not in desk.worker.items[moved]
    assert desk.worker.items[moved]["text"].startswith(TEACHERS[1])


async def test_an_erased_text_leaves_its_group_and_the_worker(desk: Desk) -> None:
    writer = desk.lab.federation.writer(1)
    first, second = [await desk.submit(writer, title) for title in REEFS[:2]]
    await desk.look()
    erasure = {"text": proposal_text(REEFS[0]).sha256, "ground": "withdrawn-by-author"}
    await desk.give(writer.write(Erasure.model_validate(erasure), refs=(first,)))
    assert await desk.node.database.read(lambda c: texts.data_of(c, [erasure["text"]])) == {}
    assert await desk.look() == {"A": {second}}
    assert desk.worker.engine.hello()["remembered"] == 1


async def test_letters_and_places_outlive_a_restart_of_worker_and_node(desk: Desk) -> None:
    writer = desk.lab.federation.writer(1)
    (lone,) = [await desk.submit(writer, TEACHERS[0])]
    await desk.look()
    reefs = [await desk.submit(writer, title) for title in REEFS]
    assert await desk.look() == {"A": {lone}, "B": set(reefs)}
    shown = desk.groups.latest
    assert [view.id for view in shown] == ["B", "A"], "letters don't follow size"

    desk.worker.restart()
    await desk.look()
    assert desk.groups.latest == shown

    again = desk.of(InProcess())
    await again.start()
    try:
        await desk.look(again)
    finally:
        await again.stop()
    assert again.latest == shown


async def test_a_worker_that_is_gone_leaves_the_groups_as_they_were_and_is_told_all_when_it_is_back(desk: Desk) -> None:
    writer = desk.lab.federation.writer(1)
    first = await desk.submit(writer, REEFS[0])
    await desk.look()
    desk.worker.is_there = False
    second = await desk.submit(writer, REEFS[1])
    with pytest.raises(TopicsUnavailable):
        await desk.look()
    assert desk.groups.of_proposal == {first: "A"}
    desk.worker.is_there = True
    desk.worker.restart()
    assert await desk.look() == {"A": {first, second}}


async def test_without_the_encoder_signed_vectors_are_grouped_and_the_rest_is_said_to_be_left_out(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    writer = desk.lab.federation.writer(1)
    groups = desk.of(InProcess(Classifier(AbsentEncoder())))
    own = [await desk.submit(writer, title, vector=title, goals=(14,)) for title in REEFS[:2]]
    other = await desk.submit(writer, TEACHERS[0], vector=TEACHERS[0])
    bare = [await desk.submit(writer, f"No vector came with this one: {number}") for number in range(2)]
    assert await desk.look(groups) == {"A": set(own), "B": {other}}
    assert groups.left_out == set(bare)
    await desk.submit(writer, "Nor with this")
    await desk.look(groups)
    assert len(groups.left_out) == 3
    assert len([record for record in caplog.records if "encoder is missing" in record.message]) == 1


async def test_it_tries_again_until_the_worker_is_there_and_complains_once(
    desk: Desk, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("node.groups._SETTLE_SECONDS", 0.0)
    monkeypatch.setattr("node.groups._RETRY_SECONDS", 0.01)
    first = await desk.submit(desk.lab.federation.writer(1), REEFS[0])
    desk.worker.is_there = False
    groups = desk.of(desk.worker)
    await groups.start()
    try:
        await until(lambda: desk.worker.tries > 2, "it is tried again")
        desk.worker.is_there = True
        await until(lambda: groups.of_proposal == {first: "A"}, "it is grouped")
    finally:
        await groups.stop()
    assert len([record for record in caplog.records if "were not grouped" in record.message]) == 1


async def test_nothing_at_all_is_no_group(desk: Desk) -> None:
    assert await desk.look() == {}
    assert desk.groups.of_proposal == {}
