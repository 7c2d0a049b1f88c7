"""A round in a few words outside templates: what it is called, and how far it has come."""

from typing import Final

from web.i18n import Language
from web.marking import N_
from web.ports import RoundState, RoundSummary
from web.present import Tongue, title_of

_STATES: Final[dict[RoundState, str]] = {
    "scheduled": N_("The round has not opened yet."),
    "open": N_("The round is open."),
    "sealing": N_("The tellers are sealing the ballots."),
    "deciding": N_("The tellers are deciding."),
    "stalled": N_("The tellers cannot decide yet."),
    "certified": N_("The outcome is certified."),
}
_RANKED: Final = frozenset({"schulze", "instant-runoff"})


def state_sentence(language: Language, state: RoundState) -> str:
    """Return in one sentence how far a round has come."""
    return language.gettext(_STATES[state])


def round_name(language: Language, summary: RoundSummary) -> Tongue:
    """Return the text that a round decides on, in its own language, or its question in the reader's."""
    if summary.rule in _RANKED:
        return Tongue(language.gettext("Which of these options comes first?"), language.code)
    if summary.rule == "score":
        return Tongue(language.gettext("How high do these options score?"), language.code)
    if summary.options > 1:
        return Tongue(language.gettext("Which topics should the plenary take?"), language.code)
    return title_of(summary.first_title, language)
