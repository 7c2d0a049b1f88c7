"""What this node's member has done, out of the store: satisfies web.record_port.RecordPort."""

from node.courses import view_of
from node.rounds import Rounds
from node.stages import Stages
from node.storage import events as store
from node.storage.database import Connection, Database
from protocol.events.consultation import Position
from protocol.ids import MemberId
from web.record_port import DeedView, MemberRecord, VoteView


class Record:
    """Reads what one member has said and how it has voted."""

    def __init__(self, database: Database, rounds: Rounds, stages: Stages, me: MemberId) -> None:
        self._database = database
        self._rounds = rounds
        self._stages = stages
        self._me = me

    async def read(self) -> MemberRecord:
        """Return the member's votes in certified rounds and what it said of proposals, newest first."""
        certified = [summary for summary in await self._rounds.all() if summary.state == "certified"]
        votes = [vote for summary in certified if (vote := await self._vote(summary.id)) is not None]
        said = await self._database.read(
            lambda c: store.subjects_of(c, self._me, "proposal", "endorsement", "position")
        )
        deeds = [deed for proposal, times in said.items() for deed in await self._deeds(proposal, times)]
        return MemberRecord(tuple(votes), tuple(sorted(deeds, key=lambda deed: (-deed.at, deed.proposal, deed.kind))))

    async def _deeds(self, proposal: str, times: dict[str, int]) -> tuple[DeedView, ...]:
        """Return what was done about one proposal; one at a time, so that pages get their turns between."""
        return await self._database.read(lambda c: _deeds(c, proposal, times, self._stages, self._me))

    async def _vote(self, round_id: str) -> VoteView | None:
        view = await self._rounds.one(round_id)
        if view is None or view.outcome is None:
            return None
        called = next((ballot for ballot in view.roll_call if ballot.member == self._me), None)
        return VoteView(view, called or view.my_ballot)


def _deeds(
    connection: Connection, proposal: str, times: dict[str, int], stages: Stages, me: MemberId
) -> tuple[DeedView, ...]:
    state = stages.state(connection, proposal)
    if state is None:
        return ()
    text = view_of(connection, state.text.text)
    found = []
    if "proposal" in times:
        found.append(DeedView("proposal", proposal, text, state.stage, times["proposal"]))
    if me in state.endorsed_by:
        found.append(DeedView("endorsement", proposal, text, state.stage, times.get("endorsement", 0)))
    if me in state.positions:
        position = state.positions[me]
        assert isinstance(position.event.body, Position)
        stance = position.event.body.stance
        found.append(DeedView("position", proposal, text, state.stage, position.event.time, stance))
    return tuple(found)
