"""Rounds from the office's side: what could stand in one, what would be signed, who is awaited, who was reminded."""

from collections.abc import Iterable, Mapping
from typing import Final, get_args

from consensus.agreement.quorum import Quorum
from consensus.lifecycle import Stage, line_for
from consensus.proposal_state import Void
from consensus.reminders import counting_reminders
from node.courses import other_view, view_of
from node.drafting import Drafting
from node.kept_views import BRIEF_MS, KeptViews
from node.named_topics import named_topics
from node.peers import Peers
from node.rounds import Rounds
from node.stages import Stages
from node.storage import events as store
from node.storage import heard, projections
from node.storage.database import Connection, Database
from node.storage.objections import UNDER_WAY
from node.storage.projections import ProposalRow
from node.teller import Teller
from node.voice import Voice
from protocol import limits
from protocol.charter import Charter
from protocol.envelope import Verified, reopen_verified
from protocol.events.consultation import Track
from protocol.events.deliberation import Amendment
from protocol.events.rounds import LIST_PROCEDURES, OpenRequest, ProcedureName, Reminder, RoundSpec
from protocol.events.tellers import Receipt, Seal
from protocol.ids import EventId, MemberId, RecordId
from web.desk_views import (
    REMINDERS_MAX,
    Monitor,
    ReminderNotice,
    RoundPlan,
    Running,
    SentReminder,
    SubjectChoice,
    TellerHeard,
    TellerProgress,
)
from web.ports import Account, Refused, RoundInput, TextView

_SUBJECTS_MAX: Final = 500
_LATER: Final = ("adopted", "published", "confirmed", "under-review")
"""Stages after a decision in which a round can still ask about a proposal."""
_STAGES: Final[frozenset[str]] = frozenset(get_args(Stage))
_BLOCKS: Final[Mapping[Void, str]] = {"notice-over": "notice", "consent-tried": "consent", "amending": "amending"}


class RoundDesk:
    """Rounds for the desk."""

    def __init__(  # noqa: PLR0913 - the desk names each
        self,
        *,
        database: Database,
        charter: Charter,
        me: MemberId,
        voice: Voice,
        teller: Teller,
        peers: Peers,
        rounds: Rounds,
        stages: Stages,
        drafting: Drafting,
        views: KeptViews,
    ) -> None:
        self._database = database
        self._charter = charter
        self._me = me
        self._voice = voice
        self._teller = teller
        self._peers = peers
        self._rounds = rounds
        self._stages = stages
        self._drafting = drafting
        self._views = views

    async def running(self) -> Running:
        """Return the rounds that have no certified outcome yet, the first to close first."""
        under_way = [round_id for round_id in self._teller.opened if round_id not in self._teller.closed]
        found = [view for round_id in under_way if (view := await self._rounds.shown(round_id, self._views))]
        ordered = sorted(found, key=lambda view: (view.summary.closes, view.summary.id))
        return Running(tuple(ordered), len(self._teller.closed))

    async def subjects(self, track: Track, procedure: ProcedureName) -> tuple[SubjectChoice, ...]:
        """Return what could stand in such a round: what may first, then what may not, with the reason."""
        found = await self._database.read(lambda c: list(self._choices(c, track, procedure)))
        return tuple(sorted(found, key=lambda each: (bool(each.blocked), each.kind != "topic")))

    def _choices(self, connection: Connection, track: Track, procedure: ProcedureName) -> Iterable[SubjectChoice]:
        if procedure != "amendment":
            yield from self._topics(connection, track)
        rows = projections.in_stages(connection, (*UNDER_WAY, *_LATER), _SUBJECTS_MAX)
        for row in rows:
            if row.track == track:
                yield from self._proposal(connection, row, procedure)

    def _topics(self, connection: Connection, track: Track) -> Iterable[SubjectChoice]:
        for state in named_topics(connection, self._stages.certified):
            if state.end is None and state.body.track == track:
                text = view_of(connection, state.body.text)
                blocked = "" if text.state == "held" else "text"
                yield SubjectChoice(state.id, "topic", text, "", state.body.minutes, "", blocked)  # type: ignore[arg-type]

    def _proposal(self, connection: Connection, row: ProposalRow, procedure: ProcedureName) -> Iterable[SubjectChoice]:
        """Return a proposal, or for a vote on an amendment those that enough members stand behind.

        One whose stage rules such a round out isn't folded to find out why.
        """
        stage = row.stage_at(self._stages.now())
        is_possible = stage in _STAGES and line_for(f"open {procedure}", stage) is not None  # type: ignore[arg-type]
        if procedure == "amendment":
            if row.ready_amendments and is_possible:
                yield from self._amendments(connection, row)
            return
        state = self._stages.state(connection, row.id) if is_possible else None
        if state is None:
            text = other_view(connection, row.id).title
            yield SubjectChoice(row.id, "proposal", text, row.sponsor or row.member, row.minutes, stage, "stage")
            return
        text = view_of(connection, state.text.text)
        blocked = self._blocked(connection, row.id, procedure, text)
        until = state.notice_until if blocked == "notice" else None
        yield SubjectChoice(row.id, "proposal", text, state.sponsor, state.text.minutes, state.stage, blocked, until)  # type: ignore[arg-type]

    def _amendments(self, connection: Connection, row: ProposalRow) -> Iterable[SubjectChoice]:
        state = self._stages.state(connection, row.id)
        for each in () if state is None else state.amendments:
            if state is not None and self._stages.settings[row.track].is_ready(each, state):
                assert isinstance(each.body, Amendment)
                text = view_of(connection, each.body.text)
                blocked = self._blocked(connection, each.id, "amendment", text)
                yield SubjectChoice(each.id, "amendment", text, each.member, state.text.minutes, state.stage, blocked)  # type: ignore[arg-type]

    def _blocked(self, connection: Connection, subject: str, procedure: ProcedureName, text: TextView) -> str:
        if text.state != "held":
            return "text"
        tried = self._stages.try_round(connection, subject, procedure, self._stages.now())
        return "" if tried is None or tried.void is None else _BLOCKS.get(tried.void, "stage")

    async def plan(self, wanted: RoundInput) -> RoundPlan:
        """Return a round as it would be signed now."""
        spec = await self.checked_spec(wanted)
        policy = self._charter.long if wanted.track == "long" else self._charter.short
        known = await self._heard()
        tellers = tuple(TellerHeard(teller, known.get(teller)) for teller in self._charter.roll.tellers)
        return RoundPlan(
            spec=spec,
            options=await self._rounds.options(spec),
            earliest_close=spec.opens + policy.procedures[wanted.procedure].voting_ms,
            tellers=tellers,
            tellers_needed=Quorum.of(len(tellers)).seals,
        )

    async def checked_spec(self, wanted: RoundInput) -> RoundSpec:
        """Return the specification of a round that opens now. Raises Refused with the reason if there can't be one."""
        if not wanted.subjects:
            raise Refused("no-options")
        if wanted.procedure not in LIST_PROCEDURES and len(wanted.subjects) > 1:
            raise Refused("rule-impossible", detail=f"a {wanted.procedure} asks about one text")
        spec = await self._drafting.spec(wanted)
        answer = self._teller.rulings.objection(spec)
        if answer is not None:
            raise Refused("rule-impossible", detail=answer)
        return spec

    async def sign(self, wanted: RoundInput) -> EventId:
        """Sign a request to open a round; return its id. The caller has checked who asks."""
        return await self._voice.say("open-request", OpenRequest(spec=await self.checked_spec(wanted)))

    async def monitor(self, round_id: str) -> Monitor | None:
        """Return a round from the office's side, or None."""
        if RecordId(round_id) not in self._teller.opened:
            return None
        known = await self._heard()
        cast, said = await self._database.read(
            lambda c: (heard.first_ballots(c, round_id), _said(c, round_id, "reminder", "receipt", "seal"))
        )
        closed = await self._rounds.signers(round_id)
        return Monitor(
            first_ballots=tuple(cast),
            heard=known,
            reminders=tuple(_sent(each) for each in counting_reminders(said)),
            tellers=tuple(_progress(said, teller, closed, known) for teller in self._charter.roll.tellers),
        )

    async def remind(self, account: Account, round_id: str) -> int:
        """Remind the members that haven't voted; return how many."""
        self._voice.check(account, "secretariat")
        opened = self._teller.opened.get(RecordId(round_id))
        if opened is None:
            raise Refused("unknown-round")
        if not opened.body.spec.opens <= self._stages.now() < opened.body.spec.closes:
            raise Refused("round-not-running")
        cast, said = await self._database.read(
            lambda c: (heard.first_ballots(c, round_id), _said(c, round_id, "reminder"))
        )
        if len(counting_reminders(said)) >= REMINDERS_MAX:
            raise Refused("reminders-used")
        voted = {member for member, _ in cast}
        absent = sorted(MemberId(member) for member in self._teller.rulings.electorate if member not in voted)
        if not absent:
            raise Refused("nobody-absent")
        body = Reminder(round=RecordId(round_id), members=tuple(absent[: limits.REMINDER_MEMBERS_MAX]))
        await self._voice.say("reminder", body)
        return len(body.members)

    async def reminders(self) -> tuple[ReminderNotice, ...]:
        """Return reminders to this node's member in rounds that are open and in which it hasn't voted."""
        return await self._views.of(("reminders",), self._reminders, BRIEF_MS)

    async def _reminders(self) -> tuple[ReminderNotice, ...]:
        now = self._stages.now()
        running = {
            round_id: record.body.spec
            for round_id, record in self._teller.opened.items()
            if record.body.spec.opens <= now < record.body.spec.closes
        }
        found = await self._database.read(lambda c: [self._notice(c, *pair) for pair in running.items()])
        return tuple(sorted((each for each in found if each is not None), key=lambda each: (each.closes, each.round)))

    def _notice(self, connection: Connection, round_id: RecordId, spec: RoundSpec) -> ReminderNotice | None:
        times = [
            each.event.time
            for each in counting_reminders(_said(connection, round_id, "reminder"))
            if isinstance(each.event.body, Reminder) and self._me in each.event.body.members
        ]
        if not times or store.about_by(connection, round_id, "ballot", self._me):
            return None
        return ReminderNotice(round_id, spec.number, max(times), spec.closes)

    async def _heard(self) -> dict[str, int]:
        """Return when each member's node was last heard of: by an event of its own, or on a line to this node."""
        known = await self._database.read(heard.last_heard)
        for state in self._peers.states:
            if state.member is not None and state.last_heard is not None:
                known[state.member] = max(known.get(state.member, 0), state.last_heard)
        known[self._me] = self._stages.now()
        return known


def _said(connection: Connection, round_id: str, *kinds: str) -> list[Verified]:
    return [reopen_verified(stored.envelope) for stored in store.about(connection, round_id, *kinds)]


def _sent(verified: Verified) -> SentReminder:
    assert isinstance(verified.event.body, Reminder)
    return SentReminder(verified.event.time, tuple(verified.event.body.members))


def _progress(
    said: Iterable[Verified], teller: str, signers: frozenset[str], known: Mapping[str, int]
) -> TellerProgress:
    mine = [each.event.body for each in said if each.event.member == teller]
    receipted = {ballot for body in mine if isinstance(body, Receipt) for ballot in body.ballots}
    sealed = next((body.count for body in mine if isinstance(body, Seal)), None)
    return TellerProgress(teller, len(receipted), sealed, teller in signers, known.get(teller))
