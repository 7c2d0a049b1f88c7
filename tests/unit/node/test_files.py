import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from node import files
from node.files import FileError


class Crash(BaseException):
    """Stands for the process dying at a point of our choosing."""


def crash(*_args: object, **_kwargs: object) -> NoReturn:
    raise Crash


@pytest.fixture(autouse=True)
def usual_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def test_a_new_file_has_its_content_and_mode(tmp_path: Path) -> None:
    files.write_new(tmp_path / "a", b"content", files.PRIVATE)
    files.write_new(tmp_path / "b", b"content", files.PUBLIC)
    assert (tmp_path / "a").read_bytes() == b"content"
    assert [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("a", "b")] == [0o600, 0o644]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


def test_a_file_that_exists_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")
    with pytest.raises(FileError, match="exists already and was not overwritten"):
        files.write_new(path, b"new", files.PRIVATE)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("step", ["os.fsync", "os.link", "os.fchmod"])
def test_an_interrupted_new_file_leaves_nothing_under_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    monkeypatch.setattr(step, crash)
    with pytest.raises(Crash):
        files.write_new(tmp_path / "a", b"content", files.PRIVATE)
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize("step", ["os.fsync", "os.fchmod", "pathlib.Path.replace"])
def test_an_interrupted_replacement_leaves_the_old_content(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")
    monkeypatch.setattr(step, crash)
    with pytest.raises(Crash):
        files.replace(path, b"new")
    assert path.read_bytes() == b"old"


def test_content_is_on_disk_before_it_gets_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []

    def noted(name: str, real: Callable[..., None]) -> Callable[..., None]:
        def call(*arguments: object) -> None:
            order.append(name)
            real(*arguments)

        return call

    monkeypatch.setattr(os, "fsync", noted("fsync", os.fsync))
    monkeypatch.setattr(os, "link", noted("link", os.link))
    files.write_new(tmp_path / "a", b"content", files.PRIVATE)
    assert order == ["fsync", "link", "fsync"]


def test_a_replacement_keeps_the_mode(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")
    path.chmod(0o640)
    files.replace(path, b"new")
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_only_a_file_that_is_there_can_be_replaced(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="no such file"):
        files.replace(tmp_path / "a", b"new")
    assert list(tmp_path.iterdir()) == []


def test_reading_is_bounded(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"12345")
    assert files.read_bounded(path, 5) == b"12345"
    with pytest.raises(FileError, match="larger than the limit of 4 bytes"):
        files.read_bounded(path, 4)
    with pytest.raises(FileError, match="no such file"):
        files.read_bounded(tmp_path / "b", 4)
    with pytest.raises(FileError, match="is a directory"):
        files.read_bounded(tmp_path, 4)


def test_an_endless_file_is_not_read_to_its_end() -> None:
    with pytest.raises(FileError, match="larger than the limit"):
        files.read_bounded(Path("/dev/zero"), 1_000)


def test_a_private_directory_is_made_or_checked(tmp_path: Path) -> None:
    made = tmp_path / "deep" / "keys"
    files.make_private_directory(made)
    assert stat.S_IMODE(made.stat().st_mode) == 0o700
    files.make_private_directory(made)
    made.chmod(0o750)
    with pytest.raises(FileError, match=f"chmod 700 {made}"):
        files.make_private_directory(made)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666])
def test_loose_permissions_are_refused_with_the_remedy(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"")
    path.chmod(mode)
    with pytest.raises(FileError, match=f"open to other users: chmod 600 {path}"):
        files.check_private(path)


def test_a_strangers_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"")
    path.chmod(0o600)
    monkeypatch.setattr(os, "geteuid", lambda: path.stat().st_uid + 1)
    with pytest.raises(FileError, match="belongs to another user"):
        files.check_private(path)
