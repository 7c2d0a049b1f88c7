"""Receipt files of a running node: made from what it stores, checked against what it has certified."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from consensus.ballots import ApprovalBallot
from tests.support.builders import EQUAL_SHARES, SIMPLE_MAJORITY
from tests.support.until import until_answered
from tests.unit.node.test_service import Desk, desk_with
from web.ports import RoundSummary


@pytest_asyncio.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with desk_with(tmp_path, EQUAL_SHARES, SIMPLE_MAJORITY) as found:
        yield found


async def opened(desk: Desk) -> RoundSummary:
    subjects = [await desk.propose(title) for title in ("Wells", "Reefs")]
    return await desk.opened(*subjects, track="long")


async def received_file(desk: Desk, round_id: str) -> bytes:
    """Return the member's receipt file once its teller has signed."""
    account = desk.account("delegate")

    async def has_receipt() -> bool:
        data = await desk.service.receipts.file(account, round_id)
        return data is not None and len(json.loads(data)["receipts"]) == 1

    await until_answered(has_receipt, "the teller gives its receipt")
    data = await desk.service.receipts.file(account, round_id)
    assert data is not None
    return data


async def test_a_ballot_is_followed_from_its_receipt_to_the_count(desk: Desk) -> None:
    found = await opened(desk)
    account, receipts = desk.account("delegate"), desk.service.receipts
    assert await receipts.file(account, found.id) is None
    await desk.service.cast(account, found.id, await _first(desk, found))
    data = await received_file(desk, found.id)
    assert await receipts.file(desk.account("delegate", member="stranger"), found.id) is None
    assert (await receipts.check(found.id, data)).conclusion == "waiting"
    ballot = (await desk.service.round(found.id)).my_ballot  # type: ignore[union-attr]
    assert ballot is not None
    assert set(ballot.received_at) == set(ballot.received_by) == {desk.me}
    await desk.certified(found.id)
    report = await receipts.check(found.id, data)
    assert (report.conclusion, report.ballot) == ("counted", ballot.event)
    assert report.counted_as == ballot.content


async def test_an_earlier_ballot_is_said_to_be_replaced(desk: Desk) -> None:
    found = await opened(desk)
    account = desk.account("delegate")
    await desk.service.cast(account, found.id, await _first(desk, found))
    early = await received_file(desk, found.id)
    last = await desk.service.cast(account, found.id, ApprovalBallot(approves=()))
    await desk.certified(found.id)
    report = await desk.service.receipts.check(found.id, early)
    assert (report.conclusion, report.steps[-1].facts["why"]) == ("not-counted", "replaced")
    assert report.steps[-1].facts["by"] == last.event


async def test_a_file_of_another_round_is_refused_at_the_round(desk: Desk) -> None:
    found = await opened(desk)
    await desk.service.cast(desk.account("delegate"), found.id, await _first(desk, found))
    data = await received_file(desk, found.id)
    report = await desk.service.receipts.check("0" * 64, data)
    assert (report.conclusion, report.steps[-1].name) == ("refused", "round")
    assert (await desk.service.receipts.check(found.id, b"\xff")).steps[-1].name == "file"


async def _first(desk: Desk, found: RoundSummary) -> ApprovalBallot:
    view = await desk.service.round(found.id)
    assert view is not None
    return ApprovalBallot(approves=(view.options[0].id,))
