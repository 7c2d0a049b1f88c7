"""Masked secrets of forms."""

from hypothesis import given
from hypothesis import strategies as st

from web.csrf import is_genuine, masked


@given(st.text(min_size=1, max_size=60))
def test_a_masked_secret_is_genuine_and_never_the_same(secret: str) -> None:
    first = masked(secret)
    assert is_genuine(first, secret)
    assert secret.encode().hex() not in first or len(secret) < 3


@given(st.text(max_size=200), st.text(max_size=60))
def test_nothing_else_is_genuine(given_value: str, secret: str) -> None:
    assert not is_genuine(given_value, secret + "x")


def test_no_secret_is_never_genuine() -> None:
    assert not is_genuine("", "")
    assert not is_genuine("00", "")


def test_masks_differ() -> None:
    assert masked("a-secret-of-a-session") != masked("a-secret-of-a-session")
