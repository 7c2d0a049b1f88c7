"""Reads tellers' cosignatures of the register's log from the store."""

from collections.abc import Iterable

from node.storage import events as store
from node.storage.database import Connection
from protocol.envelope import Verified, reopen_verified
from protocol.events.tellers import Cosignature
from protocol.ids import KeyId


def at_height(connection: Connection, height: int) -> list[Verified]:
    """Return the chained cosignatures of a height."""
    return [reopen_verified(item.envelope) for item in store.about(connection, store.log_subject(height))]


def last_of(connection: Connection, key: KeyId) -> Cosignature | None:
    """Return a key's last cosignature."""
    envelope = store.last_of_kind(connection, key, "cosignature")
    body = None if envelope is None else reopen_verified(envelope).event.body
    return body if isinstance(body, Cosignature) else None


def above(connection: Connection, keys: Iterable[KeyId], height: int) -> list[Verified]:
    """Return the last cosignatures of these keys that are of a greater height."""
    found = []
    for key in keys:
        envelope = store.last_of_kind(connection, key, "cosignature")
        verified = None if envelope is None else reopen_verified(envelope)
        if (
            verified is not None
            and isinstance(verified.event.body, Cosignature)
            and verified.event.body.height > height
        ):
            found.append(verified)
    return found
