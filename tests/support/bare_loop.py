"""What taking events is measured against: parse, hash, verify and a batched insert, with the same libraries.

Also the mix of events that both are given. The loop checks nothing but the signature, keeps no chain and serves no
reader; its table has what is needed to find an event again by its id and by its place in its chain.
"""

import hashlib
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import orjson
from nacl import bindings
from pydantic import JsonValue

from protocol import frames
from protocol.envelope import Verified, pae
from protocol.events.consultation import Endorsement
from tests.support.builders import (
    ChainWriter,
    Federation,
    ballot_body,
    document,
    hash_of,
    proposal_body,
    proposal_text,
)

ROUND = hash_of("round")
_BALLOT: dict[str, JsonValue] = {"form": "approval", "approves": [f"option-{number:03d}" for number in range(12)]}


def mixed_events(writers: Sequence[ChainWriter], count: int) -> list[Verified]:
    """Return proposals, endorsements of them by others, and ballots, a third each, from all writers in turn."""
    events: list[Verified] = []
    proposals: list[Verified] = []
    for number in range(count):
        writer = writers[number // 3 % len(writers)]
        match number % 3:
            case 0:
                events.append(writer.write(proposal_body(proposal_text(title_of(writer.member, writer.length)))))
                proposals.append(events[-1])
            case 1:
                subject = proposals[-min(len(proposals), 1 + number % 7)].id
                events.append(writer.write(Endorsement(proposal=subject, endorses=True), refs=(subject,)))
            case _:
                events.append(writer.write(ballot_body(ROUND, _BALLOT)))
    return events


def title_of(member: str, seq: int) -> str:
    """Return the title of the proposal that a member wrote at a place in its chain."""
    return f"A matter that {member} puts forward, number {seq}"


def texts_for(events: Sequence[Verified]) -> list[bytes]:
    """Return the texts of the proposals among mixed events."""
    return [document(title_of(v.event.member, v.event.seq)) for v in events if v.event.kind == "proposal"]


def all_writers(federation: Federation) -> list[ChainWriter]:
    """Return the writer of each member's node chain."""
    return [federation.writer(which) for which in range(len(federation.members))]


def bare_loop(path: Path, bodies: Sequence[bytes], batch: int) -> None:
    """Take events as they stand in frames, into a new database, a transaction for each batch."""
    raw = sqlite3.connect(path, isolation_level=None)
    raw.execute("PRAGMA journal_mode = WAL")
    raw.execute("PRAGMA synchronous = FULL")
    raw.execute(
        "CREATE TABLE events (position INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, key TEXT NOT NULL,"
        " seq INTEGER NOT NULL, kind TEXT NOT NULL, payload BLOB NOT NULL, signature BLOB NOT NULL, UNIQUE (key, seq))"
    )
    for start in range(0, len(bodies), batch):
        rows = [_checked(body) for body in bodies[start : start + batch]]
        raw.execute("BEGIN IMMEDIATE")
        raw.executemany(
            "INSERT INTO events (id, key, seq, kind, payload, signature) VALUES (?, ?, ?, ?, ?, ?)",
            rows,
        )
        raw.execute("COMMIT")
    raw.close()


def _checked(body: bytes) -> tuple[str, str, int, str, bytes, bytes]:
    envelope = frames.parse_event(body)
    value = orjson.loads(envelope.payload)
    signed = pae(envelope.kind, envelope.payload)
    bindings.crypto_sign_open(envelope.signature + signed, bytes.fromhex(envelope.key))
    event_id = hashlib.sha256(signed).hexdigest()
    return event_id, value["key"], value["seq"], value["kind"], envelope.payload, envelope.signature
