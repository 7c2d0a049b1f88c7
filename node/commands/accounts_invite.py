"""comitia accounts invite: another one-time link for an account."""

import asyncio
from typing import Annotated

import typer

from node.commands import output
from node.commands.account_store import AccountId, Directory, account_store


def run(
    directory: Directory,
    account: AccountId,
    *,
    remove_means: Annotated[
        bool, typer.Option("--remove-means", help="Remove its passkeys and password, and end its sessions.")
    ] = False,
    as_json: output.AsJson = False,
) -> None:
    """Print a new one-time sign-in link for an account, valid for seven days; its owner is told when signing in."""
    link = asyncio.run(_invite(directory, account, removes_means=remove_means))
    output.show({"account": account, "link": link}, (link,), as_json=as_json)


async def _invite(directory: Directory, account: str, *, removes_means: bool) -> str:
    async with account_store(directory) as store:
        return store.link(await store.accounts.invite(account, removes_means=removes_means))
