"""An in-memory Backend for tests of pages. It isn't a node: no signatures, no other nodes, nothing on disk."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

from consensus.ballots import Ballot
from consensus.fairness.agenda_report import ItemSource
from node.config import SingleSignOn
from node.demo_content import load_demo_content
from tests.support.web_accounts import MemorySessions, Site, memory_accounts
from tests.support.web_attention import MemoryAttention
from tests.support.web_content import DAY, NOW, Holdings, digest, fill, is_for, proposal_view, topic_view
from tests.support.web_desk import MemoryDesk, fill_desk
from tests.support.web_discussion import MemoryDiscussion
from tests.support.web_drafts import MemoryDrafts, MemorySentForms
from tests.support.web_explorer import explored, placed, rising, searched
from tests.support.web_notices import MemoryNotices, MemoryWebhooks
from tests.support.web_operator import MemoryOperator
from tests.support.web_proofs import MemoryProofs
from tests.support.web_receipts import MemoryReceipts
from tests.support.web_record import MemoryRecord
from tests.support.web_tokens import MemoryTokens
from web import ports
from web.explorer_views import ExplorerFilter, ExplorerView, GroupView, SearchQuery, SearchResults
from web.ports import Account, Refused, Role


class MemoryBackend(Holdings):
    """A node's answers without a node. Public attributes may be changed by tests."""

    def __init__(
        self,
        *,
        is_empty: bool = False,
        has_people: bool = True,
        base_url: str = "http://localhost:8080",
        sign_on: SingleSignOn | None = None,
    ) -> None:
        content = load_demo_content()
        super().__init__(content)
        self.links: dict[str, Account] = {}
        self.sessions: dict[str, ports.Session] = {}
        site = Site(self.me, tuple(self.names.values()), base_url)
        self.accounts = memory_accounts(self, site, has_people=has_people, sign_on=sign_on)
        self.record = MemoryRecord(self)
        self.refuse: Refused | None = None
        self.is_suggesting = True
        self.calls: list[tuple[Any, ...]] = []
        self.attention = MemoryAttention(self)
        self.sent_forms = MemorySentForms(self.now)
        self.drafts = MemoryDrafts(self.now, self.sent_forms)
        self.receipts = MemoryReceipts(self)
        self.proofs = MemoryProofs()
        self.listeners: list[asyncio.Queue[ports.Change]] = []
        self.discussion = MemoryDiscussion(self)
        self.operator = MemoryOperator(self._status, tuple(member.id for member in self.all_members))
        self.notices = MemoryNotices(self)
        self.webhooks = MemoryWebhooks(self)
        self.tokens = MemoryTokens(self.now)
        self.known_revision: str | None = None
        if not is_empty:
            fill(self, content)
            placed(self)
            self.all_rising = rising(self)
        self.desk = MemoryDesk(self)
        if not is_empty:
            fill_desk(self.desk)

    def account(self, *roles: Role, member: str | None = None, lang: str | None = None) -> Account:
        """Return an account of this node's member."""
        return Account(f"a-{'-'.join(roles)}", "Delegation office", member or self.me, frozenset(roles), lang)

    def sign_in(self, account: Account) -> str:
        """Return the secret of a new session."""
        sessions = self.accounts.sessions
        assert isinstance(sessions, MemorySessions)
        return sessions.open_by_hand(account)

    def announce(self, kind: Any, *ids: str) -> None:
        """Tell open pages that something changed."""
        for queue in self.listeners:
            queue.put_nowait(ports.Change(kind, ids))

    def revision(self) -> str | None:
        return self.known_revision

    async def agenda(self, version: int | None = None) -> ports.AgendaView | None:
        if version is None:
            return self.agendas[-1] if self.agendas else None
        return next((agenda for agenda in self.agendas if agenda.version == version), None)

    async def agenda_sources(self, version: int) -> tuple[ItemSource, ...]:
        agenda = await self.agenda(version)
        return tuple(self._source(item) for item in (*agenda.long, *agenda.short)) if agenda else ()

    def _source(self, item: ports.AgendaItem) -> ItemSource:
        proposals = [self.all_proposals[proposal] for proposal in item.proposals]
        ballots = {ballot.member: ballot.content for ballot in self.all_rounds[item.round].roll_call}
        return ItemSource(
            number=item.number,
            minutes=item.minutes,
            proposals=tuple((view.summary.member, view.endorsed_by) for view in proposals),
            in_favour=frozenset(member for member, content in ballots.items() if is_for(content, item.option)),
            voted=frozenset(ballots),
        )

    async def proposals(self, wanted: ports.ProposalFilter) -> ports.ProposalList:
        every = [view.summary for view in self.all_proposals.values()]
        listed = [item for item in every if wanted.track in (None, item.track) and wanted.group in (None, item.group)]
        listed = [
            item for item in listed if wanted.stage in (None, item.stage) and wanted.member in (None, item.member)
        ]
        if wanted.before is not None:
            before = self.all_proposals.get(wanted.before)
            order = {item.id: (item.time, item.id) for item in every}
            listed = [item for item in listed if before and order[item.id] < order[wanted.before]]
        by_goal = {goal: sum(goal in item.goals for item in listed) for goal in range(1, 18)}
        found = sorted(
            (item for item in listed if wanted.goal is None or wanted.goal in item.goals),
            key=lambda item: (item.time, item.id),
            reverse=True,
        )
        start = (wanted.page - 1) * wanted.per_page
        return ports.ProposalList(
            items=tuple(found[start : start + wanted.per_page]),
            total=len(found),
            pages=max(1, -(-len(found) // wanted.per_page)),
            by_goal=by_goal,
            without_goal=sum(not item.goals for item in listed),
            by_stage=dict(Counter(item.stage for item in listed)),
        )

    async def proposal(self, proposal: str) -> ports.ProposalView | None:
        return self.all_proposals.get(proposal)

    async def groups(self) -> tuple[GroupView, ...]:
        return self.all_groups

    async def explore(self, wanted: ExplorerFilter) -> ExplorerView:
        return explored(self, wanted)

    async def search(self, query: SearchQuery) -> SearchResults:
        return searched(self, query)

    async def topics(self) -> tuple[ports.TopicView, ...]:
        return tuple(self.all_topics.values())

    async def rounds(self) -> tuple[ports.RoundSummary, ...]:
        return tuple(sorted((found.summary for found in self.all_rounds.values()), key=lambda item: -item.closes))

    async def round(self, round_id: str) -> ports.RoundView | None:
        return self.all_rounds.get(round_id)

    async def members(self) -> tuple[ports.MemberView, ...]:
        return self.all_members

    async def status(self) -> ports.NodeStatus:
        return self._status()

    def _status(self) -> ports.NodeStatus:
        peers = tuple(
            ports.PeerView(
                address=f"http://127.0.0.1:{9000 + place}",
                member=member.id,
                is_connected=place != 3,
                is_outbound=place % 2 == 0,
                last_heard=self.clock - 4_000,
                events_in=1_200 + place,
                events_out=900,
                lag=0 if place != 3 else 17,
                last_error="" if place != 3 else "connection refused",
            )
            for place, member in enumerate(self.all_members[1:5])
        )
        return ports.NodeStatus(
            version="0.1.0",
            started=NOW - DAY,
            now=self.clock,
            height=214,
            events=12_345,
            texts=410,
            bytes_stored=58_000_000,
            bytes_free=41_000_000_000,
            chains=62,
            forks=((self.all_members[4].id, digest("key"), 88),),
            peers=peers,
            refusals=(ports.RefusalView(self.clock - 60_000, "127.0.0.1", "bad-signature", "key 12ab <b>x</b>"),),
            refusal_counts={"bad-signature": 3, "oversize": 1},
            is_teller=True,
            topics_worker="running",
            halted="",
        )

    async def suggest(self, text: str, lang: str | None) -> ports.Suggestion | None:
        if not self.is_suggesting:
            return None
        close = next(iter(self.all_proposals.values()))
        return ports.Suggestion(
            lang=lang or "en",
            goals=((6, 91), (3, 74), (9, 31)),
            accepted=(3, 6),
            reasons=((6, "“drink water”, “wells”; close to target 6.1"), (3, "“fluoride”; close to target 3.9")),
            similar=(ports.SimilarView(close.summary.id, close.text.title, close.text.lang, close.summary.member, 81),),
        )

    async def submit(self, account: Account, proposal: ports.ProposalInput) -> str:
        self._may("submit", account, proposal)
        view = proposal_view(digest("submitted", len(self.all_proposals)), account.member, proposal, self.clock, None)
        self.all_proposals[view.summary.id] = view
        self.announce("proposal", view.summary.id)
        return view.summary.id

    async def endorse(self, account: Account, proposal: str, endorses: bool) -> str:
        self._may("endorse", account, proposal, endorses)
        view = self._proposal(proposal)
        others = tuple(member for member in view.endorsed_by if member != account.member)
        self.all_proposals[proposal] = replace(view, endorsed_by=(*others, account.member) if endorses else others)
        return digest("endorsement", proposal, endorses)

    async def take_position(
        self, account: Account, proposal: str, stance: ports.Stance, lang: str, reasons: str
    ) -> str:
        self._may("take_position", account, proposal, stance, lang, reasons)
        view = self._proposal(proposal)
        text = ports.TextView("held", lang, body=reasons)
        mine = ports.PositionView(account.member, stance, text, self.clock)
        self.all_proposals[proposal] = replace(view, positions=(*view.positions, mine))
        return digest("position", proposal, stance)

    async def act(self, account: Account, proposal: str, typed: ports.ActInput) -> None:
        self._may("act", account, proposal, typed)

    async def cast(self, account: Account, round_id: str, content: Ballot) -> ports.BallotView:
        self._may("cast", account, round_id, content)
        found = self.all_rounds.get(round_id)
        if found is None:
            raise Refused("unknown-round")
        if self.clock >= found.summary.closes:
            raise Refused("round-closed", late_ms=self.clock - found.summary.closes)
        ballot = ports.BallotView(digest("ballot", round_id), account.member, content, self.clock, (), None)
        self.all_rounds[round_id] = replace(found, my_ballot=ballot, summary=replace(found.summary, mine=True))
        return ballot

    def receive(self, round_id: str, tellers: int) -> None:
        """Let so many tellers have received this member's ballot."""
        found = self.all_rounds[round_id]
        assert found.my_ballot is not None
        received = tuple(mark.member for mark in found.marks[:tellers])
        times = {teller: self.clock + 1_000 * place for place, teller in enumerate(received)}
        self.all_rounds[round_id] = replace(
            found, my_ballot=replace(found.my_ballot, received_by=received, received_at=times)
        )
        self.announce("receipt", round_id)

    async def erase_text(self, account: Account, subject: str, ground: str) -> None:
        self._may("erase_text", account, subject, ground)
        view = self.all_proposals[subject]
        text = ports.TextView(
            "erased", view.text.lang, erased_by=account.member, erased_ground=ground, erased_at=self.clock
        )
        summary = replace(view.summary, text_state="erased", title="")
        self.all_proposals[subject] = replace(view, text=text, summary=summary)

    async def name_topic(self, account: Account, topic: ports.TopicInput) -> str:
        self._may("name_topic", account, topic)
        view = topic_view(topic, self.clock)
        self.all_topics[view.id] = view
        return view.id

    async def request_round(self, account: Account, wanted: ports.RoundInput) -> str:
        self._may("request_round", account, wanted)
        return digest("request", wanted.subjects)

    async def draft_agenda(self, account: Account) -> str:
        self._may("draft_agenda", account)
        return digest("draft")

    async def changes(self) -> AsyncIterator[ports.Change]:
        queue: asyncio.Queue[ports.Change] = asyncio.Queue()
        self.listeners.append(queue)
        try:
            while True:
                yield await queue.get()
        finally:
            self.listeners.remove(queue)

    def now(self) -> int:
        return self.clock

    def note(self, call: str, account: Account, *arguments: object) -> None:
        """Note a command that a part of the backend was given, or refuse it if a test wants that."""
        self._may(call, account, *arguments)

    def _proposal(self, proposal: str) -> ports.ProposalView:
        if proposal not in self.all_proposals:
            raise Refused("unknown-proposal")
        return self.all_proposals[proposal]

    def _may(self, call: str, account: Account, *arguments: object) -> None:
        if self.refuse is not None:
            raise self.refuse
        if account.member != self.me:
            raise Refused("foreign-member")
        self.calls.append((call, account, *arguments))
