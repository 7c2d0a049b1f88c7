"""A round's rule in plain words, with the numbers that it takes today."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from consensus.ballots import Fault
from consensus.rules.counting import Share
from consensus.rules.proportional import EqualSharesSettings
from consensus.rules.ranked import RunoffSettings, SchulzeSettings
from consensus.rules.registry import RuleSettings, parse_settings
from consensus.rules.score import ScoreSettings
from consensus.rules.threshold import ThresholdSettings
from protocol.events.rounds import RoundSpec
from web.constituencies import constituency_name
from web.criteria import criterion_name
from web.i18n import Language
from web.marking import N_
from web.present import minutes_and_seconds


@dataclass(frozen=True, slots=True)
class RuleWords:
    """A rule's name and what it means, sentence by sentence; figures are what stands out."""

    name: str
    sentences: tuple[str, ...]


_SHARES: Final = {
    (1, 2): N_("one half"),
    (2, 3): N_("two thirds"),
    (1, 3): N_("one third"),
    (3, 4): N_("three quarters"),
    (1, 4): N_("one quarter"),
    (1, 1): N_("all"),
}
_AT_LEAST: Final = {
    "cast": N_("The text is adopted if at least %(share)s of the ballots cast are in favour."),
    "valid": N_("The text is adopted if at least %(share)s of the valid votes are in favour."),
    "yes+no": N_("The text is adopted if at least %(share)s of the votes for and against are in favour."),
    "present": N_("The text is adopted if at least %(share)s of the members present are in favour."),
    "entitled": N_("The text is adopted if at least %(share)s of all members that may vote are in favour."),
}
_MORE_THAN: Final = {
    "cast": N_("The text is adopted if more than %(share)s of the ballots cast are in favour."),
    "valid": N_("The text is adopted if more than %(share)s of the valid votes are in favour."),
    "yes+no": N_("The text is adopted if more than %(share)s of the votes for and against are in favour."),
    "present": N_("The text is adopted if more than %(share)s of the members present are in favour."),
    "entitled": N_("The text is adopted if more than %(share)s of all members that may vote are in favour."),
}
_ABSTENTIONS: Final = {
    "excluded": N_("Abstentions count neither for the quorum nor for the majority."),
    "quorum_only": N_("Abstentions count for the quorum, not for the majority."),
    "against": N_("Abstentions count as votes against."),
}
_RULE_NAMES: Final = {
    "threshold": N_("Vote on one text"),
    "equal-shares": N_("Method of Equal Shares"),
    "approval": N_("Approval counting"),
    "schulze": N_("Schulze method"),
    "instant-runoff": N_("Instant run-off"),
    "score": N_("Scores on weighted criteria"),
}
_KINDS: Final = {
    "threshold": N_("yes or no"),
    "equal-shares": N_("prioritisation"),
    "approval": N_("prioritisation"),
    "schulze": N_("ranking"),
    "instant-runoff": N_("ranking"),
    "score": N_("scores"),
}
_MEASURES: Final = {
    "winning-votes": N_(
        "If no option is ahead in all comparisons, chains of comparisons decide: a chain is as strong as the fewest "
        "ballots that won one of its comparisons."
    ),
    "margins": N_(
        "If no option is ahead in all comparisons, chains of comparisons decide: a chain is as strong as the smallest "
        "majority in one of its comparisons."
    ),
}
_TIES: Final = {
    "oldest": N_("Where options are exactly level, the one listed first goes first."),
    "id": N_("Where options are exactly level, the first by its identifier goes first."),
    "lot": N_("Where options are exactly level, a public lot drawn from the ballots decides."),
}


def rule_name(language: Language, rule: str) -> str:
    """Return the name of a rule."""
    return language.gettext(_RULE_NAMES[rule]) if rule in _RULE_NAMES else rule


def rule_kind(language: Language, rule: str) -> str:
    """Return what kind of question a rule answers."""
    return language.gettext(_KINDS[rule]) if rule in _KINDS else rule


def rule_words(language: Language, spec: RoundSpec, entitled: int) -> RuleWords:
    """Return the words of a round's rule. A rule that this node doesn't know is named as it is."""
    settings = parse_settings(spec.rule)
    if isinstance(settings, Fault):
        unknown = language.gettext("This node does not know the rule of this round.")
        return RuleWords(str(spec.rule.get("rule", "")), (unknown,))
    return settings_words(language, settings, entitled, spec.question.capacity_minutes)


def settings_words(language: Language, settings: RuleSettings, entitled: int, capacity: int) -> RuleWords:
    """Return the words of a rule's settings for so many members and minutes."""
    if isinstance(settings, ThresholdSettings):
        return RuleWords(_threshold_name(language, settings), tuple(_threshold(language, settings, entitled)))
    return RuleWords(rule_name(language, settings.rule), tuple(_sentences(language, settings, entitled, capacity)))


def _sentences(language: Language, settings: RuleSettings, entitled: int, capacity: int) -> list[str]:
    match settings:
        case SchulzeSettings():
            words = _schulze(language, settings)
        case RunoffSettings():
            words = _runoff(language)
        case ScoreSettings():
            words = _scores(language, settings)
        case _:
            return _selection(language, settings, entitled, capacity)
    return [*words, language.gettext(_TIES[settings.ties]), _quorum(language, settings.quorum, entitled)]


def _schulze(language: Language, settings: SchulzeSettings) -> list[str]:
    return [
        language.gettext("Each ballot puts options in order; what it leaves out stands below what it ranks."),
        language.gettext(
            "Every two options are compared by how many ballots put one above the other. "
            "An option that is ahead in all its comparisons comes first."
        ),
        language.gettext(_MEASURES[settings.measure]),
    ]


def _runoff(language: Language) -> list[str]:
    return [
        language.gettext("Each ballot puts options in order and is one vote for its best option that is left."),
        language.gettext(
            "The option with the fewest votes is eliminated and the votes are counted again, until one is left."
        ),
        language.gettext("Where several options stand level on a ballot, each has an equal part of its vote."),
    ]


def _scores(language: Language, settings: ScoreSettings) -> list[str]:
    names = [
        language.gettext("%(criterion)s (weight %(weight)d)")
        % {"criterion": criterion_name(language, each.id), "weight": each.weight}
        for each in settings.criteria
    ]
    sentences = [
        language.gettext("Members score each option from 0 to %(maximum)d on these criteria: %(names)s.")
        % {"maximum": settings.maximum, "names": language.listed(names)},
        language.gettext("Options stand in order of the weighted mean of what members who scored them gave."),
        language.gettext("With the scores it is published how far the scorers agreed."),
    ]
    if settings.least_scorers > 1:
        words = language.gettext("An option is in order only if %(least)d members scored it on each criterion.")
        sentences.append(words % {"least": settings.least_scorers})
    return sentences


def members_to_carry(cost: int, capacity: int, entitled: int) -> int:
    """Return how many members can pay for a topic under equal shares if all vote: the least k with k shares ≥ cost."""
    return -(-cost * entitled // capacity) if capacity else entitled


def _threshold_name(language: Language, settings: ThresholdSettings) -> str:
    share = (settings.threshold.numerator, settings.threshold.denominator)
    if share == (1, 2) and settings.strict and settings.base in {"yes+no", "valid"}:
        return language.gettext("Simple majority")
    if share == (2, 3) and not settings.strict and settings.base in {"yes+no", "valid"}:
        return language.gettext("Two-thirds majority")
    if share == (1, 2) and settings.strict and settings.base == "entitled":
        return language.gettext("Absolute majority")
    return language.gettext("Vote on one text")


def _threshold(language: Language, settings: ThresholdSettings, entitled: int) -> list[str]:
    words = (_MORE_THAN if settings.strict else _AT_LEAST)[settings.base]
    needed = max(1, settings.threshold.least_of(entitled, is_strict=settings.strict))
    sentences = [
        language.gettext(words) % {"share": _share_words(language, settings.threshold)},
        language.gettext("If all %(entitled)d members vote yes or no, that takes %(needed)d in favour.")
        % {"entitled": entitled, "needed": needed},
        _quorum(language, settings.quorum, entitled),
        language.gettext(_ABSTENTIONS[settings.abstentions]),
    ]
    return sentences + _conditions(language, settings)


def _conditions(language: Language, settings: ThresholdSettings) -> list[str]:
    sentences = []
    if settings.reasons_required:
        sentences.append(language.gettext("A vote against counts only with a reason."))
    if settings.max_against is not None:
        words = language.gettext("At most %(share)s of the same votes may be against.")
        sentences.append(words % {"share": _share_words(language, settings.max_against)})
    if settings.min_in_favour is not None:
        words = language.gettext("Whatever the turnout, %(needed)d members have to be in favour.")
        sentences.append(words % {"needed": settings.min_in_favour})
    if settings.concurrent is not None:
        names = [constituency_name(language, name) for name in settings.concurrent.constituencies]
        sentences.append(_concurrent(language, settings.concurrent.threshold, settings.concurrent.strict, names))
    if settings.weighted is not None:
        words = language.gettext("By weight, %(share)s have to be in favour as well.")
        sentences.append(words % {"share": _share_words(language, settings.weighted.threshold)})
    return sentences


def _concurrent(language: Language, share: Share, strict: bool, names: Sequence[str]) -> str:
    words = (
        language.gettext("More than %(share)s have to be in favour in each of these constituencies too: %(names)s.")
        if strict
        else language.gettext("At least %(share)s have to be in favour in each of these constituencies too: %(names)s.")
    )
    return words % {"share": _share_words(language, share), "names": language.listed(names)}


def _selection(language: Language, settings: RuleSettings, entitled: int, capacity: int) -> list[str]:
    quorum = _quorum(language, settings.quorum, entitled)
    if not isinstance(settings, EqualSharesSettings):
        words = language.gettext("The topics with the most supporters are taken as long as they fit.")
        return [_capacity(language, capacity), words, quorum]
    share = minutes_and_seconds(Fraction(capacity, max(1, entitled)), language)
    sentences = [
        _capacity(language, capacity),
        language.gettext(
            "Each member voting holds an equal share of them: %(share)s if all %(entitled)d vote, more if fewer do."
        )
        % {"share": share, "entitled": entitled},
        language.gettext(
            "A topic is taken when the members who approve it can pay for its minutes together. "
            "The topic that costs its supporters least goes first."
        ),
    ]
    if "most-approved" in settings.completion:
        sentences.append(
            language.gettext("Minutes left over go to the topics with the most supporters that still fit.")
        )
    sentences.append(language.gettext("A group that agrees gets its share of the agenda, whoever the majority is."))
    return [*sentences, quorum]


def _capacity(language: Language, capacity: int) -> str:
    return language.gettext("The plenary has %(capacity)d minutes.") % {"capacity": capacity}


def _quorum(language: Language, quorum: Share | None, entitled: int) -> str:
    if quorum is None:
        return language.gettext("There is no quorum.")
    words = language.gettext("The quorum is %(needed)d of %(entitled)d members.")
    return words % {"needed": max(1, quorum.least_of(entitled)), "entitled": entitled}


def _share_words(language: Language, share: Share) -> str:
    known = _SHARES.get((share.numerator, share.denominator))
    return language.gettext(known) if known else f"{share.numerator}/{share.denominator}"
