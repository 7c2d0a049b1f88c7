"""The record of the in-memory backend's member, out of what it holds."""

from dataclasses import dataclass

from tests.support.web_content import Holdings
from web.record_port import DeedView, MemberRecord, VoteView


@dataclass
class MemoryRecord:
    """Satisfies web.record_port.RecordPort."""

    holdings: Holdings

    async def read(self) -> MemberRecord:
        me = self.holdings.me
        rounds = sorted(self.holdings.all_rounds.values(), key=lambda found: -found.summary.closes)
        votes = tuple(
            VoteView(found, next((ballot for ballot in found.roll_call if ballot.member == me), found.my_ballot))
            for found in rounds
            if found.outcome is not None
        )
        deeds = []
        for view in self.holdings.all_proposals.values():
            key, stage, at = view.summary.id, view.summary.stage, view.summary.time
            if view.summary.member == me:
                deeds.append(DeedView("proposal", key, view.text, stage, at))
            if me in view.endorsed_by:
                deeds.append(DeedView("endorsement", key, view.text, stage, at))
            for position in view.positions:
                if position.member == me:
                    deeds.append(DeedView("position", key, view.text, stage, position.time, position.stance))
        return MemberRecord(votes, tuple(sorted(deeds, key=lambda deed: -deed.at)))
