"""Whose fault it is: ours (LocalError) or theirs (RemoteError), and refusals as values."""

from dataclasses import dataclass
from enum import StrEnum


class ComitiaError(Exception):
    """The root of everything that this project raises on purpose."""


class LocalError(ComitiaError):
    """This program, or whoever calls it, asked for something that the protocol doesn't allow."""


class RemoteError(ComitiaError):
    """What came from outside breaks the protocol; the connection or file is of no further use."""


class RejectionKind(StrEnum):
    """Why something from outside was not taken. The operator's page counts by these."""

    OVERSIZE = "oversize"
    UNKNOWN_KEY = "unknown-key"
    WRONG_FEDERATION = "wrong-federation"
    BAD_SIGNATURE = "bad-signature"
    NOT_CANONICAL = "not-canonical"
    BAD_SCHEMA = "bad-schema"
    BAD_SEQUENCE = "bad-sequence"
    MISMATCH = "mismatch"
    FORKED_KEY = "forked-key"
    NOT_ALLOWED = "not-allowed"
    FUTURE_TIME = "future-time"
    ORPHAN = "orphan"
    UNWANTED_TEXT = "unwanted-text"
    BAD_CERTIFICATE = "bad-certificate"
    BAD_FRAME = "bad-frame"


DEFERRED = frozenset({RejectionKind.FUTURE_TIME, RejectionKind.ORPHAN})
"""Not taken now, but may be taken later. All other kinds are permanent and never depend on a clock."""


@dataclass(frozen=True, slots=True)
class Rejection:
    """One refusal, with a reason an operator can read."""

    kind: RejectionKind
    reason: str

    @property
    def is_deferred(self) -> bool:
        """Whether the same bytes may be taken later."""
        return self.kind in DEFERRED
