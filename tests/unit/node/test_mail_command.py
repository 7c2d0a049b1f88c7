"""comitia mail test: sends a message, and says what failed if it could not be sent."""

import asyncio
import json
from pathlib import Path

import pytest

from node import cli
from node.config import Layout
from tests.support.builders import build_federation
from tests.support.free_ports import free_port
from tests.support.history import make_directory
from tests.support.mail_box import mail_box, part

TO = "operator@member.example"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return make_directory(tmp_path / "node", build_federation(members=1))


def furnish(directory: Path, port: int, *more: str) -> None:
    path = Layout(directory).config
    lines = ["[mail]", 'host = "127.0.0.1"', f"port = {port}", 'from_address = "notices@node.example"', *more]
    path.write_text(path.read_text() + "\n" + "\n".join(lines) + "\n")


async def call(*words: str) -> int:
    return await asyncio.to_thread(cli.run, ["mail", "test", *words])


async def test_a_message_arrives_in_the_language_that_was_asked_for(
    directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with mail_box() as box:
        furnish(directory, box.port, 'tls = "none"')
        assert await call(str(directory), TO) == cli.OK
        assert await call(str(directory), TO, "--language", "ar", "--json") == cli.OK
    first, second = box.messages
    assert first["Subject"] == "A test message"
    assert first["To"].addresses[0].addr_spec == TO
    assert "This node can send e-mail" in part(first, "plain")
    assert 'dir="rtl"' in part(second, "html")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"127.0.0.1:{box.port} has taken a message to {TO}."
    assert json.loads(lines[-1]) == {"server": f"127.0.0.1:{box.port}", "address": TO}


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("550 5.7.1 relaying denied", "550 5.7.1 relaying denied: look at from_address"),
        ("451 later", "451 later: the server may take it later"),
    ],
)
async def test_what_the_server_says_is_told(
    directory: Path, capsys: pytest.CaptureFixture[str], answer: str, words: str
) -> None:
    async with mail_box() as box:
        box.to_recipient.append(answer)
        furnish(directory, box.port, 'tls = "none"')
        assert await call(str(directory), TO) == cli.FAILED
    err = capsys.readouterr().err
    assert err.startswith("comitia: no message was sent: ")
    assert words in err


async def test_a_server_that_is_not_there_or_does_not_speak_tls(
    directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with mail_box() as box:
        furnish(directory, box.port)
        assert await call(str(directory), TO) == cli.FAILED
    assert "STARTTLS" in capsys.readouterr().err
    assert await call(str(directory), TO) == cli.FAILED
    assert "look at host, port, tls, user" in capsys.readouterr().err


async def test_a_node_without_a_mail_server_and_an_address_that_is_none(
    directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await call(str(directory), TO) == cli.FAILED
    assert "add a section [mail]" in capsys.readouterr().err
    furnish(directory, free_port(1))
    assert await call(str(directory), "nobody") == cli.FAILED
    assert "is no address that this node sends to" in capsys.readouterr().err
