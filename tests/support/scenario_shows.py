"""What a scenario can ask to see: a proposal, the agenda, fairness, who was heard, what other rules would give."""

from collections.abc import Sequence
from typing import Final

from consensus.agenda import AgendaDocument, AgendaItem, parse_agenda
from consensus.ballots import ApprovalBallot, ChoiceBallot, Fault, RankedBallot
from consensus.comparison import Compared, compare, fairness_of
from consensus.fairness.agenda_report import ItemSource, Part, agenda_report
from consensus.fairness.certificate import Certificate
from consensus.fairness.sentences import FAIRNESS_SENTENCES
from consensus.outcome import Reason
from consensus.proposal_state import Consultation
from consensus.rules import registry
from consensus.rules.counting import Circumstances
from consensus.rulings import question_of, round_lot
from protocol.envelope import Verified
from protocol.events.consultation import Proposal
from tests.support.scenario_phrases import Found, Phrase, time_words
from tests.support.scenario_rounds import Round, Rounds
from tests.support.scenario_words import order_lines, wrapped
from tests.support.scenario_world import World


def agenda_lines(world: World, document: AgendaDocument) -> list[str]:
    """Return the items of an agenda."""
    items = [f"  {item.number}. {world.title_of(item.text)}, {item.minutes} minutes" for item in document.items]
    return items or ["  it has no items"]


def _show_proposal(rounds: Rounds, found: Found) -> None:
    world = rounds.world
    title = found.word("TITLE")
    proposal = world.proposal(title, found)
    world.tell(f"'{world.last_title}':", *(f"  {line}" for line in _state_lines(world, world.state(proposal))))


def _state_lines(world: World, state: Consultation) -> list[str]:
    lines = [f"stage {state.stage}, sponsor {state.sponsor}"]
    if state.endorsed_by:
        lines.append(f"endorsed by {', '.join(state.endorsed_by)}")
    if state.admitted is not None and state.notice_until is not None:
        lines.append(f"admitted {time_words(state.admitted)}, notice until {time_words(state.notice_until)}")
    if state.link is not None:
        lines.append(f"{state.link[0]}: '{world.subject_titles()[state.link[1]]}'")
    if state.reasons is not None:
        lines.append(f"reasons: '{world.title_of(state.reasons)}'")
    if state.deadline is not None:
        lines.append(f"{state.deadline.act} on {time_words(state.deadline.at)}")
    lines += [f"round {call.number} of consultation until {time_words(call.until)}" for call in state.calls]
    return lines + _texts(world, state) + _voices(world, state)


def _texts(world: World, state: Consultation) -> list[str]:
    lines = [f"text '{world.title_of(each.text)}', {each.minutes} minutes" for each in state.versions[-1:]]
    lines += [f"earlier text '{world.title_of(each.text)}'" for each in state.versions[-2::-1]]
    for each in state.amendments:
        by = f"by {each.member}, backed by {', '.join(sorted(each.backers))}"
        lines.append(f"amendment '{world.title_of(each.body.text)}' {by}: {each.outcome}")
    return lines


def _voices(world: World, state: Consultation) -> list[str]:
    lines = []
    for member, event in sorted(state.positions.items()):
        body = event.event.body
        lines.append(f"position of {member}: {getattr(body, 'stance', '')}")
    for each in state.objections:
        answer = "unanswered" if each.answer is None else each.answer.answer
        standing = "stands" if each.is_standing else "lifted"
        lines.append(f"objection of {each.member}, '{world.title_of(each.reasons)}': {answer}, {standing}")
    return lines


def _show_agenda(rounds: Rounds, _found: Found) -> None:
    world = rounds.world
    height = max(world.register.closings, default=0)
    version = max(world.register.agendas, default=0) + 1
    world.tell("agenda that is due:", *agenda_lines(world, world.rulings.due_agenda(version, max(height, 1))))


def _counted(rounds: Rounds, found: Found) -> Round:
    closed = [each for each in rounds.all if each.is_closed]
    if not closed:
        raise found.fail("no round has closed")
    return closed[-1]


def _show_fairness(rounds: Rounds, found: Found) -> None:
    round_ = _counted(rounds, found)
    question = question_of(round_.spec.question)
    assert not isinstance(question, Fault)
    assert round_.resolution is not None
    assert round_.outcome is not None
    electorate = rounds.world.rulings.electorate
    certificate = fairness_of(question, round_.resolution.ballots, electorate, round_.outcome)
    if certificate is None:
        raise found.fail("fairness is examined where topics are approved")
    rounds.world.tell("fairness to groups:", *_fairness_lines(certificate))


def _fairness_lines(certificate: Certificate) -> list[str]:
    lines = []
    for finding, why in zip(certificate.findings, certificate.reasons, strict=True):
        group = "" if finding.witness is None else f" They are {', '.join(finding.witness.members)}."
        lines += wrapped(f"{finding.axiom}: {_word(why)}{group}")
    return lines


def _word(why: Reason) -> str:
    return FAIRNESS_SENTENCES[why.code].format(**why.parameters)


def _show_compared(rounds: Rounds, found: Found) -> None:
    round_ = _counted(rounds, found)
    question, settings = question_of(round_.spec.question), registry.parse_settings(round_.spec.rule)
    assert not isinstance(question, Fault)
    assert not isinstance(settings, Fault)
    assert round_.resolution is not None
    assert round_.count is not None
    form = registry.RULES[settings.rule].ballot_form
    lot = Circumstances(lot=round_lot(round_.id, round_.seals.values()))
    ballots, electorate = round_.resolution.ballots, rounds.world.rulings.electorate
    found_by = compare(question, ballots, electorate, lot, ballot_form=form, like=settings)
    rounds.world.tell("by other rules:", *(line for each in found_by for line in _compared_lines(each)))


def _compared_lines(each: Compared) -> list[str]:
    data = each.settings.model_dump(mode="json")
    kept = ("completion", "when_full", "measure", "base", "threshold")
    settings = {name: data[name] for name in kept if name in data}
    words = [f"{name} {_setting(value)}" for name, value in settings.items()]
    label = ", ".join([str(data["rule"]), *words])
    return [f"  {label}: {each.outcome.status.replace('_', ' ')}", *(f"  {line}" for line in order_lines(each.outcome))]


def _setting(value: object) -> str:
    if isinstance(value, list):
        return "+".join(map(str, value)) or "none"
    return f"{value['numerator']}/{value['denominator']}" if isinstance(value, dict) else str(value)


def _show_heard(rounds: Rounds, found: Found) -> None:
    world = rounds.world
    if not world.register.agendas:
        raise found.fail("no agenda has been published")
    published = world.register.agendas[max(world.register.agendas)]
    document = parse_agenda(world.texts[published.document])
    report = agenda_report(world.rulings.electorate, [_source(rounds, item) for item in document.items])
    world.tell(f"who was heard in {report.items} items of {report.minutes} minutes:")
    world.tell(f"  {_part('all', report.overall)}")
    world.tell(*(f"  {_part(each.constituency, each.part)}" for each in report.constituencies))


def _source(rounds: Rounds, item: AgendaItem) -> ItemSource:
    round_ = next(each for each in rounds.all if each.id == item.round)
    assert round_.resolution is not None
    readable = {m: ballot for m, ballot in round_.resolution.ballots.items() if not isinstance(ballot, Fault)}
    proposal = next(each for each in rounds.world.proposals.values() if each.id == item.subject)
    return ItemSource(
        number=item.number,
        minutes=item.minutes,
        proposals=((_author(proposal), tuple(rounds.world.state(proposal).endorsed_by)),),
        in_favour=frozenset(member for member, ballot in readable.items() if _is_for(ballot, item.option)),
        voted=frozenset(readable),
    )


def _author(proposal: Verified) -> str:
    assert isinstance(proposal.event.body, Proposal)
    return proposal.event.member


def _is_for(ballot: object, option: str) -> bool:
    match ballot:
        case ApprovalBallot():
            return option in ballot.approves
        case ChoiceBallot():
            return ballot.choice == "yes"
        case RankedBallot():
            return option in ballot.tiers[0] if ballot.tiers else False
        case _:
            return False


def _part(name: str, part: Part) -> str:
    return (
        f"{name}: {part.members} members, proposals {part.proposed}, endorsements {part.endorsed}, voted {part.voted}, "
        f"minutes approved {part.minutes_approved} of {part.minutes_asked}"
    )


SHOWS: Final[Sequence[Phrase]] = (
    Phrase("show 'TITLE'", _show_proposal),
    Phrase("show the agenda that is due", _show_agenda),
    Phrase("show how fair this is", _show_fairness),
    Phrase("show what other rules would have given", _show_compared),
    Phrase("show who was heard", _show_heard),
)
