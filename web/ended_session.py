"""The page for somebody whose session was ended by somebody else: who did it, when, what was kept, and whom to ask."""

from web.accounts_port import Ended
from web.errors import PageError, Words
from web.i18n import Language
from web.marking import N_


class SessionEndedError(PageError):
    """The session was ended before its time."""

    status = 403
    title = N_("You have been signed out")
    happened = N_("Your access to this node was ended on %(when)s by %(by)s.")
    kept = N_("What was signed before stays as it is. What you have just sent was not signed or sent on.")
    remedy = N_("Ask your head of delegation or the operator of your node.")
    ELSEWHERE = N_("You ended this session on %(when)s from another browser.")
    RECOVERED = N_("A new sign-in link was made for your account on %(when)s by %(by)s, and your sessions were ended.")
    SIGN_IN = N_("Sign in again, then repeat the step.")
    OPERATOR = N_("the operator of your node")

    def __init__(self, ended: Ended) -> None:
        super().__init__(ended.why)
        self.ended = ended

    def words(self, language: Language) -> Words:
        """Return the words in a reader's language."""
        happened = {"elsewhere": self.ELSEWHERE, "recovered": self.RECOVERED}.get(self.ended.why, self.happened)
        by = self.ended.by or language.gettext(self.OPERATOR)
        return Words(
            title=language.gettext(self.title),
            happened=language.gettext(happened) % {"when": language.moment(self.ended.at), "by": by},
            kept=language.gettext(self.kept),
            remedy=language.gettext(self._remedy()),
        )

    def _remedy(self) -> str:
        return self.SIGN_IN if self.ended.why == "elsewhere" else self.remedy
