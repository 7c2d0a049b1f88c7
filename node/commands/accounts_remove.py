"""comitia accounts remove: an account with its links and sessions."""

import asyncio

from node.commands import output
from node.commands.account_store import AccountId, Directory, account_store


def run(directory: Directory, account: AccountId, *, as_json: output.AsJson = False) -> None:
    """Remove an account; whoever has signed in with it is signed out at once."""
    asyncio.run(_remove(directory, account))
    output.show({"removed": account}, (f"{account} has been removed, and is signed out everywhere.",), as_json=as_json)


async def _remove(directory: Directory, account: str) -> None:
    async with account_store(directory) as store:
        await store.accounts.remove(account)
