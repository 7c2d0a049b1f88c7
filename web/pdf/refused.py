"""Why there is no PDF, for the reader who asked: what happened, and which other forms there are."""

from collections.abc import Sequence

from web.errors import PageError, Words
from web.i18n import Language
from web.marking import N_


class PdfNotYetError(PageError):
    """Too many PDFs are being made."""

    status = 503
    title = N_("The PDF is not ready")
    happened = N_("This node makes one PDF after the other, and too many are waiting.")
    kept = ""
    remedy = N_("Try again in a minute, or take the agenda in another form from its page.")


class PdfNotMadeError(PageError):
    """The typesetter gave up."""

    status = 503
    title = N_("There is no PDF of this agenda here")
    happened = N_("This node could not make it in the time and memory that it allows.")
    kept = ""
    remedy = N_("Take the agenda in another form from its page, or ask another member's node.")


class PdfFontsMissingError(PageError):
    """Fonts are missing. remedies are what brings them, for the operator."""

    status = 503
    title = N_("There is no PDF of this agenda here")
    happened = N_("This node lacks fonts for some of its texts, and would print wrong signs in their place.")
    kept = ""
    remedy = N_(
        "Take the agenda in another form from its page, or ask another member's node. The node's operator can add the "
        "fonts: %(fonts)s."
    )

    def __init__(self, remedies: Sequence[str]) -> None:
        super().__init__()
        self.remedies = tuple(remedies)

    def words(self, language: Language) -> Words:
        """Return the words in a reader's language."""
        return Words(
            language.gettext(self.title),
            language.gettext(self.happened),
            "",
            language.gettext(self.remedy) % {"fonts": language.listed(self.remedies)},
        )
