"""Sends the outbox: one message after the other, again after a while if it wasn't taken, given up in the end.

That a message's words are about to leave is on disk before they do. So after a crash at most the one message that was
in flight is sent again, and only once: what may have arrived twice is given up, and its operator sees that.
"""

import logging
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol

from node.clock import Clock
from node.mail_server import InDoubt, Post, PutOff, Rejected, Unreachable
from node.storage import mails, notices
from node.storage.database import Connection, Database
from node.storage.mails import Mail
from web.notices_port import MailStatus

_LOG = logging.getLogger(__name__)
_MINUTE_MS: Final = 60_000
_HOUR_MS: Final = 60 * _MINUTE_MS
AGAIN_AFTER_MS: Final = tuple(minutes * _MINUTE_MS for minutes in (1, 5, 15, 30, 60, 120, 240, 480, 960))
"""How long after its first, second … try a message that was put off is tried again; it is given up after the last."""
PAUSES_MS: Final = tuple(seconds * 1000 for seconds in (30, 60, 120, 300, 900, 1800))
"""How long nothing is tried after the server couldn't be used once, twice … in a row; the last one goes on."""
UNREACHABLE_MAX_MS: Final = 3 * 24 * _HOUR_MS
"""How long a message waits for a server that can't be used."""
DOUBTS_MAX: Final = 2
_CUT_OFF: Final = "sending it was cut off, so it may have arrived"


class Writer(Protocol):
    """Somebody who writes messages."""

    async def message(self, mail: Mail, now: int) -> bytes | None:
        """Return a message as it goes to the mail server, or None if it has nothing to tell any more."""
        ...


class _Withdrawn(Exception):
    """The message was taken out of the outbox while the server was being called."""


@dataclass(frozen=True, slots=True)
class Rate:
    """The server's name for people, and how many messages may go out within an hour."""

    server: str
    per_hour_max: int


class Mailer:
    """Takes messages from the outbox to the mail server."""

    def __init__(self, database: Database, post: Post, writer: Writer, clock: Clock, rate: Rate) -> None:
        self._database = database
        self._post = post
        self._writer = writer
        self._clock = clock
        self._rate = rate
        self._unreachable = 0
        self._paused_until = 0
        self._last_error = ""

    async def work(self) -> None:
        """Send all that is due, as far as the hour's limit goes. Only one may be at work at a time.

        What is found in flight at its beginning was cut off: by a crash, or by a fault of ours.
        """
        await self._database.write(partial(_begin, now=self._clock.now()))
        while self._clock.now() >= self._paused_until:
            now = self._clock.now()
            counts = await self._database.read(lambda c, now=now: mails.counts(c, now))  # type: ignore[misc]
            mail = await self._database.read(lambda c, now=now: mails.due(c, now))  # type: ignore[misc]
            if mail is None or counts.sent_last_hour >= self._rate.per_hour_max:
                return
            await self._send(mail)

    @property
    def trouble(self) -> str:
        """Why the mail server can't be used, in its own words, or nothing while it can."""
        return self._last_error if self._unreachable else ""

    async def status(self) -> MailStatus:
        """Return whether mail goes out."""
        now = self._clock.now()
        counts, failed = await self._database.read(lambda c: (mails.counts(c, now), mails.failed(c)))
        return MailStatus(
            is_set_up=True,
            server=self._rate.server,
            waiting=counts.waiting,
            sent_last_hour=counts.sent_last_hour,
            per_hour_max=self._rate.per_hour_max,
            last_sent=counts.last_sent,
            paused_until=self._paused_until if self._paused_until > now else None,
            last_error=self._last_error,
            failed=failed,
        )

    async def _send(self, mail: Mail) -> None:
        message = await self._writer.message(mail, self._clock.now())
        if message is None:
            await self._database.write(lambda c: mails.drop(c, mail.id))
            return
        try:
            await self._post.deliver(message, mail.address, partial(self._leave, mail))
        except _Withdrawn:
            return
        except Unreachable as error:
            await self._pause(mail, str(error))
        except PutOff as error:
            await self._put_off(mail, str(error))
        except InDoubt as error:
            await self._doubt(mail, str(error))
        except Rejected as error:
            await self._give_up(mail, str(error))
        else:
            await self._sent(mail)

    async def _leave(self, mail: Mail) -> None:
        """Note that a message's words are about to leave."""
        if not await self._database.write(lambda c: mails.set_sending(c, mail.id)):
            raise _Withdrawn

    async def _sent(self, mail: Mail) -> None:
        now = self._clock.now()
        self._unreachable, self._last_error = 0, ""
        await self._database.write(lambda c: _finish(c, mail, "", now))

    async def _give_up(self, mail: Mail, reason: str) -> None:
        now = self._clock.now()
        self._last_error = reason
        _LOG.warning("a message to %s was given up: %s", mail.account, reason)
        await self._database.write(lambda c: _finish(c, mail, reason, now))

    async def _put_off(self, mail: Mail, reason: str) -> None:
        if mail.tries >= len(AGAIN_AFTER_MS):
            await self._give_up(mail, reason)
            return
        self._last_error = reason
        due = self._clock.now() + AGAIN_AFTER_MS[mail.tries]
        await self._database.write(lambda c: mails.set_waiting(c, mail, due, mail.tries + 1, mail.doubts, reason))

    async def _doubt(self, mail: Mail, reason: str) -> None:
        self._last_error = reason
        due = self._clock.now() + AGAIN_AFTER_MS[mail.doubts]
        await self._database.write(lambda c: _again_or_never(c, mail, due, self._clock.now()))

    async def _pause(self, mail: Mail, reason: str) -> None:
        """Try nothing for a while; it is not the message's fault."""
        if self._unreachable == 0:
            _LOG.warning("no e-mail goes out: %s", reason)
        now = self._clock.now()
        self._last_error = reason
        self._paused_until = now + PAUSES_MS[min(self._unreachable, len(PAUSES_MS) - 1)]
        self._unreachable += 1
        since = await self._database.read(lambda c: mails.created(c, mail.id))
        if now - since >= UNREACHABLE_MAX_MS:
            await self._give_up(mail, reason)


def _finish(connection: Connection, mail: Mail, problem: str, now: int) -> None:
    mails.set_done(connection, mail.id, "failed" if problem else "sent", now, problem)
    notices.set_problem(connection, mail.account, problem)


def _begin(connection: Connection, now: int) -> None:
    mails.prune(connection, now)
    for mail in mails.in_flight(connection):
        _again_or_never(connection, mail, now, now)


def _again_or_never(connection: Connection, mail: Mail, due: int, now: int) -> None:
    """Send a message that may have arrived once more, or give it up if that is so for the second time."""
    if mail.doubts + 1 >= DOUBTS_MAX:
        _finish(connection, mail, _CUT_OFF, now)
    else:
        mails.set_waiting(connection, mail, due, mail.tries, mail.doubts + 1, _CUT_OFF)
