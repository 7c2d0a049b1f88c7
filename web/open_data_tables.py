"""The tables of open data: which there are, and what each column holds. The one description for people and machines."""

from dataclasses import dataclass
from typing import Final, Literal

ColumnType = Literal["string", "integer", "boolean", "datetime", "list", "object"]
"""A list stands in CSV as its parts with spaces between; an object as JSON."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, what kind of value it holds, and what that means, in English."""

    name: str
    kind: ColumnType
    meaning: str


@dataclass(frozen=True, slots=True)
class Table:
    """One table."""

    name: str
    meaning: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    """The columns that tell its rows apart."""


def _table(name: str, meaning: str, key: str, *columns: tuple[str, ColumnType, str]) -> Table:
    return Table(name, meaning, tuple(Column(*column) for column in columns), tuple(key.split()))


_TEXT_STATE: Final = "held; erased (by its author or the secretariat); or missing (not at this node yet)"
_TITLE: Final = "Its title; empty unless the text is held"
_LANG: Final = "Language of title and text (BCP 47)"
TABLES: Final[tuple[Table, ...]] = (
    _table(
        "members", "The organisations on the roll.", "member",
        ("member", "string", "Id of the member"),
        ("name", "string", "Its name, in English where it has one"),
        ("names", "object", "Its name by language"),
        ("country", "string", "Country (ISO 3166-1 alpha-2)"),
        ("constituencies", "list", "Constituencies whose majorities it counts in"),
        ("is_teller", "boolean", "Whether its node certifies closings"),
        ("is_secretariat", "boolean", "Whether it holds the office of secretariat"),
    ),
    _table(
        "proposals", "What members proposed for the agenda.", "proposal",
        ("proposal", "string", "Id of the proposal"),
        ("member", "string", "Member that made it"),
        ("sponsor", "string", "Member that carries it now"),
        ("track", "string", "long or short: which of the two agendas it is for"),
        ("stage", "string", "How far it is"),
        ("goals", "list", "Sustainable Development Goals that its author confirmed (1 to 17)"),
        ("minutes", "integer", "Minutes of the plenary that it asks for"),
        ("time", "datetime", "When it was signed, by its author's clock"),
        ("endorsements", "integer", "How many members endorse it, its sponsor included"),
        ("text", "string", "SHA-256 of its text in force"),
        ("text_state", "string", _TEXT_STATE),
        ("lang", "string", _LANG),
        ("title", "string", _TITLE),
        ("body", "string", "Its text in force, in Markdown; empty unless held"),
    ),
    _table(
        "endorsements", "Who endorsed what, and who took that back. A member's last one counts.", "event",
        ("event", "string", "Id of the signed statement"),
        ("proposal", "string", "Proposal that it is about"),
        ("member", "string", "Member that says it"),
        ("endorses", "boolean", "Whether it endorses, or takes its endorsement back"),
        ("time", "datetime", "When it was signed, by the member's clock"),
    ),
    _table(
        "positions", "What members think of proposals in consultation. A member's last one counts.", "event",
        ("event", "string", "Id of the signed statement"),
        ("proposal", "string", "Proposal that it is about"),
        ("member", "string", "Member that says it"),
        ("stance", "string", "support, conditional, concern or objection"),
        ("time", "datetime", "When it was signed, by the member's clock"),
        ("text", "string", "SHA-256 of the reasons"),
        ("text_state", "string", _TEXT_STATE),
        ("lang", "string", _LANG),
        ("reasons", "string", "The reasons, in Markdown; empty unless held"),
    ),
    _table(
        "rounds", "The rounds of voting. Of a round that isn't certified yet nothing is said that happened in it.",
        "round",
        ("round", "string", "Id of the round"),
        ("number", "integer", "Its running number"),
        ("track", "string", "long or short"),
        ("procedure", "string", "What it is for"),
        ("rule", "string", "Name of the rule that decides it"),
        ("rule_settings", "object", "Settings of that rule"),
        ("opens", "datetime", "From when on members may vote"),
        ("closes", "datetime", "Until when members may vote"),
        ("options", "integer", "How many options it has"),
        ("capacity_minutes", "integer", "Minutes that the options compete for"),
        ("may_change", "boolean", "Whether a ballot could be changed until the close"),
        ("proxies_per_holder", "integer", "For how many others one member may vote"),
        ("opened_height", "integer", "Height of the register's record that opened it"),
        ("closed_height", "integer", "Height of the record that closed it; empty before"),
        ("ballots", "integer", "How many ballots the close includes, changed ones too; empty before"),
        ("status", "string", "What came out; empty before"),
        ("lot", "string", "Its public lot, by which ties are broken where the rule says so; empty before"),
    ),
    _table(
        "options", "What could be voted for, and what of it was adopted.", "round option",
        ("round", "string", "Id of the round"),
        ("option", "string", "Id of the option within the round"),
        ("position", "integer", "Its place in the frozen order, from 1"),
        ("subject", "string", "Proposal, topic or amendment that it stands for"),
        ("minutes", "integer", "Minutes that it asks for"),
        ("text", "string", "SHA-256 of its frozen text"),
        ("text_state", "string", _TEXT_STATE),
        ("lang", "string", _LANG),
        ("title", "string", _TITLE),
        ("is_adopted", "boolean", "Whether the round adopted it; empty before the close is certified"),
        ("place", "integer", "Its place among those adopted, from 1; empty if it wasn't"),
    ),
    _table(
        "ballots", "Who voted how in rounds whose close is certified: each member's last ballot.", "round member",
        ("round", "string", "Id of the round"),
        ("member", "string", "Member whose vote it is"),
        ("event", "string", "Id of the signed ballot"),
        ("time", "datetime", "When it was signed, by the member's clock"),
        ("form", "string", "choice, approval, ranked, score or proxy; empty if it can't be read"),
        ("holder", "string", "Member that voted for this one by proxy, or nothing"),
        ("is_counted", "boolean", "Whether it was counted"),
        ("content", "object", "What it says; of a proxy that counts, what its holder said"),
    ),
    _table(
        "outcomes", "What rounds came to, counted again from their ballots.", "round",
        ("round", "string", "Id of the round"),
        ("status", "string", "What came out"),
        ("cast", "integer", "Ballots cast, one a member"),
        ("valid", "integer", "Ballots that count"),
        ("in_favour", "integer", "In favour"),
        ("against", "integer", "Against"),
        ("abstain", "integer", "Abstentions"),
        ("quorum_present", "integer", "Members present for the quorum"),
        ("quorum_needed", "integer", "Members that had to be"),
        ("needed", "integer", "Votes in favour that the threshold asked for; 0 for a selection"),
        ("margin", "integer", "Votes in favour beyond those needed, negative if they fell short; 0 for a selection"),
        ("proxies", "integer", "Votes cast by proxy"),
        ("objections", "integer", "Objections that stand"),
        ("explanation", "string", "What was counted and what decided, in English"),
        ("outcome", "object", "The whole outcome as data"),
        ("hash", "string", "SHA-256 of the outcome as the tellers certified it"),
    ),
    _table(
        "agenda_items", "The items of each published version of the agenda.", "version number",
        ("version", "integer", "Version of the agenda"),
        ("number", "string", "Number of the item: 1, 2 … long-term, S1, S2 … short-term"),
        ("track", "string", "long or short"),
        ("subject", "string", "Proposal or topic"),
        ("minutes", "integer", "Minutes of the plenary"),
        ("round", "string", "Round that adopted it"),
        ("option", "string", "Option of that round"),
        ("text", "string", "SHA-256 of its text"),
        ("text_state", "string", _TEXT_STATE),
        ("lang", "string", _LANG),
        ("title", "string", _TITLE),
        ("document", "string", "SHA-256 of the agenda's document"),
        ("height", "integer", "Height of the register's record that published it"),
    ),
)  # fmt: skip
BY_NAME: Final = {table.name: table for table in TABLES}
FORMS: Final = ("csv", "jsonl")
Form = Literal["csv", "jsonl"]
MEDIA_TYPES: Final = {"csv": "text/csv", "jsonl": "application/jsonl"}
_FIELD_TYPES: Final = {"list": "string"}
"""How columns are described to machines where that differs from their kind."""


def data_package(federation: str, sizes: dict[str, tuple[int, str]] | None = None) -> dict[str, object]:
    """Return the description of all tables as a Frictionless data package.

    sizes holds each file's size in bytes and SHA-256, if they are known.
    """
    return {
        "profile": "data-package",
        "name": f"comitia-{federation[:12]}",
        "title": "Open data of a federation",
        "description": "What was proposed, voted and decided. Ballots of rounds that aren't certified yet, and texts "
        "that were erased, are not in it.",
        "federation": federation,
        "resources": [_resource(table, form, sizes or {}) for table in TABLES for form in FORMS],
    }


def _resource(table: Table, form: str, sizes: dict[str, tuple[int, str]]) -> dict[str, object]:
    path = f"{table.name}.{form}"
    value: dict[str, object] = {
        "profile": "tabular-data-resource" if form == "csv" else "data-resource",
        "name": f"{table.name}-{form}".replace("_", "-"),
        "path": path,
        "description": table.meaning,
        "format": form,
        "mediatype": MEDIA_TYPES[form],
        "encoding": "utf-8",
        "schema": {
            "fields": [_field(column, form) for column in table.columns],
            "primaryKey": list(table.key),
            "missingValues": [""],
        },
    }
    if path in sizes:
        size, sha256 = sizes[path]
        value |= {"bytes": size, "hash": f"sha256:{sha256}"}
    return value


def _field(column: Column, form: str) -> dict[str, object]:
    kind = column.kind if form == "jsonl" else _FIELD_TYPES.get(column.kind, column.kind)
    value: dict[str, object] = {
        "name": column.name,
        "type": "array" if kind == "list" else kind,
        "description": column.meaning,
    }
    if column.kind == "boolean" and form == "csv":
        value |= {"trueValues": ["yes"], "falseValues": ["no"]}
    return value
