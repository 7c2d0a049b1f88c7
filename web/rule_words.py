"""A round's rule in plain words, with the numbers that it takes today."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from consensus.ballots import Fault
from consensus.rules.consent import ConsensusSettings
from consensus.rules.counting import Share, TieSettings
from consensus.rules.proportional import ApprovalSettings, EqualSharesSettings, PhragmenSettings, SelectionSettings
from consensus.rules.ranked import RunoffSettings, SchulzeSettings
from consensus.rules.registry import RuleSettings, parse_settings
from consensus.rules.score import ScoreSettings
from consensus.rules.silence import SilenceSettings
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
_ALL: Final = {
    "cast": N_("The text is adopted if all ballots cast are in favour."),
    "valid": N_("The text is adopted if all valid votes are in favour."),
    "yes+no": N_("The text is adopted if nobody votes against and somebody in favour."),
    "present": N_("The text is adopted if all members present are in favour."),
    "entitled": N_("The text is adopted if all members that may vote are in favour."),
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
    "phragmen": N_("Phragmén's rule"),
    "approval": N_("Approval counting"),
    "silence": N_("Silence procedure"),
    "consensus": N_("Call for consensus"),
    "schulze": N_("Schulze method"),
    "instant-runoff": N_("Instant run-off"),
    "score": N_("Scores on weighted criteria"),
}
_KINDS: Final = {
    "threshold": N_("yes or no"),
    "equal-shares": N_("prioritisation"),
    "phragmen": N_("prioritisation"),
    "approval": N_("prioritisation"),
    "silence": N_("silence procedure"),
    "consensus": N_("call for consensus"),
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
    "lot": N_("Where options are exactly level, a public lot drawn after the close decides."),
}


_COMPLETIONS: Final = {
    "raised-shares": N_("All shares are raised alike as far as the topics that they pay for then still fit."),
    "phragmen": N_("Minutes left over go to the topics whose supporters have waited longest."),
    "most-approved": N_("Minutes left over go to the topics with the most supporters that still fit."),
}
_VARIANTS: Final[Mapping[tuple[str, ...], str]] = {
    (): N_("Equal shares alone"),
    ("most-approved",): N_("Equal shares, then the most approved"),
    ("raised-shares", "most-approved"): N_("Equal shares raised, then the most approved"),
    ("raised-shares",): N_("Equal shares raised"),
    ("phragmen",): N_("Equal shares, then by waiting"),
}


def variant_name(language: Language, settings: RuleSettings) -> str:
    """Return a name that tells a rule's settings from others of the same rule in a comparison."""
    if isinstance(settings, ThresholdSettings):
        return _threshold_name(language, settings)
    if isinstance(settings, EqualSharesSettings):
        known = _VARIANTS.get(settings.completion)
        return language.gettext(known) if known else rule_name(language, settings.rule)
    if isinstance(settings, PhragmenSettings) and settings.when_full == "skip":
        return language.gettext("Phragmén's rule, passing over")
    return rule_name(language, settings.rule)


def rule_name(language: Language, rule: str) -> str:
    """Return the name of a rule."""
    return language.gettext(_RULE_NAMES[rule]) if rule in _RULE_NAMES else rule


def rule_kind(language: Language, rule: str) -> str:
    """Return what kind of question a rule answers."""
    return language.gettext(_KINDS[rule]) if rule in _KINDS else rule


def rule_words(language: Language, spec: RoundSpec, entitled: int, name_of: Callable[[str], str] = str) -> RuleWords:
    """Return the words of a round's rule. A rule that this node doesn't know is named as it is.

    name_of gives a member's name as the reader sees it.
    """
    settings = parse_settings(spec.rule)
    if isinstance(settings, Fault):
        unknown = language.gettext("This node does not know the rule of this round.")
        return RuleWords(str(spec.rule.get("rule", "")), (unknown,))
    return settings_words(language, settings, entitled, spec.question.capacity_minutes, name_of)


def settings_words(
    language: Language, settings: RuleSettings, entitled: int, capacity: int, name_of: Callable[[str], str] = str
) -> RuleWords:
    """Return the words of a rule's settings for so many members and minutes."""
    if isinstance(settings, ThresholdSettings):
        return RuleWords(_threshold_name(language, settings), tuple(_threshold(language, settings, entitled, name_of)))
    words = _sentences(language, settings, entitled, capacity, name_of)
    return RuleWords(rule_name(language, settings.rule), tuple(words))


def _sentences(
    language: Language, settings: RuleSettings, entitled: int, capacity: int, name_of: Callable[[str], str]
) -> list[str]:
    match settings:
        case SilenceSettings():
            return _silence(language, settings)
        case ConsensusSettings():
            return _consensus(language, settings, entitled)
        case SchulzeSettings():
            words = _schulze(language, settings)
        case RunoffSettings():
            words = _runoff(language)
        case ScoreSettings():
            words = _scores(language, settings)
        case EqualSharesSettings() | PhragmenSettings() | ApprovalSettings():
            return _selection(language, settings, entitled, capacity, name_of)
        case ThresholdSettings():
            return _threshold(language, settings, entitled, name_of)
    return [*words, _ties(language, settings, name_of), _quorum(language, settings.quorum, entitled)]


def _ties(language: Language, settings: TieSettings, name_of: Callable[[str], str]) -> str:
    if settings.chair is None:
        return language.gettext(_TIES[settings.ties])
    words = language.gettext("Where options are exactly level, the order of the chair's member (%(member)s) decides.")
    return words % {"member": name_of(settings.chair)}


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


def _threshold(
    language: Language, settings: ThresholdSettings, entitled: int, name_of: Callable[[str], str]
) -> list[str]:
    is_all = settings.threshold.numerator == settings.threshold.denominator and not settings.strict
    words = (_MORE_THAN if settings.strict else _ALL if is_all else _AT_LEAST)[settings.base]
    needed = max(1, settings.threshold.least_of(entitled, is_strict=settings.strict))
    sentences = [
        language.gettext(words) % {"share": _share_words(language, settings.threshold)},
        language.gettext("If all %(entitled)d members vote yes or no, that takes %(needed)d in favour.")
        % {"entitled": entitled, "needed": needed},
        _quorum(language, settings.quorum, entitled),
        language.gettext(_ABSTENTIONS[settings.abstentions]),
    ]
    return sentences + _conditions(language, settings, name_of)


def _conditions(language: Language, settings: ThresholdSettings, name_of: Callable[[str], str]) -> list[str]:
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
    if settings.casting_vote is not None:
        words = language.gettext("If exactly half are in favour, the vote of the chair's member (%(member)s) decides.")
        sentences.append(words % {"member": name_of(settings.casting_vote)})
    return sentences


def _silence(language: Language, settings: SilenceSettings) -> list[str]:
    if settings.objections_to_break == 1:
        first = language.gettext("The text is adopted unless a member objects before the close.")
    else:
        words = language.gettext("The text is adopted unless %(number)d members or more object before the close.")
        first = words % {"number": settings.objections_to_break}
    sentences = [first, language.gettext("Who agrees has nothing to do: silence is consent, and there is no quorum.")]
    if settings.reasons_required:
        sentences.append(language.gettext("A vote against is an objection only with a reason."))
    sentences.append(language.gettext("If silence is broken, nothing is rejected: the text goes to a vote."))
    return sentences


def _consensus(language: Language, settings: ConsensusSettings, entitled: int) -> list[str]:
    words = language.gettext(
        "The text is adopted if at least %(needed)d of %(entitled)d members are in favour and none objects."
    )
    sentences = [
        words % {"needed": max(1, settings.support.least_of(entitled)), "entitled": entitled},
        language.gettext("A vote against is an objection, and counts only with a reason."),
        language.gettext("Who abstains stands aside and blocks nothing."),
    ]
    if settings.max_stand_asides is not None:
        words = language.gettext("At most %(most)d members may stand aside.")
        sentences.append(words % {"most": settings.max_stand_asides.most_of(entitled)})
    sentences.append(_quorum(language, settings.quorum, entitled))
    sentences.append(language.gettext("Without consensus nothing is rejected: the text goes to a vote."))
    return sentences


def _concurrent(language: Language, share: Share, strict: bool, names: Sequence[str]) -> str:
    words = (
        language.gettext("More than %(share)s have to be in favour in each of these constituencies too: %(names)s.")
        if strict
        else language.gettext("At least %(share)s have to be in favour in each of these constituencies too: %(names)s.")
    )
    return words % {"share": _share_words(language, share), "names": language.listed(names)}


def _selection(
    language: Language,
    settings: SelectionSettings,
    entitled: int,
    capacity: int,
    name_of: Callable[[str], str],
) -> list[str]:
    last = [_quorum(language, settings.quorum, entitled)]
    if settings.chair is not None:
        words = language.gettext(
            "Of topics exactly level, one that the chair's member (%(member)s) approves goes first."
        )
        last.append(words % {"member": name_of(settings.chair)})
    if isinstance(settings, PhragmenSettings):
        return [_capacity(language, capacity), *_phragmen(language, settings), *last]
    if not isinstance(settings, EqualSharesSettings):
        words = language.gettext("The topics with the most supporters are taken as long as they fit.")
        return [_capacity(language, capacity), words, *last]
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
    sentences += [language.gettext(_COMPLETIONS[name]) for name in settings.completion]
    sentences.append(language.gettext("A group that agrees gets its share of the agenda, whoever the majority is."))
    return [*sentences, *last]


def _phragmen(language: Language, settings: PhragmenSettings) -> list[str]:
    return [
        language.gettext("Each member voting is given time at the same pace."),
        language.gettext(
            "A topic is taken as soon as the members who approve it hold its minutes together; "
            "they spend all they hold and wait anew."
        ),
        language.gettext("The first topic that no longer fits ends the count.")
        if settings.when_full == "stop"
        else language.gettext("Topics that no longer fit are passed over."),
        *(language.gettext(_COMPLETIONS[name]) for name in settings.completion),
    ]


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
