"""The next agenda: what it would hold, in which order, what leaves it and why; and its draft."""

from collections.abc import Iterable, Sequence
from typing import Final

from consensus.agenda import AgendaDocument, AgendaItem, Closing, agenda_bytes
from node.deliveries import Beside
from node.library import Library
from node.rounds import Rounds
from node.teller import Teller
from node.voice import Voice
from protocol.charter import Charter
from protocol.errors import LocalError
from protocol.events.consultation import AgendaDraft
from protocol.events.rounds import ProcedureName
from protocol.ids import EventId, TextHash
from protocol.texts import text_ref
from web.desk_views import DroppedItem, DueAgenda, DueItem
from web.ports import Refused

_DECLINING: Final[frozenset[ProcedureName]] = frozenset({"vote", "alternatives", "ratification", "review"})
"""Rounds that take an item off the agenda when they don't adopt it."""


class AgendaDesk:
    """The agenda for the desk."""

    def __init__(self, charter: Charter, voice: Voice, teller: Teller, library: Library, rounds: Rounds) -> None:
        self._charter = charter
        self._voice = voice
        self._teller = teller
        self._library = library
        self._rounds = rounds

    async def due(self, order: Sequence[str] | None) -> DueAgenda:
        """Return what the next agenda would hold, in an order or in that of adoption."""
        document = await self._document(order)
        default = await self._document(None)
        held = await self._rounds.agenda_in_force()
        before = () if held is None else held[0].items
        numbers = {item.subject: item.number for item in before}
        return DueAgenda(
            version=document.version,
            height=document.height,
            items=tuple([await self._item(item, numbers) for item in document.items]),
            dropped=await self._dropped(before, document, 0 if held is None else held[0].height),
            in_force=None if held is None else held[0].version,
            is_in_default_order=document.items == default.items,
        )

    async def sign(self, order: Sequence[str] | None) -> EventId:
        """Sign a draft of the next agenda; return its id. The caller has checked who asks."""
        document = await self._document(order)
        held = await self._rounds.agenda_in_force()
        if held is not None and (held[0].height, held[0].items) == (document.height, document.items):
            raise Refused("nothing-new")
        try:
            data = agenda_bytes(document)
        except LocalError as error:
            raise Refused("text-too-long") from error
        body = AgendaDraft(
            version=document.version,
            document=TextHash(text_ref(data, "en").sha256),
            size=len(data),
            order=None if order is None else tuple(EventId(subject) for subject in order),
        )
        return await self._voice.say("agenda-draft", body, texts=(Beside(data, ""),))

    async def _document(self, order: Sequence[str] | None) -> AgendaDocument:
        height = max(self._teller.closings, default=0)
        if height == 0:
            raise Refused("no-outcomes")
        version = max(self._teller.agendas, default=0) + 1
        subjects = None if order is None else [EventId(subject) for subject in order]
        document = self._teller.rulings.ordered_agenda(version, height, subjects)
        if isinstance(document, str):
            raise Refused("order-impossible", detail=document)
        return document

    async def _item(self, item: AgendaItem, numbers: dict[EventId, str]) -> DueItem:
        return DueItem(
            number=item.number,
            subject=item.subject,
            text=await self._library.text(item.text),
            track=item.track,
            minutes=item.minutes,
            round=item.round,
            round_number=self._teller.opened[item.round].body.spec.number,
            before=numbers.get(item.subject, ""),
        )

    async def _dropped(
        self, before: Iterable[AgendaItem], document: AgendaDocument, height: int
    ) -> tuple[DroppedItem, ...]:
        kept = {item.subject for item in document.items}
        later = [closing for at, closing in sorted(self._teller.closings.items()) if at > height]
        return tuple([await self._gone(item, later) for item in before if item.subject not in kept])

    async def _gone(self, item: AgendaItem, later: Sequence[Closing]) -> DroppedItem:
        text = await self._library.text(item.text)
        declined = next((each for each in later if _declines(each, item.subject)), None)
        if declined is not None:
            return DroppedItem(item.number, text, "not-adopted", declined.spec.number)
        policy = self._charter.long if item.track == "long" else self._charter.short
        is_due = policy.ratification and any(each.is_long_term_agenda for each in later)
        return DroppedItem(item.number, text, "unratified" if is_due else "sunset", None)


def _declines(closing: Closing, subject: EventId) -> bool:
    """Whether a round took a subject off the agenda."""
    if closing.spec.procedure not in _DECLINING or not closing.has_quorum:
        return False
    return any(
        option.subject == subject and option.id not in closing.selected for option in closing.spec.question.options
    )
