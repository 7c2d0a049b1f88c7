"""The stand-alone verifier agrees with the project's own on every proof of the corpus, without importing it."""

import ast
import hashlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from consensus.proof.check import check_full_proof
from consensus.proof.format import write_proof
from protocol.steps import Result
from tests.support.builders import build_federation
from tests.support.offline_verifier import OFFLINE, offline_program
from tests.support.proof_corpus import MUTATED_SHAPES, Case, changed_cases, forged_cases, good_cases
from tests.support.proof_shapes import GoodProof, all_rules, policy, small
from tests.support.proof_world import Content, ProofWorld, approvals, choices, spec_under

LINES_MAX = 300
COLUMNS_MAX = 120
PROGRAMS = ("verify_agenda", "verify_short_proof")
STANDARD = {*sys.stdlib_module_names, "nacl"}


def steps_of(data: bytes, fingerprint: str) -> list[tuple[str, str, bool]]:
    taken, _ = offline_program("verify_agenda").check(data, fingerprint)
    return [(name, subject, state == "ok") for name, subject, state, _ in taken]


def agreed(case: Case) -> None:
    ours = check_full_proof(case.data, case.fingerprint).steps
    theirs = steps_of(case.data, case.fingerprint)
    if case.is_deep:
        assert all(holds for _, _, holds in theirs), case.name
        return
    assert theirs == [(step.id, step.subject, step.result is Result.OK) for step in ours], case.name
    assert ("" if theirs[-1][2] else theirs[-1][0]) == case.step, case.name


@pytest.mark.parametrize("case", [*good_cases(), *forged_cases()], ids=lambda case: case.name)
def test_both_verifiers_take_the_same_steps(case: Case) -> None:
    agreed(case)


@pytest.mark.parametrize("shape", MUTATED_SHAPES)
def test_both_verifiers_refuse_each_changed_byte_by_the_same_step(shape: str) -> None:
    # SPEC 12.30: "A change of any byte of the file makes one of these steps fail"
    for case in changed_cases(shape, one_in=2 if shape == "alone" else 9):
        agreed(case)


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_for_outsiders_is_short_and_imports_nothing_of_ours(name: str) -> None:
    text = (OFFLINE / f"{name}.py").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= LINES_MAX
    assert max(map(len, text.splitlines())) <= COLUMNS_MAX
    nodes = list(ast.walk(ast.parse(text)))
    named = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    named |= {str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)}
    assert {module.split(".")[0] for module in named} <= STANDARD


def test_a_rule_that_it_does_not_know_is_said_plainly() -> None:
    good = all_rules()
    taken, _ = offline_program("verify_agenda").check(good.data, good.fingerprint)
    tallies = [words for name, _, _, words in taken if name == "tally"]
    untold = [words for words in tallies if words.startswith("NOT COUNTED AGAIN, on the tellers' word")]
    assert len(untold) == 3, "raised shares, the Schulze method and instant run-off"


def run(*arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run the program as a stranger does: isolated, from elsewhere, with its site-packages alone."""
    program = cwd / "verify_agenda.py"
    program.write_bytes((OFFLINE / "verify_agenda.py").read_bytes())
    command = [sys.executable, "-I", "-B", str(program), *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "agenda.comitia-proof"
    path.write_bytes(small().data)
    return path


def test_the_program_runs_by_itself_and_says_what_it_found(file: Path, tmp_path: Path) -> None:
    done = run(file, "--fingerprint", small().fingerprint.upper(), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "agenda.comitia-proof holds: height 8, 2026-01-01" in done.stdout
    assert "Not known: whether the register has grown since" in done.stdout
    refused = run(file, "--fingerprint", "0" * 64, cwd=tmp_path)
    assert refused.returncode == 1
    assert "failed  fingerprint" in refused.stdout
    assert run(file, cwd=tmp_path).returncode == 2


def archive(path: Path, good: GoodProof) -> Path:
    """Write a small archive with a manifest."""
    (path / "proofs").mkdir(parents=True)
    (path / "proofs" / "register.comitia-proof").write_bytes(good.data)
    (path / "README.txt").write_text("An archive.\n", encoding="utf-8")
    write_manifest(path)
    return path


def write_manifest(path: Path) -> None:
    files = sorted(each for each in path.rglob("*") if each.is_file() and each.name != "MANIFEST")
    lines = [f"{hashlib.sha256(each.read_bytes()).hexdigest()}  {each.relative_to(path)}\n" for each in files]
    (path / "MANIFEST").write_text("".join(lines), encoding="utf-8")


def test_an_archive_is_checked_against_its_manifest_and_then_its_proofs(tmp_path: Path) -> None:
    good, here = small(), archive(tmp_path / "archive", small())
    assert run(here, "--fingerprint", good.fingerprint, cwd=tmp_path).returncode == 0
    (here / "more.txt").write_text("unlisted", encoding="utf-8")
    extra = run(here, "--fingerprint", good.fingerprint, cwd=tmp_path)
    assert (extra.returncode, "more.txt" in extra.stderr) == (1, True)
    (here / "more.txt").unlink()
    (here / "README.txt").write_text("Another.\n", encoding="utf-8")
    assert "README.txt" in run(here, "--fingerprint", good.fingerprint, cwd=tmp_path).stderr
    write_manifest(here)
    assert run(here, "--fingerprint", good.fingerprint, cwd=tmp_path).returncode == 0
    (here / "proofs" / "register.comitia-proof").write_bytes(write_proof(good.proof)[:-1])
    write_manifest(here)
    assert run(here, "--fingerprint", good.fingerprint, cwd=tmp_path).returncode == 1


def counted_alike(
    rule: dict[str, Any], contents: list[Content | None], options: int, *, may_change: bool = True
) -> None:
    """Hold a round by a rule; the program counts the result again, or says that it can't."""
    is_list = rule["rule"] in ("approval", "equal-shares")
    procedure = "prioritisation" if is_list else "vote"
    world = ProofWorld(build_federation(len(contents), 4, seed=80, policies={"long": policy({procedure: rule})}))
    round_id = world.open(spec_under(world.federation, "long", procedure, options))
    world.close(round_id, world.vote(round_id, contents))
    good = GoodProof(world, world.proof())
    taken, known = offline_program("verify_agenda").check(good.data, good.fingerprint)
    assert known is not None, taken[-1]
    assert taken[-1][3].startswith("counted again: "), taken[-1]


HALF = {"numerator": 1, "denominator": 2}
THRESHOLD: dict[str, Any] = {"rule": "threshold", "base": "valid", "threshold": HALF, "strict": True}
VOTES = [choices(9, seed, yes=4, no=3, silent=2) for seed in range(5)]


@pytest.mark.parametrize("base", ["cast", "valid", "yes+no", "present", "entitled"])
@pytest.mark.parametrize("abstentions", ["excluded", "quorum_only", "against"])
def test_thresholds_are_counted_by_every_base(base: str, abstentions: str) -> None:
    if (base, abstentions) == ("yes+no", "against"):
        return
    more = {"quorum": {"numerator": 1, "denominator": 3}, "max_against": {"numerator": 2, "denominator": 5}}
    for votes in VOTES[:2]:
        counted_alike({**THRESHOLD, "base": base, "abstentions": abstentions, **more}, votes, 1)


@pytest.mark.parametrize(
    "rule",
    [
        THRESHOLD,
        {**THRESHOLD, "strict": False, "reasons_required": True, "min_in_favour": 3},
        {**THRESHOLD, "concurrent": {"constituencies": ["africa", "asia"], "threshold": HALF, "strict": False}},
        {"rule": "silence"},
        {"rule": "silence", "objections_to_break": 3, "reasons_required": False},
        {"rule": "consensus"},
        {"rule": "consensus", "support": {"numerator": 1, "denominator": 3}, "max_stand_asides": HALF, "quorum": HALF},
    ],
    ids=lambda rule: " ".join(map(str, rule)),
)
def test_votes_on_one_text_are_counted_with_their_conditions(rule: dict[str, Any]) -> None:
    for votes in VOTES:
        counted_alike(rule, votes, 1)


@pytest.mark.parametrize("ties", ["oldest", "id", "lot"])
@pytest.mark.parametrize("rule", ["approval", "equal-shares"])
def test_approvals_are_counted_with_every_order_of_ties(rule: str, ties: str) -> None:
    for seed in range(2):
        counted_alike({"rule": rule, "ties": ties, "quorum": HALF}, approvals(11, 9, seed), 9)


def test_shares_are_counted_without_completion_too() -> None:
    for seed in range(2):
        counted_alike({"rule": "equal-shares", "completion": []}, approvals(11, 9, seed), 9)


@pytest.mark.parametrize(
    "content",
    [
        {"form": "choice"},
        {"form": "choice", "choice": "yes", "reason": 5},
        {"form": "choice", "choice": "yes", "note": ""},
        {"form": "approval", "approves": []},
        {"form": "proxy", "holder": 5},
        {"form": "proxy", "holder": ""},
        {"form": "proxy", "holder": "member-002", "note": ""},
        {"form": "proxy", "holder": None},
        {"form": "proxy", "holder": "nobody"},
        {"choice": "no", "reason": "no form"},
        {},
    ],
    ids=str,
)
def test_ballots_that_can_not_be_read_are_counted_alike(content: Content) -> None:
    yes: Content = {"form": "choice", "choice": "yes", "reason": None}
    no: Content = {"form": "choice", "choice": "no", "reason": "why"}
    counted_alike({**THRESHOLD, "base": "cast", "quorum": HALF}, [content, yes, no, content, yes, no, yes], 1)
    counted_alike({**THRESHOLD, "quorum": HALF}, [content, content, yes, None, None], 1)
