import hashlib
import json
from typing import Any

import pytest

from protocol import canonical, limits, texts
from protocol.errors import LocalError, RemoteError
from protocol.events.consultation import AgendaDraft, Erasure, Position, Topic
from protocol.events.deliberation import (
    Amendment,
    ConsultationCall,
    ObjectionAnswer,
    Revision,
    Screening,
    TakeOver,
    Withdrawal,
)
from protocol.events.discussion import Comment, Translation
from protocol.events.rounds import OpenRequest
from protocol.ids import EventId
from protocol.texts import Document, document_bytes, parse_document, text_ref, texts_of
from tests.support.builders import (
    ballot_body,
    build_federation,
    document,
    hash_of,
    proposal_body,
    proposal_text,
    round_spec,
    text_hash,
)

FED = build_federation(2)
SALT = "0123456789abcdef" * 2
PLAIN: dict[str, Any] = {"salt": SALT, "title": "T", "body": "B", "urgency": ""}


# SPEC 8.2: "canonical JSON of `salt` (hex(16), random), `title` (at most TITLE_CHARACTERS_MAX characters)"
def test_a_document_goes_there_and_back() -> None:
    written = Document(salt=SALT, title="标题 \U0001f30d", body="العربية\nfrançais", urgency="срочно")
    data = document_bytes(written)
    assert parse_document(data) == written
    assert json.loads(data)["title"] == "标题 \U0001f30d"


# SPEC 8.1: "Long texts travel beside the events that name them by hash, size and language"
def test_a_reference_names_hash_size_and_language() -> None:
    data = document("A title")
    ref = text_ref(data, "fr")
    assert (ref.sha256, ref.size, ref.lang) == (hashlib.sha256(data).hexdigest(), len(data), "fr")
    assert ref == proposal_text("A title", lang="fr")


# SPEC 8.3: "The salt keeps anyone from guessing an erased text from its hash"
def test_the_same_words_under_another_salt_have_another_hash() -> None:
    assert text_ref(document(salt="00" * 16), "en").sha256 != text_ref(document(salt="01" * 16), "en").sha256


@pytest.mark.parametrize(
    "changes",
    [
        {"salt": "00" * 15},
        {"salt": "0G" * 16},
        {"salt": "AB" * 16},
        {"title": "x" * (limits.TITLE_CHARACTERS_MAX + 1)},
        {"body": "x" * (limits.BODY_CHARACTERS_MAX + 1)},
        {"urgency": "x" * 2_001},
        {"title": None},
        {"title": 1},
        {"further": ""},
    ],
)
def test_what_is_no_document_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(RemoteError, match="not a document of this version"):
        parse_document(canonical.encode(PLAIN | changes))


@pytest.mark.parametrize("name", PLAIN)
def test_no_field_of_a_document_may_be_missing(name: str) -> None:
    with pytest.raises(RemoteError, match="not a document"):
        parse_document(canonical.encode({field: value for field, value in PLAIN.items() if field != name}))


@pytest.mark.parametrize("data", [b"", b"text", b"\xff", json.dumps(PLAIN).encode(), b"[]"])
def test_bytes_that_are_not_canonical_are_no_document(data: bytes) -> None:
    with pytest.raises(RemoteError, match="not a document"):
        parse_document(data)


def test_limits_count_characters_and_bytes_apart() -> None:
    longest = Document(salt=SALT, title="界" * limits.TITLE_CHARACTERS_MAX, body="é" * 20_000, urgency="x" * 2_000)
    assert len(document_bytes(longest)) > 42_000
    with pytest.raises(LocalError, match="over the limit of 65536"):
        document_bytes(longest.model_copy(update={"body": "\U0001f30d" * limits.BODY_CHARACTERS_MAX}))


# SPEC 8.5: "The texts of an event are those that its body refers to by hash, size and language (2.28)"
def test_the_texts_of_each_kind_of_event() -> None:
    writer = FED.writer(0)
    one, two = proposal_text("one"), proposal_text("two")
    subjects = [EventId(hash_of("s", index)) for index in range(3)]
    spec = round_spec(subjects)
    cases: list[tuple[Any, tuple[str, ...]]] = [
        (proposal_body(one), (one.sha256,)),
        (Position(proposal=subjects[0], stance="support", reasons=two), (two.sha256,)),
        (
            Topic(replaces=None, track="long", text=one, goals=(), minutes=1, proposals=(subjects[0],)),
            (one.sha256,),
        ),
        (AgendaDraft(version=1, document=text_hash("d"), size=9, order=None), (text_hash("d"),)),
        (OpenRequest(spec=spec), tuple(proposal_text(f"option {index}").sha256 for index in range(3))),
        (Amendment(proposal=subjects[0], base=one.sha256, text=one, reasons=two), (one.sha256, two.sha256)),
        (Revision(proposal=subjects[0], base=one.sha256, text=two, minutes=5), (two.sha256,)),
        (Screening(proposal=subjects[0], verdict="returned", reasons=two), (two.sha256,)),
        (Withdrawal(proposal=subjects[0], reasons=None), ()),
        (ConsultationCall(proposal=subjects[0], number=1, until=1, question=one), (one.sha256,)),
        (ObjectionAnswer(proposal=subjects[0], objection=subjects[1], answer="addressed", reply=one), (one.sha256,)),
        (Comment(subject=subjects[0], reply_to=None, text=one), (one.sha256,)),
        (Translation(of=one.sha256, subject=subjects[0], text=two), (two.sha256,)),
        (TakeOver(proposal=subjects[0]), ()),
        (ballot_body(hash_of("round")), ()),
        (Erasure(text=text_hash("d"), ground="abuse"), ()),
    ]
    for body, expected in cases:
        assert texts_of(writer.write(body).event) == expected
    assert texts_of(writer.write({"text": {"sha256": hash_of("x")}}, kind="poll").event) == ()


def test_a_text_of_several_options_is_named_once() -> None:
    spec = round_spec([EventId(hash_of("s", index)) for index in range(3)])
    options = tuple(option.model_copy(update={"text": proposal_text("same")}) for option in spec.question.options)
    same = spec.model_copy(update={"question": spec.question.model_copy(update={"options": options})})
    assert texts_of(FED.writer(0).write(OpenRequest(spec=same)).event) == (proposal_text("same").sha256,)
    assert texts.texts_of is texts_of
