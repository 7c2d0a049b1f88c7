"""Answers about published agendas for files: satisfies web.editions_port.Editions."""

from collections.abc import Mapping, Sequence

from consensus.agenda import AgendaDocument, AgendaItem, Departure
from consensus.agreement.quorum import Quorum
from node.kept_views import KeptViews
from node.library import Library, Links
from node.register import Register
from node.rounds import Rounds
from node.storage import events as store
from node.storage.database import Database
from node.teller import Teller
from protocol.charter import CharterFile
from protocol.envelope import reopen_verified
from protocol.ids import EventId
from protocol.register import AgendaRecord, record_id
from protocol.short_proof import tellers_fingerprint, tellers_of
from web import editions_port as port
from web import ports


class Editions:
    """Published agendas, from the register and the store."""

    def __init__(
        self,
        *,
        database: Database,
        file: CharterFile,
        register: Register,
        teller: Teller,
        library: Library,
        rounds: Rounds,
        views: KeptViews,
    ) -> None:
        self._database = database
        self._federation = file.federation
        self._register = register
        self._teller = teller
        self._library = library
        self._rounds = rounds
        self._views = views
        self._tellers = tellers_of(file.charter().roll)

    async def certified(self, version: int) -> port.CertifiedAgenda | None:
        """Return a published agenda's certified document and how its items stand; None if it isn't all here."""
        records = await self._records(version)
        numbered = await self._rounds.agenda_numbered(version)
        history = await self._history(records)
        if numbered is None or history is None or not records:
            return None
        record, document = records[-1], numbered[0]
        standing = self._teller.rulings.standing(document.height)
        return port.CertifiedAgenda(
            version=version,
            document=document.model_dump(mode="json"),
            height=record.height,
            record=record_id(record),
            draft=record.body.draft,
            drafted=history[-1].drafted,
            tellers=tuple((str(member), str(key)) for member, key in self._tellers),
            quorum=Quorum.of(len(self._tellers)).votes,
            tellers_fingerprint=tellers_fingerprint(self._federation, self._tellers),
            standing={subject: port.StandingView(each.since, each.is_ratified) for subject, each in standing.items()},
            history=history,
        )

    async def left(self, version: int) -> tuple[port.LeftItem, ...]:
        """Return what stood on a version before this one and does so no more, the latest to leave first."""
        return await self._views.of(("left", version, len(self._teller.agendas)), lambda: self._left_of(version))

    async def _left_of(self, version: int) -> tuple[port.LeftItem, ...]:
        documents = await self._documents(version)
        if not documents or documents[-1].version != version:
            return ()
        standing = {item.subject for item in documents[-1].items}
        last: dict[EventId, tuple[int, AgendaItem]] = {}
        for document in documents[:-1]:
            last |= {item.subject: (document.version, item) for item in document.items}
        gone = sorted(
            (each for subject, each in last.items() if subject not in standing),
            key=lambda each: (-each[0], each[1].track, int(each[1].number.removeprefix("S"))),
        )
        why = self._teller.rulings.departures(documents[-1].height)
        return tuple([await self._left(at, item, why) for at, item in gone])

    async def proposal(self, proposal: str) -> ports.ProposalView | None:
        """Return one proposal without what is like it, or None."""
        return await self._library.proposal(proposal, Links({}, {}))

    async def _documents(self, version: int) -> list[AgendaDocument]:
        """Return the published documents up to a version that are here, ascending."""
        records = await self._records(version)
        found = [await self._rounds.agenda_numbered(record.body.version) for record in records]
        return [each[0] for each in found if each is not None]

    async def _records(self, version: int) -> list[AgendaRecord]:
        """Return the records of a version and those before it, ascending; nothing if there is no such version."""
        every = [entry.record for entry in await self._register.of_kind("agenda")]
        records = [record for record in every if isinstance(record, AgendaRecord) and record.body.version <= version]
        found = sorted(records, key=lambda record: record.body.version)
        return found if found and found[-1].body.version == version else []

    async def _history(self, records: Sequence[AgendaRecord]) -> tuple[port.PublishedVersion, ...] | None:
        """Return published versions with the times of their drafts; None while one of those isn't here."""
        drafts = [record.body.draft for record in records]
        found = await self._database.read(lambda c: store.by_ids(c, drafts))
        times = {opened.id: opened.event.time for opened in map(reopen_verified, found)}
        if times.keys() != set(drafts):
            return None
        return tuple(
            port.PublishedVersion(record.body.version, record.height, record.body.document, times[record.body.draft])
            for record in records
        )

    async def _left(self, version: int, item: AgendaItem, why: Mapping[str, Departure]) -> port.LeftItem:
        subject = await self._library.subject(item.subject, item.text.sha256)
        departure = why.get(item.subject)
        return port.LeftItem(
            number=item.number,
            version=version,
            subject=item.subject,
            subject_kind="topic" if isinstance(subject, ports.TopicView) else "proposal",
            track=item.track,
            text=await self._library.text(item.text),
            minutes=item.minutes,
            why="unknown" if departure is None else departure.why,
            round="" if departure is None or departure.round is None else departure.round,
        )
