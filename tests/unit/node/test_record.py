"""What a member has done, read from a node on which everything is real."""

from pathlib import Path

from consensus.ballots import ApprovalBallot
from tests.support.builders import EQUAL_SHARES, SIMPLE_MAJORITY
from tests.unit.node.test_service import desk_with


async def test_votes_and_deeds_stand_in_the_record(tmp_path: Path) -> None:
    async with desk_with(tmp_path, EQUAL_SHARES, SIMPLE_MAJORITY) as desk:
        record = desk.service.record
        assert await record.read() == type(await record.read())((), ())
        first = await desk.propose("Clean rivers")
        second = await desk.propose("Early warning")
        await desk.service.take_position(desk.account("delegate"), first, "concern", "en", "Too late.")
        await desk.service.take_position(desk.account("delegate"), first, "support", "en", "In time.")
        unvoted = await desk.opened(second, track="long")
        await desk.certified(unvoted.id)
        found = await desk.opened(first, track="long")
        await desk.service.cast(desk.account("delegate"), found.id, ApprovalBallot(approves=("o1",)))
        assert len((await record.read()).votes) == 1, "a round stands there once it is certified"
        await desk.certified(found.id)

        read = await record.read()

        votes = {vote.round.summary.id: vote.ballot for vote in read.votes}
        assert votes[unvoted.id] is None
        ballot = votes[found.id]
        assert ballot is not None
        assert (ballot.content, ballot.is_counted) == (ApprovalBallot(approves=("o1",)), True)
        assert {deed.text.title for deed in read.of_kind("proposal")} == {"Clean rivers", "Early warning"}
        assert read.of_kind("endorsement") == ()
        assert [(deed.proposal, deed.stance) for deed in read.of_kind("position")] == [(first, "support")]
        assert [deed.at for deed in read.deeds] == sorted((deed.at for deed in read.deeds), reverse=True)
