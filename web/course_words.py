"""A proposal's course in words: stages, acts, kinds of rounds, and why something had no effect."""

from typing import Final, NamedTuple

from web.i18n import Language
from web.marking import N_

STAGES: Final = {
    "": N_("arriving"),
    "submitted": N_("waiting for screening"),
    "returned": N_("returned to its sponsor"),
    "inadmissible": N_("not admissible"),
    "endorsing": N_("gathering support"),
    "lapsed": N_("lapsed"),
    "consulting": N_("in consultation"),
    "adjourned": N_("put off"),
    "referred": N_("referred elsewhere"),
    "withdrawn": N_("withdrawn"),
    "merged": N_("joined with others"),
    "duplicate": N_("repeats another"),
    "superseded": N_("replaced by another"),
    "in-ballot": N_("in ballot, frozen"),
    "chosen": N_("chosen for the agenda"),
    "broken": N_("objected to, goes to a vote"),
    "no-quorum": N_("undecided, no quorum"),
    "not-adopted": N_("not adopted"),
    "adopted": N_("adopted"),
    "published": N_("in the agenda"),
    "under-review": N_("under review"),
    "confirmed": N_("confirmed"),
    "ended": N_("no longer in force"),
}
_PLACES: Final = {
    0: ("", "submitted", "returned", "inadmissible"),
    1: ("endorsing", "lapsed"),
    2: ("consulting", "adjourned", "referred", "merged", "duplicate", "superseded", "withdrawn", "broken", "no-quorum"),
    3: ("in-ballot", "chosen"),
    4: ("adopted", "not-adopted", "published", "under-review", "confirmed", "ended"),
}
"""How far along the path each stage is."""
ACTS: Final = {
    "submit": N_("Submitted"),
    "admissible": N_("Found admissible"),
    "inadmissible": N_("Found not admissible"),
    "return": N_("Returned to its sponsor"),
    "revise": N_("Text revised"),
    "endorse": N_("Endorsed"),
    "unendorse": N_("Endorsement taken back"),
    "admit": N_("Admitted: enough support"),
    "lapse": N_("Lapsed: not enough support in time"),
    "call": N_("Round of consultation opened"),
    "position": N_("Position stated"),
    "answer-objection": N_("Objection answered"),
    "amend": N_("Amendment put forward"),
    "back-amendment": N_("Amendment supported"),
    "unback-amendment": N_("Support of an amendment taken back"),
    "accept-amendment": N_("Amendment accepted"),
    "decline-amendment": N_("Amendment declined"),
    "join": N_("Joined a consolidated text"),
    "stay-out": N_("Stayed out of a consolidated text"),
    "duplicate": N_("Said to repeat another proposal"),
    "supersede": N_("Said to be replaced by another proposal"),
    "withdraw": N_("Withdrawn"),
    "take-over": N_("Taken over"),
    "adjourn": N_("Put off"),
    "refer": N_("Referred elsewhere"),
    "resume": N_("Taken up again"),
    "publish": N_("Published in the agenda"),
    "review-due": N_("Due for review"),
    "sunset": N_("Ended: not confirmed in time"),
    "long-term agenda": N_("A new long-term agenda closed without its ratification"),
}
PROCEDURES: Final = {
    "inclusion": N_("Inclusion, unless somebody objects"),
    "inclusion-vote": N_("Vote on inclusion"),
    "waiver": N_("Waiver of notice"),
    "prioritisation": N_("Prioritisation"),
    "scoring": N_("Scoring"),
    "consent": N_("Call for consent"),
    "vote": N_("Vote"),
    "alternatives": N_("Choice between alternatives"),
    "amendment": N_("Vote on an amendment"),
    "ratification": N_("Ratification"),
    "review": N_("Review"),
}
_RESULTS: Final = {
    "adopted": N_("%(procedure)s: adopted"),
    "rejected": N_("%(procedure)s: not adopted"),
    "no-quorum": N_("%(procedure)s: no quorum"),
    "broken": N_("%(procedure)s: objected to"),
}
_RESULTS_OF_LISTS: Final = {
    "scoring adopted": N_("Scored"),
    "scoring rejected": N_("Not scored"),
    "prioritisation adopted": N_("Chosen in a prioritisation"),
    "prioritisation rejected": N_("Not chosen in a prioritisation"),
    "alternatives adopted": N_("Preferred to its alternatives"),
    "alternatives rejected": N_("An alternative was preferred"),
}
_VOIDS: Final = {
    "stage": N_("not at this stage"),
    "who": N_("not by this member"),
    "round": N_("the round had no effect when it opened"),
    "amending": N_("while an amendment was voted on"),
    "reasons": N_("no reasons were given"),
    "current-version": N_("made from another version of the text"),
    "amendment-open": N_("the amendment is no longer open"),
    "amendment-applies": N_("the amendment no longer fits the text"),
    "amendment-declined": N_("no reasons were given"),
    "amendment-supported": N_("too little support for the amendment"),
    "objection-stands": N_("there is no such objection"),
    "next-call": N_("not the next round of consultation"),
    "another": N_("it names itself"),
    "names-it": N_("it names itself"),
    "notice-over": N_("before the notice was over"),
    "consent-tried": N_("before a call for consent"),
    "unratified": N_("nothing to ratify"),
}


class ActWords(NamedTuple):
    """What a page says of an act: the button, the heading of its form, and what it does."""

    button: str
    note: str


OFFERS: Final = {
    "admissible": ActWords(N_("Find it admissible"), N_("The proposal can gather support from now on.")),
    "inadmissible": ActWords(N_("Find it not admissible"), N_("The proposal ends here. Your reasons are published.")),
    "return": ActWords(N_("Return it"), N_("The sponsor can revise the text and submit it again.")),
    "revise": ActWords(N_("Revise the text"), N_("The new version takes the place of the present one; both stay.")),
    "call": ActWords(N_("Open a round of consultation"), N_("Members are asked to state positions until then.")),
    "amend": ActWords(
        N_("Propose an amendment"),
        N_("Change the text as it should read. The sponsor can accept it; if not, enough members bring it to a vote."),
    ),
    "accept-amendment": ActWords(N_("Accept the amendment"), N_("The amended text becomes the text of the proposal.")),
    "decline-amendment": ActWords(N_("Decline the amendment"), N_("Your reasons are published with it.")),
    "back-amendment": ActWords(N_("Support the amendment"), N_("With enough support it goes to a vote of its own.")),
    "unback-amendment": ActWords(N_("Take the support back"), ""),
    "answer-objection": ActWords(N_("Answer the objection"), N_("The answer is published with the objection.")),
    "withdraw": ActWords(N_("Withdraw the proposal"), N_("Another member may then carry it on.")),
    "take-over": ActWords(N_("Carry the proposal on"), N_("Your member becomes its sponsor.")),
    "adjourn": ActWords(N_("Put it off"), N_("It can be taken up again later. Your reasons are published.")),
    "refer": ActWords(N_("Refer it elsewhere"), N_("Say where it goes and why. It can be taken up again later.")),
    "resume": ActWords(N_("Take it up again"), N_("Consultation goes on.")),
    "duplicate": ActWords(N_("Say that it repeats another"), N_("This one ends; the other goes on.")),
    "supersede": ActWords(N_("Say that another replaces it"), N_("This one ends; the other goes on.")),
    "join": ActWords(
        N_("Join the consolidated text"),
        N_("Your proposal goes into it and stays readable. Endorsements count there only once they are given again."),
    ),
    "stay-out": ActWords(N_("Stay out"), N_("Your proposal goes on by itself.")),
}
OF_SOMETHING: Final = frozenset(
    {
        "accept-amendment",
        "decline-amendment",
        "back-amendment",
        "unback-amendment",
        "answer-objection",
        "join",
        "stay-out",
    }
)
"""Acts on an amendment, objection or consolidated text, offered where that stands."""


def stage_name(language: Language, stage: str) -> str:
    """Return a stage in words."""
    return language.gettext(STAGES.get(stage, stage))


def place_of(stage: str) -> int:
    """Return how far along its path a proposal in a stage is, from 0 to 4."""
    return next(place for place, stages in _PLACES.items() if stage in stages)


def act_name(language: Language, act: str) -> str:
    """Return what happened in words."""
    if act.startswith("open "):
        procedure = procedure_name(language, act.removeprefix("open "))
        return language.gettext("Round opened: %(procedure)s") % {"procedure": procedure}
    if act in _RESULTS_OF_LISTS:
        return language.gettext(_RESULTS_OF_LISTS[act])
    name, _, result = act.rpartition(" ")
    if result in _RESULTS:
        return language.gettext(_RESULTS[result]) % {"procedure": procedure_name(language, name)}
    return language.gettext(ACTS.get(act, act))


def procedure_name(language: Language, procedure: str) -> str:
    """Return a kind of round in words."""
    return language.gettext(PROCEDURES.get(procedure, procedure))


def void_words(language: Language, void: str) -> str:
    """Return why something had no effect."""
    return language.gettext(_VOIDS.get(void, void))
