"""One message to the mail server: connection, TLS, signing in, and what each way of failing means.

A message's words leave only after `before_words` has returned, so that its sender can note that they are about to. Does
not handle when to try again (mailer.py).
"""

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final, Protocol

import aiosmtplib
from aiosmtplib import SMTPException, SMTPResponseException

from node import files
from node.config import Mail
from protocol.errors import ComitiaError, LocalError

_TIMEOUT_SECONDS: Final = 20.0
_PASSWORD_BYTES_MAX: Final = 1_024
_REASON_CHARACTERS_MAX: Final = 300


class MailSetupError(LocalError):
    """The settings of the mail server can't be used. One line that names the setting."""


class MailError(ComitiaError):
    """A message was not taken by the mail server. One line that says why."""


class Unreachable(MailError):
    """The server can't be used at all for now, whatever the message: no line, no TLS, sign-in refused."""


class PutOff(MailError):
    """The server doesn't take this message now and may later."""


class Rejected(MailError):
    """The server never takes this message."""


class InDoubt(MailError):
    """The line was lost after the message's words left: it may have arrived."""


BeforeWords = Callable[[], Awaitable[None]]


class Post(Protocol):
    """Something that takes messages to where they are delivered."""

    async def deliver(self, message: bytes, address: str, before_words: BeforeWords) -> None:
        """Return once a message has been taken. Raises MailError."""
        ...


class MailServer:
    """The server in the settings."""

    def __init__(self, settings: Mail, local_name: str) -> None:
        """Read the password and the authority's certificate. Raises MailSetupError or files.FileError."""
        self._settings = settings
        self._local_name = local_name
        self._password = None if settings.password_file is None else _password(settings)
        self._context = None if settings.tls == "none" else _context(settings)

    @property
    def name(self) -> str:
        """Host and port, for people."""
        return f"{self._settings.host}:{self._settings.port}"

    async def deliver(self, message: bytes, address: str, before_words: BeforeWords) -> None:
        """Return once the server has taken a message. Raises MailError."""
        async with self._connected() as client:
            await self._envelope(client, address)
            await before_words()
            await _words(client, message)

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[aiosmtplib.SMTP]:
        client = self._client()
        try:
            await client.connect()
        except aiosmtplib.SMTPAuthenticationError as error:
            raise Unreachable(f"{self.name} refuses the user and password: {_answer(error)}") from error
        except ssl.SSLError as error:
            raise Unreachable(f"TLS with {self.name} failed: {_line(error)}") from error
        except (SMTPException, OSError, ValueError) as error:
            raise Unreachable(self._why(error)) from error
        try:
            yield client
        finally:
            with suppress(SMTPException, OSError):
                await client.quit(timeout=2)
            client.close()

    def _client(self) -> aiosmtplib.SMTP:
        settings = self._settings
        return aiosmtplib.SMTP(
            hostname=settings.host,
            port=settings.port,
            use_tls=settings.tls == "implicit",
            start_tls=settings.tls == "starttls",
            tls_context=self._context,
            username=settings.user or None,
            password=self._password,
            local_hostname=self._local_name,
            timeout=_TIMEOUT_SECONDS,
        )

    def _why(self, error: Exception) -> str:
        cause = error.__cause__
        if isinstance(cause, ssl.SSLError):
            return f"TLS with {self.name} failed: {_line(cause)}"
        return f"{self.name} can't be used: {_line(error)}"

    async def _envelope(self, client: aiosmtplib.SMTP, address: str) -> None:
        try:
            await client.mail(self._settings.from_address)
            await client.rcpt(address)
        except SMTPResponseException as error:
            raise _refused(error) from error
        except (SMTPException, OSError) as error:
            raise PutOff(f"{self.name} cut the line: {_line(error)}") from error


async def _words(client: aiosmtplib.SMTP, message: bytes) -> None:
    try:
        await client.data(message)
    except SMTPResponseException as error:
        raise _refused(error) from error
    except (SMTPException, OSError) as error:
        raise InDoubt(f"the line was lost while the message was sent: {_line(error)}") from error


def _refused(error: SMTPResponseException) -> MailError:
    answer = _answer(error)
    return Rejected(answer) if error.code >= 500 else PutOff(answer)


def _answer(error: SMTPResponseException) -> str:
    return _line(f"{error.code} {error.message}")


def _line(error: object) -> str:
    words = " ".join("".join(char if char.isprintable() else " " for char in str(error)).split())
    return words[:_REASON_CHARACTERS_MAX] or type(error).__name__


def _password(settings: Mail) -> str:
    assert settings.password_file is not None
    files.check_private(settings.password_file)
    data = files.read_bounded(settings.password_file, _PASSWORD_BYTES_MAX)
    try:
        return data.decode().rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise MailSetupError(f"{settings.password_file}: mail.password_file isn't text") from error


def _context(settings: Mail) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=settings.ca_file)
    except (OSError, ssl.SSLError) as error:
        raise MailSetupError(f"{settings.ca_file}: mail.ca_file can't be used: {_line(error)}") from error
