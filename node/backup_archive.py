"""Backup archives: a plain tar of a manifest and the files that it names, so that tar can open one too.

The manifest comes first and tells each file's name, size and SHA-256. Reading is as strict as if a stranger had sent
the archive: names from a short list, in the manifest's order, regular files alone, no byte more or less than is told.
Hashes show damage, not forgery: whoever can write a backup can write its hashes. Does not know what the files hold.
"""

import hashlib
import tarfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, BinaryIO, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from node import files
from protocol.errors import LocalError
from protocol.ids import FederationIdField, MemberIdField

STORE: Final = "store.sqlite3"
KEY_NAMES: Final = ("keys/node.pem.age", "keys/teller.pem.age")
NAMES: Final = (STORE, "charter.json", "member.json", "node.toml", *KEY_NAMES)
"""What an archive may hold, by its path in a node's data directory."""
_MANIFEST: Final = "manifest.json"
_MANIFEST_BYTES_MAX = 64 * 1024
_BLOCK = tarfile.BLOCKSIZE
_END: Final = b"\0" * (2 * _BLOCK)
_PIECE_BYTES = 1024 * 1024
Tick = Callable[[int], None]
"""Is told how many bytes have just been done; may raise to stop the work."""


class BackupError(LocalError):
    """A backup can't be made, read or restored. One line with the cause and the remedy."""


def _known(name: str) -> str:
    if name not in NAMES:
        raise ValueError("no file of a backup")
    return name


class Part(BaseModel):
    """One file of an archive."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    name: Annotated[str, AfterValidator(_known)]
    size: Annotated[int, Field(ge=0, le=2**50)]
    """Bytes."""
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}\z")]


class Manifest(BaseModel):
    """What an archive says of itself."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    kind: Literal["comitia-backup"] = "comitia-backup"
    v: Literal[1] = 1
    federation: FederationIdField
    member: MemberIdField
    made: Annotated[int, Field(ge=0, le=2**53)]
    """Milliseconds since 1970-01-01 UTC."""
    version: Annotated[str, Field(max_length=40)]
    """The program that made it."""
    store_steps: Annotated[int, Field(ge=1, le=10_000)]
    """How many steps of the schema the store has taken."""
    events: Annotated[int, Field(ge=0)]
    height: Annotated[int, Field(ge=0)]
    """The register's."""
    files: Annotated[tuple[Part, ...], Field(min_length=2, max_length=len(NAMES), strict=False)]

    @property
    def has_keys(self) -> bool:
        """Whether the encrypted keys are in it."""
        return any(part.name in KEY_NAMES for part in self.files)

    @property
    def bytes_total(self) -> int:
        """The size of all files together."""
        return sum(part.size for part in self.files)

    @property
    def archive_bytes(self) -> int:
        """The size that a whole archive with this manifest has."""
        sizes = [len(self.to_bytes()), *(part.size for part in self.files)]
        return sum(_BLOCK + size + _padding(size) for size in sizes) + len(_END)

    def to_bytes(self) -> bytes:
        """Return the manifest as it stands in the archive."""
        return self.model_dump_json(indent=1).encode() + b"\n"


def part_of(name: str, path: Path, tick: Tick) -> Part:
    """Return a file's entry for a manifest. Raises OSError."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while piece := file.read(_PIECE_BYTES):
            digest.update(piece)
            size += len(piece)
            tick(len(piece))
    return Part(name=name, size=size, sha256=digest.hexdigest())


def write_archive(out: BinaryIO, manifest: Manifest, sources: Mapping[str, Path], tick: Tick) -> None:
    """Write an archive of the files that a manifest names. Raises OSError, BackupError if one has changed since."""
    content = manifest.to_bytes()
    out.write(_header(_MANIFEST, len(content), manifest.made) + content + b"\0" * _padding(len(content)))
    for part in manifest.files:
        out.write(_header(part.name, part.size, manifest.made))
        left = part.size
        with sources[part.name].open("rb") as file:
            while piece := file.read(min(_PIECE_BYTES, left)):
                out.write(piece)
                left -= len(piece)
                tick(len(piece))
        if left:
            raise BackupError(f"{sources[part.name]} became shorter while it was read: try again")
        out.write(b"\0" * _padding(part.size))
    out.write(_END)


def read_manifest(path: Path) -> Manifest:
    """Return what an archive says of itself, without reading its files. Raises BackupError or files.FileError."""
    with _opened(path) as archive:
        return _manifest(archive, path)


def check_archive(path: Path, tick: Tick = lambda _: None) -> Manifest:
    """Read an archive to its end and check every hash. Raises BackupError with what is wrong, or files.FileError."""
    with _opened(path) as archive:
        manifest = _manifest(archive, path)
        for part in manifest.files:
            for piece in _content(archive, part, path):
                tick(len(piece))
        _check_end(archive, path)
    return manifest


def unpack_archive(path: Path, into: Path, tick: Tick) -> Manifest:
    """Write an archive's files below a private directory that has none of them, each checked. Raises like check."""
    with _opened(path) as archive:
        manifest = _manifest(archive, path)
        for part in manifest.files:
            target = into / part.name
            target.parent.mkdir(mode=0o700, exist_ok=True)
            with files.new_private(target) as out:
                for piece in _content(archive, part, path):
                    out.write(piece)
                    tick(len(piece))
        _check_end(archive, path)
    return manifest


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        with path.open("rb") as archive:
            yield archive
    except OSError as error:
        raise files.FileError(f"{error.filename or path}: {(error.strerror or str(error)).lower()}") from error


def _manifest(archive: BinaryIO, path: Path) -> Manifest:
    name, size = _next_header(archive, path)
    if name != _MANIFEST or size > _MANIFEST_BYTES_MAX:
        raise BackupError(f"{path}: not a backup that comitia has made")
    try:
        manifest = Manifest.model_validate_json(_exactly(archive, size, path))
    except ValidationError as error:
        raise BackupError(f"{path}: its manifest can't be read: take another backup, or a newer version") from error
    _exactly(archive, _padding(size), path)
    names = [part.name for part in manifest.files]
    if len(set(names)) < len(names) or not {STORE, "charter.json"} <= set(names):
        raise BackupError(f"{path}: its manifest names files twice, or no store or charter: take another backup")
    return manifest


def _content(archive: BinaryIO, part: Part, path: Path) -> Iterator[bytes]:
    """Yield a file's bytes piece by piece, and only then say whether its hash held."""
    if _next_header(archive, path) != (part.name, part.size):
        raise BackupError(f"{path}: {part.name} does not stand where the manifest says: take another backup")
    digest, left = hashlib.sha256(), part.size
    while left:
        piece = _exactly(archive, min(left, _PIECE_BYTES), path)
        digest.update(piece)
        left -= len(piece)
        yield piece
    _exactly(archive, _padding(part.size), path)
    if digest.hexdigest() != part.sha256:
        raise BackupError(f"{path}: {part.name} is damaged: its hash is not the manifest's; take another backup")


def _check_end(archive: BinaryIO, path: Path) -> None:
    if archive.read(len(_END) + 1) != _END:
        raise BackupError(f"{path}: goes on behind its end, or is cut short there: take another backup")


def _next_header(archive: BinaryIO, path: Path) -> tuple[str, int]:
    block = _exactly(archive, _BLOCK, path)
    try:
        entry = tarfile.TarInfo.frombuf(block, "utf-8", "strict")
    except (tarfile.HeaderError, UnicodeDecodeError, ValueError) as error:
        raise BackupError(f"{path}: not a backup, or damaged: take another one") from error
    if entry.type != tarfile.REGTYPE or entry.size < 0:
        raise BackupError(f"{path}: holds something that is no plain file: not a backup that comitia has made")
    return entry.name, entry.size


def _exactly(archive: BinaryIO, size: int, path: Path) -> bytes:
    data = archive.read(size)
    if len(data) < size:
        raise BackupError(f"{path}: cut short: take another backup")
    return data


def _header(name: str, size: int, made: int) -> bytes:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode, entry.mtime = size, files.PRIVATE, made // 1_000
    return entry.tobuf(tarfile.GNU_FORMAT)


def _padding(size: int) -> int:
    return -size % _BLOCK
