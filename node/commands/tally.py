"""comitia tally: what a rule makes of a file of ballots, before anybody adopts it."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from consensus.ballots import COST_MAX
from node.commands import output
from node.files import FileError, read_bounded
from node.tally.case import FILE_BYTES_MAX, Case
from node.tally.counting import Result, count, count_all
from node.tally.faults import TallyError
from node.tally.reading import read_case
from node.tally.report import as_json as as_value
from node.tally.report import case_lines, compared_lines, result_lines
from node.tally.settings import settings_for


def run(  # noqa: PLR0913 - each is an option of the command line
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Ballots: .pb .soc .soi .toc .toi .cat .abc.yaml .json")],
    *,
    rule: Annotated[
        str, typer.Option(help="A rule of consensus/RULES.md; by default the one that the file names.")
    ] = "",
    settings: Annotated[str, typer.Option(metavar="JSON", help="The rule's settings as a JSON object.")] = "",
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="One setting, such as quorum=1/3. Repeat for more."),
    ] = None,
    capacity: Annotated[int | None, typer.Option(min=0, max=COST_MAX, help="What there is to share, or seats.")] = None,
    lot: Annotated[str, typer.Option(metavar="TEXT", help="What a lot is drawn from, where ties go by lot.")] = "",
    compare: Annotated[bool, typer.Option("--compare", help="Count by every rule that fits, side by side.")] = False,
    as_json: output.AsJson = False,
) -> None:
    """Count a file of ballots by a rule and print the outcome with its explanation, fairness and timing.

    Reads PaBuLib's .pb, PrefLib's .soc .soi .toc .toi .cat, abcvoting's .abc.yaml, and Comitia's own JSON: any worked
    example of consensus/RULES.md. Exit code 2 if the file or the settings can't be counted.
    """
    case = _case(file, capacity, lot)
    if compare:
        like = settings_for(case, rule, settings, set_ or ()) if rule or case.rule else None
        results = list(count_all(case, like))
        if not results:
            raise TallyError(f"no rule counts ballots of the form {case.form} on this question")
        lines = [*case_lines(file.name, case), "", *compared_lines(case, results)]
    else:
        results = [_counted(case, rule, settings, set_ or [])]
        lines = [*case_lines(file.name, case), *result_lines(case, results[0])]
    output.show(as_value(file.name, case, results), lines, as_json=as_json)


def _counted(case: Case, rule: str, settings: str, single: list[str]) -> Result:
    return count(case, settings_for(case, rule, settings, single))


def _case(file: Path, capacity: int | None, lot: str) -> Case:
    try:
        data = read_bounded(file, FILE_BYTES_MAX)
    except FileError as error:
        raise TallyError(str(error)) from error
    case = read_case(file.name, data, capacity)
    if not lot:
        return case
    return replace(case, circumstances=replace(case.circumstances, lot=lot.encode(errors="surrogateescape")))
