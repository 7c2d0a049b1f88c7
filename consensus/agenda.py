"""The agenda as a document: a pure function of certified closings, so that nobody can leave out or add an item.

The secretariat says when, and in which order where the decisions leave that open: a draft is valid if and only if it
equals what this module makes of the register up to the height that it names, in an order that arranged() allows.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from pydantic import Field, ValidationError

from protocol import canonical, limits
from protocol.canonical import NotCanonicalError
from protocol.errors import LocalError, RemoteError
from protocol.events.consultation import Minutes, TextRef, Track
from protocol.events.rounds import Option, OptionId, ProcedureName, RoundSpec
from protocol.ids import (
    EventId,
    EventIdField,
    FederationId,
    FederationIdField,
    RecordId,
    RecordIdField,
    TextHash,
    TextHashField,
)
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

    @property
    def has_quorum(self) -> bool:
        """Whether enough members took part to decide anything."""
        return self.body.result.get("status") != "no_quorum"

    @property
    def is_long_term_agenda(self) -> bool:
        """Whether it is what short-term items must have been ratified by."""
        return self.spec.procedure == "prioritisation" and self.spec.track == "long" and self.has_quorum


@dataclass(frozen=True, slots=True)
class Published:
    """A version of the agenda as the register has it."""

    height: int
    document: TextHash


ADOPTING: Final[frozenset[ProcedureName]] = frozenset({"prioritisation", "consent", "vote", "alternatives"})
"""The procedures whose rounds put what they adopt on the agenda."""
_REJECTING: Final[frozenset[ProcedureName]] = frozenset({"vote", "alternatives"})
"""Those among them that end what they don't adopt; a prioritisation and a call for consent leave it open."""
_CONFIRMING: Final[frozenset[ProcedureName]] = frozenset({"ratification", "review"})


@dataclass(frozen=True, slots=True)
class Basis:
    """What an agenda follows from."""

    closings: Iterable[Closing]
    published: Iterable[int]
    """Heights at which agendas were published."""
    ratified_tracks: frozenset[Track]
    """Tracks whose items lapse, once published, at the next long-term prioritisation unless they are ratified."""
    sunset_ms: Mapping[Track, int]
    """How long after its adoption or last review an item ends by itself, for the tracks on which it does."""


Reason = Literal["withdrawn", "lapsed", "rejected", "sunset"]
"""Withdrawn is what a review didn't confirm, lapsed what wasn't ratified in time."""


@dataclass(frozen=True, slots=True)
class Departure:
    """Why something left the agenda, and the round by which; none where time alone did it."""

    why: Reason
    round: RecordId | None


@dataclass(frozen=True, slots=True)
class Standing:
    """How an item stands on the agenda."""

    since: int
    """When the round closed that adopted it or confirmed it last."""
    is_ratified: bool


@dataclass(slots=True)
class _Standing:
    closing: Closing
    option: str
    is_ratified: bool
    since: int
    """When it was adopted or last confirmed."""


def build_agenda(
    federation: FederationId, version: int, height: int, previous: TextHash | None, basis: Basis
) -> AgendaDocument:
    """Return the agenda that follows from all closings up to a height.

    Long-term items stand in the order in which their rounds closed and selected them, then short-term ones likewise.
    A subject that was adopted twice stands where it was adopted last.
    """
    latest = _standing(basis, height, {})
    items: list[AgendaItem] = []
    tracks: tuple[tuple[Track, str], ...] = (("long", ""), ("short", "S"))
    for track, prefix in tracks:
        chosen = [each for each in latest.values() if each.closing.spec.track == track]
        items += [_item(f"{prefix}{at}", each.closing, each.option) for at, each in enumerate(chosen, start=1)]
    return AgendaDocument(
        v=1, federation=federation, version=version, height=height, previous=previous, items=tuple(items)
    )


def departures(basis: Basis, height: int) -> dict[str, Departure]:
    """Return by subject what stood on the agenda before a height and does so no more."""
    left: dict[str, Departure] = {}
    standing = _standing(basis, height, left)
    return {subject: why for subject, why in left.items() if subject not in standing}


def standing(basis: Basis, height: int) -> dict[str, Standing]:
    """Return by subject how what is on the agenda at a height stands."""
    return {subject: Standing(each.since, each.is_ratified) for subject, each in _standing(basis, height, {}).items()}


def _standing(basis: Basis, height: int, left: dict[str, Departure]) -> dict[str, _Standing]:
    """Return what stands on the agenda at a height by subject, in the order of adoption; note in left what leaves."""
    latest: dict[str, _Standing] = {}
    now = 0
    published = sorted(basis.published)
    for closing in sorted(basis.closings, key=lambda each: each.height):
        if closing.height > height:
            break
        if closing.is_long_term_agenda:
            _lapse(latest, closing, published, basis.ratified_tracks, left)
        if closing.spec.procedure in ADOPTING:
            _adopt(latest, closing, left)
        elif closing.spec.procedure in _CONFIRMING:
            _confirm(latest, closing, left)
        now = max(now, closing.spec.closes)
    set_ = [subject for subject, each in latest.items() if _has_set(each, now, basis.sunset_ms)]
    left |= {subject: Departure("sunset", None) for subject in set_}
    return {subject: each for subject, each in latest.items() if subject not in set_}


def _adopt(latest: dict[str, _Standing], closing: Closing, left: dict[str, Departure]) -> None:
    """Put on the agenda what a round adopts, and drop what it rejects. Without a quorum nothing changes."""
    if closing.spec.procedure in _REJECTING and closing.has_quorum:
        for each in closing.spec.question.options:
            _drop(latest, each.subject, "rejected", closing, left)
    for option in closing.selected:
        subject = _option(closing, option).subject
        latest.pop(subject, None)
        latest[subject] = _Standing(closing, option, is_ratified=False, since=closing.spec.closes)


def _has_set(standing: _Standing, now: int, sunset_ms: Mapping[Track, int]) -> bool:
    limit = sunset_ms.get(standing.closing.spec.track)
    return limit is not None and now - standing.since > limit


def _drop(
    latest: dict[str, _Standing], subject: str, why: Reason, closing: Closing, left: dict[str, Departure]
) -> None:
    if latest.pop(subject, None) is not None:
        left[subject] = Departure(why, closing.round)


def _confirm(latest: dict[str, _Standing], closing: Closing, left: dict[str, Departure]) -> None:
    """Let what was ratified or reviewed stand, or drop it. Without a quorum nothing changes."""
    for option in closing.spec.question.options:
        if option.subject in latest and option.id in closing.selected:
            latest[option.subject].is_ratified = True
            latest[option.subject].since = closing.spec.closes
        elif closing.body.result.get("status") == "not_adopted":
            why: Reason = "withdrawn" if closing.spec.procedure == "review" else "rejected"
            _drop(latest, option.subject, why, closing, left)


def _lapse(
    latest: dict[str, _Standing],
    closing: Closing,
    published: Sequence[int],
    ratified_tracks: frozenset[Track],
    left: dict[str, Departure],
) -> None:
    """Drop what was published but not ratified before a long-term prioritisation."""
    for subject, standing in list(latest.items()):
        is_published = any(standing.closing.height < each < closing.height for each in published)
        if standing.closing.spec.track in ratified_tracks and is_published and not standing.is_ratified:
            _drop(latest, subject, "lapsed", closing, left)


def arranged(due: AgendaDocument, order: Sequence[EventId]) -> AgendaDocument | str:
    """Return a due agenda with its items in another order and numbered anew, or why they can't stand so.

    order names the subject of every item once. Long-term items stand before short-term ones, and items that one round
    chose together keep the order that it gave them.
    """
    known = {item.subject: item for item in due.items}
    if len(order) != len(known) or set(order) != known.keys():
        return "its order doesn't name each item that follows from the closed rounds once"
    items = [known[subject] for subject in order]
    if [item.track for item in items] != [item.track for item in due.items]:
        return "long-term items stand before short-term ones"
    if _chosen_together(items) != _chosen_together(due.items):
        return "items that one round chose together keep the order that it gave them"
    return due.model_copy(update={"items": _numbered(items)})


def _chosen_together(items: Iterable[AgendaItem]) -> dict[RecordId, list[EventId]]:
    """Return the subjects of each round's items in the order in which they stand."""
    found: dict[RecordId, list[EventId]] = {}
    for item in items:
        found.setdefault(item.round, []).append(item.subject)
    return found


def _numbered(items: Sequence[AgendaItem]) -> tuple[AgendaItem, ...]:
    long = sum(item.track == "long" for item in items)
    numbers = [*(str(at + 1) for at in range(long)), *(f"S{at + 1}" for at in range(len(items) - long))]
    return tuple(item.model_copy(update={"number": number}) for item, number in zip(items, numbers, strict=True))


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
