"""Letters as e-mail, read back as a mailbox would."""

from email import message_from_bytes, policy

from hypothesis import given, settings
from hypothesis import strategies as st

from node.messages import Envelope, message_bytes
from tests.support.builders import EPOCH_MS
from tests.support.mail_box import part
from web.letters import Letter

ADDRESS = "https://a-rather-long-name.international-cooperation.example.org/ar/unsubscribe/" + "x" * 43
HEADERS = {
    "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "List-Unsubscribe", "List-Unsubscribe-Post",
    "MIME-Version", "Content-Type", "Content-Language",
}  # fmt: skip
anything = st.text(max_size=300) | st.sampled_from(
    ["a\r\nBcc: x@y.example", "a\n\nbody", "\u202eevil\u2066", "=?utf-8?q?=0ABcc:?="]
)


def envelope(name: str = "Alliance") -> Envelope:
    return Envelope("ab" * 16, name, "notices@node.example", "office@member.example", EPOCH_MS, ADDRESS)


@settings(max_examples=60, deadline=None)
@given(subject=anything, name=anything, text=anything, lang=st.sampled_from(["en", "zh", "ar"]))
def test_nothing_in_a_letter_adds_a_header_or_a_recipient(subject: str, name: str, text: str, lang: str) -> None:
    plain = text.encode(errors="replace").decode()
    data = message_bytes(Letter(lang, subject, plain, f"<p>{lang}</p>"), envelope(name))
    assert data.isascii()
    assert all(len(line) <= 998 for line in data.split(b"\r\n"))
    assert b"\n" not in data.replace(b"\r\n", b"")
    message = message_from_bytes(data, policy=policy.default)
    assert set(message.keys()) == HEADERS
    assert [each.addr_spec for each in message["To"].addresses] == ["office@member.example"]
    assert [each.addr_spec for each in message["From"].addresses] == ["notices@node.example"]
    assert message["List-Unsubscribe"] == f"<{ADDRESS}>"
    assert part(message, "html").strip() == f"<p>{lang}</p>"


def test_a_letter_is_read_as_it_was_written() -> None:
    text = "第 4 轮\n> اقتباس\n" + "x" * 2_000
    message = message_from_bytes(
        message_bytes(Letter("zh", "第 4 轮", text, "<p>"), envelope("联盟")), policy=policy.default
    )
    assert (message["Subject"], message["From"].addresses[0].display_name) == ("第 4 轮", "联盟")
    assert part(message, "plain").replace("\r\n", "\n").rstrip("\n") == text
    assert message.get_content_type() == "multipart/alternative"
    assert [each.get_content_type() for each in message.iter_parts()] == ["text/plain", "text/html"]
