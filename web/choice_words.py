"""What yes, no and abstain mean under a rule: under silence a no is an objection, and who agrees need do nothing."""

from typing import Final, NamedTuple

from web.i18n import Language
from web.marking import N_


class ChoiceWords(NamedTuple):
    """One choice as a ballot offers it, as a review repeats it, and as a receipt names it."""

    value: str
    name: str
    note: str
    review: str


_VOTE: Final = (
    ChoiceWords("yes", N_("Yes"), N_("In favour of the text as it stands"), N_("You vote yes")),
    ChoiceWords("no", N_("No"), N_("Against the text as it stands"), N_("You vote no")),
    ChoiceWords("abstain", N_("Abstain"), "", N_("You abstain")),
)
_SILENCE: Final = (
    ChoiceWords("no", N_("Object"), N_("Breaks the silence"), N_("You object")),
    ChoiceWords("yes", N_("No objection"), N_("The same as saying nothing, on record"), N_("You do not object")),
    ChoiceWords("abstain", N_("Abstain"), N_("Neither objects nor agrees"), N_("You abstain")),
)
_CONSENSUS: Final = (
    ChoiceWords("yes", N_("In favour"), N_("Counts towards the support that is needed"), N_("You are in favour")),
    ChoiceWords("no", N_("Object"), N_("Prevents consensus"), N_("You object")),
    ChoiceWords("abstain", N_("Stand aside"), N_("Counts for the quorum and blocks nothing"), N_("You stand aside")),
)
_BY_RULE: Final = {"silence": _SILENCE, "consensus": _CONSENSUS}


def choice_words(language: Language, rule: str) -> dict[str, ChoiceWords]:
    """Return the choices of a ballot on one text, in the order in which it offers them."""
    translated = (
        ChoiceWords(each.value, *(language.gettext(words) if words else "" for words in each[1:]))
        for each in _BY_RULE.get(rule, _VOTE)
    )
    return {each.value: each for each in translated}
