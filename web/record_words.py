"""A member's record in words, as rows of a table and of a file."""

from collections.abc import Iterator, Mapping
from typing import Final

from consensus.ballots import ApprovalBallot, Ballot, ChoiceBallot, ProxyBallot, RankedBallot, ScoreBallot
from web.i18n import Language
from web.marking import N_
from web.ports import RoundView, Stance
from web.present import People, iso, ordered_options, title_of
from web.ranking_values import written_ranking, written_scores
from web.record_port import MemberRecord, VoteView
from web.round_words import round_name

CHOICES: Final = {"yes": N_("Yes"), "no": N_("No"), "abstain": N_("Abstain")}
STANCES: Final[dict[Stance, str]] = {
    "support": N_("Support"),
    "conditional": N_("Support with conditions"),
    "concern": N_("Concern"),
    "objection": N_("Objection"),
}
COLUMNS: Final = ("kind", "id", "time", "title", "language", "what", "stage", "by_proxy")
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")


def ballot_words(language: Language, vote: VoteView, people: People) -> str:
    """Return how the member voted, in a few words."""
    if vote.ballot is None:
        return language.gettext("did not vote")
    words = _content_words(language, vote.round, vote.ballot.content, people)
    if not vote.ballot.holder:
        return words
    return language.gettext("%(ballot)s, by proxy: %(holder)s") % {
        "ballot": words,
        "holder": people.text_of(vote.ballot.holder),
    }


def _content_words(language: Language, found: RoundView, content: Ballot, people: People) -> str:
    numbers = {option: number for option, (number, _) in ordered_options(found.options).items()}
    match content:
        case ChoiceBallot():
            return language.gettext(CHOICES[content.choice])
        case ApprovalBallot() if content.approves:
            chosen = sorted(numbers.get(option, 0) for option in content.approves)
            return language.gettext("topics %(numbers)s") % {"numbers": ", ".join(map(str, chosen))}
        case RankedBallot() if content.tiers:
            return written_ranking(content, numbers)
        case ScoreBallot() if content.scores:
            scores = found.outcome.scores if found.outcome else None
            return written_scores(content, numbers, [weight.criterion for weight in scores.weights] if scores else [])
        case ProxyBallot() if content.holder:
            name = people.text_of(content.holder)
            return language.gettext("not counted: proxy given to %(holder)s") % {"holder": name}
        case ProxyBallot():
            return language.gettext("ballot taken back")
        case _:
            return language.gettext("abstention")


def as_json(record: MemberRecord, member: str, federation: str) -> Mapping[str, object]:
    """Return a record for machines: ids, times by ISO 8601, ballots as they were signed."""
    return {
        "federation": federation,
        "member": member,
        "votes": [
            {
                "round": vote.round.summary.id,
                "number": vote.round.summary.number,
                "closed": iso(vote.round.summary.closes),
                "ballot": vote.ballot and vote.ballot.content.model_dump(mode="json"),
                "event": vote.ballot and vote.ballot.event,
                "is_counted": vote.ballot and vote.ballot.is_counted,
                "by_proxy": (vote.ballot and vote.ballot.holder) or None,
                "options": {option.id: option.text.title for option in vote.round.options},
            }
            for vote in record.votes
        ],
        "deeds": [
            {
                "kind": deed.kind,
                "proposal": deed.proposal,
                "title": deed.text.title or None,
                "lang": deed.text.lang,
                "stage": deed.stage,
                "time": iso(deed.at),
                "stance": deed.stance,
            }
            for deed in record.deeds
        ],
    }


def as_rows(language: Language, record: MemberRecord, people: People) -> Iterator[tuple[str, ...]]:
    """Yield a record as rows for a spreadsheet, the columns' names first. No cell can be taken for a formula."""
    yield COLUMNS
    for vote in record.votes:
        name, summary = round_name(language, vote.round.summary), vote.round.summary
        holder = vote.ballot.holder if vote.ballot else ""
        words = ballot_words(language, vote, people)
        yield _plain("vote", summary.id, iso(summary.closes), name.text, name.lang, words, summary.state, holder)
    for deed in record.deeds:
        title = title_of(deed.text, language)
        what = language.gettext(STANCES[deed.stance]) if deed.stance else ""
        yield _plain(deed.kind, deed.proposal, iso(deed.at), title.text, title.lang, what, deed.stage, "")


def _plain(*cells: str) -> tuple[str, ...]:
    return tuple(f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell for cell in cells)
