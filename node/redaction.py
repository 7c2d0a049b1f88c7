"""What must not stand in a log: secrets and people's addresses, taken out of a line before anybody keeps it.

A net below the rule that such things aren't logged in the first place: it knows what Comitia's secrets look like.
"""

import re

_LEFT_OUT = "[…]"
_AGE = re.compile(r"AGE-SECRET-KEY-1[0-9A-Z]+", re.IGNORECASE)
_MAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")
_LINK = re.compile(r"(/(?:sign-in|invitation|unsubscribe|recover)/)[^\s/?#\"']+")
_NAMED = re.compile(r"(?i)\b((?:passphrase|password|token|secret|csrf|cookie)\s*[=:]\s*|bearer\s+)[^\s,;]+")
_RANDOM = re.compile(r"(?<![\w-])(?=[\w-]*[a-z])(?=[\w-]*[A-Z])[A-Za-z0-9_-]{32,}(?![\w-])")
"""Long runs of capitals and small letters: what secrets.token_urlsafe() gives. Hashes have no capitals."""


def redacted(text: str) -> str:
    """Return a line of the log without secrets: keys, one-time links, tokens, passwords by name, mail addresses."""
    text = _AGE.sub(_LEFT_OUT, text)
    text = _LINK.sub(rf"\1{_LEFT_OUT}", text)
    text = _NAMED.sub(rf"\1{_LEFT_OUT}", text)
    text = _MAIL.sub(_LEFT_OUT, text)
    return _RANDOM.sub(_LEFT_OUT, text)
