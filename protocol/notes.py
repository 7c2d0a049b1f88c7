"""Signed notes, checkpoints and cosignatures: the public text formats of transparency logs.

After C2SP signed-note, tlog-checkpoint and tlog-cosignature, of which this is the part with Ed25519 cosignatures
(cosignature/v1). Parsing is strict: writing what was parsed gives the same bytes. Does not say whose word counts.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from protocol import keys, limits
from protocol.errors import LocalError, RemoteError
from protocol.ids import FederationId, KeyId, MemberId
from protocol.keys import Signer
from protocol.merkle import HASH_BYTES

COSIGNATURE = 0x04
"""The type byte of a timestamped Ed25519 cosignature."""
_KEY_ID_BYTES = 4
_TIME_BYTES = 8
_ORIGIN = re.compile(r"comitia/([0-9a-f]{64})")
_SIZE = re.compile(r"0|[1-9][0-9]{0,15}")
_KEY_ID = re.compile(r"[0-9a-f]{8}")
_DASH = "\N{EM DASH} "


class NoteError(RemoteError):
    """A note, checkpoint or verifier key is not written as it must be."""


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """Whose signatures to look for: a name and a public key of a type."""

    name: str
    public: bytes
    """32 bytes."""
    kind: int = COSIGNATURE

    @property
    def id(self) -> bytes:
        """The four bytes that a signature by this key begins with."""
        stated = self.name.encode() + b"\n" + bytes([self.kind]) + self.public
        return hashlib.sha256(stated).digest()[:_KEY_ID_BYTES]

    @property
    def line(self) -> str:
        """The key as one line of text, as signed-note writes it (a vkey)."""
        return f"{self.name}+{self.id.hex()}+{encode_base64(bytes([self.kind]) + self.public)}"


def parse_verifier_key(line: str) -> VerifierKey:
    """Return the key in a line of text. Raises NoteError if it isn't an Ed25519 key with the id that it says."""
    parts = line.split("+", 2)
    if len(line) > limits.NOTE_LINE_CHARACTERS_MAX or len(parts) != 3 or not _KEY_ID.fullmatch(parts[1]):
        raise NoteError("a verifier key has a name, eight hexadecimal digits and base64, with + between them")
    data = decode_base64(parts[2])
    key = VerifierKey(parts[0], data[1:], data[0] if data else 0)
    if len(key.public) != keys.PUBLIC_KEY_BYTES or not is_key_name(key.name):
        raise NoteError("a verifier key has a name without spaces and an Ed25519 key of 32 bytes")
    if key.id.hex() != parts[1]:
        raise NoteError("the verifier key's id is not that of its name and key")
    return key


def teller_key(member: MemberId, key: KeyId) -> VerifierKey:
    """Return the verifier key of a teller."""
    return VerifierKey(f"teller/{member}", bytes.fromhex(key))


@dataclass(frozen=True, slots=True)
class SignatureLine:
    """One line below a note: whose, and the bytes behind the four of the key's id. Nothing is checked."""

    name: str
    key_id: bytes
    data: bytes

    @property
    def line(self) -> str:
        """The line as it is written, without its newline."""
        return f"{_DASH}{self.name} {encode_base64(self.key_id + self.data)}"


@dataclass(frozen=True, slots=True)
class Note:
    """A text and the signatures below it. Nothing is checked."""

    text: str
    """Ends with a newline."""
    signatures: tuple[SignatureLine, ...]

    def to_bytes(self) -> bytes:
        """Return the note as it is written."""
        return "".join([self.text, "\n", *(f"{signature.line}\n" for signature in self.signatures)]).encode()


def parse_note(data: bytes) -> Note:
    """Return a note. Raises NoteError if it is too long or not written as it must be."""
    if len(data) > limits.NOTE_BYTES_MAX:
        raise NoteError(f"a note of {len(data)} bytes is over the limit of {limits.NOTE_BYTES_MAX}")
    try:
        whole = data.decode()
    except UnicodeDecodeError as error:
        raise NoteError("a note is UTF-8") from error
    if any(char < " " and char != "\n" for char in whole):
        raise NoteError("a note has no control characters but newlines")
    text, blank, below = whole.rpartition("\n\n")
    if not blank or not text or not below.endswith("\n"):
        raise NoteError("a note is a text, an empty line and signatures, each with its newline")
    lines = below[:-1].split("\n")
    if len(lines) > limits.NOTE_SIGNATURES_MAX:
        raise NoteError(f"a note has at most {limits.NOTE_SIGNATURES_MAX} signatures")
    return Note(text + "\n", tuple(parse_signature(line) for line in lines))


def parse_signature(line: str) -> SignatureLine:
    """Return a signature line, given without its newline. Raises NoteError."""
    name, space, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not space or not is_key_name(name):
        raise NoteError("a signature line has a dash, a key's name and base64, with single spaces between them")
    data = decode_base64(encoded)
    if len(data) <= _KEY_ID_BYTES:
        raise NoteError("a signature line is too short")
    return SignatureLine(name, data[:_KEY_ID_BYTES], data[_KEY_ID_BYTES:])


def is_key_name(name: str) -> bool:
    """Whether a key may have this name: not empty, without white space, control characters and +."""
    return bool(name) and len(name) <= limits.NOTE_LINE_CHARACTERS_MAX and not re.search(r"[\s+\x00-\x1f\x7f]", name)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How a log stands: whose log, how many leaves, and the root over them."""

    federation: FederationId
    size: int
    root: bytes

    @property
    def origin(self) -> str:
        """The log's name."""
        return origin_of(self.federation)

    @property
    def text(self) -> str:
        """The text of the note, which is what is signed."""
        return f"{self.origin}\n{self.size}\n{encode_base64(self.root)}\n"


def origin_of(federation: FederationId) -> str:
    """Return the name of a federation's register as a log."""
    return f"comitia/{federation}"


def parse_checkpoint(text: str) -> Checkpoint:
    """Return the checkpoint that a note's text states. Raises NoteError; there are no extension lines."""
    lines = text.split("\n")
    if len(lines) != 4 or lines[3]:
        raise NoteError("a checkpoint has three lines: origin, size and root")
    origin, size, encoded, _ = lines
    named = _ORIGIN.fullmatch(origin)
    if named is None:
        raise NoteError("the checkpoint's origin is not comitia/ and a federation's identity")
    if not _SIZE.fullmatch(size) or int(size) > limits.SAFE_INTEGER_MAX:
        raise NoteError("the checkpoint's size is not a number written as it must be")
    root = decode_base64(encoded)
    if len(root) != HASH_BYTES:
        raise NoteError("the checkpoint's root is not 32 bytes")
    return Checkpoint(FederationId(named[1]), int(size), root)


def cosignature_message(checkpoint: Checkpoint, time: int) -> bytes:
    """Return what a cosignature at a time, in seconds since 1970, signs."""
    return f"cosignature/v1\ntime {time}\n{checkpoint.text}".encode()


def cosign(checkpoint: Checkpoint, name: str, signer: Signer, time: int) -> SignatureLine:
    """Return the line of a cosignature of one's own at a time in seconds. Raises LocalError for a bad name or time."""
    if not is_key_name(name) or not 0 <= time <= limits.SAFE_INTEGER_MAX:
        raise LocalError("a cosigner's name has no white space and no +, and its time is a count of seconds")
    signature = signer.sign(cosignature_message(checkpoint, time))
    return cosignature_line(VerifierKey(name, bytes.fromhex(signer.key)), time, signature)


def cosignature_line(key: VerifierKey, time: int, signature: bytes) -> SignatureLine:
    """Return the line of a cosignature from its parts."""
    return SignatureLine(key.name, key.id, time.to_bytes(_TIME_BYTES, "big") + signature)


def is_by(line: SignatureLine, key: VerifierKey) -> bool:
    """Whether a line says that it is by a key. Whether it holds is another question."""
    return (line.name, line.key_id) == (key.name, key.id)


def cosigned_at(checkpoint: Checkpoint, line: SignatureLine, key: VerifierKey) -> int | None:
    """Return the time, in seconds, of a cosignature that holds, or None for one that doesn't or is another's."""
    if not is_by(line, key) or len(line.data) != _TIME_BYTES + keys.SIGNATURE_BYTES:
        return None
    time = int.from_bytes(line.data[:_TIME_BYTES], "big")
    signature = line.data[_TIME_BYTES:]
    if time > limits.SAFE_INTEGER_MAX:
        return None
    return time if keys.is_valid_signature(key.public, cosignature_message(checkpoint, time), signature) else None


def cosigners(note: Note, checkpoint: Checkpoint, among: Iterable[VerifierKey]) -> dict[str, int]:
    """Return whose cosignatures of these stand below a checkpoint and hold: names with times in seconds.

    Raises NoteError if a line by one of them doesn't hold, as signed-note asks.
    """
    known = {(key.name, key.id): key for key in among}
    found: dict[str, int] = {}
    for line in note.signatures:
        key = known.get((line.name, line.key_id))
        if key is None:
            continue
        time = cosigned_at(checkpoint, line, key)
        if time is None:
            raise NoteError(f"the cosignature of {line.name} does not hold")
        found[line.name] = max(time, found.get(line.name, 0))
    return found


def decode_base64(text: str) -> bytes:
    """Return the bytes in base64 with padding. Raises NoteError for any other way of writing them."""
    try:
        data = base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error) as error:
        raise NoteError("not base64") from error
    if encode_base64(data) != text:
        raise NoteError("base64 is not written as it must be")
    return data


def encode_base64(data: bytes) -> str:
    """Return bytes as base64 with padding."""
    return base64.b64encode(data).decode()
