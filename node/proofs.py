"""Proofs out of the store, made beside the event loop and kept: satisfies web.proofs_port.Proofs."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from typing import Final

from node.proving import ProvingError, prove_agenda, prove_round
from node.register import Register
from node.register_log import RegisterLog
from node.storage.database import Connection, Database
from protocol.charter import CharterFile
from protocol.register import AgendaRecord
from web.proofs_port import ProofNotHereError

_KEPT_BYTES_MAX: Final = 32 * 1024 * 1024

Prove = Callable[[Connection, CharterFile], bytes | None]


class Proofs:
    """Makes one full proof at a time; what is certified never changes, so each is made once while it is kept."""

    def __init__(self, database: Database, register: Register, log: RegisterLog, file: CharterFile) -> None:
        self._database = database
        self._register = register
        self._log = log
        self._file = file
        self._making = asyncio.Lock()
        self._kept: OrderedDict[tuple[str, str], bytes] = OrderedDict()

    @property
    def tellers_fingerprint(self) -> str:
        """What a short proof is checked against without the charter, 64 hex digits."""
        return self._log.tellers_fingerprint

    async def short_of_agenda(self, version: int) -> bytes | None:
        """Return the short proof of a version of the agenda, or None while a quorum has not cosigned it."""
        for entry in await self._register.of_kind("agenda"):
            if isinstance(entry.record, AgendaRecord) and entry.record.body.version == version:
                return await self._log.short_proof(entry.height)
        return None

    async def full_of_agenda(self, version: int) -> bytes | None:
        """Return the full proof of a version of the agenda, or None. Raises ProofNotHereError."""
        return await self._full(("agenda", str(version)), partial(prove_agenda, version=version))

    async def full_of_round(self, round_id: str) -> bytes | None:
        """Return the full proof of a closed round, or None. Raises ProofNotHereError."""
        return await self._full(("round", round_id), partial(prove_round, round_id=round_id))

    async def _full(self, name: tuple[str, str], prove: Prove) -> bytes | None:
        async with self._making:
            if name in self._kept:
                self._kept.move_to_end(name)
                return self._kept[name]
            try:
                made = await self._database.read_in_background(lambda connection: prove(connection, self._file))
            except ProvingError as error:
                raise ProofNotHereError(str(error)) from error
            if made is not None:
                self._keep(name, made)
            return made

    def _keep(self, name: tuple[str, str], made: bytes) -> None:
        """Keep a proof, and forget those that were asked for longest ago while all are too large together."""
        self._kept[name] = made
        while len(self._kept) > 1 and sum(map(len, self._kept.values())) > _KEPT_BYTES_MAX:
            self._kept.popitem(last=False)
