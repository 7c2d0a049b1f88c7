"""The canonical form against RFC 8785's reference encoder, and against bytes that nobody meant."""

import json
from typing import Any

import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from protocol import canonical
from protocol.canonical import NotCanonicalError

INTEGERS = st.integers(-(2**53) + 1, 2**53 - 1)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
KEYS = st.text(st.characters(max_codepoint=127), max_size=8)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | INTEGERS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


def reference(value: Any) -> bytes:
    return rfc8785.dumps(value)


@given(VALUES)
def test_every_value_is_written_as_the_reference_writes_it_and_read_back(value: Any) -> None:
    data = canonical.encode(value)
    assert data == reference(value)
    assert canonical.decode(data) == value


@given(VALUES, st.randoms(use_true_random=False))
def test_the_order_in_which_an_object_was_made_does_not_matter(value: Any, order: Any) -> None:
    def shuffled(inner: Any) -> Any:
        if isinstance(inner, dict):
            items = [(key, shuffled(item)) for key, item in inner.items()]
            order.shuffle(items)
            return dict(items)
        return [shuffled(item) for item in inner] if isinstance(inner, list) else inner

    assert canonical.encode(shuffled(value)) == canonical.encode(value)


@given(VALUES, st.sampled_from([{"indent": 1}, {"separators": (", ", ":")}, {"separators": (",", ": ")}]))
def test_other_ways_to_write_a_value_are_refused_unless_they_are_the_same(value: Any, style: dict[str, Any]) -> None:
    other = json.dumps(value, ensure_ascii=False, sort_keys=True, **style).encode()
    try:
        assert canonical.decode(other) == value
    except NotCanonicalError:
        assert other != canonical.encode(value)
    else:
        assert other == canonical.encode(value)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_back_exactly_or_refused(data: bytes) -> None:
    try:
        value = canonical.decode(data)
    except NotCanonicalError:
        return
    assert canonical.encode(value) == reference(value) == data


@given(VALUES, st.integers(0), st.integers(0, 255), st.sampled_from(["replace", "insert", "delete"]))
def test_one_byte_off_gives_another_value_or_a_refusal(value: Any, where: int, byte: int, how: str) -> None:
    data = bytearray(canonical.encode(value))
    place = where % len(data)
    if how == "insert":
        data.insert(place, byte)
    elif how == "delete":
        del data[place]
    else:
        data[place] = byte
    try:
        read = canonical.decode(bytes(data))
    except NotCanonicalError:
        return
    assert reference(read) == data
