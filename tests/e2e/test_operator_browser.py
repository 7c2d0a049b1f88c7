"""The operator's story on a federation of real node processes, and its live pages in a real Chromium."""

import asyncio
import json
import os
import re
import shutil
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, expect

from node.app import load_charter
from node.demo_content import load_demo_content
from node.demo_founding import Seat
from node.demo_people import Person
from tests.e2e.test_pages_browser import Place, serving
from tests.support.browser import sideways, violations, watched
from tests.support.real_federation import RealFederation, real_federation
from tests.support.until import until_answered
from tests.support.web_operator import finding

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("browser")]

_PATIENCE_MS = 20_000


@pytest_asyncio.fixture(loop_scope="module")
async def place(browser: Browser) -> AsyncIterator[Place]:
    async with serving(browser) as started:
        yield started


async def comitia(*words: str) -> tuple[int, str]:
    """Run a command in a process of its own; return its exit code and what it said."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "node", *words),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
    )
    said, _ = await process.communicate()
    return process.returncode or 0, said.decode()


async def status_of(address: str) -> dict[str, object]:
    async with aiohttp.ClientSession() as http, http.get(f"{address}/federation/v1/status") as response:
        value: dict[str, object] = await response.json()
        return value


async def ready(address: str) -> tuple[int, str]:
    async with aiohttp.ClientSession() as http, http.get(f"{address}/health/ready") as response:
        return response.status, await response.text()


async def operators_page(browser: Browser, federation: RealFederation, seat: int) -> Page:
    """Return a page on which a node's operator has signed in."""
    seen = await watched(browser, federation.seats[seat].address, viewport={"width": 1280, "height": 860})
    page = await seen.page()
    await page.goto(federation.link(seat, "operator"))
    await page.locator("main").get_by_role("button").click()
    await page.goto(f"{federation.seats[seat].address}/en/node")
    return page


def row(page: Page, name: str) -> Locator:
    return page.locator("#part-peers tbody tr", has_text=name)


async def test_the_operators_story(browser: Browser, tmp_path: Path) -> None:
    """A peer goes and comes back, a backup is made by the button and restored, and the restored node forks nothing."""
    settings = ["[backup]", "with_keys = true"]
    async with real_federation(tmp_path) as federation:
        for seat in federation.seats:
            path = seat.directory / "node.toml"
            path.write_text(path.read_text() + "\n".join(settings) + "\n")
            _with_member_entry(seat)
        await federation.stop(0)
        await federation.start(0)
        page = await operators_page(browser, federation, 0)
        await _a_peer_goes_and_comes_back(page, federation)
        made = await _a_backup_by_the_button(page, federation)
        await _restored_it_forks_nothing(federation, made, tmp_path / "restored")
        await _the_doctor_finds_what_was_planted(federation)


def _with_member_entry(seat: Seat) -> None:
    """Give a node of the demonstration the member entry that comitia init would have made."""
    roll = load_charter(seat.directory / "charter.json").charter().roll
    entry = next(member for member in roll.members if member.id == seat.id)
    (seat.directory / "member.json").write_text(entry.model_dump_json())


async def _a_peer_goes_and_comes_back(page: Page, federation: RealFederation) -> None:
    away = federation.seats[2]
    await expect(row(page, away.name)).to_contain_text("connected", timeout=_PATIENCE_MS)
    await federation.stop(2, signal.SIGKILL)
    await expect(row(page, away.name).first).to_contain_text("no line", timeout=_PATIENCE_MS)
    await expect(page.locator("#health")).to_contain_text("There is a line to 2 of 3 tellers", timeout=_PATIENCE_MS)
    assert (await violations(page), await sideways(page)) == ([], 0)
    proposals = [each for each in load_demo_content().proposals if each.member == 0][:3]
    async with Person(federation.seats[0].address) as delegate:
        await delegate.sign_in(federation.seats[0].tokens["delegate"])
        for proposal in proposals:
            await delegate.submit(proposal)
    await federation.start(2)
    await expect(row(page, away.name).first).to_contain_text("connected", timeout=_PATIENCE_MS)
    await expect(page.locator("#health")).not_to_contain_text("There is a line to", timeout=_PATIENCE_MS)
    here = await status_of(federation.seats[0].address)
    await until_answered(lambda: _same(federation, 2, str(here["digest"])), "it has caught up")
    theirs = await operators_page_text(page, federation)
    assert "Lag" in theirs


async def operators_page_text(page: Page, federation: RealFederation) -> str:
    await page.goto(f"{federation.seats[0].address}/en/node/peers")
    await expect(page.locator("tbody tr", has_text=federation.seats[2].name).first).to_contain_text("connected")
    assert await violations(page) == []
    return await page.locator("main").inner_text()


async def _same(federation: RealFederation, seat: int, digest: str) -> bool:
    return (await status_of(federation.seats[seat].address))["digest"] == digest


async def _a_backup_by_the_button(page: Page, federation: RealFederation) -> Path:
    await page.goto(f"{federation.seats[0].address}/en/node")
    await page.get_by_role("button", name="Back up now").click()
    await expect(page.locator(".backup-rows li")).to_have_count(1, timeout=_PATIENCE_MS)
    await expect(page.locator(".backup-rows")).to_contain_text("whole; read back when it was made")
    await expect(page.locator(".backup-rows")).to_contain_text("with keys")
    await page.get_by_role("button", name="Check again").click()
    await expect(page.locator(".backup-rows")).to_contain_text("read again and whole")
    (made,) = (federation.seats[0].directory / "backups").glob("*.tar")
    return made


async def _restored_it_forks_nothing(federation: RealFederation, made: Path, directory: Path) -> None:
    """What was signed after the backup comes back from the others before anything is signed in its place."""
    seat = federation.seats[0]
    written = [each for each in load_demo_content().proposals if each.member == 0][3:6]
    async with Person(seat.address) as colleague:
        await colleague.sign_in(seat.tokens["colleague"])
        after_backup = await colleague.submit(written[0])
    await until_answered(lambda: _shows(federation.seats[1].address, after_backup), "others have it")
    await federation.stop(0, signal.SIGKILL)
    await federation.stop(1)
    code, said = await comitia("restore", str(made), str(directory))
    assert code == 0, said
    shutil.copy(seat.directory / "passphrase", directory / "passphrase")
    shutil.move(seat.directory, seat.directory.with_name("never-again"))
    shutil.move(directory, seat.directory)
    code, said = await comitia("accounts", "invite", str(seat.directory), "colleague", "--json")
    assert code == 0, said
    token = json.loads(said)["link"].rpartition("/")[2]
    await federation.start(0)
    assert await ready(seat.address) == (503, "not ready: not-signing\n")
    async with Person(seat.address) as colleague:
        await colleague.sign_in(token)
        with pytest.raises(Exception, match=r"503|restored"):
            await colleague.submit(written[1])
        await federation.start(1)
        await until_answered(lambda: _is_ready(seat.address), "it has heard from both others")
        assert await _shows(seat.address, after_backup)
        signed = await colleague.submit(written[1])
    for other in federation.seats[1:]:
        await until_answered(lambda other=other: _shows(other.address, signed), "others take it")  # type: ignore[misc]
    await federation.stop(0)
    code, said = await comitia("verify", str(seat.directory))
    assert code == 0, said
    assert "0 keys forked" in said


async def _is_ready(address: str) -> bool:
    return (await ready(address))[0] == 200


async def _shows(address: str, proposal: str) -> bool:
    async with aiohttp.ClientSession() as http, http.get(f"{address}/proposals/{proposal}") as response:
        return response.status == 200


async def _the_doctor_finds_what_was_planted(federation: RealFederation) -> None:
    seat = federation.seats[0]
    code, said = await comitia("doctor", str(seat.directory))
    assert code == 0, said
    assert "2 of 2 other nodes answer" in said
    (seat.directory / "keys/node.pem.age").chmod(0o640)
    shutil.copy(federation.seats[1].directory / "keys/teller.pem.age", seat.directory / "keys/teller.pem.age")
    path = seat.directory / "node.toml"
    other = federation.seats[1].address.rpartition(":")[2]
    path.write_text(re.sub(r"port = \d+", f"port = {other}", path.read_text()))
    code, said = await comitia("doctor", str(seat.directory))
    assert code == 1
    assert f"FAIL  permissions  {seat.directory}/keys/node.pem.age is open to other users: chmod 600" in said
    assert f"FAIL  port         port {other} on 127.0.0.1 can't be listened on: address already in use" in said
    (seat.directory / "keys/node.pem.age").chmod(0o600)
    code, said = await comitia("doctor", str(seat.directory))
    assert "is not the one that the roll has of" in said, said
    assert said.splitlines()[-1] == "Something is wrong: see above."


@pytest.mark.parametrize("width", [1280, 390])
async def test_the_glance_changes_without_moving_what_one_reads(place: Place, width: int) -> None:
    place.backend.operator.findings = ()
    seen = await place.reader("operator", width=width)
    page = await seen.page()
    await page.goto(place.origin + "/node")
    await page.locator("#growth").scroll_into_view_if_needed()
    before = await page.locator("#growth").bounding_box()
    place.backend.operator.findings = tuple(
        finding("backup-damaged", "warn", name=f"comitia-{number}.tar") for number in range(8)
    )
    await expect(page.locator(".health-more li")).to_have_count(7, timeout=_PATIENCE_MS)
    after = await page.locator("#growth").bounding_box()
    assert before is not None
    assert after is not None
    assert abs(after["y"] - before["y"]) < 2
    await expect(page.locator("#announcer")).to_contain_text("is damaged or not whole")
    assert (await violations(page), await sideways(page)) == ([], 0)
    assert seen.complaints == []
    await seen.context.close()


async def test_what_one_has_the_focus_in_is_left_alone(place: Place) -> None:
    seen = await place.reader("operator")
    page = await seen.page()
    await page.goto(place.origin + "/node")
    button = page.get_by_role("button", name="Check again").first
    await button.focus()
    place.backend.operator.listed = ()
    place.backend.operator.findings = (finding("backup-none", "warn"),)
    await expect(page.locator("#health")).to_contain_text("There is no backup", timeout=_PATIENCE_MS)
    await expect(button).to_be_focused()
    await seen.context.close()


async def test_the_log_grows_at_its_end_and_markup_in_it_is_text(place: Place) -> None:
    operator = place.backend.operator
    for number in range(60):
        operator.write(f"line {number}")
    seen = await place.reader("operator")
    page = await seen.page()
    await page.goto(place.origin + "/node/log")
    region = page.locator(".log-region")
    await expect(page.locator(".log li")).to_have_count(60)
    await page.wait_for_function("document.querySelector('.log-region').scrollTop > 0")
    operator.write('<img src=x onerror="document.title=1"> the newest', "error")
    await expect(page.locator(".log li").last).to_contain_text("<img src=x", timeout=_PATIENCE_MS)
    assert await region.evaluate("region => region.scrollHeight - region.scrollTop - region.clientHeight") < 5
    await region.evaluate("region => { region.scrollTop = 0; }")
    operator.write("while one reads above")
    await expect(page.locator(".log li")).to_have_count(62, timeout=_PATIENCE_MS)
    assert await region.evaluate("region => region.scrollTop") == 0
    assert "Log" in await page.title()
    assert await violations(page) == []
    assert seen.complaints == []
    await seen.context.close()


async def test_everything_works_without_javascript(place: Place) -> None:
    place.backend.operator.write("a line")
    seen = await place.reader("operator", java_script_enabled=False, width=390)
    page = await seen.page()
    await page.goto(place.origin + "/node")
    await page.get_by_role("button", name="Back up now").click()
    await expect(page.locator("main")).to_contain_text("A backup is being made: 0 %.")
    await page.get_by_role("link", name="Reload for the newest state").click()
    await page.get_by_role("link", name="Log", exact=True).click()
    await expect(page.locator(".log li")).to_have_count(1)
    place.backend.operator.write("another")
    await page.get_by_role("link", name="Reload for new lines").click()
    await expect(page.locator(".log li")).to_have_count(2)
    await page.locator(".node-nav").get_by_role("link", name="Other nodes").click()
    await page.get_by_label("Address").fill("https://other.example")
    await page.get_by_role("button", name="Dial this node").click()
    await expect(page.locator("main")).to_contain_text("The address is dialled from now on.")
    await seen.context.close()
