"""The titles of texts in lists, read out of their documents once: what a hash names never changes, though it may go."""

from collections.abc import Mapping, Sequence
from typing import Final

from node.courses import text_view
from node.storage import events as store
from node.storage import listing
from node.storage.database import Connection
from protocol.envelope import reopen_verified
from protocol.events.consultation import Proposal
from web.ports import TextView
from web.shelf import Shelf

TITLES_MAX: Final = 20_000
TITLES_BYTES_MAX: Final = 8 * 1024 * 1024


class Titles:
    """Titles by the hashes of their texts, those used lately. Of a text that isn't here none is kept."""

    def __init__(self) -> None:
        self._known: Shelf[str, TextView] = Shelf(TITLES_MAX, TITLES_BYTES_MAX)

    def of(self, connection: Connection, items: Sequence[listing.Item]) -> Mapping[str, TextView]:
        """Return the texts of proposals by the proposals' ids, without their bodies."""
        return {item.id: self._of(connection, item) for item in items}

    def _of(self, connection: Connection, item: listing.Item) -> TextView:
        if not item.is_held:
            self._known.drop(item.text)
            return text_view(connection, item.text, item.lang or _language(connection, item.id))
        known = self._known.get(item.text)
        if known is None or known.lang != item.lang:
            text = text_view(connection, item.text, item.lang)
            known = TextView(text.state, text.lang, text.title, hash=text.hash)
            self._known.put(item.text, known, len(known.title.encode()))
        return known


def _language(connection: Connection, proposal: str) -> str:
    """Return the language in which a proposal says that its text is."""
    body = reopen_verified(store.by_ids(connection, [proposal])[0]).event.body
    return body.text.lang if isinstance(body, Proposal) else ""
