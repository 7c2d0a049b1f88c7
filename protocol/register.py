"""Records of the register: the one linear list of what changes authority, and the certificates that make them hold.

Record 0 is the charter. This module knows the shapes; consensus/agreement decides what is certified.
"""

from typing import Annotated, Literal, Self

from pydantic import Field, JsonValue, TypeAdapter, model_validator

from protocol import canonical, limits
from protocol.canonical import sha256_hex
from protocol.envelope import pae
from protocol.events.consultation import is_ascending
from protocol.events.rounds import RoundSpec
from protocol.ids import EventIdField, FederationIdField, HashField, RecordId, RecordIdField, TextHashField
from protocol.model import Frozen, Natural, Positive, VersionOne


class _Record(Frozen):
    v: VersionOne
    federation: FederationIdField
    height: Positive
    prev: RecordIdField
    """Id of the record one height below; at height 1, the federation's id."""
    roll: Natural
    """Height of the roll whose tellers certify this record."""


class OpenBody(Frozen):
    """A round that is open: the request that it follows, word for word."""

    request: EventIdField
    spec: RoundSpec


class OpenRecord(_Record):
    """Opens a round. The round's id is this record's id."""

    kind: Literal["open"]
    body: OpenBody


class CloseBody(Frozen):
    """What closed a round: the seals named, the ballots that follow from them, and the outcome."""

    round: RecordIdField
    seals: Annotated[tuple[EventIdField, ...], Field(min_length=1, max_length=limits.SEALS_NAMED_MAX)]
    count: Natural
    """How many ballots are included."""
    listing: HashField
    """SHA-256 of the included ballots' 32-byte ids, ascending, joined."""
    outcome: HashField
    """SHA-256 of the outcome's canonical bytes."""
    result: dict[str, JsonValue]
    """The outcome in brief: its status and what was selected."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not is_ascending(self.seals):
            raise ValueError("seals must ascend")
        return self


class CloseRecord(_Record):
    """Closes a round."""

    kind: Literal["close"]
    body: CloseBody


class AgendaBody(Frozen):
    """A published agenda, by the hash of its document."""

    draft: EventIdField
    version: Positive
    document: TextHashField
    size: Natural


class AgendaRecord(_Record):
    """Publishes an agenda."""

    kind: Literal["agenda"]
    body: AgendaBody


Record = Annotated[OpenRecord | CloseRecord | AgendaRecord, Field(discriminator="kind")]
_RECORD: TypeAdapter[Record] = TypeAdapter(Record)


def record_bytes(record: Record) -> bytes:
    """Return the canonical bytes of a record."""
    return canonical.encode(record.model_dump(mode="json"))


def record_id(record: Record) -> RecordId:
    """Return a record's id: SHA-256 of its pre-authentication encoding."""
    return RecordId(sha256_hex(pae(f"record-{record.kind}", record_bytes(record))))


def parse_record(data: bytes) -> Record:
    """Return the record in canonical bytes.

    Raises NotCanonicalError or pydantic's ValidationError. The caller has bounded the size.
    """
    canonical.decode(data)
    return _RECORD.validate_json(data)


def record_from_value(value: dict[str, JsonValue]) -> Record:
    """Return the record that a JSON object stands for. Raises pydantic's ValidationError or LocalError."""
    return parse_record(canonical.encode(value))
