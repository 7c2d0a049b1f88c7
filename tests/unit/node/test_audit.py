"""comitia verify: a whole store holds, and whatever is changed in it or was wrongly certified is found and named."""

import asyncio
import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from node import cli
from node.audit import Audited, AuditError, StoreAudit
from node.audit_register import RegisterAudit
from node.config import Layout
from node.deliveries import Delivery
from node.offline import offline_node
from node.storage import projections
from node.storage.database import StoreError
from protocol.errors import ComitiaError
from protocol.events.consultation import Erasure
from protocol.events.rounds import OpenRequest
from protocol.ids import EventId, RecordId, TextHash
from protocol.register import AgendaRecord, CloseRecord, OpenBody, OpenRecord, Record, record_id
from tests.support.builders import hash_of, proposal_text
from tests.support.hand_clock import HandClock
from tests.support.history import History, filled, make_directory, told, told_at_length
from tests.support.logged import LoggedRegister


def nothing(done: int, total: int) -> None:
    """Progress that nobody looks at."""


async def audited(directory: Path) -> Audited:
    done = Audited()
    async with offline_node(directory, HandClock()) as node:
        await StoreAudit(node, done, nothing).run()
        await RegisterAudit(node, done, nothing).run()
    return done


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return asyncio.run(filled(tmp_path_factory.mktemp("audit") / "node", told()))


@pytest.fixture
def directory(pristine: Path, tmp_path: Path) -> Path:
    return shutil.copytree(pristine, tmp_path / "node")


def change(directory: Path, *statements: str) -> None:
    """Change what is stored behind the node's back; each statement must touch something."""
    with closing(sqlite3.connect(Layout(directory).store)) as raw:
        for sql in statements:
            assert raw.execute(sql).rowcount > 0, sql
        raw.commit()


async def test_a_whole_store_holds(pristine: Path) -> None:
    assert await audited(pristine) == Audited(
        events=49, chains=8, forks=1, texts_held=6, records=5, rounds_closed=2, agendas=1
    )


async def test_a_round_with_long_seals_holds(tmp_path: Path) -> None:
    done = await audited(await filled(tmp_path / "node", told_at_length()))
    assert (done.rounds_closed, done.texts_held) == (1, 2)


async def test_an_empty_store_holds(tmp_path: Path) -> None:
    directory = make_directory(tmp_path / "node", told().federation)
    async with offline_node(directory, HandClock(), may_create=True):
        pass
    assert await audited(directory) == Audited()


CHANGES: dict[str, tuple[str, str]] = {
    "a payload": (
        "UPDATE events SET payload = CAST(payload || x'20' AS BLOB) WHERE kind = 'position'",
        "bad-signature",
    ),
    "a signature": ("UPDATE events SET signature = zeroblob(64) WHERE kind = 'position'", "bad-signature"),
    "another's signature": (
        "UPDATE events SET signature = (SELECT signature FROM events WHERE kind = 'seal') WHERE kind = 'position'",
        "bad-signature",
    ),
    "a payload as text": ("UPDATE events SET payload = 'x' WHERE kind = 'position'", "is damaged"),
    "whose it is": ("UPDATE events SET member = 'member-001' WHERE kind = 'position'", "under something else"),
    "what it is about": ("UPDATE events SET subject = id WHERE kind = 'ballot' AND seq = 2", "under something else"),
    "when": ("UPDATE events SET time = time + 1 WHERE kind = 'position'", "under something else"),
    "its id": ("UPDATE events SET id = 'a' WHERE kind = 'position'", "under something else"),
    "one of a chain gone": ("DELETE FROM events WHERE kind = 'position'", "does not follow event 0"),
    "the last of a chain gone": (
        "DELETE FROM events WHERE kind = 'agenda-draft'",
        "has 5 events, its head says 6",
    ),
    "a chain gone": (
        "DELETE FROM events WHERE key = (SELECT key FROM events WHERE kind = 'position')",
        "has 0 events, its head says 4",
    ),
    "a head gone": ("DELETE FROM heads WHERE key = (SELECT key FROM events WHERE kind = 'seal')", "has no head"),
    "a head put back": ("UPDATE heads SET length = length - 1 WHERE fork_at IS NULL", "its head says"),
    "a fork proof gone": ("DELETE FROM forks", "held to have forked, without a proof"),
    "a fork forgotten": ("UPDATE heads SET fork_at = NULL", "is not held to have forked"),
    "a fork proof without a fork": ("UPDATE forks SET second = first", "does not hold"),
    "a fork proof that is no event": ("UPDATE forks SET second = x'00'", "cut short"),
    "a void event that counts": (
        "UPDATE events SET chained = 1 WHERE chained = 0 AND kind = 'ballot'",
        "counts, although its key has forked",
    ),
    "a void event that counts, and no fork": (
        "UPDATE events SET payload = CAST(payload || x'20' AS BLOB) WHERE chained = 0 AND kind = 'ballot'",
        "bad-signature",
    ),
    "a ballot that counted gone": ("DELETE FROM events WHERE chained = 0 AND kind = 'ballot'", "which is not here"),
    "a text": ("UPDATE texts SET data = zeroblob(size) WHERE size > 0", "is not the one that was signed"),
    "a text nobody keeps track of": ("DELETE FROM texts", "which is not kept track of"),
    "a text of no event": ("UPDATE texts SET event = 'a'", "is no text of the event"),
    "a text of another member": ("UPDATE texts SET member = 'member-009'", "is no text of the event"),
    "a text erased by nobody": (
        "UPDATE texts SET data = NULL, erased_by = (SELECT id FROM events WHERE kind = 'position')",
        "no erasure of it is here",
    ),
    "a record gone": ("DELETE FROM register WHERE height = 2", "lacks the record at height 2"),
    "a record at another's height": (
        "UPDATE register SET certificate = (SELECT certificate FROM register WHERE height = 2) WHERE height = 3",
        "the record at height 3",
    ),
    "what a record is about": ("UPDATE register SET subject = 'a' WHERE height = 2", "stored under something else"),
    "a record's id": ("UPDATE register SET id = 'a' WHERE height = 2", "stored under something else"),
    "a certificate that is none": ("UPDATE register SET certificate = x'7b7d' WHERE height = 2", "is damaged"),
}


@pytest.mark.parametrize("name", CHANGES)
async def test_what_was_changed_is_found(name: str, directory: Path) -> None:
    sql, reason = CHANGES[name]
    change(directory, sql)
    with pytest.raises(ComitiaError, match=reason):
        await audited(directory)


async def test_a_file_that_is_damaged(directory: Path) -> None:
    path = Layout(directory).store
    data = bytearray(path.read_bytes())
    for page in range(8_192, len(data), 4_096):
        data[page : page + 200] = bytes(200)
    path.write_bytes(data)
    with pytest.raises(StoreError, match=r"is damaged|can't be opened"):
        await audited(directory)


async def test_missing_texts_are_counted_not_blamed(directory: Path) -> None:
    change(directory, "UPDATE texts SET data = NULL")
    done = await audited(directory)
    assert (done.texts_held, done.texts_missing, done.agendas) == (0, 6, 1)


async def erase(directory: Path, history: History, member: int, text: str) -> None:
    event = history.say(member, Erasure(text=TextHash(text), ground="abuse"))
    async with offline_node(directory, HandClock()) as node:
        report = await node.ledger.take(Delivery("test", [event.envelope]))
        assert report.accepted


async def test_an_agenda_follows_even_when_its_document_was_erased(tmp_path: Path) -> None:
    history = told()
    directory = await filled(tmp_path / "node", history)
    record = history.records[-1]
    assert isinstance(record, AgendaRecord)
    await erase(directory, history, 0, record.body.document)
    done = await audited(directory)
    assert (done.texts_erased, done.agendas) == (1, 1)


async def test_an_erasure_by_somebody_else(tmp_path: Path) -> None:
    """The ledger doesn't apply it; a store in which it was applied doesn't hold."""
    history = told()
    directory = await filled(tmp_path / "node", history)
    await erase(directory, history, 1, proposal_text("Proposal of 2").sha256)
    assert (await audited(directory)).texts_erased == 0
    erasure = "(SELECT id FROM events WHERE kind = 'erasure')"
    named = "(SELECT text FROM proposals WHERE member = 'member-003')"
    change(directory, f"UPDATE texts SET data = NULL, erased_by = {erasure} WHERE hash = {named}")  # noqa: S608
    with pytest.raises(AuditError, match="erased by member-002, who may not"):
        await audited(directory)


@dataclass
class Twisted(History):
    """A history whose tellers certify something else than they should."""

    twist: Callable[[Record], Record] = lambda record: record

    def certify(self, record: Record) -> RecordId:
        return super().certify(self.twist(record))


def twisted(twist: Callable[[Record], Record]) -> Twisted:
    """Return a history of one round and an agenda, all of whose records were twisted."""
    history = Twisted(twist=twist)
    closed(history)
    history.publish()
    return history


def in_close(**update: object) -> Callable[[Record], Record]:
    return lambda record: _updated(record, CloseRecord, update)


def in_agenda(**update: object) -> Callable[[Record], Record]:
    return lambda record: _updated(record, AgendaRecord, update)


def in_open(**update: object) -> Callable[[Record], Record]:
    return lambda record: _updated(record, OpenRecord, update)


def _updated(record: Record, kind: type[Record], update: dict[str, object]) -> Record:
    if not isinstance(record, kind):
        return record
    body = record.body.model_copy(update=update)
    return record.model_copy(update={"body": body})


def with_seals(count: int) -> Callable[[Record], Record]:
    def twist(record: Record) -> Record:
        if not isinstance(record, CloseRecord):
            return record
        return _updated(record, CloseRecord, {"seals": record.body.seals[:count]})

    return twist


TWISTS: dict[str, tuple[Callable[[Record], Record], str]] = {
    "the number of ballots": (in_close(count=4), "is not what the seals that it names come to"),
    "the listing": (in_close(listing=hash_of("other")), "is not what the seals that it names come to"),
    "the outcome": (in_close(outcome=hash_of("other")), "is not what the seals that it names come to"),
    "who won": (in_close(result={"status": "adopted", "selected": ["o2"]}), "is not what the seals"),
    "too few seals": (with_seals(2), "names seals of 2 tellers, 3 are needed"),
    "seals that are not here": (in_close(seals=(EventId(hash_of("seal")),)), "which is not here"),
    "another round": (in_close(round=RecordId(hash_of("round"))), "closes a round that is not open"),
    "the agenda's version": (in_agenda(version=2), "differs from the draft"),
    "the agenda's document": (in_agenda(document=hash_of("other")), "differs from the draft"),
    "the request": (in_open(request=EventId(hash_of("request"))), "which is not here"),
}


async def test_an_untwisted_history_holds(tmp_path: Path) -> None:
    done = await audited(await filled(tmp_path / "node", twisted(lambda record: record)))
    assert (done.rounds_closed, done.agendas) == (1, 1)


@pytest.mark.parametrize("name", TWISTS)
async def test_what_tellers_should_not_have_certified_is_found(name: str, tmp_path: Path) -> None:
    twist, reason = TWISTS[name]
    directory = await filled(tmp_path / "node", twisted(twist))
    with pytest.raises(AuditError, match=reason):
        await audited(directory)


async def test_a_seal_that_lists_a_proposal(tmp_path: Path) -> None:
    history = History()
    proposal = history.propose(1, "A")
    history.close_round(history.open_round([proposal]), [proposal])
    with pytest.raises(AuditError, match="which is no ballot of its round"):
        await audited(await filled(tmp_path / "node", history))


async def test_a_close_that_names_receipts(tmp_path: Path) -> None:
    history = Twisted()

    def name_receipts(record: Record) -> Record:
        receipts = [event.id for event in history.events if event.event.kind == "receipt"]
        return _updated(record, CloseRecord, {"seals": tuple(sorted(receipts))})

    history.twist = name_receipts
    closed(history)
    with pytest.raises(AuditError, match="which is no seal of its round"):
        await audited(await filled(tmp_path / "node", history))


def closed(history: History) -> History:
    """Return a history with one closed round added."""
    round_id = history.open_round([history.propose(0, "A"), history.propose(1, "B")])
    history.close_round(round_id, [history.vote(member, round_id, "o1") for member in range(3)])
    return history


async def test_a_round_that_the_charter_does_not_allow(tmp_path: Path) -> None:
    history = History()
    round_id = history.open_round([history.propose(0, "A")])
    (opened,) = history.records
    assert isinstance(opened, OpenRecord)
    short = opened.body.spec.model_copy(update={"closes": opened.body.spec.opens + 1, "number": 2})
    request = history.say(0, OpenRequest(spec=short))
    body = OpenBody(request=request.id, spec=short)
    history.certify(opened.model_copy(update={"height": 2, "prev": round_id, "body": body}))
    with pytest.raises(AuditError, match="open record at height 2 should not have been certified: the charter gives"):
        await audited(await filled(tmp_path / "node", history))


@pytest.mark.parametrize(("which", "reason"), [(0, "for the second time"), (1, "that is not open")])
async def test_a_round_opened_or_closed_twice(which: int, reason: str, tmp_path: Path) -> None:
    history = closed(History())
    again, last = history.records[which], history.records[-1]
    history.certify(again.model_copy(update={"height": 3, "prev": record_id(last)}))
    with pytest.raises(AuditError, match=reason):
        await audited(await filled(tmp_path / "node", history))


async def test_an_agenda_of_something_else(tmp_path: Path) -> None:
    """A draft that the secretariat signed and tellers certified, though it leaves out what was adopted."""
    history = closed(History())
    closing = history.closings[2]
    history.closings[2] = replace(closing, body=closing.body.model_copy(update={"result": {"selected": []}}))
    history.publish()
    with pytest.raises(AuditError, match="is not what follows from the rounds that have closed"):
        await audited(await filled(tmp_path / "node", history))


# SPEC 11.13: "A `cosignature` whose `signature` does not hold, or whose `root` is not that of the receiver's own"
async def test_a_tellers_wrong_word_on_the_log_is_told_of_and_the_store_holds(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    history = told()
    register = LoggedRegister(history.federation)
    for record in history.records:
        register.add(record)
    for teller, size, root in ((0, 3, ""), (1, 3, hash_of("another root")), (0, 6, ""), (2, 99, "")):
        signer = history.writer(teller, "teller").signer
        history.say(teller, register.word(signer, min(size, 6), root).model_copy(update={"height": size - 1}), "teller")
    directory = await filled(tmp_path / "node", history)
    done = await audited(directory)
    assert done.cosignatures == 3
    assert done.cosignatures_wrong == ["member-002 at height 2: its root is another one"]
    assert await asyncio.to_thread(cli.run, ["verify", str(directory)]) == cli.OK
    out = capfd.readouterr().out
    assert "3 cosignatures, 1 wrong" in out
    assert "member-002 at height 2" in out


def test_the_command(pristine: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["verify", str(pristine)]) == cli.OK
    out = capfd.readouterr().out
    assert "49 in 8 chains, 1 keys forked" in out
    assert "5 records, 2 rounds counted again, 1 agendas rebuilt" in out


def test_the_command_names_what_fails(directory: Path, capfd: pytest.CaptureFixture[str]) -> None:
    change(directory, "UPDATE events SET signature = zeroblob(64) WHERE kind = 'position'")
    assert cli.run(["verify", str(directory), "--json"]) == cli.FAILED
    out, err = capfd.readouterr()
    value = json.loads(out)
    assert value["ok"] is False
    assert "event 1 of member-003 (position" in value["failure"]
    assert "event 1 of member-003 (position" in err.splitlines()[-1]


def test_rebuild_makes_lists_anew(directory: Path, capfd: pytest.CaptureFixture[str]) -> None:
    async def lists() -> tuple[object, ...]:
        async with offline_node(directory, HandClock()) as node:
            return await node.database.read(lambda c: tuple(projections.list_proposals(c, None)))

    before = asyncio.run(lists())
    assert len(before) == 4
    change(directory, "UPDATE proposals SET endorsements = 99, goals = 0", "DELETE FROM endorsements")
    assert asyncio.run(lists()) != before

    assert cli.run(["rebuild", str(directory)]) == cli.OK
    assert "4 proposals folded anew" in capfd.readouterr().out
    assert asyncio.run(lists()) == before
