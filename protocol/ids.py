"""Types of the identifiers that events carry. All are lower-case hexadecimal or short ASCII names."""

from typing import Annotated, NewType

from pydantic import Field

FederationId = NewType("FederationId", str)
"""SHA-256 of the charter's pre-authentication encoding, 64 hex digits."""
MemberId = NewType("MemberId", str)
"""A short name from the charter, 2 to 32 of ``a-z 0-9 -``."""
KeyId = NewType("KeyId", str)
"""An Ed25519 public key, 64 hex digits."""
EventId = NewType("EventId", str)
"""SHA-256 of an event's pre-authentication encoding, 64 hex digits."""
RecordId = NewType("RecordId", str)
"""SHA-256 of a register record's pre-authentication encoding, 64 hex digits."""
TextHash = NewType("TextHash", str)
"""SHA-256 of a text's bytes, 64 hex digits."""

_HEX_256 = Field(pattern=r"^[0-9a-f]{64}\z")

FederationIdField = Annotated[FederationId, _HEX_256]
KeyIdField = Annotated[KeyId, _HEX_256]
EventIdField = Annotated[EventId, _HEX_256]
RecordIdField = Annotated[RecordId, _HEX_256]
TextHashField = Annotated[TextHash, _HEX_256]
HashField = Annotated[str, _HEX_256]
SignatureField = Annotated[str, Field(pattern=r"^[0-9a-f]{128}\z")]
MemberIdField = Annotated[MemberId, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,30}[a-z0-9]\z")]
ConstituencyField = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,46}[a-z0-9]\z")]
LanguageField = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,2}\z")]
