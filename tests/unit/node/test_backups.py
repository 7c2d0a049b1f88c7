"""Making backups: of one moment while others write, whole or absent, and never over another file."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from node import backups
from node.backup_archive import BackupError, check_archive, read_manifest
from node.config import Layout
from node.staging import staging_in
from tests.support.backed_up import directory_with_history
from tests.support.hand_clock import HandClock

NOW = HandClock().now()


def silent(done: int, total: int) -> None:
    assert 0 <= done <= total


@pytest.fixture
async def layout(tmp_path: Path) -> Layout:
    directory, _ = await directory_with_history(tmp_path / "node")
    return Layout(directory)


def parts(directory: Path) -> list[str]:
    return [path.name for path in directory.iterdir() if path.name.endswith(".part")]


async def test_a_backup_holds_the_store_and_what_lies_beside_it(layout: Layout, tmp_path: Path) -> None:
    made = backups.make_backup(layout, tmp_path, NOW, silent, with_keys=False)
    assert made.path.name == backups.backup_name("member-001", NOW)
    assert made.path.stat().st_mode & 0o777 == 0o600
    assert made.path.stat().st_size == made.size
    assert check_archive(made.path) == made.manifest
    assert (made.manifest.height, made.manifest.member) == (5, "member-001")
    assert made.manifest.events > 0
    assert [part.name for part in made.manifest.files] == ["store.sqlite3", "charter.json", "node.toml"]
    assert parts(tmp_path) == []


async def test_a_second_one_of_the_same_second_gets_a_number(layout: Layout, tmp_path: Path) -> None:
    first, second = (backups.make_backup(layout, tmp_path, NOW, silent, with_keys=False) for _ in range(2))
    assert second.path.name == first.path.name.replace(".tar", "-1.tar")
    names = [each.path.name for each in backups.listed(tmp_path, "member-001")]
    assert names == [second.path.name, first.path.name]


async def test_a_file_that_is_named_is_never_overwritten(layout: Layout, tmp_path: Path) -> None:
    target = tmp_path / "mine"
    target.write_bytes(b"other")
    with pytest.raises(BackupError, match="exists already"):
        backups.make_backup(layout, target, NOW, silent, with_keys=False)
    assert target.read_bytes() == b"other"
    assert parts(tmp_path) == []


async def test_what_stops_it_leaves_nothing(layout: Layout, tmp_path: Path) -> None:
    def stop(done: int, total: int) -> None:
        if done > total // 2:
            raise BackupError("stopped")

    place = tmp_path / "place"
    place.mkdir()
    with pytest.raises(BackupError, match="stopped"):
        backups.make_backup(layout, place, NOW, stop, with_keys=False)
    assert list(place.iterdir()) == []


async def test_a_full_disk_is_told_before_anything_is_written(
    layout: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("node.backups._ROOM", 10**12)
    place = tmp_path / "place"
    place.mkdir()
    with pytest.raises(BackupError, match="make room"):
        backups.make_backup(layout, place, NOW, silent, with_keys=False)
    assert list(place.iterdir()) == []


async def test_what_a_killed_one_left_is_swept_and_what_a_living_one_holds_is_not(
    layout: Layout, tmp_path: Path
) -> None:
    dead, other = tmp_path / f".comitia-{'0' * 16}.part", tmp_path / ".comitia-mine.part"
    for path in (dead, other):
        path.mkdir()
    (dead / "lock").touch()
    with staging_in(tmp_path) as alive:
        backups.make_backup(layout, tmp_path, NOW, silent, with_keys=False)
        assert alive.exists()
    assert not dead.exists()
    assert other.exists(), "only its own names"


async def test_a_store_without_a_charter_or_a_node_without_a_name_is_told(layout: Layout, tmp_path: Path) -> None:
    with closing(sqlite3.connect(layout.store)) as raw:
        raw.execute("DELETE FROM meta WHERE name = 'member'")
        raw.commit()
    with pytest.raises(BackupError, match=r"holds no member\.json, and its node has never run"):
        backups.make_backup(layout, tmp_path, NOW, silent, with_keys=False)
    layout.charter.unlink()
    with pytest.raises(BackupError, match="nothing to back up"):
        backups.make_backup(layout, tmp_path, NOW, silent, with_keys=False)


async def test_a_damaged_store_is_not_backed_up(layout: Layout, tmp_path: Path) -> None:
    data = bytearray(layout.store.read_bytes())
    for at in range(3 * 4_096, min(len(data), 12 * 4_096)):
        data[at] ^= 0x5A
    layout.store.write_bytes(data)
    with pytest.raises(BackupError, match=r"damaged|can't be copied"):
        backups.make_backup(layout, tmp_path, NOW, silent, with_keys=False)
    assert backups.listed(tmp_path, "member-001") == ()


class Writer:
    """Writes to a store in one transaction two places, each time a page has been copied; bounds how often that is."""

    def __init__(self, store: Path) -> None:
        self._raw = sqlite3.connect(store, isolation_level=None)
        self._pages = self._raw.execute("PRAGMA page_count").fetchone()[0]
        self.steps = 0

    def __call__(self, done: int, total: int) -> None:
        assert self.steps < 3 * self._pages, "the copying begins anew without end"
        self.steps += 1
        self._raw.execute("BEGIN")
        self._raw.execute("INSERT INTO meta (name, value) VALUES (?, ?)", (f"n{self.steps}", "x" * 2_000))
        self._raw.execute("INSERT INTO locks (scope, value) VALUES (?, 'x')", (f"n{self.steps}",))
        self._raw.execute("COMMIT")


async def test_a_copy_is_of_one_moment_and_is_finished_while_others_write_without_pause(
    layout: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("node.backups._PAGES_AT_ONCE", 1)
    writer, copy = Writer(layout.store), tmp_path / "copy"
    backups.snapshot(layout.store, copy, writer)
    with closing(sqlite3.connect(copy)) as raw:
        assert raw.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        assert raw.execute("SELECT count(*) FROM meta WHERE name LIKE 'n%'").fetchone()[0] == 0, "as it began"
        assert raw.execute("SELECT count(*) FROM locks WHERE scope LIKE 'n%'").fetchone()[0] == 0
    assert writer.steps > 10
    with closing(sqlite3.connect(layout.store)) as raw:
        assert raw.execute("SELECT count(*) FROM meta WHERE name LIKE 'n%'").fetchone()[0] == writer.steps


async def test_only_whole_ones_of_this_member_are_listed_as_such(layout: Layout, tmp_path: Path) -> None:
    made = backups.make_backup(layout, tmp_path, NOW, silent, with_keys=False)
    other = tmp_path / backups.backup_name("other-member", NOW)
    other.write_bytes(made.path.read_bytes())
    cut = tmp_path / backups.backup_name("member-001", NOW + 5_000)
    cut.write_bytes(made.path.read_bytes()[:-100])
    rubbish = tmp_path / backups.backup_name("member-001", NOW + 9_000)
    rubbish.write_bytes(b"rubbish")
    found = backups.listed(tmp_path, "member-001")
    assert [each.path for each in found] == [rubbish, cut, made.path]
    assert [each.is_whole for each in found] == [False, False, True]
    assert found[0].manifest is None


async def test_the_oldest_go_and_what_has_another_name_stays(layout: Layout, tmp_path: Path) -> None:
    for number in range(4):
        backups.make_backup(layout, tmp_path, NOW + number * 3_600_000, silent, with_keys=False)
    kept = tmp_path / "comitia-notes.tar"
    kept.touch()
    gone = backups.remove_beyond(tmp_path, "member-001", 2)
    assert [path.name for path in gone] == [backups.backup_name("member-001", NOW + at * 3_600_000) for at in (1, 0)]
    assert kept.exists()
    assert read_manifest(backups.listed(tmp_path, "member-001")[0].path).made == NOW + 3 * 3_600_000
