"""What certified records establish together: which rounds were opened and closed, and which agendas published."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from pydantic import ValidationError

from consensus.agenda import Closing, Published
from consensus.proof.format import JsonObject
from consensus.proof.steps import StepError
from protocol.errors import LocalError
from protocol.events.rounds import RoundSpec
from protocol.ids import RecordId
from protocol.register import AgendaBody, AgendaRecord, CloseRecord, OpenRecord, Record, record_from_value


@dataclass(slots=True)
class Standing:
    """The register by what it decides."""

    opened: dict[RecordId, RoundSpec] = field(default_factory=dict)
    closings: dict[int, Closing] = field(default_factory=dict)
    """By height."""
    closed: dict[RecordId, Closing] = field(default_factory=dict)
    """By round."""
    published: dict[int, Published] = field(default_factory=dict)
    """By version."""
    agendas: dict[int, AgendaBody] = field(default_factory=dict)
    """By version."""


def standing_of(records: Sequence[JsonObject], ids: Sequence[RecordId]) -> Standing:
    """Return what records with these ids establish. Raises StepError if one contradicts those below it."""
    standing = Standing()
    for height, (value, record_id) in enumerate(zip(records, ids, strict=True), start=1):
        _take(standing, height, _record(height, value), record_id)
    return standing


def _record(height: int, value: JsonObject) -> Record:
    try:
        return record_from_value(dict(value))
    except (ValidationError, LocalError) as error:
        raise StepError(f"the record at height {height} is signed, but it is no record of this version") from error


def _take(standing: Standing, height: int, record: Record, record_id: RecordId) -> None:
    match record:
        case OpenRecord():
            standing.opened[record_id] = record.body.spec
        case CloseRecord():
            spec = standing.opened.get(record.body.round)
            if spec is None or record.body.round in standing.closed:
                raise StepError(f"the record at height {height} closes a round that is not open")
            closing = Closing(height, record.body.round, spec, record.body)
            standing.closings[height] = standing.closed[record.body.round] = closing
        case AgendaRecord():
            if record.body.version != len(standing.agendas) + 1:
                raise StepError(f"the record at height {height} publishes an agenda out of turn")
            standing.agendas[record.body.version] = record.body
            standing.published[record.body.version] = Published(height, record.body.document)
