"""The operator's view of a running node: what it shows, who may do what, and how a restored node is let to sign."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from node.app import Node, load_identity, running_node
from node.backups import make_backup
from node.config import Backup, Layout, NodeConfig
from node.keystore import NodeKeys
from node.logs import LogTail
from node.offline import offline_node
from node.restoring import restore_backup, restored_from
from protocol.chain import prove_fork
from protocol.envelope import Envelope, Verified, open_verified
from protocol.ids import FederationId, KeyId
from tests.support.backed_up import directory_with_history
from tests.support.hand_clock import HandClock
from tests.support.history import History, fill, make_directory
from tests.support.until import until, until_answered
from web.operator_port import Finding, OperatorView
from web.ports import Account, ProposalInput, Refused

OPERATOR = Account("op", "Operator", "member-001", frozenset({"operator"}), None)
DELEGATE = replace(OPERATOR, roles=frozenset({"delegate"}))
STRANGER = replace(OPERATOR, member="member-002")


@asynccontextmanager
async def running(directory: Path, history: History, **settings: object) -> AsyncIterator[Node]:
    member = history.federation.member(0)
    identity = load_identity(Layout(directory), NodeKeys(member.node, member.key("teller")), is_teller=True)
    config = NodeConfig.model_validate({"topics_worker": False, **settings})
    async with running_node(Layout(directory), config, identity, HandClock(), LogTail()) as node:
        yield node


@pytest.fixture
async def told_node(tmp_path: Path) -> AsyncIterator[tuple[Node, History]]:
    directory, history = await directory_with_history(tmp_path / "node")
    async with running(directory, history) as node:
        teller = history.writer(0, "teller")
        cosigned = teller.length + 1
        await until(lambda: node.ledger.frontier.head(teller.key).length == cosigned, "the register's log is cosigned")
        yield node, history


async def look(node: Node) -> OperatorView:
    return await node.service.operator.overview()


async def test_the_glance_shows_chains_duties_disk_and_health(told_node: tuple[Node, History]) -> None:
    node, history = told_node
    view = await look(node)
    mine = [head for head in view.heads if head.is_own]
    assert {(head.member, head.role) for head in mine} == {("member-001", "node"), ("member-001", "teller")}
    assert [head.is_own for head in view.heads[:2]] == [True, True], "one's own come first"
    assert view.heads[2].is_forked, "then those that have forked"
    assert view.heads_total == 8
    lengths = {head.role: head.length for head in mine}
    assert lengths == {"node": history.writer(0).length, "teller": history.writer(0, "teller").length + 1}
    assert all(head.heard is not None for head in mine)
    assert view.duties.is_teller
    assert (view.duties.last_kind, view.duties.records) == ("cosignature", 5)
    assert view.duties.voted == view.duties.voted_most == 5
    assert view.duties.rounds == (), "all rounds are closed"
    assert view.disk.stored > 0
    assert view.disk.per_day is None
    assert {finding.code for finding in view.findings} == {"backup-none", "keys-forked"}


async def test_an_open_round_waits_for_the_tellers_receipt(tmp_path: Path) -> None:
    history = History()
    proposal = history.propose(0, "One")
    round_id = history.open_round([proposal])
    for member in (1, 2):
        history.vote(member, round_id, "o1")
    directory = make_directory(tmp_path / "node", history.federation)
    async with offline_node(directory, HandClock(), may_create=True) as stopped:
        await fill(stopped, history)
    async with running(directory, history, is_teller=True) as node:
        await until(lambda: node.teller.round_status(round_id) is not None, "the teller has taken it up")
        view = await look(node)
    (duty,) = view.duties.rounds
    assert (duty.number, duty.ballots, duty.tellers) == (1, 2, 4)
    assert duty.id == round_id


async def test_a_forks_proof_can_be_checked_by_whoever_gets_it(told_node: tuple[Node, History]) -> None:
    node, history = told_node
    (fork,) = (await look(node)).forks
    assert (fork.member, fork.is_own) == ("member-004", False)
    proof = await node.service.operator.fork_proof(fork.key)
    assert proof is not None
    value = json.loads(proof)
    opened = [_opened(each, value["key"], value["seq"], history.federation.id) for each in value["events"]]
    assert prove_fork(*opened).key == fork.key
    assert {each["id"] for each in value["events"]} == {fork.first, fork.second}
    assert await node.service.operator.fork_proof("ab" * 32) is None


def _opened(said: dict[str, str], key: str, seq: int, federation: FederationId) -> Verified:
    payload, signature = bytes.fromhex(said["payload_hex"]), bytes.fromhex(said["signature_hex"])
    assert said["payload"].encode() == payload
    found = open_verified(Envelope(said["kind"], KeyId(key), seq, signature, payload), federation)
    assert isinstance(found, Verified)
    return found


@pytest.mark.parametrize(("account", "code"), [(DELEGATE, "not-operator"), (STRANGER, "foreign-member")])
async def test_the_node_itself_checks_who_may(told_node: tuple[Node, History], account: Account, code: str) -> None:
    operator = told_node[0].service.operator
    for attempt in (
        operator.add_peer(account, "http://127.0.0.1:9"),
        operator.remove_peer(account, "http://127.0.0.1:9"),
        operator.back_up(account),
        operator.check_backup(account, "x"),
        operator.sign_alone(account),
    ):
        with pytest.raises(Refused, match=code):
            await attempt


async def test_a_backup_by_the_button_ends_the_complaint(told_node: tuple[Node, History]) -> None:
    node, _ = told_node
    operator = node.service.operator
    await operator.back_up(OPERATOR)
    await operator._parts.backups.finished()
    operator._glance = None
    view = await look(node)
    assert [each.is_whole for each in view.backups.listed] == [True]
    assert "backup-none" not in {finding.code for finding in view.findings}
    await operator.check_backup(OPERATOR, view.backups.listed[0].name)
    assert (await look(node)).backups.listed[0].checked == HandClock().now()


async def test_another_part_of_the_node_can_say_that_it_fails(told_node: tuple[Node, History]) -> None:
    node, _ = told_node
    node.service.operator.watch(lambda: Finding("mail-failing", "stop", {"reason": "no route"}))
    node.service.operator.watch(lambda: None)
    assert (await look(node)).findings[0].code == "mail-failing"


async def test_readiness_and_figures_follow_the_node(
    told_node: tuple[Node, History], monkeypatch: pytest.MonkeyPatch
) -> None:
    node, _ = told_node
    operator = node.service.operator
    await until(lambda: node.ledger.may_sign, "it may sign")
    assert (await operator.readiness()).is_ready
    figures = {metric.name: metric for metric in await operator.metrics()}
    assert figures["comitia_register_height"].values == {"": 5.0}
    assert figures["comitia_forked_keys"].values == {"": 1.0}
    assert figures["comitia_findings"].values == {"stop": 0.0, "warn": 1.0, "note": 1.0}
    monkeypatch.setattr("node.operating.FULL_BYTES", 10**18)
    node.teller.halted = "two records"
    assert (await operator.readiness()).reasons == ("register-halted", "disk-full")


async def restored(tmp_path: Path) -> tuple[Path, History]:
    directory, history = await directory_with_history(tmp_path / "old")
    made = make_backup(Layout(directory), tmp_path, HandClock().now(), lambda *_: None, with_keys=False)
    restore_backup(made.path, tmp_path / "new", lambda _: None)
    return tmp_path / "new", history


PROPOSAL = ProposalInput("long", "en", "A title", "A body.", "", (6,), 30)


async def test_a_restored_node_says_so_and_refuses_to_sign_until_its_operator_takes_the_risk(tmp_path: Path) -> None:
    directory, history = await restored(tmp_path)
    async with running(directory, history) as node:
        view = await look(node)
        assert view.findings[0].code == "restored"
        assert view.findings[0].values == {"heard": 0, "needed": 2}
        assert (await node.service.operator.readiness()).reasons == ("not-signing",)
        with pytest.raises(Refused, match="restored"):
            await node.service.submit(DELEGATE, PROPOSAL)
        await node.service.operator.sign_alone(OPERATOR)
        await node.service.submit(DELEGATE, PROPOSAL)
        with pytest.raises(Refused, match="may-sign-already"):
            await node.service.operator.sign_alone(OPERATOR)
        await until_answered(lambda: _is_forgotten(node), "the store isn't marked any more")
        assert (await look(node)).signing.restored_from is None
    async with running(directory, history) as again:
        await until(lambda: again.ledger.may_sign, "an ordinary start")


async def _is_forgotten(node: Node) -> bool:
    return await node.service.operator._parts.database.read(restored_from) is None


async def test_a_restored_node_that_is_started_again_still_waits(tmp_path: Path) -> None:
    directory, history = await restored(tmp_path)
    for _ in range(2):
        async with running(directory, history, backup=Backup()) as node:
            assert node.service.operator.is_held_back
