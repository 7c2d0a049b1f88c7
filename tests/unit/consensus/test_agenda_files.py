"""Which document an agenda's file is of."""

import orjson
import pytest

from consensus.agenda_files import AgendaFileError, NamedDocument, document_in
from protocol import canonical
from protocol.canonical import sha256_hex

DOCUMENT = {"v": 1, "items": []}
HASH = sha256_hex(canonical.encode(DOCUMENT))
MARK = f"comitia-document:{HASH}".encode()


def test_the_json_form_carries_the_document_itself() -> None:
    data = orjson.dumps({"title": "An agenda", "document": DOCUMENT}, option=orjson.OPT_INDENT_2)
    assert document_in(data) == NamedDocument("json", HASH)


def test_a_pdf_names_it_in_its_metadata_as_often_as_it_likes() -> None:
    assert document_in(b"%PDF-1.7\n\x80 keywords " + MARK + b" and " + MARK + b"\n") == NamedDocument("pdf", HASH)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"%PDF-1.7\n",
        b"%PDF-1.7\n" + MARK[:-1],
        b"%PDF-1.7\n" + MARK + b"0",
        b"%PDF-1.7\n" + MARK + b" comitia-document:" + b"0" * 64,
        b"%PDF-1.7\n" + MARK + b" comitia-document:elsewhere",
        b"[]",
        b'{"document":[]}',
        b'{"document":{"a":1.5}}',
        b'{"items":[]}',
        b"\x00\xff",
    ],
)
def test_any_other_file_is_refused(data: bytes) -> None:
    with pytest.raises(AgendaFileError):
        document_in(data)
