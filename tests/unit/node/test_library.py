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
from web.ports import ProposalFilter


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


async def test_proposals_before_one_are_those_that_came_before_it_whatever_comes_later(lab: Lab) -> None:
    node = await lab.node(0)
    early, late = lab.federation.writer(1), lab.federation.writer(2)
    early.write_proposals(3)
    await lab.give(node, *(v.envelope for v in early.events))
    stages = Stages(node.database, lab.federation.charter, NothingCertified(), HandClock())
    library = Library(node.database, lab.federation.charter.roll, stages, lab.federation.member(0).id)

    async def listed(wanted: ProposalFilter) -> list[str]:
        found = await library.proposals(wanted, {})
        assert found.total >= len(found.items)
        return [item.id for item in found.items]

    third, second, first = await listed(ProposalFilter())
    assert await listed(ProposalFilter(per_page=1, before=third)) == [second]
    late.write_proposals(2)
    await lab.give(node, *(v.envelope for v in late.events))
    assert await listed(ProposalFilter(before=third)) == [second, first]
    assert await listed(ProposalFilter(before=first)) == []
    assert await listed(ProposalFilter(before="0" * 64)) == []
    assert await listed(ProposalFilter(member=lab.federation.member(1).id)) == [third, second, first]
    assert len(await listed(ProposalFilter(member=lab.federation.member(2).id))) == 2
    assert await listed(ProposalFilter(member=lab.federation.member(2).id, before=third)) == []
