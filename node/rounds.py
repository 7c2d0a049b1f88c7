"""Answers about rounds and agendas: what was asked, who has voted, what came out, and who vouches for it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from consensus.agenda import AgendaDocument, AgendaItem, parse_agenda
from consensus.agreement import seals
from consensus.agreement.quorum import Quorum
from consensus.agreement.statements import Statement, statement_of
from consensus.ballots import ApprovalBallot, ChoiceBallot, Fault, ProxyBallot, RankedBallot, ScoreBallot
from consensus.ballots import Ballot as Content
from consensus.fairness.agenda_report import ItemSource
from consensus.rules.proxies import Resolution
from consensus.rulings import round_lot
from node.clock import Clock
from node.courses import view_of
from node.kept_views import KeptViews
from node.library import Library
from node.recount import Counted, content_of, count, listings_of
from node.register import Entry, Register
from node.storage import events as store
from node.storage import texts
from node.storage.database import Connection, Database
from node.teller import Teller
from protocol.envelope import reopen_verified
from protocol.events.rounds import Ballot, OpenRequest, Option, RoundSpec
from protocol.events.tellers import Receipt, Seal
from protocol.ids import EventId, MemberId, RecordId
from protocol.register import AgendaRecord, CloseBody, OpenRecord
from protocol.roll import KeyRing
from web import ports

_CACHED_OUTCOMES = 256


class Rounds:
    """Reads rounds and agendas."""

    def __init__(
        self,
        *,
        database: Database,
        register: Register,
        teller: Teller,
        library: Library,
        ring: KeyRing,
        clock: Clock,
        me: MemberId,
    ) -> None:
        self._database = database
        self._register = register
        self._teller = teller
        self._library = library
        self._ring = ring
        self._clock = clock
        self._me = me
        self._outcomes: dict[RecordId, Counted] = {}
        self._quorum = Quorum.of(len(ring.tellers))

    def state(self, round_id: RecordId, opened: OpenRecord) -> ports.RoundState:
        """Return how far a round is."""
        status = self._teller.round_status(round_id)
        if self._close_of(round_id) is not None or (status is not None and status.phase == "certified"):
            return "certified"
        if self._clock.now() < opened.body.spec.opens:
            return "scheduled"
        return "open" if status is None else status.phase

    async def all(self) -> tuple[ports.RoundSummary, ...]:
        """Return all rounds, the latest to close first."""
        opened = list(self._teller.opened.items())
        known = await self._database.read(
            lambda c: [_known(c, round_id, record.body.spec, self._me) for round_id, record in opened]
        )
        found = [self._summarised(*pair, heard) for pair, heard in zip(opened, known, strict=True)]
        return tuple(sorted(found, key=lambda item: (-item.closes, item.id)))

    def states(self) -> tuple[ports.RoundState, ...]:
        """Return how far each round is, in the order of the register: what time alone changes of all()."""
        return tuple(self.state(round_id, record) for round_id, record in self._teller.opened.items())

    def progress(self, round_id: str) -> tuple[str, ...]:
        """Return how far a round is, and the tellers that are missed: what time alone changes of one()."""
        record = self._teller.opened.get(RecordId(round_id))
        if record is None:
            return ()
        status = self._teller.round_status(RecordId(round_id))
        return (self.state(RecordId(round_id), record), *(() if status is None else sorted(status.absent)))

    async def summary(self, round_id: RecordId) -> ports.RoundSummary | None:
        """Return a round as lists show it, or None."""
        record = self._teller.opened.get(round_id)
        return None if record is None else await self._summary(round_id, record)

    async def closing_certificate(self, round_id: RecordId) -> ports.CertificateView | None:
        """Return who certified a round's closing, or None before that."""
        closed = await self._register.about(round_id)
        return self.certificate(closed[0]) if closed else None

    async def my_ballot(self, round_id: RecordId) -> ports.BallotView | None:
        """Return the latest ballot of this node's member with the tellers' words about it, or None."""
        said = await self._database.read(lambda c: _said(c, round_id))
        mine = said.latest(self._me)
        return None if mine is None else self._ballot(mine, said, await self.counted(round_id))

    @property
    def receipts_needed(self) -> int:
        """With so many receipts a ballot is certain to count."""
        return self._quorum.certain_receipts

    async def next_number(self) -> int:
        """Return the number for the next round: one more than the highest that was ever asked for."""
        return await self._database.read(_next_number)

    def links(self) -> dict[str, tuple[ports.RoundLink, ...]]:
        """Return the rounds in which each subject stands."""
        found: dict[str, tuple[ports.RoundLink, ...]] = {}
        for round_id, record in self._teller.opened.items():
            link = ports.RoundLink(round_id, record.body.spec.number, self.state(round_id, record))
            for option in record.body.spec.question.options:
                found[option.subject] = (*found.get(option.subject, ()), link)
        return found

    def links_of(self, subject: str) -> tuple[ports.RoundLink, ...]:
        """Return the rounds in which one subject stands, in the order of the register."""
        return tuple(
            ports.RoundLink(round_id, record.body.spec.number, self.state(round_id, record))
            for round_id, record in self._teller.opened.items()
            if any(option.subject == subject for option in record.body.spec.question.options)
        )

    async def _summary(self, round_id: RecordId, record: OpenRecord) -> ports.RoundSummary:
        known = await self._database.read(lambda c: _known(c, round_id, record.body.spec, self._me))
        return self._summarised(round_id, record, known)

    def _summarised(self, round_id: RecordId, record: OpenRecord, known: "_Known") -> ports.RoundSummary:
        spec = record.body.spec
        return ports.RoundSummary(
            id=round_id,
            number=spec.number,
            track=spec.track,
            rule=str(spec.rule.get("rule", "")),
            state=self.state(round_id, record),
            opens=spec.opens,
            closes=spec.closes,
            options=len(spec.question.options),
            first_title=known.first_title,
            cast=known.voters,
            entitled=len(self._teller.rulings.electorate),
            mine=known.mine,
        )

    async def one(self, round_id: str) -> ports.RoundView | None:
        """Return one round, or None."""
        record = self._teller.opened.get(RecordId(round_id))
        entry = await self._register.find(round_id)
        if record is None or entry is None:
            return None
        closed = await self._register.about(round_id)
        counted = await self.counted(RecordId(round_id))
        close = self._close_of(RecordId(round_id))
        said = await self._database.read(lambda c: _said(c, round_id))
        mine = said.latest(self._me)
        status = self._teller.round_status(RecordId(round_id))
        certificate = self.certificate(closed[0]) if closed else None
        return ports.RoundView(
            summary=await self._summary(RecordId(round_id), record),
            spec=record.body.spec,
            options=await self.options(record.body.spec),
            my_ballot=None if mine is None else self._ballot(mine, said, counted),
            receipts_needed=self._quorum.certain_receipts,
            marks=self._marks(said, certificate),
            absent_tellers=tuple(sorted(status.absent)) if status is not None and status.phase == "stalled" else (),
            voted=tuple(sorted(said.members)),
            opened=self.certificate(entry),
            closed=certificate,
            outcome=None if counted is None else counted.outcome,
            roll_call=() if counted is None else self._roll_call(said, counted),
            void_members=() if counted is None else counted.void,
            unreadable=() if counted is None else counted.unreadable,
            lot="" if close is None else round_lot(RecordId(round_id), close.seals).hex(),
        )

    async def shown(self, round_id: str, views: KeptViews) -> ports.RoundView | None:
        """Return one round, or None, as it is kept among the views."""
        return await views.of(("round", round_id, *self.progress(round_id)), lambda: self.one(round_id))

    async def options(self, spec: RoundSpec) -> tuple[ports.OptionView, ...]:
        """Return what a round asks about, as pages show it."""
        asked = spec.question.options
        found = await self._library.subjects([(option.subject, option.text) for option in asked])
        return tuple(_option(option, *pair) for option, pair in zip(asked, found, strict=True))

    async def signers(self, round_id: str) -> frozenset[str]:
        """Return the tellers that certified a round's close; nobody before."""
        closed = await self._register.about(round_id)
        return frozenset(self.certificate(closed[0]).signers) if closed else frozenset()

    async def my_latest(self, round_id: str) -> Statement | None:
        """Return the latest ballot of this node's member, or None."""
        return (await self._database.read(lambda c: _said(c, round_id))).latest(self._me)

    async def ballot(self, round_id: str, event: EventId) -> ports.BallotView:
        """Return a ballot of this node's member with the tellers' words about it."""
        said = await self._database.read(lambda c: _said(c, round_id))
        statement = next(ballot for ballot in said.ballots if ballot.id == event)
        view = self._ballot(statement, said, None)
        assert view is not None
        return view

    def _marks(self, said: "Said", closed: ports.CertificateView | None) -> tuple[ports.TellerMark, ...]:
        signers = frozenset(closed.signers) if closed is not None else frozenset()
        return tuple(
            ports.TellerMark(teller, teller in said.sealers, teller in signers) for teller in self._ring.tellers
        )

    def _ballot(self, statement: Statement, said: "Said", counted: Counted | None) -> ports.BallotView | None:
        content = content_of(statement)
        if content is None:
            return None
        is_counted = None if counted is None else counted.has_counted(statement)
        received = said.received_at(statement.id)
        return ports.BallotView(
            statement.id,
            statement.member,
            content,
            statement.time,
            tuple(sorted(received)),
            is_counted,
            received_at=received,
        )

    def _roll_call(self, said: "Said", counted: Counted) -> tuple[ports.BallotView, ...]:
        views = (self._ballot(counted.ballots[member], said, counted) for member in sorted(counted.ballots))
        return tuple(_resolved(view, counted.resolution) for view in views if view is not None)

    def certificate(self, entry: Entry) -> ports.CertificateView:
        """Return who certified a record."""
        keys = self._ring.teller_keys
        signers = sorted(keys[vote.key] for vote in entry.certificate.votes)
        return ports.CertificateView(entry.height, entry.id, tuple(signers), tuple(self._ring.tellers))

    def _close_of(self, round_id: RecordId) -> CloseBody | None:
        closing = self._teller.closed.get(round_id)
        return None if closing is None else closing.body

    async def counted(self, round_id: RecordId) -> Counted | None:
        """Return what a certified round came to; None before the close, or while a ballot of it is not here yet."""
        close = self._close_of(round_id)
        if close is None:
            return None
        if round_id not in self._outcomes:
            counted = await self._count(round_id, close)
            if counted is None:
                return None
            if len(self._outcomes) >= _CACHED_OUTCOMES:
                self._outcomes.pop(next(iter(self._outcomes)))
            self._outcomes[round_id] = counted
        return self._outcomes[round_id]

    async def _count(self, round_id: RecordId, close: CloseBody) -> Counted | None:
        listings = await self._database.read(lambda c: listings_of(c, close))
        if listings is None:
            return None
        included = seals.included_ballots(listings, self._quorum.inclusion)
        envelopes = await self._database.read(lambda c: store.by_ids(c, included))
        if len(envelopes) < len(included):
            return None
        return count(self._teller.rulings, round_id, self._teller.opened[round_id].body.spec, close, envelopes)

    async def agenda(self, version: int | None) -> ports.AgendaView | None:
        """Return a published agenda, the one in force by default."""
        entries = {e.record.body.version: e for e in await self._agendas() if isinstance(e.record, AgendaRecord)}
        wanted = max(entries, default=0) if version is None else version
        entry = entries.get(wanted)
        if entry is None or not isinstance(entry.record, AgendaRecord):
            return None
        digest = entry.record.body.document
        row = await self._database.read(lambda c: texts.get(c, digest))
        if row is None or row.data is None:
            return None
        document = parse_agenda(row.data)
        views = await self._items(document)
        return ports.AgendaView(
            version=wanted,
            published=_published(entry),
            document=digest,
            certificate=self.certificate(entry),
            long=_of_track(document, views, "long"),
            short=_of_track(document, views, "short"),
            versions=tuple(sorted(entries)),
        )

    async def agenda_in_force(self) -> tuple[AgendaDocument, int] | None:
        """Return the latest published agenda's document and when it was published, or None if there is none here."""
        entry = max(await self._agendas(), key=lambda each: each.record.height, default=None)
        if entry is None or not isinstance(entry.record, AgendaRecord):
            return None
        document = await self._document_of(entry.record)
        return None if document is None else (document, _published(entry))

    async def agenda_sources(self, version: int) -> tuple[ItemSource, ...]:
        """Return what each item of a published agenda rests on."""
        document = await self._agenda_document(version)
        sources = [] if document is None else [await self._source(item) for item in document.items]
        return tuple(source for source in sources if source is not None)

    async def _agenda_document(self, version: int) -> AgendaDocument | None:
        found = await self.agenda_numbered(version)
        return None if found is None else found[0]

    async def agenda_numbered(self, version: int) -> tuple[AgendaDocument, int] | None:
        """Return a published agenda's document and when it was published, or None if it is not here."""
        for entry in await self._agendas():
            if isinstance(entry.record, AgendaRecord) and entry.record.body.version == version:
                document = await self._document_of(entry.record)
                return None if document is None else (document, _published(entry))
        return None

    async def _document_of(self, record: AgendaRecord) -> AgendaDocument | None:
        digest = record.body.document
        data = await self._database.read(lambda c: texts.data_of(c, [digest]).get(digest))
        return None if data is None else parse_agenda(data)

    async def _source(self, item: AgendaItem) -> ItemSource | None:
        counted = await self.counted(RecordId(item.round))
        if counted is None:
            return None
        subject = await self._library.subject(item.subject, item.text.sha256)
        proposals = subject.proposals if isinstance(subject, ports.TopicView) else (item.subject,)
        ballots = counted.resolution.ballots.items()
        readable = {member: ballot for member, ballot in ballots if not isinstance(ballot, Fault | ScoreBallot)}
        return ItemSource(
            number=item.number,
            minutes=item.minutes,
            proposals=await self._library.authors(proposals),
            in_favour=frozenset(member for member, content in readable.items() if _is_for(content, item.option)),
            voted=frozenset(readable),
        )

    async def _agendas(self) -> list[Entry]:
        return await self._register.of_kind("agenda")

    async def _items(self, document: AgendaDocument) -> dict[str, ports.AgendaItem]:
        """Return the items by number; without those whose round can't be counted here yet."""
        subjects = await self._library.subjects([(item.subject, item.text) for item in document.items])
        found = {}
        for item, (subject, text) in zip(document.items, subjects, strict=True):
            counted = await self.counted(RecordId(item.round))
            if counted is not None:
                found[item.number] = self._item(item, subject, text, counted)
        return found

    def _item(
        self,
        item: AgendaItem,
        subject: ports.TopicView | ports.ProposalSummary | None,
        text: ports.TextView,
        counted: Counted,
    ) -> ports.AgendaItem:
        return ports.AgendaItem(
            number=item.number,
            subject=item.subject,
            subject_kind="topic" if isinstance(subject, ports.TopicView) else "proposal",
            text=text,
            goals=() if subject is None else subject.goals,
            minutes=item.minutes,
            round=item.round,
            option=item.option,
            outcome=counted.outcome,
            proposals=subject.proposals if isinstance(subject, ports.TopicView) else (item.subject,),
            supporters_by_constituency=self._supporters(counted, item.option),
        )

    def _supporters(self, counted: Counted, option: str) -> dict[str, tuple[int, int]]:
        if option not in counted.supporters:
            counted.supporters[option] = self._count_supporters(counted, option)
        return counted.supporters[option]

    def _count_supporters(self, counted: Counted, option: str) -> dict[str, tuple[int, int]]:
        if counted.outcome.scores is not None:
            return {}
        found: dict[str, tuple[int, int]] = {}
        for member, content in counted.resolution.ballots.items():
            if not isinstance(content, Fault):
                for name in self._teller.rulings.electorate.get(member, ()):
                    favour, voted = found.get(name, (0, 0))
                    found[name] = (favour + _is_for(content, option), voted + 1)
        return dict(sorted(found.items()))


def _option(
    option: Option, subject: ports.TopicView | ports.ProposalSummary | None, text: ports.TextView
) -> ports.OptionView:
    return ports.OptionView(
        id=option.id,
        subject=option.subject,
        subject_kind="topic" if isinstance(subject, ports.TopicView) else "proposal",
        text=text,
        minutes=option.minutes,
        goals=() if subject is None else subject.goals,
        member=subject.member if isinstance(subject, ports.ProposalSummary) else "",
    )


def _published(entry: Entry) -> int:
    return max(reopen_verified(vote).event.time for vote in entry.certificate.votes)


@dataclass(frozen=True, slots=True)
class Said:
    """What this node has heard of a round."""

    ballots: tuple[Statement, ...]
    receipts: Mapping[str, Mapping[EventId, int]]
    """Teller: the ballots that its receipts list, and when it signed the first that does."""
    sealers: frozenset[str]

    @property
    def members(self) -> frozenset[str]:
        """Members whose ballots are here."""
        return frozenset(ballot.member for ballot in self.ballots)

    def latest(self, member: str) -> Statement | None:
        """Return a member's latest ballot, or None."""
        mine = [ballot for ballot in self.ballots if ballot.member == member]
        counted = seals.count_ballots(mine, may_change=True).counted
        return counted.get(MemberId(member)) or (max(mine, key=lambda b: (b.time, b.id)) if mine else None)

    def received_at(self, ballot: EventId) -> dict[str, int]:
        """Return the tellers whose receipts list a ballot, and when each signed."""
        return {teller: listed[ballot] for teller, listed in self.receipts.items() if ballot in listed}


def _said(connection: Connection, round_id: str) -> Said:
    ballots: list[Statement] = []
    receipts: dict[str, dict[EventId, int]] = {}
    sealers = set()
    for stored in store.about(connection, round_id, "ballot", "receipt", "seal"):
        statement = statement_of(reopen_verified(stored.envelope))
        match statement.body:
            case Ballot():
                ballots.append(statement)
            case Receipt():
                listed = receipts.setdefault(statement.member, {})
                for ballot in statement.body.ballots:
                    listed.setdefault(ballot, statement.time)
            case Seal():
                sealers.add(str(statement.member))
            case _:
                pass
    return Said(tuple(ballots), receipts, frozenset(sealers))


def _next_number(connection: Connection) -> int:
    asked = (reopen_verified(stored.envelope).event.body for stored in store.of_kind(connection, "open-request"))
    return 1 + max((body.spec.number for body in asked if isinstance(body, OpenRequest)), default=0)


@dataclass(frozen=True, slots=True)
class _Known:
    """What the store knows of a round for lists."""

    voters: int
    mine: bool
    first_title: ports.TextView


def _known(connection: Connection, round_id: str, spec: RoundSpec, me: str) -> _Known:
    sql = "SELECT count(DISTINCT member) FROM events WHERE subject = $1 AND kind = 'ballot' AND chained = 1"
    return _Known(
        voters=int(connection.value(sql, round_id) or 0),
        mine=bool(store.about_by(connection, round_id, "ballot", me)),
        first_title=view_of(connection, spec.question.options[0].text),
    )


def _resolved(view: ports.BallotView, resolution: Resolution) -> ports.BallotView:
    """Return a ballot of a roll call; a proxy that counts with its holder and the holder's content."""
    content = resolution.ballots.get(view.member)
    if not isinstance(view.content, ProxyBallot) or content is None or isinstance(content, Fault):
        return view
    return replace(view, content=content, holder=resolution.holders.get(view.member, ""))


def _is_for(content: Content, option: str) -> bool:
    """Whether a ballot is in favour of an option: by ranking it first. Scores are neither for nor against."""
    match content:
        case ApprovalBallot():
            return option in content.approves
        case RankedBallot():
            return len(content.tiers) > 0 and option in content.tiers[0]
        case ChoiceBallot():
            return content.choice == "yes"
        case _:
            return False


def _of_track(
    document: AgendaDocument, views: Mapping[str, ports.AgendaItem], track: str
) -> tuple[ports.AgendaItem, ...]:
    return tuple(views[item.number] for item in document.items if item.track == track and item.number in views)
