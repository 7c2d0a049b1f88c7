"""comitia verify: a node's whole store checked against the charter."""

import asyncio
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from node.audit import Audited, AuditError, StoreAudit
from node.audit_register import RegisterAudit
from node.clock import SystemClock
from node.commands import output
from node.commands.progress import Meter
from node.offline import offline_node
from protocol.errors import ComitiaError


def run(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="The data directory of a node that is stopped.")],
    *,
    as_json: output.AsJson = False,
) -> None:
    """Check everything that a node holds: signatures, chains, forks, texts, certificates, outcomes and agendas.

    Nothing that is stored is believed but the charter. Exit code 1, with the first thing that fails, unless all holds.
    """
    done = Audited()
    federation, failure = asyncio.run(_verify(directory, done))
    value = {"federation": federation, "ok": failure is None, "failure": str(failure or ""), **asdict(done)}
    output.show(value, _table(federation, done), as_json=as_json)
    if failure is not None:
        raise failure


async def _verify(directory: Path, done: Audited) -> tuple[str, ComitiaError | None]:
    meters = [Meter("checked events"), Meter("checked records")]
    async with offline_node(directory, SystemClock()) as node:
        try:
            await StoreAudit(node, done, meters[0]).run()
            meters[0].end()
            await RegisterAudit(node, done, meters[1]).run()
        except ComitiaError as error:
            return node.federation, AuditError(f"{directory}: {error}")
        finally:
            for meter in meters:
                meter.end()
        return node.federation, None


def _table(federation: str, done: Audited) -> Iterator[str]:
    texts = f"{done.texts_held} held, {done.texts_erased} erased, {done.texts_missing} not here"
    yield f"charter   {federation[:16]}… signed by all founders"
    yield f"events    {done.events} in {done.chains} chains, {done.forks} keys forked"
    yield f"texts     {texts}"
    yield f"register  {done.records} records, {done.rounds_closed} rounds counted again, {done.agendas} agendas rebuilt"
    yield f"log       {done.cosignatures} cosignatures, {len(done.cosignatures_wrong)} wrong"
    yield from (f"  wrong   {words}" for words in done.cosignatures_wrong)
