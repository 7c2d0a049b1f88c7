"""Which passwords are refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.password_rules import PASSWORD_CHARACTERS_MAX, PASSWORD_CHARACTERS_MIN, PasswordFault, password_fault

NAMES = ("field-office", "Field Office", "ocean-institute", "Alliance of Rivers")


@pytest.mark.parametrize(
    ("password", "fault"),
    [
        ("seven maps of tidal rivers", None),
        ("corr3ct-horse", None),
        ("水利与可持续发展目标第六项的说明", None),
        ("short", "short"),
        ("x" * 201, "long"),
        ("abababababababab", "simple"),
        ("field-office", "name"),
        ("Field Office 1", "name"),
        ("OCEAN-institute!", "name"),
        ("alliance rivers", "name"),
        ("password1234", "name"),
        ("the ocean is wide and deep", None),
    ],
)
def test_which_passwords_are_taken(password: str, fault: PasswordFault | None) -> None:
    assert password_fault(password, NAMES) == fault


@given(st.text(max_size=300), st.lists(st.text(max_size=20), max_size=5))
def test_length_comes_first_whatever_the_names(password: str, names: list[str]) -> None:
    fault = password_fault(password, names)
    assert (fault == "short") == (len(password) < PASSWORD_CHARACTERS_MIN)
    assert (fault == "long") == (len(password) > PASSWORD_CHARACTERS_MAX)
