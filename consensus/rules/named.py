"""Threshold settings by the names that institutions know them by."""

from consensus.rules.counting import PositiveShare, Share
from consensus.rules.threshold import Concurrent, MemberWeight, ThresholdSettings, Weighted

_HALF = Share(numerator=1, denominator=2)
_TWO_THIRDS = Share(numerator=2, denominator=3)


def simple_majority(quorum: PositiveShare | None = None) -> ThresholdSettings:
    """Return more votes for than against; abstentions count for the quorum only."""
    return ThresholdSettings(base="yes+no", threshold=_HALF, strict=True, quorum=quorum)


def two_thirds_present_and_voting(quorum: PositiveShare | None = None) -> ThresholdSettings:
    """Return at least two thirds of the votes for and against; abstentions count for the quorum only."""
    return ThresholdSettings(base="yes+no", threshold=_TWO_THIRDS, strict=False, quorum=quorum)


def majority_of_members_present(quorum: PositiveShare | None = None) -> ThresholdSettings:
    """Return more than half of the members present in favour; abstaining or silent members act against."""
    return ThresholdSettings(base="present", threshold=_HALF, strict=True, quorum=quorum, abstentions="against")


def absolute_majority() -> ThresholdSettings:
    """Return more than half of all entitled members in favour, whoever takes part."""
    return ThresholdSettings(base="entitled", threshold=_HALF, strict=True)


def standards_enquiry(quorum: PositiveShare | None = None) -> ThresholdSettings:
    """Return the standards bodies' enquiry criterion.

    Two thirds in favour and at most one quarter negative, abstentions and negatives without a reason excluded.
    """
    return ThresholdSettings(
        base="valid",
        threshold=_TWO_THIRDS,
        strict=False,
        quorum=quorum,
        abstentions="excluded",
        reasons_required=True,
        max_against=Share(numerator=1, denominator=4),
    )


def double_majority(weights: tuple[MemberWeight, ...]) -> ThresholdSettings:
    """Return 55 % of the members and 65 % of the weight in favour; at least four members to block by weight."""
    return ThresholdSettings(
        base="entitled",
        threshold=Share(numerator=55, denominator=100),
        strict=False,
        weighted=Weighted(
            weights=weights,
            threshold=PositiveShare(numerator=65, denominator=100),
            strict=False,
            blocking_minority=4,
        ),
    )


def concurrent_majorities(settings: ThresholdSettings, constituencies: tuple[str, ...]) -> ThresholdSettings:
    """Return these settings with a simple majority in each of the constituencies besides."""
    concurrent = Concurrent(constituencies=constituencies, threshold=_HALF, strict=True)
    return ThresholdSettings.model_validate({**settings.model_dump(), "concurrent": concurrent})
