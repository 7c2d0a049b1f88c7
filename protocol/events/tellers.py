"""What tellers state while a round closes and a register record is agreed. See SPEC.md, part 6."""

from typing import Annotated, Self

from pydantic import Field, JsonValue, model_validator

from protocol import limits
from protocol.events.consultation import is_ascending
from protocol.ids import EventIdField, HashField, RecordIdField, SignatureField
from protocol.model import Frozen, Natural

NO_VIEW = -1
View = Annotated[int, Field(ge=0, le=1_000_000)]


class Receipt(Frozen):
    """A teller's word that these ballots reached it before the deadline by its own clock."""

    round: RecordIdField
    ballots: Annotated[tuple[EventIdField, ...], Field(min_length=1, max_length=limits.RECEIPT_BALLOTS_MAX)]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not is_ascending(self.ballots):
            raise ValueError("ballots must ascend")
        return self


class Seal(Frozen):
    """A teller's one list of the ballots it vouches for: inline, or beside the event where it is long."""

    round: RecordIdField
    count: Annotated[int, Field(ge=0, le=limits.SEAL_BALLOTS_MAX)]
    listing: HashField
    """SHA-256 of the ids' 32 bytes each, ascending, joined."""
    ballots: Annotated[tuple[EventIdField, ...], Field(max_length=limits.SEAL_INLINE_BALLOTS_MAX)] | None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.ballots is None:
            if self.count <= limits.SEAL_INLINE_BALLOTS_MAX:
                raise ValueError("a short list must be inline")
        elif len(self.ballots) != self.count or not is_ascending(self.ballots):
            raise ValueError("ballots must ascend and be as many as counted")
        return self


class RecordProposal(Frozen):
    """The proposer of a view puts a record forward: at this height, in this view, valid since that view."""

    height: Natural
    view: View
    valid_view: Annotated[int, Field(ge=NO_VIEW, le=1_000_000)]
    value: RecordIdField
    record: dict[str, JsonValue]


class Prevote(Frozen):
    """A teller's first-stage vote for a record, or for none."""

    height: Natural
    view: View
    value: RecordIdField | None


class Precommit(Frozen):
    """A teller's second-stage vote for a record, or for none."""

    height: Natural
    view: View
    value: RecordIdField | None


class Cosignature(Frozen):
    """A teller's word on how the register stands as a log: its cosignature of the checkpoint of a height."""

    height: Natural
    root: HashField
    """The root of the log whose last entry is the one at this height."""
    time: Natural
    """Seconds since 1970-01-01 UTC by the teller's clock."""
    signature: SignatureField
