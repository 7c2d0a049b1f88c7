"""What the library answers about proposals out of the store."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest_asyncio

from consensus.agenda import Closing
from node.library import Library
from node.stages import Stages
from protocol.events.consultation import Endorsement
from protocol.ids import RecordId
from protocol.register import Record
from tests.support.hand_clock import HandClock
from tests.support.node_pair import Lab


@dataclass
class NothingCertified:
    """A register without records."""

    certified: list[tuple[RecordId, Record]] = field(default_factory=list)
    closings: dict[int, Closing] = field(default_factory=dict)


@pytest_asyncio.fixture
async def lab(tmp_path: Path) -> AsyncIterator[Lab]:
    async with AsyncExitStack() as stack:
        yield Lab(tmp_path, stack)


async def test_who_made_and_who_endorses_proposals(lab: Lab) -> None:
    node = await lab.node(0)
    author, friend, fickle = (lab.federation.writer(which) for which in (1, 2, 3))
    first, second = author.write_proposals(2)
    friend.write(Endorsement(proposal=first.id, endorses=True))
    fickle.write(Endorsement(proposal=first.id, endorses=True))
    fickle.write(Endorsement(proposal=second.id, endorses=True))
    fickle.write(Endorsement(proposal=second.id, endorses=False))
    for writer in (fickle, friend, author):
        await lab.give(node, *(v.envelope for v in writer.events))
    stages = Stages(node.database, lab.federation.charter, NothingCertified(), HandClock())
    library = Library(node.database, lab.federation.charter.roll, stages, lab.federation.member(0).id)
    maker, one, other = (lab.federation.member(which).id for which in (1, 2, 3))
    assert await library.authors([first.id, "0" * 64, second.id]) == (
        (maker, tuple(sorted((one, other)))),
        (maker, ()),
    )
