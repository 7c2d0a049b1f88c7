"""Words for what a node refuses: what happened, what was kept, what to do, by the code of a Refused."""

from typing import Final

from web.errors import Words
from web.i18n import Language
from web.marking import N_
from web.ports import Refused

_NOTHING = N_("Nothing was signed or sent. What you typed is still below.")
_RELOAD = N_("Open the page again to see how things stand now.")

_WORDS: Final[dict[str, tuple[int, str, str, str]]] = {
    "not-delegate": (
        403,
        N_("Only a delegate of this node's member can do this."),
        _NOTHING,
        N_("Sign in as a delegate."),
    ),
    "not-secretariat": (
        403,
        N_("Only the secretariat can do this, and your member does not hold that office."),
        _NOTHING,
        N_("Ask the secretariat to do it."),
    ),
    "foreign-member": (
        403,
        N_("Your account belongs to another member than this node."),
        _NOTHING,
        N_("Sign in at the node of your own member."),
    ),
    "not-own-proposal": (
        403,
        N_("This proposal is another member's."),
        _NOTHING,
        N_("Ask its author's member, or the secretariat."),
    ),
    "own-proposal": (
        409,
        N_("Your member proposed this itself; an endorsement is for the proposals of others."),
        _NOTHING,
        _RELOAD,
    ),
    "not-now": (
        409,
        N_("This cannot be done at the stage that the proposal is in, or not by your member."),
        _NOTHING,
        _RELOAD,
    ),
    "text-changed": (
        409,
        N_("The text has changed since you opened it."),
        _NOTHING,
        N_("Open the page again and make your change from the new version."),
    ),
    "until-past": (422, N_("A round of consultation has to end after it begins."), _NOTHING, N_("Choose a later end.")),
    "not-itself": (422, N_("A proposal cannot repeat or replace itself."), _NOTHING, N_("Name another proposal.")),
    "no-procedure": (
        409,
        N_("The charter has no such round on this track."),
        _NOTHING,
        N_("Choose one that it has."),
    ),
    "not-in-turn": (
        409,
        N_("One of the texts is not at the stage at which such a round counts."),
        _NOTHING,
        N_("Look at where it stands; its page says what comes next."),
    ),
    "unknown-proposal": (
        404,
        N_("This node does not have that proposal."),
        _NOTHING,
        N_("It may not have arrived yet. Try again in a moment."),
    ),
    "unknown-topic": (
        404,
        N_("This node does not have that topic."),
        _NOTHING,
        N_("It may not have arrived yet. Try again in a moment."),
    ),
    "unknown-round": (
        404,
        N_("This node does not have that round."),
        _NOTHING,
        N_("It may not have arrived yet. Try again in a moment."),
    ),
    "unknown-text": (404, N_("This node does not have that text."), _NOTHING, _RELOAD),
    "text-erased": (409, N_("The text of this proposal has been erased."), _NOTHING, _RELOAD),
    "text-missing": (
        409,
        N_("The text of this has not reached this node yet, so it cannot be frozen."),
        _NOTHING,
        N_("Try again in a moment."),
    ),
    "text-too-long": (
        413,
        N_("The text is longer than a signed text may be."),
        _NOTHING,
        N_("Shorten it and send it again."),
    ),
    "round-not-open": (
        409,
        N_("The round has not opened yet."),
        _NOTHING,
        N_("Come back when it opens; its page says when."),
    ),
    "round-closed": (
        409,
        N_("The round closed %(late)s before your ballot came."),
        N_("No ballot was sent. A ballot that you cast earlier counts as it was."),
        N_("See the round's page for its result."),
    ),
    "may-not-change": (
        409,
        N_("In this round a ballot cannot be changed once it is cast."),
        N_("The ballot that you cast before counts."),
        N_("See its receipt."),
    ),
    "not-entitled": (
        403,
        N_("Your member may not vote in this round: it is not on the roll that was frozen when the round opened."),
        _NOTHING,
        N_("Ask the secretariat which roll the round uses."),
    ),
    "wrong-form": (
        422,
        N_("The ballot does not answer what this round asks."),
        _NOTHING,
        N_("Open the round again and choose there."),
    ),
    "unknown-option": (
        422,
        N_("The ballot names a topic that is not in this round."),
        _NOTHING,
        N_("Open the round again and choose there."),
    ),
    "reason-missing": (
        422,
        N_("In this round a vote against counts only with a reason."),
        _NOTHING,
        N_("Say why you vote against."),
    ),
    "not-head": (
        403,
        N_("Only the head of delegation of this node's member can give its vote to another member."),
        _NOTHING,
        N_("Sign in as the head of delegation, or vote."),
    ),
    "no-proxies": (
        422,
        N_("In this round no member may vote for another."),
        _NOTHING,
        N_("Vote yourself."),
    ),
    "proxy-to-itself": (
        422,
        N_("Your member cannot give its vote to itself."),
        _NOTHING,
        N_("Choose another member, or vote yourself."),
    ),
    "proxy-to-stranger": (
        422,
        N_("That member may not vote in this round, so it cannot vote for yours."),
        _NOTHING,
        N_("Choose another member."),
    ),
    "nothing-to-withdraw": (
        409,
        N_("Your member has no ballot in this round that could be taken back."),
        _NOTHING,
        _RELOAD,
    ),
    "no-options": (422, N_("A round needs at least one text or topic."), _NOTHING, N_("Choose what it is about.")),
    "rule-impossible": (
        422,
        N_("The rule cannot decide this question: %(detail)s"),
        _NOTHING,
        N_("Choose another rule, or other texts."),
    ),
    "no-outcomes": (
        409,
        N_("There is no certified outcome that an agenda could be made of."),
        _NOTHING,
        N_("Draft the agenda when a round has been certified."),
    ),
    "nothing-new": (
        409,
        N_("The agenda in force already holds every certified outcome."),
        N_("The agenda in force stays as it is."),
        N_("Draft the next one when another round has been certified."),
    ),
    "busy": (
        409,
        N_("The tellers are still deciding on the record before this one."),
        _NOTHING,
        N_("Wait until it is certified, then try again."),
    ),
    "key-forked": (
        409,
        N_("This node's key has signed two different things in one place, so nothing it signs counts any more."),
        _NOTHING,
        N_("Tell the operator of your node at once; the key has to be replaced."),
    ),
    "halted": (
        503,
        N_("The register of this node has halted: %(reason)s"),
        _NOTHING,
        N_("Tell the operator of your node."),
    ),
    "disk-full": (
        507,
        N_("The node has no space left to keep this safely."),
        _NOTHING,
        N_("Tell the operator of your node, then try again."),
    ),
    "too-many": (
        409,
        N_("Your member has reached the limit of what it may send for now."),
        _NOTHING,
        N_("Try again later."),
    ),
    "scope-not-yours": (
        403,
        N_("Your account cannot let a token do what it may not do itself."),
        _NOTHING,
        N_("Choose among the rights that your account has."),
    ),
    "too-many-tokens": (
        409,
        N_("Your account already has %(limit)s tokens."),
        _NOTHING,
        N_("Revoke one that is no longer needed."),
    ),
    "invalid": (422, N_("The node could not make a valid statement of this: %(detail)s"), _NOTHING, _RELOAD),
}
_OTHER: Final = (
    409,
    N_("The node refused this with the code “%(code)s”."),
    _NOTHING,
    N_("Tell the operator of your node which code it was."),
)

REFUSAL_CODES: Final = frozenset(_WORDS)


def refusal_words(language: Language, refused: Refused) -> Words:
    """Return the words for a refusal in a reader's language."""
    _, happened, kept, remedy = _WORDS.get(refused.code, _OTHER)
    return Words(
        title=language.gettext("This was not done"),
        happened=language.gettext(happened) % _parameters(language, refused),
        kept=language.gettext(kept),
        remedy=language.gettext(remedy),
    )


def refusal_status(refused: Refused) -> int:
    """Return the HTTP status that fits a refusal."""
    return _WORDS.get(refused.code, _OTHER)[0]


class _Parameters(dict[str, str | int]):
    """Parameters of a sentence; one that a node left out stands as a dash."""

    def __missing__(self, key: str) -> str:
        return "–"


def _parameters(language: Language, refused: Refused) -> _Parameters:
    parameters = _Parameters(refused.parameters, code=refused.code)
    late = refused.parameters.get("late_ms")
    if isinstance(late, int):
        parameters["late"] = language.duration(late)
    return parameters
