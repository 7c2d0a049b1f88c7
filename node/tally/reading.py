"""Which reader a file's name asks for."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import Final

from node.tally.abc_yaml import parse_abc_yaml
from node.tally.case import FILE_BYTES_MAX, Case, question_of
from node.tally.comitia_json import parse_comitia_json
from node.tally.faults import FormatError, TallyError
from node.tally.pabulib import parse_pabulib
from node.tally.preflib import parse_preflib

Reader = Callable[[bytes, int | None], Case]


def _with_capacity(parse: Callable[[bytes], Case], data: bytes, capacity: int | None) -> Case:
    """Return the case of a format that states its capacity, with another one if it is given."""
    case = parse(data)
    if capacity is None:
        return case
    costs = [(option.id, option.cost) for option in case.question.options]
    return replace(case, question=question_of(costs, capacity))


READERS: Final[Mapping[str, Reader]] = MappingProxyType(
    {
        ".pb": partial(_with_capacity, parse_pabulib),
        ".soc": lambda data, capacity: parse_preflib(data, "soc", capacity),
        ".soi": lambda data, capacity: parse_preflib(data, "soi", capacity),
        ".toc": lambda data, capacity: parse_preflib(data, "toc", capacity),
        ".toi": lambda data, capacity: parse_preflib(data, "toi", capacity),
        ".cat": lambda data, capacity: parse_preflib(data, "cat", capacity),
        ".abc.yaml": parse_abc_yaml,
        ".json": partial(_with_capacity, parse_comitia_json),
    }
)


def read_case(name: str, data: bytes, capacity: int | None = None) -> Case:
    """Return the case in a file of this name; capacity takes the place of the file's own. Raises TallyError."""
    reader = next((reader for ending, reader in READERS.items() if name.lower().endswith(ending)), None)
    if reader is None:
        raise TallyError(f"{name}: the name's ending says the format, one of {' '.join(READERS)}")
    if len(data) > FILE_BYTES_MAX:
        raise TallyError(f"{name}: more than {FILE_BYTES_MAX} bytes")
    try:
        return reader(data, capacity)
    except FormatError as error:
        raise TallyError(f"{name}: {error}") from error
