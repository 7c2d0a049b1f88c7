"""What an account is told of and when."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.notices import Occurrence, is_urgent, next_digest, reminder_time, reminders, wants, zone_of
from tests.support.told_accounts import DAY, HOUR, proposal, round_summary, vote
from web.attention_port import Need
from web.notices_port import NoticeChoices
from web.ports import TextView

ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Africa/Cairo"]


def at(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def test_proposals_and_calls_are_told_of_in_the_chosen_fields() -> None:
    choices = NoticeChoices(goals=(3, 6))
    call = Occurrence("call:1", "call", "1", goals=(4, 6))
    assert wants(choices, proposal(1, 6))
    assert wants(choices, call)
    assert not wants(choices, proposal(1, 4))
    assert not wants(choices, proposal(1))
    assert wants(NoticeChoices(), proposal(1)), "no field chosen stands for all"


def test_what_concerns_the_member_s_own_proposals_knows_no_fields() -> None:
    choices = NoticeChoices(goals=(3,), kinds=frozenset({"answer"}))
    assert wants(choices, Occurrence("objection:1", "objection", "1", goals=(4,)))
    assert not wants(choices, Occurrence("round:1", "round", "1"))
    assert not wants(NoticeChoices(kinds=frozenset()), Occurrence("objection:1", "objection", "1"))


def test_a_reminder_comes_before_the_close_or_at_half_time() -> None:
    assert reminder_time(0, 8 * DAY, 7 * DAY) == DAY
    assert reminder_time(0, 7 * DAY, 7 * DAY) == 3.5 * DAY, "as long as the time before the close"
    assert reminder_time(1_000, 3_000, DAY) == 2_000


def test_reminders_are_for_rounds_without_a_ballot() -> None:
    now = 10 * DAY
    soon, later = round_summary(1, 0, now + HOUR), round_summary(2, 0, now + 2 * DAY)
    voted = Need("voted", "x", TextView("held", "en"), None, "/", 0, round=round_summary(3, 0, now + HOUR))
    due = reminders([vote(soon), vote(later), voted], DAY, now)
    assert [(each.kind, each.subject, each.until) for each in due] == [("reminder", soon.id, soon.closes)]
    assert reminders([vote(soon)], 0, now) == []
    assert reminders([vote(soon)], DAY, soon.closes) == []


def test_what_can_t_wait_is_sent_at_once() -> None:
    daily = NoticeChoices(rhythm="daily")
    assert is_urgent(NoticeChoices(), "proposal", None, 0)
    assert is_urgent(daily, "reminder", 5 * DAY, DAY)
    assert is_urgent(daily, "round", DAY, DAY), "it would be over by then"
    assert not is_urgent(daily, "round", DAY + 1, DAY)
    assert not is_urgent(daily, "agenda", None, DAY)


@pytest.mark.parametrize(
    ("zone", "hour", "now", "due"),
    [
        ("Europe/Berlin", 8, "2026-11-30T06:59:59", "2026-11-30T07:00:00"),
        ("Europe/Berlin", 8, "2026-11-30T07:00:00", "2026-12-01T07:00:00"),
        ("Asia/Kathmandu", 8, "2026-11-30T00:00:00", "2026-11-30T02:15:00"),
        ("America/New_York", 23, "2026-11-30T03:30:00", "2026-11-30T04:00:00"),
        ("Europe/Berlin", 2, "2026-03-28T12:00:00", "2026-03-29T01:00:00"),
        ("Europe/Berlin", 2, "2026-10-25T00:00:00", "2026-10-26T01:00:00"),
        ("no such place", 8, "2026-11-30T06:00:00", "2026-11-30T08:00:00"),
    ],
)
def test_a_daily_digest_comes_at_its_hour_on_the_zone_s_clocks(zone: str, hour: int, now: str, due: str) -> None:
    """In Berlin the clocks skip 2:00 on 29 March and repeat it on 25 October."""
    assert next_digest(NoticeChoices(rhythm="daily", hour=hour, zone=zone), at(now)) == at(due)


def test_a_weekly_digest_comes_on_its_day() -> None:
    choices = NoticeChoices(rhythm="weekly", weekday=0, hour=8)
    assert next_digest(choices, at("2026-11-30T07:00:00")) == at("2026-11-30T08:00:00")
    assert next_digest(choices, at("2026-11-30T08:00:00")) == at("2026-12-07T08:00:00")


@given(st.sampled_from(ZONES), st.integers(0, 23), st.integers(0, 700 * 24))
def test_a_daily_digest_comes_once_on_every_date(zone: str, hour: int, start_hours: int) -> None:
    choices = NoticeChoices(rhythm="daily", hour=hour, zone=zone)
    moment = at("2025-01-01T00:00:00") + start_hours * HOUR
    dates = []
    for _ in range(4):
        following = next_digest(choices, moment)
        assert following > moment
        local = datetime.fromtimestamp(following / 1000, tz=ZoneInfo(zone))
        assert local.hour == hour or local.hour == (hour + 1) % 24, "but for an hour that is skipped"
        dates.append(local.date())
        moment = following
    assert all(later - earlier == timedelta(days=1) for earlier, later in pairwise(dates))


@pytest.mark.parametrize("name", ["", "../etc/passwd", "/etc/passwd", "Europe/Nowhere", "Europe/\0Berlin", "Europe"])
def test_what_is_no_zone(name: str) -> None:
    assert zone_of(name) is None
