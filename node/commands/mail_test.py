"""comitia mail test: does mail go out? Sends one message by the mail server in the settings."""

import asyncio
import secrets
from typing import Annotated

import typer

from node import config, files
from node.clock import SystemClock
from node.commands import output
from node.commands.account_store import Directory
from node.config import ConfigError, Layout, NodeConfig, local_address
from node.mail_addresses import mail_address
from node.mail_server import InDoubt, MailError, PutOff, Rejected, Unreachable
from node.messages import message_bytes
from node.telling import mail_server, office
from protocol import charter as charters
from protocol import limits
from protocol.errors import LocalError
from web.i18n import load_languages
from web.letters import trial_letter

_REMEDIES: dict[type[MailError], str] = {
    Unreachable: "look at host, port, tls, user and the files in the section mail of node.toml",
    PutOff: "the server may take it later; a node tries again by itself",
    Rejected: "look at from_address, and at whether the server may send to this address",
    InDoubt: "see whether it arrived",
}


class TrialFailed(LocalError):
    """The message was not sent. One line with the cause and what to look at."""


def run(
    directory: Directory,
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="Where the message goes.")],
    *,
    language: Annotated[str, typer.Option(help="The language of the message, such as en or zh.")] = "en",
    as_json: output.AsJson = False,
) -> None:
    """Send a test message by the node's mail server; say what failed if it could not be sent."""
    settings = config.load_config(directory)
    if not settings.mail.host:
        raise ConfigError(f"{directory / 'node.toml'}: mail.host: no mail server is named: add a section [mail]")
    recipient = mail_address(address)
    if recipient is None:
        raise TrialFailed(f"{address[:80]} is no address that this node sends to: take one such as name@example.org")
    asyncio.run(_send(Layout(directory), settings, recipient, language))
    server = f"{settings.mail.host}:{settings.mail.port}"
    output.show(
        {"server": server, "address": recipient},
        (f"{server} has taken a message to {recipient}.", "Look into that mailbox, and among unwanted mail."),
        as_json=as_json,
    )


async def _send(layout: Layout, settings: NodeConfig, recipient: str, lang: str) -> None:
    root = settings.public_url or local_address(settings.listen)
    writer = office(settings, _names(layout), root, load_languages())
    language = writer.language(lang)
    letter = trial_letter(writer.desk(language), language)
    envelope = writer.envelope(language, secrets.token_hex(16), recipient, SystemClock().now())
    try:
        await mail_server(settings, root).deliver(message_bytes(letter, envelope), recipient, _nothing_before)
    except MailError as error:
        raise TrialFailed(f"no message was sent: {error}: {_REMEDIES[type(error)]}") from error


async def _nothing_before() -> None:
    """Keep nothing: a trial stands in no outbox."""


def _names(layout: Layout) -> dict[str, str]:
    """Return the federation's names, or the program's before a charter is joined."""
    if not layout.charter.exists():
        return {"en": "Comitia"}
    file = charters.parse_file(files.read_bounded(layout.charter, limits.CHARTER_BYTES_MAX * 2))
    return {str(lang): str(name) for lang, name in file.charter().names.items()}
