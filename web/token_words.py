"""What scopes of tokens are called."""

from typing import Final

from web.marking import N_, P_
from web.tokens_port import Scope

SCOPE_WORDS: Final[dict[Scope, tuple[str, str]]] = {
    "read-member": (N_("Read for your member"), N_("Its ballots and receipts, open rounds, and what it may do now")),
    "propose": (N_("Propose"), N_("Submit proposals, and ask for suggestions for a text")),
    "endorse": (N_("Endorse"), N_("Endorse proposals and take that back")),
    "position": (N_("State positions"), N_("On proposals, with reasons")),
    "comment": (P_("scope", "Comment"), N_("On proposals, and answer comments")),
    "vote": (P_("scope", "Vote"), N_("Cast and change ballots and proxies in your member's name")),
}
"""Scope: its name, and what it lets a system do."""
