"""Pages that say that something went wrong: what happened, what was kept, what to do."""

from dataclasses import dataclass

from web.i18n import Language
from web.marking import N_


@dataclass(frozen=True, slots=True)
class Words:
    """What a page that went wrong tells its reader. Kept is empty where there was nothing to keep."""

    title: str
    happened: str
    kept: str
    remedy: str


class PageError(Exception):
    """A page can't be shown. Its words are messages that have been marked but not yet translated."""

    status = 500
    title = N_("Something went wrong on this node")
    happened = N_("The node met a fault of its own while it made this page. Its operator can find it in the log.")
    kept = N_("What you had stored before is unchanged.")
    remedy = N_("Go back and try once more. If it happens again, tell the operator of your node.")

    def words(self, language: Language) -> Words:
        """Return the words in a reader's language."""
        translated = (language.gettext(part) if part else "" for part in self._parts())
        return Words(*translated)

    def _parts(self) -> tuple[str, str, str, str]:
        return (self.title, self.happened, self.kept, self.remedy)


class NotFoundError(PageError):
    """There is nothing under this address, or nothing yet."""

    status = 404
    title = N_("There is nothing here")
    happened = N_("This node has nothing under this address. It may not have reached this node yet.")
    kept = ""
    remedy = N_("Check the address, or look in the lists of proposals and rounds.")


class MethodError(PageError):
    """An address was used in a way it isn't meant for."""

    status = 405
    title = N_("This address is used differently")
    happened = N_("The address exists, but not for what your browser asked.")
    kept = ""
    remedy = N_("Start again from the page that led here.")


class SignInNeededError(PageError):
    """Only for somebody who has signed in."""

    status = 401
    title = N_("Sign in first")
    happened = N_("This is for people who have signed in, and you have not, or your session has ended.")
    kept = N_("Nothing was sent.")
    remedy = N_(
        "Sign in with a passkey, a password or single sign-on, then repeat the step. New people get a link from their "
        "head of delegation."
    )


class ForbiddenError(PageError):
    """Signed in, but not in the role that this takes."""

    status = 403
    title = N_("This is not yours to do")
    happened = N_("Your account does not have the role that this takes.")
    kept = N_("Nothing was changed.")
    remedy = N_("Ask the operator of your node which account has it.")


class ForgedFormError(PageError):
    """A form without the secret of this session."""

    status = 403
    title = N_("This form is out of date")
    happened = N_("The form came from another session or another site, so it was not taken.")
    kept = N_("Nothing was changed.")
    remedy = N_("Open the page again, check what you typed, and send it from there.")


class TooLargeError(PageError):
    """More bytes than a form may have."""

    status = 413
    title = N_("That is too long")
    happened = N_("The form held more than this node takes at once.")
    kept = N_("Nothing was sent; your browser still has what you typed.")
    remedy = N_("Go back, shorten the text, and send it again. A proposal may have 20,000 characters.")


class UnreadableError(PageError):
    """Not a form at all."""

    status = 400
    title = N_("The form could not be read")
    happened = N_("What arrived is not a form of this site.")
    kept = N_("Nothing was changed.")
    remedy = N_("Open the page again and send the form from there.")


class TooOftenError(PageError):
    """Too many tries."""

    status = 429
    title = N_("Too many attempts")
    happened = N_("There have been too many attempts from your address within a minute.")
    kept = N_("Nothing was changed; your link is still good if it was before.")
    remedy = N_("Wait a minute, then try again.")


class LinkUsedError(PageError):
    """A one-time link that is no longer good."""

    status = 410
    title = N_("This link no longer works")
    happened = N_("A sign-in link works once and for a short time. This one was used, or its time has passed.")
    kept = N_("Nothing was changed.")
    remedy = N_("Ask the operator of your node for a new link.")


class BusyError(PageError):
    """Too many open streams."""

    status = 503
    title = N_("Too many pages are listening")
    happened = N_("This node already keeps as many pages up to date as it can.")
    kept = ""
    remedy = N_("Reload the page to see its newest state.")


class AgendaIncompleteError(PageError):
    """A published agenda can't be given out, because this node lacks something that it rests on."""

    status = 503
    title = N_("This agenda is not all here yet")
    happened = N_("Ballots or records that it rests on have not reached this node. It fetches them by itself.")
    kept = ""
    remedy = N_("Try again in a minute, or take the file from another member's node: it is the same there.")


class DraftNewerError(PageError):
    """Another tab or device has saved this draft since."""

    status = 409
    title = N_("A newer draft is on your node")
    happened = N_("Another tab or device has saved this draft since you opened it here.")
    kept = N_("Nothing was overwritten. What you typed here stands below.")
    remedy = N_("Open the form again to see the newer draft, and copy into it what you need from below.")


class FormUnfinishedError(PageError):
    """A form came again that the node had begun to take when it stopped."""

    status = 409
    title = N_("It is not certain whether this was taken")
    happened = N_("The node stopped while it took this form, so it was not taken again now.")
    kept = N_("What you typed stands below.")
    remedy = N_("Look whether it is there. If it isn't, open the form anew and send it from there.")


class FormTakenError(PageError):
    """A form came again with other words than when it was taken."""

    status = 409
    title = N_("This form was taken before")
    happened = N_("It was sent and taken once already, with other words than now.")
    kept = N_("What was taken is unchanged. What you typed now stands below and was not sent.")
    remedy = N_("Look at what was taken. To send something else, open the form anew.")

    def __init__(self, location: str) -> None:
        super().__init__(location)
        self.location = location
