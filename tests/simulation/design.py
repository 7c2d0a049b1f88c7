"""What a simulated federation runs: the protocol as it is, or a mutant of it that the simulation has to catch."""

from collections.abc import Callable
from dataclasses import dataclass

from consensus.agreement.quorum import Quorum
from consensus.agreement.tendermint import Tendermint


@dataclass(frozen=True, slots=True)
class Design:
    """The parts that mutants replace. The defaults are the protocol."""

    quorum: Callable[[int], Quorum] = Quorum.of
    machine: type[Tendermint] = Tendermint
    shares_certificates: bool = True
    keeps_locks: bool = True
    """Whether sign-locks survive a crash."""
    checks_heads: bool = True
    """Whether a starting node asks its peers for its own statements before it signs anything."""


HONEST = Design()
