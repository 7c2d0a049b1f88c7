"""The secretariat's desk of one node: satisfies web.desk_port.Desk. Each part answers for itself."""

from dataclasses import dataclass

from node.clock import Clock
from node.config import Desk as DeskSettings
from node.desk_agenda import AgendaDesk
from node.desk_queues import Queues
from node.desk_requests import Requests
from node.desk_rounds import RoundDesk
from node.desk_topics import Curation
from node.drafting import Drafting
from node.kept_views import KeptViews
from node.library import Library
from node.peers import Peers
from node.rounds import Rounds
from node.stages import Stages
from node.storage.database import Database
from node.teller import Teller
from node.voice import Voice
from protocol.charter import Charter
from protocol.ids import MemberId
from web import ports
from web.desk_views import ReminderNotice
from web.ports import Account


@dataclass(frozen=True, slots=True)
class DeskParts:
    """What the desk stands on."""

    database: Database
    charter: Charter
    me: MemberId
    voice: Voice
    clock: Clock
    teller: Teller
    peers: Peers
    library: Library
    rounds: Rounds
    stages: Stages
    settings: DeskSettings
    views: KeptViews


class Desk:
    """The desk."""

    def __init__(self, parts: DeskParts) -> None:
        drafting = Drafting(parts.charter, parts.clock, parts.library, parts.rounds, parts.stages)
        self.needs_second_person = parts.settings.two_person_approval
        self.queues = Queues(parts.database, parts.stages, parts.library, parts.settings, parts.views)
        self.topics = Curation(parts.database, parts.voice, parts.library, parts.rounds, parts.stages)
        self.rounds = RoundDesk(
            database=parts.database,
            charter=parts.charter,
            me=parts.me,
            voice=parts.voice,
            teller=parts.teller,
            peers=parts.peers,
            rounds=parts.rounds,
            stages=parts.stages,
            drafting=drafting,
            views=parts.views,
        )
        self.agenda = AgendaDesk(parts.charter, parts.voice, parts.teller, parts.library, parts.rounds)
        self.requests = Requests(
            parts.database,
            parts.clock,
            parts.voice,
            parts.teller,
            self.rounds,
            self.agenda,
            parts.settings,
            parts.views,
        )

    async def reminders(self) -> tuple[ReminderNotice, ...]:
        """Return reminders to this node's member in rounds that are open and in which it hasn't voted."""
        return await self.rounds.reminders()

    async def name_topic(self, account: Account, topic: ports.TopicInput) -> str:
        """Name a topic (secretariat); return its id."""
        return await self.topics.name(account, topic)

    async def request_round(self, account: Account, wanted: ports.RoundInput) -> str:
        """Ask the tellers to open a round (secretariat); return the request's id.

        Refused with code `second-person` where that takes two.
        """
        return await self.requests.sign_round_alone(account, wanted)

    async def draft_agenda(self, account: Account, order: tuple[str, ...] | None) -> str:
        """Draft the next agenda and ask the tellers to certify it (secretariat); return the draft's id.

        Refused with code `second-person` where that takes two.
        """
        return await self.requests.sign_agenda_alone(account, order)
