"""A message to a real mail server, and what each way of failing means."""

from pathlib import Path

import pytest

from node.config import Mail
from node.files import FileError
from node.mail_server import InDoubt, MailServer, MailSetupError, PutOff, Rejected, Unreachable
from tests.support.free_ports import free_port
from tests.support.mail_box import PASSWORD, USER, Certificate, mail_box, own_certificate

MESSAGE = b"From: notices@node.example\r\nTo: office@member.example\r\nSubject: One\r\n\r\nWords\r\n"
TO = "office@member.example"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return own_certificate(tmp_path_factory.mktemp("mail"))


def settings(port: int, **more: object) -> Mail:
    values = {"host": "127.0.0.1", "port": port, "tls": "none", "from_address": "notices@node.example", **more}
    return Mail.model_validate(values)


class Left:
    """Notes that a message's words are about to leave."""

    def __init__(self) -> None:
        self.times = 0

    async def __call__(self) -> None:
        self.times += 1


async def deliver(mail: Mail) -> Left:
    left = Left()
    await MailServer(mail, "node.example").deliver(MESSAGE, TO, left)
    return left


def password_file(where: Path, password: str = PASSWORD) -> Path:
    path = where / "password"
    path.write_text(password + "\n")
    path.chmod(0o600)
    return path


async def test_a_message_in_the_clear() -> None:
    async with mail_box() as box:
        left = await deliver(settings(box.port))
    assert box.raw == [MESSAGE]
    assert box.recipients == [TO]
    assert left.times == 1


@pytest.mark.parametrize(("tls", "implicit"), [("starttls", False), ("implicit", True)])
async def test_a_message_over_tls_with_a_password(
    tmp_path: Path, certificate: Certificate, tls: str, implicit: bool
) -> None:
    more = {"tls": tls, "ca_file": certificate.path, "user": USER, "password_file": password_file(tmp_path)}
    async with mail_box(certificate=certificate, implicit=implicit, signs_in=True) as box:
        await deliver(settings(box.port, **more))
    assert (box.spoke_tls, box.signed_in) == ([True], [True])


@pytest.mark.parametrize(("tls", "implicit"), [("starttls", False), ("implicit", True)])
async def test_a_certificate_that_nobody_vouches_for(certificate: Certificate, tls: str, implicit: bool) -> None:
    async with mail_box(certificate=certificate, implicit=implicit) as box:
        with pytest.raises(Unreachable, match=r"TLS with 127\.0\.0\.1:\d+ failed: .*certificate"):
            await deliver(settings(box.port, tls=tls))
    assert box.raw == []


async def test_a_server_without_starttls_gets_nothing_in_the_clear() -> None:
    async with mail_box() as box:
        with pytest.raises(Unreachable, match="STARTTLS"):
            await deliver(settings(box.port, tls="starttls"))
    assert box.raw == []


async def test_a_wrong_password(tmp_path: Path, certificate: Certificate) -> None:
    more = {"tls": "starttls", "ca_file": certificate.path, "user": USER}
    async with mail_box(certificate=certificate, signs_in=True) as box:
        with pytest.raises(Unreachable, match="refuses the user and password: 535"):
            await deliver(settings(box.port, **more, password_file=password_file(tmp_path, "wrong")))


async def test_a_server_that_is_down() -> None:
    with pytest.raises(Unreachable, match="can't be used"):
        await deliver(settings(free_port(1)))


@pytest.mark.parametrize("where", ["to_recipient", "to_words"])
@pytest.mark.parametrize(("answer", "kind"), [("451 later", PutOff), ("550 5.1.1 nobody", Rejected)])
async def test_what_the_server_answers(where: str, answer: str, kind: type[Exception]) -> None:
    async with mail_box() as box:
        getattr(box, where).append(answer)
        with pytest.raises(kind, match=answer):
            await deliver(settings(box.port))
        await deliver(settings(box.port))
    assert len(box.raw) == 1


async def test_words_leave_only_once_that_is_noted() -> None:
    """A recipient that is refused has had no words; a line that is cut afterwards leaves it open what arrived."""
    left = Left()
    async with mail_box() as box:
        box.to_recipient.append("451 later")
        with pytest.raises(PutOff):
            await MailServer(settings(box.port), "node.example").deliver(MESSAGE, TO, left)
        assert left.times == 0
        box.to_words.append("cut")
        with pytest.raises(InDoubt, match="the line was lost"):
            await MailServer(settings(box.port), "node.example").deliver(MESSAGE, TO, left)
    assert left.times == 1
    assert len(box.raw) == 1


async def test_nothing_is_sent_if_that_could_not_be_noted() -> None:
    async def fail() -> None:
        raise OSError("the disk is full")

    async with mail_box() as box:
        with pytest.raises(OSError, match="the disk is full"):
            await MailServer(settings(box.port), "node.example").deliver(MESSAGE, TO, fail)
    assert box.raw == []


def test_a_password_is_its_owner_s_alone(tmp_path: Path) -> None:
    path = password_file(tmp_path)
    path.chmod(0o644)
    with pytest.raises(FileError, match="chmod 600"):
        MailServer(settings(25, user=USER, password_file=path), "node.example")


def test_a_certificate_that_can_t_be_read_names_its_setting(tmp_path: Path) -> None:
    path = tmp_path / "ca.pem"
    path.write_text("nothing of the kind")
    with pytest.raises(MailSetupError, match=r"mail\.ca_file"):
        MailServer(settings(25, tls="starttls", ca_file=path), "node.example")
