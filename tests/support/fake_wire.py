"""Two sync sessions on a wire that exists in memory only, and sees everything."""

from dataclasses import dataclass, field

from protocol import frames
from protocol.frames import Frame
from protocol.keys import SigningKey
from protocol.sync import Output, SyncSession
from tests.support.builders import Federation, hash_of

_ROUNDS_MAX = 100


@dataclass
class FakeWire:
    """Carries packets between two sessions until both are silent; keeps what passed and what came out."""

    left: SyncSession
    right: SyncSession
    to_left: list[bytes] = field(default_factory=list)
    to_right: list[bytes] = field(default_factory=list)
    left_outputs: list[Output] = field(default_factory=list)
    right_outputs: list[Output] = field(default_factory=list)

    def pump(self) -> tuple[list[Output], list[Output]]:
        """Carry all that is due; return what the left and the right side then said."""
        marks = len(self.left_outputs), len(self.right_outputs)
        for _ in range(_ROUNDS_MAX):
            if self._carry() == 0:
                return self.left_outputs[marks[0] :], self.right_outputs[marks[1] :]
        raise AssertionError("the two sides never fall silent")

    def frames_to_right(self) -> list[Frame]:
        """Return all frames that went to the right side so far."""
        return [frame for packet in self.to_right for frame in frames.unpack(packet)]

    def _carry(self) -> int:
        rightward, leftward = self.left.bytes_to_send(), self.right.bytes_to_send()
        self.to_right += rightward
        self.to_left += leftward
        for packet in rightward:
            self.right_outputs += self.right.receive(packet)
        for packet in leftward:
            self.left_outputs += self.left.receive(packet)
        return len(rightward) + len(leftward)


def new_session(federation: Federation, which: int, nonce: str = "", signer: SigningKey | None = None) -> SyncSession:
    """Return a member's side of a conversation; its nonce follows from the words given."""
    key = federation.member(which).node if signer is None else signer
    return SyncSession(federation.id, key, federation.ring, hash_of("nonce", which, nonce))


def connected(federation: Federation, left: int = 0, right: int = 1) -> FakeWire:
    """Return two members' sessions that have proven to each other who they are."""
    wire = FakeWire(new_session(federation, left), new_session(federation, right))
    wire.pump()
    assert wire.left.peer is not None
    assert wire.right.peer is not None
    return wire
