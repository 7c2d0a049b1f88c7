"""What pages need of a node: the Backend port, and the values that it answers with.

Every query answers from the local store; none waits for another node. Every command returns after its event has been
committed to disk, and raises Refused with a code that a page words for its reader. All ids are hex strings, all times
milliseconds since 1970 UTC. Texts may be missing: not yet here, or erased.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

from consensus.ballots import Ballot as BallotContent
from consensus.fairness.agenda_report import ItemSource
from consensus.outcome import Outcome
from protocol.events.consultation import Track
from protocol.events.rounds import ProcedureName, RoundSpec
from protocol.policy import TrackPolicy
from web.accounts_port import AccountsPort
from web.explorer_views import ExplorerFilter, ExplorerView, GroupView, SearchQuery, SearchResults
from web.record_port import RecordPort

if TYPE_CHECKING:
    from web.desk_port import Desk
    from web.discussion_port import Discussion
    from web.operator_port import Operator

if TYPE_CHECKING:
    from web.attention_port import Attention
    from web.drafts_port import Drafts, SentForms
    from web.notices_port import Notices
    from web.proofs_port import Proofs
    from web.receipts_port import Receipts
    from web.webhooks_port import Webhooks

if TYPE_CHECKING:
    from web.tokens_port import TokensPort

Role = Literal["delegate", "head", "secretariat", "operator"]
"""A head of delegation may do all that a delegate may, and give the member's vote to another member."""
Stance = Literal["support", "conditional", "concern", "objection"]
Means = Literal["link", "passkey", "password", "single-sign-on"]
"""What somebody signs in with."""
FRESH_MS = 15 * 60_000
"""How long after signing in one may change how one signs in, or let somebody else in."""
TextState = Literal["held", "missing", "erased"]
RoundState = Literal["scheduled", "open", "sealing", "deciding", "stalled", "certified"]


class Refused(Exception):
    """A command was not carried out, and nothing was changed. The code is one that web/refusals.py words."""

    def __init__(self, code: str, **parameters: str | int) -> None:
        super().__init__(code)
        self.code = code
        self.parameters = parameters


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who has signed in at this node."""

    id: str
    name: str
    member: str
    roles: frozenset[Role]
    lang: str | None

    def may_act_as(self, role: Role) -> bool:
        """Whether this account has a role, or one that includes it."""
        return role in self.roles or (role == "delegate" and "head" in self.roles)


@dataclass(frozen=True, slots=True)
class Session:
    """A server-side session: its account, and the secret that its forms carry."""

    account: Account
    csrf: str
    expires: int
    id: str = ""
    """Names the session in lists; it opens nothing."""
    began: int = 0
    """When its owner last proved who they are."""
    means: Means = "link"

    def is_fresh(self, now: int) -> bool:
        """Whether its owner has proved who they are a short while ago."""
        return now - self.began <= FRESH_MS


@dataclass(frozen=True, slots=True)
class MemberView:
    """A member organisation, with what it did."""

    id: str
    names: dict[str, str]
    country: str
    constituencies: tuple[str, ...]
    is_teller: bool
    is_secretariat: bool
    proposals: int
    endorsements: int
    ballots: int
    forked_keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FederationView:
    """The federation and this node's place in it."""

    id: str
    names: dict[str, str]
    founded: int
    me: str
    members: int
    tellers: tuple[str, ...]
    height: int
    constituencies: tuple[str, ...]
    policies: Mapping[Track, TrackPolicy]
    """What the charter says of each track."""


@dataclass(frozen=True, slots=True)
class TextView:
    """A text in its own language. Title, body and urgency are empty unless it is held."""

    state: TextState
    lang: str
    title: str = ""
    body: str = ""
    urgency: str = ""
    erased_by: str = ""
    erased_ground: str = ""
    erased_at: int = 0
    hash: str = ""
    """By which it is found, for what was said of it; nothing where it isn't told."""


@dataclass(frozen=True, slots=True)
class ProposalSummary:
    """A proposal as lists show it."""

    id: str
    member: str
    track: Track
    lang: str
    title: str
    text_state: TextState
    goals: tuple[int, ...]
    minutes: int
    time: int
    endorsements: int
    group: str | None
    """Letter or number of the automatic group that it falls into, if groups have been computed."""
    stage: str = ""
    """Nothing for a moment after it came."""
    ready_amendments: int = 0
    """Amendments that enough members want to put to a vote."""
    text: str = ""
    """Hash of its text."""


@dataclass(frozen=True, slots=True)
class PositionView:
    """A member's latest stance on a proposal."""

    member: str
    stance: Stance
    reasons: TextView
    time: int


@dataclass(frozen=True, slots=True)
class SimilarView:
    """Another proposal that says something alike."""

    id: str
    title: str
    lang: str
    member: str
    likeness: int
    """0 to 100."""


@dataclass(frozen=True, slots=True)
class RoundLink:
    """A round that a proposal or topic stands in."""

    id: str
    number: int
    state: RoundState


@dataclass(frozen=True, slots=True)
class StepView:
    """One thing that happened to a proposal, the stage after it, and why it had no effect if it had none."""

    at: int
    act: str
    by: str | None
    """A member, or nobody for what the tellers certified and for deadlines."""
    event: str
    stage: str
    void: str | None


@dataclass(frozen=True, slots=True)
class VersionView:
    """A version of a proposal's text."""

    event: str
    since: int
    text: TextView
    minutes: int


@dataclass(frozen=True, slots=True)
class AmendmentView:
    """An amendment: the text as it would read, and the version that it changes."""

    id: str
    member: str
    time: int
    text: TextView
    base: TextView | None
    reasons: TextView
    backers: tuple[str, ...]
    outcome: Literal["open", "accepted", "declined", "in-ballot", "adopted", "rejected"]
    declined: TextView | None
    applies: bool
    """Whether the version that it changes is the one in force."""
    is_ready: bool
    """Whether enough members stand behind it to put it to a ballot of its own."""


@dataclass(frozen=True, slots=True)
class ObjectionView:
    """An entry of the objection ledger."""

    id: str
    member: str
    time: int
    reasons: TextView
    answer: Literal["addressed", "accommodated", "dismissed"] | None
    reply: TextView | None
    is_standing: bool


@dataclass(frozen=True, slots=True)
class CallView:
    """A round of consultation."""

    number: int
    since: int
    until: int
    question: TextView | None


@dataclass(frozen=True, slots=True)
class OtherView:
    """Another proposal that this one is linked with."""

    id: str
    title: TextView
    member: str
    stage: str
    why: str


@dataclass(frozen=True, slots=True)
class SupportView:
    """How many members and constituencies stand behind a proposal, its sponsor included, and how many have to."""

    members: int
    needed: int
    constituencies: int
    constituencies_needed: int


@dataclass(frozen=True, slots=True)
class CourseView:
    """A proposal's life so far, and what may happen next."""

    stage: str
    sponsor: str
    admitted: int | None
    notice_until: int | None
    """No round decides before."""
    deadline: tuple[int, str] | None
    """When something happens by itself, and the stage that it leads to."""
    support: SupportView
    link: OtherView | None
    reasons: TextView | None
    steps: tuple[StepView, ...]
    versions: tuple[VersionView, ...]
    """Oldest first; the last is in force."""
    amendments: tuple[AmendmentView, ...]
    objections: tuple[ObjectionView, ...]
    calls: tuple[CallView, ...]
    merges: tuple[OtherView, ...]
    """What this text would consolidate."""
    consolidations: tuple[OtherView, ...]
    """Texts that would consolidate this one."""
    may: tuple[str, ...]
    """What this node's member may do now, by office and stage."""


@dataclass(frozen=True, slots=True)
class ProposalView:
    """A proposal with everything that was said of it."""

    summary: ProposalSummary
    text: TextView
    suggested: tuple[int, ...]
    endorsed_by: tuple[str, ...]
    positions: tuple[PositionView, ...]
    similar: tuple[SimilarView, ...]
    rounds: tuple[RoundLink, ...]
    topics: tuple[str, ...]
    event_bytes: int
    key: str
    course: CourseView


@dataclass(frozen=True, slots=True)
class ProposalFilter:
    """Which proposals to list, newest first."""

    track: Track | None = None
    stage: str | None = None
    goal: int | None = None
    group: str | None = None
    page: int = 1
    per_page: int = 50
    member: str | None = None
    """Who carries it now."""
    before: str | None = None
    """Only those that came to this node before this proposal; then the first page holds the newest of them."""


@dataclass(frozen=True, slots=True)
class ProposalList:
    """One page of proposals, how many there are in all, and per goal for the filter."""

    items: tuple[ProposalSummary, ...]
    total: int
    pages: int
    by_goal: dict[int, int]
    without_goal: int
    by_stage: dict[str, int]
    """How many of the track's and group's there are in each stage."""


@dataclass(frozen=True, slots=True)
class TopicView:
    """A topic that the secretariat has named, with its proposals."""

    id: str
    track: Track
    text: TextView
    goals: tuple[int, ...]
    minutes: int
    proposals: tuple[str, ...]
    time: int


@dataclass(frozen=True, slots=True)
class TellerMark:
    """What one teller has done in a round: the pricked points of a receipt or certificate."""

    member: str
    has_sealed: bool
    has_certified: bool


@dataclass(frozen=True, slots=True)
class BallotView:
    """A ballot with the tellers' words about it."""

    event: str
    member: str
    content: BallotContent
    time: int
    received_by: tuple[str, ...]
    """Tellers whose receipts list it."""
    is_counted: bool | None
    """Whether it was counted; None before the close."""
    holder: str = ""
    """The member that voted for this one by proxy, in a roll call: then the content is that member's."""
    received_at: Mapping[str, int] = field(default_factory=dict)
    """When each of those tellers signed its receipt, by its own clock."""


@dataclass(frozen=True, slots=True)
class OptionView:
    """One option of a question, with its frozen text."""

    id: str
    subject: str
    subject_kind: Literal["proposal", "topic"]
    text: TextView
    minutes: int
    goals: tuple[int, ...]
    member: str


@dataclass(frozen=True, slots=True)
class RoundSummary:
    """A round as lists show it."""

    id: str
    number: int
    track: Track
    rule: str
    state: RoundState
    opens: int
    closes: int
    options: int
    first_title: TextView
    cast: int
    """Members whose ballots this node has seen; shown only after the close where running results are hidden."""
    entitled: int
    mine: bool
    """Whether this node's member has cast a ballot."""


@dataclass(frozen=True, slots=True)
class CertificateView:
    """Who certified a register record, and where it stands."""

    height: int
    record: str
    signers: tuple[str, ...]
    tellers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RoundView:
    """A round with this member's ballot, the tellers' progress, and once certified its outcome."""

    summary: RoundSummary
    spec: RoundSpec
    options: tuple[OptionView, ...]
    my_ballot: BallotView | None
    receipts_needed: int
    """2f+1: with so many receipts a ballot is certain to count."""
    marks: tuple[TellerMark, ...]
    absent_tellers: tuple[str, ...]
    voted: tuple[str, ...]
    """Members that have cast, never how."""
    opened: CertificateView
    closed: CertificateView | None
    outcome: Outcome | None
    roll_call: tuple[BallotView, ...]
    """Each member's last ballot after the close; a content that is still a proxy was not counted."""
    void_members: tuple[str, ...]
    unreadable: tuple[str, ...] = ()
    """Members whose counted ballots hold nothing that can be read."""
    lot: str = ""
    """The round's public lot in hex, once certified."""


@dataclass(frozen=True, slots=True)
class AgendaItem:
    """One adopted item, its decision and the round that it rests on."""

    number: str
    subject: str
    subject_kind: Literal["proposal", "topic"]
    text: TextView
    goals: tuple[int, ...]
    minutes: int
    round: str
    outcome: Outcome
    proposals: tuple[str, ...]
    supporters_by_constituency: dict[str, tuple[int, int]]
    """Constituency: members in favour of this item, members that voted."""
    option: str = ""
    """Id of the option that it was in its round, so that a prioritisation's outcome can be read for this item."""


@dataclass(frozen=True, slots=True)
class AgendaView:
    """A published agenda."""

    version: int
    published: int
    document: str
    certificate: CertificateView
    long: tuple[AgendaItem, ...]
    short: tuple[AgendaItem, ...]
    versions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PeerView:
    """A node that this one talks to, or tries to."""

    address: str
    member: str | None
    is_connected: bool
    is_outbound: bool
    last_heard: int | None
    events_in: int
    events_out: int
    lag: int | None
    """Events the peer has and this node lacks, by the peer's word."""
    last_error: str


@dataclass(frozen=True, slots=True)
class RefusalView:
    """Something from outside that was not taken, and why."""

    at: int
    source: str
    kind: str
    reason: str


@dataclass(frozen=True, slots=True)
class NodeStatus:
    """What an operator looks at."""

    version: str
    started: int
    now: int
    height: int
    events: int
    texts: int
    bytes_stored: int
    bytes_free: int
    chains: int
    forks: tuple[tuple[str, str, int], ...]
    """Member, key, sequence number at which it forked."""
    peers: tuple[PeerView, ...]
    refusals: tuple[RefusalView, ...]
    refusal_counts: dict[str, int]
    is_teller: bool
    topics_worker: Literal["running", "starting", "stopped", "failed"]
    halted: str
    """Why the register halted, or nothing."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What the topic module makes of a text while it is written."""

    lang: str
    goals: tuple[tuple[int, int], ...]
    """Goal and sureness from 0 to 100, the accepted ones first."""
    accepted: tuple[int, ...]
    reasons: tuple[tuple[int, str], ...]
    """Goal, and the words or target that led to it."""
    similar: tuple[SimilarView, ...]


@dataclass(frozen=True, slots=True)
class ProposalInput:
    """A proposal as its author typed it."""

    track: Track
    lang: str
    title: str
    body: str
    urgency: str
    goals: tuple[int, ...]
    minutes: int
    merges: tuple[str, ...] = ()
    """Proposals that this text would consolidate."""


@dataclass(frozen=True, slots=True)
class ActInput:
    """An act on a proposal as somebody typed it; which fields it needs depends on the act (consensus/lifecycle.py)."""

    act: str
    lang: str = "en"
    reasons: str = ""
    title: str = ""
    body: str = ""
    urgency: str = ""
    minutes: int = 1
    base: str = ""
    """The event or record that brought the version that was before the author's eyes, or nothing."""
    other: str = ""
    """The amendment, objection or other proposal that is meant."""
    answer: str = ""
    until: int = 0


@dataclass(frozen=True, slots=True)
class TopicInput:
    """A topic as the secretariat named it."""

    track: Track
    lang: str
    title: str
    body: str
    goals: tuple[int, ...]
    minutes: int
    proposals: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RoundInput:
    """A round as the secretariat asks for it; the rule is the procedure's, the capacity by default the track's."""

    track: Track
    procedure: ProcedureName
    subjects: tuple[str, ...]
    """Ids of proposals, amendments or topics, in the order in which they will stand."""
    closes_in_ms: int
    capacity_minutes: int | None = None
    hide_running: bool = True
    proxies_per_holder: int = 0


@dataclass(frozen=True, slots=True)
class Change:
    """Something happened that an open page may want to show: the kind, and the ids it concerns."""

    kind: Literal["proposal", "comment", "round", "ballot", "receipt", "register", "fork", "peer"]
    ids: tuple[str, ...] = field(default=())


class Backend(Protocol):
    """A node, as pages see it."""

    @property
    def discussion(self) -> "Discussion":
        """What people say about texts: comments, translations, and the story of an item."""
        ...

    @property
    def operator(self) -> "Operator":
        """The node, as its operator sees it."""
        ...

    @property
    def desk(self) -> "Desk":
        """What only the secretariat's desk asks."""
        ...

    @property
    def tokens(self) -> "TokensPort":
        """The tokens of a member's own systems."""
        ...

    def revision(self) -> str | None:
        """Return a name that changes with all that answers rest on but the time; None if the node can't tell."""
        ...

    def federation(self) -> FederationView:
        """Return the federation and this node's place in it."""
        ...

    async def agenda(self, version: int | None = None) -> AgendaView | None:
        """Return a published agenda, the one in force by default; None if there is none."""
        ...

    async def agenda_sources(self, version: int) -> tuple[ItemSource, ...]:
        """Return what each item of a published agenda rests on; empty if there is no such agenda."""
        ...

    async def proposals(self, wanted: ProposalFilter) -> ProposalList:
        """Return one page of proposals."""
        ...

    async def proposal(self, proposal: str) -> ProposalView | None:
        """Return one proposal, or None."""
        ...

    async def groups(self) -> tuple[GroupView, ...]:
        """Return the latest automatic groups, largest first; empty while none are computed."""
        ...

    async def explore(self, wanted: ExplorerFilter) -> ExplorerView:
        """Return what members propose: by goal, in groups, rising, and from which constituencies."""
        ...

    async def search(self, query: SearchQuery) -> SearchResults:
        """Return what is found by words and by meaning, in any language, among proposals, topics and agendas."""
        ...

    async def topics(self) -> tuple[TopicView, ...]:
        """Return the topics that the secretariat has named, newest first."""
        ...

    async def rounds(self) -> tuple[RoundSummary, ...]:
        """Return all rounds, the latest to close first."""
        ...

    async def round(self, round_id: str) -> RoundView | None:
        """Return one round, or None."""
        ...

    async def members(self) -> tuple[MemberView, ...]:
        """Return all members in the order of the roll."""
        ...

    async def status(self) -> NodeStatus:
        """Return what an operator looks at."""
        ...

    async def suggest(self, text: str, lang: str | None) -> Suggestion | None:
        """Return goals and similar proposals for a text, or None while the topic module isn't there."""
        ...

    async def submit(self, account: Account, proposal: ProposalInput) -> str:
        """Sign and store a proposal; return its id."""
        ...

    async def endorse(self, account: Account, proposal: str, endorses: bool) -> str:
        """Co-sponsor a proposal for the account's member, or take that back; return the event's id."""
        ...

    async def take_position(self, account: Account, proposal: str, stance: Stance, lang: str, reasons: str) -> str:
        """State the member's stance on a proposal; return the event's id."""
        ...

    async def act(self, account: Account, proposal: str, typed: ActInput) -> None:
        """Carry out an act on a proposal for the account's member. Refused with code `not-now` out of its turn."""
        ...

    async def cast(self, account: Account, round_id: str, content: BallotContent) -> BallotView:
        """Cast or change the member's ballot; a proxy, or taking it back, is for a head of delegation.

        Refused with code `round-closed` and how late it came, and others.
        """
        ...

    async def erase_text(self, account: Account, subject: str, ground: str) -> None:
        """Erase the text of a proposal: by its own member's delegate, or by the secretariat."""
        ...

    async def name_topic(self, account: Account, topic: TopicInput) -> str:
        """Name a topic (secretariat); return its id."""
        ...

    async def request_round(self, account: Account, wanted: RoundInput) -> str:
        """Ask the tellers to open a round (secretariat); return the request's id. The round appears once certified."""
        ...

    async def draft_agenda(self, account: Account) -> str:
        """Draft the next agenda from all certified rounds and ask the tellers to certify it (secretariat)."""
        ...

    @property
    def accounts(self) -> AccountsPort:
        """Signing in, people's accounts and sessions."""
        ...

    @property
    def record(self) -> RecordPort:
        """What this node's member has done."""
        ...

    @property
    def attention(self) -> "Attention":
        """What waits for this node's member, and what ends when."""
        ...

    @property
    def drafts(self) -> "Drafts":
        """What people have typed and not yet sent."""
        ...

    @property
    def sent_forms(self) -> "SentForms":
        """Which forms were taken, so that none is taken twice."""
        ...

    @property
    def receipts(self) -> "Receipts":
        """Receipts of ballots as files, and what has become of those ballots."""
        ...

    @property
    def notices(self) -> "Notices":
        """What accounts are told, and by which ways."""
        ...

    @property
    def webhooks(self) -> "Webhooks":
        """Signed messages to the member's own systems."""
        ...

    @property
    def proofs(self) -> "Proofs":
        """Proofs of what the register holds, as files."""
        ...

    def changes(self) -> AsyncIterator[Change]:
        """Yield what changes from now on, until the caller stops; a slow reader may miss some."""
        ...

    def now(self) -> int:
        """Return the node's time."""
        ...
