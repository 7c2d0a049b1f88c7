"""Files of packets: what travels between nodes, on a memory stick or by e-mail.

One line says what the file is and of which federation; then come packets (protocol/frames.py), each behind its length
in four bytes; a length of zero is the end. A file without its end was cut short. Every length is checked before it is
read, and no more than one packet is in memory.
"""

import os
import re
import secrets
import struct
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Literal

from node import files
from node.files import FileError
from protocol import frames, limits
from protocol.errors import RemoteError
from protocol.frames import Frame
from protocol.ids import FederationId

PacketFileKind = Literal["events", "frontier"]
_LENGTH = struct.Struct(">I")
_END = _LENGTH.pack(0)
_LINE_BYTES_MAX = 128
_LINE = re.compile(rb"comitia (events|frontier) 1 ([0-9a-f]{64})\n")
_PACKET_BYTES_MAX = limits.PACKET_WIRE_BYTES_MAX + 1


class PacketFileError(RemoteError):
    """A file is damaged, cut short, too large, or not what it should be. What was read before it counts."""


class PacketWriter:
    """Writes a file of packets."""

    def __init__(self, file: BinaryIO, kind: PacketFileKind, federation: FederationId) -> None:
        self._file = file
        self.bytes_written = self._file.write(f"comitia {kind} 1 {federation}\n".encode())

    def write(self, content: Iterable[Frame]) -> None:
        """Write frames, packed together as far as the limits allow."""
        for packet in frames.packets(content):
            self.bytes_written += self._file.write(_LENGTH.pack(len(packet)) + packet)

    def end(self) -> None:
        """Mark the file as whole."""
        self.bytes_written += self._file.write(_END)


class PacketReader:
    """Reads a file of packets that may be hostile, from its first line to its end."""

    def __init__(self, file: BinaryIO, kind: PacketFileKind, federation: FederationId, bytes_max: int) -> None:
        self.bytes_read = 0
        self._file = file
        self._bytes_max = bytes_max
        self._check_line(kind, federation)

    def packets(self) -> Iterator[list[Frame]]:
        """Yield the frames of each packet. Raises PacketFileError where the file is damaged."""
        while length := self._length():
            packet = self._exactly(length)
            try:
                content = frames.unpack(packet)
            except frames.FrameError as error:
                raise PacketFileError(f"the file is damaged {self._place()}: {error}") from error
            yield content
        if self._file.read(1):
            raise PacketFileError(f"the file goes on behind its end, {self._place()}")

    def _check_line(self, kind: PacketFileKind, federation: FederationId) -> None:
        line = self._file.readline(_LINE_BYTES_MAX)
        self.bytes_read += len(line)
        found = _LINE.fullmatch(line)
        if found is None:
            raise PacketFileError(f"this is not a file of {kind} that comitia export has written")
        if found[1].decode() != kind:
            raise PacketFileError(f"this is a file of kind {found[1].decode()}, one of kind {kind} is needed")
        if found[2].decode() != federation:
            theirs, ours = found[2].decode()[:12], federation[:12]
            raise PacketFileError(f"this file is of another federation: {theirs}, this node's is {ours}")

    def _length(self) -> int:
        length = int(_LENGTH.unpack(self._exactly(_LENGTH.size))[0])
        if length > _PACKET_BYTES_MAX:
            raise PacketFileError(f"the file is damaged {self._place()}: a packet of {length} bytes is over the limit")
        return length

    def _exactly(self, length: int) -> bytes:
        if self.bytes_read + length > self._bytes_max:
            raise PacketFileError(f"the file is larger than the limit of {self._bytes_max} bytes (import_bytes_max)")
        data = self._file.read(length)
        self.bytes_read += len(data)
        if len(data) < length:
            raise PacketFileError(f"the file is cut short {self._place()}")
        return data

    def _place(self) -> str:
        return f"at byte {self.bytes_read}"


@contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """Give a file to write that appears at a path, for its owner alone, once the block is done; never over another.

    Raises FileError.
    """
    if path.exists():
        raise FileError(f"{path} exists already and was not overwritten: choose another name or remove it")
    staged = path.with_name(f".{path.name}.{secrets.token_hex(8)}.part")
    try:
        descriptor = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, files.PRIVATE)
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.link(staged, path)
    except OSError as error:
        raise FileError(f"{path}: {(error.strerror or str(error)).lower()}") from error
    finally:
        staged.unlink(missing_ok=True)


@contextmanager
def existing_file(path: Path) -> Iterator[BinaryIO]:
    """Give a file to read. Raises FileError if it can't be opened."""
    try:
        file = path.open("rb")
    except OSError as error:
        raise FileError(f"{path}: {(error.strerror or str(error)).lower()}") from error
    with file:
        yield file
