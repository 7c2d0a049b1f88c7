"""One conversation between two nodes, without input or output: receive(bytes) gives outputs, bytes_to_send() bytes.

Theory of operation. Both sides say HELLO with a fresh nonce, then AUTH: a signature by a key on the roll over both
nonces and both keys, so that it can't be relayed to a third. Before that nothing else is taken. Then each sends STATE:
its store's name and position, the digest of its frontier, its register's height, and how far it had followed the
other's store last time. Equal digests end the matter. Otherwise each sends what changed since the other's last
position: the events themselves if they are few, else the FRONTIER of the changed chains, which the other answers with
WANT. Live events follow at once, at any time. Where two digests are equal, each may note the other's position: up to
there it has followed.

The session keeps what the peer is known to have, so that nothing is sent twice on purpose. It reads no store: outputs
say what is asked for, and the shell answers through the send methods.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Annotated, TypeVar

from pydantic import Field, ValidationError

from protocol import canonical, frames, keys, limits
from protocol.canonical import NotCanonicalError
from protocol.envelope import Envelope, pae
from protocol.errors import RemoteError
from protocol.frames import Frame, FrameError, FrameType
from protocol.frontier import Entry, Want
from protocol.ids import FederationId, FederationIdField, HashField, KeyId, KeyIdField, MemberId, SignatureField
from protocol.keys import Signer
from protocol.model import Frozen, Natural, VersionOne
from protocol.roll import KeyRing

VERSION = 1
_Word = TypeVar("_Word", bound=Frozen)
_Wanted = TypeVar("_Wanted", Want, str)
StoreName = Annotated[str, Field(pattern=r"^[0-9a-f]{32}\z")]


class SessionError(RemoteError):
    """The peer broke the protocol or isn't who it must be; the connection ends with this reason."""


class PeerLeft(SessionError):
    """The peer ended the connection and said why."""


class Hello(Frozen):
    """The first word of each side."""

    v: VersionOne
    federation: FederationIdField
    key: KeyIdField
    nonce: HashField


class Auth(Frozen):
    """The proof that a side holds the key it named."""

    signature: SignatureField


class Cursor(Frozen):
    """A place in a peer's store: everything up to it has been followed."""

    store: StoreName
    position: Natural


class State(Frozen):
    """What a side holds, in brief."""

    here: Cursor
    digest: HashField
    height: Natural
    since: Cursor | None
    """The place in the receiver's store up to which the sender has followed; None asks for everything."""


class WantRecords(Frozen):
    """Asks for register records from this height on."""

    start: Natural


class ErrorWord(Frozen):
    """Why the sender is about to close the connection."""

    reason: Annotated[str, Field(max_length=300)]


@dataclass(frozen=True, slots=True)
class Authenticated:
    """The peer has proven that it holds a node key of this member."""

    member: MemberId
    key: KeyId


@dataclass(frozen=True, slots=True)
class StateSeen:
    """The peer said what it holds."""

    state: State


@dataclass(frozen=True, slots=True)
class FrontierSeen:
    """Part of the peer's frontier; the last part is marked."""

    entries: list[Entry]
    is_last: bool


@dataclass(frozen=True, slots=True)
class ChainsWanted:
    """The peer asks for chains."""

    wants: list[Want]


@dataclass(frozen=True, slots=True)
class EventsSeen:
    """Events in the order in which they came, with texts and listings that came beside them."""

    envelopes: list[Envelope] = field(default_factory=list)
    texts: list[bytes] = field(default_factory=list)
    listings: list[bytes] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class TextsWanted:
    """The peer asks for texts or listings by hash."""

    hashes: list[str]


@dataclass(frozen=True, slots=True)
class EventsWanted:
    """The peer asks for single events by id."""

    ids: list[str]


@dataclass(frozen=True, slots=True)
class RecordSeen:
    """A certificate, nothing checked."""

    data: bytes


@dataclass(frozen=True, slots=True)
class RecordsWanted:
    """The peer asks for register records from this height on."""

    start: int


@dataclass(frozen=True, slots=True)
class ForkSeen:
    """Two events that the peer says prove a fork, nothing checked."""

    first: Envelope
    second: Envelope


Output = (
    Authenticated
    | StateSeen
    | FrontierSeen
    | ChainsWanted
    | EventsSeen
    | TextsWanted
    | EventsWanted
    | RecordSeen
    | RecordsWanted
    | ForkSeen
)


class SyncSession:
    """One side of a conversation. Raises SessionError or FrameError where the peer breaks the protocol."""

    def __init__(self, federation: FederationId, signer: Signer, ring: KeyRing, nonce: str) -> None:
        self._federation = federation
        self._signer = signer
        self._ring = ring
        self._hello = Hello(v=1, federation=federation, key=signer.key, nonce=nonce)
        self._theirs: Hello | None = None
        self._queue: list[Frame] = []
        self.queued_bytes = 0
        self._has: dict[KeyId, int] = {}
        self.peer: Authenticated | None = None
        self._say(FrameType.HELLO, self._hello)

    def receive(self, packet: bytes) -> list[Output]:
        """Take one packet and return what it says, in order."""
        outputs: list[Output] = []
        batch: EventsSeen | None = None
        for frame in frames.unpack(packet):
            if frame.type in (FrameType.EVENT, FrameType.TEXT, FrameType.LISTING):
                self._require_peer()
                if batch is None:
                    batch = EventsSeen()
                    outputs.append(batch)
                self._gather(batch, frame)
            else:
                batch = None
                outputs.extend(self._understand(frame))
        return outputs

    def bytes_to_send(self) -> list[bytes]:
        """Return the packets that are due, once."""
        due, self._queue = self._queue, []
        self.queued_bytes = 0
        return list(frames.packets(due))

    def send_state(self, state: State) -> None:
        """Say what this side holds."""
        self._say(FrameType.STATE, state)

    def send_frontier(self, entries: Iterable[Entry]) -> None:
        """Say how far these chains reach."""
        for frame in frames.frontier_frames(entries):
            self._put(frame)

    def send_wants(self, wants: list[Want]) -> None:
        """Ask for chains."""
        for part in _parts(wants):
            self._put(frames.want_frame(part))

    def send_text(self, text: bytes) -> None:
        """Send a text."""
        self._put(Frame(FrameType.TEXT, text))

    def send_listing(self, listing: bytes) -> None:
        """Send the list of ballots of a long seal."""
        self._put(Frame(FrameType.LISTING, listing))

    def send_event(self, envelope: Envelope) -> bool:
        """Send an event unless the peer is known to have it or to lack what comes before; say whether it was sent."""
        known = self._has.get(envelope.key)
        if known is not None and envelope.seq != known:
            return False
        self._has[envelope.key] = envelope.seq + 1
        self._put(frames.event_frame(envelope))
        return True

    def send_single(self, envelope: Envelope) -> None:
        """Send an event that was asked for by id."""
        self._put(frames.event_frame(envelope))

    def send_record(self, certificate: bytes) -> None:
        """Send a register record with its certificate."""
        self._put(Frame(FrameType.RECORD, certificate))

    def send_fork(self, first: Envelope, second: Envelope) -> None:
        """Send a fork proof."""
        self._put(frames.fork_frame(first, second))

    def ask_texts(self, hashes: list[str]) -> None:
        """Ask for texts or listings."""
        for part in _parts(hashes):
            self._put(frames.hashes_frame(FrameType.WANT_TEXTS, part))

    def ask_events(self, ids: list[str]) -> None:
        """Ask for single events."""
        for part in _parts(ids):
            self._put(frames.hashes_frame(FrameType.WANT_EVENTS, part))

    def ask_records(self, start: int) -> None:
        """Ask for register records from a height on."""
        self._say(FrameType.WANT_RECORDS, WantRecords(start=start))

    def send_error(self, reason: str) -> None:
        """Say why the connection is about to be closed."""
        self._say(FrameType.ERROR, ErrorWord(reason=reason[:300]))

    def learn(self, key: KeyId, length: int) -> None:
        """Note that the peer has a chain up to this length. Only keys on the roll are noted."""
        if length > self._has.get(key, 0) and key in self._ring.holders:
            self._has[key] = length

    def forget(self, key: KeyId, length: int) -> None:
        """Note that the peer asked for a chain from this length on, whatever was believed before."""
        if key in self._ring.holders:
            self._has[key] = length

    def _put(self, frame: Frame) -> None:
        self._queue.append(frame)
        self.queued_bytes += len(frame.body)

    def _say(self, frame_type: FrameType, word: Frozen) -> None:
        self._put(Frame(frame_type, canonical.encode(word.model_dump(mode="json"))))

    def _require_peer(self) -> None:
        if self.peer is None:
            raise SessionError("the peer has not proven who it is")

    def _gather(self, batch: EventsSeen, frame: Frame) -> None:
        if frame.type is FrameType.EVENT:
            envelope = frames.parse_event(frame.body)
            self.learn(envelope.key, envelope.seq + 1)
            batch.envelopes.append(envelope)
        elif len(frame.body) > _beside_bytes_max(frame.type):
            raise FrameError(f"a text of {len(frame.body)} bytes is over the limit")
        elif frame.type is FrameType.TEXT:
            batch.texts.append(frame.body)
        else:
            batch.listings.append(frame.body)

    def _understand(self, frame: Frame) -> list[Output]:
        if frame.type is FrameType.HELLO:
            return self._on_hello(_word(Hello, frame))
        if frame.type is FrameType.AUTH:
            return [self._on_auth(_word(Auth, frame))]
        if frame.type is FrameType.ERROR:
            raise PeerLeft(f"the peer ended the connection: {_word(ErrorWord, frame).reason}")
        self._require_peer()
        return [self._after_auth(frame)]

    def _after_auth(self, frame: Frame) -> Output:
        match frame.type:
            case FrameType.STATE:
                return StateSeen(_word(State, frame))
            case FrameType.FRONTIER | FrameType.FRONTIER_END:
                entries = frames.parse_frontier(frame.body)
                for entry in entries:
                    self.learn(entry.key, entry.length)
                return FrontierSeen(entries, frame.type is FrameType.FRONTIER_END)
            case FrameType.WANT:
                wants = frames.parse_wants(frame.body)
                for want in wants:
                    self.forget(want.key, want.start)
                return ChainsWanted(wants)
            case FrameType.WANT_TEXTS:
                return TextsWanted(list(frames.parse_hashes(frame.body)))
            case FrameType.WANT_EVENTS:
                return EventsWanted(list(frames.parse_hashes(frame.body)))
            case FrameType.RECORD:
                return RecordSeen(frame.body)
            case FrameType.WANT_RECORDS:
                return RecordsWanted(_word(WantRecords, frame).start)
            case FrameType.FORK:
                return ForkSeen(*frames.parse_fork(frame.body))
            case _:
                raise FrameError(f"a {frame.type.name} frame out of place")

    def _on_hello(self, hello: Hello) -> list[Output]:
        if self._theirs is not None:
            raise SessionError("a second hello")
        if hello.federation != self._federation:
            raise SessionError(f"of another federation, {hello.federation[:8]}")
        holder = self._ring.holder(hello.key)
        if holder is None or holder.role != "node":
            raise SessionError(f"key {hello.key[:8]} is no node's key on the roll")
        if hello.key == self._signer.key:
            raise SessionError("connected to itself")
        self._theirs = hello
        signature = self._signer.sign(_auth_bytes(self._hello, hello))
        self._say(FrameType.AUTH, Auth(signature=signature.hex()))
        return []

    def _on_auth(self, auth: Auth) -> Output:
        if self._theirs is None or self.peer is not None:
            raise SessionError("a proof out of turn")
        message = _auth_bytes(self._theirs, self._hello)
        if not keys.is_valid_signature(bytes.fromhex(self._theirs.key), message, bytes.fromhex(auth.signature)):
            raise SessionError("the peer does not hold the key that it named")
        holder = self._ring.holders[self._theirs.key]
        self.peer = Authenticated(holder.member, self._theirs.key)
        return self.peer


def _auth_bytes(mine: Hello, theirs: Hello) -> bytes:
    statement = {
        "federation": mine.federation,
        "from": mine.key,
        "nonce": mine.nonce,
        "to": theirs.key,
        "to_nonce": theirs.nonce,
        "v": VERSION,
    }
    return pae("session", canonical.encode(statement))


def _parts(wanted: list[_Wanted]) -> Iterator[list[_Wanted]]:
    for start in range(0, len(wanted), frames.WANTS_PER_FRAME_MAX):
        yield wanted[start : start + frames.WANTS_PER_FRAME_MAX]


def _word(model: type[_Word], frame: Frame) -> _Word:
    if len(frame.body) > limits.VOTE_PAYLOAD_BYTES_MAX:
        raise FrameError(f"a {frame.type.name} frame is over the limit")
    try:
        canonical.decode(frame.body)
        return model.model_validate_json(frame.body)
    except (NotCanonicalError, ValidationError) as error:
        raise FrameError(f"a {frame.type.name} frame is not valid") from error


def _beside_bytes_max(frame_type: FrameType) -> int:
    return limits.TEXT_BYTES_MAX if frame_type is FrameType.TEXT else limits.SEAL_BALLOTS_MAX * 32
