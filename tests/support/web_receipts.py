"""Receipt files in memory, for tests of pages: a file without signatures, and the report that a test asks for."""

import json

from consensus.receipts import Report, Step
from protocol.ids import MemberId
from tests.support.web_content import Holdings
from web.ports import Account


class MemoryReceipts:
    """Answers checks with `report`; without one, a file that isn't JSON is refused and all else was counted."""

    def __init__(self, holdings: Holdings) -> None:
        self._holdings = holdings
        self.report: Report | None = None
        self.checked: list[bytes] = []

    async def file(self, account: Account, round_id: str) -> bytes | None:
        ballot = self._holdings.all_rounds[round_id].my_ballot
        if ballot is None:
            return None
        return json.dumps({"format": "comitia-receipt", "version": 1, "ballot": ballot.event}).encode()

    async def check(self, round_id: str, data: bytes) -> Report:
        self.checked.append(data)
        if self.report is not None:
            return self.report
        try:
            json.loads(data)
        except ValueError:
            return Report((Step("file", "fail", {"detail": "not JSON"}),), "refused")
        return self._genuine(round_id)

    def _genuine(self, round_id: str) -> Report:
        found = self._holdings.all_rounds[round_id]
        ballot = found.my_ballot
        closed = found.closed
        facts = {"received": 6, "needed": 5, "tellers": 7}
        steps = [
            Step("file", "pass"),
            Step("federation", "pass"),
            Step("round", "pass", {"number": found.summary.number}),
            Step("ballot", "pass", {"time": self._holdings.clock}),
            Step("member", "pass", {"member": self._holdings.me}),
            Step("receipts", "pass", facts),
        ]
        if closed is None:
            steps.append(Step("closing", "wait"))
        else:
            steps += [
                Step("closing", "pass", {"height": closed.height, "signers": 5, "tellers": 7}),
                Step("included", "pass", {"listed": 5, "named": 5, "needed": 3}),
                Step("counted", "pass"),
            ]
        content = None if ballot is None else ballot.content
        return Report(
            tuple(steps),
            "waiting" if closed is None else "counted",
            ballot=None if ballot is None else ballot.event,  # type: ignore[arg-type]
            member=MemberId(self._holdings.me),
            content=None if content is None else content.model_dump(mode="json"),
            counted_as=content if closed is not None else None,
        )
