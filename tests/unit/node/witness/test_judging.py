"""What a witness makes of what nodes show, honest or not, over real HTTP."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from node.witness import asking
from node.witness.asking import AskingError, LogClient, new_session
from node.witness.judging import Judged, Refused, Verdict, judge
from node.witness.keeping import Keeper
from protocol import merkle, notes, short_proof, split_view, tiles
from protocol.errors import ComitiaError
from protocol.tiles import TileError
from tests.support.builders import build_federation
from tests.support.fake_log import Answer, FakeLog, bytes_instead, elsewhere, endless, fake_log, silent
from tests.support.hand_clock import HandClock
from tests.support.logged import LoggedRegister, logged

FED = build_federation(4)


class Stage:
    """A witness, and nodes for it to follow."""

    def __init__(self, where: Path, stack: AsyncExitStack) -> None:
        self.where = where
        self.stack = stack
        self.clock = HandClock()
        self.keeper = self.opened()

    def opened(self) -> Keeper:
        """Return the witness as it starts with what is on its disk."""
        keeper = Keeper(self.where, self.clock)
        keeper.open_key("library.example/witness")
        if keeper.open_charter(FED.id):
            keeper.open_log()
        else:
            keeper.keep_charter(FED.file.to_bytes(), FED.id)
        return keeper

    async def node(self, register: LoggedRegister) -> FakeLog:
        return await self.stack.enter_async_context(fake_log(register))

    async def judged(self, log: FakeLog) -> Judged:
        http = await self.stack.enter_async_context(new_session())
        return await judge(self.keeper, LogClient(http, log.address), self.clock)

    async def refused(self, log: FakeLog) -> str:
        """Return why nothing is cosigned; and see that nothing was."""
        before = self.keeper.last
        with pytest.raises(ComitiaError) as caught:
            await self.judged(log)
        assert self.keeper.last is before
        assert self.opened().size == self.keeper.size
        return str(caught.value)


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with AsyncExitStack() as stack:
        yield Stage(tmp_path / "witness", stack)


def forked(common: int, more: int) -> LoggedRegister:
    """Return a register that begins as logged() does and goes on otherwise."""
    register = logged(FED, common)
    for number in range(more):
        register.open(f"otherwise {number}")
    return register


# SPEC 11.35: "continues the last one that it has cosigned"
async def test_what_continues_is_cosigned_step_by_step(stage: Stage) -> None:
    log = await stage.node(logged(FED, 1))
    for records in (0, 1, 4, 300):
        for number in range(records):
            log.register.open(f"more {records} {number}")
        size = log.register.tree.size
        verdict = Verdict.COSIGNED if records != 0 or stage.keeper.size == 0 else Verdict.CURRENT
        assert await stage.judged(log) == Judged(verdict, size)
        last = stage.keeper.last
        assert last is not None
        assert last.checkpoint == log.register.checkpoint()
        assert stage.keeper.key.name in notes.cosigners(last.note, last.checkpoint, [stage.keeper.key])
        assert stage.keeper.tree.root() == log.register.tree.root()
    assert await stage.judged(log) == Judged(Verdict.CURRENT, size)
    assert stage.keeper.evidence == []


async def test_only_what_is_new_is_asked_for(stage: Stage) -> None:
    log = await stage.node(logged(FED, 600))
    await stage.judged(log)
    log.register.open("more")
    log.asked.clear()
    await stage.judged(log)
    assert [path for path in log.asked if "entries" in path] == ["/federation/v1/log/tile/entries/002.p/90"]
    assert len(log.asked) <= 8


async def test_a_node_that_is_behind_is_no_fault(stage: Stage) -> None:
    log = await stage.node(logged(FED, 5))
    await stage.judged(log)
    log.size = 3
    assert await stage.judged(log) == Judged(Verdict.BEHIND, 3)
    assert (stage.keeper.size, stage.keeper.evidence) == (6, [])


# SPEC 11.38: "keeps and publishes both notes with that proof"
@pytest.mark.parametrize(("common", "more"), [(3, 2), (3, 9), (3, 1), (0, 5), (2, 270)])
async def test_another_past_is_refused_and_kept_as_evidence(stage: Stage, common: int, more: int) -> None:
    honest, other = await stage.node(logged(FED, 5)), await stage.node(forked(common, more))
    await stage.judged(honest)
    for _ in range(2):
        assert (await stage.judged(other)).verdict is Verdict.SPLIT
    (view,) = stage.keeper.evidence
    tellers = short_proof.verifier_keys(honest.register.tellers)
    assert split_view.check(view.model_dump_json().encode(), tellers, 3) == view
    texts = {view.smaller.partition("\n\n")[0] + "\n", view.larger.partition("\n\n")[0] + "\n"}
    assert texts == {honest.register.checkpoint().text, other.register.checkpoint().text}
    assert "library.example/witness" in view.smaller + view.larger
    assert stage.keeper.size == 6
    assert stage.opened().evidence == [view]
    honest.register.open("on")
    assert (await stage.judged(honest)).verdict is Verdict.COSIGNED


async def test_fewer_than_a_quorum_or_strangers_are_refused(stage: Stage) -> None:
    log = await stage.node(logged(FED, 2))
    log.instead["checkpoint"] = bytes_instead(log.register.note(count=2).to_bytes())
    assert "2 tellers, 3 are needed" in await stage.refused(log)
    log.instead["checkpoint"] = bytes_instead(logged(build_federation(4, seed=1), 2).note().to_bytes())
    assert "0 tellers" in await stage.refused(log)


HOSTILE: dict[str, tuple[str, Answer, type[Exception]]] = {
    "garbage as checkpoint": ("checkpoint", bytes_instead(b"\xff\x00 garbage"), notes.NoteError),
    "endless checkpoint": ("checkpoint", endless, AskingError),
    "endless tile": ("tile/0", endless, AskingError),
    "garbage as tile": ("tile/0", bytes_instead(b"x"), TileError),
    "zeros as tile": ("tile/0", bytes_instead(bytes(32 * 6)), Refused),
    "garbage as entries": ("entries", bytes_instead(b"\xff\xff garbage"), TileError),
    "missing entries": ("entries", bytes_instead(b"", 404), AskingError),
    "empty entries": ("entries", bytes_instead(tiles.bundle([b""] * 6)), Refused),
    "no records": ("entries", bytes_instead(tiles.bundle([b"DSSEv1 1 x 1 y"] * 6)), Refused),
    "elsewhere": ("checkpoint", elsewhere, AskingError),
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_hostile_answers_are_refused(stage: Stage, name: str) -> None:
    end, answer, error = HOSTILE[name]
    log = await stage.node(logged(FED, 2))
    await stage.judged(log)
    for word in ("more", "and more", "still more"):
        log.register.open(word)
    log.instead[end] = answer
    with pytest.raises(error):
        await stage.judged(log)
    await stage.refused(log)
    log.instead.clear()
    assert (await stage.judged(log)).verdict is Verdict.COSIGNED


async def test_a_node_that_never_answers_is_given_up(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "_SMALL_SECONDS", 0.1)
    log = await stage.node(logged(FED, 2))
    log.instead["checkpoint"] = silent
    assert "did not answer" in await stage.refused(log)


CHAINS: dict[str, Callable[[LoggedRegister], None]] = {
    "a record that rests on another": lambda r: broken(r, prev=r.records[0].prev),
    "a record of another height": lambda r: broken(r, height=9),
    "a record of another federation": lambda r: broken(r, federation=build_federation(4, seed=1).id),
}


def broken(register: LoggedRegister, **changes: object) -> None:
    """Add a record that a quorum certifies although it doesn't fit."""
    record = register.open("fits")
    register.tree.__init__()  # type: ignore[misc]
    register.records[-1] = record.model_copy(update=changes)
    records, register.records = register.records, []
    register.__post_init__()
    for each in records:
        register.records.append(each)
        register.tree.append(merkle.leaf_hash(short_proof.leaf_of(each)))


# SPEC 11.35: "every entry between is a record that names the one before it (6.20)"
@pytest.mark.parametrize("name", CHAINS)
async def test_a_record_that_does_not_fit_is_not_cosigned_whoever_has(stage: Stage, name: str) -> None:
    log = await stage.node(logged(FED, 2))
    await stage.judged(log)
    CHAINS[name](log.register)
    assert "does not rest on the one before it" in await stage.refused(log)


async def test_entries_that_come_to_another_root_are_refused(stage: Stage) -> None:
    log, other = await stage.node(logged(FED, 4)), forked(2, 2)
    entries = [other.leaf(height) for height in range(5)]
    log.instead["entries"] = bytes_instead(tiles.bundle(entries))
    assert "do not come to the root" in await stage.refused(log)


async def test_a_first_entry_that_is_not_the_charter_is_refused(stage: Stage) -> None:
    log = await stage.node(logged(FED, 1))
    entries = [log.register.leaf(1), log.register.leaf(1)]
    log.instead["entries"] = bytes_instead(tiles.bundle(entries))
    assert "not the charter" in await stage.refused(log)


# SPEC 11.34: "whoever needs it makes it from the charter file (7.4)"
async def test_a_charter_that_is_too_long_for_a_bundle_is_made_from_the_file(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tiles, "ENTRY_BYTES_MAX", 2_000)
    log = await stage.node(logged(FED, 1))
    assert tiles.entries_in(tiles.bundle([log.register.leaf(0)]), 1) == [b""]
    assert (await stage.judged(log)).verdict is Verdict.COSIGNED
