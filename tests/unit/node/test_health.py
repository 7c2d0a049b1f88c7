"""What is wrong with a node: each sign by itself, the most urgent first, and nothing where all is well."""

from dataclasses import replace
from typing import Any

import pytest

from node.health import FULL_BYTES, Signs, findings
from web.health_words import FINDING_CODES
from web.operator_port import BackupsView, BackupView, DiskView, ForkView, NeighbourView, SigningView
from web.ports import NodeStatus, PeerView

NOW = 1_796_000_000_000
HOUR = 3_600_000
GIGABYTE = 1_000_000_000
TELLERS = ("a", "b", "c", "d")


def peer(member: str | None, *, is_connected: bool = True, lag: int | None = 0, address: str = "") -> PeerView:
    return PeerView(address or f"https://{member}", member, is_connected, True, NOW, 0, 0, lag, "")


def backup(hours: int, **changes: Any) -> BackupView:
    return replace(BackupView("b.tar", NOW - hours * HOUR, 9, True, False, None, ""), **changes)


STATUS = NodeStatus(
    version="0.2.0",
    started=NOW - 48 * HOUR,
    now=NOW,
    height=7,
    events=10,
    texts=1,
    bytes_stored=9,
    bytes_free=50 * GIGABYTE,
    chains=3,
    forks=(),
    peers=(peer("b"), peer("c"), peer("d")),
    refusals=(),
    refusal_counts={},
    is_teller=True,
    topics_worker="running",
    halted="",
)
WELL = Signs(
    status=STATUS,
    forks=(),
    signing=SigningView(True, None, 2, 2),
    offset_ms=0,
    neighbours=(NeighbourView("https://b", "b", "0.2.0", 0, NOW),),
    disk=DiskView(9, 50 * GIGABYTE, 100 * GIGABYTE, 0, None),
    backups=BackupsView("/b", 24, 7, None, "", (backup(3),)),
    tellers=TELLERS,
    me="a",
    seen={"b", "c", "d"},
    claimed_height=7,
)


def status(**changes: Any) -> Signs:
    return replace(WELL, status=replace(STATUS, **changes))


def backups(*listed: BackupView, **changes: Any) -> Signs:
    return replace(WELL, backups=replace(WELL.backups, listed=listed, **changes))


def fork(*, is_own: bool) -> ForkView:
    return ForkView("b", "ab" * 32, 4, "x", "y", is_own)


CASES: list[tuple[str, str, Signs]] = [
    ("halted", "stop", status(halted="two records")),
    ("own-key-forked", "stop", replace(WELL, forks=(fork(is_own=True),))),
    ("keys-forked", "note", replace(WELL, forks=(fork(is_own=False),))),
    ("restored", "stop", replace(WELL, signing=SigningView(False, NOW - HOUR, 1, 2))),
    ("clock-behind", "warn", replace(WELL, offset_ms=31_000)),
    ("clock-behind", "stop", replace(WELL, offset_ms=120_000)),
    ("clock-ahead", "warn", replace(WELL, offset_ms=-31_000)),
    ("no-line", "stop", status(peers=(peer("b", is_connected=False), peer(None, is_connected=False)))),
    ("few-tellers", "stop", status(peers=(peer("b"), replace(peer("c"), is_connected=False, is_outbound=False)))),
    ("peers-away", "warn", status(peers=(peer("b"), peer("c"), peer("d", is_connected=False)))),
    ("register-behind", "warn", replace(WELL, claimed_height=8)),
    ("lag", "note", status(peers=(peer("b", lag=3), peer("c", lag=None), peer("d")))),
    ("disk-full", "stop", replace(WELL, disk=DiskView(9, FULL_BYTES - 1, 100 * GIGABYTE, 0, None))),
    ("disk-low", "warn", replace(WELL, disk=DiskView(9, GIGABYTE, 100 * GIGABYTE, 0, None))),
    ("disk-soon", "warn", replace(WELL, disk=DiskView(9, 50 * GIGABYTE, 100 * GIGABYTE, 9, NOW + 72 * HOUR))),
    ("backup-none", "warn", backups()),
    ("backup-old", "warn", backups(backup(37))),
    ("backup-old", "warn", backups(backup(15 * 24), every_hours=0)),
    ("backup-failed", "warn", backups(backup(3), fault="no room")),
    ("backup-damaged", "warn", backups(backup(3), backup(9, is_whole=False))),
    ("backup-damaged", "warn", backups(backup(3), backup(9, fault="its hash"))),
    ("topics-failed", "warn", status(topics_worker="failed")),
    ("version-behind", "note", replace(WELL, neighbours=(NeighbourView("https://b", "b", "0.10.0", 0, NOW),))),
]


def test_where_all_is_well_nothing_is_found() -> None:
    assert findings(WELL) == []


@pytest.mark.parametrize(("code", "urgency", "signs"), CASES, ids=[f"{code}-{urgency}" for code, urgency, _ in CASES])
def test_each_sign_is_found_by_itself(code: str, urgency: str, signs: Signs) -> None:
    found = findings(signs)
    assert [(each.code, each.urgency) for each in found if each.code == code] == [(code, urgency)]
    assert {each.code for each in found} - {code} <= {"peers-away"}


def test_every_finding_has_its_words_and_all_words_are_for_one() -> None:
    assert {code for code, _, _ in CASES} | {"mail-failing"} == FINDING_CODES


@pytest.mark.parametrize(
    "signs",
    [
        replace(WELL, offset_ms=29_999),
        replace(WELL, offset_ms=None),
        backups(backup(35)),
        backups(backup(13 * 24), every_hours=0),
        replace(WELL, claimed_height=6),
        replace(status(peers=()), seen=()),
        status(started=NOW - HOUR // 2),
        replace(WELL, disk=DiskView(9, 3 * GIGABYTE, 100 * GIGABYTE, 9, NOW + 15 * 24 * HOUR)),
        replace(WELL, neighbours=(NeighbourView("https://b", "b", "0.1.9", 0, NOW),)),
        replace(WELL, signing=SigningView(True, None, 0, 2)),
    ],
)
def test_what_is_within_bounds_is_no_finding(signs: Signs) -> None:
    assert findings(signs) == []


def test_a_first_backup_is_given_an_hour_where_they_are_made_by_themselves() -> None:
    young = replace(backups(), status=replace(STATUS, started=NOW - HOUR // 2))
    assert findings(young) == []
    assert [each.code for each in findings(replace(young, backups=replace(young.backups, every_hours=0)))] == [
        "backup-none"
    ]


def test_a_node_that_never_saw_enough_tellers_does_not_complain_about_their_number() -> None:
    behind_a_firewall = replace(status(peers=(peer("b"),)), seen={"b"})
    assert findings(behind_a_firewall) == []


def test_a_peer_that_calls_in_is_not_away_though_it_can_not_be_dialled() -> None:
    inbound = replace(peer("d"), is_outbound=False)
    assert findings(status(peers=(peer("b"), peer("c"), peer("d", is_connected=False), inbound))) == []


def test_the_most_urgent_comes_first() -> None:
    bad = replace(
        WELL,
        status=replace(STATUS, halted="x", peers=(peer("b", lag=3),), topics_worker="failed"),
        offset_ms=200_000,
        backups=replace(WELL.backups, listed=()),
    )
    urgencies = [each.urgency for each in findings(bad)]
    assert findings(bad)[0].code == "halted"
    assert urgencies == sorted(urgencies, key=["stop", "warn", "note"].index)
