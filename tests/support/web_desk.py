"""The secretariat's desk in memory, over the in-memory backend's holdings. It isn't a node: nothing is signed."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from node.desk_queues import LEDGER_PER_PAGE
from protocol.events.consultation import TextRef, Track
from protocol.events.rounds import Option, ProcedureName, Question, RoundSpec
from protocol.ids import EventId, TextHash
from tests.support.web_content import DAY, NOW, digest, proposal_view, topic_options
from web import desk_views as desk
from web import ports
from web.ports import Account, Refused

if TYPE_CHECKING:
    from tests.support.web_backend import MemoryBackend


@dataclass
class MemoryDesk:
    """What the desk's pages ask for. Public attributes may be changed by tests."""

    backend: "MemoryBackend"
    needs_second_person: bool = False
    waiting: list[desk.Waiting] = field(default_factory=list)
    ended: set[str] = field(default_factory=set)
    is_half_done: bool = False
    """Whether a split and a merger of the first topic were begun and not finished."""
    blocked: dict[str, str] = field(default_factory=dict)
    """Subject: why it may not stand in a round."""
    drafts: dict[tuple[str, str], Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    approvals: list[tuple[str, desk.ApprovalView, tuple[str, ...] | None]] = field(default_factory=list)
    """Account, request, and the order of an agenda."""
    pending_views: list[desk.PendingView] = field(default_factory=list)
    sent: dict[str, list[desk.SentReminder]] = field(default_factory=dict)
    entries: list[desk.LedgerEntry] = field(default_factory=list)
    due_items: tuple[desk.DueItem, ...] = ()
    dropped: tuple[desk.DroppedItem, ...] = ()
    notices: tuple[desk.ReminderNotice, ...] = ()

    @property
    def queues(self) -> "MemoryQueues":
        return MemoryQueues(self)

    @property
    def topics(self) -> "MemoryCuration":
        return MemoryCuration(self)

    @property
    def rounds(self) -> "MemoryRounds":
        return MemoryRounds(self)

    @property
    def agenda(self) -> "MemoryAgenda":
        return MemoryAgenda(self)

    @property
    def requests(self) -> "MemoryRequests":
        return MemoryRequests(self)

    async def reminders(self) -> tuple[desk.ReminderNotice, ...]:
        return self.notices

    def check(self, call: str, account: Account, *arguments: object) -> None:
        """Note a command, or refuse it if a test wants that."""
        self.backend.note(call, account, *arguments)


@dataclass
class _Part:
    desk: MemoryDesk


class MemoryQueues(_Part):
    async def screening(self) -> desk.ScreeningQueue:
        open_ = [each for each in self.desk.waiting if self._stage(each) == "submitted"]
        return desk.ScreeningQueue(tuple(sorted(open_, key=lambda each: each.due)), 22)

    def _stage(self, each: desk.Waiting) -> str:
        return self.desk.backend.all_proposals[each.proposal.id].summary.stage

    async def objections(
        self, *, with_settled: bool, track: Track | None = None, state: str = "", page: int = 1
    ) -> desk.Ledger:
        entries = [each for each in self.desk.entries if track in (None, each.track)]
        counts = Counter(each.state for each in entries)
        found = [each for each in entries if state in ("", each.state)]
        pages = max(1, -(-len(found) // LEDGER_PER_PAGE))
        at = max(1, min(page, pages))
        return desk.Ledger(tuple(found[(at - 1) * LEDGER_PER_PAGE : at * LEDGER_PER_PAGE]), counts, at, pages)


class MemoryCuration(_Part):
    async def lines(self) -> tuple[desk.TopicLine, ...]:
        found = self.desk.backend.all_topics.values()
        return tuple(
            desk.TopicLine(topic, self._lock(topic.id), bool(self._half_done(topic.id)))
            for topic in found
            if topic.id not in self.desk.ended
        )

    def _lock(self, topic: str) -> ports.RoundLink | None:
        for found in self.desk.backend.all_rounds.values():
            if found.summary.state == "open" and any(option.subject == topic for option in found.options):
                return ports.RoundLink(found.summary.id, found.summary.number, "open")
        return None

    async def one(self, topic: str) -> desk.TopicDetail | None:
        view = self.desk.backend.all_topics.get(topic)
        if view is None:
            return None
        lock = self._lock(topic)
        proposals = [self.desk.backend.all_proposals[each] for each in view.proposals]
        answers: tuple[Literal["joined", "out", "asked"], ...] = ("joined", "out", "asked")
        asked = tuple(
            desk.AskedView(ports.OtherView(each.summary.id, each.text, each.summary.member, "consulting", ""), answer)
            for each, answer in zip(proposals, answers, strict=False)
        )
        steps: tuple[tuple[Literal["name", "change", "end"], str | None], ...] = (
            ("name", None), ("change", None), ("change", "in-round"),
        )  # fmt: skip
        whole = ports.OtherView(
            proposals[0].summary.id, proposals[0].text, proposals[0].summary.member, "endorsing", ""
        )
        return desk.TopicDetail(
            topic=view,
            has_ended=topic in self.desk.ended,
            locked_by=lock,
            locked_until=None if lock is None else NOW + 3 * DAY,
            proposals=tuple(each.summary for each in proposals),
            steps=tuple(
                desk.TopicStepView(
                    NOW - (8 - at) * DAY, act, self.desk.backend.me, digest("step", at), void,
                    None if void else view.text, len(view.proposals), None,
                )
                for at, (act, void) in enumerate(steps)
            ),
            split_off=tuple(list(self.desk.backend.all_topics.values())[-1:]),
            consolidations=(desk.ConsolidationView(whole, asked),),
            half_done=self._half_done(topic),
        )  # fmt: skip

    async def change(self, account: Account, topic: str, wanted: ports.TopicInput) -> None:
        self.desk.check("change_topic", account, topic, wanted)
        if self._lock(topic) is not None:
            raise Refused("topic-in-round")

    async def split(self, account: Account, topic: str, kept: ports.TopicInput, other: ports.TopicInput) -> str:
        self.desk.check("split_topic", account, topic, kept, other)
        return digest("split")

    async def merge(self, account: Account, topic: str, gone: str, wanted: ports.TopicInput) -> None:
        self.desk.check("merge_topics", account, topic, gone, wanted)
        self.desk.ended.add(gone)

    async def finish(self, account: Account, topic: str, other: str) -> None:
        self.desk.check("finish_topic", account, topic, other)
        if not self._half_done(topic):
            raise Refused("not-half-done")
        self.desk.is_half_done = False

    def _half_done(self, topic: str) -> tuple[desk.HalfDone, ...]:
        topics = list(self.desk.backend.all_topics.values())
        if not self.desk.is_half_done or topic != topics[0].id:
            return ()
        return (desk.HalfDone("split", topics[-1], 2), desk.HalfDone("merge", topics[1], 3))

    async def end(self, account: Account, topic: str) -> None:
        self.desk.check("end_topic", account, topic)
        self.desk.ended.add(topic)


class MemoryRounds(_Part):
    async def running(self) -> desk.Running:
        every = self.desk.backend.all_rounds.values()
        found = [view for view in every if view.summary.state != "certified"]
        ordered = sorted(found, key=lambda view: (view.summary.closes, view.summary.number))
        return desk.Running(tuple(ordered), len(every) - len(found))

    async def subjects(self, track: Track, procedure: ProcedureName) -> tuple[desk.SubjectChoice, ...]:
        backend = self.desk.backend
        found = [
            desk.SubjectChoice(topic.id, "topic", topic.text, "", topic.minutes, "", self._blocked(topic.id))  # type: ignore[arg-type]
            for topic in backend.all_topics.values()
            if topic.track == track
        ]
        for view in backend.all_proposals.values():
            item = view.summary
            if item.track == track:
                blocked = self._blocked(item.id) or ("" if item.stage == "consulting" else "stage")
                until = NOW + 9 * DAY if blocked == "notice" else None
                found.append(
                    desk.SubjectChoice(
                        item.id, "proposal", view.text, item.member, item.minutes, item.stage, blocked, until  # type: ignore[arg-type]
                    )
                )  # fmt: skip
        return tuple(sorted(found, key=lambda each: bool(each.blocked)))

    def _blocked(self, subject: str) -> str:
        return self.desk.blocked.get(subject, "")

    async def plan(self, wanted: ports.RoundInput) -> desk.RoundPlan:
        if self.desk.backend.refuse is not None:
            raise self.desk.backend.refuse
        backend = self.desk.backend
        policy = backend.federation().policies[wanted.track]
        options = self._options(wanted)
        spec = RoundSpec(
            number=24,
            track=wanted.track,
            procedure=wanted.procedure,
            question=Question(
                options=tuple(
                    Option(
                        id=each.id,
                        subject=EventId(each.subject),
                        text=TextRef(sha256=TextHash(digest(each.subject)), size=9, lang=each.text.lang),
                        minutes=each.minutes,
                    )
                    for each in options
                ),
                capacity_minutes=wanted.capacity_minutes or policy.capacity_minutes,
            ),
            rule=policy.procedures[wanted.procedure].rule,
            roll=0,
            opens=backend.clock,
            closes=backend.clock + wanted.closes_in_ms,
            may_change=True,
            hide_running=wanted.hide_running,
            proxies_per_holder=wanted.proxies_per_holder,
        )
        heard = (backend.clock, backend.clock - 60_000, backend.clock - 3 * DAY, None)
        tellers = backend.federation().tellers
        return desk.RoundPlan(
            spec,
            options,
            backend.clock + policy.procedures[wanted.procedure].voting_ms,
            tuple(desk.TellerHeard(teller, heard[at % len(heard)]) for at, teller in enumerate(tellers)),
            5,
        )

    def _options(self, wanted: ports.RoundInput) -> tuple[ports.OptionView, ...]:
        backend = self.desk.backend
        topics = topic_options(backend.all_topics[each] for each in wanted.subjects if each in backend.all_topics)
        proposals = [backend.all_proposals[each] for each in wanted.subjects if each in backend.all_proposals]
        return (
            *topics,
            *(
                ports.OptionView(
                    f"p{at}", view.summary.id, "proposal", view.text, view.summary.minutes, view.summary.goals,
                    view.summary.member,
                )
                for at, view in enumerate(proposals, 1)
            ),
        )  # fmt: skip

    async def monitor(self, round_id: str) -> desk.Monitor | None:
        found = self.desk.backend.all_rounds.get(round_id)
        if found is None:
            return None
        span = min(self.desk.backend.clock, found.summary.closes) - found.summary.opens
        voted = [
            (member, found.summary.opens + span * (at + 1) // (len(found.voted) + 2))
            for at, member in enumerate(found.voted)
        ]
        members = [member.id for member in self.desk.backend.all_members]
        clock = self.desk.backend.clock
        heard = {member: clock - at * at * 3_600_000 for at, member in enumerate(members) if at % 11}
        return desk.Monitor(
            tuple(voted),
            heard,
            tuple(self.desk.sent.get(round_id, ())),
            tuple(
                desk.TellerProgress(
                    mark.member, len(voted) - at % 3, len(voted) if mark.has_sealed else None, mark.has_certified,
                    heard.get(mark.member),
                )
                for at, mark in enumerate(found.marks)
            ),
        )  # fmt: skip

    async def remind(self, account: Account, round_id: str) -> int:
        self.desk.check("remind", account, round_id)
        found = self.desk.backend.all_rounds[round_id]
        sent = self.desk.sent.setdefault(round_id, [])
        if len(sent) >= desk.REMINDERS_MAX:
            raise Refused("reminders-used")
        absent = tuple(m.id for m in self.desk.backend.all_members if m.id not in found.voted)
        sent.append(desk.SentReminder(self.desk.backend.clock, absent))
        return len(absent)


class MemoryAgenda(_Part):
    async def due(self, order: Sequence[str] | None) -> desk.DueAgenda:
        items = self.desk.due_items
        if not items:
            raise Refused("no-outcomes")
        if order is not None:
            items = self._ordered(order)
        agendas = self.desk.backend.agendas
        in_force = agendas[-1].version if agendas else None
        is_default = [each.subject for each in items] == [each.subject for each in self.desk.due_items]
        return desk.DueAgenda((in_force or 0) + 1, 215, items, self.desk.dropped, in_force, is_default)

    def _ordered(self, order: Sequence[str]) -> tuple[desk.DueItem, ...]:
        known = {item.subject: item for item in self.desk.due_items}
        if set(order) != known.keys() or len(order) != len(known):
            raise Refused("order-impossible", detail="its order doesn't name each item once")
        found = [known[subject] for subject in order]
        for round_ in {item.round for item in found}:
            before = [item.subject for item in self.desk.due_items if item.round == round_]
            if [item.subject for item in found if item.round == round_] != before:
                raise Refused("order-impossible", detail="items that one round chose together keep their order")
        counts = {"long": 0, "short": 0}
        numbered = []
        for item in found:
            counts[item.track] += 1
            number = f"{'S' if item.track == 'short' else ''}{counts[item.track]}"
            numbered.append(replace(item, number=number))
        return tuple(numbered)


class MemoryRequests(_Part):
    async def draft(self, account: Account, name: str) -> Mapping[str, tuple[str, ...]]:
        return self.desk.drafts.get((account.id, name), {})

    async def keep_draft(self, account: Account, name: str, fields: Mapping[str, tuple[str, ...]]) -> None:
        self.desk.drafts[account.id, name] = fields

    async def ask_round(self, account: Account, wanted: ports.RoundInput) -> desk.Signed:
        self.desk.check("request_round", account, wanted)
        if self.desk.needs_second_person:
            self._wait(account, "round", wanted, None)
            return "waiting"
        return "signed"

    async def ask_agenda(self, account: Account, order: Sequence[str] | None) -> desk.Signed:
        self.desk.check("draft_agenda", account, None if order is None else tuple(order))
        if self.desk.needs_second_person:
            self._wait(account, "agenda", None, None if order is None else tuple(order))
            return "waiting"
        return "signed"

    def _wait(
        self, account: Account, kind: Any, wanted: ports.RoundInput | None, order: tuple[str, ...] | None
    ) -> None:
        now = self.desk.backend.clock
        topics = self.desk.backend.all_topics
        titles = (
            tuple(item.text for item in self.desk.due_items)
            if wanted is None
            else tuple(topics[subject].text for subject in wanted.subjects if subject in topics)
        )
        identity = digest("request", len(self.desk.approvals))[:32]
        view = desk.ApprovalView(identity, kind, account.name, False, now, now + 3 * DAY, wanted, titles)
        self.desk.approvals.append((account.id, view, order))

    async def waiting(self, account: Account) -> tuple[desk.ApprovalView, ...]:
        return tuple(replace(view, is_mine=who == account.id) for who, view, _ in self.desk.approvals)

    async def confirm(self, account: Account, request: str) -> Literal["round", "agenda"]:
        who, view, order = self._find(request)
        if who == account.id:
            raise Refused("own-request")
        self.desk.check("confirm", account, view.round if view.kind == "round" else order)
        self._drop(request)
        return view.kind

    async def decline(self, account: Account, request: str) -> None:
        self._find(request)
        self.desk.check("decline", account, request)
        self._drop(request)

    async def pending(self) -> tuple[desk.PendingView, ...]:
        return tuple(self.desk.pending_views)

    def _find(self, request: str) -> tuple[str, desk.ApprovalView, tuple[str, ...] | None]:
        for each in self.desk.approvals:
            if each[1].id == request:
                return each
        raise Refused("request-gone")

    def _drop(self, request: str) -> None:
        self.desk.approvals = [each for each in self.desk.approvals if each[1].id != request]


def fill_desk(memory: MemoryDesk) -> None:
    """Put in something of everything: proposals to screen, objections in every state, the next agenda."""
    backend = memory.backend
    _waiting(memory)
    _objections(memory)
    in_force = backend.agendas[-1]
    items = [*in_force.long, *in_force.short]
    memory.due_items = tuple(
        desk.DueItem(
            item.number, item.subject, item.text, "short" if item.number.startswith("S") else "long", item.minutes,
            item.round, 18 if item.number.startswith("S") else 17, item.number,
        )
        for item in items
    )  # fmt: skip
    taken = {item.subject for item in items}
    fresh = [view for view in backend.all_proposals.values() if view.summary.id not in taken][:2]
    long = [item for item in memory.due_items if item.track == "long"]
    more = tuple(
        desk.DueItem(
            str(len(long) + at),
            view.summary.id,
            view.text,
            "long",
            view.summary.minutes,
            digest("vote", at),
            24 + at,
            "",
        )
        for at, view in enumerate(fresh, 1)
    )
    short = tuple(item for item in memory.due_items if item.track == "short")
    memory.due_items = (*long, *more, *short)
    memory.dropped = (
        desk.DroppedItem("9", fresh[0].text, "not-adopted", 20),
        desk.DroppedItem("S2", fresh[1].text, "unratified", None),
        desk.DroppedItem("10", fresh[1].text, "sunset", None),
    )
    rounds = list(backend.all_rounds)
    memory.sent[rounds[0]] = [desk.SentReminder(NOW - DAY, tuple(m.id for m in backend.all_members[30:]))]


def _waiting(memory: MemoryDesk) -> None:
    backend = memory.backend
    every = list(backend.all_proposals.values())
    picked = [every[21], every[25], [view for view in every if view.text.lang == "zh"][-1], every[31]]
    for at, view in enumerate({view.summary.id: view for view in picked}.values()):
        similar = tuple(
            ports.SimilarView(other.summary.id, other.text.title, other.text.lang, other.summary.member, 81 - 9 * place)
            for place, other in enumerate(each for each in every[10:] if each.summary.id != view.summary.id)
            if place < 2
        )
        written = ports.ProposalInput(
            view.summary.track, view.text.lang, view.text.title, view.text.body, view.text.urgency,
            view.summary.goals, view.summary.minutes,
        )  # fmt: skip
        fresh = proposal_view(view.summary.id, view.summary.member, written, view.summary.time, None)
        summary = replace(fresh.summary, stage="submitted", group=view.summary.group)
        backend.all_proposals[summary.id] = replace(fresh, summary=summary, similar=similar)
        memory.waiting.append(desk.Waiting(summary, NOW + (at * 30 - 20) * 3_600_000, at == 1, at % 3))


def _objections(memory: MemoryDesk) -> None:
    backend = memory.backend
    views = [view for view in backend.all_proposals.values() if view.summary.member != backend.me][:6]
    states: tuple[desk.ObjectionState, ...] = ("due", "waiting", "addressed", "accommodated", "dismissed", "lifted")
    for at, (view, state) in enumerate(zip(views, states, strict=True)):
        answer: Any = state if state in ("addressed", "accommodated", "dismissed") else None
        reasons = ports.TextView("held", "fr" if at % 2 else "en", body="=It would stop exchanges that already run.")
        memory.entries.append(
            desk.LedgerEntry(
                ports.OtherView(view.summary.id, view.text, view.summary.member, "consulting", ""),
                view.summary.track,
                ports.ObjectionView(
                    digest("objection", at),
                    backend.all_members[at + 4].id,
                    NOW - (at + 1) * DAY,
                    reasons,
                    answer,
                    ports.TextView("held", "en", body="The second paragraph says so now.") if answer else None,
                    state != "lifted",
                ),
                state,
                {"due": NOW - DAY, "waiting": NOW + 9 * DAY}.get(state),
            )
        )
