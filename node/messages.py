"""Letters as e-mail: headers, a plain and an HTML part, and the address of one click that unsubscribes (RFC 8058)."""

from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, Policy
from email.utils import format_datetime
from typing import Final

from web.letters import Letter

_SUBJECT_CHARACTERS_MAX: Final = 200
_LATIN: Final = frozenset({"en", "fr", "es", "pt"})
"""Languages of which quoted-printable stays readable and short."""


class _Whole(UnstructuredHeader, BaseHeader):
    """A header that is never folded: an address cut into encoded words is none that a mailbox would call."""

    def fold(self, *, policy: Policy) -> str:
        """Return the header on one line."""
        return f"{self.name}: {self}{policy.linesep}"


def _headers() -> HeaderRegistry:
    registry = HeaderRegistry()
    for name in ("list-unsubscribe", "message-id"):
        registry.map_to_type(name, _Whole)
    return registry


_POLICY: Final = SMTP.clone(header_factory=_headers())


@dataclass(frozen=True, slots=True)
class Envelope:
    """Who a letter comes from and goes to, and what identifies it."""

    id: str
    """The same at every try, so that a mailbox can tell that it has it."""
    sender_name: str
    sender: str
    recipient: str
    now: int
    unsubscribe: str = ""
    """The address that unsubscribes by POST, for letters that may come again."""


def message_bytes(letter: Letter, envelope: Envelope) -> bytes:
    """Return a letter as it goes to a mail server: ASCII throughout, no line longer than 998 bytes."""
    message = EmailMessage(policy=_POLICY)
    user, _, domain = envelope.sender.rpartition("@")
    message["From"] = Address(_on_one_line(envelope.sender_name), user, domain)
    name, _, host = envelope.recipient.rpartition("@")
    message["To"] = Address("", name, host)
    message["Subject"] = _on_one_line(letter.subject)[:_SUBJECT_CHARACTERS_MAX]
    message["Date"] = format_datetime(datetime.fromtimestamp(envelope.now // 1000, tz=UTC))
    message["Message-ID"] = f"<{envelope.id}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    if envelope.unsubscribe:
        message["List-Unsubscribe"] = f"<{envelope.unsubscribe}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    encoding = "quoted-printable" if letter.lang in _LATIN else "base64"
    message.set_content(letter.text, cte=encoding)
    message.add_alternative(letter.html, subtype="html", cte=encoding)
    message["Content-Language"] = letter.lang
    return message.as_bytes()


def _on_one_line(text: str) -> str:
    """Return text without anything that could end a header or begin another.

    What looks like an encoded word is broken up: the library would decode it, line ends and all.
    """
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return line.replace("=?", "= ?")
