"""The open data of the in-memory backend: the roll alone has rows, certified rounds have files."""

import hashlib
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

from tests.support.web_content import Holdings
from web.csv_text import csv_row
from web.open_data_tables import BY_NAME, Form


@dataclass(frozen=True)
class MemoryFile:
    """Satisfies web.open_data_port.OpenFile."""

    body: bytes

    @property
    def size(self) -> int:
        return len(self.body)

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.body).hexdigest()

    async def pieces(self) -> AsyncIterator[bytes]:
        middle = len(self.body) // 2
        for piece in (self.body[:middle], self.body[middle:]):
            yield piece


@dataclass
class MemoryOpenData:
    """Satisfies web.open_data_port.OpenData."""

    holdings: Holdings

    async def table(self, name: str, form: Form) -> MemoryFile:
        columns = [column.name for column in BY_NAME[name].columns]
        rows = [{"member": member.id} for member in self.holdings.all_members] if name == "members" else []
        if form == "csv":
            return MemoryFile(csv_row(columns) + b"".join(csv_row(row.get(each) for each in columns) for row in rows))
        return MemoryFile(b"".join(json.dumps(row).encode() + b"\n" for row in rows))

    async def round_files(self, round_id: str) -> Mapping[str, bytes]:
        found = self.holdings.all_rounds.get(round_id)
        if found is None or found.outcome is None or found.outcome.scores is not None:
            return {}
        files = {"cat": b"# TITLE: A round\n"}
        return files | {"pb": b"META\n"} if found.outcome.selection is not None else files
