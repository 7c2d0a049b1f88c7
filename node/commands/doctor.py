"""comitia doctor: what can go wrong with a node, each thing with its remedy."""

import asyncio
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from node.clock import SystemClock
from node.commands import output, passphrases
from node.diagnosis import Check
from node.doctor import Wish, examine, verdict

_MARKS = {"ok": "ok    ", "warn": "WARN  ", "fail": "FAIL  ", "skip": "-     "}
_NAME_WIDTH = 12
_WORDS = {"well": "All is well.", "warnings": "It works; see the warnings.", "ill": "Something is wrong: see above."}


def run(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="The node's data directory, running or not.")],
    *,
    passphrase_file: passphrases.NodePassphraseFile = None,
    as_json: output.AsJson = False,
) -> int:
    """Check settings, permissions, charter, keys, store, disk, backups, ports, addresses, peers and clock.

    Nothing is changed. Each line says what was found and, where it isn't well, what to do. The exit code is 1 if
    anything failed; warnings alone give 0.
    """
    wish = Wish(directory.absolute(), passphrase_file, SystemClock())
    checks = asyncio.run(_examined(wish, is_shown=not as_json))
    found = verdict(checks)
    value = {"verdict": found, "checks": [asdict(check) for check in checks]}
    output.show(value, [_WORDS[found]], as_json=as_json)
    return 1 if found == "ill" else 0


async def _examined(wish: Wish, *, is_shown: bool) -> list[Check]:
    checks = []
    async for check in examine(wish):
        checks.append(check)
        if is_shown:
            output.show({}, [_line(check)], as_json=False)
    return checks


def _line(check: Check) -> str:
    remedy = f": {check.remedy}" if check.remedy else ""
    return f"{_MARKS[check.state]}{check.name:{_NAME_WIDTH}} {check.said}{remedy}"
