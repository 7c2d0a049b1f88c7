"""The policies that a charter is drafted with unless its founders bring their own: the two tracks' defaults."""

from collections.abc import Iterable

from pydantic import JsonValue

from consensus.rules import registry
from consensus.rules.consent import ConsensusSettings
from consensus.rules.counting import PositiveShare
from consensus.rules.named import concurrent_majorities, simple_majority, two_thirds_present_and_voting
from consensus.rules.proportional import EqualSharesSettings
from consensus.rules.ranked import SchulzeSettings
from consensus.rules.score import ScoreSettings
from consensus.rules.silence import SilenceSettings
from protocol.charter import Timing
from protocol.model import Frozen
from protocol.policy import Portion, Procedure, Support, TrackPolicy

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
_PROXIES = 2
_HALF = PositiveShare(numerator=1, denominator=2)
_THIRD = PositiveShare(numerator=1, denominator=3)


class Policies(Frozen):
    """What a charter lays down: how each track decides, and the times of closing."""

    long: TrackPolicy
    short: TrackPolicy
    timing: Timing


def default_policies(constituencies: Iterable[str] = ()) -> Policies:
    """Return the defaults; a long-term text also needs a majority in each of the constituencies named."""
    return Policies(
        long=_long(tuple(sorted(set(constituencies)))),
        short=_short(),
        timing=Timing(grace_ms=HOUR_MS, receipt_window_ms=1_000, view_ms=10_000, stall_ms=24 * HOUR_MS),
    )


def procedure(settings: registry.RuleSettings, voting_ms: int, proxies_per_holder: int = _PROXIES) -> Procedure:
    """Return a kind of round from its rule's settings."""
    data: dict[str, JsonValue] = settings.model_dump(mode="json")
    return Procedure(rule=data, voting_ms=voting_ms, proxies_per_holder=proxies_per_holder)


def support(numerator: int, denominator: int, constituencies: int) -> Support:
    """Return what has to stand behind something: a fraction of all members, out of so many constituencies."""
    return Support(members=Portion(numerator=numerator, denominator=denominator), constituencies=constituencies)


def _long(constituencies: tuple[str, ...]) -> TrackPolicy:
    decisive = two_thirds_present_and_voting(_HALF)
    if constituencies:
        decisive = concurrent_majorities(decisive, constituencies)
    return TrackPolicy(
        screening=True,
        endorsement=support(1, 10, 2),
        endorsing_ms=90 * DAY_MS,
        notice_ms=60 * DAY_MS,
        amendment=support(1, 10, 2),
        review_ms=730 * DAY_MS,
        sunset_ms=365 * DAY_MS,
        ratification=False,
        capacity_minutes=480,
        procedures={
            "waiver": procedure(two_thirds_present_and_voting(_THIRD), 7 * DAY_MS),
            "prioritisation": procedure(EqualSharesSettings(quorum=_HALF), 14 * DAY_MS),
            "scoring": procedure(ScoreSettings(quorum=_THIRD), 14 * DAY_MS),
            "consent": procedure(ConsensusSettings(quorum=_HALF), 14 * DAY_MS),
            "vote": procedure(decisive, 14 * DAY_MS),
            "alternatives": procedure(SchulzeSettings(quorum=_HALF), 14 * DAY_MS),
            "amendment": procedure(simple_majority(_THIRD), 7 * DAY_MS),
            "review": procedure(simple_majority(_THIRD), 14 * DAY_MS),
        },
    )


def _short() -> TrackPolicy:
    return TrackPolicy(
        screening=True,
        endorsement=support(0, 1, 0),
        endorsing_ms=14 * DAY_MS,
        notice_ms=7 * DAY_MS,
        amendment=support(1, 10, 2),
        review_ms=0,
        sunset_ms=0,
        ratification=True,
        capacity_minutes=120,
        procedures={
            "inclusion": procedure(SilenceSettings(), 24 * HOUR_MS, 0),
            "inclusion-vote": procedure(simple_majority(), 3 * DAY_MS),
            "waiver": procedure(two_thirds_present_and_voting(_THIRD), 24 * HOUR_MS),
            "consent": procedure(SilenceSettings(), 72 * HOUR_MS, 0),
            "vote": procedure(simple_majority(_THIRD), 7 * DAY_MS),
            "alternatives": procedure(SchulzeSettings(quorum=_THIRD), 7 * DAY_MS),
            "amendment": procedure(simple_majority(_THIRD), 3 * DAY_MS),
            "ratification": procedure(simple_majority(_THIRD), 14 * DAY_MS),
        },
    )
