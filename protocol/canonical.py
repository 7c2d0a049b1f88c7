"""The one byte encoding of JSON values: a subset of RFC 8785.

Keys are ASCII and sorted, integers lie within ±(2⁵³−1), there are no floats, no duplicate keys, no lone surrogates,
and nesting is bounded. Bytes are canonical if and only if re-encoding what they parse to gives the same bytes.
"""

import hashlib

import orjson

from protocol import limits
from protocol.errors import LocalError, RemoteError


class NotCanonicalError(RemoteError):
    """The bytes are not the canonical encoding of a value in the profile."""


def encode(value: object, *, depth: int = limits.JSON_DEPTH_MAX) -> bytes:
    """Return the canonical bytes of a JSON value made of dict, list, tuple, str, int, bool and None.

    Raises LocalError if the value lies outside the profile or is nested more than so many levels deep.
    """
    try:
        _check_profile(value, depth)
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except (NotCanonicalError, TypeError) as error:
        raise LocalError(f"cannot be encoded canonically: {error}") from error


def decode(data: bytes, *, depth: int = limits.JSON_DEPTH_MAX) -> object:
    """Return the value that canonical bytes stand for, nested at most so many levels deep.

    Raises NotCanonicalError for anything that is not exactly canonical. The caller has bounded the size.
    """
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise NotCanonicalError(f"not JSON: {error}") from error
    _check_profile(value, depth)
    if orjson.dumps(value, option=orjson.OPT_SORT_KEYS) != data:
        raise NotCanonicalError("not the canonical encoding: key order, repeated keys, spaces or escapes differ")
    return value


def sha256_hex(data: bytes) -> str:
    """Return SHA-256 as 64 hex digits."""
    return hashlib.sha256(data).hexdigest()


def _check_profile(value: object, depth: int) -> None:
    """Look at every value once; strings, which are most of them, cost no call."""
    kind = type(value)
    if kind is dict or kind is list or kind is tuple:
        if depth == 0:
            raise NotCanonicalError("nested deeper than it may be")
        if kind is dict:
            _check_keys(value)  # type: ignore[arg-type]
            value = value.values()  # type: ignore[attr-defined]
        for inner in value:  # type: ignore[attr-defined]
            if type(inner) is not str:
                _check_profile(inner, depth - 1)
    elif kind is int:
        if not -limits.SAFE_INTEGER_MAX <= value <= limits.SAFE_INTEGER_MAX:  # type: ignore[operator]
            raise NotCanonicalError("an integer lies outside ±(2^53-1)")
    elif kind is not str and kind is not bool and value is not None:
        raise NotCanonicalError(f"{kind.__name__} values are not allowed")


def _check_keys(value: dict[object, object]) -> None:
    for key in value:
        if type(key) is not str or not key.isascii():
            raise NotCanonicalError("a key is not ASCII text")
