"""The steps in which a full proof is checked. Their ids are the same in every verifier; see SPEC.md, part 12."""

from collections.abc import Mapping
from typing import Final

FULL_STEPS: Final[Mapping[str, str]] = {
    "form": "The file is whole and a full proof.",
    "fingerprint": "The charter in it is that of the federation that was asked for.",
    "founders": "Every founder signed the charter.",
    "chain": "The records of the register stand without a gap, each on the one below, from the charter on.",
    "certificate": "A quorum of the tellers signed the newest record, and with it all below.",
    "seals": "The closing names enough seals of different tellers, and they are here, signed.",
    "inclusion": "The ballots that the closing includes are those that enough of the seals list.",
    "ballots": "Each included ballot is here, signed by a member that may vote.",
    "tally": "Counted again, the ballots come to the result that was certified.",
    "agenda": "The agenda is the one that was certified, and follows from the closings.",
}
"""Each step of a full proof's check, in order, and what it establishes."""


class StepError(Exception):
    """A step fails; the text says why. Never leaves this package."""
