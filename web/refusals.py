"""Words for what a node refuses: what happened, what was kept, what to do, by the code of a Refused."""

from typing import Final

from web.account_refusals import ACCOUNT_WORDS
from web.errors import Words
from web.i18n import Language
from web.marking import N_
from web.ports import Refused

_NOTHING = N_("Nothing was signed or sent. What you typed is still below.")
_RELOAD = N_("Open the page again to see how things stand now.")

_WORDS: Final[dict[str, tuple[int, str, str, str]]] = {
    **ACCOUNT_WORDS,
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
    "not-operator": (
        403,
        N_("Only an operator of this node can do this."),
        N_("Nothing was changed."),
        N_("Sign in as an operator."),
    ),
    "restored": (
        503,
        N_("This node was restored from a backup and may not sign before others have told it what it signed since."),
        _NOTHING,
        N_("Try again in a while; the operator's page says what it waits for."),
    ),
    "backup-running": (409, N_("A backup is under way already."), N_("It goes on."), N_("Wait until it is done.")),
    "unknown-backup": (404, N_("There is no such backup here."), N_("Nothing was changed."), _RELOAD),
    "may-sign-already": (409, N_("This node may sign already."), N_("Nothing was changed."), _RELOAD),
    "not-understood": (
        422,
        N_("The box under the warning was not ticked."),
        N_("Nothing was changed."),
        N_("Read the warning, tick the box, and send the form again."),
    ),
    "bad-address": (
        422,
        N_("This is not the address of a node."),
        N_("Nothing was changed."),
        N_("Give an address of the form https://host or https://host:port."),
    ),
    "peer-known": (409, N_("This address is dialled already."), N_("Nothing was changed."), _RELOAD),
    "peer-own": (
        409,
        N_("This is the address of your own member's node."),
        N_("Nothing was changed."),
        N_("Give the address of another member's node."),
    ),
    "peer-foreign": (
        409,
        N_("A node of another federation answers there."),
        N_("Nothing was changed."),
        N_("Give the address of a node of this federation."),
    ),
    "peers-many": (
        409,
        N_("No more than %(most)s addresses can be dialled."),
        N_("Nothing was changed."),
        N_("Remove one first."),
    ),
    "peers-outside": (
        409,
        N_("The addresses are set by the environment variable COMITIA_PEERS, so the settings file has no say."),
        N_("Nothing was changed."),
        N_("Change them there and start the node again."),
    ),
    "peer-not-named": (
        404,
        N_("The settings don't name this address."),
        N_("Nothing was changed."),
        N_("Addresses from the charter can't be removed."),
    ),
    "settings-by-hand": (
        409,
        N_("The settings file could not be changed: %(detail)s"),
        N_("Nothing was changed."),
        N_("Edit node.toml by hand, then start the node again."),
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
    "unknown-comment": (
        404,
        N_("This node does not have the comment that you answer, or it does not count."),
        _NOTHING,
        N_("It may not have arrived yet. Try again in a moment, or begin a thread of your own."),
    ),
    "too-many-comments": (
        409,
        N_("Your member has reached the number of comments that count on one proposal."),
        _NOTHING,
        N_("State a position instead; it stands apart from the comments."),
    ),
    "same-language": (
        422,
        N_("The text is in this language already."),
        _NOTHING,
        N_("Choose the language that you translate into."),
    ),
    "not-own-text": (
        403,
        N_("This text is another member's."),
        _NOTHING,
        N_("Ask the member that wrote it, or the secretariat."),
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
    "topic-in-round": (
        409,
        N_("A round that is open asks about this topic, so it stays as it is until the round closes."),
        _NOTHING,
        N_("Come back when the round has closed; its page says when."),
    ),
    "topic-ended": (
        409,
        N_("This topic has been given up or has gone into another one."),
        _NOTHING,
        N_("Name a new topic, or change the one that it went into."),
    ),
    "not-half-done": (
        409,
        N_("Nothing about these two topics is half done any more."),
        _NOTHING,
        N_("Look at the topic's history; somebody else has finished it."),
    ),
    "topic-other-track": (
        422,
        N_("A topic keeps its track."),
        _NOTHING,
        N_("Choose a topic of the same track, or name a new one."),
    ),
    "order-impossible": (
        422,
        N_("The agenda cannot stand in this order: %(detail)s"),
        _NOTHING,
        N_("Leave what one round chose in its order, and long-term items before short-term ones."),
    ),
    "second-person": (
        409,
        N_("This takes a second person of the secretariat."),
        _NOTHING,
        N_("Ask for it at the desk; somebody else confirms it there."),
    ),
    "own-request": (
        409,
        N_("You asked for this yourself, so somebody else of the secretariat has to confirm it."),
        N_("The request goes on waiting."),
        N_("Ask a colleague, or take it back."),
    ),
    "request-gone": (
        409,
        N_("This request is no longer waiting: it was confirmed, declined or has expired."),
        N_("Nothing was signed now."),
        _RELOAD,
    ),
    "round-not-running": (
        409,
        N_("Members can be reminded only while the round is open."),
        _NOTHING,
        _RELOAD,
    ),
    "reminders-used": (
        409,
        N_("This round has had all the reminders that it can have."),
        _NOTHING,
        N_("Write to the delegations yourself."),
    ),
    "nobody-absent": (409, N_("Every member has voted."), _NOTHING, _RELOAD),
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
    "no-mail": (
        409,
        N_("This node has no mail server, so it cannot send e-mail."),
        N_("Nothing was changed."),
        N_("Use the private feed, or ask the operator of your node."),
    ),
    "bad-mail-address": (
        422,
        N_("This node cannot send to that address."),
        N_("Nothing was changed."),
        N_("Type an address such as name@example.org, its name in plain letters."),
    ),
    "mail-too-often": (
        429,
        N_("Too many links have been asked for within an hour."),
        N_("The links that were mailed before are as good as they were."),
        N_("Look for the last message, or try again in an hour."),
    ),
    "unknown-zone": (422, N_("This node does not know that time zone."), N_("Nothing was changed."), _RELOAD),
    "not-head-or-operator": (
        403,
        N_("Only the head of delegation or the operator of this node's member can do this."),
        N_("Nothing was changed."),
        N_("Ask one of them to do it."),
    ),
    "hook-address": (
        422,
        N_("This node does not call that address: %(detail)s."),
        N_("Nothing was changed. What you typed is still below."),
        N_("Give an https address that is open to the internet, or ask the operator about local addresses."),
    ),
    "hooks-full": (
        409,
        N_("A node has at most %(max)s webhooks."),
        N_("Nothing was changed."),
        N_("Remove one that is no longer needed."),
    ),
    "unknown-hook": (404, N_("There is no such webhook."), N_("Nothing was changed."), _RELOAD),
    "hook-busy": (
        409,
        N_("The webhook is switched off, or a test is still on its way."),
        N_("Nothing was sent."),
        N_("Switch it on, or wait for the test."),
    ),
    "too-many-drafts": (
        409,
        N_("You have %(most)s drafts already; no more are kept."),
        N_("The drafts that you have are unchanged."),
        N_("Send or discard one of them, then keep this one."),
    ),
    "draft-too-long": (
        413,
        N_("A draft can hold %(kilobytes)s kilobytes; this is more."),
        N_("An earlier draft of this form is unchanged."),
        N_("Shorten the text."),
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
        remedy=language.gettext(remedy) % _parameters(language, refused),
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
    wait = refused.parameters.get("wait_ms")
    if isinstance(wait, int):
        parameters["wait"] = language.duration(wait)
    return parameters
