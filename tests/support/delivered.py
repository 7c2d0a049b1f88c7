"""A ledger to which events come in deliveries, again and again until nothing more is taken."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from node.deliveries import Delivery
from node.ledger import Ledger
from node.refusals import Refusals
from node.storage.database import Database
from protocol.envelope import Envelope
from tests.support.builders import Federation
from tests.support.hand_clock import HandClock

_YEAR_MS = 366 * 86_400_000


@asynccontextmanager
async def delivered(
    path: Path, federation: Federation, deliveries: Sequence[Sequence[Envelope]]
) -> AsyncIterator[tuple[Database, Ledger]]:
    """Yield the store and the ledger of a node that was given these deliveries until they changed nothing any more."""
    async with AsyncExitStack() as stack:
        database = Database(path)
        await database.open()
        stack.push_async_callback(database.close)
        clock = HandClock()
        clock.advance(_YEAR_MS)
        ledger = Ledger(database, federation.id, federation.ring, clock, Refusals(clock))
        await ledger.start()
        stack.push_async_callback(ledger.stop)
        for _ in range(len(deliveries) + 2):
            before = ledger.frontier.digest
            for envelopes in deliveries:
                await ledger.take(Delivery("test", envelopes))
            if ledger.frontier.digest == before:
                break
        yield database, ledger
