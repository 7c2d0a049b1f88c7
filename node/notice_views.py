"""Notices with what they are about as it stands now: titles, rounds, what was said."""

from collections.abc import Sequence
from dataclasses import dataclass

from node.courses import text_view
from node.library import Library
from node.rounds import Rounds
from node.storage import events as store
from node.storage.database import Connection, Database
from node.storage.notices import KeptNotice
from protocol.envelope import reopen_verified
from protocol.events.consultation import Position, TextRef
from protocol.events.deliberation import (
    Amendment,
    AmendmentAnswer,
    ConsultationCall,
    Disposition,
    ObjectionAnswer,
    Screening,
)
from web.notices_port import NoticeView
from web.ports import ProposalSummary, RoundSummary, TextView

_ABOUT_A_ROUND = frozenset({"round", "reminder", "office-reminder"})
_UNTIL_VOTED = frozenset({"reminder", "office-reminder"})


@dataclass(frozen=True, slots=True)
class NoticeViews:
    """Reads what notices are about."""

    database: Database
    library: Library
    rounds: Rounds

    async def of(self, kept: Sequence[KeptNotice]) -> tuple[NoticeView, ...]:
        """Return notices as they are shown, in the same order."""
        needs_rounds = any(each.occurrence.kind in _ABOUT_A_ROUND for each in kept)
        rounds = {found.id: found for found in await self.rounds.all()} if needs_rounds else {}
        return tuple([await self._view(each, rounds) for each in kept])

    async def _view(self, kept: KeptNotice, rounds: dict[str, RoundSummary]) -> NoticeView:
        what = kept.occurrence
        title, quote = None, None
        if what.kind not in _ABOUT_A_ROUND and what.kind != "agenda":
            title = await self._title(what.subject)
            event = what.subject if what.kind == "proposal" else what.event
            quote = await self.database.read(lambda c: _quoted(c, event))
        return NoticeView(
            name=what.name,
            kind=what.kind,
            subject=what.subject,
            at=kept.noted,
            member=what.member,
            title=title,
            round=rounds.get(what.subject),
            until=what.until,
            quote=quote,
        )

    async def _title(self, proposal: str) -> TextView | None:
        found = await self.library.subject(proposal)
        if not isinstance(found, ProposalSummary):
            return None
        return TextView(found.text_state, found.lang, found.title)


def is_past(notice: NoticeView, now: int) -> bool:
    """Whether a notice that waits to be sent has nothing to tell any more: the round has closed, or was voted in."""
    if notice.kind not in _ABOUT_A_ROUND:
        return False
    is_over = notice.until is not None and now >= notice.until
    return is_over or notice.round is None or (notice.kind in _UNTIL_VOTED and notice.round.mine)


def _quoted(connection: Connection, event: str) -> TextView | None:
    """Return the text that an event brought, or None if it brought none."""
    found = store.by_ids(connection, [event]) if event else []
    if not found:
        return None
    ref = _ref(reopen_verified(found[0]).event.body)
    return None if ref is None else text_view(connection, ref.sha256, ref.lang)


def _ref(body: object) -> TextRef | None:
    match body:
        case Position() | Amendment() | AmendmentAnswer() | Screening() | Disposition():
            return body.reasons
        case ObjectionAnswer():
            return body.reply
        case ConsultationCall():
            return body.question
        case _:
            return getattr(body, "text", None)
