"""What may stand in XML 1.0: the characters that it forbids even escaped are left out."""

import re
from typing import Final

_FORBIDDEN: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def allowed(text: str) -> str:
    """Return a text without the characters that XML can't hold."""
    return _FORBIDDEN.sub("", text)
