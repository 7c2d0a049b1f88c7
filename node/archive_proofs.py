"""The full proofs in an archive: of the whole register, and of each version of the agenda."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from consensus.proof.format import ProofFormError, unpack
from node.proving import prove_agenda, prove_register
from node.storage.database import Connection
from protocol.charter import CharterFile
from protocol.errors import LocalError

PROOFS: Final = "proofs/"
FULL: Final = ".comitia-proof"
REGISTER: Final = f"{PROOFS}register{FULL}"


def proofs(connection: Connection, file: CharterFile, versions: Sequence[int]) -> Iterator[tuple[str, bytes | str]]:
    """Yield the path of each proof, and its bytes or why it can't be made. None for a register without records."""
    for path, prove in _wanted(connection, file, versions):
        try:
            made = prove()
        except LocalError as error:
            yield path, str(error)
        else:
            if made is not None:
                yield path, made if _fits(made) else "it would be larger than a full proof may be"


def _wanted(
    connection: Connection, file: CharterFile, versions: Sequence[int]
) -> Iterator[tuple[str, Callable[[], bytes | None]]]:
    yield REGISTER, lambda: prove_register(connection, file)
    for version in versions:
        yield f"{PROOFS}agenda-{version}{FULL}", lambda version=version: prove_agenda(connection, file, version)  # type: ignore[misc]


def _fits(made: bytes) -> bool:
    try:
        unpack(made)
    except ProofFormError:
        return False
    return True
