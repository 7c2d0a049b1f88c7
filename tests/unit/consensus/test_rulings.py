"""What agreement is told of rounds, agendas and counts: each refusal has its reason, each count is the rules' own."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from pydantic import JsonValue

from consensus import ballots as ballot_contents
from consensus.agenda import AgendaDocument, Closing, Published, agenda_bytes
from consensus.agreement.ports import MissingTexts
from consensus.agreement.statements import Statement, statement_of
from consensus.ballots import Fault
from consensus.rules import registry
from consensus.rules.counting import Circumstances
from consensus.rulings import Rulings, question_of, selected_options
from protocol import canonical
from protocol.charter import Charter
from protocol.events.consultation import AgendaDraft
from protocol.events.rounds import Question, RoundSpec
from protocol.ids import EventId, MemberId, RecordId, TextHash
from protocol.register import CloseBody
from tests.support.builders import (
    SIMPLE_MAJORITY,
    ballot_body,
    build_federation,
    document,
    hash_of,
    proposal_text,
    round_spec,
    track_policy,
)

FEDERATION = build_federation(members=4, voting_ms=10_000)
BY_LOT: dict[str, JsonValue] = {"rule": "equal-shares", "ties": "lot"}
ROUND = RecordId(hash_of("round"))
SEALS = tuple(EventId(hash_of("seal", at)) for at in range(3))
SUBJECTS = tuple(EventId(hash_of("subject", at)) for at in range(4))


def charter_with(**rules: dict[str, JsonValue]) -> Charter:
    """Return the federation's charter with other rules for a track."""
    charter = FEDERATION.charter
    changed = {
        track: track_policy(
            procedures={
                name: {"rule": rule, "voting_ms": 10_000, "proxies_per_holder": 20}
                for name in ("prioritisation", "vote", "alternatives")
            }
        )
        for track, rule in rules.items()
    }
    return charter.model_copy(update=changed)


@dataclass
class Table:
    """What rulings are made from, to be changed under them."""

    charter: Charter = FEDERATION.charter
    texts: dict[TextHash, bytes] = field(default_factory=dict)
    closings: dict[int, Closing] = field(default_factory=dict)
    agendas: dict[int, Published] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rulings = Rulings(FEDERATION.id, self.charter, self.texts, self.closings, self.agendas)
        for at in range(len(SUBJECTS)):
            self.hold(document(f"option {at}"))

    def hold(self, data: bytes) -> TextHash:
        """Have a text here."""
        digest = TextHash(canonical.sha256_hex(data))
        self.texts[digest] = data
        return digest

    def close(self, height: int, spec: RoundSpec, selected: Iterable[str]) -> None:
        """Have a certified close at a height."""
        body = CloseBody(
            round=RecordId(hash_of("round", height)),
            seals=(EventId(hash_of("seal")),),
            count=0,
            listing=hash_of("listing"),
            outcome=hash_of("outcome"),
            result={"status": "selected", "selected": [*selected]},
        )
        self.closings[height] = Closing(height, body.round, spec, body)

    def due(self, version: int, height: int) -> AgendaDocument:
        """Return the agenda that follows from the closings."""
        return self.rulings.due_agenda(version, height)

    def draft(self, document: AgendaDocument, version: int = 1) -> AgendaDraft:
        """Return the draft of an agenda whose document is here."""
        data = agenda_bytes(document)
        return AgendaDraft(version=version, document=self.hold(data), size=len(data), order=None)


@pytest.fixture
def table() -> Table:
    return Table()


@pytest.fixture
def closed(table: Table) -> Table:
    """Two closed rounds: three subjects adopted on the long track, one on the short."""
    table.close(2, round_spec(SUBJECTS[:3]), ["option-1", "option-0"])
    table.close(4, round_spec(SUBJECTS[3:], track="short", rule=SIMPLE_MAJORITY), ["option-0"])
    return table


def short(**more: Any) -> RoundSpec:
    return round_spec(SUBJECTS[:1], track="short", rule=dict(SIMPLE_MAJORITY), **more)


@pytest.mark.parametrize("spec", [round_spec(SUBJECTS), round_spec(SUBJECTS[:1]), short(), short(capacity_minutes=120)])
def test_a_round_as_the_charter_has_it_may_open(spec: RoundSpec, table: Table) -> None:
    assert table.rulings.objection(spec) is None
    assert table.rulings.check_spec(spec) is None


@pytest.mark.parametrize("track", ["long", "short"])
def test_a_vote_lasts_at_least_as_long_as_the_charter_says(track: Any, table: Table) -> None:
    spec = round_spec(SUBJECTS[:1], track=track, rule=dict(SIMPLE_MAJORITY))
    shorter = spec.model_copy(update={"closes": spec.closes - 1})
    assert table.rulings.objection(spec) is None
    assert table.rulings.objection(shorter) == "the charter gives members 10 seconds to vote, this round fewer"
    assert table.rulings.check_spec(shorter) == table.rulings.objection(shorter)


@pytest.mark.parametrize(
    "rule",
    [
        {},
        {"rule": "dictator"},
        {"rule": "approval"},
        {**SIMPLE_MAJORITY, "threshold": {"numerator": 1, "denominator": 3}},
        {**SIMPLE_MAJORITY, "quorum": {"numerator": 1, "denominator": 2}},
    ],
)
def test_a_rule_that_the_charter_has_not_is_refused(rule: dict[str, JsonValue], table: Table) -> None:
    refused = table.rulings.objection(round_spec(SUBJECTS[:1], procedure="vote", rule=rule))
    assert refused == "the charter has another rule for a vote"


def test_a_procedure_that_the_track_has_not_is_refused(table: Table) -> None:
    refused = table.rulings.objection(round_spec(SUBJECTS[:1], procedure="scoring"))
    assert refused == "the charter has no scoring on the long-term track"


def test_a_rule_that_only_seems_equal_to_the_charters_is_refused(table: Table) -> None:
    """In Python 1 is True, on the wire it is not: two nodes would read two rules."""
    looks_like: dict[str, JsonValue] = {**SIMPLE_MAJORITY, "strict": 1}
    assert looks_like == SIMPLE_MAJORITY
    assert table.rulings.objection(round_spec(SUBJECTS[:1], rule=looks_like)) is not None


def test_settings_that_no_rule_can_read_are_refused_although_the_charter_has_them() -> None:
    nonsense: dict[str, JsonValue] = {**SIMPLE_MAJORITY, "base": "everybody"}
    refused = Table(charter_with(short=nonsense)).rulings.objection(
        round_spec(SUBJECTS[:1], track="short", rule=nonsense)
    )
    assert refused is not None
    assert refused.startswith("threshold.base:")


def test_a_list_over_the_charters_capacity_is_refused(table: Table) -> None:
    assert table.rulings.objection(round_spec(SUBJECTS, capacity_minutes=60)) is None
    assert table.rulings.objection(round_spec(SUBJECTS, capacity_minutes=61)) == "the charter's capacity is 60 minutes"


def test_a_list_without_capacity_is_refused(table: Table) -> None:
    spec = round_spec(SUBJECTS[:2])
    free = tuple(option.model_copy(update={"minutes": 0}) for option in spec.question.options)
    none = spec.model_copy(update={"question": Question(options=free, capacity_minutes=0)})
    assert table.rulings.objection(none) == "There is no capacity to share: give the question one."


def test_an_option_that_costs_more_than_the_capacity_is_refused(table: Table) -> None:
    refused = table.rulings.objection(round_spec(SUBJECTS[:1], capacity_minutes=9))
    assert refused is not None
    assert "option option-0 costs 10, more than the capacity of 9" in refused


def test_a_threshold_over_several_options_is_refused(table: Table) -> None:
    refused = table.rulings.objection(round_spec(SUBJECTS[:2], rule=dict(SIMPLE_MAJORITY)))
    assert refused == "a vote asks about one text"


def test_the_same_text_stands_once_in_a_question(table: Table) -> None:
    # SPEC 6.34: "no two of its options stand for the same text of the same event"
    spec = round_spec(SUBJECTS[:2])
    first, second = spec.question.options
    twice = (first, first.model_copy(update={"id": "again"}))
    doubled = spec.model_copy(update={"question": Question(options=twice, capacity_minutes=60)})
    assert table.rulings.objection(doubled) == "the question lists the same text twice"
    other_version = (first, second.model_copy(update={"subject": first.subject}))
    versions = spec.model_copy(update={"question": Question(options=other_version, capacity_minutes=60)})
    assert table.rulings.objection(versions) is None


IMPOSSIBLE: list[tuple[dict[str, Any], str]] = [
        ({**SIMPLE_MAJORITY, "casting_vote": "nobody"}, "isn't entitled to vote"),
        ({**SIMPLE_MAJORITY, "min_in_favour": 5}, "can't come from 4 entitled members"),
        ({**SIMPLE_MAJORITY, "threshold": {"numerator": 3, "denominator": 2}}, "more than the whole"),
        ({**SIMPLE_MAJORITY, "concurrent": {
            "constituencies": ["moon"], "threshold": {"numerator": 1, "denominator": 2}, "strict": True,
        }}, "No entitled member belongs to the constituency moon."),
        ({**SIMPLE_MAJORITY, "weighted": {
            "weights": [{"member": "member-001", "weight": 0}], "threshold": {"numerator": 1, "denominator": 2},
            "strict": True, "blocking_minority": None,
        }}, "weight"),
        ({"rule": "silence", "objections_to_break": 5}, "5 objections can't come from 4 entitled members."),
        ({"rule": "silence", "objections_to_break": 0}, "objections_to_break"),
        ({"rule": "consensus", "support": {"numerator": 0, "denominator": 1}}, "asks for nothing"),
        ({"rule": "consensus", "max_stand_asides": {"numerator": 5, "denominator": 4}}, "more than the whole"),
        ({"rule": "approval", "ties": "chair"}, "no member is named as chair"),
        ({"rule": "approval", "ties": "chair", "chair": "nobody"}, "isn't entitled to vote"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "reason"), IMPOSSIBLE)
def test_a_rule_that_cannot_work_is_refused_before_the_round_opens(rule: dict[str, Any], reason: str) -> None:
    """Although the charter has it: the reason is told when the round is drafted, not when it is counted."""
    refused = Table(charter_with(short=rule)).rulings.objection(round_spec(SUBJECTS[:1], track="short", rule=rule))
    assert refused is not None
    assert reason in refused


@pytest.mark.parametrize("rule", [{"rule": "silence"}, {"rule": "consensus"}])
def test_consent_to_a_list_is_refused(rule: dict[str, JsonValue]) -> None:
    spec = round_spec(SUBJECTS[:2], track="long", rule=rule)
    refused = Table(charter_with(long=rule)).rulings.objection(spec)
    assert refused == "a vote asks about one text"


def test_ballots_by_strangers_never_count(table: Table) -> None:
    """A member of another federation, whose ballot a broken teller let in."""
    stranger = build_federation(members=6, seed=1).writer(5).write(ballot_body(ROUND, choice("no")))
    counted = {**votes(choice("yes")), stranger.event.member: statement_of(stranger)}
    outcome = table.rulings.outcome(ROUND, short(), counted, SEALS)
    assert (outcome.counts.cast, outcome.counts.against) == (1, 0)
    assert [(entry.code, entry.count) for entry in outcome.uncounted] == [("not_entitled", 1)]


def test_texts_that_are_not_here_are_waited_for(table: Table) -> None:
    first, second = (proposal_text(f"option {at}").sha256 for at in (0, 1))
    data = table.texts.pop(first)
    assert table.rulings.check_spec(round_spec(SUBJECTS[:2])) == MissingTexts(frozenset({first}))
    del table.texts[second]
    assert table.rulings.check_spec(round_spec(SUBJECTS[:2])) == MissingTexts(frozenset({first, second}))
    assert table.rulings.objection(round_spec(SUBJECTS[:2])) is None
    table.texts[first], table.texts[second] = data, document("option 1")
    assert table.rulings.check_spec(round_spec(SUBJECTS[:2])) is None


@pytest.mark.parametrize("data", [b"", b"some words", b'{"title":"x"}', b"\xff\xfe"])
def test_an_erased_text_or_one_that_is_no_document_is_refused(data: bytes, table: Table) -> None:
    table.texts[proposal_text("option 1").sha256] = data
    refused = "a text of the question is no document, or has been erased"
    assert table.rulings.check_spec(round_spec(SUBJECTS[:2])) == refused
    assert table.rulings.check_spec(round_spec(SUBJECTS[:1])) is None


def test_what_can_never_open_is_refused_before_any_text_is_waited_for(table: Table) -> None:
    table.texts.clear()
    assert table.rulings.check_spec(round_spec(SUBJECTS, capacity_minutes=61)) == "the charter's capacity is 60 minutes"


def test_members_of_the_first_roll_may_vote_and_nobody_else(table: Table) -> None:
    spec = short()
    assert all(table.rulings.is_entitled(spec, member.id) for member in FEDERATION.members)
    assert not table.rulings.is_entitled(spec, MemberId("stranger"))
    assert not table.rulings.is_entitled(spec.model_copy(update={"roll": 1}), FEDERATION.members[0].id)


UNDUE = "it isn't what follows from the rounds that have closed"


def test_the_agenda_that_is_due_may_be_published(closed: Table) -> None:
    document = closed.due(1, 4)
    assert [item.number for item in document.items] == ["1", "2", "S1"]
    assert closed.rulings.check_agenda(closed.draft(document)) is None


def test_an_agenda_up_to_an_earlier_close_may_be_published(closed: Table) -> None:
    assert closed.rulings.check_agenda(closed.draft(closed.due(1, 2))) is None


def without_one(due: AgendaDocument) -> AgendaDocument:
    return due.model_copy(update={"items": due.items[:-1]})


def with_one_more(due: AgendaDocument) -> AgendaDocument:
    extra = due.items[0].model_copy(update={"number": "3", "subject": SUBJECTS[2], "option": "option-2"})
    return due.model_copy(update={"items": (*due.items[:2], extra, due.items[2])})


def with_one_twice(due: AgendaDocument) -> AgendaDocument:
    return due.model_copy(update={"items": (*due.items, due.items[-1].model_copy(update={"number": "S2"}))})


def turned_round(due: AgendaDocument) -> AgendaDocument:
    first, second, *rest = due.items
    items = (second.model_copy(update={"number": "1"}), first.model_copy(update={"number": "2"}), *rest)
    return due.model_copy(update={"items": items})


def with_other_minutes(due: AgendaDocument) -> AgendaDocument:
    first, *rest = due.items
    return due.model_copy(update={"items": (first.model_copy(update={"minutes": 11}), *rest)})


def with_another_text(due: AgendaDocument) -> AgendaDocument:
    first, *rest = due.items
    return due.model_copy(update={"items": (first.model_copy(update={"text": proposal_text("mine")}), *rest)})


def of_another_federation(due: AgendaDocument) -> AgendaDocument:
    return due.model_copy(update={"federation": hash_of("another federation")})


def of_another_version(due: AgendaDocument) -> AgendaDocument:
    return due.model_copy(update={"version": 2})


def with_a_predecessor(due: AgendaDocument) -> AgendaDocument:
    return due.model_copy(update={"previous": hash_of("made up")})


@pytest.mark.parametrize(
    "change",
    [
        without_one,
        with_one_more,
        with_one_twice,
        turned_round,
        with_other_minutes,
        with_another_text,
        of_another_federation,
        of_another_version,
        with_a_predecessor,
    ],
)
def test_any_other_agenda_is_refused(change: Callable[[AgendaDocument], AgendaDocument], closed: Table) -> None:
    assert closed.rulings.check_agenda(closed.draft(change(closed.due(1, 4)))) == UNDUE


@pytest.mark.parametrize("height", [1, 3, 5])
def test_an_agenda_names_the_height_of_a_close(height: int, closed: Table) -> None:
    refused = closed.rulings.check_agenda(closed.draft(closed.due(1, height)))
    assert refused == "it names a height at which no round closed"


def test_a_later_version_names_the_document_before_it(closed: Table) -> None:
    first = closed.draft(closed.due(1, 2))
    closed.agendas[1] = Published(3, first.document)
    second = closed.due(2, 4)
    assert second.previous == first.document
    assert closed.rulings.check_agenda(closed.draft(second, version=2)) is None
    orphan = second.model_copy(update={"previous": None})
    assert closed.rulings.check_agenda(closed.draft(orphan, version=2)) == UNDUE


def test_an_agenda_whose_document_is_not_here_is_waited_for(closed: Table) -> None:
    draft = closed.draft(closed.due(1, 4))
    data = closed.texts.pop(draft.document)
    assert closed.rulings.check_agenda(draft) == MissingTexts(frozenset({draft.document}))
    closed.texts[draft.document] = data
    assert closed.rulings.check_agenda(draft) is None


@pytest.mark.parametrize("data", [b"", b"{}", b"not an agenda"])
def test_a_document_that_is_no_agenda_or_was_erased_is_refused(data: bytes, closed: Table) -> None:
    draft = closed.draft(closed.due(1, 4))
    closed.texts[draft.document] = data
    assert closed.rulings.check_agenda(draft) == "this is not an agenda of this version"


def test_a_draft_that_misstates_its_documents_size_is_refused(closed: Table) -> None:
    draft = closed.draft(closed.due(1, 4))
    answer = closed.rulings.check_agenda(draft.model_copy(update={"size": draft.size + 1}))
    assert answer == f"its document has {draft.size} bytes, not {draft.size + 1}"


def votes(*contents: dict[str, JsonValue] | None) -> dict[MemberId, Statement]:
    """Return the ballots of the first members, each with its content; None for a member that is silent."""
    counted = {}
    for at, content in enumerate(contents):
        if content is not None:
            event = FEDERATION.writer(at).write(ballot_body(ROUND, content))
            counted[event.event.member] = statement_of(event)
    return counted


def choice(word: str) -> dict[str, JsonValue]:
    return {"form": "choice", "choice": word}


def approval(*places: int) -> dict[str, JsonValue]:
    return {"form": "approval", "approves": [f"option-{at}" for at in places]}


def drawn_lot() -> bytes:
    """Return the lot as the specification draws it."""
    ids = b"".join(sorted(bytes.fromhex(seal) for seal in SEALS))
    return hashlib.sha256(b"comitia round lot v1\0" + bytes.fromhex(ROUND) + ids).digest()


@pytest.mark.parametrize(
    ("spec", "counted"),
    [
        (short(), votes(choice("yes"), choice("no"), choice("yes"))),
        (short(), votes(choice("yes"), choice("no"), None, choice("abstain"))),
        (short(), {}),
        (short(), votes(choice("yes"), approval(0), {"form": "choice"}, {})),
        (round_spec(SUBJECTS), votes(approval(0, 1), approval(0, 1), approval(2), approval(3))),
        (round_spec(SUBJECTS, rule=BY_LOT, capacity_minutes=20), votes(*[approval(0, 1, 2, 3)] * 4)),
    ],
)
def test_a_tally_is_what_the_rules_count(spec: RoundSpec, counted: dict[MemberId, Statement]) -> None:
    table = Table(charter_with(long=spec.rule))
    question, settings = question_of(spec.question), registry.parse_settings(spec.rule)
    assert not isinstance(question, Fault)
    assert not isinstance(settings, Fault)
    contents = {str(member): statement.body.content for member, statement in counted.items()}  # type: ignore[union-attr]
    electorate = {str(member.id): tuple(map(str, member.entry.constituencies)) for member in FEDERATION.members}
    expected = registry.evaluate(
        question,
        settings,
        ballot_contents.parse_ballots(contents),
        electorate,
        Circumstances(lot=drawn_lot()),
    )

    tally = table.rulings.tally(ROUND, spec, counted, SEALS)

    assert table.rulings.outcome(ROUND, spec, counted, SEALS) == expected
    assert tally.outcome == canonical.sha256_hex(canonical.encode(expected.model_dump(mode="json")))
    assert tally.result == {"status": expected.status, "selected": [*selected_options(spec, expected)]}


def test_an_adopted_text_is_selected_and_another_is_not(table: Table) -> None:
    adopted = table.rulings.tally(ROUND, short(), votes(choice("yes"), choice("yes"), choice("no")), SEALS)
    assert adopted.result == {"status": "adopted", "selected": ["option-0"]}
    tied = table.rulings.tally(ROUND, short(), votes(choice("yes"), choice("no")), SEALS)
    assert tied.result == {"status": "not_adopted", "selected": []}


@pytest.mark.parametrize(
    ("rule", "contents", "status"),
    [
        ({"rule": "silence"}, [None], "adopted"),
        ({"rule": "silence"}, [{"form": "choice", "choice": "no", "reason": "Early."}], "broken"),
        ({"rule": "consensus"}, [{"form": "choice", "choice": "yes"}] * 2, "adopted"),
        ({"rule": "consensus"}, [{"form": "choice", "choice": "yes"}], "broken"),
        ({"rule": "consensus"}, [None], "no_quorum"),
    ],
)
def test_a_text_carried_by_consent_is_selected(
    rule: dict[str, JsonValue], contents: list[dict[str, JsonValue] | None], status: str, table: Table
) -> None:
    spec = round_spec(SUBJECTS[:1], track="short", rule=rule)
    selected: list[JsonValue] = ["option-0"] if status == "adopted" else []
    assert table.rulings.tally(ROUND, spec, votes(*contents), SEALS).result == {"status": status, "selected": selected}


@pytest.mark.parametrize(("allowed", "in_favour", "proxies"), [(0, 1, 0), (1, 2, 1), (2, 3, 2)])
def test_proxies_count_as_the_round_allows(allowed: int, in_favour: int, proxies: int, table: Table) -> None:
    # SPEC 6.38: "of one holder's proxies at most `proxies_per_holder` count"
    # SPEC 6.39: "A proxy that doesn't count is no ballot"
    to_second: dict[str, JsonValue] = {"form": "proxy", "holder": str(FEDERATION.members[1].id)}
    spec = short().model_copy(update={"proxies_per_holder": allowed})
    counted = votes(to_second, choice("yes"), to_second)
    outcome = table.rulings.outcome(ROUND, spec, counted, SEALS)
    assert (outcome.counts.in_favour, outcome.counts.cast, outcome.proxies) == (in_favour, in_favour, proxies)
    resolution = table.rulings.resolution(spec, counted)
    assert len(resolution.holders) == proxies
    assert len(resolution.uncounted) == 2 - proxies


def test_selected_options_stand_in_the_order_of_selection(table: Table) -> None:
    counted = votes(approval(2), approval(2), approval(0, 2), approval(0))
    result = table.rulings.tally(ROUND, round_spec(SUBJECTS, capacity_minutes=20), counted, SEALS).result
    assert result == {"status": "selected", "selected": ["option-2", "option-0"]}


def ranked(*places: int) -> dict[str, JsonValue]:
    return {"form": "ranked", "tiers": [[f"option-{at}"] for at in places]}


@pytest.mark.parametrize("rule", ["schulze", "instant-runoff"])
def test_of_a_ranking_the_winner_alone_is_selected(rule: str) -> None:
    rulings = Table(charter_with(long={"rule": rule})).rulings
    spec = round_spec(SUBJECTS, rule={"rule": rule})
    result = rulings.tally(ROUND, spec, votes(ranked(2, 0), ranked(2), ranked(0, 2)), SEALS).result
    assert result == {"status": "selected", "selected": ["option-2"]}
    assert rulings.tally(ROUND, spec, votes(ranked(), ranked()), SEALS).result == {"status": "selected", "selected": []}
    assert rulings.tally(ROUND, spec, {}, SEALS).result == {"status": "no_quorum", "selected": []}


def test_of_competing_texts_one_is_taken_so_their_minutes_need_not_fit_together() -> None:
    table = Table(charter_with(long={"rule": "schulze"}))
    spec = round_spec(SUBJECTS, rule={"rule": "schulze"}, capacity_minutes=61)
    assert table.rulings.objection(spec) is None
    refused = table.rulings.objection(round_spec(SUBJECTS[:1], rule={"rule": "schulze"}))
    assert refused == "A ranked round needs at least two options to choose between."


def test_scored_options_are_selected_in_order_of_their_scores() -> None:
    rule: dict[str, JsonValue] = {"rule": "score", "criteria": [{"id": "impact", "weight": 1}]}
    rulings = Table(charter_with(long=rule)).rulings
    given: dict[str, JsonValue] = {
        "form": "score",
        "scores": {"impact": {"option-0": 1, "option-1": 3, "option-3": 2}},
    }
    result = rulings.tally(ROUND, round_spec(SUBJECTS, rule=rule), votes(given), SEALS).result
    assert result == {"status": "selected", "selected": ["option-1", "option-3", "option-0"]}


def test_the_order_in_which_ballots_are_told_does_not_matter(table: Table) -> None:
    counted = votes(approval(0, 1, 2, 3), approval(1, 2), approval(2, 3), approval(3))
    spec = round_spec(SUBJECTS, rule=BY_LOT, capacity_minutes=20)
    backwards = dict(reversed(counted.items()))
    assert table.rulings.tally(ROUND, spec, counted, SEALS) == table.rulings.tally(ROUND, spec, backwards, SEALS)


def lot(round_id: RecordId, counted: dict[MemberId, Statement], seals: Sequence[EventId] = SEALS) -> str | None:
    outcome = Table().rulings.outcome(round_id, round_spec(SUBJECTS, rule=BY_LOT, capacity_minutes=20), counted, seals)
    assert outcome.selection is not None
    return outcome.selection.lot


def test_a_lot_follows_from_the_round_and_its_seals_and_not_from_what_was_voted() -> None:
    # SPEC 6.36: "the ids of the seals that its close record names, 32 bytes each, ascending"
    counted = votes(*[approval(0, 1, 2, 3)] * 4)
    drawn = lot(ROUND, counted)
    assert drawn == drawn_lot().hex()
    assert lot(RecordId(hash_of("another round")), counted) != drawn
    assert lot(ROUND, counted, SEALS[:2]) != drawn
    assert lot(ROUND, counted, SEALS[::-1]) == drawn
    assert lot(ROUND, votes(approval(0, 1), approval(0, 1))) == drawn


def test_a_lot_decides_a_tie_otherwise_than_age_would() -> None:
    """Among many rounds with the same votes, a tie by lot falls on every option."""
    counted = votes(*[approval(0, 1, 2, 3)] * 4)
    spec = round_spec(SUBJECTS, rule=BY_LOT, capacity_minutes=10)
    rulings = Table().rulings
    firsts = {
        str(rulings.tally(RecordId(hash_of("round", at)), spec, counted, SEALS).result["selected"]) for at in range(64)
    }
    assert firsts == {f"['option-{at}']" for at in range(4)}


def test_a_question_is_asked_of_the_rules_with_minutes_as_costs() -> None:
    question = question_of(round_spec(SUBJECTS[:2], capacity_minutes=45).question)
    assert not isinstance(question, Fault)
    assert [(option.id, option.cost) for option in question.options] == [("option-0", 10), ("option-1", 10)]
    assert question.capacity == 45


def test_an_agenda_may_stand_in_an_order_that_the_decisions_leave_open(table: Table) -> None:
    table.close(2, round_spec(SUBJECTS[:1]), ["option-0"])
    table.close(4, round_spec(SUBJECTS[1:3], number=2), ["option-1", "option-0"])
    order = (SUBJECTS[2], SUBJECTS[0], SUBJECTS[1])
    document = table.rulings.ordered_agenda(1, 4, order)
    assert isinstance(document, AgendaDocument)
    assert [item.subject for item in document.items] == list(order)
    draft = table.draft(document)
    assert table.rulings.check_agenda(draft) == UNDUE, "the order has to be said"
    assert table.rulings.check_agenda(draft.model_copy(update={"order": order})) is None
    turned = draft.model_copy(update={"order": (SUBJECTS[1], SUBJECTS[0], SUBJECTS[2])})
    assert table.rulings.check_agenda(turned) == (
        "items that one round chose together keep the order that it gave them"
    )
