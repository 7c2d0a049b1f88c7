"""A real mail server on loopback for tests: takes messages, or refuses them as a script says."""

import asyncio
import ipaddress
import ssl
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

USER = "comitia"
PASSWORD = "correct horse battery staple"  # noqa: S105 - of a server that lives for one test


@dataclass(frozen=True)
class Certificate:
    """A certificate for loopback that vouches for itself, and its key."""

    path: Path
    key: Path

    def context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.path, self.key)
        return context


def own_certificate(where: Path) -> Certificate:
    """Make a certificate below a directory."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail of a test")])
    start = datetime(2020, 1, 1, tzinfo=UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=36_500))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    found = Certificate(where / "mail.pem", where / "mail.key")
    found.path.write_bytes(built.public_bytes(serialization.Encoding.PEM))
    pem = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    found.key.write_bytes(key.private_bytes(*pem))
    return found


@dataclass
class MailBox:
    """What arrived, and what the server answers next: lists of answers, the last of which is not repeated."""

    port: int = 0
    raw: list[bytes] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    to_recipient: list[str] = field(default_factory=list)
    to_words: list[str] = field(default_factory=list)
    """An answer in place of 250, or `cut` for a line that is lost once the message has been taken."""
    signed_in: list[bool] = field(default_factory=list)
    spoke_tls: list[bool] = field(default_factory=list)

    @property
    def messages(self) -> list[EmailMessage]:
        """What arrived, parsed."""
        return [message_from_bytes(data, policy=policy.default) for data in self.raw]

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        if self.to_recipient and (answer := self.to_recipient.pop(0)):
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        answer = self.to_words.pop(0) if self.to_words else ""
        if answer and answer != "cut":
            return answer
        self.raw.append(envelope.content)
        self.recipients += envelope.rcpt_tos
        self.signed_in.append(bool(session.authenticated))
        self.spoke_tls.append(server.transport.get_extra_info("sslcontext") is not None)
        if answer == "cut":
            server.transport.abort()
        return "250 taken"


def part(message: EmailMessage, subtype: str) -> str:
    """Return the plain or the HTML part of a message."""
    found = message.get_body((subtype,))
    assert found is not None
    content = found.get_content()
    assert isinstance(content, str)
    return content


@asynccontextmanager
async def mail_box(
    *, certificate: Certificate | None = None, implicit: bool = False, signs_in: bool = False, port: int = 0
) -> AsyncIterator[MailBox]:
    """Run a mail server: in the clear, with STARTTLS or TLS from the start if it has a certificate."""
    box = MailBox()
    context = certificate.context() if certificate else None

    def build() -> SMTP:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Requiring AUTH while not requiring TLS")
            return SMTP(
                box,
                hostname="localhost",
                tls_context=None if implicit else context,
                require_starttls=context is not None and not implicit,
                authenticator=_authenticate if signs_in else None,
                auth_required=signs_in,
                auth_require_tls=False,
                loop=asyncio.get_running_loop(),
            )

    loop = asyncio.get_running_loop()
    server = await loop.create_server(build, "127.0.0.1", port, ssl=context if implicit else None)
    box.port = server.sockets[0].getsockname()[1]
    try:
        yield box
    finally:
        server.close()
        await server.wait_closed()


def _authenticate(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
    is_right = isinstance(data, LoginPassword) and (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=is_right, handled=False)
