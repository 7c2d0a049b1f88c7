"""One published version of an agenda as everything a reader gets of it, in whatever form.

What is here follows from the register and from signed events, never from the clock or the place of a node, so nodes
that hold the same give the same. `document` is what the tellers certified and never changes. The rest explains it, and
grows with the record: a translation or an answer may come, a text may be erased. Sentences are in the edition's own
language; texts that members wrote keep theirs.
"""

from datetime import UTC, datetime
from typing import Annotated, Final, Literal

from pydantic import Field, JsonValue, PlainSerializer, WithJsonSchema

from consensus.fairness.agenda_report import AgendaReport
from consensus.outcome import Outcome
from protocol.events.consultation import Track
from protocol.events.rounds import ProcedureName
from protocol.model import Described, Natural, Positive
from web.editions_port import WhyLeft
from web.ports import Stance, TextState

_LATEST_MS: Final = 253_402_300_799_999
"""The last moment that RFC 3339 can write."""


def moment_words(milliseconds: int) -> str:
    """Return a time as RFC 3339 writes it, in UTC, to the second."""
    seconds = min(milliseconds, _LATEST_MS) // 1000
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


Moment = Annotated[
    int,
    PlainSerializer(moment_words, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}, mode="serialization"),
]
"""Milliseconds since 1970 UTC; in JSON a time by RFC 3339."""
Hex = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
MemberName = Annotated[str, Field(min_length=1, max_length=64)]
Tag = str
"""A language tag (BCP 47)."""
GoalNumber = Annotated[int, Field(ge=1, le=17)]
ItemNumber = Annotated[str, Field(pattern=r"^S?[1-9][0-9]{0,4}$")]
Kind = Literal["proposal", "topic"]
DateKind = Literal["drafted", "vote", "review", "end"]


class Erased(Described):
    """That a text was erased."""

    by: MemberName
    """Id of the member that had it erased."""
    ground: str
    """Why."""
    at: Moment
    """When."""


class Translation(Described):
    """A text in another language, by people. It is for reading; the original is what counts."""

    lang: Tag
    """Its language."""
    by: MemberName
    """Id of the member that signed it."""
    at: Moment
    """When."""
    sha256: Hex
    """By which it is found."""
    title: str
    """One line."""
    body: str
    """Plain text; blank lines part paragraphs."""
    urgency: str
    """Why it can't wait, or nothing."""


class Text(Described):
    """A text as its author wrote it, with its translations. Words are empty unless it is held."""

    sha256: str
    """SHA-256 of the text's document, by which it is found; nothing where it isn't known."""
    lang: Tag
    """The language of the original."""
    state: TextState
    """Held; missing, because it hasn't reached the node; or erased."""
    title: str
    """One line; empty where a text has none, as reasons do."""
    body: str
    """Plain text; blank lines part paragraphs."""
    urgency: str
    """Why it can't wait, on the short-term track; else empty."""
    erased: Erased | None
    """By whom, why and when it was erased; null if it wasn't."""
    translations: tuple[Translation, ...]
    """One of each language, ascending by language."""

    def is_in(self, lang: str) -> bool:
        """Whether there is a text in a language, the original's or a translation's."""
        return self.into(lang).lang.partition("-")[0] == lang.partition("-")[0]

    def into(self, lang: str) -> "Shown":
        """Return the text in a language, or the original where it has none in that language."""
        if self.lang.partition("-")[0] != lang.partition("-")[0]:
            for each in self.translations:
                if each.lang.partition("-")[0] == lang.partition("-")[0]:
                    return Shown(lang=each.lang, title=each.title, body=each.body, urgency=each.urgency, by=each.by)
        return Shown(lang=self.lang, title=self.title, body=self.body, urgency=self.urgency, by=None)


class Shown(Described):
    """A text as a reader of one language sees it."""

    lang: Tag
    """The language that it is in."""
    title: str
    """One line."""
    body: str
    """Plain text."""
    urgency: str
    """Why it can't wait, or nothing."""
    by: str | None
    """The member whose translation it is; null for the original."""


class Member(Described):
    """A member organisation."""

    id: MemberName
    """Its id."""
    names: dict[Tag, str]
    """Its names by language."""
    country: str
    """Its country (ISO 3166), or nothing."""
    constituencies: tuple[str, ...]
    """The constituencies that it belongs to."""


class Federation(Described):
    """The federation whose agenda it is."""

    id: Hex
    """Its id: SHA-256 of the charter. It is the fingerprint to check with."""
    names: dict[Tag, str]
    """Its names by language."""
    members: Natural
    """How many members are on the roll."""
    tellers: tuple[MemberName, ...]
    """The members that are tellers, in the order of the roll."""
    quorum: Natural
    """How many of them certify a record."""
    tellers_fingerprint: str
    """The fingerprint of the tellers' keys."""


class Certificate(Described):
    """Which tellers certified the agenda, as far as this node holds their votes; other nodes may hold other quorums."""

    at: Moment
    """When the last of these votes was signed."""
    signers: tuple[MemberName, ...]
    """The tellers that signed."""


class Decision(Described):
    """How an item was decided, in one sentence and its second half."""

    result: str
    """What came out."""
    rest: str
    """What was needed and held besides; may be empty."""


class Objection(Described):
    """An entry of the objection ledger."""

    member: MemberName
    """Id of the member that objected."""
    at: Moment
    """When."""
    reasons: Text
    """What it objected."""
    answer: Literal["addressed", "accommodated", "dismissed"] | None
    """How it was answered; null if it wasn't."""
    reply: Text | None
    """The sponsor's answer."""
    is_standing: bool
    """Whether it stands still."""


class Source(Described):
    """A proposal that led to an item."""

    id: Hex
    """Id of the proposal."""
    member: MemberName
    """Id of the member that carries it."""
    at: Moment
    """When it was submitted."""
    text: Text
    """The proposal's text in force."""
    endorsed_by: tuple[MemberName, ...]
    """Ids of the members that co-sponsor it."""
    positions: dict[Stance, Natural]
    """How many members took each stance."""
    objections: tuple[Objection, ...]
    """The objection ledger, oldest first."""


class Support(Described):
    """How one constituency voted on an item."""

    constituency: str
    """Id of the constituency."""
    in_favour: Natural
    """Its members in favour."""
    voted: Natural
    """Its members that voted."""


class Item(Described):
    """One adopted item."""

    id: str
    """Its name, the same wherever and whenever this version is read."""
    number: ItemNumber
    """Its number; those of the short-term track begin with S."""
    track: Track
    """Long-term or short-term."""
    subject: Hex
    """Id of the topic or proposal."""
    subject_kind: Kind
    """Which of the two it is."""
    minutes: Natural
    """Minutes of the plenary."""
    goals: tuple[GoalNumber, ...]
    """Its Sustainable Development Goals."""
    text: Text
    """The text that was adopted."""
    round: Hex
    """Id of the round that adopted it; it stands in `rounds`."""
    option: str
    """Id of the option that it was in that round."""
    decision: Decision
    """The decision in the edition's language."""
    support: tuple[Support, ...]
    """How each constituency voted; none where ballots are neither for nor against."""
    sources: tuple[Source, ...]
    """The proposals behind it."""
    adopted: Moment
    """When it was adopted or last confirmed: the close of that round."""
    is_ratified: bool | None
    """Whether it was ratified; null where its track asks for none."""
    review: Moment | None
    """When its review is due; null where its track has none."""
    end: Moment | None
    """When it ends unless a review confirms it; null where it doesn't by itself."""


class Option(Described):
    """One option of a round."""

    id: str
    """Its id in the round."""
    subject: Hex
    """Id of the topic or proposal."""
    title: str
    """Its title as it was written; empty if its text isn't held."""
    lang: Tag
    """The language of the title."""
    minutes: Natural
    """What it takes of the capacity."""


class Ballot(Described):
    """One member's ballot in the roll call."""

    member: MemberName
    """Id of the member."""
    event: Hex
    """Id of the event that cast it."""
    is_counted: bool
    """Whether it went into the outcome."""
    holder: str
    """Id of the member that voted for this one by proxy, or nothing."""
    content: dict[str, JsonValue]
    """What it says."""


class Round(Described):
    """A round that items rest on, with its rule and its outcome."""

    id: Hex
    """Its id: that of the record that opened it."""
    number: Natural
    """Its number."""
    track: Track
    """Long-term or short-term."""
    procedure: ProcedureName
    """What kind of round it was."""
    opens: Moment
    """When members could begin to vote."""
    closes: Moment
    """When they no longer could."""
    closed_at: Natural
    """Height of the record that closed it."""
    rule: dict[str, JsonValue]
    """The rule's settings."""
    rule_name: str
    """The rule's name in the edition's language."""
    rule_words: tuple[str, ...]
    """The rule in words, in the edition's language."""
    capacity: Natural
    """Minutes that there were to spend."""
    options: tuple[Option, ...]
    """What was asked, in the order of the question."""
    outcome: Outcome
    """What came out, with every count."""
    decision: Decision
    """The same in the edition's language."""
    reasons: tuple[str, ...]
    """The steps that led to it, in the edition's language."""
    ballots: tuple[Ballot, ...]
    """The roll call, ascending by member."""
    void: tuple[MemberName, ...]
    """Members whose ballots were void: two with no order between them."""
    unreadable: tuple[MemberName, ...]
    """Members whose ballots hold nothing that can be read."""


class Left(Described):
    """What stood on an earlier version and doesn't on this one."""

    number: ItemNumber
    """Its number in the last version that had it."""
    version: Positive
    """That version."""
    subject: Hex
    """Id of the topic or proposal."""
    subject_kind: Kind
    """Which of the two it is."""
    track: Track
    """Long-term or short-term."""
    text: Text
    """The text that had been adopted."""
    why: WhyLeft
    """Withdrawn by a review, lapsed for want of ratification, rejected by a vote, or ended by itself."""
    round: Hex | None
    """Id of the round by which it left; null where time alone did it."""
    words: str
    """Why it left, in the edition's language."""


class Change(Described):
    """One item that is different from the version before."""

    what: Literal["added", "removed", "moved", "decided-anew"]
    """What became of it. An item may be both moved and decided anew."""
    subject: Hex
    """Id of the topic or proposal."""
    before: str
    """Its number in the version before; nothing if it wasn't there."""
    after: str
    """Its number in this version; nothing if it isn't there."""


class Changes(Described):
    """What became different since the version before."""

    since: Positive
    """The version before."""
    unchanged: Natural
    """How many items are as they were."""
    items: tuple[Change, ...]
    """What is different: added, removed, moved, decided anew."""


class Date(Described):
    """A date that the agenda has."""

    kind: DateKind
    """When it was drafted; a round of voting; when a review is due; when an item ends by itself."""
    start: Moment
    """When it is, or begins."""
    end: Moment
    """When it ends; the same for a point in time."""
    item: ItemNumber | None
    """The item that it is about, or null."""
    round: Hex | None
    """The round that it is about, or null."""


class Version(Described):
    """A published version of the agenda."""

    version: Positive
    """Its number."""
    height: Natural
    """Height of the register at which it is certified."""
    document_sha256: Hex
    """SHA-256 of its document."""
    drafted: Moment
    """When the secretariat signed its draft."""


class Edition(Described):
    """A published agenda with everything that explains it."""

    id: str
    """Its name, the same wherever and whenever it is read."""
    lang: Tag
    """The language of the sentences. Texts that members wrote keep their own."""
    version: Positive
    """Version of the agenda."""
    previous: Positive | None
    """The version before it; null for the first."""
    federation: Federation
    """Whose agenda it is."""
    height: Natural
    """Height of the register at which it is certified."""
    record: Hex
    """Id of that record."""
    certificate: Annotated[Certificate, Field(exclude=True)]
    """For people to read beside the agenda; no file holds it, so that files are alike on all nodes."""
    document_sha256: Hex
    """SHA-256 of the certified document in canonical form: what the record names."""
    document: dict[str, JsonValue]
    """The certified document. Written canonically (RFC 8785), it has that hash."""
    draft: Hex
    """Id of the event by which the secretariat drafted it."""
    drafted: Moment
    """When the secretariat signed the draft."""
    history: tuple[Version, ...]
    """Every version up to this one, ascending."""
    items: tuple[Item, ...]
    """The items, those of the long-term track first."""
    without_text: tuple[ItemNumber, ...]
    """Numbers of the items whose text nobody has given in the edition's language; their originals stand instead."""
    rounds: tuple[Round, ...]
    """The rounds that they rest on, ascending by number."""
    left: tuple[Left, ...]
    """What stood on an earlier version and doesn't on this one."""
    changes: Changes | None
    """What became different since the version before; null for the first."""
    fairness: AgendaReport
    """Who was heard, by constituency."""
    dates: tuple[Date, ...]
    """Its dates, ascending."""
    members: tuple[Member, ...]
    """The members, in the order of the roll."""

    def item(self, number: str) -> Item:
        """Return the item with a number. Raises KeyError if there is none."""
        for each in self.items:
            if each.number == number:
                return each
        raise KeyError(number)

    def round(self, round_id: str) -> Round:
        """Return a round that an item rests on. Raises KeyError if there is none."""
        for each in self.rounds:
            if each.id == round_id:
                return each
        raise KeyError(round_id)

    def name_of(self, member: str) -> str:
        """Return a member's name in the edition's language, or its id for a stranger."""
        found = next((each.names for each in self.members if each.id == member), None)
        return named(found, self.lang) if found else member

    @property
    def federation_name(self) -> str:
        """The federation's name in the edition's language."""
        return named(self.federation.names, self.lang)


def named(names: dict[str, str], lang: str) -> str:
    """Return the name in a language, else in English, else the first by language tag."""
    return names.get(lang) or names.get("en") or names[min(names)]


def edition_urn(federation: str, version: int) -> str:
    """Return the name of a version of a federation's agenda."""
    return f"urn:comitia:{federation}:agenda:{version}"


def item_urn(federation: str, version: int, number: str) -> str:
    """Return the name of an item of a version."""
    return f"{edition_urn(federation, version)}:item:{number}"
