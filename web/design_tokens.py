"""The colours of the pages, read from their stylesheet, with the contrast that people need to read by them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

_TOKEN = re.compile(r"--([a-z0-9-]+):\s*(#[0-9a-f]{6})\s*;")
_LIGHT: Final = ":root {"
_DARK: Final = ':root[data-theme="dark"] {'
NAMED: Final = (
    "paper",
    "surface",
    "ink",
    "ink-2",
    "rule",
    "rule-2",
    "field",
    "mute",
    "accent",
    "accent-2",
    "tint",
    "on-accent",
    "bad",
    "bad-tint",
)
"""The tokens that the design page describes, in its order."""


@dataclass(frozen=True, slots=True)
class ColourToken:
    """A colour by its name: its value in both themes, and its contrast on the page's paper, as a ratio to one."""

    name: str
    light: str
    dark: str
    contrast_light: float
    contrast_dark: float


def colour_tokens(stylesheet: str) -> tuple[ColourToken, ...]:
    """Return the tokens that a stylesheet defines for light and dark. Raises KeyError if one is missing."""
    light, dark = _block(stylesheet, _LIGHT), _block(stylesheet, _DARK)
    return tuple(
        ColourToken(
            name, light[name], dark[name], contrast(light[name], light["paper"]), contrast(dark[name], dark["paper"])
        )
        for name in NAMED
    )


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours like #14191a, from 1 to 21. Source: WCAG 2.2, definition of the term."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _block(stylesheet: str, head: str) -> Mapping[str, str]:
    _, _, after = stylesheet.partition(head)
    return dict(_TOKEN.findall(after.partition("}")[0]))


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return float(part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4)
