"""The page that checks proofs comes to the verdicts of the verifiers in Python, step for step, in a real Chromium."""

import base64
import json
import random
from collections.abc import AsyncIterator, Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from consensus import ballots
from consensus.ballots import Fault
from consensus.rules import registry
from consensus.rules.counting import Circumstances
from protocol import canonical, keys, short_proof
from protocol.canonical import sha256_hex
from protocol.charter import parse_file
from protocol.keys import SigningKey
from protocol.short_proof import tellers_fingerprint
from protocol.steps import failed
from tests.support.builders import build_federation, hash_of
from tests.support.logged import LoggedRegister
from tests.support.offline_desk import Desk, built_register, saved
from tests.support.proof_corpus import Case, corpus
from tests.support.proof_shapes import SHAPES
from tests.unit.protocol.test_keys import SMALL_ORDER, with_identity_as_r
from web.offline_words import WORDS

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("browser")]

ONE_IN = 12
"""How many of the corpus' single-byte changes are tried: one in so many."""
BATCH = 250
VECTORS = Path(__file__).parents[1] / "vectors"
ODD_KEYS = [f"{first:02x}{'00' * 30}{last:02x}" for first in range(2, 14) for last in (0, 0x80)]
"""Some are points of mixed order, some no points."""
CHECK = """async (cases) => {
  const bytes = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const found = [];
  for (const [file, fingerprint, charter, document] of cases) {
    const beside = { charter: charter && bytes(charter), document: document && bytes(document) };
    const result = await comitiaCheck.check(bytes(file), fingerprint, beside);
    const broken = result.steps.find((step) => step.state === "failed");
    found.push([broken?.id ?? "", broken?.reason ?? "", result.holds]);
  }
  return found;
}"""
VERIFY = """async (cases) => {
  const bytes = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
  const found = [];
  for (const [key, message, signature] of cases) {
    const holds = await comitiaCheck.verifier()(key, bytes(message), bytes(signature));
    found.push([holds, comitiaCheck.isEnrollable(key)]);
  }
  return found;
}"""
DECODE = """(texts) => texts.map((text) => {
  try {
    comitiaCheck.decode(Uint8Array.from(atob(text), (character) => character.charCodeAt(0)));
    return true;
  } catch { return false; }
})"""
DOCUMENT = b'{"an":"agenda"}'

COUNT = """(cases) => Promise.all(cases.map(([spec, contents, electorate, lot]) => {
  const seed = Uint8Array.from(lot.match(/../g), (pair) => parseInt(pair, 16));
  return comitiaCheck.resultOf(spec, new Map(contents), new Map(electorate), seed);
}))"""


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def desk(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desk]:
    yield saved(browser, tmp_path_factory.mktemp("saved"))


def base64_of(data: bytes) -> str:
    return base64.b64encode(data).decode()


async def verdicts(page: Page, cases: Iterable[Sequence[bytes | str]]) -> list[tuple[str, str, bool]]:
    """Return for each file, fingerprint and files beside it the step that fails, why, and whether all holds."""
    asked = [[part if isinstance(part, str) else base64_of(part) for part in case] for case in cases]
    found: list[tuple[str, str, bool]] = []
    for at in range(0, len(asked), BATCH):
        found += map(tuple, await page.evaluate(CHECK, asked[at : at + BATCH]))
    return found


async def test_it_agrees_with_every_verdict_of_the_corpus(desk: Desk) -> None:
    page = await desk.open()
    cases = list(corpus(one_in=ONE_IN))
    found = await verdicts(page, [(case.data, case.fingerprint) for case in cases])
    assert {step for step, _, _ in found} == {"", *(case.step for case in cases)}
    wrong = [(case.name, case.step, got) for case, got in zip(cases, found, strict=True) if not agrees(case, got)]
    assert wrong == []
    assert {f"why_{reason}" for _, reason, _ in found if reason} <= WORDS.keys()
    await page.context.close()


async def test_an_agendas_file_is_told_from_any_other(desk: Desk) -> None:
    good = SHAPES["small"]()
    first, second = (agenda.document for agenda in good.proof.agendas)
    data = canonical.encode(second)
    mark = f"comitia-document:{sha256_hex(data)}".encode()
    right = [
        data,
        json.dumps({"title": "An agenda", "document": first, "share": 0.5}, indent=2).encode(),
        b"%PDF-1.7\n\x80 " + mark + b" and " + mark + b"\n",
    ]
    wrong = [
        data + b"\n",
        json.dumps({"document": {**second, "version": 3}}).encode(),
        b"%PDF-1.7\n",
        b"%PDF-1.7\n" + mark[:-1],
        b"%PDF-1.7\n" + mark + b"0",
        b"%PDF-1.7\n" + mark + b" comitia-document:" + b"0" * 64,
        b"%PDF-1.7\ncomitia-document:" + b"0" * 64,
        b"[]",
    ]
    page = await desk.open()
    found = await verdicts(page, [(good.data, good.fingerprint, "", file) for file in (*right, *wrong)])
    assert [step for step, _, _ in found] == [""] * len(right) + ["document"] * len(wrong)
    assert {f"why_{reason}" for _, reason, _ in found if reason} <= WORDS.keys()
    other = SHAPES["one-round"]()
    assert (await verdicts(page, [(other.data, other.fingerprint, "", data)]))[0][:2] == ("document", "no_agenda")
    await page.context.close()


def agrees(case: Case, found: tuple[str, str, bool]) -> bool:
    step, _, holds = found
    is_taken_for_good = case.is_deep and step == ""
    return (step == case.step or is_taken_for_good) and holds == (step == "")


def short_cases(made: LoggedRegister) -> list[tuple[bytes, str, bytes, bytes]]:
    """Return short proofs, good, changed and misused: file, fingerprint, charter file, document."""
    known = tellers_fingerprint(made.federation.id, made.tellers)
    federation, charter = made.federation.id, made.federation.file.to_bytes()
    other = build_federation(7, seed=1)
    proof = made.proof(5)
    good = [(made.proof(height), known, b"", b"") for height in range(1, 7)]
    good += [(made.proof(height, height + 1), known, b"", b"") for height in range(1, 7)]
    beside = [
        (proof, federation, charter, b""),
        (proof, federation, charter, DOCUMENT),
        (proof, known, b"", DOCUMENT),
        (proof, known, b"", b"{}"),
        (made.proof(6), known, b"", DOCUMENT),
        (proof, federation, b"", b""),
        (proof, known, charter, b""),
        (proof, other.id, other.file.to_bytes(), b""),
        (proof, federation, other.file.to_bytes(), b""),
        (proof, hash_of("nobody"), b"", b""),
    ]
    changed = [
        (proof[:at] + bytes([proof[at] ^ bit]) + proof[at + 1 :], known, b"", b"")
        for at in range(0, len(proof), 3)
        for bit in (1, 0x20)
    ]
    cut = [(proof[:at] + proof[at + 1 :], known, b"", b"") for at in range(0, len(proof), 29)]
    more = [(proof + b"\n", known, b"", b""), (b"\xef\xbb\xbf" + proof, known, b"", b""), (b"", known, b"", b"")]
    lines = proof.decode().split("\n")
    swapped = ["\n".join([*lines[:-3], lines[-2], lines[-3], ""]), "\n".join([*lines[:-2], ""])]
    return [*good, *beside, *changed, *cut, *more, *((text.encode(), known, b"", b"") for text in swapped)]


def expected(data: bytes, fingerprint: str, charter: bytes, document: bytes) -> str:
    """Return the step that fails by the verifier in Python, or nothing."""
    file = parse_file(charter) if charter else None
    named = sha256_hex(document) if document else None
    step = failed(short_proof.check(data, fingerprint, charter=file, document=named).steps)
    return step.id if step else ""


async def test_it_agrees_on_short_proofs(desk: Desk) -> None:
    page = await desk.open()
    cases = short_cases(built_register(DOCUMENT))
    found = [step for step, _, _ in await verdicts(page, cases)]
    wanted = [expected(*case) for case in cases]
    assert {"", "form", "fingerprint", "record", "inclusion", "cosignatures", "document"} == set(wanted)
    assert [(at, *pair) for at, pair in enumerate(zip(wanted, found, strict=True)) if pair[0] != pair[1]] == []
    await page.context.close()


# SPEC 3.4: "must refuse an R of small order"
async def test_signatures_and_keys_are_judged_as_by_every_node(desk: Desk) -> None:
    names = ("ed25519_edge_cases.json", "ed25519_rfc8032.json")
    vectors = [case for name in names for case in json.loads((VECTORS / name).read_text())["cases"]]
    asked = [(case["key"], case["message"], case["signature"]) for case in vectors]
    proper = bytes(range(32))
    asked.append((SigningKey(proper).key, b"message".hex(), with_identity_as_r(proper, b"message").hex()))
    asked += [(key, "", "00" * 64) for key in (*SMALL_ORDER, *ODD_KEYS)]
    page = await desk.open()
    found = await page.evaluate(VERIFY, asked)
    wanted = [
        [
            keys.is_valid_signature(bytes.fromhex(key), bytes.fromhex(message), bytes.fromhex(signature)),
            keys.is_enrollable(key),
        ]
        for key, message, signature in asked
    ]
    assert found == wanted
    assert [True, True] in wanted
    assert [False, False] in wanted
    await page.context.close()


async def test_canonical_json_is_told_from_all_else(desk: Desk) -> None:
    page = await desk.open()
    good = [
        b'{"__proto__":1,"a":2}', b'{"1":1,"10":2,"2":3}', b"[9007199254740991,-9007199254740991,0]",
        '["é\u2028\x7f😀"]'.encode(), b'["\\u0000\\u001f\\"\\\\\\n"]', b"[" * 16 + b"]" * 16, b"null",
        b'{"constructor":{}}',
    ]  # fmt: skip
    bad = [
        b"", b"\xef\xbb\xbfnull", b"null ", b'{"b":1,"a":2}', b'{"a":1,"a":1}', b'{"2":1,"10":2}', b"[1.0]", b"[1e3]",
        b"[-0]", b"[9007199254740992]", b"[9007199254740993]", b'["\\ud800"]', b'["\\u00e9"]', b'["\\/"]', b'["\xff"]',
        b'["\xed\xa0\x80"]', b"[" * 17 + b"]" * 17, b"[" * 100_000, '{"é":1}'.encode(), b"[1,]", b"NaN", b'["\x01"]',
    ]  # fmt: skip
    found = await page.evaluate(DECODE, [base64_of(text) for text in (*good, *bad)])
    assert found == [True] * len(good) + [False] * len(bad)
    await page.context.close()


RANDOM_COUNTS = 400


def ratio(chance: random.Random, *, least: int = 0) -> dict[str, int]:
    denominator = chance.randint(1, 6)
    return {"numerator": chance.randint(least, denominator), "denominator": denominator}


def random_settings(chance: random.Random, members: list[str]) -> dict[str, Any]:
    """Return settings of a rule that the page counts again; some of them can't be any rule's."""
    ties = chance.choice(["oldest", "id", "lot", "chair"])
    chair = {"chair": chance.choice(members)} if ties == "chair" else {}
    quorum = chance.choice([{}, {"quorum": ratio(chance, least=1)}])
    completion = chance.choice(
        [["raised-shares"], ["raised-shares", "phragmen"], ["phragmen", "most-approved"], ["most-approved"], []]
    )
    threshold: dict[str, Any] = {
        "rule": "threshold", "base": chance.choice(["cast", "valid", "yes+no", "present", "entitled"]),
        "threshold": ratio(chance), "strict": chance.random() < 0.5,
        "abstentions": chance.choice(["excluded", "quorum_only", "against"]), "reasons_required": chance.random() < 0.3,
        "max_against": chance.choice([None, ratio(chance)]), "min_in_favour": chance.choice([None, 2]),
        "concurrent": chance.choice(
            [None, {"constituencies": ["north"], "threshold": ratio(chance), "strict": chance.random() < 0.5}]
        ),
        "weighted": chance.choice(
            [None, {"weights": [{"member": each, "weight": chance.randint(1, 10**9)} for each in members],
                    "threshold": ratio(chance, least=1), "strict": False,
                    "blocking_minority": chance.choice([None, 2])}]
        ),
    }  # fmt: skip
    if threshold["strict"] and threshold["threshold"] == {"numerator": 1, "denominator": 2}:
        threshold["casting_vote"] = chance.choice(members)
    return chance.choice(
        [
            {**threshold, **quorum},
            {"rule": "silence", "objections_to_break": chance.randint(1, 2), "reasons_required": chance.random() < 0.5},
            {"rule": "consensus", "support": ratio(chance, least=1), "max_stand_asides": ratio(chance), **quorum},
            {"rule": "equal-shares", "completion": completion, "ties": ties, **chair, **quorum},
            {"rule": "phragmen", "when_full": chance.choice(["stop", "skip"]), "ties": ties, **chair, **quorum},
            {"rule": "approval", "ties": ties, **chair, **quorum},
        ]
    )


def random_content(chance: random.Random, options: list[str], members: list[str], *, is_list: bool) -> dict[str, Any]:
    kind = chance.random()
    if kind < 0.15:
        return {"form": "proxy", "holder": chance.choice([*members, None, "stranger"])}
    if kind < 0.2:
        return chance.choice([{}, {"form": "choice"}, {"form": "approval", "approves": ["zz"]}, {"form": "ranked"}])
    if is_list:
        return {"form": "approval", "approves": sorted(each for each in options if chance.random() < 0.4)}
    reason: dict[str, Any] = chance.choice(
        [{}, {"reason": None}, {"reason": " \u0085\x1c "}, {"reason": "\ufeff"}, {"reason": "why"}]
    )
    return {"form": "choice", "choice": chance.choice(["yes", "yes", "no", "abstain"]), **reason}


def random_count(seed: int) -> tuple[list[Any], dict[str, Any]] | None:
    """Return what a round counts and its result by the rules in Python, or nothing if no round could count so."""
    chance = random.Random(seed)
    members = [f"member-{number}" for number in range(chance.randint(2, 12))]
    electorate = {each: tuple(name for name in ("north", "south") if chance.random() < 0.6) for each in members}
    settings = random_settings(chance, members)
    is_list = settings["rule"] in ("equal-shares", "phragmen", "approval")
    options = [f"o{number}" for number in chance.sample(range(100), chance.randint(2, 9) if is_list else 1)]
    minutes = [chance.choice([0, 10, 10, 20, 25, 35]) for _ in options]
    contents = {
        each: random_content(chance, options, members, is_list=is_list) for each in members if chance.random() < 0.8
    }
    lot, proxies = chance.randbytes(32), chance.randint(0, 2)
    costs = [{"id": option, "cost": cost} for option, cost in zip(options, minutes, strict=True)]
    question = ballots.parse_question({"options": costs, "capacity": 60})
    parsed = registry.parse_settings(settings)
    if isinstance(parsed, Fault) or isinstance(question, Fault) or registry.draft_faults(question, parsed, electorate):
        return None
    circumstances = Circumstances(lot=lot, proxies_per_holder=proxies)
    outcome = registry.evaluate(question, parsed, ballots.parse_ballots(contents), electorate, circumstances)
    chosen = [each.option for each in outcome.selection.chosen] if outcome.selection else []
    adopted = options if outcome.status == "adopted" else []
    asked = [{"id": option, "minutes": cost} for option, cost in zip(options, minutes, strict=True)]
    spec = {
        "rule": settings, "proxies_per_holder": proxies, "question": {"options": asked, "capacity_minutes": 60},
    }  # fmt: skip
    case = [spec, list(contents.items()), [[member, names] for member, names in electorate.items()], lot.hex()]
    return case, {"selected": chosen or adopted, "status": outcome.status}


async def test_ballots_come_to_the_same_result_by_every_rule_that_it_counts(desk: Desk) -> None:
    counted = [found for seed in range(RANDOM_COUNTS) if (found := random_count(seed))]
    page = await desk.open()
    found = await page.evaluate(COUNT, [case for case, _ in counted])
    wrong = [(case, due, got) for (case, due), got in zip(counted, found, strict=True) if due != got]
    assert wrong == []
    assert {due["status"] for _, due in counted} == {"adopted", "not_adopted", "no_quorum", "selected", "broken"}
    assert len(counted) > RANDOM_COUNTS // 2
    await page.context.close()
