"""What a check of a proof comes to: its steps in order, each with a result in words.

The ids of the steps are the same in every verifier of Comitia's proofs: this one, the stand-alone program and the
page in the browser. See SPEC.md, part 12.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

StepState = Literal["ok", "failed"]

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


@dataclass(frozen=True, slots=True)
class Step:
    """One step that was taken."""

    id: str
    subject: str
    """The round's id or the agenda's version, where the step is about one; nothing otherwise."""
    state: StepState
    words: str
    """What holds, or what doesn't and why."""


class StepError(Exception):
    """A step fails; the text says why. Never leaves this package."""
