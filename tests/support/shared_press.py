"""A press for tests of pages: what one site had typeset is there for the next one, as it is the same document."""

from web.bodies import Body
from web.pdf.press import Press
from web.shelf import Shelf

_KEPT: Shelf[str, Body] = Shelf(64, 64 * 1024**2)


def shared_press() -> Press:
    """Return a press that keeps what it makes where the others of this process look, too."""
    return Press(kept=_KEPT)
