"""What this node's member says: who may say it, its texts with salt, signed and on disk.

Whoever gives commands to a node goes through here. Does not know what a command is about.
"""

import secrets

from node.deliveries import Beside, Draft
from node.ledger import Ledger
from node.storage.database import StoreError
from node.teller import Teller
from protocol.charter import Charter
from protocol.errors import ComitiaError, LocalError
from protocol.events.kinds import Body
from protocol.ids import EventId, MemberId
from protocol.keys import Signer
from protocol.texts import Document, document_bytes
from web.ports import Account, Refused, Role


class OwnEvents:
    """Signs and stores events of this node's member."""

    def __init__(self, charter: Charter, me: MemberId, signer: Signer, ledger: Ledger, teller: Teller) -> None:
        self._charter = charter
        self._me = me
        self._signer = signer
        self._ledger = ledger
        self._teller = teller

    def check_member(self, account: Account) -> None:
        """Raise Refused unless an account belongs to this node's member and the register goes on."""
        if account.member != self._me:
            raise Refused("foreign-member")
        if self._teller.halted:
            raise Refused("halted", reason=self._teller.halted)

    def check_role(self, account: Account, role: Role) -> None:
        """Raise Refused unless an account may act in a role, and for the secretariat its member holds the office."""
        self.check_member(account)
        is_office = role != "secretariat" or self._me in self._charter.roll.secretariat
        if not account.may_act_as(role) or not is_office:
            raise Refused(f"not-{role}")

    def document(self, title: str, body: str, lang: str, urgency: str = "") -> Beside:
        """Return a text ready to be signed for, with a salt of its own. Raises Refused if it is too long."""
        try:
            document = Document(salt=secrets.token_hex(16), title=title, body=body, urgency=urgency)
            return Beside(document_bytes(document), lang)
        except (LocalError, ValueError) as error:
            raise Refused("text-too-long") from error

    async def publish(
        self, kind: str, body: Body, *, refs: tuple[EventId, ...] = (), texts: tuple[Beside, ...] = ()
    ) -> EventId:
        """Sign an event, store it and return its id. Raises Refused."""
        try:
            verified = await self._ledger.publish(Draft(kind, body, self._signer, refs, texts))
        except StoreError as error:
            raise Refused("disk-full") from error
        except ComitiaError as error:
            if self._ledger.frontier.head(self._signer.key).fork_at is not None:
                raise Refused("key-forked") from error
            raise Refused("invalid", detail=str(error)) from error
        return verified.id
