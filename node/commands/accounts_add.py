"""comitia accounts add: somebody who may sign in, with a link to do so."""

import asyncio
from typing import Annotated, get_args

import typer

from node.commands import output
from node.commands.account_store import AccountId, Directory, account_store
from node.founding import FoundingError
from web.accounts_port import NewPerson
from web.ports import Role


def run(
    directory: Directory,
    account: AccountId,
    *,
    name: Annotated[str, typer.Option(help="What the pages call this person or office.")],
    role: Annotated[list[str], typer.Option(help="delegate, head, secretariat or operator. Repeat for more.")],
    language: Annotated[str, typer.Option(help="The language of its pages, such as en or zh.")] = "",
    single_sign_on: Annotated[
        str, typer.Option(metavar="NAME", help="The e-mail address or subject that the provider knows it by.")
    ] = "",
    as_json: output.AsJson = False,
) -> None:
    """Make an account for the node's member and print a one-time sign-in link for it."""
    person = NewPerson(account, name, _roles(role), language or None, single_sign_on)
    link = asyncio.run(_add(directory, person))
    lines = (f"{account} can sign in once within seven days at:", link, "Send it on a way that others don't read.")
    output.show({"account": account, "link": link}, lines, as_json=as_json)


def _roles(given: list[str]) -> frozenset[Role]:
    known: tuple[Role, ...] = get_args(Role)
    unknown = [role for role in given if role not in known]
    if unknown:
        raise FoundingError(f"--role {unknown[0]}: there is no such role: take {', '.join(known)}")
    return frozenset(role for role in known if role in given)


async def _add(directory: Directory, person: NewPerson) -> str:
    async with account_store(directory) as store:
        if "secretariat" in person.roles and not store.is_secretariat:
            raise FoundingError(f"--role secretariat: the charter doesn't give that office to {store.member}")
        await store.accounts.add(person.id, person.name, store.member, person.roles, person.lang, store.known(person))
        return store.link(await store.accounts.invite(person.id))
