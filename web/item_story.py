"""What became of a text that was put to members: its rounds with their outcomes, and where it stands on the agenda."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from aiohttp import web as aioweb

from consensus.ballots import ApprovalBallot, ChoiceBallot, RankedBallot
from consensus.outcome import Outcome
from web.constituencies import shown
from web.decisions import Decision, item_decision
from web.ports import AgendaItem, AgendaView, BallotView, RoundLink, RoundView
from web.present import People
from web.respond import backend_of, visit_of

_ROUNDS_SHOWN: Final = 8


@dataclass(frozen=True, slots=True)
class RoundStory:
    """A round that a text stood in, with what came out for this text."""

    round: RoundView
    option: str
    decision: Decision | None
    """None before the outcome is certified."""
    votes: tuple[tuple[str, int], ...]
    """Of a vote on one text: in favour, against, abstaining."""
    bars: dict[str, tuple[int, int]]
    """Constituency: members in favour of this text, members that voted."""

    @property
    def has_tick(self) -> bool:
        """Whether a constituency had something to reach."""
        outcome = self.round.outcome
        return outcome is not None and outcome.selection is None and outcome.ranking is None


@dataclass(frozen=True, slots=True)
class OnAgenda:
    """Where a text stands on the agenda in force."""

    agenda: AgendaView
    item: AgendaItem


async def round_stories(
    request: aioweb.Request, links: Sequence[RoundLink], subject: str, people: People
) -> list[RoundStory]:
    """Return the rounds that a subject stood in, the latest to close first, of too many the latest."""
    latest = sorted(links, key=lambda link: -link.number)[:_ROUNDS_SHOWN]
    found = [await backend_of(request).round(link.id) for link in latest]
    stories = [_story(request, each, subject, people) for each in found if each is not None]
    return sorted(stories, key=lambda story: -story.round.summary.closes)


async def on_agenda(request: aioweb.Request, subject: str) -> OnAgenda | None:
    """Return where a subject stands on the agenda in force, or None."""
    agenda = await backend_of(request).agenda()
    items = () if agenda is None else (*agenda.long, *agenda.short)
    item = next((item for item in items if item.subject == subject), None)
    return None if agenda is None or item is None else OnAgenda(agenda, item)


def _story(request: aioweb.Request, found: RoundView, subject: str, people: People) -> RoundStory:
    option = next((each.id for each in found.options if each.subject == subject), "")
    outcome = found.outcome
    if outcome is None:
        return RoundStory(found, option, None, (), {})
    return RoundStory(
        round=found,
        option=option,
        decision=item_decision(visit_of(request).language, outcome, option),
        votes=_votes(outcome),
        bars={} if outcome.scores is not None else _bars(found.roll_call, option, people),
    )


def _votes(outcome: Outcome) -> tuple[tuple[str, int], ...]:
    if outcome.selection is not None or outcome.ranking is not None or outcome.scores is not None:
        return ()
    counts = outcome.counts
    return (("in-favour", counts.in_favour), ("against", counts.against), ("abstain", counts.abstain))


def _bars(ballots: Sequence[BallotView], option: str, people: People) -> dict[str, tuple[int, int]]:
    voted = [ballot for ballot in ballots if ballot.content.form != "proxy"]
    favour = people.by_constituency(ballot.member for ballot in voted if _is_for(ballot, option))
    cast = people.by_constituency(ballot.member for ballot in voted)
    counts = {name: (favour[name][0], pair[0]) for name, pair in cast.items() if pair[0]}
    return {name: counts[name] for name in shown(counts)}


def _is_for(ballot: BallotView, option: str) -> bool:
    match ballot.content:
        case ApprovalBallot():
            return option in ballot.content.approves
        case RankedBallot():
            return len(ballot.content.tiers) > 0 and option in ballot.content.tiers[0]
        case ChoiceBallot():
            return ballot.content.choice == "yes"
        case _:
            return False
