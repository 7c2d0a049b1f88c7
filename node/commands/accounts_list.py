"""comitia accounts list: who may sign in."""

import asyncio

from node.commands import output
from node.commands.account_store import Directory, account_store
from web.ports import Account


def run(directory: Directory, *, as_json: output.AsJson = False) -> None:
    """List the accounts of a node with their roles."""
    found = asyncio.run(_all(directory))
    value = {"accounts": [{"id": a.id, "name": a.name, "roles": sorted(a.roles)} for a in found]}
    lines = [f"{account.id}  {account.name}  ({', '.join(sorted(account.roles))})" for account in found]
    output.show(value, lines or ["There is no account yet: comitia accounts add"], as_json=as_json)


async def _all(directory: Directory) -> tuple[Account, ...]:
    async with account_store(directory) as store:
        return await store.accounts.all()
