"""What the in-memory backend holds: the demonstration's members and texts, topics, rounds in every state, agendas.

Outcomes are counted by the real rules.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from typing import Any, Literal

from consensus import ballots as answers
from consensus.agenda import AgendaDocument, AgendaItem, agenda_bytes
from consensus.ballots import ApprovalBallot, Ballot, ChoiceBallot, RankedBallot, ScoreBallot
from consensus.outcome import Outcome
from consensus.rules.named import two_thirds_present_and_voting
from consensus.rules.proportional import EqualSharesSettings
from consensus.rules.ranked import RunoffSettings, SchulzeSettings
from consensus.rules.registry import RULES, RuleSettings, evaluate, parse_settings
from consensus.rules.score import ScoreSettings
from node.demo_content import DemoContent, Member
from protocol.canonical import sha256_hex
from protocol.events.consultation import TextRef
from protocol.events.rounds import Option, ProcedureName, Question, RoundSpec
from protocol.ids import EventId, FederationId, RecordId, TextHash
from protocol.policy import TrackPolicy
from tests.support.builders import track_policy
from tests.support.web_courses import busy_course, course_view
from web import ports
from web.explorer_views import GroupView, RisingView

NOW = 1_795_528_920_000
"""24 November 2026, 14:02 UTC."""
DAY = 86_400_000
TELLERS = 7

_OUTCOMES: dict[str, Outcome] = {}
"""What rounds came to, counted once in a process: almost every test has the same ones."""

RoundState = Literal["scheduled", "open", "sealing", "deciding", "stalled", "certified"]


def digest(*parts: object) -> str:
    """Return a stable id."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()


class Holdings:
    """What a node would have stored. Public attributes may be changed by tests."""

    def __init__(self, content: DemoContent) -> None:
        self.clock = NOW
        self.me = content.members[0].id
        self.names: dict[str, str] = {str(lang): name for lang, name in content.federation.name.items()}
        self.all_members = tuple(member_view(member, place) for place, member in enumerate(content.members))
        self.all_proposals: dict[str, ports.ProposalView] = {}
        self.all_topics: dict[str, ports.TopicView] = {}
        self.all_rounds: dict[str, ports.RoundView] = {}
        self.agendas: list[ports.AgendaView] = []
        self.all_groups: tuple[GroupView, ...] = ()
        self.all_rising: tuple[RisingView, ...] = ()
        self.is_comparing_meanings = True
        self.policy_changes: dict[str, Any] = {}

    def federation(self) -> ports.FederationView:
        constituencies = tuple(dict.fromkeys(name for member in self.all_members for name in member.constituencies))
        return ports.FederationView(
            id=digest("federation"),
            names=self.names,
            founded=NOW - 400 * DAY,
            me=self.me,
            members=len(self.all_members),
            tellers=self.tellers,
            height=214,
            constituencies=constituencies,
            policies={track: _policy(**self.policy_changes) for track in ("long", "short")},
        )

    @property
    def tellers(self) -> tuple[str, ...]:
        return tuple(member.id for member in self.all_members if member.is_teller)


@cache
def _open_policy() -> TrackPolicy:
    return track_policy()


def _policy(**changes: Any) -> TrackPolicy:
    return track_policy(**changes) if changes else _open_policy()


def member_view(member: Member, place: int) -> ports.MemberView:
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


def fill(holdings: Holdings, content: DemoContent) -> None:
    """Put in the demonstration's proposals, topics, groups, rounds and agendas."""
    matters = {matter.slug: place for place, matter in enumerate(content.matters)}
    ids = {}
    for place, written in enumerate(content.proposals):
        proposal = ports.ProposalInput(
            written.track, written.lang, written.title, written.text, written.urgency or "", written.goals,
            written.minutes,
        )  # fmt: skip
        author = content.members[written.member].id
        view = proposal_view(digest("proposal", written.key), author, proposal, NOW - (50 - place) * DAY, None)
        letter = chr(ord("A") + matters[written.matter]) if matters[written.matter] < 26 else None
        summary = replace(view.summary, group=letter, endorsements=place % 5)
        others = tuple(member.id for member in content.members if member.id != author)[: place % 5]
        holdings.all_proposals[summary.id] = replace(view, summary=summary, endorsed_by=others)
        ids[written.key] = summary.id
    _positions(holdings, ids)
    _groups(holdings, content, ids)
    _topics(holdings, content, ids)
    _rounds(holdings, content, ids)
    _agendas(holdings)


def _positions(holdings: Holdings, ids: dict[str, str]) -> None:
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
            holdings.all_members[place + 1].id, stance, ports.TextView("held", lang, body=body), NOW - DAY
        )
        for place, (stance, lang, body) in enumerate(stances)
    )
    view = holdings.all_proposals[first]
    similar = tuple(
        ports.SimilarView(other.summary.id, other.text.title, other.text.lang, other.summary.member, likeness)
        for other, likeness in zip(list(holdings.all_proposals.values())[10:13], (81, 64, 58), strict=True)
    )
    others = [other for other in holdings.all_proposals.values() if other.summary.member != view.summary.member]
    course = busy_course(view, others, NOW)
    holdings.all_proposals[first] = replace(view, positions=positions, similar=similar, course=course)


def _groups(holdings: Holdings, content: DemoContent, ids: dict[str, str]) -> None:
    groups = []
    for place, matter in enumerate(content.matters[:26]):
        those = [proposal for proposal in content.proposals if proposal.matter == matter.slug]
        groups.append(
            GroupView(
                id=chr(ord("A") + place),
                label={str(lang): name for lang, name in matter.title.items()},
                proposals=tuple(ids[proposal.key] for proposal in those),
                representative=ids[those[0].key],
                sureness=90 - 2 * place,
                goals=tuple(sorted({goal for proposal in those for goal in proposal.goals}))[:3],
                is_between_goals=place % 5 == 4,
            )
        )
    holdings.all_groups = tuple(sorted(groups, key=lambda group: -len(group.proposals)))


def _topics(holdings: Holdings, content: DemoContent, ids: dict[str, str]) -> None:
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
        view = topic_view(topic, NOW - 8 * DAY)
        holdings.all_topics[view.id] = view


def proposal_view(
    identity: str, member: str, written: ports.ProposalInput, time: int, group: str | None
) -> ports.ProposalView:
    text_hash = digest("text", identity)
    text = ports.TextView("held", written.lang, written.title, written.body, written.urgency, hash=text_hash)
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
        stage="consulting",
        text=text_hash,
    )
    return ports.ProposalView(
        summary=summary,
        text=text,
        suggested=written.goals,
        endorsed_by=(),
        positions=(),
        similar=(),
        rounds=(),
        topics=(),
        event_bytes=1_234,
        key=digest("key", member),
        course=course_view(identity, member, text, written.minutes, time),
    )


def topic_view(topic: ports.TopicInput, time: int) -> ports.TopicView:
    return ports.TopicView(
        id=digest("topic", topic.title, topic.track),
        track=topic.track,
        text=ports.TextView(
            "held", topic.lang, topic.title, topic.body, hash=digest("text", digest("topic", topic.title, topic.track))
        ),
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


_PROCEDURES: dict[str, ProcedureName] = {
    "choice": "vote",
    "approval": "prioritisation",
    "ranked": "alternatives",
    "score": "scoring",
}


def make_round(
    holdings: Holdings,
    number: int,
    state: RoundState,
    options: tuple[ports.OptionView, ...],
    settings: RuleSettings,
    contents: dict[str, Ballot] | None = None,
) -> ports.RoundView:
    """Add a round in a state, with these ballots if it is past voting, and return it."""
    opens, closes = (NOW - 4 * DAY, NOW + 3 * DAY) if state == "open" else (NOW - 9 * DAY, NOW - DAY)
    spec = RoundSpec(
        number=number,
        track="short" if RULES[settings.rule].ballot_form == "choice" else "long",
        procedure=_PROCEDURES[RULES[settings.rule].ballot_form],
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
        proxies_per_holder=0,
    )
    cast = contents or {}
    tellers = holdings.tellers
    outcome = _outcome(holdings, spec, cast) if state == "certified" else None
    sealed = {"sealing": 3, "deciding": 7, "stalled": 3, "certified": 7}.get(state, 0)
    certified = {"deciding": 4, "certified": 5}.get(state, 0)
    round_id = digest("round", number)
    found = ports.RoundView(
        summary=ports.RoundSummary(
            id=round_id, number=number, track=spec.track, rule=settings.rule, state=state, opens=opens, closes=closes,
            options=len(options), first_title=options[0].text, cast=len(cast), entitled=len(holdings.all_members),
            mine=False,
        ),
        spec=spec,
        options=options,
        my_ballot=None,
        receipts_needed=5,
        marks=tuple(
            ports.TellerMark(teller, place < sealed, place < certified)
            for place, teller in enumerate(tellers)
        ),
        absent_tellers=tellers[4:] if state == "stalled" else (),
        voted=tuple(cast) or tuple(member.id for member in holdings.all_members[1:20]),
        opened=_certificate(holdings, 200 + number),
        closed=_certificate(holdings, 210 + number) if outcome else None,
        outcome=outcome,
        roll_call=tuple(
            ports.BallotView(digest("b", number, member), member, content, closes - DAY, tellers, True)
            for member, content in cast.items()
        )
        if outcome
        else (),
        void_members=(holdings.all_members[4].id,) if state == "certified" else (),
        lot=digest("lot", number) if outcome else "",
    )  # fmt: skip
    holdings.all_rounds[round_id] = found
    return found


def _outcome(holdings: Holdings, spec: RoundSpec, cast: dict[str, Ballot]) -> Outcome:
    settings = parse_settings(spec.rule)
    assert not isinstance(settings, answers.Fault)
    question = answers.Question(
        options=tuple(answers.Option(id=option.id, cost=option.minutes) for option in spec.question.options),
        capacity=spec.question.capacity_minutes,
    )
    electorate = {member.id: member.constituencies for member in holdings.all_members}
    key = repr((question, settings, cast, electorate))
    if key not in _OUTCOMES:
        _OUTCOMES[key] = evaluate(question, settings, dict(cast), electorate)
    return _OUTCOMES[key]


def _certificate(holdings: Holdings, height: int) -> ports.CertificateView:
    tellers = holdings.tellers
    return ports.CertificateView(height, digest("record", height), tellers[:5], tellers)


def _rounds(holdings: Holdings, content: DemoContent, ids: dict[str, str]) -> None:
    options = topic_options(holdings.all_topics.values())
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
    make_round(holdings, 19, "open", options[:10], equal)
    make_round(holdings, 17, "certified", options, equal, approvals)
    question = ids[content.votes.yes_no.proposal]
    proposal = holdings.all_proposals[question]
    option = ports.OptionView(
        "p1", question, "proposal", proposal.text, proposal.summary.minutes, proposal.summary.goals,
        proposal.summary.member,
    )  # fmt: skip
    votes: dict[str, Ballot] = {}
    for index, member in enumerate(content.members[:28]):
        choice, reason = content.yes_no_vote(index)
        votes[member.id] = ChoiceBallot(choice=choice, reason=reason)
    named = make_round(holdings, 18, "certified", (option,), two_thirds_present_and_voting(), votes)
    make_round(holdings, 20, "open", (option,), two_thirds_present_and_voting())
    make_round(holdings, 16, "stalled", (option,), two_thirds_present_and_voting())
    make_round(holdings, 15, "deciding", (option,), two_thirds_present_and_voting())
    _ranked_rounds(holdings, options)
    holdings.all_proposals[question] = replace(proposal, rounds=(ports.RoundLink(named.summary.id, 18, "certified"),))


def _ranked_rounds(holdings: Holdings, options: tuple[ports.OptionView, ...]) -> None:
    """Add open and certified rounds whose ballots rank or score: 21 to 23 open, 10 to 14 certified."""
    make_round(holdings, 21, "open", options[:5], SchulzeSettings())
    make_round(holdings, 22, "open", options[:4], ScoreSettings())
    make_round(holdings, 23, "open", options[:3], ScoreSettings(maximum=20))
    members = [member.id for member in holdings.all_members[:30]]
    some: dict[str, Ballot] = {member: some_ranking(place, options[:5]) for place, member in enumerate(members)}
    every: dict[str, Ballot] = {member: some_ranking(place, options) for place, member in enumerate(members)}
    make_round(holdings, 14, "certified", options[:5], SchulzeSettings(), some)
    make_round(holdings, 13, "certified", options[:5], RunoffSettings(), some)
    make_round(holdings, 12, "certified", options, RunoffSettings(), every)
    make_round(holdings, 10, "certified", options, SchulzeSettings(), every)
    scores: dict[str, Ballot] = {member: some_scores(place, options[:6]) for place, member in enumerate(members)}
    make_round(holdings, 11, "certified", options[:6], ScoreSettings(least_scorers=5), scores)


def some_ranking(place: int, options: tuple[ports.OptionView, ...]) -> RankedBallot:
    """Return the ranking of the member at a place: some rank all, some few, some level, one nothing."""
    ids = [option.id for option in options]
    turned = [ids[(place * place + 2 * at) % len(ids)] for at in range(len(ids))]
    wanted = list(dict.fromkeys(turned))[: place % 6]
    if place % 4 == 3 and len(wanted) > 2:
        return RankedBallot(tiers=((wanted[0],), tuple(sorted(wanted[1:3])), *((name,) for name in wanted[3:])))
    return RankedBallot(tiers=tuple((name,) for name in wanted))


def some_scores(place: int, options: tuple[ports.OptionView, ...]) -> ScoreBallot:
    """Return the scores of the member at a place: of the last option hardly anybody gives any."""
    scored = options if place == 7 else options[: 1 + place % (len(options) - 1)]
    return ScoreBallot(
        scores={
            criterion.id: {option.id: (place * at + weight) % (3 + weight % 3) for at, option in enumerate(scored, 1)}
            for weight, criterion in enumerate(ScoreSettings().criteria)
        }
        if place % 10
        else {}
    )


def round_numbered(holdings: Holdings, number: int) -> ports.RoundView:
    """Return a round by its number."""
    return next(found for found in holdings.all_rounds.values() if found.summary.number == number)


def _agendas(holdings: Holdings) -> None:
    long, short = round_numbered(holdings, 17), round_numbered(holdings, 18)
    assert long.outcome is not None
    assert long.outcome.selection is not None
    options = {option.id: option for option in long.options}
    items = tuple(
        _item(holdings, str(place), options[entry.option], long)
        for place, entry in enumerate(long.outcome.selection.chosen, start=1)
    )
    urgent = (_item(holdings, "S1", short.options[0], short),)
    for version, published in ((1, NOW - 60 * DAY), (2, NOW - 15 * DAY)):
        version_items = (*items, *urgent) if version == 2 else items[:2]
        holdings.agendas.append(
            ports.AgendaView(
                version=version,
                published=published,
                document=sha256_hex(agenda_bytes(agenda_document(holdings, version, version_items))),
                certificate=_certificate(holdings, 213 + version),
                long=items if version == 2 else items[:2],
                short=urgent if version == 2 else (),
                versions=(1, 2),
            )
        )


def agenda_document(holdings: Holdings, version: int, items: Iterable[ports.AgendaItem]) -> AgendaDocument:
    """Return the document of an agenda."""
    asked = {
        (found.summary.id, option.id): option
        for found in holdings.all_rounds.values()
        for option in found.spec.question.options
    }
    return AgendaDocument(
        v=1,
        federation=FederationId(holdings.federation().id),
        version=version,
        height=210 + version,
        previous=TextHash(digest("agenda", version - 1)) if version > 1 else None,
        items=tuple(
            AgendaItem(
                number=item.number,
                track="short" if item.number.startswith("S") else "long",
                subject=EventId(item.subject),
                text=asked[item.round, item.option].text,
                minutes=item.minutes,
                round=RecordId(item.round),
                option=item.option,
            )
            for item in items
        ),
    )


def is_for(content: Ballot, option: str) -> bool:
    """Whether a ballot is in favour of an option."""
    if isinstance(content, ApprovalBallot):
        return option in content.approves
    return isinstance(content, ChoiceBallot) and content.choice == "yes"


def _item(holdings: Holdings, number: str, option: ports.OptionView, found: ports.RoundView) -> ports.AgendaItem:
    assert found.outcome is not None
    constituencies = {member.id: member.constituencies for member in holdings.all_members}
    counts: dict[str, tuple[int, int]] = {}
    for ballot in found.roll_call:
        favours = is_for(ballot.content, option.id)
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
        proposals=holdings.all_topics[option.subject].proposals
        if option.subject_kind == "topic"
        else (option.subject,),
        supporters_by_constituency=counts,
        option=option.id,
    )
