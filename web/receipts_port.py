"""Receipts of ballots as files, and what has become of those ballots: a port of a node.

The format of the file and the steps of a check are those of consensus/receipts.py and SPEC.md.
"""

from typing import Protocol

from consensus.receipts import Report
from web.ports import Account


class Receipts(Protocol):
    """Makes and checks receipt files."""

    async def file(self, account: Account, round_id: str) -> bytes | None:
        """Return the receipt file of the member's latest ballot in a round, or None if it has none here."""
        ...

    async def check(self, round_id: str, data: bytes) -> Report:
        """Check a receipt file against a round of this node. Hostile files are refused at the step that failed."""
        ...
