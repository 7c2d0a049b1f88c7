"""The rows of open data, out of a store as it was at one moment: streamed, one round's ballots in memory at most.

Of a round whose close isn't certified only the question is told. Texts that were erased stay out.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from consensus.agenda import parse_agenda
from consensus.ballots import Fault, ProxyBallot
from consensus.outcome import explain
from consensus.rulings import round_lot
from node.moments import Moment
from node.recount import Counted, content_of, recount
from node.register import Entry, entries_since
from node.storage import events as store
from node.storage import projections, texts
from node.storage.events import Stored
from protocol.canonical import sha256_hex
from protocol.envelope import Verified, reopen_verified
from protocol.errors import RemoteError
from protocol.events.consultation import Endorsement, Position, Proposal, TextRef
from protocol.ids import RecordId
from protocol.register import AgendaRecord, CloseBody, CloseRecord, OpenRecord
from protocol.texts import Document, parse_document
from web.api.models.basis import moment as written_time

_PAGE: Final = 200
Value = str | int | bool | None | list[object] | Mapping[str, object]
Row = dict[str, Value]


@dataclass(frozen=True, slots=True)
class Round:
    """A round with its close, if that is certified."""

    id: RecordId
    height: int
    record: OpenRecord
    closed_height: int | None
    close: CloseBody | None

    def counted(self, moment: Moment) -> Counted | None:
        """Return what it came to, or None before its close or while something of it isn't here."""
        if self.close is None:
            return None
        spec = self.record.body.spec
        return recount(moment.connection, moment.rulings, moment.quorum, self.id, spec, self.close)


def rounds_of(moment: Moment) -> Iterator[Round]:
    """Yield all rounds in the register's order."""
    for entry in _entries(moment):
        if isinstance(entry.record, OpenRecord):
            yield round_at(moment, entry)


def round_at(moment: Moment, entry: Entry) -> Round:
    """Return the round that a record opens."""
    assert isinstance(entry.record, OpenRecord)
    row = moment.connection.row("SELECT height FROM register WHERE subject = $1 AND kind = 'close'", entry.id)
    height = None if row is None else int(str(row[0]))
    closed = entries_since(moment.connection, height, 1)[0].record if height is not None else None
    close = closed.body if isinstance(closed, CloseRecord) else None
    return Round(entry.id, entry.height, entry.record, height, close)


def titles_of(moment: Moment, found: Round) -> dict[str, str]:
    """Return the titles of a round's options whose texts are held."""
    documents = {option.id: _document(moment, option.text.sha256) for option in found.record.body.spec.question.options}
    return {option: document.title for option, document in documents.items() if document is not None}


def _entries(moment: Moment) -> Iterator[Entry]:
    height = 1
    while page := entries_since(moment.connection, height, _PAGE):
        yield from page
        height = page[-1].height + 1


def _said(moment: Moment, kind: str) -> Iterator[Verified]:
    """Yield all chained events of a kind in the order of their arrival, page by page."""
    position = 0
    while page := store.of_kinds_after(moment.connection, position, _PAGE, kind):
        yield from (reopen_verified(stored.envelope) for stored in page)
        position = _last(page)


def _last(page: list[Stored]) -> int:
    return page[-1].position


def _document(moment: Moment, digest: str) -> Document | None:
    data = texts.data_of(moment.connection, [digest]).get(digest)
    try:
        return None if data is None else parse_document(data)
    except RemoteError:
        return None


def _text_cells(moment: Moment, digest: str, lang: str) -> tuple[Row, Document | None]:
    """Return what a table says of a text, and the text if it is held."""
    row = texts.get(moment.connection, digest)
    is_erased, is_held = row is not None and row.erased_by is not None, row is not None and row.data is not None
    state = "erased" if is_erased else "held" if is_held else "missing"
    document = _document(moment, digest) if is_held else None
    return {"text": digest, "text_state": state, "lang": (row.lang if row else "") or lang}, document


def _members(moment: Moment, now: int) -> Iterator[Row]:
    del now
    roll = moment.charter.roll
    for member in roll.members:
        yield {
            "member": member.id,
            "name": member.names.get("en") or next(iter(member.names.values())),
            "names": dict(member.names),
            "country": member.country,
            "constituencies": list(member.constituencies),
            "is_teller": member.id in roll.tellers,
            "is_secretariat": member.id in roll.secretariat,
        }


def _proposals(moment: Moment, now: int) -> Iterator[Row]:
    for verified in _said(moment, "proposal"):
        body, row = verified.event.body, projections.get_proposal(moment.connection, verified.id)
        if row is None or not isinstance(body, Proposal):
            continue
        cells, document = _text_cells(moment, row.text, body.text.lang)
        yield {
            "proposal": verified.id,
            "member": verified.event.member,
            "sponsor": row.sponsor or row.member,
            "track": row.track,
            "stage": row.stage_at(now),
            "goals": list(body.goals),
            "minutes": row.minutes,
            "time": written_time(verified.event.time),
            "endorsements": row.endorsements,
            **cells,
            "title": document.title if document else "",
            "body": document.body if document else "",
        }


def _endorsements(moment: Moment, now: int) -> Iterator[Row]:
    del now
    for verified in _said(moment, "endorsement"):
        body = verified.event.body
        if isinstance(body, Endorsement):
            yield {**_statement(verified), "proposal": body.proposal, "endorses": body.endorses}


def _positions(moment: Moment, now: int) -> Iterator[Row]:
    del now
    for verified in _said(moment, "position"):
        body = verified.event.body
        if isinstance(body, Position):
            cells, document = _text_cells(moment, body.reasons.sha256, body.reasons.lang)
            reasons = document.body if document else ""
            said = {"proposal": body.proposal, "stance": body.stance, "reasons": reasons}
            yield {**_statement(verified), **said, **cells}


def _statement(verified: Verified) -> Row:
    return {"event": verified.id, "member": verified.event.member, "time": written_time(verified.event.time)}


def _rounds(moment: Moment, now: int) -> Iterator[Row]:
    del now
    for found in rounds_of(moment):
        spec, close = found.record.body.spec, found.close
        yield {
            "round": found.id,
            "number": spec.number,
            "track": spec.track,
            "procedure": spec.procedure,
            "rule": str(spec.rule.get("rule", "")),
            "rule_settings": dict(spec.rule),
            "opens": written_time(spec.opens),
            "closes": written_time(spec.closes),
            "options": len(spec.question.options),
            "capacity_minutes": spec.question.capacity_minutes,
            "may_change": spec.may_change,
            "proxies_per_holder": spec.proxies_per_holder,
            "opened_height": found.height,
            "closed_height": found.closed_height,
            "ballots": None if close is None else close.count,
            "status": None if close is None else str(close.result.get("status", "")),
            "lot": None if close is None else round_lot(found.id, close.seals).hex(),
        }


def _options(moment: Moment, now: int) -> Iterator[Row]:
    del now
    for found in rounds_of(moment):
        selected = _selected(found.close)
        for position, option in enumerate(found.record.body.spec.question.options, start=1):
            place = selected.index(option.id) + 1 if option.id in selected else None
            yield {
                "round": found.id,
                "option": option.id,
                "position": position,
                "subject": option.subject,
                "minutes": option.minutes,
                **_titled(moment, option.text),
                "is_adopted": None if found.close is None else place is not None,
                "place": place,
            }


def _titled(moment: Moment, ref: TextRef) -> Row:
    cells, document = _text_cells(moment, ref.sha256, ref.lang)
    return {**cells, "title": document.title if document else ""}


def _selected(close: CloseBody | None) -> list[str]:
    chosen = None if close is None else close.result.get("selected")
    return [str(option) for option in chosen] if isinstance(chosen, list) else []


def _ballots(moment: Moment, now: int) -> Iterator[Row]:
    del now
    for found in rounds_of(moment):
        counted = found.counted(moment)
        if counted is not None:
            yield from (_ballot(found.id, member, counted) for member in sorted(counted.ballots))


def _ballot(round_id: RecordId, member: str, counted: Counted) -> Row:
    statement = counted.ballots[member]  # type: ignore[index]
    own = content_of(statement)
    resolved = counted.resolution.ballots.get(member)
    follows = isinstance(own, ProxyBallot) and resolved is not None and not isinstance(resolved, Fault)
    content = resolved if follows and not isinstance(resolved, Fault) else own
    return {
        "round": round_id,
        "member": member,
        "event": statement.id,
        "time": written_time(statement.time),
        "form": "" if own is None else own.form,
        "holder": counted.resolution.holders.get(member, ""),
        "is_counted": own is not None and counted.has_counted(statement),
        "content": None if content is None else content.model_dump(mode="json"),
    }


def _outcomes(moment: Moment, now: int) -> Iterator[Row]:
    del now
    for found in rounds_of(moment):
        counted = found.counted(moment)
        if counted is None or found.close is None:
            continue
        outcome, counts = counted.outcome, counted.outcome.counts
        yield {
            "round": found.id,
            "status": outcome.status,
            "cast": counts.cast,
            "valid": counts.valid,
            "in_favour": counts.in_favour,
            "against": counts.against,
            "abstain": counts.abstain,
            "quorum_present": outcome.quorum_present,
            "quorum_needed": outcome.quorum_needed,
            "needed": outcome.needed,
            "margin": outcome.margin,
            "proxies": outcome.proxies,
            "objections": outcome.objections,
            "explanation": explain(outcome),
            "outcome": outcome.model_dump(mode="json"),
            "hash": found.close.outcome,
        }


def _agenda_items(moment: Moment, now: int) -> Iterator[Row]:
    del now
    for entry in _entries(moment):
        body = entry.record.body if isinstance(entry.record, AgendaRecord) else None
        data = None if body is None else texts.data_of(moment.connection, [body.document]).get(body.document)
        if body is None or data is None or sha256_hex(data) != body.document:
            continue
        for item in parse_agenda(data).items:
            yield {
                "version": body.version,
                "number": item.number,
                "track": item.track,
                "subject": item.subject,
                "minutes": item.minutes,
                "round": item.round,
                "option": item.option,
                **_titled(moment, item.text),
                "document": body.document,
                "height": entry.height,
            }


ROWS: Final[Mapping[str, Callable[[Moment, int], Iterator[Row]]]] = MappingProxyType(
    {
        "members": _members,
        "proposals": _proposals,
        "endorsements": _endorsements,
        "positions": _positions,
        "rounds": _rounds,
        "options": _options,
        "ballots": _ballots,
        "outcomes": _outcomes,
        "agenda_items": _agenda_items,
    }
)
"""The rows of each table at a time, in milliseconds: the stage of a proposal may depend on it."""
