"""Published agendas, and who was heard in them."""

from typing import Final

from consensus.fairness.agenda_report import agenda_report
from web.api.endpoint import HEAVY, LONG_MS, Call, reading
from web.api.models.agendas import Agenda, AgendaEntry, AgendaPage, Fairness
from web.api.models.asked import Asked, OfVersion, Paged
from web.api.paging import Anchor, part_of
from web.api.problems import Problem
from web.marking import N_
from web.ports import AgendaView

_SECTION: Final = N_("Agendas")


async def list_agendas(call: Call, asked: Paged) -> AgendaPage:
    """Return one part of the published agendas."""
    newest = await call.backend.agenda()
    versions = newest.versions if newest else ()
    shown, following = part_of(versions, _newest_first, "agendas", asked)
    in_force = max(versions, default=0)
    items = tuple(AgendaEntry(version=version, is_in_force=version == in_force) for version in shown)
    return AgendaPage(next=following, total=len(versions), items=items)


def _newest_first(version: int) -> Anchor:
    return (-version,)


async def get_agenda_in_force(call: Call, _: Asked) -> Agenda:
    """Return the agenda in force."""
    return Agenda.of(_there(await call.backend.agenda()))


async def get_agenda(call: Call, asked: OfVersion) -> Agenda:
    """Return one version of the agenda."""
    return Agenda.of(_there(await call.backend.agenda(asked.version)))


async def get_fairness(call: Call, asked: OfVersion) -> Fairness:
    """Return who was heard in an agenda."""
    agenda = _there(await call.backend.agenda(asked.version))
    members = {member.id: member.constituencies for member in await call.lists.members()}
    report = agenda_report(members, await call.backend.agenda_sources(agenda.version))
    return Fairness(agenda=agenda.version, document=agenda.document, report=report)


def _there(agenda: AgendaView | None) -> AgendaView:
    if agenda is None:
        raise Problem("not-found")
    return agenda


ENDPOINTS: Final = (
    reading(
        "/agendas",
        N_("Published agendas"),
        _SECTION,
        Paged,
        AgendaPage,
        list_agendas,
        lasts_ms=LONG_MS,
        leads_to=(("get_agenda", "version", "/items/0/version"), ("get_fairness", "version", "/items/0/version")),
    ),
    reading("/agendas/in-force", N_("The agenda in force"), _SECTION, Asked, Agenda, get_agenda_in_force),
    reading("/agendas/{version}", N_("One published agenda"), _SECTION, OfVersion, Agenda, get_agenda),
    reading(
        "/agendas/{version}/fairness",
        N_("Who was heard in an agenda"),
        _SECTION,
        OfVersion,
        Fairness,
        get_fairness,
        points=HEAVY,
        lasts_ms=LONG_MS,
    ),
)
