"""What has been asked of peers: neither of two at once, nor for ever of one that doesn't answer."""

from typing import TypeVar

from protocol import limits
from protocol.ids import KeyId

_AGAIN_MS = 10_000
_SAME_PEER_AGAIN_MS = 60_000
_Name = TypeVar("_Name", bound=str)


class Asked:
    """Which chains and texts have been asked for, when, and of whom.

    The same thing is asked for once in ten seconds, and of the same peer, which didn't send it, once in a minute: so a
    peer that claims what it hasn't can't keep this node from asking others.
    """

    def __init__(self) -> None:
        self._chains: dict[KeyId, dict[str, int]] = {}
        self._texts: dict[str, dict[str, int]] = {}

    def may_ask_chain(self, key: KeyId, peer: str, now: int) -> bool:
        """Whether to ask a peer for a chain now; notes that it is asked."""
        return _may_ask(self._chains, key, peer, now)

    def may_ask_text(self, digest: str, peer: str, now: int) -> bool:
        """Whether to ask a peer for a text now; notes that it is asked."""
        return _may_ask(self._texts, digest, peer, now)

    def note_text(self, digest: str, peer: str, now: int) -> None:
        """Note that a peer is asked for a text, whoever else has been."""
        self._texts.setdefault(digest, {})[peer] = now

    def forget_chain(self, key: KeyId) -> None:
        """Note that what was asked of a chain has come."""
        self._chains.pop(key, None)

    def forget_peer(self, peer: str) -> None:
        """Note that a peer is gone: others may be asked at once, and it when it is back, but not faster than before."""
        for asked in (*self._chains.values(), *self._texts.values()):
            if peer in asked:
                asked[peer] -= _SAME_PEER_AGAIN_MS - _AGAIN_MS


def _may_ask(table: dict[_Name, dict[str, int]], name: _Name, peer: str, now: int) -> bool:
    asked = table.get(name, {})
    if any(_is_recent(at, now, _AGAIN_MS) for at in asked.values()):
        return False
    if peer in asked and _is_recent(asked[peer], now, _SAME_PEER_AGAIN_MS):
        return False
    if len(table) > limits.WANTED_TEXTS_MAX:
        for old in [old for old, by in table.items() if not any(_is_recent(at, now, _AGAIN_MS) for at in by.values())]:
            del table[old]
    table.setdefault(name, {})[peer] = now
    return True


def _is_recent(at: int, now: int, milliseconds: int) -> bool:
    """Whether something was less than so long ago; a clock that was set back makes nothing recent."""
    return at <= now < at + milliseconds
