"""Proofs that a node hands out: made once while they are kept, and what can't be made says why."""

import asyncio
from pathlib import Path

import pytest

from consensus.proof.check import check_full_proof
from node import files, proofs
from node.config import Layout
from node.offline import OfflineNode, offline_node
from node.proofs import Proofs
from protocol import charter as charters
from protocol import limits
from tests.support.hand_clock import HandClock
from tests.support.history import fill, make_directory, told
from web.proofs_port import ProofNotHereError


async def opened(path: Path) -> Path:
    directory = make_directory(path, told().federation)
    async with offline_node(directory, HandClock(), may_create=True) as node:
        await fill(node, told())
    return directory


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return asyncio.run(opened(tmp_path_factory.mktemp("proofs") / "node"))


def of(node: OfflineNode, directory: Path) -> Proofs:
    file = charters.parse_file(files.read_bounded(Layout(directory).charter, limits.CHARTER_BYTES_MAX))
    return Proofs(node.database, node.register, None, file)  # type: ignore[arg-type]


async def test_full_proofs_hold_and_are_made_once_while_they_are_kept(directory: Path) -> None:
    async with offline_node(directory, HandClock()) as node:
        made = of(node, directory)
        first = await made.full_of_agenda(1)
        assert first is not None
        checked = check_full_proof(first, told().federation.id)
        assert checked.proven is not None
        assert await made.full_of_agenda(1) is first
        assert await made.full_of_agenda(2) is None
        (round_id, *_) = checked.proven.standing.closed
        assert check_full_proof(await made.full_of_round(round_id) or b"", told().federation.id).failure is None
        assert await made.short_of_agenda(7) is None


async def test_little_is_kept(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proofs, "_KEPT_BYTES_MAX", 1)
    async with offline_node(directory, HandClock()) as node:
        made = of(node, directory)
        first = await made.full_of_agenda(1)
        assert first is not None
        checked = check_full_proof(first, told().federation.id)
        assert checked.proven is not None
        await made.full_of_round(next(iter(checked.proven.standing.closed)))
        again = await made.full_of_agenda(1)
        assert again == first
        assert again is not first


async def test_what_is_missing_is_said(directory: Path) -> None:
    async with offline_node(directory, HandClock()) as node:
        await node.database.write(lambda c: c.execute("DELETE FROM events WHERE kind = 'agenda-draft'"))
        with pytest.raises(ProofNotHereError, match="is not here"):
            await of(node, directory).full_of_agenda(1)
