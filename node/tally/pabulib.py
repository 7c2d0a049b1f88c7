"""PaBuLib's .pb files: projects with costs under a budget, and votes that approve or rank them.

Votes of points have no rule here yet and are refused. Amounts with decimals are counted in the smallest unit that makes
all of them whole.
"""

import csv
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

from consensus.ballots import Ballot
from node.tally.case import UNIT_REMARK, Case, approval, check_options, check_voters, numbered, question_of, shown
from node.tally.faults import FormatError
from node.tally.orders import ranking
from node.tally.text import amount, lines_of, whole

_ID: Final = re.compile(r"[\x21-\x7e]{1,128}")
_SECTIONS: Final = ("meta", "projects", "votes")
_APPROVALS: Final = frozenset({"approval", "choose-1"})

Row = tuple[int, list[str]]
"""A row's line and its cells."""


@dataclass(slots=True)
class _Section:
    """One part of a file: its header's cells, and the rows below."""

    line: int
    header: list[str]
    rows: list[Row] = field(default_factory=list)

    def column(self, name: str) -> int:
        """Return the place of a column. Raises FormatError if it isn't there."""
        if name not in self.header:
            raise FormatError(self.line, f"there is no column {name}")
        return self.header.index(name)


def parse_pabulib(data: bytes) -> Case:
    """Return the case in a .pb file. Raises FormatError."""
    sections = _sections(data)
    meta = {cells[0]: (line, cells[1] if len(cells) > 1 else "") for line, cells in sections["meta"].rows}
    projects = sections["projects"]
    costs, names = _projects(projects)
    budget_line, budget = _required(meta, "budget", sections["meta"].line)
    amounts = {**costs, "": amount(budget, budget_line, "the budget")}
    unit = math.lcm(*(cost.denominator for cost in amounts.values()))
    capacity = int(amounts.pop("") * unit)
    question = question_of(((project, int(cost * unit)) for project, cost in amounts.items()), capacity)
    _, vote_type = _required(meta, "vote_type", sections["meta"].line)
    ballots, electorate = numbered(list(_votes(sections["votes"], vote_type, costs)))
    return Case(
        question=question,
        electorate=electorate,
        ballots=ballots,
        form="approval" if vote_type in _APPROVALS else "ranked",
        names=names,
        remarks=tuple(_remarks(meta, unit, len(costs), len(ballots))),
    )


def _sections(data: bytes) -> dict[str, _Section]:
    found: dict[str, _Section] = {}
    rows = _rows(data)
    for line, cells in rows:
        name = cells[0].lower()
        if len([cell for cell in cells if cell]) == 1 and name in _SECTIONS:
            if name in found:
                raise FormatError(line, f"a second part {name.upper()}")
            header_line, header = next(rows, (line, []))
            found[name] = _Section(header_line, header)
        elif not found:
            raise FormatError(line, "the file must begin with META, PROJECTS or VOTES")
        else:
            found[list(found)[-1]].rows.append((line, cells))
    for name in _SECTIONS:
        if name not in found:
            raise FormatError(0, f"the file has no part {name.upper()}")
    return found


def _rows(data: bytes) -> Iterator[Row]:
    """Yield the rows that aren't blank, their cells without the spaces around them."""
    reader = csv.reader((f"{line}\n" for line in lines_of(data)), delimiter=";")
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, [cell.strip() for cell in cells]
    except csv.Error as error:
        raise FormatError(reader.line_num, f"the row can't be split at its semicolons: {error}") from error


def _required(meta: Mapping[str, tuple[int, str]], key: str, line: int) -> tuple[int, str]:
    if key not in meta or not meta[key][1]:
        raise FormatError(line, f"META has no {key}")
    return meta[key]


def _projects(section: _Section) -> tuple[dict[str, Fraction], dict[str, str]]:
    """Return each project's cost, and the names of those that have one."""
    costs: dict[str, Fraction] = {}
    names: dict[str, str] = {}
    cost_at = section.column("cost")
    name_at = section.header.index("name") if "name" in section.header else None
    for line, cells in section.rows:
        project = cells[0]
        if not _ID.fullmatch(project):
            raise FormatError(
                line, f"a project's id has 1 to 128 ASCII characters without spaces, not {shown(project)}"
            )
        if project in costs:
            raise FormatError(line, f"project {project} is listed twice")
        costs[project] = amount(_cell(cells, cost_at), line, f"the cost of project {project}")
        if name_at is not None and _cell(cells, name_at):
            names[project] = _cell(cells, name_at)
    check_options(len(costs), section.line)
    return costs, names


def _cell(cells: list[str], at: int) -> str:
    return cells[at] if at < len(cells) else ""


def _votes(section: _Section, vote_type: str, known: Mapping[str, Fraction]) -> Iterator[Ballot]:
    if vote_type not in _APPROVALS | {"ordinal"}:
        raise FormatError(0, f"votes of the type {shown(vote_type)} aren't read: approval, choose-1 and ordinal are")
    vote_at = section.column("vote")
    check_voters(len(section.rows), section.line)
    voters: set[str] = set()
    for line, cells in section.rows:
        if cells[0] in voters:
            raise FormatError(line, f"voter {shown(cells[0])} has two ballots")
        voters.add(cells[0])
        chosen = _chosen(_cell(cells, vote_at), line, known)
        if vote_type == "choose-1" and len(chosen) > 1:
            raise FormatError(line, "a vote of the type choose-1 names one project")
        yield ranking([(project,) for project in chosen]) if vote_type == "ordinal" else approval(chosen)


def _chosen(vote: str, line: int, known: Mapping[str, Fraction]) -> list[str]:
    if vote.lower() in ("", "none"):
        return []
    chosen = [project.strip() for project in vote.split(",")]
    for project in chosen:
        if project not in known:
            raise FormatError(line, f"there is no project {shown(project)}")
    if len(set(chosen)) < len(chosen):
        raise FormatError(line, "a project stands twice in one vote")
    return chosen


def _remarks(meta: Mapping[str, tuple[int, str]], unit: int, projects: int, votes: int) -> Iterator[str]:
    yield UNIT_REMARK
    if unit > 1:
        yield f"amounts are counted in parts of 1/{unit}, so that all are whole"
    for key, count in (("num_projects", projects), ("num_votes", votes)):
        if key in meta and whole(meta[key][1], meta[key][0], key) != count:
            yield f"META says {key} {meta[key][1]}, but the file holds {count}"
