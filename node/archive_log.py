"""The register's log as files: the newest cosigned checkpoint, tiles, bundles of entries, and agendas' short proofs.

They stand below log/ as C2SP tlog-tiles lays them out, so that witnesses and other tools can follow a copy. Only what
a quorum of tellers has cosigned is there.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from node.moments import Moment
from node.register import entries_since
from node.register_log import objection_to
from node.storage import cosignatures
from protocol import merkle, notes, short_proof, tiles
from protocol.events.tellers import Cosignature
from protocol.ids import MemberId
from protocol.notes import Checkpoint, Note, SignatureLine
from protocol.register import AgendaRecord

LOG: Final = "log/"
_ENTRIES_AT_ONCE: Final = 64


@dataclass(frozen=True, slots=True)
class _Cosigned:
    checkpoint: Checkpoint
    lines: dict[MemberId, SignatureLine]


def log_files(moment: Moment) -> Iterator[tuple[str, bytes]]:
    """Yield the path and bytes of each file of the log; none before a checkpoint has been cosigned."""
    tree = merkle.Tree()
    for leaf in _leaves(moment):
        tree.append(merkle.leaf_hash(leaf))
    cosigned = _newest(moment, tree)
    if cosigned is None:
        return
    tellers = short_proof.tellers_of(moment.charter.roll)
    lines = tuple(cosigned.lines[member] for member, _ in tellers if member in cosigned.lines)
    yield f"{LOG}checkpoint", Note(cosigned.checkpoint.text, lines).to_bytes()
    yield f"{LOG}tellers", short_proof.tellers_text(moment.federation, tellers).encode()
    yield from tile_files(tree, cosigned.checkpoint.size)
    yield from _bundles(moment, cosigned.checkpoint.size)
    yield from _proofs(moment, tree, cosigned, tellers)


def _leaves(moment: Moment) -> Iterator[bytes]:
    yield short_proof.charter_leaf(moment.file.payload)
    height = 1
    while entries := entries_since(moment.connection, height, _ENTRIES_AT_ONCE):
        yield from (short_proof.leaf_of(entry.record) for entry in entries)
        height = entries[-1].height + 1


def _newest(moment: Moment, tree: merkle.Tree) -> _Cosigned | None:
    """Return the newest checkpoint that a quorum of tellers has cosigned, with the cosignatures that hold."""
    tellers = short_proof.tellers_of(moment.charter.roll)
    keys = {key: notes.teller_key(member, key) for member, key in tellers}
    for size in range(tree.size, 1, -1):
        checkpoint = Checkpoint(moment.federation, size, tree.root(size))
        lines: dict[MemberId, SignatureLine] = {}
        for verified in sorted(cosignatures.at_height(moment.connection, size - 1), key=lambda each: each.id):
            body, key = verified.event.body, keys.get(verified.event.key)
            if isinstance(body, Cosignature) and key is not None and objection_to(body, checkpoint, key) is None:
                line = notes.cosignature_line(key, body.time, bytes.fromhex(body.signature))
                lines.setdefault(verified.event.member, line)
        if len(lines) >= moment.quorum.votes:
            return _Cosigned(checkpoint, lines)
    return None


def tile_files(tree: merkle.Tree, size: int) -> Iterator[tuple[str, bytes]]:
    """Yield the path and bytes of all tiles of a tree of a size: full ones, and on each level the last as it is."""
    level = 0
    while size >> (8 * level):
        count = size >> (8 * level)
        for index in range(-(-count // tiles.WIDTH)):
            tile = tiles.Tile(level, index, tiles.width_of(level, index, size))
            yield f"{LOG}{tile.path}", tree.subtrees(8 * level, index * tiles.WIDTH, tile.width)
        level += 1


def _bundles(moment: Moment, size: int) -> Iterator[tuple[str, bytes]]:
    leaves = _leaves(moment)
    for bundle in tiles.bundles(0, size):
        yield f"{LOG}{bundle.path}", tiles.bundle([next(leaves) for _ in range(bundle.width)])


def _proofs(
    moment: Moment, tree: merkle.Tree, cosigned: _Cosigned, tellers: short_proof.Tellers
) -> Iterator[tuple[str, bytes]]:
    height = 1
    while entries := entries_since(moment.connection, height, _ENTRIES_AT_ONCE):
        for entry in entries:
            if isinstance(entry.record, AgendaRecord) and entry.height < cosigned.checkpoint.size:
                path = tree.inclusion(entry.height, cosigned.checkpoint.size)
                proof = short_proof.make(entry.record, path, cosigned.checkpoint, cosigned.lines, tellers)
                yield f"proofs/agenda-{entry.record.body.version}.tlog-proof", proof
        height = entries[-1].height + 1
