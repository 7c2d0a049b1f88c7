"""The hash of the agenda's document in a file that people download: the published JSON form, or a printed agenda.

The JSON carries the document itself, a PDF only its hash in the metadata. Nothing is believed by this: whether that
document was certified is for a proof to say.
"""

import re
from dataclasses import dataclass
from typing import Final, Literal

import orjson

from protocol import canonical
from protocol.canonical import sha256_hex
from protocol.errors import LocalError, RemoteError

AGENDA_FILE_BYTES_MAX: Final = 64 * 1024 * 1024
_MARK: Final = re.compile(rb"comitia-document:([0-9a-f]{64})(?![0-9a-f])")
_ANY_MARK: Final = re.compile(rb"comitia-document:")
_PDF: Final = b"%PDF-"


class AgendaFileError(RemoteError):
    """A file names no document of an agenda, or more than one."""


@dataclass(frozen=True, slots=True)
class NamedDocument:
    """What an agenda's file says of its document."""

    form: Literal["json", "pdf"]
    sha256: str


def document_in(data: bytes) -> NamedDocument:
    """Return which document an agenda's file is of. Raises AgendaFileError; looks at no more than the limit."""
    if len(data) > AGENDA_FILE_BYTES_MAX:
        raise AgendaFileError(f"a file of {len(data)} bytes is over the limit of {AGENDA_FILE_BYTES_MAX}")
    return NamedDocument("pdf", _in_pdf(data)) if data.startswith(_PDF) else NamedDocument("json", _in_json(data))


def _in_pdf(data: bytes) -> str:
    """Return the one hash that stands readable in the metadata."""
    found: set[str] = {match.decode() for match in _MARK.findall(data)}
    if len(found) != 1 or len(_ANY_MARK.findall(data)) != len(_MARK.findall(data)):
        raise AgendaFileError(f"this PDF names {len(found)} agenda documents in its metadata, exactly one is due")
    (digest,) = found
    return digest


def _in_json(data: bytes) -> str:
    try:
        value = orjson.loads(data)
        return sha256_hex(canonical.encode(_document(value)))
    except (orjson.JSONDecodeError, LocalError) as error:
        raise AgendaFileError("this is neither a PDF nor an agenda's JSON") from error


def _document(value: object) -> dict[str, object]:
    document = value.get("document") if isinstance(value, dict) else None
    if not isinstance(document, dict):
        raise AgendaFileError("this JSON has no document of an agenda in it")
    return document
