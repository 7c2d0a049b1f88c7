"""What agreement asks of the rules: may this round open, may this agenda be published, what do these ballots come to.

All answers follow from the charter, the register and texts that are held; the same on every node.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence

from consensus import ballots
from consensus.agenda import (
    AgendaDocument,
    Basis,
    Closing,
    Departure,
    Published,
    Standing,
    agenda_bytes,
    arranged,
    build_agenda,
    departures,
    parse_agenda,
    standing,
)
from consensus.agreement.ports import MissingTexts, Tally
from consensus.agreement.statements import Statement
from consensus.ballots import Fault
from consensus.outcome import Outcome
from consensus.rules import registry
from consensus.rules.counting import Ballots, Circumstances, Electorate
from consensus.rules.proxies import Resolution
from protocol import canonical
from protocol.charter import Charter
from protocol.errors import RemoteError
from protocol.events.consultation import AgendaDraft, Track
from protocol.events.rounds import LIST_PROCEDURES, Ballot, Question, RoundSpec
from protocol.ids import EventId, FederationId, MemberId, RecordId, TextHash
from protocol.policy import TrackPolicy
from protocol.texts import parse_document

_LOT_DOMAIN = b"comitia round lot v1\0"


class Rulings:
    """The rules of one federation.

    texts holds the texts that are here; an erased text is held as no bytes. closings holds all certified closes by
    height, and agendas each published version. The caller keeps them up to date.
    """

    def __init__(
        self,
        federation: FederationId,
        charter: Charter,
        texts: Mapping[TextHash, bytes],
        closings: Mapping[int, Closing],
        agendas: Mapping[int, Published],
    ) -> None:
        self._federation = federation
        self._charter = charter
        self._texts = texts
        self._closings = closings
        self._agendas = agendas
        self.electorate: Electorate = {
            str(member.id): tuple(str(name) for name in member.constituencies) for member in charter.roll.members
        }

    def check_spec(self, spec: RoundSpec) -> str | MissingTexts | None:
        """Return why a round may not be opened as specified, or the texts that are missing, or None if it may."""
        reason = self.objection(spec)
        if reason is not None:
            return reason
        refs = {option.text.sha256 for option in spec.question.options}
        missing = frozenset(refs.difference(self._texts))
        if missing:
            return MissingTexts(missing)
        try:
            for digest in refs:
                parse_document(self._texts[digest])
        except RemoteError:
            return "a text of the question is no document, or has been erased"
        return None

    def objection(self, spec: RoundSpec) -> str | None:
        """Return why a round may never be opened as specified, its texts apart, or None."""
        policy = self._charter.long if spec.track == "long" else self._charter.short
        procedure = policy.procedures.get(spec.procedure)
        if procedure is None:
            return f"the charter has no {spec.procedure} on the {spec.track}-term track"
        if spec.closes - spec.opens < procedure.voting_ms:
            return f"the charter gives members {procedure.voting_ms // 1000} seconds to vote, this round fewer"
        if spec.rule != procedure.rule:
            return f"the charter has another rule for a {spec.procedure}"
        if spec.procedure not in LIST_PROCEDURES and len(spec.question.options) != 1:
            return f"a {spec.procedure} asks about one text"
        if spec.proxies_per_holder > procedure.proxies_per_holder:
            return f"the charter lets a member vote for {procedure.proxies_per_holder} others at most"
        if len({(option.subject, option.text.sha256) for option in spec.question.options}) < len(spec.question.options):
            return "the question lists the same text twice"
        settings = registry.parse_settings(spec.rule)
        if isinstance(settings, Fault):
            return settings.detail
        is_list = len(spec.question.options) > 1 and registry.shares_capacity(settings)
        if is_list and spec.question.capacity_minutes > policy.capacity_minutes:
            return f"the charter's capacity is {policy.capacity_minutes} minutes"
        question = question_of(spec.question)
        if isinstance(question, Fault):
            return question.detail
        faults = registry.draft_faults(question, settings, self.electorate)
        return faults[0].detail if faults else None

    def check_agenda(self, draft: AgendaDraft) -> str | MissingTexts | None:
        """Return why an agenda may not be published, or the texts that are missing, or None if it may."""
        data = self._texts.get(draft.document)
        if data is None:
            return MissingTexts(frozenset({draft.document}))
        try:
            document = parse_agenda(data)
        except RemoteError as error:
            return str(error)
        if len(data) != draft.size:
            return f"its document has {len(data)} bytes, not {draft.size}"
        if document.height not in self._closings:
            return "it names a height at which no round closed"
        due = self.ordered_agenda(draft.version, document.height, draft.order)
        if isinstance(due, str):
            return due
        return None if agenda_bytes(due) == data else "it isn't what follows from the rounds that have closed"

    def ordered_agenda(self, version: int, height: int, order: Sequence[EventId] | None) -> AgendaDocument | str:
        """Return the agenda that follows from the register up to a height in an order, or why it can't stand so."""
        due = self.due_agenda(version, height)
        return due if order is None else arranged(due, order)

    def due_agenda(self, version: int, height: int) -> AgendaDocument:
        """Return the agenda that follows from the register up to a height."""
        previous = self._agendas.get(version - 1)
        document = None if previous is None else previous.document
        return build_agenda(self._federation, version, height, document, self._basis())

    def departures(self, height: int) -> dict[str, Departure]:
        """Return what has left the agenda up to a height of the register, and why, by subject."""
        return departures(self._basis(), height)

    def standing(self, height: int) -> dict[str, Standing]:
        """Return how what is on the agenda at a height of the register stands, by subject."""
        return standing(self._basis(), height)

    def _basis(self) -> Basis:
        tracks: dict[Track, TrackPolicy] = {"long": self._charter.long, "short": self._charter.short}
        return Basis(
            self._closings.values(),
            [each.height for each in self._agendas.values()],
            frozenset(track for track, policy in tracks.items() if policy.ratification),
            {
                track: policy.review_ms + policy.sunset_ms
                for track, policy in tracks.items()
                if policy.review_ms and policy.sunset_ms
            },
        )

    def is_entitled(self, spec: RoundSpec, member: MemberId) -> bool:
        """Whether a member may vote in a round."""
        return spec.roll == 0 and member in self.electorate

    def tally(
        self, round_id: RecordId, spec: RoundSpec, counted: Mapping[MemberId, Statement], seals: Sequence[EventId]
    ) -> Tally:
        """Return the outcome of the ballots that count, one per member."""
        outcome = self.outcome(round_id, spec, counted, seals)
        data = canonical.encode(outcome.model_dump(mode="json"))
        return Tally(
            {"status": outcome.status, "selected": list(selected_options(spec, outcome))},
            hashlib.sha256(data).hexdigest(),
        )

    def outcome(
        self, round_id: RecordId, spec: RoundSpec, counted: Mapping[MemberId, Statement], seals: Sequence[EventId]
    ) -> Outcome:
        """Return the whole outcome of the ballots that count, one per member, by the seals that the close names."""
        return registry.evaluate(*self._counting(spec, counted, round_lot(round_id, seals)))

    def resolution(self, spec: RoundSpec, counted: Mapping[MemberId, Statement]) -> Resolution:
        """Return the ballots that outcome() counts, each proxy resolved to its holder's ballot."""
        return registry.resolve_proxies(*self._counting(spec, counted, None))

    def _counting(
        self, spec: RoundSpec, counted: Mapping[MemberId, Statement], lot: bytes | None
    ) -> tuple[ballots.Question, registry.RuleSettings, Ballots, Electorate, Circumstances]:
        """Return what a rule counts with."""
        question = question_of(spec.question)
        settings = registry.parse_settings(spec.rule)
        assert not isinstance(question, Fault)
        assert not isinstance(settings, Fault)
        contents = {str(m): s.body.content for m, s in counted.items() if isinstance(s.body, Ballot)}
        circumstances = Circumstances(lot=lot, proxies_per_holder=spec.proxies_per_holder)
        return question, settings, ballots.parse_ballots(contents), self.electorate, circumstances


def question_of(question: Question) -> ballots.Question | Fault:
    """Return a round's question as the rules see it, or why it can't be asked."""
    options = [{"id": option.id, "cost": option.minutes} for option in question.options]
    return ballots.parse_question({"options": options, "capacity": question.capacity_minutes})


def selected_options(spec: RoundSpec, outcome: Outcome) -> tuple[str, ...]:
    """Return the options that an outcome adopts, in its order: of a ranking the winner alone."""
    if outcome.selection is not None:
        return tuple(chosen.option for chosen in outcome.selection.chosen)
    if outcome.ranking is not None:
        return () if outcome.ranking.winner is None else (outcome.ranking.winner,)
    if outcome.scores is not None:
        return tuple(scored.option for scored in outcome.scores.order)
    return (spec.question.options[0].id,) if outcome.status == "adopted" else ()


def round_lot(round_id: RecordId, seals: Iterable[EventId]) -> bytes:
    """Return the round's public lot: it follows from the seals that its close names.

    Tellers seal after the deadline, so no voter can tell or steer the lot by what it votes.
    """
    return hashlib.sha256(_LOT_DOMAIN + bytes.fromhex(round_id) + bytes.fromhex("".join(sorted(seals)))).digest()
