"""The certificate of a record as every node writes it that holds the same events."""

from collections.abc import Iterator

from consensus.agreement import certificates
from consensus.agreement.certificates import Certificate
from node.register import Entry
from node.storage import events as store
from node.storage.database import Connection
from protocol.envelope import Envelope, reopen_verified
from protocol.events.tellers import Precommit


def certificate_alike(connection: Connection, entry: Entry, votes_needed: int) -> Certificate:
    """Return the certificate of a record that every node writes which has the same events.

    Nodes certify with whichever votes came first. Here it is the quorum of the lowest view that has one, by the
    members with the least ids; where the chains don't hold one, the certificate that this node was given.
    """
    by_view: dict[int, dict[str, Envelope]] = {}
    for view, member, vote in _votes(connection, entry):
        of_view = by_view.setdefault(view, {})
        if member not in of_view or vote.id < of_view[member].id:
            of_view[member] = vote
    for view in sorted(by_view):
        votes = by_view[view]
        if len(votes) >= votes_needed:
            chosen = tuple(votes[member] for member in sorted(votes)[:votes_needed])
            return certificates.assemble(entry.record, chosen)
    return entry.certificate


def _votes(connection: Connection, entry: Entry) -> Iterator[tuple[int, str, Envelope]]:
    """Yield the view and member of each precommit on a record that stands in a chain."""
    for stored in store.about(connection, f"height:{entry.height}", "precommit"):
        event = reopen_verified(stored.envelope).event
        body = event.body
        if isinstance(body, Precommit) and body.value == entry.id:
            yield body.view, event.member, stored.envelope
