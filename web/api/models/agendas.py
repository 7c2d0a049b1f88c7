"""Published agendas, and who was heard in them."""

from typing import Self

from consensus.fairness.agenda_report import AgendaReport
from consensus.outcome import Status
from web.api.models.basis import (
    Answer,
    Count,
    GoalNumber,
    Hex,
    Moment,
    Page,
    SubjectKind,
    Text,
    moment,
)
from web.api.models.rounds import Certificate
from web.ports import AgendaItem, AgendaView


class AgendaEntry(Answer):
    """A published agenda as lists show it."""

    version: Count
    """Its version."""
    is_in_force: bool
    """Whether it is the one in force."""


class AgendaPage(Page):
    """Published agendas, the newest first."""

    total: Count
    """How many there are in all."""
    items: tuple[AgendaEntry, ...]
    """The agendas of this part."""


class ConstituencySupport(Answer):
    """How one constituency voted on an item."""

    constituency: str
    """Id of the constituency."""
    in_favour: Count
    """Its members in favour."""
    voted: Count
    """Its members that voted."""


class Item(Answer):
    """One adopted item."""

    number: str
    """Its number; those of the short-term track begin with S."""
    subject: Hex
    """Id of the topic or proposal."""
    subject_kind: SubjectKind
    """Which of the two it is."""
    text: Text
    """The text that was adopted."""
    goals: tuple[GoalNumber, ...]
    """Its Sustainable Development Goals."""
    minutes: Count
    """Minutes of the plenary."""
    round: Hex
    """Id of the round that decided; its outcome says how."""
    option: str
    """Id of the option that it was in that round."""
    status: Status
    """What came out of that round."""
    proposals: tuple[Hex, ...]
    """Ids of the proposals behind it."""
    support: tuple[ConstituencySupport, ...]
    """How each constituency voted; none where ballots are neither for nor against."""

    @classmethod
    def of(cls, view: AgendaItem) -> Self:
        """Return an item."""
        counts = view.supporters_by_constituency
        return cls(
            number=view.number,
            subject=view.subject,
            subject_kind=view.subject_kind,
            text=Text.of(view.text),
            goals=view.goals,
            minutes=view.minutes,
            round=view.round,
            option=view.option,
            status=view.outcome.status,
            proposals=view.proposals,
            support=tuple(
                ConstituencySupport(constituency=name, in_favour=counts[name][0], voted=counts[name][1])
                for name in sorted(counts)
            ),
        )


class Agenda(Answer):
    """A published agenda."""

    version: Count
    """Its version."""
    is_in_force: bool
    """Whether it is the one in force."""
    published: Moment
    """When it was certified."""
    document: Hex
    """SHA-256 of the certified document."""
    certificate: Certificate
    """Who certified it."""
    long_term: tuple[Item, ...]
    """Items of the long-term track, in order."""
    short_term: tuple[Item, ...]
    """Items of the short-term track, in order."""

    @classmethod
    def of(cls, view: AgendaView) -> Self:
        """Return an agenda."""
        return cls(
            version=view.version,
            is_in_force=view.version == max(view.versions, default=view.version),
            published=moment(view.published),
            document=view.document,
            certificate=Certificate.of(view.certificate),
            long_term=tuple(map(Item.of, view.long)),
            short_term=tuple(map(Item.of, view.short)),
        )


class Fairness(Answer):
    """Who was heard in an agenda, counted exactly."""

    agenda: Count
    """Version of the agenda."""
    document: Hex
    """SHA-256 of the certified document."""
    report: AgendaReport
    """Everybody's part in it, and that of each constituency."""
