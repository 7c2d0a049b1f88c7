"""comitia verify: a node's whole store checked against the charter, an archive or a proof against a fingerprint."""

import asyncio
import re
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from consensus.agenda_files import AGENDA_FILE_BYTES_MAX
from node.archive_check import check_archive
from node.archive_tree import MANIFEST
from node.audit import Audited, AuditError, StoreAudit
from node.audit_register import RegisterAudit
from node.clock import SystemClock
from node.commands import output
from node.commands.progress import Meter
from node.files import read_bounded
from node.offline import offline_node
from node.verifying import VerifyingError, verify
from protocol import limits
from protocol.charter import parse_file
from protocol.errors import ComitiaError


def run(
    path: Annotated[
        Path,
        typer.Argument(metavar="PATH", help="A stopped node's data directory, an archive, a proof, or an agenda."),
    ],
    *,
    fingerprint: Annotated[
        str,
        typer.Option(metavar="HEX", help="Needed for files: the federation's; for a short proof also the tellers'."),
    ] = "",
    charter: Annotated[
        Path | None, typer.Option(metavar="FILE", help="For a short proof against the federation's fingerprint.")
    ] = None,
    proof: Annotated[Path | None, typer.Option(metavar="FILE", help="The proof of an agenda's JSON or PDF.")] = None,
    as_json: output.AsJson = False,
) -> None:
    """Check all that a node or an archive holds, or a proof. Nothing is believed but the charter or fingerprint.

    Exit code 1, with the first thing that fails, unless all holds.
    """
    if (path / MANIFEST).is_file():
        _verify_archive(path, _hexadecimal(fingerprint) if fingerprint else "", as_json=as_json)
    elif path.is_dir():
        _verify_store(path, as_json=as_json)
    else:
        _verify_file(path, _hexadecimal(fingerprint), charter, proof, as_json=as_json)


def _verify_store(directory: Path, *, as_json: bool) -> None:
    done = Audited()
    federation, failure = asyncio.run(_verify(directory, done))
    value = {"federation": federation, "ok": failure is None, "failure": str(failure or ""), **asdict(done)}
    output.show(value, _table(federation, done), as_json=as_json)
    if failure is not None:
        raise failure


def _verify_archive(archive: Path, fingerprint: str, *, as_json: bool) -> None:
    meter = Meter("compared files")
    done = check_archive(archive, meter, fingerprint)
    meter.end()
    lines = [f"ok      {step:12} {words}" for step, words in done.steps.items()]
    if done.failed:
        lines.append(f"failed  {done.failed:12} {done.fault}")
    output.show({**asdict(done), "path": str(archive), "ok": done.holds}, lines, as_json=as_json)
    if done.failed:
        raise VerifyingError(f"{archive} does not hold: step {done.failed}: {done.fault}")


def _hexadecimal(fingerprint: str) -> str:
    """Return a fingerprint as 64 hex digits, however it was grouped. Raises BadParameter."""
    digits = re.sub(r"[\s:-]", "", fingerprint).lower()
    if not re.fullmatch(r"[0-9a-f]{64}", digits):
        raise typer.BadParameter("64 hexadecimal digits, from a member that you trust", param_hint="--fingerprint")
    return digits


def _verify_file(path: Path, fingerprint: str, charter: Path | None, proof: Path | None, *, as_json: bool) -> None:
    data = read_bounded(path, AGENDA_FILE_BYTES_MAX)
    founded = None if charter is None else parse_file(read_bounded(charter, limits.CHARTER_BYTES_MAX))
    beside = None if proof is None else read_bounded(proof, limits.FULL_PROOF_BYTES_MAX)
    report = verify(data, fingerprint, charter=founded, proof=beside)
    output.show({"file": str(path), **report.value()}, report.lines(), as_json=as_json)
    if report.failure is not None:
        raise VerifyingError(f"{path} does not hold: step {report.failure.id}: {report.failure.words}")


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
