"""What the commands about accounts share: the store of the node in a directory, and its member."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from node import config, files, founding
from node.accounts import Accounts
from node.clock import SystemClock
from node.config import Layout, local_address
from node.files import FileError
from node.storage.database import Database
from protocol import charter as charters
from protocol import limits
from protocol.ids import MemberId
from web.accounts_port import NewPerson

Directory = Annotated[Path, typer.Argument(metavar="DIR", help="The node's data directory.")]
AccountId = Annotated[str, typer.Argument(metavar="ID", help="The account: 1 to 64 of a-z, 0-9 and -.")]


@dataclass(frozen=True, slots=True)
class AccountStore:
    """The accounts of a node, its member, and the address of its pages."""

    accounts: Accounts
    member: str
    address: str
    is_secretariat: bool
    """Whether the member holds that office, as far as is known: before a charter is joined, nobody can say no."""
    sign_on_claim: str = "email"
    """By what single sign-on finds accounts."""

    def known(self, person: NewPerson) -> str:
        """Return the name by which single sign-on will find somebody's account."""
        name = person.sign_on.strip()
        return name.lower() if self.sign_on_claim == "email" else name

    def link(self, token: str) -> str:
        """Return a one-time sign-in link."""
        return f"{self.address}/sign-in/{token}"


@asynccontextmanager
async def account_store(directory: Path) -> AsyncIterator[AccountStore]:
    """Yield the accounts of a node, running or not. Raises FileError, ConfigError, CharterError or StoreError."""
    settings = config.load_config(directory)
    layout = Layout(directory)
    if not layout.member.exists():
        raise FileError(f"{directory} holds no member.json, so its accounts have no member: make it with comitia init")
    member = founding.parse_member(files.read_bounded(layout.member, founding.MEMBER_FILE_BYTES_MAX))
    database = Database(layout.store)
    await database.open()
    try:
        address = settings.public_url or local_address(settings.listen)
        yield AccountStore(
            Accounts(database, SystemClock()),
            member.id,
            address,
            _is_secretariat(layout.charter, member.id),
            settings.single_sign_on.claim,
        )
    finally:
        await database.close()


def _is_secretariat(charter: Path, member: MemberId) -> bool:
    if not charter.exists():
        return True
    file = charters.parse_file(files.read_bounded(charter, limits.CHARTER_BYTES_MAX * 2))
    return member in file.charter().roll.secretariat
