"""What waits: proposals for screening, objections for a reply."""

from collections.abc import Iterable
from typing import Final

from consensus.proposal_state import Consultation
from node.config import Desk as DeskSettings
from node.courses import objection_view, other_view
from node.kept_views import BRIEF_MS, KeptViews
from node.library import Library
from node.stages import Stages
from node.storage import projections, texts
from node.storage.database import Connection, Database
from node.storage.projections import ProposalRow
from protocol.errors import RemoteError
from protocol.events.consultation import Track
from protocol.texts import parse_document
from web.desk_views import SCREENED_LATELY_MS, Ledger, LedgerEntry, ObjectionState, ScreeningQueue, Waiting
from web.ports import ProposalSummary

_HOUR_MS: Final = 3_600_000
_QUEUE_MAX: Final = 500
_LEDGER_PROPOSALS_MAX: Final = 300
"""How many proposals with positions one look at the ledger folds."""
_DECIDING: Final = frozenset({"in-ballot", "chosen", "broken", "no-quorum"})
_NEEDS_REPLY: Final = ("due", "waiting")


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

    async def objections(self, *, with_settled: bool) -> Ledger:
        """Return the objections to proposals that are under way, or to all."""
        return await self._database.read(lambda c: self._objections(c, with_settled=with_settled))

    def _objections(self, connection: Connection, *, with_settled: bool) -> Ledger:
        rows = projections.with_positions(connection, _LEDGER_PROPOSALS_MAX + 1, with_settled=with_settled)
        entries = [entry for row in rows[:_LEDGER_PROPOSALS_MAX] for entry in self._entries(connection, row)]
        ordered = sorted(entries, key=_place)
        return Ledger(tuple(ordered), len(rows) > _LEDGER_PROPOSALS_MAX)

    def _entries(self, connection: Connection, row: ProposalRow) -> Iterable[LedgerEntry]:
        state = self._stages.state(connection, row.id)
        if state is None:
            return
        for each in state.objections:
            is_answered = each.answer is not None or not each.is_standing
            due = None if is_answered else state.notice_until
            yield LedgerEntry(
                proposal=other_view(connection, row.id),
                track=row.track,
                objection=objection_view(connection, each),
                state=objection_state(
                    state, None if each.answer is None else each.answer.answer, self._stages.now(),
                    is_standing=each.is_standing,
                ),
                due=due,
            )  # fmt: skip


def objection_state(
    state: Consultation, answer: ObjectionState | None, now: int, *, is_standing: bool
) -> ObjectionState:
    """Return where an objection stands: lifted, answered, due because a round may decide now, or waiting."""
    if not is_standing:
        return "lifted"
    if answer is not None:
        return answer
    is_near = state.stage in _DECIDING or (state.notice_until is not None and state.notice_until <= now)
    return "due" if is_near else "waiting"


def _place(entry: LedgerEntry) -> tuple[int, int, str]:
    """Return where an entry stands: what needs a reply first, the earliest due foremost; then the latest objection."""
    if entry.state in _NEEDS_REPLY:
        return _NEEDS_REPLY.index(entry.state), entry.due or entry.objection.time, entry.objection.id
    return len(_NEEDS_REPLY), -entry.objection.time, entry.objection.id


def _has_urgency(connection: Connection, digest: str) -> bool:
    row = texts.get(connection, digest)
    if row is None or row.data is None:
        return False
    try:
        return bool(parse_document(row.data).urgency)
    except RemoteError:
        return False
