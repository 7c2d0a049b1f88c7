"""How many tellers it takes: every count that agreement rests on, from the number of tellers alone.

Of n tellers at most f = ⌊(n−1)/3⌋ may be traitors. A quorum has q = ⌊(n+f)/2⌋+1 votes, the least for which two
quorums always share an honest teller. 2f+1 would be too few whenever n is not 3f+1: of six tellers, two disjoint
groups of three could certify different records.
"""

from dataclasses import dataclass
from typing import Self

from protocol.errors import LocalError
from protocol.short_proof import quorum_of


@dataclass(frozen=True, slots=True)
class Quorum:
    """The counts for one set of tellers."""

    tellers: int
    """n"""
    faulty: int
    """f: how many traitors all promises withstand."""
    votes: int
    """q: equal votes that decide."""
    seals: int
    """Seals that a closing must name: n−f, as many as come even if every traitor is silent."""
    inclusion: int
    """Named seals that must list a ballot: f+1, so that an honest teller vouches for it."""
    amplification: int
    """Receipts or seals on which another teller adds a ballot to its own seal: f+1."""
    catch_up: int
    """Tellers heard in a later view before one moves on to it: f+1."""
    certain_receipts: int
    """Timely receipts after which a ballot counts whatever happens: 2f+1."""

    @classmethod
    def of(cls, tellers: int) -> Self:
        """Return the counts for n ≥ 1 tellers. Raises LocalError for fewer."""
        if tellers < 1:
            raise LocalError("a federation needs at least one teller")
        faulty = (tellers - 1) // 3
        return cls(
            tellers=tellers,
            faulty=faulty,
            votes=quorum_of(tellers),
            seals=tellers - faulty,
            inclusion=faulty + 1,
            amplification=faulty + 1,
            catch_up=faulty + 1,
            certain_receipts=2 * faulty + 1,
        )
