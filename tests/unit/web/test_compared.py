"""Certified rounds are weighed once, off the event loop, from all ballots that were counted."""

import asyncio
import threading
from dataclasses import replace

import pytest

from consensus.outcome import Outcome
from consensus.rules.proportional import ApprovalSettings, PhragmenSettings
from tests.support.web_backend import MemoryBackend
from tests.support.web_content import round_numbered
from web import compared
from web.compared import Comparisons, SideBySide, ballotage, side_by_side
from web.ports import RoundView


@pytest.fixture(scope="module")
def backend() -> MemoryBackend:
    return MemoryBackend()


def certified(backend: MemoryBackend, number: int) -> tuple[RoundView, Outcome]:
    found = round_numbered(backend, number)
    assert found.outcome is not None
    return found, found.outcome


async def test_a_round_is_weighed_once_and_in_another_thread(
    backend: MemoryBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads = []

    def weigh(*arguments: object) -> SideBySide:
        threads.append(threading.current_thread())
        return SideBySide(None, None, ())

    monkeypatch.setattr(compared, "side_by_side", weigh)
    comparisons = Comparisons()
    found, outcome = certified(backend, 17)
    await asyncio.gather(*(comparisons.of(found, outcome, backend.all_members) for _ in range(4)))
    await comparisons.of(found, outcome, backend.all_members)
    assert len(threads) == 1
    assert threads[0] is not threading.main_thread()


async def test_what_failed_is_not_remembered(backend: MemoryBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object) -> SideBySide:
        raise RuntimeError("broken")

    comparisons = Comparisons()
    found, outcome = certified(backend, 17)
    with monkeypatch.context() as patch:
        patch.setattr(compared, "side_by_side", fail)
        with pytest.raises(RuntimeError, match="broken"):
            await comparisons.of(found, outcome, backend.all_members)
    assert (await comparisons.of(found, outcome, backend.all_members)).certificate is not None


async def test_settings_are_tried_once_each(backend: MemoryBackend) -> None:
    comparisons = Comparisons()
    found, _ = certified(backend, 17)
    first = await comparisons.tried(found, ApprovalSettings(), backend.all_members)
    assert await comparisons.tried(found, ApprovalSettings(), backend.all_members) is first
    other = await comparisons.tried(found, PhragmenSettings(), backend.all_members)
    assert other.outcome.rule == "phragmen"


def test_the_rule_of_the_round_comes_first_as_it_was_certified(backend: MemoryBackend) -> None:
    found, outcome = certified(backend, 17)
    weighed = side_by_side(found, outcome, backend.all_members)
    assert weighed.compared[0].outcome is outcome
    assert weighed.compared[0].settings.model_dump(mode="json") == found.spec.rule
    assert len({entry.settings.model_dump_json() for entry in weighed.compared}) == len(weighed.compared) == 7


def test_votes_on_a_text_owe_groups_nothing(backend: MemoryBackend) -> None:
    assert side_by_side(*certified(backend, 18), backend.all_members) == SideBySide(None, None, ())


def test_ballots_that_cannot_be_read_still_take_part(backend: MemoryBackend) -> None:
    found, _ = certified(backend, 17)
    absent = next(m.id for m in backend.all_members if m.id not in {ballot.member for ballot in found.roll_call})
    asked = ballotage(replace(found, unreadable=(absent,)), backend.all_members)
    assert len(asked.ballots) == len(found.roll_call) + 1
    assert asked.circumstances.lot == bytes.fromhex(found.lot)
