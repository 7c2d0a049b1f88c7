import json
from collections.abc import Callable
from typing import Any

import pytest

from protocol import canonical, frames, limits, sync
from protocol.envelope import pae
from protocol.errors import RemoteError
from protocol.frames import Frame, FrameError, FrameType
from protocol.frontier import Entry, Want
from protocol.ids import EventId, KeyId
from protocol.sync import (
    Authenticated,
    ChainsWanted,
    Cursor,
    EventsSeen,
    EventsWanted,
    ForkSeen,
    FrontierSeen,
    Output,
    RecordSeen,
    RecordsWanted,
    SessionError,
    State,
    StateSeen,
    SyncSession,
    TextsWanted,
)
from tests.support.builders import build_federation, document, hash_of
from tests.support.fake_wire import FakeWire, connected, new_session

FED = build_federation(4)
OTHER = build_federation(4, seed=1)
WRITER = FED.writer(3)
E = [event.envelope for event in WRITER.write_proposals(4)]
FORKED = [event.envelope for event in WRITER.branch(1).write_proposals(1, words="fork")]
STATE = State(
    here=Cursor(store="ab" * 16, position=7),
    digest=hash_of("digest"),
    height=3,
    since=Cursor(store="cd" * 16, position=2),
)
FIRST = State(here=Cursor(store="ab" * 16, position=0), digest="0" * 64, height=0, since=None)
ENTRIES = [Entry(FED.member(2).node.key, 2, EventId(hash_of("h"))), Entry(KeyId(hash_of("k")), 0, None)]
IDS = [hash_of(index) for index in range(3)]
LISTING = bytes(64)


def words(frame_type: FrameType, value: object) -> Frame:
    return Frame(frame_type, canonical.encode(value))


CONVERSATION: list[tuple[str, Callable[[SyncSession], object], Frame, Output]] = [
    # SPEC 5.12: "canonical JSON of `here`, `digest` (5.32), `height` (how many records the sender's register has)"
    (
        "state",
        lambda s: s.send_state(STATE),
        words(
            FrameType.STATE,
            {
                "here": {"store": "ab" * 16, "position": 7},
                "digest": hash_of("digest"),
                "height": 3,
                "since": {"store": "cd" * 16, "position": 2},
            },
        ),
        StateSeen(STATE),
    ),
    (
        "first state",
        lambda s: s.send_state(FIRST),
        words(
            FrameType.STATE,
            {"here": {"store": "ab" * 16, "position": 0}, "digest": "0" * 64, "height": 0, "since": None},
        ),
        StateSeen(FIRST),
    ),
    (
        "frontier",
        lambda s: s.send_frontier(ENTRIES),
        next(frames.frontier_frames(ENTRIES)),
        FrontierSeen(ENTRIES, is_last=True),
    ),
    (
        "wants",
        lambda s: s.send_wants([Want(E[0].key, 2)]),
        frames.want_frame([Want(E[0].key, 2)]),
        ChainsWanted([Want(E[0].key, 2)]),
    ),
    ("event", lambda s: s.send_event(E[0]), frames.event_frame(E[0]), EventsSeen(envelopes=[E[0]])),
    ("single event", lambda s: s.send_single(E[3]), frames.event_frame(E[3]), EventsSeen(envelopes=[E[3]])),
    # SPEC 5.16: "the bytes of a text"
    ("text", lambda s: s.send_text(document()), Frame(FrameType.TEXT, document()), EventsSeen(texts=[document()])),
    # SPEC 5.23: "the joined ballot ids of a long seal"
    ("listing", lambda s: s.send_listing(LISTING), Frame(FrameType.LISTING, LISTING), EventsSeen(listings=[LISTING])),
    ("texts wanted", lambda s: s.ask_texts(IDS), frames.hashes_frame(FrameType.WANT_TEXTS, IDS), TextsWanted(IDS)),
    ("events wanted", lambda s: s.ask_events(IDS), frames.hashes_frame(FrameType.WANT_EVENTS, IDS), EventsWanted(IDS)),
    # SPEC 5.18: "Type 10, RECORD: a certificate (6.30)"
    ("record", lambda s: s.send_record(b"{}"), Frame(FrameType.RECORD, b"{}"), RecordSeen(b"{}")),
    # SPEC 5.19: "canonical JSON of `start`, the height from which records are asked for"
    ("records wanted", lambda s: s.ask_records(4), words(FrameType.WANT_RECORDS, {"start": 4}), RecordsWanted(4)),
    ("fork", lambda s: s.send_fork(E[1], FORKED[0]), frames.fork_frame(E[1], FORKED[0]), ForkSeen(E[1], FORKED[0])),
]  # fmt: skip
ROWS = [pytest.param(*row[1:], id=row[0]) for row in CONVERSATION]


@pytest.mark.parametrize(("say", "frame", "output"), ROWS)
def test_what_is_said_becomes_these_bytes(say: Callable[[SyncSession], object], frame: Frame, output: Output) -> None:
    session = connected(FED).left
    say(session)
    assert session.bytes_to_send() == [frames.pack([frame])]
    assert session.bytes_to_send() == []


@pytest.mark.parametrize(("say", "frame", "output"), ROWS)
def test_these_bytes_become_what_was_said(say: Callable[[SyncSession], object], frame: Frame, output: Output) -> None:
    session = connected(FED).right
    assert session.receive(frames.pack([frame])) == [output]
    assert session.bytes_to_send() == []


@pytest.mark.parametrize("leftward", [True, False])
def test_the_whole_conversation_goes_over_in_either_direction(leftward: bool) -> None:
    wire = connected(FED)
    speaker = wire.right if leftward else wire.left
    for _, say, _, _ in CONVERSATION:
        say(speaker)
    heard = wire.pump()[0 if leftward else 1]
    merged = [row[3] for row in CONVERSATION if not isinstance(row[3], EventsSeen)]
    assert [output for output in heard if not isinstance(output, EventsSeen)] == merged
    (batch,) = [output for output in heard if isinstance(output, EventsSeen)]
    assert batch == EventsSeen([E[0], E[3]], [document()], [bytes(64)])


def test_the_conversation_says_everything_that_a_session_can_hear() -> None:
    heard = {type(row[3]) for row in CONVERSATION} | {Authenticated}
    assert heard == set(sync.Output.__args__)


# SPEC 5.10: "`nonce` (hex(32), fresh and random)"
# SPEC 5.11: "canonical JSON of `signature`, hex(64)"
# SPEC 5.26: "Each side sends HELLO first, without waiting; it answers the other's HELLO with AUTH"
# SPEC 5.27: "`nonce` (the signer's), `to` (the other's key), `to_nonce` (the other's) and `v` (1)"
def test_the_handshake_byte_for_byte() -> None:
    session, peer = new_session(FED, 0), FED.member(1).node
    mine: dict[str, Any] = {
        "v": 1,
        "federation": FED.id,
        "key": FED.member(0).node.key,
        "nonce": hash_of("nonce", 0, ""),
    }
    theirs = mine | {"key": peer.key, "nonce": hash_of("a nonce")}
    assert session.bytes_to_send() == [frames.pack([words(FrameType.HELLO, mine)])]
    assert session.receive(frames.pack([words(FrameType.HELLO, theirs)])) == []
    (answer,) = frames.unpack(session.bytes_to_send()[0])
    statement = {
        "federation": FED.id,
        "from": mine["key"],
        "nonce": mine["nonce"],
        "to": theirs["key"],
        "to_nonce": theirs["nonce"],
        "v": 1,
    }
    signature = FED.member(0).node.sign(pae("session", canonical.encode(statement)))
    assert answer == words(FrameType.AUTH, {"signature": signature.hex()})
    back = statement | {"from": theirs["key"], "nonce": theirs["nonce"], "to": mine["key"], "to_nonce": mine["nonce"]}
    proof = peer.sign(pae("session", canonical.encode(back)))
    heard = session.receive(frames.pack([words(FrameType.AUTH, {"signature": proof.hex()})]))
    assert heard == [Authenticated(FED.member(1).id, peer.key)]
    assert session.peer == heard[0]


def test_both_sides_learn_who_the_other_is() -> None:
    wire = connected(FED, 2, 0)
    assert wire.left_outputs == [Authenticated(FED.member(0).id, FED.member(0).node.key)]
    assert wire.right_outputs == [Authenticated(FED.member(2).id, FED.member(2).node.key)]


# SPEC 5.28: "A HELLO of another federation, with a key that is no node key on the roll, with the receiver's own key"
def test_another_federation_is_refused() -> None:
    wire = FakeWire(new_session(FED, 0), new_session(OTHER, 1))
    with pytest.raises(SessionError, match="another federation"):
        wire.pump()


@pytest.mark.parametrize("signer", [FED.member(1).teller, FED.member(1).root, OTHER.member(1).node])
def test_a_key_that_is_no_node_key_is_refused(signer: Any) -> None:
    session = new_session(FED, 0)
    hello = new_session(FED, 1, signer=signer).bytes_to_send()[0]
    with pytest.raises(SessionError, match="no node's key"):
        session.receive(hello)
    assert [frame.type for packet in session.bytes_to_send() for frame in frames.unpack(packet)] == [FrameType.HELLO]


def test_a_connection_to_itself_is_refused() -> None:
    wire = FakeWire(new_session(FED, 0), new_session(FED, 0, "again"))
    with pytest.raises(SessionError, match="connected to itself"):
        wire.pump()


def test_a_second_hello_is_refused_before_and_after_the_proof() -> None:
    hello = new_session(FED, 1).bytes_to_send()[0]
    session = new_session(FED, 0)
    session.receive(hello)
    with pytest.raises(SessionError, match="second hello"):
        session.receive(hello)
    with pytest.raises(SessionError, match="second hello"):
        connected(FED).left.receive(hello)


def test_a_proof_out_of_turn_is_refused() -> None:
    auth = frames.pack([words(FrameType.AUTH, {"signature": "00" * 64})])
    with pytest.raises(SessionError, match="out of turn"):
        new_session(FED, 0).receive(auth)
    wire = connected(FED)
    with pytest.raises(SessionError, match="out of turn"):
        wire.left.receive(wire.to_left[1])


def test_a_made_up_proof_is_refused() -> None:
    session = new_session(FED, 0)
    session.receive(new_session(FED, 1).bytes_to_send()[0])
    with pytest.raises(SessionError, match="does not hold the key"):
        session.receive(frames.pack([words(FrameType.AUTH, {"signature": "00" * 64})]))
    assert session.peer is None


# SPEC 5.30: "A proof of one session is worth nothing in another: it names both keys and both nonces"
def test_a_member_between_two_others_cannot_pass_their_proofs_on_as_its_own_session() -> None:
    alice, bob, between = new_session(FED, 0), new_session(FED, 1), new_session(FED, 2)
    hello_alice = alice.bytes_to_send()[0]
    bob.receive(hello_alice)
    alice.receive(between.bytes_to_send()[0])
    meant_for_between = alice.bytes_to_send()[0]
    with pytest.raises(SessionError, match="does not hold the key"):
        bob.receive(meant_for_between)
    assert bob.peer is None


def test_a_recorded_proof_is_worth_nothing_in_a_later_session() -> None:
    earlier = connected(FED)
    later = new_session(FED, 1, "later")
    later.receive(earlier.to_right[0])
    with pytest.raises(SessionError, match="does not hold the key"):
        later.receive(earlier.to_right[1])


def test_ones_own_proof_sent_back_is_worth_nothing() -> None:
    session = new_session(FED, 0)
    session.receive(new_session(FED, 1).bytes_to_send()[0])
    _, own_proof = (frame for packet in session.bytes_to_send() for frame in frames.unpack(packet))
    with pytest.raises(SessionError, match="does not hold the key"):
        session.receive(frames.pack([own_proof]))


# SPEC 5.29: "Until AUTH holds no other type than HELLO, AUTH and ERROR is taken"
@pytest.mark.parametrize("with_hello", [False, True])
@pytest.mark.parametrize("frame", [row[2] for row in CONVERSATION], ids=[row[0] for row in CONVERSATION])
def test_nothing_is_taken_from_who_has_not_proven_who_it_is(frame: Frame, with_hello: bool) -> None:
    session = new_session(FED, 0)
    if with_hello:
        session.receive(new_session(FED, 1).bytes_to_send()[0])
    with pytest.raises(SessionError, match="has not proven"):
        session.receive(frames.pack([frame]))


# SPEC 5.22: "`reason`, at most 300 characters; the sender closes the connection after it"
def test_a_reason_for_the_end_is_passed_on() -> None:
    wire = FakeWire(new_session(FED, 0), new_session(FED, 1))
    wire.left.send_error("too slow " + "x" * 400)
    with pytest.raises(SessionError, match=r"the peer ended the connection: too slow x{291}$"):
        wire.pump()
    assert len(json.loads(wire.frames_to_right()[-1].body)["reason"]) == 300


# SPEC 5.24: "A JSON body has at most VOTE_PAYLOAD_BYTES_MAX bytes, a TEXT at most TEXT_BYTES_MAX, a LISTING at most 32"
@pytest.mark.parametrize(
    ("frame_type", "most"),
    [(FrameType.TEXT, limits.TEXT_BYTES_MAX), (FrameType.LISTING, 32 * limits.SEAL_BALLOTS_MAX)],
)
def test_what_travels_beside_events_is_limited(frame_type: FrameType, most: int) -> None:
    session = connected(FED).left
    session.receive(frames.pack([Frame(frame_type, bytes(most))]))
    with pytest.raises(FrameError, match="over the limit"):
        session.receive(frames.pack([Frame(frame_type, bytes(most + 1))]))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b'{"start":-1}',
        b'{"start":1.0}',
        b'{"start":true}',
        b'{"start":"1"}',
        b'{"start": 1}',
        b'{"start":1,"start":1}',
        b'{"start":1,"x":1}',
        b'{"start":9007199254740992}',
    ],
)
def test_a_word_that_is_not_valid_is_refused(body: bytes) -> None:
    with pytest.raises(FrameError, match="WANT_RECORDS frame is not valid"):
        connected(FED).left.receive(frames.pack([Frame(FrameType.WANT_RECORDS, body)]))


def test_a_word_over_the_limit_is_not_parsed() -> None:
    long = Frame(FrameType.STATE, b" " * (limits.VOTE_PAYLOAD_BYTES_MAX + 1))
    with pytest.raises(FrameError, match="STATE frame is over the limit"):
        connected(FED).left.receive(frames.pack([long]))


def test_every_frame_is_a_remote_fault_where_it_is_wrong() -> None:
    assert issubclass(FrameError, RemoteError)
    assert issubclass(SessionError, RemoteError)


def test_events_and_texts_are_gathered_until_another_word_comes_between() -> None:
    wire = connected(FED)
    wire.left.send_event(E[0])
    wire.left.send_text(document("one"))
    wire.left.send_event(E[1])
    wire.left.ask_records(1)
    wire.left.send_event(E[2])
    assert wire.pump()[1] == [
        EventsSeen([E[0], E[1]], [document("one")]),
        RecordsWanted(1),
        EventsSeen([E[2]]),
    ]


def test_an_event_is_not_sent_twice_nor_ahead_of_what_the_peer_has() -> None:
    session = connected(FED).left
    assert session.send_event(E[0])
    assert not session.send_event(E[0])
    assert not session.send_event(E[2])
    assert session.send_event(E[1])
    session.learn(E[0].key, 3)
    session.learn(E[0].key, 1)
    assert not session.send_event(E[2])
    assert session.send_event(E[3])
    session.forget(E[0].key, 1)
    assert session.send_event(E[1])


def test_a_live_event_goes_to_a_peer_of_whom_nothing_is_known() -> None:
    assert connected(FED).left.send_event(E[3])


def test_what_a_peer_says_tells_what_it_has() -> None:
    wire = connected(FED)
    wire.left.send_event(E[0])
    wire.left.send_frontier([Entry(FED.member(2).node.key, 5, EventId(hash_of("h")))])
    wire.pump()
    assert not wire.right.send_event(E[0])
    assert wire.right.send_event(E[1])
    two = [event.envelope for event in FED.writer(2).write_proposals(6)]
    assert not wire.right.send_event(two[4])
    assert wire.right.send_event(two[5])
    wire.left.send_wants([Want(two[0].key, 0)])
    wire.pump()
    assert wire.right.send_event(two[0])


def test_keys_of_strangers_are_not_remembered() -> None:
    wire = connected(FED)
    strangers = [KeyId(hash_of("stranger", index)) for index in range(1_000)]
    wire.left.send_frontier([Entry(key, 1, EventId(hash_of("h"))) for key in strangers])
    wire.left.send_wants([Want(key, 1) for key in strangers])
    wire.pump()
    assert not wire.right._has


@pytest.mark.parametrize(
    ("ask", "wanted"),
    [
        (SyncSession.send_wants, [Want(KeyId(hash_of("k", i)), i) for i in range(25_000)]),
        (SyncSession.ask_texts, [hash_of("t", i) for i in range(25_000)]),
        (SyncSession.ask_events, [hash_of("e", i) for i in range(25_000)]),
    ],
)
def test_many_questions_go_over_in_parts(ask: Any, wanted: list[Any]) -> None:
    wire = connected(FED)
    ask(wire.left, wanted)
    heard: list[Any] = []
    for output in wire.pump()[1]:
        heard += next(value for name, value in vars_of(output) if name in ("wants", "hashes", "ids"))
    assert heard == wanted


def vars_of(output: Output) -> list[tuple[str, Any]]:
    return [(name, getattr(output, name)) for name in type(output).__dataclass_fields__]


@pytest.mark.parametrize(
    "ask", [SyncSession.send_wants, SyncSession.ask_texts, SyncSession.ask_events], ids=lambda ask: ask.__name__
)
def test_asking_for_nothing_says_nothing(ask: Any) -> None:
    session = connected(FED).left
    ask(session, [])
    assert session.bytes_to_send() == []


def test_what_is_queued_is_counted_until_it_is_sent() -> None:
    session = connected(FED).left
    assert session.queued_bytes == 0
    session.send_text(bytes(100))
    session.send_listing(bytes(64))
    assert session.queued_bytes == 164
    session.bytes_to_send()
    assert session.queued_bytes == 0


def test_a_damaged_packet_ends_the_session() -> None:
    with pytest.raises(FrameError):
        connected(FED).left.receive(b"\x01damaged")
