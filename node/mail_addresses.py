"""E-mail addresses as this node sends to them: a plain ASCII name, and a domain in the form that DNS has it in."""

import re
from typing import Final

from web.notices_port import ADDRESS_CHARACTERS_MAX

_NAME_CHARACTERS_MAX = 64
_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")


def mail_address(typed: str) -> str | None:
    """Return an address in the form that mail servers take, or None if it is none that this node sends to.

    Quoted names, comments, address literals and names outside ASCII are not taken (RFC 5321, 4.1.2, in part).
    """
    name, at, domain = typed.strip().rpartition("@")
    if not at or not domain or len(typed) > ADDRESS_CHARACTERS_MAX or len(name) > _NAME_CHARACTERS_MAX:
        return None
    try:
        ascii_domain = domain.encode("idna").decode().lower()
    except UnicodeError:
        return None
    labels = ascii_domain.split(".")
    if not _NAME.fullmatch(name) or not all(_LABEL.fullmatch(label) for label in labels):
        return None
    address = f"{name}@{ascii_domain}"
    return address if len(address) <= ADDRESS_CHARACTERS_MAX else None
