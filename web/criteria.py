"""Names of the criteria that options are scored on, in a reader's language."""

from typing import Final

from web.i18n import Language
from web.marking import N_

NAMES: Final = {
    "answerability": N_("Answerability"),
    "effectiveness": N_("Effectiveness"),
    "deliverability": N_("Deliverability"),
    "impact": N_("Impact"),
    "equity": N_("Equity"),
}


def criterion_name(language: Language, criterion: str) -> str:
    """Return the name of a criterion; one that a charter has made up is named by its id."""
    known = NAMES.get(criterion)
    return language.gettext(known) if known else criterion.replace("-", " ").capitalize()
