"""The colours of the pages are told as the stylesheet has them, and can be read in both themes."""

import re

import pytest

from tests.unit.web.conftest import Site
from web.design_tokens import ColourToken, colour_tokens, contrast
from web.static_files import load_static_files

STATIC = load_static_files()
FOUND = STATIC.find(STATIC.url("comitia.css"))
assert FOUND is not None
STYLESHEET = FOUND.body.decode()
TOKENS = {token.name: token for token in colour_tokens(STYLESHEET)}

TEXT_MIN, SHAPE_MIN = 4.5, 3.0


def test_contrast_is_that_of_the_guidelines() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#777777") == pytest.approx(1)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize(
    ("name", "ground", "least"),
    [
        ("ink", "paper", TEXT_MIN),
        ("ink", "surface", TEXT_MIN),
        ("ink", "tint", TEXT_MIN),
        ("ink-2", "paper", TEXT_MIN),
        ("ink-2", "surface", TEXT_MIN),
        ("ink-2", "tint", TEXT_MIN),
        ("accent", "paper", TEXT_MIN),
        ("accent", "tint", TEXT_MIN),
        ("accent-2", "paper", TEXT_MIN),
        ("on-accent", "accent", TEXT_MIN),
        ("bad", "paper", TEXT_MIN),
        ("bad", "bad-tint", TEXT_MIN),
        ("field", "paper", SHAPE_MIN),
        ("mute", "paper", SHAPE_MIN),
        ("rule-2", "paper", SHAPE_MIN),
    ],
)
def test_what_has_to_be_read_can_be_read(name: str, ground: str, least: float) -> None:
    one, other = TOKENS[name], TOKENS[ground]
    assert contrast(one.light, other.light) >= least - 0.05
    assert contrast(one.dark, other.dark) >= least - 0.05


def test_dark_is_the_same_whether_the_system_or_the_reader_asks_for_it() -> None:
    asked, by_system = re.findall(r"\{\n? *(--paper: #1[^}]*)\}", STYLESHEET)
    assert sorted(asked.split()) == sorted(by_system.split())


def test_a_stylesheet_without_a_token_is_refused() -> None:
    with pytest.raises(KeyError):
        colour_tokens(STYLESHEET.replace("--tint:", "--tin:"))


async def test_the_page_tells_the_tokens_and_their_contrast(site: Site) -> None:
    seen = await site.get("/design")
    ink: ColourToken = TOKENS["ink"]
    assert seen.status == 200
    assert ink.light in seen.text
    assert f'<td class="figure">{ink.contrast_light:.1f}</td>' in seen.text
    assert seen.text.count('class="goal-square') >= 17
