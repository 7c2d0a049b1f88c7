"""The federation, its members and this node."""

from typing import Final

from web.api.endpoint import LONG_MS, Call, reading
from web.api.models.asked import Asked, OfMember, Paged
from web.api.models.basis import Free
from web.api.models.federation import Federation, Member, MemberPage, Node
from web.api.paging import Anchor, part_of
from web.api.problems import Problem
from web.marking import N_
from web.ports import MemberView

_SECTION: Final = N_("Federation")


async def get_description(call: Call, _: Asked) -> Free:
    """Return the description of the interface."""
    return Free(dict(call.describe()))


async def get_federation(call: Call, _: Asked) -> Federation:
    """Return the federation."""
    return Federation.of(call.backend.federation())


async def list_members(call: Call, asked: Paged) -> MemberPage:
    """Return one part of the members."""
    members = await call.lists.members()
    shown, following = part_of(members, _by_id, "members", asked)
    return MemberPage(next=following, total=len(members), items=tuple(map(Member.of, shown)))


def _by_id(member: MemberView) -> Anchor:
    return (member.id,)


async def get_member(call: Call, asked: OfMember) -> Member:
    """Return one member."""
    for member in await call.lists.members():
        if member.id == asked.member:
            return Member.of(member)
    raise Problem("not-found")


async def get_node(call: Call, _: Asked) -> Node:
    """Return the public part of this node's state."""
    return Node.of(await call.backend.status())


ENDPOINTS: Final = (
    reading("/federation", N_("The federation and its charter's rules"), _SECTION, Asked, Federation, get_federation),
    reading(
        "/members",
        N_("Members with what they did"),
        _SECTION,
        Paged,
        MemberPage,
        list_members,
        lasts_ms=LONG_MS,
        leads_to=(("get_member", "member", "/items/0/id"),),
    ),
    reading("/members/{member}", N_("One member"), _SECTION, OfMember, Member, get_member, lasts_ms=LONG_MS),
    reading("/node", N_("The public part of this node's state"), _SECTION, Asked, Node, get_node),
    reading(
        "/openapi.json",
        N_("This interface, described by OpenAPI 3.1"),
        _SECTION,
        Asked,
        Free,
        get_description,
        lasts_ms=LONG_MS,
    ),
)
