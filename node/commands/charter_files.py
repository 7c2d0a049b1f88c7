"""Reading and describing charter files, for the commands that work on them."""

from collections.abc import Iterator
from pathlib import Path

from node import files, founding
from protocol import charter, limits, short_proof
from protocol.charter import Charter, CharterError, CharterFile
from protocol.errors import ComitiaError


def read(path: Path) -> CharterFile:
    """Return a charter file whose signatures so far all hold. Raises CharterError or files.FileError with its name."""
    data = files.read_bounded(path, limits.CHARTER_BYTES_MAX)
    try:
        file = charter.parse_file(data)
        file.missing()
    except ComitiaError as error:
        raise CharterError(f"{path}: {error}") from error
    return file


def facts(file: CharterFile) -> dict[str, object]:
    """Return what a machine wants to know of a charter file."""
    document, missing = file.charter(), file.missing()
    return {
        "fingerprint": file.federation,
        "names": document.names,
        "reference": document.reference,
        "members": [member.id for member in document.roll.members],
        "tellers": list(document.roll.tellers),
        "tellers_fingerprint": _tellers_fingerprint(file, document),
        "secretariat": list(document.roll.secretariat),
        "signed": [member.id for member in document.roll.members if member.id not in missing],
        "missing": list(missing),
        "complete": not missing,
    }


def description(file: CharterFile) -> Iterator[str]:
    """Give the lines from which a founder sees what a charter says and who has signed it."""
    document, missing = file.charter(), file.missing()
    yield f"Federation   {' / '.join(document.names.values())}{_reference(document)}"
    yield f"Fingerprint  {founding.readable_fingerprint(file.federation)}"
    yield f"Secretariat  {', '.join(document.roll.secretariat)}"
    yield f"Tellers      {', '.join(document.roll.tellers)}"
    yield f"  their fingerprint, for short proofs: {_tellers_fingerprint(file, document)}"
    for name, policy in (("long", document.long), ("short", document.short)):
        for kind, procedure in policy.procedures.items():
            rule, voting = procedure.rule.get("rule"), _duration(procedure.voting_ms)
            yield f"{name.capitalize():5} track  {kind}: {rule}, {voting} of voting"
    yield f"Grace        {_duration(document.timing.grace_ms)} after a deadline"
    for member in document.roll.members:
        state = "missing" if member.id in missing else "signed"
        yield f"{state:8}     {member.id} ({member.country})  {' / '.join(member.names.values())}"


def _tellers_fingerprint(file: CharterFile, document: Charter) -> str:
    return short_proof.tellers_fingerprint(file.federation, short_proof.tellers_of(document.roll))


def _reference(document: Charter) -> str:
    return f" ({document.reference})" if document.reference else ""


def _duration(ms: int) -> str:
    """Return a duration in the largest unit that it is a whole number of."""
    for unit, unit_ms in (("days", 86_400_000), ("hours", 3_600_000), ("minutes", 60_000), ("seconds", 1_000)):
        if ms % unit_ms == 0:
            count = ms // unit_ms
            return f"{count} {unit if count != 1 else unit.removesuffix('s')}"
    return f"{ms} milliseconds"
