"""What the desk says in a few words: remarks, why something may not stand in a round, where an objection stands."""

from typing import Final

from web.course_words import stage_name
from web.desk_views import DroppedItem, ObjectionState, SubjectChoice, TopicStepView, Waiting
from web.i18n import Language
from web.marking import N_

_OBJECTIONS: Final[dict[ObjectionState, str]] = {
    "due": N_("Reply due"),
    "waiting": N_("Waiting for a reply"),
    "addressed": N_("Addressed"),
    "accommodated": N_("Accommodated"),
    "dismissed": N_("Dismissed"),
    "lifted": N_("Lifted by its member"),
}
_TOPIC_ACTS: Final = {"name": N_("Named"), "change": N_("Changed"), "end": N_("Given up")}
_TOPIC_VOIDS: Final = {
    "in-round": N_("without effect: a round asked about it"),
    "ended": N_("without effect: it had been given up"),
    "track": N_("without effect: a topic keeps its track"),
    "itself": N_("without effect: it cannot go into itself"),
}


def remark(language: Language, entry: Waiting) -> str:
    """Return the one remark that stands in a queue row."""
    if entry.has_urgency:
        return language.gettext("Statement of urgency attached")
    if entry.returned:
        words = language.ngettext("Returned %(num)d time before", "Returned %(num)d times before", entry.returned)
        return words % {"num": entry.returned}
    if entry.proposal.lang.partition("-")[0] != language.code:
        return language.gettext("Written in %(language)s") % {"language": language.language_name(entry.proposal.lang)}
    return language.gettext("Complete")


def objection_words(language: Language, state: ObjectionState) -> str:
    """Return where an objection stands."""
    return language.gettext(_OBJECTIONS[state])


def objection_states(language: Language) -> list[tuple[ObjectionState, str]]:
    """Return every state of an objection with its words, in the order of the ledger."""
    return [(state, language.gettext(words)) for state, words in _OBJECTIONS.items()]


def topic_step_words(language: Language, step: TopicStepView) -> str:
    """Return what an event did to a topic, or why it had no effect."""
    words = language.gettext(_TOPIC_ACTS[step.act])
    if step.act == "end" and step.into is not None:
        words = language.gettext("Went into another topic")
    return words if step.void is None else f"{words} ({language.gettext(_TOPIC_VOIDS.get(step.void, step.void))})"


def blocked_words(language: Language, choice: SubjectChoice) -> str:
    """Return why something may not stand in a round now."""
    match choice.blocked:
        case "notice" if choice.until is not None:
            return language.gettext("Its notice runs until %(when)s.") % {"when": language.moment(choice.until)}
        case "notice":
            return language.gettext("Its notice is not over.")
        case "consent":
            return language.gettext("A call for consent comes first.")
        case "amending":
            return language.gettext("Members are voting on an amendment to it.")
        case "text":
            return language.gettext("Its text is not here, or has been erased.")
        case _:
            return language.gettext("It is at another stage: %(stage)s.") % {
                "stage": stage_name(language, choice.stage)
            }


def dropped_words(language: Language, item: DroppedItem) -> str:
    """Return why an item leaves the agenda."""
    match item.why:
        case "not-adopted":
            return language.gettext("Round %(number)d did not adopt it.") % {"number": item.round_number or 0}
        case "unratified":
            return language.gettext("It was not ratified before the next long-term prioritisation.")
        case "sunset":
            return language.gettext("It was not confirmed in time.")
