"""The press: one at a time, in bounded time, the same document once, and whatever goes wrong is said."""

import asyncio
import sys
from pathlib import Path

import pytest

from tests.support.until import until
from web.pdf.press import Press, PressBusyError, PressError, PressLimits
from web.pdf.typesetting import FontsMissingError

MAKES = "import sys, pathlib; d = sys.stdin.read(); f = pathlib.Path(sys.argv[1]); "
SPEAKS = "print(end='%PDF-' + d)"


def press(program: str, *arguments: str, **limits: int) -> Press:
    return Press(PressLimits(**limits), (sys.executable, "-c", program, *arguments))


async def test_the_same_document_is_made_once_however_many_ask(tmp_path: Path) -> None:
    log = tmp_path / "log"
    made = press(MAKES + "f.open('a').write(d); " + SPEAKS, str(log))
    bodies = await asyncio.gather(*(made.pdf(b"a") for _ in range(5)))
    again = await made.pdf(b"a")
    assert {body.plain for body in (*bodies, again)} == {b"%PDF-a"}
    assert log.read_text() == "a"


async def test_documents_are_made_one_after_the_other(tmp_path: Path) -> None:
    busy = tmp_path / "busy"
    program = MAKES + "f.mkdir(); import time; time.sleep(0.05); f.rmdir(); " + SPEAKS
    made = press(program, str(busy))
    bodies = await asyncio.gather(*(made.pdf(name) for name in (b"a", b"b", b"c")))
    assert [body.plain[-1:] for body in bodies] == [b"a", b"b", b"c"]


async def test_who_comes_when_too_many_wait_is_told_so() -> None:
    made = press("import sys; sys.stdin.read(); import time; time.sleep(60)", waiting_max=1)
    waiting = [asyncio.create_task(made.pdf(name)) for name in (b"a", b"b")]
    await until(lambda: len(made._under_way) == 2, "two documents under way")
    with pytest.raises(PressBusyError):
        await made.pdf(b"c")
    await made.stop()
    assert all(
        isinstance(found, asyncio.CancelledError) for found in await asyncio.gather(*waiting, return_exceptions=True)
    )


async def test_what_takes_too_long_is_ended() -> None:
    with pytest.raises(PressError, match="longer than 1 seconds"):
        await press("import time; time.sleep(60)", seconds=1).pdf(b"a")


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("import sys; sys.exit('it broke')", "it broke"),
        ("print('no pdf')", "ended with 0"),
        ("import os; os.abort()", "ended with"),
        ("print('%PDF-' + 'x' * 5000)", "too large"),
    ],
)
async def test_what_went_wrong_is_said(program: str, said: str) -> None:
    with pytest.raises(PressError, match=said):
        await press(program, pdf_bytes_max=1_000).pdf(b"a")


async def test_a_document_that_is_too_long_is_not_begun() -> None:
    with pytest.raises(PressError, match="too long"):
        await press("", document_bytes_max=10).pdf(b"x" * 11)


async def test_missing_fonts_are_named() -> None:
    program = """import sys; sys.stderr.write('{"scripts": ["Chinese"], "remedies": ["a-package"]}'); sys.exit(3)"""
    with pytest.raises(FontsMissingError) as caught:
        await press(program).pdf(b"a")
    assert caught.value.remedies == ("a-package",)


async def test_a_failure_is_not_kept(tmp_path: Path) -> None:
    program = MAKES + "f.exists() or sys.exit('not yet'); " + SPEAKS
    made = press(program, str(tmp_path / "there"))
    with pytest.raises(PressError, match="not yet"):
        await made.pdf(b"a")
    (tmp_path / "there").touch()
    assert (await made.pdf(b"a")).plain == b"%PDF-a"


async def test_the_typesetter_sees_no_setting_of_the_node(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMITIA_SECRET", "hidden")
    made = await press("import os, sys; sys.stdin.read(); print('%PDF-', *sorted(os.environ))").pdf(b"a")
    assert b"COMITIA" not in made.plain
    assert b"PATH" in made.plain
