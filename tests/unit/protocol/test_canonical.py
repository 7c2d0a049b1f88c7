import json
from decimal import Decimal

import pytest
import rfc8785

from protocol import canonical, limits
from protocol.canonical import NotCanonicalError
from protocol.errors import LocalError

DEEPEST = limits.JSON_DEPTH_MAX

# SPEC 1.1: "one JSON value in the canonical encoding of this part, in UTF-8 without a byte order mark"
# SPEC 1.2: "there are no fractions and no exponents"
# SPEC 1.5: "no white space outside strings and nothing after the value"
# SPEC 1.7: "A string must not contain a surrogate code point, neither as bytes nor as an escape"
# SPEC 1.10: "A receiver must refuse bytes that are not canonical"
REFUSED = {
    "nothing": b"",
    "byte order mark": b"\xef\xbb\xbf1",
    "UTF-16": '"a"'.encode("utf-16-le"),
    "repeated key": b'{"a":1,"a":1}',
    "repeated key by escape": b'{"a":1,"\\u0061":1}',
    "keys out of order": b'{"b":1,"a":2}',
    "space after colon": b'{"a": 1}',
    "space before": b" 1",
    "space after": b"1 ",
    "newline after": b"1\n",
    "trailing bytes": b"1x",
    "second value": b"{}{}",
    "trailing nul": b"1\x00",
    "trailing comma": b"[1,]",
    "trailing comma in object": b'{"a":1,}',
    "comment": b"/**/1",
    "single quotes": b"'a'",
    "bare word": b"a",
    "needless escape": b'"\\u0041"',
    "escaped slash": b'"\\/"',
    "long escape of newline": b'"\\u000a"',
    "long escape of backspace": b'"\\u0008"',
    "upper-case escape": b'"\\u001F"',
    "escaped delete": b'"\\u007f"',
    "escaped pair": b'"\\ud83d\\ude00"',
    "raw control": b'"\x1f"',
    "raw nul": b'"\x00"',
    "fraction": b"0.5",
    "whole fraction": b"1.0",
    "exponent": b"1e3",
    "exponent without effect": b"1e0",
    "minus zero": b"-0",
    "minus zero fraction": b"-0.0",
    "leading zero": b"01",
    "plus": b"+1",
    "hexadecimal": b"0x1",
    "not a number": b"NaN",
    "infinity": b"Infinity",
    "2^53": b"9007199254740992",
    "-2^53": b"-9007199254740992",
    "2^63": b"9223372036854775808",
    "2^64": b"18446744073709551616",
    "2^70": b"1180591620717411303424",
    "large in a list": b"[1,[9007199254740992]]",
    "lone high surrogate": b'"\\ud800"',
    "lone low surrogate": b'"\\udc00"',
    "surrogates in the wrong order": b'"\\udc00\\ud800"',
    "surrogate bytes": b'"\xed\xa0\x80"',
    "overlong bytes": b'"\xc0\x80"',
    "broken UTF-8": b'"\xff"',
    "cut UTF-8": b'"\xe2\x82"',
    "key not ASCII": '{"é":1}'.encode(),
    "key not ASCII by escape": b'{"\\u00e9":1}',
    "key not text": b"{1:1}",
    "too deep": b"[" * (DEEPEST + 1) + b"]" * (DEEPEST + 1),
    "too deep in objects": b'{"a":' * (DEEPEST + 1) + b"1" + b"}" * (DEEPEST + 1),
    "far too deep": b"[" * 100_000 + b"]" * 100_000,
    "unclosed": b"[" * 100_000,
}


@pytest.mark.parametrize("data", REFUSED.values(), ids=REFUSED.keys())
def test_what_is_not_canonical_is_refused(data: bytes) -> None:
    with pytest.raises(NotCanonicalError):
        canonical.decode(data)


# SPEC 1.3: "An integer must lie between -(2^53-1) and 2^53-1"
# SPEC 1.4: "The keys of an object are ASCII, differ from each other, and stand in ascending order of their bytes"
# SPEC 1.8: "JSON_DEPTH_MAX levels deep, the outermost counting as the first"
# SPEC 1.9: "if and only if encoding the value that they parse to gives the same bytes"
@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b"null", None),
        (b"true", True),
        (b"0", 0),
        (b"-1", -1),
        (b"9007199254740991", 2**53 - 1),
        (b"-9007199254740991", -(2**53) + 1),
        (b'""', ""),
        (b"[]", []),
        (b"{}", {}),
        (b'{"":0,"A":1,"a":2}', {"": 0, "A": 1, "a": 2}),
        (b'{"a":{"b":[1,"2",false]}}', {"a": {"b": [1, "2", False]}}),
        (b'"\x7f"', "\x7f"),
        ('"\u2028\u2029"'.encode(), "\u2028\u2029"),
        ('"\U0001f600é中"'.encode(), "\U0001f600é中"),
        ('"e\u0301"'.encode(), "e\u0301"),
        (b"[" * DEEPEST + b"1" + b"]" * DEEPEST, None),
    ],
)
def test_what_is_canonical_is_taken_and_written_the_same(data: bytes, value: object) -> None:
    decoded = canonical.decode(data)
    assert canonical.encode(decoded) == data
    assert decoded == (json.loads(data) if value is None else value)


# SPEC 1.6: "U+0000 to U+001F are escaped"
def test_every_control_character_is_escaped_as_the_standard_says() -> None:
    short = {8: "\\b", 9: "\\t", 10: "\\n", 12: "\\f", 13: "\\r"}
    for code in range(32):
        escape = short.get(code, f"\\u{code:04x}")
        expected = f'"{escape}"'.encode()
        assert canonical.encode(chr(code)) == expected
        assert canonical.decode(expected) == chr(code)
    assert canonical.encode('"\\') == b'"\\"\\\\"'


# SPEC 1.11: "Within this profile the encoding equals that of RFC 8785"
def test_each_character_of_the_first_plane_is_written_as_the_oracle_writes_it() -> None:
    text = "".join(chr(code) for code in range(0x10000) if not 0xD800 <= code <= 0xDFFF)
    assert canonical.encode(text) == rfc8785.dumps(text)


@pytest.mark.parametrize(
    "value",
    [
        1.0,
        float("nan"),
        Decimal(1),
        2**53,
        -(2**53),
        b"bytes",
        {1, 2},
        object(),
        {1: 2},
        {None: 2},
        {"é": 1},
        "\ud800",
        ["ok", {"deep": ["\udfff"]}],
        [[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]],
    ],
)
def test_what_lies_outside_the_profile_cannot_be_written(value: object) -> None:
    with pytest.raises(LocalError, match="cannot be encoded canonically"):
        canonical.encode(value)


def test_lists_and_tuples_are_written_alike() -> None:
    assert canonical.encode((1, ("a",))) == canonical.encode([1, ["a"]]) == b'[1,["a"]]'


def test_hash_is_sha256_in_lower_case() -> None:
    assert canonical.sha256_hex(b"abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
