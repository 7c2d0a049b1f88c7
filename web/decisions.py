"""Outcomes in words: the decision sentence, whose first half says the result, and the reasons one by one."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from consensus.fairness.sentences import FAIRNESS_SENTENCES
from consensus.outcome import Chosen, Outcome, Ranking, Reason, ScoreTable, Selection
from consensus.rules.figures import decimal
from consensus.rules.sentences import SENTENCES
from web.constituencies import constituency_name
from web.i18n import Language

_NO_NAMES: Final[Mapping[str, str]] = MappingProxyType({})
_CONSENT: Final = frozenset({"silence", "consensus"})


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision sentence: what stands in bold, and what was needed and held besides."""

    result: str
    rest: str


def decision(language: Language, outcome: Outcome) -> Decision:
    """Return the decision sentence of a round as a whole."""
    if outcome.selection is not None:
        return _selected(language, outcome.selection)
    if outcome.status == "no_quorum":
        return _no_quorum(language, outcome)
    if outcome.rule in _CONSENT:
        return _consent(language, outcome)
    if outcome.ranking is not None:
        return _ranked(language, outcome.ranking)
    if outcome.scores is not None:
        return _scored(language, outcome.scores)
    return _vote(language, outcome)


def item_decision(language: Language, outcome: Outcome, option: str) -> Decision:
    """Return the decision sentence of one agenda item. option is its id in a prioritisation, or nothing."""
    chosen = _chosen(outcome, option)
    if outcome.scores is not None:
        return _score_of(language, outcome.scores, option)
    if outcome.selection is None:
        return decision(language, outcome)
    if chosen is None:
        return Decision(
            language.gettext("Selected in a prioritisation."),
            language.gettext("%(cast)d of %(entitled)d members voted.")
            % {"cast": outcome.counts.cast, "entitled": outcome.counts.entitled},
        )
    result = language.gettext("Approved by %(supporters)d of %(voters)d members voting.")
    rest = {
        "shares": language.gettext("Their equal shares paid for its %(minutes)d minutes."),
        "raised-shares": language.gettext("Their shares, raised alike for all, paid for its %(minutes)d minutes."),
        "phragmen": language.gettext("Its supporters had waited longest for its %(minutes)d minutes."),
        "most-approved": language.gettext(
            "It had the most supporters for the minutes left over, and took %(minutes)d."
        ),
    }[chosen.how]
    return Decision(
        result % {"supporters": chosen.supporters, "voters": outcome.counts.in_favour},
        rest % {"minutes": chosen.cost},
    )


def reason_words(
    language: Language, reason: Reason, option_titles: Mapping[str, str], member_names: Mapping[str, str] = _NO_NAMES
) -> str:
    """Return the sentence of one reason in a reader's language, with names in place of ids."""
    parameters: dict[str, int | str] = dict(reason.parameters)
    if isinstance(parameters.get("member"), str):
        parameters["member"] = member_names.get(str(parameters["member"]), parameters["member"])
    if isinstance(parameters.get("members"), str):
        ids = str(parameters["members"]).split(", ")
        parameters["members"] = language.listed([member_names.get(member, member) for member in ids])
    if isinstance(parameters.get("constituency"), str):
        parameters["constituency"] = constituency_name(language, str(parameters["constituency"]))
    for name in ("option", "other"):
        if parameters.get(name) in option_titles:
            parameters[name] = option_titles[str(parameters[name])]
    sentence = SENTENCES.get(reason.code) or FAIRNESS_SENTENCES[reason.code]
    return language.gettext(sentence).format(**parameters)


def _chosen(outcome: Outcome, option: str) -> Chosen | None:
    if outcome.selection is None:
        return None
    return next((entry for entry in outcome.selection.chosen if entry.option == option), None)


def _selected(language: Language, selection: Selection) -> Decision:
    by_way = Counter(entry.how for entry in selection.chosen)
    shares = by_way["shares"] + by_way["raised-shares"]
    turns = 0 if shares else by_way["phragmen"]
    more = len(selection.chosen) - shares - turns
    if not selection.chosen:
        return Decision(language.gettext("No topic was selected."), "")
    if shares:
        result = language.gettext("Paid for by their supporters' equal shares: %(shares)d.") % {"shares": shares}
    elif turns:
        result = language.gettext("Taken in turn, as their supporters had waited: %(turns)d.") % {"turns": turns}
    else:
        return Decision(language.gettext("The most approved topics were taken: %(more)d.") % {"more": more}, "")
    if not more:
        return Decision(result, language.gettext("No minutes left over were given out."))
    return Decision(result, language.gettext("Taken with the minutes left over: %(more)d.") % {"more": more})


def _ranked(language: Language, ranking: Ranking) -> Decision:
    if ranking.winner is None:
        return Decision(language.gettext("No option comes first: no ballot ranked any."), "")
    words = (
        language.gettext("First of %(options)d options by instant run-off.")
        if ranking.measure is None
        else language.gettext("First of %(options)d options by the Schulze method.")
    )
    return Decision(words % {"options": len(ranking.order)}, _how_near(language, ranking))


def _how_near(language: Language, ranking: Ranking) -> str:
    closest = ranking.order[0].narrowest
    if closest is not None:
        words = language.gettext("In its closest comparison %(have)d ballots put it above and %(other)d below.")
        return words % {"have": closest.votes_for, "other": closest.votes_against}
    if not ranking.runoffs:
        return ""
    first, second = (entry.votes.fraction for entry in ranking.runoffs[-1].standings)
    words = language.gettext("In the last count it had %(have)s votes against %(other)s.")
    return words % {"have": decimal(first), "other": decimal(second)}


def _scored(language: Language, table: ScoreTable) -> Decision:
    if not table.order or table.order[0].mean is None:
        return Decision(language.gettext("No option was scored by enough members."), "")
    return Decision(
        language.gettext("Options in order of their mean scores: %(count)d.") % {"count": len(table.order)},
        language.gettext("The highest is %(mean)s of %(maximum)d.")
        % {"mean": decimal(table.order[0].mean.fraction), "maximum": table.maximum},
    )


def _score_of(language: Language, table: ScoreTable, option: str) -> Decision:
    for place, entry in enumerate(table.order, start=1):
        if entry.option == option and entry.mean is not None:
            return Decision(
                language.gettext("Mean score %(mean)s of %(maximum)d.")
                % {"mean": decimal(entry.mean.fraction), "maximum": table.maximum},
                language.gettext("Place %(place)d of %(count)d.") % {"place": place, "count": len(table.order)},
            )
    return _scored(language, table)


def _no_quorum(language: Language, outcome: Outcome) -> Decision:
    return Decision(
        language.gettext("Not decided: no quorum."),
        language.gettext("%(present)d members took part; %(needed)d were needed.")
        % {"present": outcome.quorum_present, "needed": outcome.quorum_needed},
    )


def _vote(language: Language, outcome: Outcome) -> Decision:
    numbers = {"in_favour": outcome.counts.in_favour, "base": outcome.counts.base}
    of_all = any(reason.code in {"threshold_met_entitled", "threshold_missed_entitled"} for reason in outcome.reasons)
    if outcome.status == "adopted":
        words = (
            language.gettext("Adopted by %(in_favour)d of all %(base)d members.")
            if of_all
            else language.gettext("Adopted by %(in_favour)d of %(base)d members voting.")
        )
    else:
        words = (
            language.gettext("Not adopted: %(in_favour)d of all %(base)d members in favour.")
            if of_all
            else language.gettext("Not adopted: %(in_favour)d of %(base)d members voting in favour.")
        )
    return Decision(words % numbers, _needed(language, outcome))


def _consent(language: Language, outcome: Outcome) -> Decision:
    numbers = {"objections": outcome.objections, "in_favour": outcome.counts.in_favour, "needed": outcome.needed}
    is_silence = outcome.rule == "silence"
    if outcome.status == "adopted":
        result = language.gettext("Adopted by silence.") if is_silence else language.gettext("Adopted by consensus.")
    elif is_silence:
        result = language.gettext("Silence was broken; nothing is rejected: the text goes to a vote.")
    else:
        result = language.gettext("No consensus; nothing is rejected: the text goes to a vote.")
    words = (
        language.gettext("Objections: %(objections)d.")
        if is_silence
        else language.gettext("In favour: %(in_favour)d; needed: %(needed)d; objections: %(objections)d.")
    )
    return Decision(result, words % numbers)


def _needed(language: Language, outcome: Outcome) -> str:
    for condition in outcome.conditions:
        if condition.code == "casting_vote":
            return language.gettext("The votes were exactly level, and the casting vote of the chair's member decided.")
    constituencies = [condition for condition in outcome.conditions if condition.code == "constituency"]
    numbers = {
        "needed": outcome.needed,
        "quorum": outcome.quorum_needed,
        "met": sum(condition.is_met for condition in constituencies),
        "all": len(constituencies),
    }
    if not constituencies and outcome.quorum_needed <= 1:
        words = language.gettext("Needed in favour: %(needed)d.")
    elif not constituencies:
        words = language.gettext("Needed in favour: %(needed)d; quorum of %(quorum)d reached.")
    elif all(condition.is_met for condition in constituencies):
        words = language.gettext("Needed in favour: %(needed)d; majority in all %(all)d constituencies.")
    else:
        words = language.gettext("Needed in favour: %(needed)d; majority in %(met)d of %(all)d constituencies.")
    return words % numbers
