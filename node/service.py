"""What people do and see through the pages: satisfies web.ports.Backend.

Each command checks who may, makes the event, and returns once it is on disk. Library and Rounds answer the queries.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

from consensus.ballots import Ballot as BallotContent
from consensus.ballots import ProxyBallot
from consensus.consultation import possible_acts
from consensus.fairness.agenda_report import ItemSource
from consensus.lifecycle import OFFICE_ACTS
from consensus.proposal_state import Consultation
from node import acts
from node.attention import Attention
from node.casting import check_ballot
from node.clock import Clock
from node.clustering import TopicsUnavailable, TopicsWorker
from node.deliveries import Batch
from node.desk import Desk
from node.discussion import Discussion
from node.drafts import Drafts, SentForms
from node.exploring import Explorer
from node.groups import Groups, signed_vector
from node.ledger import Ledger
from node.library import Library, Links
from node.membership import Membership
from node.noticeboard import Noticeboard
from node.operating import Operating
from node.proofs import Proofs
from node.receipts import Receipts
from node.record import Record
from node.register import Register
from node.revisions import Revisions
from node.rounds import Rounds
from node.searching import Search
from node.sign_in import SignIn
from node.stages import Stages
from node.status import StatusReader
from node.storage.events import ABOUT_A_PROPOSAL, subject_of
from node.teller import Teller
from node.tokens import Tokens
from node.voice import Voice
from node.webhooks import Webhooks
from protocol import limits
from protocol.charter import Charter
from protocol.events import consultation, discussion, rounds
from protocol.events.consultation import Endorsement, Erasure, Position, Proposal, Suggested, Vector
from protocol.events.rounds import Ballot
from protocol.ids import EventId, MemberId, RecordId
from protocol.texts import text_ref
from web import ports
from web.explorer_views import ExplorerFilter, ExplorerView, GroupView, SearchQuery, SearchResults
from web.ports import Account, Refused

_SUGGEST_SECONDS = 8.0
_SIMILAR_SHOWN = 5
_CHANGES_KEPT = 256


@dataclass(frozen=True, slots=True)
class Parts:
    """What the service stands on."""

    charter: Charter
    me: MemberId
    voice: Voice
    clock: Clock
    ledger: Ledger
    register: Register
    teller: Teller
    library: Library
    membership: Membership
    rounds: Rounds
    groups: Groups
    explorer: Explorer
    search: Search
    stages: Stages
    worker: TopicsWorker
    accounts: SignIn
    record: Record
    status: StatusReader
    discussion: Discussion
    operator: Operating
    desk: Desk
    attention: Attention
    drafts: Drafts
    sent_forms: SentForms
    receipts: Receipts
    proofs: Proofs
    notices: Noticeboard
    webhooks: Webhooks
    tokens: Tokens
    revisions: Revisions


class Service:
    """A node, as pages see it."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._readers: set[asyncio.Queue[ports.Change]] = set()
        self.discussion = parts.discussion
        self.operator = parts.operator
        self.desk = parts.desk
        self.attention = parts.attention
        self.drafts = parts.drafts
        self.sent_forms = parts.sent_forms
        self.receipts = parts.receipts
        self.proofs = parts.proofs
        self.notices = parts.notices
        self.webhooks = parts.webhooks
        self.tokens = parts.tokens
        self.accounts = parts.accounts
        self.record = parts.record
        parts.ledger.listen(self._on_batch)
        parts.register.listen(lambda entry, _: self._announce("register", entry.id))
        parts.teller.listen(lambda: self._announce("round"))

    def revision(self) -> str | None:
        """Return a name that changes with all that answers rest on but the time."""
        return self._parts.revisions.current

    def federation(self) -> ports.FederationView:
        """Return the federation and this node's place in it."""
        charter, roll = self._parts.charter, self._parts.charter.roll
        names = sorted({str(name) for member in roll.members for name in member.constituencies})
        return ports.FederationView(
            id=self._parts.ledger.federation,
            names={str(lang): str(name) for lang, name in charter.names.items()},
            founded=charter.founded,
            me=self._parts.me,
            members=len(roll.members),
            tellers=tuple(roll.tellers),
            height=self._parts.register.height,
            constituencies=tuple(names),
            policies={"long": charter.long, "short": charter.short},
        )

    async def agenda(self, version: int | None = None) -> ports.AgendaView | None:
        """Return a published agenda, the one in force by default."""
        return await self._parts.rounds.agenda(version)

    async def agenda_sources(self, version: int) -> tuple[ItemSource, ...]:
        """Return what each item of a published agenda rests on."""
        return await self._parts.rounds.agenda_sources(version)

    async def proposals(self, wanted: ports.ProposalFilter) -> ports.ProposalList:
        """Return one page of proposals."""
        return await self._parts.library.proposals(wanted, self._parts.groups.of_proposal)

    async def proposal(self, proposal: str) -> ports.ProposalView | None:
        """Return one proposal, or None."""
        links = Links(self._parts.groups.of_proposal, self._parts.rounds.links())
        view = await self._parts.library.proposal(proposal, links)
        if view is None or view.text.state != "held":
            return view
        return replace(view, similar=await self._similar(f"{view.text.title}\n\n{view.text.body}", proposal))

    async def groups(self) -> tuple[GroupView, ...]:
        """Return the latest automatic groups, largest first."""
        return self._parts.groups.latest

    async def explore(self, wanted: ExplorerFilter) -> ExplorerView:
        """Return what members propose: by goal, in groups, rising, and from which constituencies."""
        return await self._parts.explorer.explore(wanted)

    async def search(self, query: SearchQuery) -> SearchResults:
        """Return what is found by words and by meaning among proposals, topics and the agenda in force."""
        return await self._parts.search.search(query)

    async def topics(self) -> tuple[ports.TopicView, ...]:
        """Return the topics that the secretariat has named, newest first."""
        return await self._parts.library.topics()

    async def rounds(self) -> tuple[ports.RoundSummary, ...]:
        """Return all rounds, the latest to close first."""
        return await self._parts.rounds.all()

    async def round(self, round_id: str) -> ports.RoundView | None:
        """Return one round, or None."""
        return await self._parts.rounds.one(round_id)

    async def members(self) -> tuple[ports.MemberView, ...]:
        """Return all members in the order of the roll."""
        return await self._parts.membership.members()

    async def status(self) -> ports.NodeStatus:
        """Return what an operator looks at."""
        return await self._parts.status.read()

    async def suggest(self, text: str, lang: str | None) -> ports.Suggestion | None:
        """Return goals and similar proposals for a text, or None while the topic module isn't there."""
        found = await self._classify(text, lang)
        if found is None:
            return None
        goals = sorted(((int(goal), round(100 * p)) for goal, p in found["goals"].items()), key=lambda g: (-g[1], g[0]))
        accepted = [int(goal) for goal in found["accepted"]]
        return ports.Suggestion(
            lang=found["lang"],
            goals=tuple(sorted(goals, key=lambda g: (g[0] not in accepted, -g[1], g[0]))),
            accepted=tuple(sorted(accepted)),
            reasons=tuple((int(reason["goal"]), _reason_text(reason)) for reason in found["reasons"]),
            similar=await self._similar(text, None),
        )

    async def _classify(self, text: str, lang: str | None) -> dict[str, Any] | None:
        item = {"id": "text", "text": text[: limits.BODY_CHARACTERS_MAX]} | ({"lang": lang} if lang else {})
        try:
            async with asyncio.timeout(_SUGGEST_SECONDS):
                return (await self._parts.worker.classify([item], lang))[0]
        except (TopicsUnavailable, TimeoutError):
            return None

    async def _similar(self, text: str, besides: str | None) -> tuple[ports.SimilarView, ...]:
        try:
            async with asyncio.timeout(_SUGGEST_SECONDS):
                matches = await self._parts.worker.similar(text[: limits.BODY_CHARACTERS_MAX], _SIMILAR_SHOWN + 1)
        except (TopicsUnavailable, TimeoutError):
            return ()
        found = []
        for match in matches:
            subject = await self._parts.library.subject(match["id"])
            if match["id"] != besides and isinstance(subject, ports.ProposalSummary):
                likeness = round(100 * match["cosine"])
                found.append(ports.SimilarView(subject.id, subject.title, subject.lang, subject.member, likeness))
        return tuple(found[:_SIMILAR_SHOWN])

    async def submit(self, account: Account, proposal: ports.ProposalInput) -> str:
        """Sign and store a proposal; return its id."""
        self._parts.voice.check(account, "delegate")
        text = self._parts.voice.write(proposal.title, proposal.body, proposal.lang, proposal.urgency)
        found = await self._classify(f"{proposal.title}\n\n{proposal.body}", proposal.lang)
        body = Proposal(
            track=proposal.track,
            text=text_ref(text.data, text.lang),
            goals=tuple(sorted(set(proposal.goals))),
            suggested=None if found is None else _suggested(found),
            minutes=proposal.minutes,
            vector=None if found is None else _vector(found["vector"]),
            merges=tuple(EventId(each) for each in sorted(set(proposal.merges))),
        )
        for each in body.merges:
            await self._proposal(each)
        return await self._parts.voice.say("proposal", body, refs=body.merges, texts=(text,))

    async def act(self, account: Account, proposal: str, typed: ports.ActInput) -> None:
        """Carry out an act on a proposal for the account's member."""
        self._parts.voice.check(account, "secretariat" if typed.act in OFFICE_ACTS else "delegate")
        state = await self._check_stage(proposal, await self._proposal(proposal), typed.act)
        if typed.act in ("duplicate", "supersede"):
            await self._proposal(typed.other)
        if typed.act in ("join", "stay-out"):
            await self._check_merge(proposal, typed.other)
        if typed.act == "call" and typed.until <= self._parts.clock.now():
            raise Refused("until-past")
        made = acts.act_event(typed, EventId(proposal), state, self._parts.voice.write)
        await self._parts.voice.say(made.kind, made.body, refs=made.refs, texts=made.texts)

    async def _check_stage(self, proposal: str, found: ports.ProposalSummary, act: str) -> Consultation:
        """Return a proposal's state if this member may do something in the stage that it is in. Raises Refused."""
        state = await self._parts.stages.read_state(proposal)
        if state is None:
            raise Refused("unknown-proposal")
        if act not in possible_acts(state, self._parts.me, self._parts.stages.settings[found.track]):
            raise Refused("not-now")
        return state

    async def _check_merge(self, proposal: str, into: str) -> None:
        if into not in await self._parts.library.consolidations(proposal):
            raise Refused("unknown-proposal")

    async def endorse(self, account: Account, proposal: str, endorses: bool) -> str:
        """Co-sponsor a proposal for the account's member, or take that back; return the event's id."""
        self._parts.voice.check(account, "delegate")
        found = await self._proposal(proposal)
        if found.member == self._parts.me:
            raise Refused("own-proposal")
        await self._check_stage(proposal, found, "endorse")
        body = Endorsement(proposal=EventId(proposal), endorses=endorses)
        return await self._parts.voice.say("endorsement", body, refs=(EventId(proposal),))

    async def take_position(
        self, account: Account, proposal: str, stance: ports.Stance, lang: str, reasons: str
    ) -> str:
        """State the member's stance on a proposal; return the event's id."""
        self._parts.voice.check(account, "delegate")
        await self._check_stage(proposal, await self._proposal(proposal), "position")
        text = self._parts.voice.write("", reasons, lang, "")
        body = Position(proposal=EventId(proposal), stance=stance, reasons=text_ref(text.data, text.lang))
        return await self._parts.voice.say("position", body, refs=(EventId(proposal),), texts=(text,))

    async def cast(self, account: Account, round_id: str, content: BallotContent) -> ports.BallotView:
        """Cast or change the member's ballot."""
        self._parts.voice.check(account, "head" if isinstance(content, ProxyBallot) else "delegate")
        opened = self._parts.teller.opened.get(RecordId(round_id))
        if opened is None:
            raise Refused("unknown-round")
        spec = opened.body.spec
        before = await self._parts.rounds.my_latest(round_id)
        rulings = self._parts.teller.rulings
        check_ballot(rulings, spec, self._parts.me, content, has_ballot=before is not None)
        if before is not None and not spec.may_change:
            raise Refused("may-not-change")
        now = self._parts.clock.now()
        if now < spec.opens:
            raise Refused("round-not-open")
        if now > spec.closes:
            raise Refused("round-closed", late_ms=now - spec.closes)
        body = Ballot(
            round=RecordId(round_id),
            content=content.model_dump(mode="json"),
            replaces=None if before is None else before.id,
            delegate=account.id,
            authorisation=None,
        )
        refs = () if before is None else (before.id,)
        event = await self._parts.voice.say("ballot", body, refs=refs)
        return await self._parts.rounds.ballot(round_id, EventId(event))

    async def erase_text(self, account: Account, subject: str, ground: str) -> None:
        """Erase the text of a proposal: by its own member's delegate, or by the secretariat."""
        self._parts.voice.check_member(account)
        found = await self._proposal(subject)
        is_own = found.member == self._parts.me and account.may_act_as("delegate")
        if not is_own and "secretariat" not in account.roles:
            raise Refused("not-own-proposal")
        if found.text_state == "erased":
            raise Refused("text-erased")
        refs = await self._parts.library.text_refs([subject])
        body = Erasure.model_validate({"text": refs[subject][0].sha256, "ground": ground})
        await self._parts.voice.say("erasure", body, refs=(EventId(subject),))

    async def name_topic(self, account: Account, topic: ports.TopicInput) -> str:
        """Name a topic (secretariat); return its id."""
        return await self._parts.desk.name_topic(account, topic)

    async def request_round(self, account: Account, wanted: ports.RoundInput) -> str:
        """Ask the tellers to open a round (secretariat); return the request's id."""
        return await self._parts.desk.request_round(account, wanted)

    async def draft_agenda(self, account: Account) -> str:
        """Draft the next agenda in the order of adoption and ask the tellers to certify it (secretariat)."""
        return await self._parts.desk.draft_agenda(account, None)

    async def changes(self) -> AsyncIterator[ports.Change]:
        """Yield what changes from now on; a slow reader may miss some."""
        queue: asyncio.Queue[ports.Change] = asyncio.Queue(_CHANGES_KEPT)
        self._readers.add(queue)
        try:
            while True:
                yield await queue.get()
        finally:
            self._readers.discard(queue)

    def now(self) -> int:
        """Return the node's time."""
        return self._parts.clock.now()

    def _announce(self, kind: str, *ids: str) -> None:
        change = ports.Change(kind, ids)  # type: ignore[arg-type]
        for queue in self._readers:
            if not queue.full():
                queue.put_nowait(change)

    def _on_batch(self, batch: Batch) -> None:
        if (
            any(verified.event.kind in ("proposal", "endorsement", "topic") for verified in batch.accepted)
            or batch.texts
        ):
            self._parts.groups.ask()
        if not self._readers:
            return
        for verified in batch.accepted:
            match verified.event.body:
                case consultation.Proposal():
                    self._announce("proposal", verified.id)
                case _ if verified.event.kind in ABOUT_A_PROPOSAL:
                    self._announce("proposal", subject_of(verified))
                case discussion.Comment():
                    self._announce("comment", verified.event.body.subject)
                case rounds.Ballot():
                    self._announce("ballot", verified.event.body.round)
                case _ if verified.event.kind in ("receipt", "seal"):
                    self._announce("receipt", verified.event.body.round)  # type: ignore[union-attr]
        for proof in batch.forks:
            self._announce("fork", proof.key)

    async def _proposal(self, proposal: str) -> ports.ProposalSummary:
        found = await self._parts.library.subject(proposal)
        if not isinstance(found, ports.ProposalSummary):
            raise Refused("unknown-proposal")
        return found


def _suggested(found: dict[str, Any]) -> Suggested:
    return Suggested(classifier=found["classifier"], goals=tuple(sorted(int(goal) for goal in found["accepted"])))


def _vector(value: object) -> Vector | None:
    if not isinstance(value, dict):
        return None
    return signed_vector(str(value["model"]), list(value["values"]))


def _reason_text(reason: dict[str, object]) -> str:
    words = reason.get("words")
    shown = ", ".join(f"“{word}”" for word in words) if isinstance(words, list) else ""
    target = f"{reason['target']}: {reason['official']}" if reason.get("target") else ""
    return "; ".join(filter(None, (shown, target)))
