"""Published agendas for files in memory, for tests of pages: what a node would answer, without a register."""

from collections.abc import Sequence

from tests.support.web_content import DAY, Holdings, agenda_document, digest
from web import editions_port as port
from web import ports


class MemoryEditions:
    """Satisfies web.editions_port.Editions. Public attributes may be changed by tests."""

    def __init__(self, backend: Holdings) -> None:
        self._backend = backend
        self.all_left: dict[int, Sequence[port.LeftItem]] = {}
        self.is_complete = True

    async def certified(self, version: int) -> port.CertifiedAgenda | None:
        agenda = next((each for each in self._backend.agendas if each.version == version), None)
        if agenda is None:
            return None
        items = (*agenda.long, *agenda.short)
        closes = {found.summary.id: found.summary.closes for found in self._backend.all_rounds.values()}
        document = agenda_document(self._backend, version, items if self.is_complete else items[:-1])
        tellers = self._backend.federation().tellers
        return port.CertifiedAgenda(
            version=version,
            document=document.model_dump(mode="json"),
            height=agenda.certificate.height,
            record=agenda.certificate.record,
            draft=digest("draft", version),
            drafted=agenda.published - DAY,
            tellers=tuple((member, digest("teller", member)) for member in tellers),
            quorum=5,
            tellers_fingerprint=digest("tellers"),
            history=tuple(
                port.PublishedVersion(each.version, each.certificate.height, each.document, each.published - DAY)
                for each in self._backend.agendas
                if each.version <= version
            ),
            standing={item.subject: port.StandingView(closes[item.round], is_ratified=False) for item in items},
        )

    async def left(self, version: int) -> tuple[port.LeftItem, ...]:
        return tuple(self.all_left.get(version, ()))

    async def proposal(self, proposal: str) -> ports.ProposalView | None:
        return self._backend.all_proposals.get(proposal)
