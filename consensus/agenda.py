"""The agenda as a document: a pure function of certified closings, so that nobody can leave out or add an item.

The secretariat only says when: a draft is valid if and only if it equals what this module makes of the register up to
the height that it names.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field, ValidationError

from protocol import canonical, limits
from protocol.canonical import NotCanonicalError
from protocol.errors import LocalError, RemoteError
from protocol.events.consultation import Minutes, TextRef, Track
from protocol.events.rounds import Option, OptionId, RoundSpec
from protocol.ids import EventIdField, FederationId, FederationIdField, RecordId, RecordIdField, TextHash, TextHashField
from protocol.model import Frozen, Positive, VersionOne
from protocol.register import CloseBody


class AgendaItem(Frozen):
    """One adopted item, and the round and option that it rests on."""

    number: Annotated[str, Field(pattern=r"^S?[1-9][0-9]{0,4}$")]
    """1, 2, … for long-term items, S1, S2, … for short-term ones."""
    track: Track
    subject: EventIdField
    text: TextRef
    minutes: Minutes
    round: RecordIdField
    option: OptionId


class AgendaDocument(Frozen):
    """A version of the agenda."""

    v: VersionOne
    federation: FederationIdField
    version: Positive
    height: Positive
    """The register's height up to which closings are taken in."""
    previous: TextHashField | None
    """The document before this one."""
    items: tuple[AgendaItem, ...]


@dataclass(frozen=True, slots=True)
class Closing:
    """A certified close with the round that it closes."""

    height: int
    round: RecordId
    spec: RoundSpec
    body: CloseBody

    @property
    def selected(self) -> tuple[str, ...]:
        """The options that were adopted, in the order of the outcome."""
        chosen = self.body.result.get("selected")
        return tuple(str(option) for option in chosen) if isinstance(chosen, list) else ()


def build_agenda(
    federation: FederationId, version: int, height: int, previous: TextHash | None, closings: Iterable[Closing]
) -> AgendaDocument:
    """Return the agenda that follows from all closings up to a height.

    Long-term items stand in the order in which their rounds closed and selected them, then short-term ones likewise.
    A subject that was adopted twice stands where it was adopted last.
    """
    latest: dict[str, tuple[Closing, str]] = {}
    for closing in sorted(closings, key=lambda each: each.height):
        if closing.height <= height:
            for option in closing.selected:
                subject = _option(closing, option).subject
                latest.pop(subject, None)
                latest[subject] = (closing, option)
    items: list[AgendaItem] = []
    tracks: tuple[tuple[Track, str], ...] = (("long", ""), ("short", "S"))
    for track, prefix in tracks:
        chosen = [pair for pair in latest.values() if pair[0].spec.track == track]
        items += [_item(f"{prefix}{at}", *pair) for at, pair in enumerate(chosen, start=1)]
    return AgendaDocument(
        v=1, federation=federation, version=version, height=height, previous=previous, items=tuple(items)
    )


def agenda_bytes(document: AgendaDocument) -> bytes:
    """Return a document's canonical bytes. Raises LocalError if they are too long."""
    data = canonical.encode(document.model_dump(mode="json"))
    if len(data) > limits.TEXT_BYTES_MAX:
        raise LocalError(f"an agenda of {len(document.items)} items is over the limit of {limits.TEXT_BYTES_MAX} bytes")
    return data


def parse_agenda(data: bytes) -> AgendaDocument:
    """Return the agenda in canonical bytes. Raises RemoteError if it is none."""
    try:
        canonical.decode(data)
        return AgendaDocument.model_validate_json(data)
    except (NotCanonicalError, ValidationError) as error:
        raise RemoteError("this is not an agenda of this version") from error


def _option(closing: Closing, option_id: str) -> Option:
    return next(option for option in closing.spec.question.options if option.id == option_id)


def _item(number: str, closing: Closing, option_id: str) -> AgendaItem:
    option = _option(closing, option_id)
    return AgendaItem(
        number=number,
        track=closing.spec.track,
        subject=option.subject,
        text=option.text,
        minutes=option.minutes,
        round=closing.round,
        option=option.id,
    )
