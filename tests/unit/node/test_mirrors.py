"""comitia mirror: only the archive's files are given out, as an HTTP client expects, whatever is asked."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientSession, TCPConnector
from aiohttp.test_utils import TestClient, TestServer
from yarl import URL

from node import cli
from node.archive_files import ArchiveFault
from node.archives import write_archive
from node.mirrors import open_mirror
from protocol import charter as charters
from tests.support.archived import files_of, node_with, silent
from tests.support.history import told

Client = TestClient


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    where = tmp_path_factory.mktemp("mirror")
    write_archive(asyncio.run(node_with(where / "node", told())), where / "archive", silent)
    return where / "archive"


@pytest.fixture
def archive(pristine: Path, tmp_path: Path) -> Path:
    return shutil.copytree(pristine, tmp_path / "archive")


@pytest.fixture
async def client(archive: Path) -> AsyncIterator[Client]:  # type: ignore[type-arg]
    async with TestClient(TestServer(open_mirror(archive, silent).app())) as found:
        yield found


def text_of(archive: Path) -> str:
    return min(archive.glob("texts/*/*")).relative_to(archive).as_posix()


async def test_every_file_is_served_as_it_is(client: Client, archive: Path) -> None:  # type: ignore[type-arg]
    for path, data in files_of(archive).items():
        answer = await client.get(f"/{path}")
        assert (answer.status, await answer.read()) == (200, data), path
        assert answer.headers["Content-Length"] == str(len(data))
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert "Set-Cookie" not in answer.headers


KINDS = {
    "README.txt": ("text/plain", "public, no-cache"),
    "MANIFEST": ("text/plain", "public, no-cache"),
    "charter.json": ("application/json", "public, no-cache"),
    "evidence.jsonl": ("application/jsonl", "public, no-cache"),
    "specification/SPEC.md": ("text/markdown", "public, no-cache"),
    "register/00000001.json": ("application/json", "public, max-age=31536000, immutable"),
    "agendas/agenda-1.json": ("application/json", "public, max-age=31536000, immutable"),
}


@pytest.mark.parametrize("path", KINDS)
async def test_each_kind_has_its_type_and_is_kept_as_long_as_it_can_not_change(client: Client, path: str) -> None:  # type: ignore[type-arg]
    answer = await client.get(f"/{path}")
    assert (answer.content_type, answer.headers["Cache-Control"]) == KINDS[path]


async def test_a_live_nodes_addresses_are_answered(client: Client, archive: Path) -> None:  # type: ignore[type-arg]
    answer = await client.get("/federation/v1/charter")
    assert charters.parse_file(await answer.read()).federation == told().federation.id
    answer = await client.get("/federation/v1/register/3")
    assert await answer.read() == (archive / "register/00000003.json").read_bytes()
    for height in ("0", "6", "999999999", "-1", "3x"):
        assert (await client.get(f"/federation/v1/register/{height}")).status == 404


async def test_the_first_page_says_what_it_is(client: Client) -> None:  # type: ignore[type-arg]
    answer = await client.get("/")
    page = await answer.text()
    assert told().federation.id in page
    assert 'href="/agendas/agenda-1.json"' in page
    again = await client.get("/", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status == 304


async def test_heads_and_tags(client: Client, archive: Path) -> None:  # type: ignore[type-arg]
    path = text_of(archive)
    answer = await client.head(f"/{path}")
    tag = answer.headers["ETag"]
    assert (answer.status, await answer.read()) == (200, b"")
    assert tag == f'"{path.rpartition("/")[2]}"'
    for sent in (tag, f'"x", {tag}', f"W/{tag}", "*"):
        kept = await client.get(f"/{path}", headers={"If-None-Match": sent})
        assert (kept.status, await kept.read()) == (304, b""), sent
    assert (await client.get(f"/{path}", headers={"If-None-Match": '"x"'})).status == 200


RANGES = {
    "bytes=0-4": (206, slice(0, 5)),
    "bytes=5-": (206, slice(5, None)),
    "bytes=-7": (206, slice(-7, None)),
    "bytes=0-999999999999": (200, slice(None)),
    "bytes=-999999": (200, slice(None)),
    "bytes=4-2": (200, slice(None)),
    "bytes=-": (200, slice(None)),
    "bytes=0-1,3-4": (200, slice(None)),
    "bytes=a-b": (200, slice(None)),
    "lines=0-1": (200, slice(None)),
    "bytes=999999-": (416, slice(0, 0)),
    "bytes=-0": (416, slice(0, 0)),
}


@pytest.mark.parametrize("asked", RANGES)
async def test_ranges(client: Client, archive: Path, asked: str) -> None:  # type: ignore[type-arg]
    data = (archive / "README.txt").read_bytes()
    status, part = RANGES[asked]
    answer = await client.get("/README.txt", headers={"Range": asked})
    assert answer.status == status
    if status == 416:
        assert answer.headers["Content-Range"] == f"bytes */{len(data)}"
        return
    assert await answer.read() == data[part]
    if status == 206:
        start, stop, _ = part.indices(len(data))
        assert answer.headers["Content-Range"] == f"bytes {start}-{stop - 1}/{len(data)}"


async def test_a_range_of_something_older_is_answered_in_full(client: Client, archive: Path) -> None:  # type: ignore[type-arg]
    answer = await client.get("/README.txt", headers={"Range": "bytes=0-4", "If-Range": '"older"'})
    assert (answer.status, await answer.read()) == (200, (archive / "README.txt").read_bytes())


HOSTILE = (
    "/../node/charter.json", "/texts/../../node/node.toml", "/%2e%2e/node/node.toml", "/..%2fnode%2fnode.toml",
    "/%2fetc%2fpasswd", "//etc/passwd", "/charter.json/", "/charter.json%00", "/texts", "/texts/", "/.", "/%00",
    "/README.txt%0d%0aX:%20y", "/readme.txt", "/federation/v1/register/../charter", "/secret", "/" + "a" * 4000,
)  # fmt: skip


@pytest.mark.parametrize("path", HOSTILE)
async def test_nothing_else_is_given_out(client: Client, archive: Path, path: str) -> None:  # type: ignore[type-arg]
    (archive / "secret").write_text("not in the manifest")
    target = URL(str(client.make_url("/")).rstrip("/") + path, encoded=True)
    async with ClientSession(connector=TCPConnector()) as session, session.get(target) as answer:
        assert answer.status in (400, 404), await answer.read()


async def test_raw_requests_that_no_client_would_send(client: Client) -> None:  # type: ignore[type-arg]
    assert client.server.port is not None
    for line in (b"GET ../../etc/passwd HTTP/1.1", b"GET /texts/../../x HTTP/1.1", b"GET http://x/../y HTTP/1.1"):
        reader, writer = await asyncio.open_connection("127.0.0.1", client.server.port)
        writer.write(line + b"\r\nHost: x\r\nConnection: close\r\n\r\n")
        answer = await asyncio.wait_for(reader.read(), 10)
        assert answer.split(b" ")[1] in (b"400", b"404"), answer
        writer.close()
        await writer.wait_closed()


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "TRACE"])
async def test_nothing_can_be_changed(client: Client, method: str) -> None:  # type: ignore[type-arg]
    answer = await client.request(method, "/README.txt", data=b"x")
    assert answer.status in (400, 405)


async def test_a_link_in_place_of_a_file_and_a_changed_file_are_not_served(client: Client, archive: Path) -> None:  # type: ignore[type-arg]
    (archive.parent / "secret").write_text("secret")
    (archive / "README.txt").unlink()
    (archive / "README.txt").symlink_to(archive.parent / "secret")
    (archive / "charter.json").write_text("{}")
    for path in ("/README.txt", "/charter.json", "/federation/v1/charter"):
        answer = await client.get(path)
        assert answer.status == 503
        assert "ask elsewhere" in await answer.text()


def test_a_damaged_archive_is_not_served(archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (archive / text_of(archive)).write_bytes(b"other")
    with pytest.raises(ArchiveFault, match=r"texts/.* has changed"):
        open_mirror(archive, silent)
    assert cli.run(["mirror", str(archive)]) == cli.FAILED
    assert "has changed" in capsys.readouterr().err


def test_a_directory_that_is_no_archive_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["mirror", str(tmp_path)]) == cli.FAILED
    assert "MANIFEST: no such file" in capsys.readouterr().err
