"""What the node and the typesetter's process agree on."""

from collections.abc import Sequence
from typing import Final

FONTS_MISSING_STATUS: Final = 3
"""With which the typesetter ends if fonts are missing; its last words are then JSON {"scripts", "remedies"}."""


class FontsMissingError(Exception):
    """Fonts aren't installed without which some texts can't be printed."""

    def __init__(self, scripts: Sequence[str], remedies: Sequence[str]) -> None:
        super().__init__(f"no font is installed for {', '.join(scripts)}; what brings it: {'; '.join(remedies)}")
        self.scripts = tuple(scripts)
        """The scripts of those texts, in English."""
        self.remedies = tuple(dict.fromkeys(remedies))
        """What brings the fonts: names of packages."""
