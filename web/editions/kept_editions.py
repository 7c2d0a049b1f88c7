"""Editions that were gathered a moment ago, so that the many files of one agenda cost little more than one."""

from typing import Final

from web.editions.edition import Edition
from web.editions.gathering import gather_edition
from web.i18n import Language
from web.ports import Backend
from web.shelf import Shelf
from web.turns import Turns

EDITIONS_MAX: Final = 24


class KeptEditions:
    """Editions by version and language, each gathered once while nothing that it rests on has changed."""

    def __init__(self) -> None:
        self._editions: Shelf[tuple[str, int, str], Edition] = Shelf(EDITIONS_MAX, EDITIONS_MAX)
        self._turns = Turns()

    async def of(self, backend: Backend, version: int, language: Language) -> Edition | None:
        """Return a version in a language, or None if there is none. Raises NotAllHereError as gather_edition() does."""
        async with self._turns.of((str(version), language.code)):
            revision = backend.revision()
            if revision is None:
                return await gather_edition(backend, version, language)
            key = (revision, version, language.code)
            found = self._editions.get(key)
            if found is None:
                found = await gather_edition(backend, version, language)
                if found is not None and backend.revision() == revision:
                    self._editions.put(key, found, 1)
            return found
