"""Texts that travel beside their events, so that they can be erased without breaking a chain.

A document is canonical JSON with a random salt: once erased, its hash can't be guessed back from a short title.
"""

from typing import Annotated

from pydantic import Field, ValidationError

from protocol import canonical, limits
from protocol.canonical import NotCanonicalError, sha256_hex
from protocol.errors import LocalError, RemoteError
from protocol.events import consultation, deliberation, discussion, kinds, rounds
from protocol.events.consultation import TextRef
from protocol.ids import TextHash
from protocol.model import Frozen


class Document(Frozen):
    """The text of a proposal, topic, position or comment."""

    salt: Annotated[str, Field(pattern=r"^[0-9a-f]{32}\z")]
    title: Annotated[str, Field(max_length=limits.TITLE_CHARACTERS_MAX)]
    body: Annotated[str, Field(max_length=limits.BODY_CHARACTERS_MAX)]
    urgency: Annotated[str, Field(max_length=2_000)]
    """Why it can't wait, for the short-term track; otherwise empty."""


def document_bytes(document: Document) -> bytes:
    """Return a document's canonical bytes. Raises LocalError if they are too long."""
    data = canonical.encode(document.model_dump(mode="json"))
    if len(data) > limits.TEXT_BYTES_MAX:
        raise LocalError(f"a text of {len(data)} bytes is over the limit of {limits.TEXT_BYTES_MAX}")
    return data


def text_ref(data: bytes, lang: str) -> TextRef:
    """Return what an event's body carries of a text."""
    return TextRef(sha256=TextHash(sha256_hex(data)), size=len(data), lang=lang)


def parse_document(data: bytes) -> Document:
    """Return the document in canonical bytes. Raises RemoteError if it is none."""
    try:
        canonical.decode(data)
        return Document.model_validate_json(data)
    except (NotCanonicalError, ValidationError) as error:
        raise RemoteError("the text is not a document of this version") from error


def texts_of(event: kinds.Event) -> tuple[TextHash, ...]:
    """Return the hashes of the texts that belong to an event and travel beside it."""
    match event.body:
        case consultation.AgendaDraft():
            return (event.body.document,)
        case rounds.OpenRequest():
            return tuple(dict.fromkeys(option.text.sha256 for option in event.body.spec.question.options))
        case _:
            return tuple(dict.fromkeys(ref.sha256 for ref in documents_of(event.body)))


def documents_of(body: kinds.Body) -> tuple[TextRef, ...]:
    """Return the references to the documents that an event brings along."""
    match body:
        case (
            consultation.Proposal()
            | consultation.Topic()
            | deliberation.Revision()
            | discussion.Comment()
            | discussion.Translation()
        ):
            return (body.text,)
        case consultation.Position():
            return (body.reasons,)
        case deliberation.Amendment():
            return (body.text, body.reasons)
        case deliberation.ObjectionAnswer():
            return (body.reply,)
        case deliberation.ConsultationCall():
            return () if body.question is None else (body.question,)
        case (
            deliberation.Screening()
            | deliberation.AmendmentAnswer()
            | deliberation.Withdrawal()
            | deliberation.Disposition()
        ):
            return () if body.reasons is None else (body.reasons,)
        case _:
            return ()
