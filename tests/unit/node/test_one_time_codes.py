"""One-time codes against the test vectors of RFC 6238, and around their edges."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node import one_time_codes
from tests.support.totp import code_at

RFC_KEY = b"12345678901234567890"


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (20000000000, "353130")],
)
def test_the_vectors_of_rfc_6238(seconds: int, code: str) -> None:
    assert one_time_codes.step_of(RFC_KEY, code, seconds * 1000) == seconds // 30


@given(st.binary(min_size=20, max_size=20), st.integers(100, 10**10), st.integers(-3, 3))
def test_one_step_early_or_late_is_taken_and_no_more(key: bytes, seconds: int, steps: int) -> None:
    text = base64.b32encode(key).decode()
    code = code_at(text, (seconds + 30 * steps) * 1000)
    found = one_time_codes.step_of(key, code, seconds * 1000)
    expected = seconds // 30 + steps if abs(steps) <= 1 else None
    near = [code_at(text, (seconds + 30 * other) * 1000) for other in (-1, 0, 1)]
    assert found == expected or near.count(code) > (expected is not None)


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "１２３４５６", "28708\n", " 287082"])
def test_what_is_no_code_is_refused(code: str) -> None:
    assert one_time_codes.step_of(RFC_KEY, code, 59_000) is None


def test_the_address_holds_the_key_and_names_safely() -> None:
    address = one_time_codes.address(RFC_KEY, "a&b", "Alliance: the/one?")
    assert address == (
        "otpauth://totp/Alliance%3A%20the%2Fone%3F:a%26b"
        "?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Alliance%3A%20the%2Fone%3F"
    )
    assert one_time_codes.in_text(RFC_KEY).replace(" ", "") in address


def test_keys_are_new_each_time() -> None:
    assert len({one_time_codes.new_key() for _ in range(20)}) == 20
