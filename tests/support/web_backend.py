"""An in-memory Backend for tests of pages: a federation with the demonstration's texts, and rounds in every state.

It decides with the real rules and keeps nothing on disk. It isn't a node: no signatures, no other nodes.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterable
from dataclasses import replace
from typing import Any, Literal

from consensus import ballots as answers
from consensus.ballots import ApprovalBallot, Ballot, ChoiceBallot
from consensus.outcome import Outcome
from consensus.rules.named import two_thirds_present_and_voting
from consensus.rules.proportional import EqualSharesSettings
from consensus.rules.registry import evaluate, parse_settings
from consensus.rules.threshold import ThresholdSettings
from node.demo_content import DemoContent, Member, load_demo_content
from protocol.events.consultation import TextRef
from protocol.events.rounds import Option, Question, RoundSpec
from protocol.ids import EventId, TextHash
from web import ports
from web.ports import Account, Refused, Role

NOW = 1_795_528_920_000
"""24 November 2026, 14:02 UTC."""
DAY = 86_400_000
TELLERS = 7

RoundState = Literal["scheduled", "open", "sealing", "deciding", "stalled", "certified"]


def digest(*parts: object) -> str:
    """Return a stable id."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()


class MemoryBackend:
    """A node's answers without a node. Public attributes may be changed by tests."""

    def __init__(self, *, is_empty: bool = False) -> None:
        content = load_demo_content()
        self.clock = NOW
        self.me = content.members[0].id
        self.names: dict[str, str] = {str(lang): name for lang, name in content.federation.name.items()}
        self.all_members = tuple(_member(member, place) for place, member in enumerate(content.members))
        self.all_proposals: dict[str, ports.ProposalView] = {}
        self.all_topics: dict[str, ports.TopicView] = {}
        self.all_rounds: dict[str, ports.RoundView] = {}
        self.agendas: list[ports.AgendaView] = []
        self.all_groups: tuple[ports.GroupView, ...] = ()
        self.links: dict[str, Account] = {}
        self.sessions: dict[str, ports.Session] = {}
        self.refuse: Refused | None = None
        self.is_suggesting = True
        self.calls: list[tuple[Any, ...]] = []
        self.listeners: list[asyncio.Queue[ports.Change]] = []
        if not is_empty:
            _fill(self, content)

    def account(self, *roles: Role, member: str | None = None, lang: str | None = None) -> Account:
        """Return an account of this node's member."""
        return Account(f"a-{'-'.join(roles)}", "Delegation office", member or self.me, frozenset(roles), lang)

    def sign_in(self, account: Account) -> str:
        """Return the secret of a new session."""
        secret = digest("session", account.id, len(self.sessions))
        self.sessions[secret] = ports.Session(account, digest("csrf", secret), self.clock + DAY)
        return secret

    def announce(self, kind: Any, *ids: str) -> None:
        """Tell open pages that something changed."""
        for queue in self.listeners:
            queue.put_nowait(ports.Change(kind, ids))

    def federation(self) -> ports.FederationView:
        constituencies = tuple(dict.fromkeys(name for member in self.all_members for name in member.constituencies))
        return ports.FederationView(
            id=digest("federation"),
            names=self.names,
            founded=NOW - 400 * DAY,
            me=self.me,
            members=len(self.all_members),
            tellers=tuple(member.id for member in self.all_members if member.is_teller),
            height=214,
            constituencies=constituencies,
        )

    async def agenda(self, version: int | None = None) -> ports.AgendaView | None:
        if version is None:
            return self.agendas[-1] if self.agendas else None
        return next((agenda for agenda in self.agendas if agenda.version == version), None)

    async def proposals(self, wanted: ports.ProposalFilter) -> ports.ProposalList:
        every = [view.summary for view in self.all_proposals.values()]
        listed = [item for item in every if wanted.track in (None, item.track) and wanted.group in (None, item.group)]
        by_goal = {goal: sum(goal in item.goals for item in listed) for goal in range(1, 18)}
        found = sorted(
            (item for item in listed if wanted.goal is None or wanted.goal in item.goals), key=lambda item: -item.time
        )
        start = (wanted.page - 1) * wanted.per_page
        return ports.ProposalList(
            items=tuple(found[start : start + wanted.per_page]),
            total=len(found),
            pages=max(1, -(-len(found) // wanted.per_page)),
            by_goal=by_goal,
            without_goal=sum(not item.goals for item in listed),
        )

    async def proposal(self, proposal: str) -> ports.ProposalView | None:
        return self.all_proposals.get(proposal)

    async def groups(self) -> tuple[ports.GroupView, ...]:
        return self.all_groups

    async def topics(self) -> tuple[ports.TopicView, ...]:
        return tuple(self.all_topics.values())

    async def rounds(self) -> tuple[ports.RoundSummary, ...]:
        return tuple(sorted((found.summary for found in self.all_rounds.values()), key=lambda item: -item.closes))

    async def round(self, round_id: str) -> ports.RoundView | None:
        return self.all_rounds.get(round_id)

    async def members(self) -> tuple[ports.MemberView, ...]:
        return self.all_members

    async def status(self) -> ports.NodeStatus:
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
        view = _proposal(digest("submitted", len(self.all_proposals)), account.member, proposal, self.clock, None)
        self.all_proposals[view.summary.id] = view
        self.announce("proposal", view.summary.id)
        return view.summary.id

    async def endorse(self, account: Account, proposal: str, endorses: bool) -> None:
        self._may("endorse", account, proposal, endorses)
        view = self.all_proposals[proposal]
        others = tuple(member for member in view.endorsed_by if member != account.member)
        self.all_proposals[proposal] = replace(view, endorsed_by=(*others, account.member) if endorses else others)

    async def take_position(
        self, account: Account, proposal: str, stance: ports.Stance, lang: str, reasons: str
    ) -> None:
        self._may("take_position", account, proposal, stance, lang, reasons)
        view = self.all_proposals[proposal]
        text = ports.TextView("held", lang, body=reasons)
        mine = ports.PositionView(account.member, stance, text, self.clock)
        self.all_proposals[proposal] = replace(view, positions=(*view.positions, mine))

    async def cast(self, account: Account, round_id: str, content: Ballot) -> ports.BallotView:
        self._may("cast", account, round_id, content)
        found = self.all_rounds[round_id]
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
        self.all_rounds[round_id] = replace(found, my_ballot=replace(found.my_ballot, received_by=received))
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
        view = _topic(topic, self.clock)
        self.all_topics[view.id] = view
        return view.id

    async def request_round(self, account: Account, wanted: ports.RoundInput) -> str:
        self._may("request_round", account, wanted)
        return digest("request", wanted.subjects)

    async def draft_agenda(self, account: Account) -> str:
        self._may("draft_agenda", account)
        return digest("draft")

    async def redeem(self, token: str) -> str | None:
        account = self.links.pop(token, None)
        return self.sign_in(account) if account else None

    async def session(self, secret: str) -> ports.Session | None:
        return self.sessions.get(secret)

    async def sign_out(self, secret: str) -> None:
        self.sessions.pop(secret, None)

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

    def _may(self, call: str, account: Account, *arguments: object) -> None:
        if self.refuse is not None:
            raise self.refuse
        if account.member != self.me:
            raise Refused("foreign-member")
        self.calls.append((call, account, *arguments))


def _member(member: Member, place: int) -> ports.MemberView:
    names = {"en": member.name}
    return ports.MemberView(
        id=member.id,
        names=names,
        country=member.country,
        constituencies=(member.region, f"income-{member.income}"),
        is_teller=place < TELLERS,
        is_secretariat=place == 0,
        proposals=10 if place < 5 else 0,
        endorsements=place % 4,
        ballots=2,
        forked_keys=(digest("key"),) if place == 4 else (),
    )


def _fill(backend: MemoryBackend, content: DemoContent) -> None:
    """Put in the demonstration's proposals, topics, groups, rounds and agendas."""
    matters = {matter.slug: place for place, matter in enumerate(content.matters)}
    ids = {}
    for place, written in enumerate(content.proposals):
        proposal = ports.ProposalInput(
            written.track, written.lang, written.title, written.text, written.urgency or "", written.goals,
            written.minutes,
        )  # fmt: skip
        author = content.members[written.member].id
        view = _proposal(digest("proposal", written.key), author, proposal, NOW - (50 - place) * DAY, None)
        letter = chr(ord("A") + matters[written.matter]) if matters[written.matter] < 26 else None
        summary = replace(view.summary, group=letter, endorsements=place % 5)
        others = tuple(member.id for member in content.members if member.id != author)[: place % 5]
        backend.all_proposals[summary.id] = replace(view, summary=summary, endorsed_by=others)
        ids[written.key] = summary.id
    _positions(backend, ids)
    _groups(backend, content, ids)
    _topics(backend, content, ids)
    _rounds(backend, content, ids)
    _agendas(backend)


def _positions(backend: MemoryBackend, ids: dict[str, str]) -> None:
    first = next(iter(ids.values()))
    stances: tuple[tuple[ports.Stance, str, str], ...] = (
        ("support", "en", "It fills a gap that every node of the network has named."),
        ("conditional", "fr", "Nous soutenons si le protocole peut être suivi sans étuve."),
        ("concern", "ar", "المدة قصيرة لمختبرات لا تملك المعدات."),
        ("objection", "en", "The second paragraph would stop exchanges that already run.\n\nName them."),
        ("support", "zh", "建议尽快启动。"),
    )
    positions = tuple(
        ports.PositionView(
            backend.all_members[place + 1].id, stance, ports.TextView("held", lang, body=body), NOW - DAY
        )
        for place, (stance, lang, body) in enumerate(stances)
    )
    view = backend.all_proposals[first]
    similar = tuple(
        ports.SimilarView(other.summary.id, other.text.title, other.text.lang, other.summary.member, likeness)
        for other, likeness in zip(list(backend.all_proposals.values())[10:13], (81, 64, 58), strict=True)
    )
    backend.all_proposals[first] = replace(view, positions=positions, similar=similar)


def _groups(backend: MemoryBackend, content: DemoContent, ids: dict[str, str]) -> None:
    groups = []
    for place, matter in enumerate(content.matters[:26]):
        those = [proposal for proposal in content.proposals if proposal.matter == matter.slug]
        groups.append(
            ports.GroupView(
                id=chr(ord("A") + place),
                label={str(lang): name for lang, name in matter.title.items()},
                proposals=tuple(ids[proposal.key] for proposal in those),
                representative=ids[those[0].key],
                sureness=90 - 2 * place,
                goals=tuple(sorted({goal for proposal in those for goal in proposal.goals}))[:3],
                is_between_goals=place % 5 == 4,
            )
        )
    backend.all_groups = tuple(sorted(groups, key=lambda group: -len(group.proposals)))


def _topics(backend: MemoryBackend, content: DemoContent, ids: dict[str, str]) -> None:
    votable = [matter for matter in content.matters if content.proposals_on(matter.slug, "long")][:14]
    for matter in votable:
        those = content.proposals_on(matter.slug, "long")
        topic = ports.TopicInput(
            track="long",
            lang="en",
            title=matter.title["en"],
            body=f"What belongs together under “{matter.title['en']}”.",
            goals=tuple(sorted({goal for proposal in those for goal in proposal.goals}))[:3],
            minutes=max(proposal.minutes for proposal in those),
            proposals=tuple(sorted(ids[proposal.key] for proposal in those)),
        )
        view = _topic(topic, NOW - 8 * DAY)
        backend.all_topics[view.id] = view


def _proposal(
    identity: str, member: str, written: ports.ProposalInput, time: int, group: str | None
) -> ports.ProposalView:
    summary = ports.ProposalSummary(
        id=identity,
        member=member,
        track=written.track,
        lang=written.lang,
        title=written.title,
        text_state="held",
        goals=written.goals,
        minutes=written.minutes,
        time=time,
        endorsements=0,
        group=group,
    )
    return ports.ProposalView(
        summary=summary,
        text=ports.TextView("held", written.lang, written.title, written.body, written.urgency),
        suggested=written.goals,
        endorsed_by=(),
        positions=(),
        similar=(),
        rounds=(),
        topics=(),
        event_bytes=1_234,
        key=digest("key", member),
    )


def _topic(topic: ports.TopicInput, time: int) -> ports.TopicView:
    return ports.TopicView(
        id=digest("topic", topic.title, topic.track),
        track=topic.track,
        text=ports.TextView("held", topic.lang, topic.title, topic.body),
        goals=topic.goals,
        minutes=topic.minutes,
        proposals=topic.proposals,
        time=time,
    )


def topic_options(topics: Iterable[ports.TopicView]) -> tuple[ports.OptionView, ...]:
    """Return options that stand for topics."""
    return tuple(
        ports.OptionView(f"t{place}", topic.id, "topic", topic.text, topic.minutes, topic.goals, "")
        for place, topic in enumerate(topics, start=1)
    )


def make_round(
    backend: MemoryBackend,
    number: int,
    state: RoundState,
    options: tuple[ports.OptionView, ...],
    settings: ThresholdSettings | EqualSharesSettings,
    contents: dict[str, Ballot] | None = None,
) -> ports.RoundView:
    """Add a round in a state, with these ballots if it is past voting, and return it."""
    opens, closes = (NOW - 4 * DAY, NOW + 3 * DAY) if state == "open" else (NOW - 9 * DAY, NOW - DAY)
    spec = RoundSpec(
        number=number,
        track="long" if isinstance(settings, EqualSharesSettings) else "short",
        question=Question(
            options=tuple(
                Option(
                    id=option.id,
                    subject=EventId(option.subject),
                    text=TextRef(sha256=TextHash(digest("text", option.subject)), size=100, lang=option.text.lang),
                    minutes=option.minutes,
                )
                for option in options
            ),
            capacity_minutes=240,
        ),
        rule=settings.model_dump(mode="json"),
        roll=31,
        opens=opens,
        closes=closes,
        may_change=True,
        hide_running=True,
    )
    cast = contents or {}
    tellers = backend.federation().tellers
    outcome = _outcome(backend, spec, cast) if state == "certified" else None
    sealed = {"sealing": 3, "deciding": 7, "stalled": 3, "certified": 7}.get(state, 0)
    certified = {"deciding": 4, "certified": 5}.get(state, 0)
    round_id = digest("round", number)
    found = ports.RoundView(
        summary=ports.RoundSummary(
            id=round_id, number=number, track=spec.track, rule=settings.rule, state=state, opens=opens, closes=closes,
            options=len(options), first_title=options[0].text, cast=len(cast), entitled=len(backend.all_members),
            mine=False,
        ),
        spec=spec,
        options=options,
        my_ballot=None,
        receipts_needed=5,
        marks=tuple(
            ports.TellerMark(teller, place < sealed, place < sealed, place < certified)
            for place, teller in enumerate(tellers)
        ),
        absent_tellers=tellers[4:] if state == "stalled" else (),
        voted=tuple(cast) or tuple(member.id for member in backend.all_members[1:20]),
        opened=_certificate(backend, 200 + number),
        closed=_certificate(backend, 210 + number) if outcome else None,
        outcome=outcome,
        roll_call=tuple(
            ports.BallotView(digest("b", number, member), member, content, closes - DAY, tellers, True)
            for member, content in cast.items()
        )
        if outcome
        else (),
        void_members=(backend.all_members[4].id,) if state == "certified" else (),
    )  # fmt: skip
    backend.all_rounds[round_id] = found
    return found


def _outcome(backend: MemoryBackend, spec: RoundSpec, cast: dict[str, Ballot]) -> Outcome:
    settings = parse_settings(spec.rule)
    assert not isinstance(settings, answers.Fault)
    question = answers.Question(
        options=tuple(answers.Option(id=option.id, cost=option.minutes) for option in spec.question.options),
        capacity=spec.question.capacity_minutes,
    )
    electorate = {member.id: member.constituencies for member in backend.all_members}
    return evaluate(question, settings, dict(cast), electorate)


def _certificate(backend: MemoryBackend, height: int) -> ports.CertificateView:
    tellers = backend.federation().tellers
    return ports.CertificateView(height, digest("record", height), tellers[:5], tellers)


def _rounds(backend: MemoryBackend, content: DemoContent, ids: dict[str, str]) -> None:
    options = topic_options(backend.all_topics.values())
    favoured = {
        member.id: [
            options[place].id
            for place, matter in enumerate(
                [matter for matter in content.matters if content.proposals_on(matter.slug, "long")][:14]
            )
            if matter.slug in content.favoured_matters(index)
        ]
        for index, member in enumerate(content.members)
    }
    approvals: dict[str, Ballot] = {
        member: ApprovalBallot(approves=tuple(sorted(wanted)))
        for place, (member, wanted) in enumerate(favoured.items())
        if place % 9 != 8
    }
    equal = EqualSharesSettings()
    make_round(backend, 19, "open", options[:10], equal)
    make_round(backend, 17, "certified", options, equal, approvals)
    question = ids[content.votes.yes_no.proposal]
    proposal = backend.all_proposals[question]
    option = ports.OptionView(
        "p1", question, "proposal", proposal.text, proposal.summary.minutes, proposal.summary.goals,
        proposal.summary.member,
    )  # fmt: skip
    votes: dict[str, Ballot] = {}
    for index, member in enumerate(content.members[:28]):
        choice, reason = content.yes_no_vote(index)
        votes[member.id] = ChoiceBallot(choice=choice, reason=reason)
    named = make_round(backend, 18, "certified", (option,), two_thirds_present_and_voting(), votes)
    make_round(backend, 20, "open", (option,), two_thirds_present_and_voting())
    make_round(backend, 16, "stalled", (option,), two_thirds_present_and_voting())
    make_round(backend, 15, "deciding", (option,), two_thirds_present_and_voting())
    backend.all_proposals[question] = replace(proposal, rounds=(ports.RoundLink(named.summary.id, 18, "certified"),))


def round_numbered(backend: MemoryBackend, number: int) -> ports.RoundView:
    """Return a round by its number."""
    return next(found for found in backend.all_rounds.values() if found.summary.number == number)


def _agendas(backend: MemoryBackend) -> None:
    long, short = round_numbered(backend, 17), round_numbered(backend, 18)
    assert long.outcome is not None
    assert long.outcome.selection is not None
    options = {option.id: option for option in long.options}
    items = tuple(
        _item(backend, str(place), options[entry.option], long)
        for place, entry in enumerate(long.outcome.selection.chosen, start=1)
    )
    urgent = (_item(backend, "S1", short.options[0], short),)
    for version, published in ((1, NOW - 60 * DAY), (2, NOW - 15 * DAY)):
        backend.agendas.append(
            ports.AgendaView(
                version=version,
                published=published,
                document=digest("agenda", version),
                certificate=_certificate(backend, 213 + version),
                long=items if version == 2 else items[:2],
                short=urgent if version == 2 else (),
                versions=(1, 2),
            )
        )


def _item(backend: MemoryBackend, number: str, option: ports.OptionView, found: ports.RoundView) -> ports.AgendaItem:
    assert found.outcome is not None
    constituencies = {member.id: member.constituencies for member in backend.all_members}
    counts: dict[str, tuple[int, int]] = {}
    for ballot in found.roll_call:
        content = ballot.content
        favours = option.id in content.approves if isinstance(content, ApprovalBallot) else content.choice == "yes"
        for name in constituencies[ballot.member]:
            have, total = counts.get(name, (0, 0))
            counts[name] = (have + favours, total + 1)
    return ports.AgendaItem(
        number=number,
        subject=option.subject,
        subject_kind=option.subject_kind,
        text=option.text,
        goals=option.goals,
        minutes=option.minutes,
        round=found.summary.id,
        outcome=found.outcome,
        proposals=backend.all_topics[option.subject].proposals if option.subject_kind == "topic" else (option.subject,),
        supporters_by_constituency=counts,
        option=option.id,
    )
