"""One open round as one teller sees it: ballots, who lists them, whose seals are here.

Receipts: a ballot that is here by the deadline, by this node's own clock, is timely. Grace: a ballot that f+1 tellers'
receipts or seals list is added, timely or not, since an honest teller vouches for it. Seal: both together, once, at
the deadline plus the grace time. Everything here costs the same however many ballots and members there are, except
reading a receipt or a seal, which costs its length.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from consensus.agreement import seals
from consensus.agreement.quorum import Quorum
from consensus.agreement.statements import Statement
from protocol import limits
from protocol.events.rounds import RoundSpec
from protocol.events.tellers import Receipt, Seal
from protocol.ids import EventId, RecordId

SEALS_PER_TELLER_MAX = 2
"""Seals of one teller kept unasked. An honest one makes one; more are kept only when a proposal names them."""


@dataclass(frozen=True, slots=True)
class HeldSeal:
    """A seal that is here: whose it is and the hash of what it lists."""

    teller: int
    listing: str


@dataclass(slots=True)
class OpenRound:
    """The state of one round from its `open` record to its `close` record."""

    id: RecordId
    spec: RoundSpec
    quorum: Quorum
    seal_at: int
    ballots: dict[EventId, Statement] = field(default_factory=dict)
    seals: dict[EventId, HeldSeal] = field(default_factory=dict)
    listings: dict[str, tuple[EventId, ...]] = field(default_factory=dict)
    sealers: dict[int, EventId] = field(default_factory=dict)
    """Each teller whose seal is here with its listing, and the first such seal."""
    is_sealed: bool = False
    """Whether this teller's own seal is signed or asked for."""
    asked_for: set[EventId] = field(default_factory=set)
    """Seals that a proposal names and that are not here."""
    mine: set[EventId] = field(default_factory=set)
    """What this teller will seal."""
    owed: list[EventId] = field(default_factory=list)
    """Timely ballots that no receipt names yet."""
    receipt_at: int | None = None
    """When the last receipt was signed."""
    receipt_due: bool = False
    """Whether an alarm for the next receipt is set."""
    _listed_by: dict[EventId, int] = field(default_factory=dict)
    _listed_count: dict[int, int] = field(default_factory=dict)
    _unsettled: dict[str, list[EventId]] = field(default_factory=dict)
    """Seals whose listing has not been counted yet, by its hash."""

    @property
    def is_ready(self) -> bool:
        """Whether enough seals are here for a closing."""
        return len(self.sealers) >= self.quorum.seals

    def take_ballot(self, ballot: Statement, reached_ms: int) -> bool:
        """Keep a ballot of this round that reached this node at a time by its own clock; return whether it is new."""
        if ballot.id in self.ballots:
            return False
        self.ballots[ballot.id] = ballot
        if self.is_sealed:
            return True
        if reached_ms <= self.spec.closes:
            if ballot.id not in self.mine:
                self.mine.add(ballot.id)
                self.owed.append(ballot.id)
        elif self._is_vouched_for(ballot.id):
            self.mine.add(ballot.id)
        return True

    def take_listed(self, teller: int, ballots: Iterable[EventId]) -> list[EventId]:
        """Note what a teller's receipt or seal lists; return the vouched-for ballots that are not here."""
        if self.is_sealed:
            return []
        bit = 1 << teller
        missing: list[EventId] = []
        for ballot in ballots:
            before = self._listed_by.get(ballot, 0)
            if before & bit or not self._may_list_more(teller):
                continue
            self._listed_by[ballot] = before | bit
            if self._is_vouched_for(ballot):
                if ballot in self.ballots:
                    self.mine.add(ballot)
                elif (before | bit).bit_count() == self.quorum.amplification:
                    missing.append(ballot)
        return missing

    def take_own_receipt(self, receipt: Receipt) -> None:
        """Stand by a receipt of one's own: what it names will be sealed."""
        named = set(receipt.ballots)
        self.mine |= named
        self.owed = [ballot for ballot in self.owed if ballot not in named]

    def take_seal(self, event: EventId, teller: int, seal: Seal) -> bool:
        """Keep a seal; return whether its listing is here, so that settle() may follow."""
        if event not in self.seals:
            of_teller = sum(1 for other in self.seals.values() if other.teller == teller)
            if of_teller >= SEALS_PER_TELLER_MAX and event not in self.asked_for:
                return True
            self.asked_for.discard(event)
            self.seals[event] = HeldSeal(teller, seal.listing)
            self._unsettled.setdefault(seal.listing, []).append(event)
            if seal.ballots is not None:
                self.listings[seal.listing] = seal.ballots
        return seal.listing in self.listings

    def take_listing(self, listing: str, ballots: tuple[EventId, ...]) -> bool:
        """Keep a listing if a seal that is here asks for it; return whether it does."""
        if listing not in self._unsettled:
            return False
        self.listings[listing] = ballots
        return True

    def settle(self, listing: str) -> list[EventId]:
        """Count the seals with this listing, which is here; return vouched-for ballots that are not here."""
        missing: list[EventId] = []
        for event in self._unsettled.pop(listing, ()):
            teller = self.seals[event].teller
            self.sealers.setdefault(teller, event)
            missing.extend(self.take_listed(teller, self.listings[listing]))
        return missing

    def seal_ballots(self) -> tuple[EventId, ...]:
        """Return what this teller's seal lists, ascending, within the limit of a seal."""
        if len(self.mine) <= limits.SEAL_BALLOTS_MAX:
            return tuple(sorted(self.mine))
        return seals.trim_to_limit(self.ballots[ballot] for ballot in self.mine if ballot in self.ballots)

    def included(self, named: Iterable[EventId]) -> tuple[EventId, ...]:
        """Return the ballots that closing with these seals includes, ascending. Seals and listings are here."""
        listings = [self.listings[self.seals[event].listing] for event in named]
        return seals.included_ballots(listings, self.quorum.inclusion)

    def _is_vouched_for(self, ballot: EventId) -> bool:
        return self._listed_by.get(ballot, 0).bit_count() >= self.quorum.amplification

    def _may_list_more(self, teller: int) -> bool:
        count = self._listed_count.get(teller, 0)
        self._listed_count[teller] = count + 1
        return count < 2 * limits.SEAL_BALLOTS_MAX
