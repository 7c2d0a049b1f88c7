"""Backup archives: what is written is read again, and whatever is changed, cut or put in is refused."""

import io
import tarfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from node import backup_archive
from node.backup_archive import BackupError, Manifest, check_archive, part_of, read_manifest, unpack_archive
from protocol.errors import ComitiaError
from protocol.ids import FederationId, MemberId

STORE = bytes(range(256)) * 20
CHARTER = b"{}\n"


def silent(_: int) -> None:
    return


def write(where: Path, contents: dict[str, bytes]) -> Path:
    sources = {}
    for number, (name, data) in enumerate(contents.items()):
        sources[name] = where / f"source-{number}"
        sources[name].write_bytes(data)
    manifest = Manifest(
        federation=FederationId("ab" * 32),
        member=MemberId("ocean-institute"),
        made=1_796_000_000_000,
        version="0.1.0",
        store_steps=5,
        events=7,
        height=3,
        files=tuple(part_of(name, path, silent) for name, path in sources.items()),
    )
    path = where / "backup.tar"
    with path.open("wb") as out:
        backup_archive.write_archive(out, manifest, sources, silent)
    return path


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return write(tmp_path, {"store.sqlite3": STORE, "charter.json": CHARTER, "keys/node.pem.age": b"k"})


def test_what_is_written_is_read_again(archive: Path, tmp_path: Path) -> None:
    into = tmp_path / "into"
    into.mkdir()
    counted: list[int] = []
    manifest = unpack_archive(archive, into, counted.append)
    assert (into / "store.sqlite3").read_bytes() == STORE
    assert (into / "charter.json").read_bytes() == CHARTER
    assert (into / "keys/node.pem.age").stat().st_mode & 0o777 == 0o600
    assert sum(counted) == manifest.bytes_total == len(STORE) + len(CHARTER) + 1
    assert (manifest.events, manifest.height, manifest.has_keys) == (7, 3, True)


def test_the_manifest_tells_the_size_of_the_whole(archive: Path) -> None:
    assert read_manifest(archive).archive_bytes == archive.stat().st_size


def test_any_tar_opens_it(archive: Path) -> None:
    with tarfile.open(archive) as opened:
        assert opened.getnames() == ["manifest.json", "store.sqlite3", "charter.json", "keys/node.pem.age"]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_changed_byte_in_a_file_or_a_cut_end_is_found(archive: Path, data: st.DataObject) -> None:
    whole = bytearray(archive.read_bytes())
    hurt = archive.with_name("hurt.tar")
    if data.draw(st.booleans()):
        hurt.write_bytes(whole[: data.draw(st.integers(0, len(whole) - 1))])
    else:
        start = bytes(whole).index(STORE)
        whole[start + data.draw(st.integers(0, len(STORE) - 1))] ^= data.draw(st.integers(1, 255))
        hurt.write_bytes(whole)
    with pytest.raises(BackupError):
        check_archive(hurt)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=3_000))
def test_rubbish_is_refused_in_one_line(archive: Path, data: bytes) -> None:
    hurt = archive.with_name("hurt.tar")
    hurt.write_bytes(data)
    with pytest.raises(ComitiaError) as caught:
        check_archive(hurt)
    assert "\n" not in str(caught.value)


def test_what_goes_on_behind_its_end_is_refused(archive: Path) -> None:
    with archive.open("ab") as file:
        file.write(b"\0")
    with pytest.raises(BackupError, match="goes on behind its end"):
        check_archive(archive)


def tar(*entries: tuple[str, bytes, bytes]) -> bytes:
    """Return a tar of entries: name, type, content."""
    out = io.BytesIO()
    for name, kind, content in entries:
        entry = tarfile.TarInfo(name)
        entry.type, entry.size = kind, len(content)
        out.write(entry.tobuf(tarfile.GNU_FORMAT) + content + b"\0" * (-len(content) % 512))
    return out.getvalue() + b"\0" * 1_024


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "keys/../x", "passphrase", "store.sqlite3/x"])
def test_no_other_name_is_taken(archive: Path, name: str) -> None:
    text = read_manifest(archive).to_bytes().replace(b'"keys/node.pem.age"', f'"{name}"'.encode())
    archive.write_bytes(tar(("manifest.json", tarfile.REGTYPE, text)))
    with pytest.raises(BackupError, match="its manifest can't be read"):
        check_archive(archive)


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE, tarfile.XHDTYPE])
def test_nothing_but_plain_files_is_taken(archive: Path, kind: bytes, tmp_path: Path) -> None:
    manifest = read_manifest(archive).to_bytes()
    entries = (("manifest.json", tarfile.REGTYPE, manifest), ("store.sqlite3", kind, b""))
    archive.write_bytes(tar(*entries))
    into = tmp_path / "into"
    into.mkdir()
    with pytest.raises(BackupError, match=r"no plain file|does not stand where"):
        unpack_archive(archive, into, silent)
    assert not any(path.is_symlink() for path in into.iterdir())


def test_a_manifest_names_each_file_once_and_the_store_and_the_charter(tmp_path: Path) -> None:
    archive = write(tmp_path, {"store.sqlite3": STORE, "node.toml": b""})
    with pytest.raises(BackupError, match="no store or charter"):
        check_archive(archive)


def test_a_file_that_shrinks_meanwhile_is_noticed(tmp_path: Path) -> None:
    archive = write(tmp_path, {"store.sqlite3": STORE, "charter.json": CHARTER})
    manifest = read_manifest(archive)
    (tmp_path / "short").write_bytes(STORE[:10])
    sources = {"store.sqlite3": tmp_path / "short", "charter.json": tmp_path / "source-1"}
    with pytest.raises(BackupError, match="became shorter"):
        backup_archive.write_archive(io.BytesIO(), manifest, sources, silent)
