"""comitia charter draft: an unsigned charter out of the founders' member entries."""

from pathlib import Path
from typing import Annotated

import typer

from node import files, founding
from node.clock import SystemClock
from node.commands import charter_files, output
from node.founding import Draft, FoundingError
from node.policies import Policies, default_policies
from protocol.roll import Member


def run(  # noqa: PLR0913 - one parameter for each option
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The charter file to write; must not exist.")],
    *,
    name: Annotated[list[str], typer.Option(metavar="LANGUAGE=NAME", help="The federation's. Repeat for more.")],
    member: Annotated[list[Path], typer.Option(metavar="FILE", help="A founder's member.json. Repeat for each.")],
    secretariat: Annotated[list[str], typer.Option(metavar="ID", help="Who convenes. Repeat for more.")],
    teller: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Repeat for each. Default: all with a teller's key.")
    ] = None,
    reference: Annotated[str, typer.Option(help="Words that tell this from another federation of the same.")] = "",
    policies: Annotated[Path | None, typer.Option(metavar="FILE", help="JSON; see comitia charter policies.")] = None,
    grace_seconds: Annotated[
        int | None, typer.Option(min=0, help="How long ballots may still travel after a deadline.")
    ] = None,
    as_json: output.AsJson = False,
) -> None:
    """Draft a charter out of the founders' member entries. Send it to all founders to sign."""
    members = tuple(_member(path) for path in member)
    draft = Draft(
        names=output.names_by_language(name),
        members=members,
        secretariat=tuple(secretariat),
        tellers=tuple(teller or ()),
        policies=_policies(policies, grace_seconds, members),
        reference=reference,
        founded=SystemClock().now(),
    )
    file = founding.draft_charter(draft)
    files.write_new(out, file.to_bytes(), files.PUBLIC)
    lines = (*charter_files.description(file), f"Each founder: comitia charter sign {out} --keys OFFLINE-DIR")
    output.show({"file": str(out), **charter_files.facts(file)}, lines, as_json=as_json)


def _member(path: Path) -> Member:
    data = files.read_bounded(path, founding.MEMBER_FILE_BYTES_MAX)
    try:
        return founding.parse_member(data)
    except FoundingError as error:
        raise FoundingError(f"{path}: {error}") from error


def _policies(path: Path | None, grace_seconds: int | None, members: tuple[Member, ...]) -> Policies:
    if path is None:
        policies = default_policies(name for member in members for name in member.constituencies)
    else:
        policies = founding.parse_policies(files.read_bounded(path, founding.POLICIES_FILE_BYTES_MAX))
    return policies if grace_seconds is None else founding.with_grace(policies, grace_seconds * 1_000)
