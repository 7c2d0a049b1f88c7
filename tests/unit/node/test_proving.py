"""Full proofs made from a node's store: they hold, also where a fork has voided what they rest on; gaps are named."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from shutil import copytree

import pytest

from consensus.proof.check import Proven, check_full_proof
from node import files
from node.config import Layout
from node.offline import offline_node
from node.proving import ProvingError, prove_agenda, prove_register, prove_round
from node.storage.database import Connection
from protocol import charter as charters
from protocol import limits
from protocol.charter import CharterFile
from tests.support.hand_clock import HandClock
from tests.support.history import filled, told, told_at_length

Prove = Callable[[Connection, CharterFile], bytes | None]


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return asyncio.run(filled(tmp_path_factory.mktemp("proving") / "node", told()))


async def made(directory: Path, prove: Prove) -> bytes | None:
    file = charters.parse_file(files.read_bounded(Layout(directory).charter, limits.CHARTER_BYTES_MAX))
    async with offline_node(directory, HandClock()) as node:
        return await node.database.read(lambda connection: prove(connection, file))


async def proven(directory: Path, prove: Prove) -> Proven:
    data = await made(directory, prove)
    assert data is not None
    checked = check_full_proof(data, told().federation.id)
    assert checked.proven is not None, checked.failure
    return checked.proven


def _proven_round(connection: Connection, file: CharterFile, round_id: str) -> bytes | None:
    return prove_round(connection, file, round_id)


def changed(directory: Path, target: Path, *statements: str) -> Path:
    copytree(directory, target)
    with closing(sqlite3.connect(Layout(target).store)) as raw:
        for sql in statements:
            assert raw.execute(sql).rowcount > 0, sql
        raw.commit()
    return target


async def test_the_whole_register_is_proven(pristine: Path) -> None:
    found = await proven(pristine, prove_register)
    assert (found.height, len(found.recounted), [each.version for each in found.agendas]) == (5, 2, [1])


async def test_the_register_up_to_a_height_is_proven(pristine: Path) -> None:
    found = await proven(pristine, lambda c, file: prove_register(c, file, 2))
    assert (found.height, len(found.agendas)) == (2, 0)


async def test_an_agenda_is_proven_with_the_rounds_that_its_items_rest_on(pristine: Path) -> None:
    found = await proven(pristine, lambda c, file: prove_agenda(c, file, 1))
    (document,) = found.agendas
    assert found.standing.published[1].height == found.height
    assert set(found.recounted) == {item.round for item in document.items}


async def test_an_agenda_whose_document_was_erased_is_rebuilt(pristine: Path, tmp_path: Path) -> None:
    without = changed(pristine, tmp_path / "node", "UPDATE texts SET data = NULL")
    assert len((await proven(without, lambda c, file: prove_agenda(c, file, 1))).agendas) == 1


async def test_each_closed_round_is_proven(pristine: Path) -> None:
    for round_id in (await proven(pristine, prove_register)).recounted:
        found = await proven(pristine, partial(_proven_round, round_id=round_id))
        assert found.recounted == (round_id,)
        assert found.standing.closed[round_id].height == found.height


async def test_a_round_with_long_seals_is_proven(tmp_path: Path) -> None:
    history = told_at_length()
    data = await made(await filled(tmp_path / "node", history), prove_register)
    assert data is not None
    assert check_full_proof(data, history.federation.id).failure is None


async def test_what_is_not_certified_here_has_no_proof(pristine: Path) -> None:
    assert await made(pristine, lambda c, file: prove_agenda(c, file, 2)) is None
    assert await made(pristine, lambda c, file: prove_round(c, file, "0" * 64)) is None
    assert await made(pristine, lambda c, file: prove_register(c, file, 6)) is None


@pytest.mark.parametrize(
    "gap",
    [
        "DELETE FROM events WHERE kind = 'ballot'",
        "DELETE FROM events WHERE kind = 'seal'",
        "DELETE FROM events WHERE kind = 'agenda-draft'",
    ],
)
async def test_what_is_missing_is_named(gap: str, pristine: Path, tmp_path: Path) -> None:
    without = changed(pristine, tmp_path / "node", gap)
    with pytest.raises(ProvingError, match="rests, is not here"):
        await made(without, prove_register)


async def test_evidence_of_forks_still_counts_where_a_closing_rests_on_it(pristine: Path, tmp_path: Path) -> None:
    forked = changed(pristine, tmp_path / "node", "UPDATE events SET chained = 0 WHERE kind IN ('ballot', 'seal')")
    assert (await proven(forked, prove_register)).height == 5
