"""Rounds: what was asked, how far the tellers are, what came out, and who voted how once that is certified."""

from typing import Self

from consensus.ballots import Ballot
from consensus.outcome import Outcome
from protocol.events.rounds import ProcedureName
from web.api.models.basis import (
    Answer,
    Count,
    GoalNumber,
    Hex,
    MemberName,
    Moment,
    Page,
    Settings,
    SubjectKind,
    Text,
    Title,
    Track,
    moment,
)
from web.ports import BallotView, CertificateView, OptionView, RoundState, RoundSummary, RoundView, TellerMark

_VOTING = ("scheduled", "open")


class RoundEntry(Answer):
    """A round as lists show it."""

    id: Hex
    """Its id."""
    number: Count
    """Its running number."""
    track: Track
    """Its track."""
    rule: str
    """Name of the rule that decides it."""
    state: RoundState
    """How far it is."""
    opens: Moment
    """From when on members may vote."""
    closes: Moment
    """Until when members may vote."""
    options: Count
    """How many options it has."""
    first_title: Title
    """What the first option is called."""
    cast: Count | None
    """Members that have voted; null while members may vote, for running results are hidden."""
    entitled: Count
    """Members that may vote."""

    @classmethod
    def of(cls, view: RoundSummary) -> Self:
        """Return an entry of a list."""
        return cls(
            id=view.id,
            number=view.number,
            track=view.track,
            rule=view.rule,
            state=view.state,
            opens=moment(view.opens),
            closes=moment(view.closes),
            options=view.options,
            first_title=Title.of(view.first_title),
            cast=None if view.state in _VOTING else view.cast,
            entitled=view.entitled,
        )


class RoundPage(Page):
    """Rounds, the last to close first."""

    total: Count
    """How many the filter lets through."""
    items: tuple[RoundEntry, ...]
    """The rounds of this part."""


class Option(Answer):
    """One option of a round, with its frozen text."""

    id: str
    """Its id within the round; ballots name it."""
    subject: Hex
    """Id of the proposal or topic that it stands for."""
    subject_kind: SubjectKind
    """Which of the two that is."""
    text: Text
    """The frozen text."""
    minutes: Count
    """Minutes of the plenary that it asks for."""
    goals: tuple[GoalNumber, ...]
    """Its Sustainable Development Goals."""

    @classmethod
    def of(cls, view: OptionView) -> Self:
        """Return an option."""
        return cls(
            id=view.id,
            subject=view.subject,
            subject_kind=view.subject_kind,
            text=Text.of(view.text),
            minutes=view.minutes,
            goals=view.goals,
        )


class Teller(Answer):
    """What one teller has done after the close."""

    member: MemberName
    """Id of the member whose node it is."""
    has_sealed: bool
    """Whether it has said under seal which ballots it received in time."""
    has_certified: bool
    """Whether it has signed the result."""

    @classmethod
    def of(cls, view: TellerMark) -> Self:
        """Return a teller's mark."""
        return cls(member=view.member, has_sealed=view.has_sealed, has_certified=view.has_certified)


class Certificate(Answer):
    """Who certified a record, and where it stands in the register."""

    height: Count
    """Height of the record in the register."""
    record: Hex
    """The record's id."""
    signers: tuple[MemberName, ...]
    """Ids of the tellers that signed it."""
    tellers: tuple[MemberName, ...]
    """Ids of all tellers."""

    @classmethod
    def of(cls, view: CertificateView) -> Self:
        """Return a certificate."""
        return cls(height=view.height, record=view.record, signers=view.signers, tellers=view.tellers)


class Round(Answer):
    """One round. Who voted how stands in its roll call once the outcome is certified."""

    entry: RoundEntry
    """What lists show of it."""
    procedure: ProcedureName
    """What it is for."""
    rule: Settings
    """The settings of the rule that decides it; `rule` is the rule's name."""
    capacity_minutes: Count
    """Minutes that the options compete for."""
    options: tuple[Option, ...]
    """What is asked, in the frozen order."""
    may_change: bool
    """Whether a ballot can be changed until the close."""
    proxies_per_holder: Count
    """For how many other members one member may vote."""
    roll_height: Count
    """Height of the roll that says who may vote."""
    cast: Count | None
    """Members that have voted; null while that is hidden."""
    receipts_needed: Count
    """With receipts of so many tellers a ballot is certain to count."""
    tellers: tuple[Teller, ...]
    """What each teller has done; none before the close."""
    absent_tellers: tuple[MemberName, ...]
    """Ids of tellers that a stalled round waits for."""
    opened: Certificate
    """Who certified that it was opened."""
    closed: Certificate | None
    """Who certified its outcome, or null before."""
    outcome: Outcome | None
    """What came out and why; null until it is certified."""
    void_members: tuple[MemberName, ...]
    """Members whose ballots are void, because two different ones were signed in one place."""
    unreadable: tuple[MemberName, ...]
    """Members whose counted ballots hold nothing that can be read."""
    lot: str | None
    """The round's public lot in hexadecimal; null until it is certified."""

    @classmethod
    def of(cls, view: RoundView) -> Self:
        """Return a round, without what its page hides while members may vote."""
        is_voting = view.summary.state in _VOTING
        return cls(
            entry=RoundEntry.of(view.summary),
            procedure=view.spec.procedure,
            rule=view.spec.rule,
            capacity_minutes=view.spec.question.capacity_minutes,
            options=tuple(map(Option.of, view.options)),
            may_change=view.spec.may_change,
            proxies_per_holder=view.spec.proxies_per_holder,
            roll_height=view.spec.roll,
            cast=None if is_voting and view.spec.hide_running else len(view.voted),
            receipts_needed=view.receipts_needed,
            tellers=() if is_voting else tuple(map(Teller.of, view.marks)),
            absent_tellers=view.absent_tellers,
            opened=Certificate.of(view.opened),
            closed=None if view.closed is None else Certificate.of(view.closed),
            outcome=view.outcome,
            void_members=view.void_members,
            unreadable=view.unreadable,
            lot=view.lot or None,
        )


class CountedBallot(Answer):
    """One member's last ballot in a certified round."""

    event: Hex
    """Id of the event that carries it."""
    member: MemberName
    """Id of the member."""
    holder: MemberName | None
    """Id of the member that voted for it by proxy, or null; the ballot is then that member's."""
    is_counted: bool
    """Whether it was counted."""
    ballot: Ballot
    """What it says."""
    signed: Moment
    """When the member signed it."""

    @classmethod
    def of(cls, view: BallotView) -> Self:
        """Return a ballot of a roll call."""
        return cls(
            event=view.event,
            member=view.member,
            holder=view.holder or None,
            is_counted=bool(view.is_counted),
            ballot=view.content,
            signed=moment(view.time),
        )


class RollCallPage(Page):
    """Who voted how in a certified round, by the members' ids."""

    total: Count
    """How many ballots there are in all."""
    items: tuple[CountedBallot, ...]
    """The ballots of this part."""


class OwnBallot(Answer):
    """The ballot of this node's member, and how far it is from certain."""

    event: Hex
    """Id of the event that carries it."""
    ballot: Ballot
    """What it says."""
    signed: Moment
    """When it was signed."""
    received_by: tuple[MemberName, ...]
    """Ids of the tellers whose receipts list it."""
    receipts_needed: Count
    """With receipts of so many tellers it is certain to count."""
    is_certain: bool
    """Whether it is certain to count, or was counted."""
    is_counted: bool | None
    """Whether it was counted; null before the outcome is certified."""

    @classmethod
    def of(cls, view: BallotView, needed: int) -> Self:
        """Return a ballot with the tellers' words about it."""
        is_enough = len(view.received_by) >= needed if view.is_counted is None else view.is_counted
        return cls(
            event=view.event,
            ballot=view.content,
            signed=moment(view.time),
            received_by=view.received_by,
            receipts_needed=needed,
            is_certain=is_enough,
            is_counted=view.is_counted,
        )


class OpenRound(Answer):
    """A round in which members may vote, and whether this one has."""

    entry: RoundEntry
    """The round."""
    has_voted: bool
    """Whether this node's member has cast a ballot."""

    @classmethod
    def of(cls, view: RoundSummary) -> Self:
        """Return an open round."""
        return cls(entry=RoundEntry.of(view), has_voted=view.mine)


class OpenRounds(Answer):
    """The rounds in which members may vote now, the first to close first."""

    items: tuple[OpenRound, ...]
    """The rounds."""
