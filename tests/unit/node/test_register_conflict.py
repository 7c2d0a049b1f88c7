"""More than f traitors: two certificates for one height are kept, published, and stop every node that sees them."""

from pathlib import Path

from consensus.agreement import certificates
from node.app import load_identity, running_node
from node.clock import SystemClock
from node.config import Layout, NodeConfig
from node.files import PUBLIC, write_new
from node.keystore import NodeKeys
from node.register import Taken
from protocol.events.tellers import Precommit
from protocol.ids import EventId
from protocol.register import record_id
from tests.support.builders import Federation, build_federation, hash_of, open_record, round_spec
from tests.support.hand_clock import HandClock
from tests.support.small_node import small_node
from tests.support.until import until

FEDERATION = build_federation(4)


def certificate(words: str, federation: Federation = FEDERATION) -> bytes:
    """Return a certificate for a record at height 1, signed by all tellers."""
    record = open_record(federation.id, EventId(hash_of(words)), round_spec())
    body = Precommit(height=1, view=0, value=record_id(record))
    votes = tuple(federation.writer(t.id, "teller").write(body).envelope for t in federation.tellers)
    return certificates.assemble(record, votes).to_bytes()


async def test_a_conflicting_certificate_reaches_every_node_and_survives_a_restart(tmp_path: Path) -> None:
    clock = HandClock()
    first, second = certificate("one"), certificate("two")
    path = tmp_path / "0"
    async with small_node(FEDERATION, 0, path, clock) as left:
        assert await left.register.take("test", first) is Taken.NEW
        assert await left.register.take("test", first) is Taken.KNOWN
        async with small_node(FEDERATION, 1, tmp_path / "1", clock, (left.address,)) as right:
            await until(lambda: right.register.height == 1, "the record is here")
            assert await left.register.take("test", second) is Taken.CONFLICT
            await until(lambda: right.register.conflict == second, "the conflict is published")
        async with small_node(FEDERATION, 2, tmp_path / "2", clock, (left.address,)) as late:
            await until(lambda: late.register.conflict == second, "the conflict reaches who comes later")
    async with small_node(FEDERATION, 0, path, clock) as again:
        assert again.register.conflict == second
        assert again.register.height == 1


async def test_a_node_that_has_seen_a_conflict_halts_names_the_offenders_and_stays_halted(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    write_new(layout.charter, FEDERATION.file.to_bytes(), PUBLIC)
    member = FEDERATION.member(0)
    identity = load_identity(layout, NodeKeys(node=member.node, teller=member.teller), is_teller=True)
    config = NodeConfig(topics_worker=False, secure_cookies=False)
    async with running_node(layout, config, identity, SystemClock()) as node:
        assert await node.register.take("test", certificate("one")) is Taken.NEW
        assert await node.register.take("test", certificate("two")) is Taken.CONFLICT
        await until(lambda: bool(node.teller.halted), "the node halts")
        for teller in FEDERATION.tellers:
            assert teller.id in node.teller.halted
    async with running_node(layout, config, identity, SystemClock()) as node:
        await until(lambda: bool(node.teller.halted), "the node is halted still")
        assert (await node.service.status()).halted
