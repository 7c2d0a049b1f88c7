"""Single-byte changes of a full proof, by classes of positions, each with the step that must refuse it.

The JSON in the file is walked with a path pattern for each place (`votes[].signature`, `records[].body.spec.rule`,
the braces and commas too), so that every kind of place is changed at least once; the changed bytes are packed anew
with a right hash. Which step must fail follows from the place alone.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from consensus.proof.format import pack

_STEPS: Final = (
    ("charter.payload", "fingerprint"),
    ("charter.signatures", "founders"),
    ("votes", "certificate"),
    ("rounds[].ballots", "ballots"),
    ("rounds", "seals"),
    ("agendas", "agenda"),
    ("records", "chain"),
)
_VALUES: Final = ("text", "number", "word")
_HEADER_FIELDS: Final = ("federation", "height", "prev", "roll", "v")


@dataclass(frozen=True, slots=True)
class Place:
    """One byte of the JSON: where it stands, and what for."""

    at: int
    path: str
    """The path of the value, with [] for any place in a list."""
    part: str
    """Which part of it: key, text, number, word, or a mark."""
    is_last_record: bool = False

    @property
    def position_class(self) -> str:
        """What places are alike by."""
        return f"{self.path} {self.part}{' last' if self.is_last_record else ''}"


@dataclass(frozen=True, slots=True)
class Mutation:
    """A changed file and the step that must refuse it."""

    name: str
    data: bytes
    step: str


def places(data: bytes) -> dict[str, list[Place]]:
    """Return the places in a proof's JSON by class."""
    walker = _Walker()
    walker.walk(json.loads(data), "", last=False)
    assert walker.text.encode() == data
    starts = _byte_starts(walker.text)
    found: dict[str, list[Place]] = {}
    for place in walker.places:
        moved = Place(starts[place.at], place.path, place.part, place.is_last_record)
        found.setdefault(moved.position_class, []).append(moved)
    return found


def byte_changes(data: bytes, *, one_in: int = 1) -> Iterator[Mutation]:
    """Yield changes of single bytes of a proof's JSON, in every class of places, or one in so many of them.

    Values are changed at a first and a last place in two ways, keys and marks at one in the middle.
    """
    for place, byte in list(_changes(data))[::one_in]:
        changed = data[: place.at] + bytes([byte]) + data[place.at + 1 :]
        yield Mutation(f"{place.position_class} at {place.at}: {byte}", pack(changed), _step(changed, place))


def _changes(data: bytes) -> Iterator[tuple[Place, int]]:
    for turn, alike in enumerate(places(data).values()):
        is_value = alike[0].part in _VALUES
        for place in dict.fromkeys((alike[0], alike[-1]) if is_value else (alike[len(alike) // 2],)):
            for byte in _other_bytes(data[place.at], turn)[: 2 if is_value else 1]:
                yield place, byte


def file_changes(data: bytes) -> Iterator[Mutation]:
    """Yield changes of the file itself: single bytes of its line and content, cut and extended. None is a good form."""
    spots = [*range(90), *range(90, len(data), max(1, len(data) // 40)), *range(len(data) - 6, len(data))]
    for spot in sorted({spot for spot in spots if spot < len(data)}):
        for change in (1, 0x20, 0x80):
            changed = data[:spot] + bytes([data[spot] ^ change]) + data[spot + 1 :]
            yield Mutation(f"file byte {spot} ^ {change}", changed, "form")
    for length in (0, 1, 20, 85, 86, 87, len(data) // 2, len(data) - 1):
        yield Mutation(f"cut to {length}", data[:length], "form")
    yield Mutation("one byte more", data + b"\0", "form")
    yield Mutation("a line more", data + b"\n", "form")
    yield Mutation("a byte order mark", b"\xef\xbb\xbf" + data, "form")
    yield Mutation("other line end", data.replace(b"\n", b"\r\n", 1), "form")


class _Walker:
    """Writes canonical JSON and notes what each character stands for."""

    def __init__(self) -> None:
        self.text = ""
        self.places: list[Place] = []
        self._size = 0
        self._parts: list[str] = []

    def walk(self, value: Any, path: str, *, last: bool) -> None:
        """Write a value."""
        self._walk(value, path, last)
        self.text = "".join(self._parts)

    def _walk(self, value: Any, path: str, last: bool) -> None:
        if isinstance(value, dict):
            self._mark("{", path, last)
            for place, key in enumerate(sorted(value)):
                self._mark("," if place else "", path, last)
                inner = f"{path}.{key}" if path else key
                self._write(json.dumps(key), inner, "key", last)
                self._mark(":", path, last)
                self._walk(value[key], inner, last)
            self._mark("}", path, last)
        elif isinstance(value, list):
            self._mark("[", path, last)
            for place, each in enumerate(value):
                self._mark("," if place else "", path, last)
                self._walk(each, f"{path}[]", last or (path == "records" and place == len(value) - 1))
            self._mark("]", path, last)
        else:
            part = "text" if isinstance(value, str) else "word" if value in (None, True, False) else "number"
            self._write(json.dumps(value, ensure_ascii=False), path, "number" if type(value) is int else part, last)

    def _mark(self, mark: str, path: str, last: bool) -> None:
        self._write(mark, path, f"mark {mark}", last)

    def _write(self, text: str, path: str, part: str, last: bool) -> None:
        quoted = text.startswith('"')
        for at in range(len(text)):
            mine = f"{part} quote" if quoted and at in (0, len(text) - 1) else part
            self.places.append(Place(self._size + at, path, mine, last))
        self._parts.append(text)
        self._size += len(text)


def _byte_starts(text: str) -> list[int]:
    starts, at = [], 0
    for character in text:
        starts.append(at)
        at += len(character.encode())
    return starts


def _other_bytes(byte: int, turn: int) -> list[int]:
    """Return other bytes for one: a like one first, then one that has no place there now and then."""
    digits = b"0123456789abcdef"
    like = digits[(digits.index(byte) + 5) % 10] if byte in digits else byte ^ 0x01
    strange = (0x22, 0x20, 0xFF, 0x31, 0x61, 0x5D)[turn % 6]
    return [other for other in dict.fromkeys((like, strange)) if other != byte]


def _step(changed: bytes, place: Place) -> str:
    """Return the step that must refuse changed JSON."""
    value = _canonical_value(changed)
    if value is None or not _has_outline(value):
        return "form"
    if place.path.startswith("records[]") and place.is_last_record:
        is_header = any(place.path.startswith(f"records[].{name}") for name in _HEADER_FIELDS)
        is_outline = place.path.count(".") == 1 and "key" in place.part
        return "chain" if is_header or is_outline or not _has_record(value) else "certificate"
    return next(step for prefix, step in _STEPS if place.path.startswith(prefix))


def _canonical_value(data: bytes) -> Any:
    """Return the value in canonical JSON by the standard library's own reading, or None."""
    try:
        value = json.loads(data, parse_float=_refuse, parse_constant=_refuse, object_pairs_hook=_without_repeats)
        again = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    except ValueError:
        return None
    return value if again == data and _is_profile(value) else None


def _refuse(_text: str) -> Any:
    raise ValueError("a number that is no integer")


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a key stands twice")
    return dict(pairs)


def _is_profile(value: Any) -> bool:
    if isinstance(value, dict):
        return all(key.isascii() and _is_profile(inner) for key, inner in value.items())
    if isinstance(value, list):
        return all(map(_is_profile, value))
    return not isinstance(value, int) or abs(value) < 2**53


def _is_hex(value: Any, digits: int) -> bool:
    return isinstance(value, str) and re.fullmatch(f"[0-9a-f]{{{digits}}}", value) is not None


def _is_event(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and value.keys() == {"kind", "payload", "signature"}
        and isinstance(value["kind"], str)
        and isinstance(value["payload"], dict)
        and _is_hex(value["signature"], 128)
    )


def _is_round(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and value.keys() == {"ballots", "listings", "round", "seals"}
        and _is_hex(value["round"], 64)
        and all(isinstance(value[name], list) for name in ("ballots", "listings", "seals"))
        and len(value["seals"]) > 0
        and all(map(_is_event, (*value["ballots"], *value["seals"])))
        and all(isinstance(each, list) and all(_is_hex(one, 64) for one in each) for each in value["listings"])
    )


def _has_outline(value: Any) -> bool:
    """Whether a value has the fields and types that the form of a proof prescribes."""
    if not isinstance(value, dict) or value.keys() != {"agendas", "charter", "records", "rounds", "v", "votes"}:
        return False
    charter, lists = value["charter"], [value[name] for name in ("agendas", "records", "rounds", "votes")]
    return (
        type(value["v"]) is int
        and value["v"] == 1
        and isinstance(charter, dict)
        and charter.keys() == {"payload", "signatures"}
        and isinstance(charter["payload"], dict)
        and isinstance(charter["signatures"], list)
        and len(charter["signatures"]) > 0
        and all(_is_hex(each, 128) for each in charter["signatures"])
        and all(isinstance(each, list) for each in lists)
        and len(value["records"]) > 0
        and len(value["votes"]) > 0
        and all(isinstance(each, dict) for each in value["records"])
        and all(map(_is_event, value["votes"]))
        and all(map(_is_round, value["rounds"]))
        and all(
            isinstance(each, dict)
            and each.keys() == {"document", "draft"}
            and isinstance(each["document"], dict)
            and _is_event(each["draft"])
            for each in value["agendas"]
        )
    )


def _has_record(value: Any) -> bool:
    last = value["records"][-1]
    fields = {"body", "federation", "height", "kind", "prev", "roll", "v"}
    return last.keys() == fields and isinstance(last["kind"], str) and isinstance(last["body"], dict)
