"""Who was heard in an agenda: by constituency, as pictures, as a table and as data."""

from typing import Final

import orjson
from aiohttp import web as aioweb

from consensus.fairness.agenda_report import AgendaReport, Part, agenda_report
from web import keys
from web.constituencies import constituency_name, ordered, shown
from web.errors import NotFoundError
from web.fairness_values import heard, kept, per_cent
from web.i18n import Language
from web.pages.route import Route
from web.ports import AgendaView
from web.respond import backend_of, page, visit_of

_VERSION: Final = r"/agenda/{version:\d{1,9}}"


async def report(request: aioweb.Request) -> aioweb.Response:
    """Answer with who was heard in one agenda."""
    agenda = await _agenda(request)
    language = visit_of(request).language
    found = await _report(request, agenda)
    parts = {row.constituency: row.part for row in found.constituencies}
    values = {
        "agenda": agenda,
        "report": found,
        "rows": [(name, parts[name]) for name in ordered(parts)],
        "charts_of": _charts(language, found, {name: parts[name] for name in shown(parts)}),
        "per_cent": per_cent,
        "rounds": await _rounds(request, agenda),
    }
    return page(request, "fairness.html", values)


async def data(request: aioweb.Request) -> aioweb.Response:
    """Answer with the same as data, to keep."""
    agenda = await _agenda(request)
    found = await _report(request, agenda)
    body = {"agenda": agenda.version, "document": agenda.document, "report": found.model_dump(mode="json")}
    return aioweb.Response(
        body=orjson.dumps(body, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE),
        content_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="agenda-{agenda.version}-fairness.json"'},
    )


async def _agenda(request: aioweb.Request) -> AgendaView:
    agenda = await backend_of(request).agenda(int(request.match_info["version"]))
    if agenda is None:
        raise NotFoundError
    return agenda


async def _report(request: aioweb.Request, agenda: AgendaView) -> AgendaReport:
    backend = backend_of(request)
    members = {member.id: member.constituencies for member in await backend.members()}
    return agenda_report(members, await backend.agenda_sources(agenda.version))


def _charts(
    language: Language, found: AgendaReport, parts: dict[str, Part]
) -> dict[str, list[tuple[str, int, int | None]]]:
    """Return the rows of each chart: a constituency's share, and what to hold it against, in hundredths."""
    every = found.overall
    charts: dict[str, list[tuple[str, int, int | None]]] = {"proposed": [], "endorsed": [], "heard": []}
    for constituency, part in parts.items():
        name = constituency_name(language, constituency)
        of_members = per_cent(part.members, every.members)
        measured = {
            "proposed": (per_cent(part.proposed, every.proposed), of_members),
            "endorsed": (per_cent(part.endorsed, every.endorsed), of_members),
            "heard": (heard(part), heard(every)),
        }
        for measure, (share, against) in measured.items():
            if share is not None:
                charts[measure].append((name, share, against))
    return charts


async def _rounds(request: aioweb.Request, agenda: AgendaView) -> list[dict[str, object]]:
    """Return the prioritisations that the agenda rests on, with how many guarantees to groups each keeps."""
    backend = backend_of(request)
    members = await backend.members()
    rounds = []
    for round_id in dict.fromkeys(item.round for item in (*agenda.long, *agenda.short)):
        found = await backend.round(round_id)
        if found is None or found.outcome is None or found.outcome.selection is None:
            continue
        weighed = await request.app[keys.COMPARISONS].of(found, found.outcome, members)
        if weighed.certificate is not None:
            guarantees = len(weighed.certificate.findings)
            rounds.append({"summary": found.summary, "kept": kept(weighed.certificate), "guarantees": guarantees})
    return rounds


ROUTES: Final = (
    Route("GET", f"{_VERSION}/fairness", report),
    Route("GET", f"{_VERSION}/fairness.json", data),
)
