"""Families of browsers."""

import pytest

from web.browsers import browser_family

_START = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("agent", "family"),
    [
        (f"{_START} Chrome/130.0.0.0 Safari/537.36", "Chrome"),
        (f"{_START} Chrome/130.0.0.0 Safari/537.36 Edg/130.0", "Edge"),
        (f"{_START} Chrome/130.0.0.0 Safari/537.36 OPR/115.0", "Opera"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0", "Firefox"),
        ("Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15", "Safari"),
        ("curl/8.5.0", ""),
        ("", ""),
        ("<script>" * 1_000 + "Firefox/1", ""),
    ],
)
def test_the_family_is_named_and_nothing_else(agent: str, family: str) -> None:
    assert browser_family(agent) == family
