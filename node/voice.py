"""This node's member speaking: who may act for it, and how what it says is written, signed and stored."""

import secrets

from node.deliveries import Beside, Draft
from node.ledger import Ledger
from node.peers import Peers
from node.storage.database import StoreError
from node.teller import Teller
from protocol.charter import Charter
from protocol.errors import ComitiaError, LocalError
from protocol.events.kinds import Body
from protocol.ids import EventId, MemberId
from protocol.keys import Signer
from protocol.texts import Document, document_bytes
from web.ports import Account, Refused, Role


class Voice:
    """Checks who may, and signs. Every refusal is a Refused, and then nothing was stored."""

    def __init__(
        self, charter: Charter, me: MemberId, signer: Signer, ledger: Ledger, teller: Teller, peers: Peers
    ) -> None:
        self.me = me
        self._peers = peers
        self._charter = charter
        self._signer = signer
        self._ledger = ledger
        self._teller = teller

    def check_member(self, account: Account) -> None:
        """Check that an account may do anything at all here. Raises Refused."""
        if account.member != self.me:
            raise Refused("foreign-member")
        if self._teller.halted:
            raise Refused("halted", reason=self._teller.halted)
        if self._peers.is_waiting_for_own_heads:
            raise Refused("restored")

    def check(self, account: Account, role: Role) -> None:
        """Check that an account may act in a role. Raises Refused."""
        self.check_member(account)
        if not account.may_act_as(role) or not (role != "secretariat" or self.is_office):
            raise Refused(f"not-{role}")

    @property
    def is_office(self) -> bool:
        """Whether this node's member holds the office of secretariat."""
        return self.me in self._charter.roll.secretariat

    @staticmethod
    def write(title: str, body: str, lang: str, urgency: str = "") -> Beside:
        """Return a document of what was typed. Raises Refused if it is too long."""
        try:
            document = Document(salt=secrets.token_hex(16), title=title, body=body, urgency=urgency)
            return Beside(document_bytes(document), lang)
        except (LocalError, ValueError) as error:
            raise Refused("text-too-long") from error

    async def say(
        self, kind: str, body: Body, *, refs: tuple[EventId, ...] = (), texts: tuple[Beside, ...] = ()
    ) -> EventId:
        """Sign and store an event; return its id once it is on disk. Raises Refused."""
        try:
            verified = await self._ledger.publish(Draft(kind, body, self._signer, refs, texts))
        except StoreError as error:
            raise Refused("disk-full") from error
        except ComitiaError as error:
            if self._ledger.frontier.head(self._signer.key).fork_at is not None:
                raise Refused("key-forked") from error
            raise Refused("invalid", detail=str(error)) from error
        return verified.id
