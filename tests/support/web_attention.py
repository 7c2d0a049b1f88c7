"""What waits and what ends when, for tests of pages: worked out from what the in-memory backend holds."""

from tests.support.web_content import Holdings
from web.attention_port import Deadline, Need
from web.ports import Account, RoundSummary, TextView

DAY = 86_400_000


class MemoryAttention:
    """Open rounds of the backend, and whatever a test adds."""

    def __init__(self, holdings: Holdings) -> None:
        self._holdings = holdings
        self.more: list[Need] = []
        self.dates: list[Deadline] = []

    async def needs(self, account: Account) -> tuple[Need, ...]:
        rounds = (found.summary for found in self._holdings.all_rounds.values())
        return (*(self._round(each) for each in rounds if each.state == "open"), *self.more)

    def _round(self, summary: RoundSummary) -> Need:
        ballot = self._holdings.all_rounds[summary.id].my_ballot
        return Need(
            kind="vote" if ballot is None else "voted",
            subject=summary.id,
            title=summary.first_title,
            until=summary.closes,
            path=f"/rounds/{summary.id}",
            since=summary.opens,
            round=summary,
            received=0 if ballot is None else len(ballot.received_by),
            receipts_needed=5,
            may_change=True,
        )

    async def deadlines(self) -> tuple[Deadline, ...]:
        rounds = [found.summary for found in self._holdings.all_rounds.values() if found.summary.state == "open"]
        closing = [
            Deadline("round-closes", s.id, s.first_title, s.opens, s.closes, f"/rounds/{s.id}", s.number, s)
            for s in rounds
        ]
        return tuple(sorted([*closing, *self.dates], key=lambda each: each.at))


def some_needs(holdings: Holdings) -> list[Need]:
    """Return a need of every kind that is about a proposal."""
    first, second = list(holdings.all_proposals.values())[:2]
    other, now = holdings.all_members[2].id, holdings.clock
    title = TextView("held", first.text.lang, first.text.title)
    path = f"/proposals/{first.summary.id}"

    def need(kind: str, subject: str, **more: object) -> Need:
        known = {"until": None, "member": other, "stage": "consulting", "proposal": first.summary.id}
        return Need(kind=kind, subject=subject, title=title, path=path, since=now - DAY, **(known | more))  # type: ignore[arg-type]

    return [
        need("objection", "b1" * 32, until=now + 2 * DAY),
        need("amendment", "a1" * 32),
        need("consolidation", second.summary.id),
        need("reconfirm", first.summary.id),
        need("call", first.summary.id, until=now + 3 * DAY),
        need("reply", "b2" * 32),
        need("talk", first.summary.id, count=2),
        need("own", first.summary.id, stage="endorsing", until=now + 9 * DAY, acts=("revise", "withdraw")),
    ]


def some_dates(holdings: Holdings) -> list[Deadline]:
    """Return a deadline of every kind that is about a proposal."""
    first = next(iter(holdings.all_proposals.values()))
    title, path, now = TextView("held", "ar", "ماء نظيف"), f"/proposals/{first.summary.id}", holdings.clock
    kinds = ("call", "notice", "lapse", "review-due", "sunset", "objection")
    return [
        Deadline(kind, first.summary.id, title, now, now + place * DAY, path, place)  # type: ignore[arg-type]
        for place, kind in enumerate(kinds, start=1)
    ]
