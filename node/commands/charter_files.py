"""Reading and describing charter files, for the commands that work on them."""

from collections.abc import Iterator
from pathlib import Path

from node import files, founding
from protocol import charter, limits
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
    for name, policy in (("long", document.long), ("short", document.short)):
        yield f"Rule ({name})  {policy.rule.get('rule')}, {policy.voting_ms // 1_000} s of voting"
    for member in document.roll.members:
        state = "missing" if member.id in missing else "signed"
        yield f"{state:8}     {member.id} ({member.country})  {' / '.join(member.names.values())}"


def _reference(document: Charter) -> str:
    return f" ({document.reference})" if document.reference else ""
