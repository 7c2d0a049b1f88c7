"""What the secretariat prepares and signs. Where that takes two people, a request waits until the second one confirms.

A request is kept at this node alone and holds what was asked for, not what will be signed: a round's texts are frozen
and its time begins when it is confirmed. Does not decide who holds which role (voice.py).
"""

import secrets
from collections.abc import Sequence
from typing import Final, Literal

import orjson

from node.clock import Clock
from node.config import Desk as DeskSettings
from node.desk_agenda import AgendaDesk
from node.desk_rounds import RoundDesk
from node.kept_views import KeptViews
from node.storage import desk_rows
from node.storage import events as store
from node.storage.database import Connection, Database
from node.storage.desk_rows import RequestRow
from node.teller import Teller
from node.voice import Voice
from protocol.envelope import reopen_verified
from protocol.events.consultation import AgendaDraft
from protocol.events.rounds import OpenRequest
from web.desk_views import ApprovalView, Drafts, PendingView, Signed
from web.ports import Account, Refused, RoundInput, TextView

_HOUR_MS: Final = 3_600_000
_REQUESTS_MAX: Final = 20
"""So many may wait at once."""
_DRAFT_BYTES_MAX: Final = 64 * 1024
_PENDING_AGE_MS: Final = 7 * 24 * _HOUR_MS
"""A request that tellers haven't certified for so long is no longer told of as on its way."""


class Requests:
    """Drafts and requests of this node's secretariat."""

    def __init__(  # noqa: PLR0913, PLR0917 - what signing at the desk takes
        self,
        database: Database,
        clock: Clock,
        voice: Voice,
        teller: Teller,
        rounds: RoundDesk,
        agenda: AgendaDesk,
        settings: DeskSettings,
        views: KeptViews,
    ) -> None:
        self._database = database
        self._clock = clock
        self._voice = voice
        self._teller = teller
        self._rounds = rounds
        self._agenda = agenda
        self._settings = settings
        self._views = views

    async def draft(self, account: Account, name: str) -> Drafts:
        """Return what an account has typed into a form of several steps; empty if nothing."""
        held = await self._database.read(lambda c: desk_rows.draft(c, account.id, name))
        return {} if held is None else {key: tuple(values) for key, values in orjson.loads(held).items()}

    async def keep_draft(self, account: Account, name: str, fields: Drafts) -> None:
        """Keep what an account has typed; an empty draft is forgotten."""
        value = orjson.dumps({key: list(values) for key, values in fields.items()}).decode()
        if len(value.encode()) > _DRAFT_BYTES_MAX:
            raise Refused("text-too-long")
        now = self._clock.now()
        await self._database.write(lambda c: desk_rows.keep_draft(c, account.id, name, value if fields else None, now))

    async def ask_round(self, account: Account, wanted: RoundInput) -> Signed:
        """Sign a request to open a round, or have it wait for a second person."""
        self._voice.check(account, "secretariat")
        if not self._settings.two_person_approval:
            await self._rounds.sign(wanted)
            return "signed"
        await self._rounds.checked_spec(wanted)
        await self._wait(account, "round", _written(wanted))
        return "waiting"

    async def ask_agenda(self, account: Account, order: Sequence[str] | None) -> Signed:
        """Sign a draft of the next agenda, or have it wait for a second person."""
        self._voice.check(account, "secretariat")
        if not self._settings.two_person_approval:
            await self._agenda.sign(order)
            return "signed"
        await self._agenda.due(order)
        await self._wait(account, "agenda", orjson.dumps(None if order is None else list(order)).decode())
        return "waiting"

    async def sign_round_alone(self, account: Account, wanted: RoundInput) -> str:
        """Sign a request to open a round; return its id. Refused with code `second-person` where that takes two."""
        self._check_alone(account)
        return await self._rounds.sign(wanted)

    async def sign_agenda_alone(self, account: Account, order: Sequence[str] | None) -> str:
        """Sign a draft of the next agenda; return its id. Refused with code `second-person` where that takes two."""
        self._check_alone(account)
        return await self._agenda.sign(order)

    def _check_alone(self, account: Account) -> None:
        self._voice.check(account, "secretariat")
        if self._settings.two_person_approval:
            raise Refused("second-person")

    async def _wait(self, account: Account, kind: Literal["round", "agenda"], wanted: str) -> None:
        now = self._clock.now()
        row = RequestRow(
            id=secrets.token_hex(16),
            kind=kind,
            account=account.id,
            account_name=account.name,
            asked=now,
            expires=now + self._settings.approval_hours * _HOUR_MS,
            wanted=wanted,
        )
        if not await self._database.write(lambda c: desk_rows.add_request(c, row, now, _REQUESTS_MAX)):
            raise Refused("too-many")

    async def waiting(self, account: Account) -> tuple[ApprovalView, ...]:
        """Return what waits for a second person, the oldest first."""
        now = self._clock.now()
        rows = await self._database.look(lambda c: desk_rows.requests(c, now))
        return tuple([await self._view(row, account) for row in rows])

    async def _view(self, row: RequestRow, account: Account) -> ApprovalView:
        wanted = _read(row.wanted) if row.kind == "round" else None
        return ApprovalView(
            id=row.id,
            kind=row.kind,
            asked_by=row.account_name,
            is_mine=row.account == account.id,
            asked=row.asked,
            expires=row.expires,
            round=wanted,
            titles=await self._titles(row, wanted),
        )

    async def _titles(self, row: RequestRow, wanted: RoundInput | None) -> tuple[TextView, ...]:
        """Return what would be signed, as far as it can be now."""
        try:
            if wanted is not None:
                return tuple(option.text for option in (await self._rounds.plan(wanted)).options)
            return tuple(item.text for item in (await self._agenda.due(orjson.loads(row.wanted))).items)
        except Refused:
            return ()

    async def confirm(self, account: Account, request: str) -> Literal["round", "agenda"]:
        """Sign what another account asked for. It is taken away first, so that nothing is signed twice."""
        self._voice.check(account, "secretariat")
        now = self._clock.now()
        row = await self._database.read(lambda c: desk_rows.request(c, request, now))
        if row is None:
            raise Refused("request-gone")
        if row.account == account.id:
            raise Refused("own-request")
        if not await self._database.write(lambda c: desk_rows.remove_request(c, request)):
            raise Refused("request-gone")
        try:
            if row.kind == "round":
                await self._rounds.sign(_read(row.wanted))
            else:
                await self._agenda.sign(orjson.loads(row.wanted))
        except Refused:
            await self._database.write(lambda c: desk_rows.add_request(c, row, now, _REQUESTS_MAX + 1))
            raise
        return row.kind

    async def decline(self, account: Account, request: str) -> None:
        """Do away with what another account asked for, or take back what this one did."""
        self._voice.check(account, "secretariat")
        if not await self._database.write(lambda c: desk_rows.remove_request(c, request)):
            raise Refused("request-gone")

    async def pending(self) -> tuple[PendingView, ...]:
        """Return what was signed and isn't certified yet, the newest first."""
        key = ("pending", len(self._teller.opened), len(self._teller.agendas))
        return await self._views.of(key, self._signed_lately)

    async def _signed_lately(self) -> tuple[PendingView, ...]:
        asked = {str(record.body.request) for record in self._teller.opened.values()}
        version = max(self._teller.agendas, default=0)
        since = self._clock.now() - _PENDING_AGE_MS
        found = await self._database.read(lambda c: _pending(c, asked, version, since))
        return tuple(sorted(found, key=lambda each: (-each.time, each.id)))


def _pending(connection: Connection, asked: set[str], version: int, since: int) -> list[PendingView]:
    found = []
    for stored in store.of_kind_since(connection, since, "open-request", "agenda-draft"):
        event = reopen_verified(stored.envelope).event
        id_ = stored.envelope.id
        if isinstance(event.body, OpenRequest) and id_ not in asked:
            found.append(PendingView(id_, "round", event.body.spec.number, event.time))
        elif isinstance(event.body, AgendaDraft) and event.body.version > version:
            found.append(PendingView(id_, "agenda", event.body.version, event.time))
    return found


def _written(wanted: RoundInput) -> str:
    return orjson.dumps(
        {
            "track": wanted.track,
            "procedure": wanted.procedure,
            "subjects": list(wanted.subjects),
            "closes_in_ms": wanted.closes_in_ms,
            "capacity_minutes": wanted.capacity_minutes,
            "hide_running": wanted.hide_running,
            "proxies_per_holder": wanted.proxies_per_holder,
        }
    ).decode()


def _read(text: str) -> RoundInput:
    value = orjson.loads(text)
    return RoundInput(**{**value, "subjects": tuple(value["subjects"])})
