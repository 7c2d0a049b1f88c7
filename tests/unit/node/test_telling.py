"""That mail goes out no more stands on the operator's page, from the first failure until the server is back."""

from pathlib import Path

from node.accounts import Accounts
from node.app import Node, load_identity, running_node
from node.config import Layout, NodeConfig
from node.keystore import NodeKeys
from node.logs import LogTail
from node.storage.database import Database
from tests.support.backed_up import directory_with_history
from tests.support.free_ports import free_port
from tests.support.hand_clock import HandClock
from tests.support.mail_box import mail_box
from tests.support.until import until_answered
from web.ports import Account

OPERATOR = Account("op", "Operator", "member-001", frozenset({"operator"}), None)
_HOUR = 3_600_000


async def reason_shown(node: Node) -> str | None:
    """Return why mail is said to fail on the operator's page, or None if that isn't said."""
    node.service.operator._glance = None
    found = (await node.service.operator.overview()).findings
    return next((str(each.values["reason"]) for each in found if each.code == "mail-failing"), None)


async def test_mail_that_fails_is_said_on_the_operators_page_until_it_goes_out_again(tmp_path: Path) -> None:
    directory, history = await directory_with_history(tmp_path / "node")
    member, clock, port = history.federation.member(0), HandClock(), free_port(1)
    identity = load_identity(Layout(directory), NodeKeys(member.node, member.key("teller")), is_teller=True)
    mail = {"host": "127.0.0.1", "port": port, "tls": "none", "from_address": "node@example.org"}
    config = NodeConfig.model_validate({"topics_worker": False, "mail": mail})
    database = Database(Layout(directory).store)
    await database.open()
    await Accounts(database, clock).add("op", "Operator", "member-001", frozenset({"operator"}))
    await database.close()
    async with running_node(Layout(directory), config, identity, clock, LogTail()) as node:
        assert await reason_shown(node) is None
        await node.service.notices.ask_address(OPERATOR, "op@example.org")

        async def is_said() -> bool:
            return await reason_shown(node) is not None

        await until_answered(is_said, "the operator is told that mail fails")
        assert f"127.0.0.1:{port}" in str(await reason_shown(node))
        async with mail_box(port=port) as box:
            clock.advance(_HOUR)
            await node.service.notices.ask_address(OPERATOR, "other@example.org")

            async def is_over() -> bool:
                return await reason_shown(node) is None

            await until_answered(is_over, "the operator is told no more")
            assert box.recipients == ["other@example.org"], "the first link was for an address that was given up"
