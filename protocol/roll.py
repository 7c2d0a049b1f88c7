"""The roll: who the members are, with which keys, in which constituencies, and who the tellers are.

Does not handle changes of a roll after founding; those are register records of their own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from protocol import canonical, keys, limits
from protocol.envelope import pae
from protocol.events.consultation import is_ascending
from protocol.events.kinds import SECRETARIAT_KINDS, TELLER_KINDS
from protocol.ids import (
    ConstituencyField,
    HashField,
    KeyId,
    KeyIdField,
    LanguageField,
    MemberId,
    MemberIdField,
    SignatureField,
)
from protocol.keys import Signer
from protocol.model import Frozen, ShortText

KeyRole = Literal["node", "teller"]
Names = Annotated[dict[LanguageField, ShortText], Field(min_length=1, max_length=40)]
"""A name in one or more languages. The first one in the reader's order of preference is shown."""


def enrolment_bytes(member: MemberId, root: KeyId, key: KeyId, role: KeyRole) -> bytes:
    """Return what a key signs to prove that its holder wants it enrolled for a member in a role."""
    statement = {"key": key, "member": member, "role": role, "root": root, "v": 1}
    return pae("enrolment", canonical.encode(statement))


class EnrolledKey(Frozen):
    """A key on the roll with the proof that its holder possesses it."""

    key: KeyIdField
    role: KeyRole
    proof: SignatureField


def enrol(member: MemberId, root: KeyId, signer: Signer, role: KeyRole) -> EnrolledKey:
    """Return a key's entry for the roll, with its proof of possession."""
    proof = signer.sign(enrolment_bytes(member, root, signer.key, role))
    return EnrolledKey(key=signer.key, role=role, proof=proof.hex())


class Member(Frozen):
    """An organisation on the roll."""

    id: MemberIdField
    names: Names
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}\z")]
    constituencies: Annotated[tuple[ConstituencyField, ...], Field(max_length=16)]
    root: KeyIdField
    next_root: HashField
    """SHA-256 of the 32 bytes of the root key that may replace this one."""
    keys: Annotated[tuple[EnrolledKey, ...], Field(min_length=1, max_length=limits.KEYS_PER_MEMBER_MAX)]
    address: Annotated[str, Field(max_length=300, pattern=r"^(https?://[^\s]+)?\z")]
    """Where its node can be reached, or nothing if it only dials out."""

    @model_validator(mode="after")
    def _keys_hold(self) -> Self:
        if not is_ascending(self.constituencies):
            raise ValueError(f"{self.id}: constituencies must ascend")
        if sum(entry.role == "teller" for entry in self.keys) > 1:
            raise ValueError(f"{self.id}: a member has one teller key at a time")
        if not keys.is_enrollable(self.root):
            raise ValueError(f"{self.id}: the root key is not a canonical point of prime order")
        for entry in self.keys:
            self._check_key(entry)
        return self

    def _check_key(self, entry: EnrolledKey) -> None:
        if not keys.is_enrollable(entry.key):
            raise ValueError(f"{self.id}: key {entry.key[:8]} is not a canonical point of prime order")
        statement = enrolment_bytes(self.id, self.root, entry.key, entry.role)
        if not keys.is_valid_signature(bytes.fromhex(entry.key), statement, bytes.fromhex(entry.proof)):
            raise ValueError(f"{self.id}: key {entry.key[:8]} has no valid proof of possession")


class Roll(Frozen):
    """The versioned list of members and tellers. The charter carries the first."""

    members: Annotated[tuple[Member, ...], Field(min_length=1, max_length=limits.MEMBERS_MAX)]
    tellers: Annotated[tuple[MemberIdField, ...], Field(min_length=1, max_length=limits.TELLERS_MAX)]
    secretariat: Annotated[tuple[MemberIdField, ...], Field(min_length=1, max_length=32)]

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if not is_ascending(tuple(member.id for member in self.members)):
            raise ValueError("members must be in ascending order of their ids, each once")
        if not (is_ascending(self.tellers) and is_ascending(self.secretariat)):
            raise ValueError("tellers and secretariat must be in ascending order, each once")
        every = [entry.key for member in self.members for entry in member.keys]
        every += [member.root for member in self.members]
        if len(set(every)) != len(every):
            raise ValueError("no key may stand on the roll twice")
        by_id = {member.id: member for member in self.members}
        for name in (*self.tellers, *self.secretariat):
            if name not in by_id:
                raise ValueError(f"{name} holds an office but is no member")
        for name in self.tellers:
            if not any(entry.role == "teller" for entry in by_id[name].keys):
                raise ValueError(f"{name} is a teller without a teller key")
        return self


@dataclass(frozen=True, slots=True)
class KeyHolder:
    """Whose key it is, and what for."""

    member: MemberId
    role: KeyRole


class KeyRing:
    """Who may sign what, by key, under one roll. Look-ups cost the same for any number of members."""

    def __init__(self, roll: Roll) -> None:
        self.holders: Mapping[KeyId, KeyHolder] = {
            entry.key: KeyHolder(member.id, entry.role) for member in roll.members for entry in member.keys
        }
        self._tellers = frozenset(roll.tellers)
        self._secretariat = frozenset(roll.secretariat)
        self.tellers = roll.tellers
        self.teller_keys: Mapping[KeyId, MemberId] = {
            key: holder.member
            for key, holder in self.holders.items()
            if holder.role == "teller" and holder.member in self._tellers
        }

    def holder(self, key: str) -> KeyHolder | None:
        """Return whose key this is, or None for a stranger's."""
        return self.holders.get(KeyId(key))

    def is_secretariat(self, member: MemberId) -> bool:
        """Whether the charter gives this member the office of secretariat."""
        return member in self._secretariat

    def objection(self, kind: str, member: MemberId, key: KeyId) -> str | None:
        """Return why this key may not sign this kind for this member, or None if it may."""
        holder = self.holders.get(key)
        if holder is None or holder.member != member:
            return f"key {key[:8]} is not a key of {member}"
        if (kind in TELLER_KINDS) != (holder.role == "teller"):
            return f"a {holder.role} key may not sign a {kind}"
        if kind in TELLER_KINDS and member not in self._tellers:
            return f"{member} is no teller"
        if kind in SECRETARIAT_KINDS and member not in self._secretariat:
            return f"{kind} events are for the secretariat"
        return None
