"""What a witness makes of a checkpoint that a node shows: cosigned, nothing new, refused, or evidence of a split view.

1. It is the register's: of this federation, with the cosignatures of q tellers.
2. Its log begins with the log that was cosigned last: by the node's tiles, or for a smaller one by the witness's own.
3. Each entry between is a record that names the one before it; together they come to the checkpoint's root.
"""

import hashlib
from dataclasses import dataclass
from enum import StrEnum

from pydantic import ValidationError

from node.clock import Clock
from node.witness.asking import LogClient
from node.witness.keeping import Keeper
from protocol import limits, merkle, short_proof, split_view, tiles
from protocol.canonical import NotCanonicalError
from protocol.envelope import payload_type
from protocol.errors import RemoteError
from protocol.ids import RecordId
from protocol.register import Record, parse_record
from protocol.split_view import Cosigned

_TYPES = {payload_type(f"record-{kind}"): kind for kind in ("open", "close", "agenda")}
_HEAD_PARTS = 4


class Verdict(StrEnum):
    """What became of a checkpoint."""

    COSIGNED = "cosigned"
    CURRENT = "up to date"
    BEHIND = "behind"
    SPLIT = "split view"


class Refused(RemoteError):
    """A checkpoint or log is not cosigned. One line that says why."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict, with the size of the log that was judged."""

    verdict: Verdict
    size: int


@dataclass(frozen=True, slots=True)
class _Followed:
    leaves: list[bytes]
    entry: RecordId


async def judge(keeper: Keeper, client: LogClient, clock: Clock) -> Judged:
    """Judge the newest checkpoint of a node, and cosign it or keep the evidence. Raises Refused, or AskingError."""
    shown = split_view.read_cosigned(await client.checkpoint(), keeper.tellers, keeper.quorum)
    size = shown.checkpoint.size
    if keeper.file is None or shown.checkpoint.federation != keeper.file.federation:
        raise Refused("its checkpoint is of another federation")
    if size < 1:
        raise Refused("its checkpoint is of a log without the charter")
    while size > keeper.size:
        held = keeper.last
        if held is not None and await _contradicts(keeper, client, held, shown, clock):
            return Judged(Verdict.SPLIT, size)
        followed = await _follow(keeper, client, shown)
        if keeper.last is held:
            keeper.advance(shown, followed.leaves, followed.entry)
            return Judged(Verdict.COSIGNED, size)
    return _judge_past(keeper, client, shown, clock)


def _judge_past(keeper: Keeper, client: LogClient, shown: Cosigned, clock: Clock) -> Judged:
    """Judge a checkpoint that is no larger than the last one, by the log that was followed so far."""
    size, last = shown.checkpoint.size, keeper.last
    assert last is not None
    mine = keeper.tree.root(size)
    if mine == shown.checkpoint.root:
        return Judged(Verdict.CURRENT if size == keeper.size else Verdict.BEHIND, size)
    path = keeper.tree.consistency(size, keeper.size)
    keeper.keep_evidence(split_view.evidence(shown, last, mine, path, found=clock.now(), source=client.address))
    return Judged(Verdict.SPLIT, size)


async def _contradicts(keeper: Keeper, client: LogClient, held: Cosigned, shown: Cosigned, clock: Clock) -> bool:
    """Whether a larger log begins otherwise than the last one, by its own tiles; keep the evidence if so."""
    size, before = shown.checkpoint.size, held.checkpoint.size

    def work(lookup: merkle.Lookup) -> tuple[bytes, bytes, tuple[bytes, ...]]:
        return merkle.root(size, lookup), merkle.root(before, lookup), merkle.consistency(before, size, lookup)

    root, prefix, path = work(await client.lookup(size, work))
    if root != shown.checkpoint.root or not merkle.is_consistent(before, size, prefix, root, path):
        raise Refused("its tiles do not come to the root of its checkpoint")
    if prefix == held.checkpoint.root:
        return False
    keeper.keep_evidence(split_view.evidence(held, shown, prefix, path, found=clock.now(), source=client.address))
    return True


async def _follow(keeper: Keeper, client: LogClient, shown: Cosigned) -> _Followed:
    """Read all entries from the last checkpoint to this one; return their leaves. Raises Refused if one is wrong."""
    start, size, entry = keeper.size, shown.checkpoint.size, keeper.entry
    edge = [keeper.tree.subtree(*peak) for peak in merkle.peaks(start)]
    growing, leaves = merkle.Growing(start, edge), []
    for bundle in tiles.bundles(start, size):
        first = bundle.index * tiles.WIDTH
        for height, data in enumerate(await client.entries(bundle), first):
            if height >= start:
                entry = _check_entry(keeper, height, data, entry)
                leaf = merkle.leaf_hash(_charter_leaf(keeper) if height == 0 else data)
                growing.append(leaf)
                leaves.append(leaf)
    if growing.root() != shown.checkpoint.root:
        raise Refused("its entries do not come to the root of its checkpoint")
    return _Followed(leaves, entry)


def _check_entry(keeper: Keeper, height: int, data: bytes, before: RecordId) -> RecordId:
    """Return an entry's id once it is the charter's, or a record that rests on the entry before it."""
    if height == 0:
        leaf = _charter_leaf(keeper)
        if data != leaf and not (data == b"" and len(leaf) > tiles.ENTRY_BYTES_MAX):
            raise Refused("its first entry is not the charter")
        return RecordId(hashlib.sha256(leaf).hexdigest())
    record = _record_in(data, height)
    if record.height != height or record.federation != _federation(keeper) or record.prev != before:
        raise Refused(f"its entry at height {height} does not rest on the one before it")
    return RecordId(hashlib.sha256(data).hexdigest())


def _record_in(data: bytes, height: int) -> Record:
    """Return the record whose pre-authentication encoding an entry is."""
    parts = data.split(b" ", _HEAD_PARTS)
    name = parts[2].decode(errors="replace") if len(parts) > _HEAD_PARTS else ""
    if name not in _TYPES or len(parts[-1]) > limits.RECORD_BYTES_MAX:
        raise Refused(f"its entry at height {height} is no record that this version knows")
    try:
        record = parse_record(parts[-1])
    except (NotCanonicalError, ValidationError) as error:
        raise Refused(f"its entry at height {height} is not written as a record") from error
    if short_proof.leaf_of(record) != data:
        raise Refused(f"its entry at height {height} is of another kind than its record")
    return record


def _charter_leaf(keeper: Keeper) -> bytes:
    assert keeper.file is not None
    return short_proof.charter_leaf(keeper.file.payload)


def _federation(keeper: Keeper) -> str:
    assert keeper.file is not None
    return keeper.file.federation
