"""Words for what is refused around signing in and accounts: status, what happened, what was kept, what to do."""

from typing import Final

from web.marking import N_

_UNCHANGED = N_("Nothing was changed.")
_AGAIN = N_("Try again.")
_SIGN_IN_ANEW = N_("Start again from the sign-in page.")
_ANOTHER_MEANS = N_("Sign in another way, or ask your head of delegation for a new link.")
_ASK_OPERATOR = N_("Tell the operator of your node.")

ACCOUNT_WORDS: Final[dict[str, tuple[int, str, str, str]]] = {
    "wrong-credentials": (
        422,
        N_("Account name, password and code do not belong together, or the code was used before."),
        _UNCHANGED,
        N_("Check all three. A code is good for a minute, and once. A recovery code is good once."),
    ),
    "wait": (
        429,
        N_("There have been too many attempts."),
        _UNCHANGED,
        N_("Try again in %(wait)s, or sign in with a passkey."),
    ),
    "challenge-expired": (
        409,
        N_("This took too long, or it began in another browser."),
        _UNCHANGED,
        _AGAIN,
    ),
    "passkey-unknown": (
        403,
        N_("This node does not know that passkey. It may have been removed."),
        _UNCHANGED,
        _ANOTHER_MEANS,
    ),
    "passkey-refused": (
        403,
        N_("What your browser sent is no valid answer for this address."),
        _UNCHANGED,
        N_("Check that the address of this page is the one that you were given, then try again."),
    ),
    "passkey-cloned": (
        403,
        N_("This passkey has been used in two places: its count does not go on from where it was here."),
        N_("You were not signed in, and the attempt was noted."),
        N_("Sign in another way, remove this passkey, and tell the operator of your node."),
    ),
    "too-many-passkeys": (
        409,
        N_("An account has at most %(most)s passkeys."),
        _UNCHANGED,
        N_("Remove one that you no longer use."),
    ),
    "last-means": (
        409,
        N_("This is the only means with which you can sign in."),
        _UNCHANGED,
        N_("Set up another one first."),
    ),
    "weak-password": (
        422,
        N_("This password is too easily guessed."),
        _UNCHANGED,
        N_("Choose another one."),
    ),
    "wrong-code": (
        422,
        N_("The code is not what your authenticator should show now."),
        _UNCHANGED,
        N_("Type the code that it shows now."),
    ),
    "draft-expired": (
        409,
        N_("This took too long, so the QR code is no longer good."),
        _UNCHANGED,
        N_("Remove the entry in your authenticator and scan the new QR code."),
    ),
    "no-password": (
        409,
        N_("Your account has no password."),
        _UNCHANGED,
        N_("Set one up first."),
    ),
    "stale-sign-in": (
        403,
        N_("You signed in more than 15 minutes ago, and this needs a fresh sign-in."),
        N_("Nothing was changed. What you typed is still below."),
        N_("Sign in once more in another tab, then send the form again."),
    ),
    "no-sign-on": (
        409,
        N_("This node has no single sign-on."),
        _UNCHANGED,
        _ANOTHER_MEANS,
    ),
    "sign-on-unreachable": (
        502,
        N_("The node cannot reach the single sign-on of your member (%(reason)s)."),
        _UNCHANGED,
        N_("Try again in a few minutes, or sign in another way."),
    ),
    "sign-on-state": (
        403,
        N_("This sign-in did not begin in this browser, took too long, or was used before."),
        N_("You were not signed in."),
        _SIGN_IN_ANEW,
    ),
    "sign-on-denied": (
        403,
        N_("The single sign-on of your member did not let you in (%(reason)s)."),
        N_("You were not signed in."),
        N_("Ask those who look after it, or sign in another way."),
    ),
    "sign-on-code": (
        403,
        N_("The single sign-on of your member did not accept the code that it had sent; it may have been used before."),
        N_("You were not signed in."),
        _SIGN_IN_ANEW,
    ),
    "sign-on-token": (
        403,
        N_("What the single sign-on of your member said of you could not be trusted (%(reason)s)."),
        N_("You were not signed in."),
        _ASK_OPERATOR,
    ),
    "sign-on-unverified": (
        403,
        N_("The single sign-on of your member has not verified your e-mail address."),
        N_("You were not signed in."),
        N_("Ask those who look after it, or sign in another way."),
    ),
    "sign-on-unknown": (
        403,
        N_("No account at this node goes with “%(known_by)s”."),
        N_("You were not signed in, and no account was made."),
        N_("Ask your head of delegation to accredit you under that name."),
    ),
    "sign-on-taken": (
        409,
        N_("Another account is known to single sign-on by that name."),
        _UNCHANGED,
        N_("Check the name, or revoke the other account first."),
    ),
    "role-not-yours": (
        403,
        N_("You cannot give that role."),
        _UNCHANGED,
        N_("Ask the operator of your node."),
    ),
    "account-exists": (
        409,
        N_("There is an account named “%(id)s” already."),
        _UNCHANGED,
        N_("Choose another account name."),
    ),
    "account-invalid": (
        422,
        N_("The node cannot make this account: %(detail)s"),
        _UNCHANGED,
        N_("Correct it and send it again."),
    ),
    "account-gone": (
        404,
        N_("There is no such account any more."),
        _UNCHANGED,
        N_("Look at the list of accounts."),
    ),
    "account-not-yours": (
        403,
        N_("You do not look after that account."),
        _UNCHANGED,
        N_("Ask the operator of your node."),
    ),
    "own-account": (
        409,
        N_("This is your own account."),
        _UNCHANGED,
        N_("Change how you sign in under “Your account”; somebody else has to revoke it."),
    ),
}
