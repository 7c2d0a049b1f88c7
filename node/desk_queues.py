"""What waits: proposals for screening, objections for a reply."""

from collections.abc import Iterable
from typing import Final, cast

from consensus.proposal_state import Consultation
from node.config import Desk as DeskSettings
from node.courses import objection_view, other_view
from node.kept_views import BRIEF_MS, KeptViews
from node.library import Library
from node.stages import Stages
from node.storage import objections, projections, texts
from node.storage.database import Connection, Database
from node.storage.objections import DECIDING, LedgerQuery
from node.storage.projections import ProposalRow
from protocol.errors import RemoteError
from protocol.events.consultation import Track
from protocol.texts import parse_document
from web.desk_views import SCREENED_LATELY_MS, Ledger, LedgerEntry, ObjectionState, ScreeningQueue, Waiting
from web.ports import ProposalSummary

_HOUR_MS: Final = 3_600_000
_QUEUE_MAX: Final = 500
LEDGER_PER_PAGE: Final = 50
"""Objections on a page of the ledger; only the proposals that these are to are folded for it."""


class Queues:
    """The queues, read from the store."""

    def __init__(
        self, database: Database, stages: Stages, library: Library, settings: DeskSettings, views: KeptViews
    ) -> None:
        self._database = database
        self._stages = stages
        self._library = library
        self._views = views
        self._hours: dict[Track, int] = {"long": settings.screening_hours_long, "short": settings.screening_hours_short}

    async def screening(self) -> ScreeningQueue:
        """Return what waits for screening."""
        return await self._views.of(("screening",), self._screening, BRIEF_MS)

    async def _screening(self) -> ScreeningQueue:
        summaries = await self._library.in_stage("submitted", _QUEUE_MAX)
        since = self._stages.now() - SCREENED_LATELY_MS
        waiting, lately = await self._database.read(
            lambda c: ([self._waiting(c, item) for item in summaries], projections.screened_since(c, since))
        )
        return ScreeningQueue(tuple(sorted(waiting, key=lambda each: (each.due, each.proposal.id))), lately)

    def _waiting(self, connection: Connection, item: ProposalSummary) -> Waiting:
        state = self._stages.state(connection, item.id)
        submitted = [step.at for step in state.history if step.stage == "submitted"] if state else []
        returned = sum(step.act == "return" and step.void is None for step in state.history) if state else 0
        since = max((at for at in submitted if returned), default=item.time)
        return Waiting(
            proposal=item,
            due=since + self._hours[item.track] * _HOUR_MS,
            has_urgency=state is not None and _has_urgency(connection, state.text.text.sha256),
            returned=returned,
        )

    async def objections(
        self, *, with_settled: bool, track: Track | None = None, state: str = "", page: int = 1
    ) -> Ledger:
        """Return a page of the objections to proposals that are under way, or to all."""
        query = LedgerQuery(self._stages.now(), with_settled, track, state)
        return await self._database.read(lambda c: self._ledger(c, query, page))

    def _ledger(self, connection: Connection, query: LedgerQuery, page: int) -> Ledger:
        counts = cast("dict[ObjectionState, int]", objections.counts(connection, query))
        total = sum(number for name, number in counts.items() if query.state in ("", name))
        pages = max(1, -(-total // LEDGER_PER_PAGE))
        at = max(1, min(page, pages))
        found = objections.page(connection, query, (at - 1) * LEDGER_PER_PAGE, LEDGER_PER_PAGE)
        entries = {each.objection.id: each for each in self._entries(connection, [proposal for proposal, _ in found])}
        return Ledger(tuple(entries[id_] for _, id_ in found if id_ in entries), counts, at, pages)

    def _entries(self, connection: Connection, proposals: Iterable[str]) -> Iterable[LedgerEntry]:
        for proposal in dict.fromkeys(proposals):
            row, state = projections.get_proposal(connection, proposal), self._stages.state(connection, proposal)
            if row is not None and state is not None:
                yield from self._of_proposal(connection, row, state)

    def _of_proposal(self, connection: Connection, row: ProposalRow, state: Consultation) -> Iterable[LedgerEntry]:
        for each in state.objections:
            is_answered = each.answer is not None or not each.is_standing
            answer = None if each.answer is None else each.answer.answer
            yield LedgerEntry(
                proposal=other_view(connection, row.id),
                track=row.track,
                objection=objection_view(connection, each),
                state=objection_state(state, answer, self._stages.now(), is_standing=each.is_standing),
                due=None if is_answered else state.notice_until,
            )


def objection_state(
    state: Consultation, answer: ObjectionState | None, now: int, *, is_standing: bool
) -> ObjectionState:
    """Return where an objection stands: lifted, answered, due because a round may decide now, or waiting."""
    if not is_standing:
        return "lifted"
    if answer is not None:
        return answer
    is_near = state.stage in DECIDING or (state.notice_until is not None and state.notice_until <= now)
    return "due" if is_near else "waiting"


def _has_urgency(connection: Connection, digest: str) -> bool:
    row = texts.get(connection, digest)
    if row is None or row.data is None:
        return False
    try:
        return bool(parse_document(row.data).urgency)
    except RemoteError:
        return False
