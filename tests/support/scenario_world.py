"""The world that a scenario happens in: signed events, certified records, a clock, and what there is to report.

Everything that decides is the real code: the key ring says who may sign what, chains tell forks, the fold says what
became of a proposal. This module carries events there and asks.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from pydantic import BaseModel, ValidationError

from consensus.agenda import Closing, Published
from consensus.ballots import describe
from consensus.consultation import fold
from consensus.proposal_state import Consultation, Joining, Setting, Step
from consensus.rulings import Rulings
from node.stages import Certified
from protocol.canonical import sha256_hex
from protocol.chain import Head, Place, place
from protocol.envelope import Verified
from protocol.events.consultation import Proposal, TextRef, Track
from protocol.ids import KeyId, TextHash
from protocol.register import Record, record_id
from protocol.roll import KeyRole
from protocol.texts import Document, document_bytes, parse_document, text_ref
from tests.support.builders import EPOCH_MS, BuiltMember, ChainWriter, Federation, hash_of
from tests.support.scenario_charter import Founded
from tests.support.scenario_phrases import Found

_SECOND: Final = 1_000
_MERGE_DEPTH_MAX: Final = 4


@dataclass
class Register:
    """The certified records, as nodes keep them."""

    closings: dict[int, Closing] = field(default_factory=dict)
    agendas: dict[int, Published] = field(default_factory=dict)
    records: list[Record] = field(default_factory=list)

    @property
    def height(self) -> int:
        """The height of the last record."""
        return len(self.records)


class World:
    """All that has been said and certified in one federation."""

    def __init__(self, founded: Founded) -> None:
        self.federation: Federation = founded.federation
        self.charter = self.federation.charter
        self.now = EPOCH_MS
        self.texts: dict[TextHash, bytes] = {}
        self.register = Register()
        self.certified = Certified()
        self.rulings = Rulings(
            self.federation.id, self.charter, self.texts, self.register.closings, self.register.agendas
        )
        self.proposals: dict[str, Verified] = {}
        self.amendments: dict[str, Verified] = {}
        self.last_title = ""
        self.output: list[str] = []
        self._people: dict[str, BuiltMember] = {
            str(member.id): member for member in (*self.federation.members, *founded.strangers)
        }
        self._writers: dict[tuple[str, KeyRole], ChainWriter] = {}
        self._heads: dict[KeyId, Head] = {}
        self._said: list[Verified] = []
        self._reported: dict[str, set[tuple[str, str, int, str, str | None]]] = {}

    def tell(self, *lines: str) -> None:
        """Add lines to the output."""
        self.output += lines

    def tick(self) -> None:
        """Let a second pass, so that of two things said one is the later."""
        self.now += _SECOND

    def member(self, name: str, found: Found) -> BuiltMember:
        """Return a member by its name, or the one that holds the office of secretariat."""
        name = str(self.federation.secretariat.id) if name in ("secretariat", "tellers") else name
        if name not in self._people:
            raise found.fail(f"nobody is called {name}")
        return self._people[name]

    def writer(self, member: BuiltMember, role: KeyRole = "node") -> ChainWriter:
        """Return the writer of a member's chain."""
        key = (str(member.id), role)
        if key not in self._writers:
            self._writers[key] = ChainWriter(self.federation.id, member.id, member.key(role))
        return self._writers[key]

    def say(self, member: BuiltMember, body: BaseModel, role: KeyRole = "node") -> Verified | None:
        """Have a member sign something; return the event, or None where every node refuses it, with the reason told."""
        writer = self.writer(member, role)
        refs = [self._said[-1].id] if self._said else []
        event = writer.write(body, refs=refs, time_ms=self.now)
        reason = self._refusal(event)
        if reason is not None:
            writer.events.pop()
            self.tell(f"refused: {reason}")
            self.tick()
            return None
        self.take(event)
        if role == "node":
            self.tick()
        return event

    def take(self, event: Verified) -> None:
        """Put an event into the record, as the last one of its chain."""
        head = self._heads.get(event.event.key, Head(0, None))
        self._heads[event.event.key] = Head(event.event.seq + 1, event.id, head.fork_at)
        self._said.append(event)

    def fork(self, event: Verified) -> None:
        """Note that an event's key is proven to have forked there."""
        self._heads[event.event.key] = Head(event.event.seq, event.event.prev, event.event.seq)

    def _refusal(self, event: Verified) -> str | None:
        head = self._heads.get(event.event.key, Head(0, None))
        if place(head, event, None) is Place.AFTER_FORK:
            return f"the key of {event.event.member} has forked, so it counts for nothing"
        return self.federation.ring.objection(event.event.kind, event.event.member, event.event.key)

    def text(self, title: str, body: str = "", urgency: str = "") -> TextRef:
        """Return a reference to a text, which is kept."""
        salt = hash_of("salt", title, body)[:32]
        data = document_bytes(Document(salt=salt, title=title, body=body, urgency=urgency))
        self.texts[TextHash(sha256_hex(data))] = data
        return text_ref(data, "en")

    def title_of(self, text: TextRef) -> str:
        """Return the title of a text."""
        return parse_document(self.texts[text.sha256]).title

    def certify(self, record: Record) -> None:
        """Put a record on top of the register."""
        document = None
        if record.kind == "agenda":
            document = self.texts[record.body.document]
            self.register.agendas[record.body.version] = Published(record.height, record.body.document)
        self.register.records.append(record)
        self.certified.note(record_id(record), record, self.register.closings, document)

    def header(self) -> dict[str, object]:
        """Return what every record on top of the register begins with."""
        records = self.register.records
        prev = record_id(records[-1]) if records else self.federation.id
        return {"v": 1, "federation": self.federation.id, "height": len(records) + 1, "prev": prev, "roll": 0}

    def proposal(self, title: str, found: Found) -> Verified:
        """Return a proposal by its title; `it` is the last one that was named."""
        title = self.last_title if title == "it" else title
        if title not in self.proposals:
            raise found.fail(f"nobody has submitted '{title}'")
        self.last_title = title
        return self.proposals[title]

    def amendment(self, title: str, found: Found) -> Verified:
        """Return an amendment by the wording that it asks for."""
        if title not in self.amendments:
            raise found.fail(f"there is no amendment to '{title}'")
        return self.amendments[title]

    def subject_titles(self) -> Mapping[str, str]:
        """Return the title by which a scenario calls each proposal and amendment, by its id."""
        return {str(event.id): title for title, event in (*self.proposals.items(), *self.amendments.items())}

    def setting(self, track: Track) -> Setting:
        """Return what the fold goes by on a track."""
        members = {each.id: each.entry.constituencies for each in self.federation.members}
        policy = self.charter.long if track == "long" else self.charter.short
        return Setting(policy, members, frozenset(self.federation.roll.secretariat))

    def state(self, proposal: Verified, depth: int = _MERGE_DEPTH_MAX) -> Consultation:
        """Return a proposal's state now."""
        body = proposal.event.body
        assert isinstance(body, Proposal)
        said = [event for event in self._said if getattr(event.event.body, "proposal", None) == proposal.id]
        subjects = [str(proposal.id), *(str(each.id) for each in said if each.event.kind == "amendment")]
        records = self.certified.about(subjects, body.track)
        return fold(proposal, said, records, self.setting(body.track), self.now, self._joinings(proposal, body, depth))

    def _joinings(self, into: Verified, body: Proposal, depth: int) -> list[Joining]:
        if not body.merges or depth == 0:
            return []
        parents = [event for event in self.proposals.values() if event.id in body.merges]
        states = [self.state(parent, depth - 1) for parent in parents]
        return [each for state in states for each in state.joinings if each.into == into.id]

    def news(self) -> Iterable[tuple[str, str, Step]]:
        """Give what is new in each proposal's history since the last time: its title, the stage before, the step."""
        for title, proposal in self.proposals.items():
            seen = self._reported.setdefault(title, set())
            before = ""
            for step in self.state(proposal).history:
                key = (step.event, step.act, step.at, step.stage, step.void)
                if key not in seen:
                    seen.add(key)
                    yield title, before, step
                before = step.stage


def refused(error: ValidationError) -> str:
    """Return in one line why a body can't be signed at all."""
    return describe(error)
