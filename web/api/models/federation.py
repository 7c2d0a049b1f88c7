"""The federation, its members, and the state of this node."""

from typing import Literal, Self

from protocol.events.rounds import ProcedureName
from protocol.policy import Procedure, TrackPolicy
from web.api.models.basis import Answer, Count, Hex, MemberName, Moment, Names, Page, Settings, Track, moment
from web.ports import FederationView, MemberView, NodeStatus


class ProcedureRule(Answer):
    """One kind of round that the charter allows on a track."""

    procedure: ProcedureName
    """What such a round is for."""
    rule: Settings
    """The settings of the rule that decides it; `rule` is the rule's name."""
    voting_ms: Count
    """How long members have to vote at least, in milliseconds."""
    proxies_per_holder: Count
    """For how many other members one member may vote at most."""

    @classmethod
    def of(cls, name: ProcedureName, procedure: Procedure) -> Self:
        """Return a procedure of the charter."""
        return cls(
            procedure=name,
            rule=procedure.rule,
            voting_ms=procedure.voting_ms,
            proxies_per_holder=procedure.proxies_per_holder,
        )


class TrackRules(Answer):
    """What the charter says of one track."""

    track: Track
    """The track."""
    has_screening: bool
    """Whether the secretariat screens proposals first."""
    capacity_minutes: Count
    """Minutes of one agenda."""
    needs_ratification: bool
    """Whether what is adopted lapses unless it is ratified."""
    procedures: tuple[ProcedureRule, ...]
    """The kinds of rounds that may be opened."""

    @classmethod
    def of(cls, track: Track, policy: TrackPolicy) -> Self:
        """Return the rules of a track."""
        return cls(
            track=track,
            has_screening=policy.screening,
            capacity_minutes=policy.capacity_minutes,
            needs_ratification=policy.ratification,
            procedures=tuple(ProcedureRule.of(name, policy.procedures[name]) for name in sorted(policy.procedures)),
        )


class Federation(Answer):
    """The federation and this node's place in it."""

    id: Hex
    """The hash of the charter: the federation's identity."""
    names: Names
    """Its names by language tag."""
    founded: Moment
    """When the charter was drawn up."""
    node_member: MemberName
    """Id of the member whose node answers."""
    members: Count
    """How many members are on the roll."""
    tellers: tuple[MemberName, ...]
    """Ids of the members whose nodes certify."""
    register_height: Count
    """How many records are certified."""
    constituencies: tuple[str, ...]
    """Ids of all constituencies."""
    tracks: tuple[TrackRules, ...]
    """The charter's rules of each track."""

    @classmethod
    def of(cls, view: FederationView) -> Self:
        """Return the federation."""
        return cls(
            id=view.id,
            names=view.names,
            founded=moment(view.founded),
            node_member=view.me,
            members=view.members,
            tellers=view.tellers,
            register_height=view.height,
            constituencies=view.constituencies,
            tracks=tuple(TrackRules.of(track, view.policies[track]) for track in ("long", "short")),
        )


class Member(Answer):
    """A member organisation, with what it did."""

    id: MemberName
    """Its id."""
    names: Names
    """Its names by language tag."""
    country: str
    """Its country by ISO 3166."""
    constituencies: tuple[str, ...]
    """Ids of the constituencies that it belongs to."""
    is_teller: bool
    """Whether its node certifies."""
    is_secretariat: bool
    """Whether it holds the secretariat."""
    proposals: Count
    """Proposals that it has made."""
    endorsements: Count
    """Endorsements that it has signed, those taken back included."""
    ballots: Count
    """Ballots that it has signed, changed ones included."""
    forked_keys: tuple[Hex, ...]
    """Keys of it that signed two different things in one place, so that they count no more."""

    @classmethod
    def of(cls, view: MemberView) -> Self:
        """Return a member."""
        return cls(
            id=view.id,
            names=view.names,
            country=view.country,
            constituencies=view.constituencies,
            is_teller=view.is_teller,
            is_secretariat=view.is_secretariat,
            proposals=view.proposals,
            endorsements=view.endorsements,
            ballots=view.ballots,
            forked_keys=view.forked_keys,
        )


class MemberPage(Page):
    """Members in the order of their ids."""

    total: Count
    """How many there are in all."""
    items: tuple[Member, ...]
    """The members of this part."""


class Node(Answer):
    """The public part of this node's state."""

    software: Literal["comitia"]
    """What the node runs."""
    version: str
    """Its version."""
    started: Moment
    """Since when it has been running."""
    now: Moment
    """The node's time."""
    register_height: Count
    """How many certified records it holds."""
    events: Count
    """How many events it holds."""
    chains: Count
    """How many keys' chains they form."""
    nodes_known: Count
    """Other nodes that it talks to or tries to."""
    nodes_connected: Count
    """How many of these are connected now."""
    forked_keys: Count
    """Keys that signed two different things in one place."""
    is_teller: bool
    """Whether this process does a teller's work."""
    halted: str | None
    """Why the register has halted, or null."""

    @classmethod
    def of(cls, status: NodeStatus) -> Self:
        """Return what everybody may know of a node."""
        return cls(
            software="comitia",
            version=status.version,
            started=moment(status.started),
            now=moment(status.now),
            register_height=status.height,
            events=status.events,
            chains=status.chains,
            nodes_known=len(status.peers),
            nodes_connected=sum(peer.is_connected for peer in status.peers),
            forked_keys=len(status.forks),
            is_teller=status.is_teller,
            halted=status.halted or None,
        )
