"""Why something left the agenda, in words."""

from collections.abc import Mapping
from typing import Final

from web.editions_port import WhyLeft
from web.i18n import Language
from web.marking import N_

_WORDS: Final[Mapping[WhyLeft, str]] = {
    "withdrawn": N_("Withdrawn: its review did not confirm it."),
    "lapsed": N_("Lapsed: it was short-term, and no round ratified it before the next long-term agenda."),
    "rejected": N_("Rejected by a later round."),
    "sunset": N_("Ended by itself: its time was over, and no review confirmed it."),
    "unknown": N_("The register of this node does not tell why."),
}


def left_words(language: Language, why: WhyLeft) -> str:
    """Return the sentence."""
    return language.gettext(_WORDS[why])
