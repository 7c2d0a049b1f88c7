"""comitia accounts invite: another one-time link for an account."""

import asyncio

from node.commands import output
from node.commands.account_store import AccountId, Directory, account_store


def run(directory: Directory, account: AccountId, *, as_json: output.AsJson = False) -> None:
    """Print a new one-time sign-in link for an account, valid for seven days."""
    link = asyncio.run(_invite(directory, account))
    output.show({"account": account, "link": link}, (link,), as_json=as_json)


async def _invite(directory: Directory, account: str) -> str:
    async with account_store(directory) as store:
        return store.link(await store.accounts.invite(account))
