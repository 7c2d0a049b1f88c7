"""No secret and no mail address gets into a line of the log, and nothing that an operator needs gets out of it."""

import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.keystore import new_identity
from node.redaction import redacted


@pytest.mark.parametrize(
    ("line", "clean"),
    [
        ("GET /sign-in/abc-DEF_1 failed", "GET /sign-in/[…] failed"),
        ("POST /zh/sign-in/abc?x=1", "POST /zh/sign-in/[…]?x=1"),
        ("mail to amina.d@ocean.example.org was refused", "mail to […] was refused"),
        ("passphrase=correct horse", "passphrase=[…] horse"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer […]"),
        ("csrf: x1, token = y2;", "csrf: […], token = […];"),
    ],
)
def test_secrets_are_left_out(line: str, clean: str) -> None:
    assert redacted(line) == clean


@pytest.mark.parametrize(
    "line",
    [
        "the conversation with ocean-institute ended by a fault of this node",
        "round 12ab34cd is stalled; absent: a, b",
        f"event {'ab12' * 16} was refused",
        "http://127.0.0.1:8700/federation/v1/sync: connection refused",
        "test_a_node_that_nobody_answers_signs_after_a_while_and_shows_why",
        "the token was used",
        "key 2016 3662 5895 9873 is not on the roll",
    ],
)
def test_what_an_operator_needs_stays(line: str) -> None:
    assert redacted(line) == line


@given(st.integers(), st.text(max_size=20))
def test_no_random_token_survives(seed: int, around: str) -> None:
    del seed
    token = secrets.token_urlsafe(32)
    assert token not in redacted(f"{around} {token} {around}")


def test_no_identity_survives() -> None:
    identity = new_identity()
    assert identity not in redacted(f"read {identity}")
