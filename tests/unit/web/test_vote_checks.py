"""The receipt as a file, "check my vote", anybody's receipt, and what each step and each end of a check says."""

from typing import get_args

import pytest

from consensus.ballots import ApprovalBallot, ChoiceBallot
from consensus.receipts import Report, Step, StepName
from protocol import limits
from tests.support.web_content import round_numbered
from tests.unit.web.conftest import Site
from web.i18n import Languages
from web.receipt_words import NAMES, step_words


@pytest.fixture
def path(site: Site) -> str:
    return "/rounds/" + round_numbered(site.backend, 19).summary.id


async def cast(site: Site, path: str) -> None:
    account = site.backend.account("delegate")
    await site.backend.cast(account, path.removeprefix("/rounds/"), ApprovalBallot(approves=("t1",)))


async def test_the_receipt_is_downloaded_as_a_file(site: Site, path: str) -> None:
    assert (await site.get(path + "/receipt.json")).location == "/sign-in"
    site.sign_in("delegate")
    assert (await site.get(path + "/receipt.json")).status == 404
    await cast(site, path)
    seen = await site.get(path + "/receipt.json")
    assert seen.status == 200
    assert seen.headers["Content-Type"] == "application/json"
    assert seen.headers["Content-Disposition"] == 'attachment; filename="receipt-round-19.json"'
    receipt = await site.get(path + "/receipt")
    assert f'href="{path}/receipt.json"' in receipt.text
    assert receipt.page.faults == []


async def test_one_s_own_vote_is_checked_by_itself(site: Site, path: str) -> None:
    site.sign_in("delegate")
    await cast(site, path)
    seen = await site.get(path + "/check")
    assert seen.page.faults == []
    assert "Check my vote" in seen.text
    assert "It cannot be told yet." in seen.text
    assert "Genomic early warning of epidemics" in seen.text


async def test_anybody_checks_a_receipt_without_an_account(site: Site, path: str) -> None:
    seen = await site.get(path + "/check")
    assert seen.page.faults == []
    checked = await site.send(path + "/check", {"receipt": '  {"format": 1}\r\n'}, path + "/check")
    assert checked.status == 200
    assert site.backend.receipts.checked == [b'{"format": 1}']
    refused = await site.send(path + "/check", {"receipt": "<script>alert(1)</script>"}, path + "/check")
    assert "This receipt does not hold." in refused.text
    assert "<script>alert" not in refused.text
    assert refused.page.faults == []


async def test_nothing_or_too_much_is_told_at_the_field(site: Site, path: str) -> None:
    empty = await site.send(path + "/check", {"receipt": ""}, path + "/check")
    assert empty.status == 422
    assert "Paste the whole text of a receipt file" in empty.text
    long = await site.send(path + "/check", {"receipt": "x" * (limits.RECEIPT_FILE_BYTES_MAX + 1)}, path + "/check")
    assert long.status == 422
    assert "This is longer than a receipt file can be." in long.text
    assert site.backend.receipts.checked == []


async def test_a_round_that_is_not_here(site: Site) -> None:
    assert (await site.get(f"/rounds/{'0' * 64}/check")).status == 404


async def test_a_proven_fault_names_who_left_it_out_and_whom_to_show_it(site: Site, path: str) -> None:
    tellers = [member.id for member in site.backend.all_members[1:3]]
    steps = (Step("file", "pass"), Step("included", "fail", {"listed": 1, "named": 5, "needed": 3}))
    site.backend.receipts.report = Report(steps, "fault", accused=tuple(tellers))  # type: ignore[arg-type]
    seen = await site.send(path + "/check", {"receipt": "{}"}, path + "/check")
    assert "This proves a fault." in seen.text
    assert "Keep the file and show it to the secretariat" in seen.text
    for member in site.backend.all_members[1:3]:
        assert member.names["en"] in seen.text


async def test_a_ballot_of_another_form_than_the_round_s_is_not_shown_as_one(site: Site, path: str) -> None:
    content = ChoiceBallot(choice="yes").model_dump(mode="json")
    site.backend.receipts.report = Report((Step("file", "pass"),), "waiting", ballot=None, content=content)
    seen = await site.send(path + "/check", {"receipt": "{}"}, path + "/check")
    assert seen.status == 200
    assert "What it says" not in seen.text


FACTS: dict[str, str | int] = {
    "number": 1, "time": 0, "member": "m", "received": 1, "tellers": 2, "needed": 3, "height": 4, "signers": 5,
    "listed": 6, "named": 7, "detail": "d", "federation": "f", "place": 8,
}  # fmt: skip


@pytest.mark.parametrize("name", get_args(StepName))
def test_every_step_has_words_that_need_no_fact_it_lacks(languages: Languages, name: StepName) -> None:
    english = languages.find("en")
    assert english is not None
    assert name in NAMES
    for step in (
        Step(name, "pass", FACTS),
        *(Step(name, "fail", FACTS | {"why": why}) for why in ("replaced", "void")),
    ):
        words = step_words(english, step, str)
        assert "%(" not in words.sentence
        assert words.sentence or (name, step.verdict) == ("closing", "fail")


def test_lateness_is_told(languages: Languages) -> None:
    english = languages.find("en")
    assert english is not None
    late = Step("included", "fail", {"listed": 0, "named": 5, "needed": 3, "late_ms": 90_000})
    assert "after the close." in step_words(english, late, str).sentence
    few = Step("included", "fail", {"listed": 0, "named": 5, "needed": 3})
    assert step_words(english, few, str).sentence.endswith("Too few tellers had it in time.")
