"""Open data as files: the tables as CSV and JSON lines with their description, and closed rounds for researchers."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import orjson

from node.archive_tree import Tree
from node.archives import placed
from node.moments import Moment, moment_of
from node.open_rows import ROWS, Round, Row, Value, rounds_of, titles_of
from node.tally.round_case import case_of, pabulib_of, preflib_of
from web.csv_text import BYTE_ORDER_MARK, Cell, csv_row
from web.open_data_tables import FORMS, TABLES, Form, Table, data_package

PACKAGE: Final = "datapackage.json"
Progress = Callable[[int, int], None]


@dataclass(slots=True)
class Dumped:
    """What has been written."""

    federation: str = ""
    rows: dict[str, int] = field(default_factory=dict)
    """By table."""
    rounds: int = 0
    """Files of rounds, for researchers."""


def table_bytes(moment: Moment, table: Table, form: Form, now: int) -> Iterator[bytes]:
    """Yield a table piece by piece: CSV with a line of names on top, or a JSON object a line."""
    if form == "csv":
        yield BYTE_ORDER_MARK + csv_row([column.name for column in table.columns])
    write = _csv if form == "csv" else _json_line
    for row in ROWS[table.name](moment, now):
        yield write(table, row)


def round_files(moment: Moment, found: Round) -> dict[str, bytes]:
    """Return a closed round's files for researchers by the ending of their names; none before its close."""
    counted = found.counted(moment)
    spec = found.record.body.spec
    case = None if counted is None else case_of(spec, counted, titles_of(moment, found))
    if case is None:
        return {}
    files = {}
    pabulib = pabulib_of(case, found.id, spec, moment.federation)
    preflib = preflib_of(case, found.id, spec, moment.federation)
    if pabulib is not None:
        files["pb"] = pabulib
    if preflib is not None:
        files[preflib.data_type] = preflib.data
    return files


def package_bytes(federation: str, sizes: dict[str, tuple[int, str]] | None = None) -> bytes:
    """Return the description of all tables as a Frictionless data package."""
    return orjson.dumps(data_package(federation, sizes), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def write_dump(directory: Path, out: Path, now: int, progress: Progress) -> Dumped:
    """Write open data of a node's data directory, running or not, to a path where nothing is yet.

    now, in milliseconds, is the time at which proposals stand at their stages. Whole or absent. Raises ArchiveError,
    files.FileError or StoreError.
    """
    done = Dumped()
    with moment_of(directory) as moment, placed(out) as root:
        tree = Tree(root)
        done.federation = moment.federation
        sizes = {}
        for at, table in enumerate(TABLES):
            progress(at, len(TABLES) + 1)
            for form in FORMS:
                path = f"{table.name}.{form}"
                sizes[path] = _write_table(tree, path, table_bytes(moment, table, form, now), done, table)
        _write_rounds(tree, moment, done)
        tree.add(PACKAGE, package_bytes(moment.federation, sizes))
        tree.finish()
    progress(1, 1)
    return done


def _write_table(tree: Tree, path: str, pieces: Iterable[bytes], done: Dumped, table: Table) -> tuple[int, str]:
    count = -1 if path.endswith(".csv") else 0
    with tree.file(path) as file:
        for piece in pieces:
            file.write(piece)
            count += 1
    done.rows[table.name] = count
    return file.size, file.sha256


def _write_rounds(tree: Tree, moment: Moment, done: Dumped) -> None:
    for found in rounds_of(moment):
        for ending, data in round_files(moment, found).items():
            tree.add(f"rounds/{round_file_name(found, ending)}", data)
            done.rounds += 1


def round_file_name(found: Round, ending: str) -> str:
    """Return what a round's file is called."""
    return f"round-{found.record.body.spec.number}-{found.id[:12]}.{ending}"


def _csv(table: Table, row: Row) -> bytes:
    return csv_row(_cell(row.get(column.name)) for column in table.columns)


def _cell(value: Value) -> Cell:
    match value:
        case list():
            return " ".join(map(str, value))
        case Mapping():
            return orjson.dumps(value).decode()
        case _:
            return value


def _json_line(table: Table, row: Row) -> bytes:
    value = {column.name: row.get(column.name) for column in table.columns}
    return orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE)
