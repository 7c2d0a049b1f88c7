"""Three founders in three places make one federation with the command alone, and everything that can go wrong does."""

import json
import os
import select
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from node import keystore
from protocol import charter, short_proof

pytestmark = pytest.mark.e2e

FOUNDERS = ("aa", "bb", "cc")
COMMAND = (sys.executable, "-m", "node")
REPOSITORY = Path(__file__).parents[2]
SECONDS_MAX = 120

Arguments = tuple[object, ...]
Contents = dict[Path, tuple[int, bytes | None]]
Done = subprocess.CompletedProcess[str]


def environment(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COMITIA_")}
    return {**kept, "PYTHONPATH": str(REPOSITORY), **more}


def comitia(*arguments: object, **more: str) -> Done:
    """Run the real command in a process of its own, without a terminal."""
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        env=environment(**more),
        check=False,
    )


def succeeds(*arguments: object, **more: str) -> str:
    done = comitia(*arguments, **more)
    assert done.returncode == 0, done.stderr
    return done.stdout


def fails(reason: str, *arguments: object, code: int = 1, **more: str) -> Done:
    """Check that the command ends with an error of one line that holds the reason."""
    done = comitia(*arguments, **more)
    assert done.returncode == code, (done.stdout, done.stderr)
    complaints = [line for line in done.stderr.splitlines() if line.startswith("comitia: ")]
    assert len(complaints) == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert reason in complaints[0]
    return done


def contents(*places: Path) -> Contents:
    """Return every file under these places with its bytes and mode."""
    files = [path for place in places for path in ([place] if place.is_file() else place.rglob("*"))]
    return {path: (path.stat().st_mode, path.read_bytes() if path.is_file() else None) for path in files}


def private(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(0o600)
    return path


@dataclass(frozen=True)
class Founder:
    """One organisation's machine: its node's directory, its offline keys, and the secrets that open them."""

    member: str
    machine: Path

    @property
    def node(self) -> Path:
        return self.machine / "node"

    @property
    def offline(self) -> Path:
        return self.machine / "node-offline"

    @property
    def secret(self) -> Path:
        return self.machine / "node.secret"

    @property
    def root_secret(self) -> Path:
        return self.machine / "root.secret"

    def init(self, *more: object) -> Done:
        return comitia(
            *(
                "init",
                self.node,
                "--member",
                self.member,
                "--name",
                f"en=Institute {self.member}",
                "--name",
                "zh=研究院",
            ),
            *("--country", "SN", "--constituency", "west", "--constituency", "africa"),
            *("--passphrase-file", self.secret, "--root-passphrase-file", self.root_secret, *more),
        )

    def sign(self, file: Path, *more: object) -> Arguments:
        return ("charter", "sign", file, "--keys", self.offline, "--root-passphrase-file", self.root_secret, *more)

    def join(self, file: Path, *more: object) -> Arguments:
        return ("join", self.node, "--charter", file, "--passphrase-file", self.secret, *more)


Change = Callable[[Founder], list[object]]


def machine(place: Path, member: str) -> Founder:
    place.mkdir(parents=True)
    private(place / "node.secret", keystore.new_identity() + "\n")
    private(place / "root.secret", keystore.new_identity() + "\n")
    return Founder(member, place)


def draft(out: Path, founders: Iterable[Founder], *more: object) -> Arguments:
    entries = [part for one in founders for part in ("--member", one.node / "member.json")]
    return (
        "charter",
        "draft",
        out,
        "--name",
        "en=Alliance",
        "--name",
        "zh=联盟",
        *entries,
        "--secretariat",
        "bb",
        *more,
    )


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three founders' machines, and a charter that all of them signed on copies and one of them merged."""
    place = tmp_path_factory.mktemp("founded")
    founders = [machine(place / member, member) for member in FOUNDERS]
    for one in founders:
        assert one.init().returncode == 0
    succeeds(*draft(place / "draft.json", founders))
    copies = [one.machine / "charter.json" for one in founders]
    for one, copy in zip(founders, copies, strict=True):
        shutil.copy(place / "draft.json", copy)
        succeeds(*one.sign(copy))
    succeeds("charter", "merge", *copies, "-o", place / "full.json")
    return place


@pytest.fixture
def place(founded: Path, tmp_path: Path) -> Path:
    """Return a copy of the founded machines to do damage to."""
    return Path(shutil.copytree(founded, tmp_path / "copy"))


@pytest.fixture
def founders(place: Path) -> dict[str, Founder]:
    return {member: Founder(member, place / member) for member in FOUNDERS}


def fingerprint(file: Path) -> str:
    return charter.parse_file(file.read_bytes()).federation


def test_three_founders_assemble_sign_merge_verify_and_join(place: Path, founders: dict[str, Founder]) -> None:
    facts = json.loads(succeeds("charter", "verify", place / "full.json", "--json"))
    assert facts["complete"] is True
    assert (facts["signed"], facts["missing"]) == (list(FOUNDERS), [])
    assert facts["fingerprint"] == fingerprint(place / "draft.json")
    assert facts["tellers"] == list(FOUNDERS)
    roll = charter.parse_file((place / "full.json").read_bytes()).charter().roll
    tellers = short_proof.tellers_of(roll)
    assert facts["tellers_fingerprint"] == short_proof.tellers_fingerprint(facts["fingerprint"], tellers)
    assert facts["tellers_fingerprint"] in succeeds("charter", "verify", place / "full.json")
    for one in founders.values():
        shown = json.loads(succeeds(*one.join(place / "full.json", "--fingerprint", facts["fingerprint"], "--json")))
        assert (shown["member"], shown["fingerprint"]) == (one.member, facts["fingerprint"])
    installed = [(one.node / "charter.json").read_bytes() for one in founders.values()]
    assert {charter.parse_file(data).federation for data in installed} == {facts["fingerprint"]}
    assert all(charter.parse_file(data).missing() == () for data in installed)


def test_what_people_see_names_all_founders_and_the_fingerprint_in_groups(place: Path) -> None:
    shown = succeeds("charter", "verify", place / "full.json")
    whole = fingerprint(place / "full.json")
    assert " ".join(whole[start : start + 4] for start in range(0, 64, 4)) in shown
    assert "Alliance / 联盟" in shown
    assert [line.split()[:2] for line in shown.splitlines()[-3:]] == [["signed", member] for member in FOUNDERS]


def test_one_after_the_other_signing_in_place_is_complete_as_well(place: Path, founders: dict[str, Founder]) -> None:
    file = place / "draft.json"
    for number, one in enumerate(founders.values(), start=1):
        facts = json.loads(succeeds(*one.sign(file, "--json")))
        assert len(facts["signed"]) == number
    succeeds("charter", "verify", file, "--fingerprint", fingerprint(place / "full.json"))


def test_signing_twice_changes_nothing(place: Path, founders: dict[str, Founder]) -> None:
    copy = founders["aa"].machine / "charter.json"
    before = copy.read_bytes()
    succeeds(*founders["aa"].sign(copy))
    assert copy.read_bytes() == before


def test_an_incomplete_charter_names_who_is_missing_and_lets_nobody_join(
    place: Path, founders: dict[str, Founder]
) -> None:
    succeeds("charter", "merge", place / "aa" / "charter.json", place / "cc" / "charter.json", "-o", place / "two.json")
    done = fails("not yet signed by: bb", "charter", "verify", place / "two.json")
    assert "missing      bb" in done.stdout
    before = contents(founders["aa"].node)
    fails("not yet signed by: bb", *founders["aa"].join(place / "two.json"))
    assert contents(founders["aa"].node) == before


def test_peers_land_in_the_settings(place: Path, founders: dict[str, Founder]) -> None:
    one = founders["aa"]
    succeeds(*one.join(place / "full.json", "--peer", "https://bb.example", "--peer", "https://cc.example/"))
    assert 'peers = ["https://bb.example", "https://cc.example"]\n' in (one.node / "node.toml").read_text()


def test_a_second_charter_is_not_joined(place: Path, founders: dict[str, Founder]) -> None:
    one = founders["aa"]
    succeeds(*one.join(place / "full.json"))
    before = contents(one.node)
    fails("has joined a federation already", *one.join(place / "full.json"))
    assert contents(one.node) == before


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda one: ["--peer", "nonsense"], "peer: not an address"),
        (lambda one: ["--fingerprint", "0" * 64], "this is another charter: its fingerprint is"),
        (lambda one: ["--fingerprint", "12"], "a fingerprint has 64 hexadecimal digits"),
        (lambda one: ["--charter", one.node / "nothing"], "no such file"),
        (lambda one: ["--charter", one.node / "member.json"], "this file is not a charter"),
        (lambda one: ["--passphrase-file", one.root_secret], "this passphrase does not open it"),
        (lambda one: ["--passphrase-file", one.node / "nothing"], "no such file"),
        (lambda one: ["--passphrase-file", one.node / "node.toml"], "is open to other users: chmod 600"),
    ],
)
def test_a_join_that_is_refused_leaves_the_node_as_it_was(
    place: Path, founders: dict[str, Founder], change: Change, reason: str
) -> None:
    one = founders["bb"]
    before = contents(one.node)
    fails(reason, *one.join(place / "full.json", *change(one)))
    assert contents(one.node) == before


def test_a_node_that_is_not_on_the_roll_cannot_join(place: Path, tmp_path: Path) -> None:
    stranger = machine(tmp_path / "dd", "dd")
    assert stranger.init().returncode == 0
    fails("is not on this charter's roll", *stranger.join(place / "full.json"))
    assert not (stranger.node / "charter.json").exists()


def test_a_directory_without_a_node_cannot_join(place: Path, founders: dict[str, Founder], tmp_path: Path) -> None:
    one = founders["aa"]
    fails("make a node with: comitia init", "join", tmp_path, "--charter", place / "full.json")
    (one.node / "node.toml").write_text("bogus = 1")
    fails("node.toml: bogus: is no setting", *one.join(place / "full.json"))


def test_a_teller_s_key_must_be_there_unless_another_process_has_it(place: Path, founders: dict[str, Founder]) -> None:
    one = founders["aa"]
    (one.node / "keys" / "teller.pem.age").unlink()
    fails("its teller key is not here", *one.join(place / "full.json"))
    succeeds(*one.join(place / "full.json"), COMITIA_IS_TELLER="false")


@pytest.mark.parametrize("which", ["keys", "keys/node.pem.age", "keys/teller.pem.age"])
def test_loose_permissions_are_refused_with_the_remedy(place: Path, founders: dict[str, Founder], which: str) -> None:
    one = founders["aa"]
    path = one.node / which
    path.chmod(path.stat().st_mode | 0o040)
    fails(f"chmod {'700' if path.is_dir() else '600'} {path}", *one.join(place / "full.json"))
    assert not (one.node / "charter.json").exists()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda one: ["--root-passphrase-file", one.secret], "this passphrase does not open it"),
        (lambda one: ["--keys", one.node / "keys"], "no such file"),
        (lambda one: ["--keys", one.machine.parent / "cc" / "node-offline"], "this passphrase does not open it"),
        (lambda one: ["--fingerprint", "0" * 64], "this is another charter"),
    ],
)
def test_a_signature_that_is_refused_leaves_the_file_as_it_was(
    place: Path, founders: dict[str, Founder], change: Change, reason: str
) -> None:
    file = place / "draft.json"
    before = contents(place)
    fails(reason, *founders["bb"].sign(file, *change(founders["bb"])))
    assert contents(place) == before
    assert charter.parse_file(file.read_bytes()).signatures == ()


def test_a_founder_does_not_sign_what_differs_from_its_own_entry(place: Path, founders: dict[str, Founder]) -> None:
    one = founders["aa"]
    own = json.loads((one.offline / "member.json").read_bytes())
    own["names"]["en"] = "Another Institute"
    (one.offline / "member.json").write_text(json.dumps(own))
    before = contents(place)
    fails("the charter's entry of aa differs from your own in: names", *one.sign(place / "draft.json"))
    assert contents(place) == before


def test_a_founder_s_root_is_asked_for_not_another_key(place: Path, founders: dict[str, Founder]) -> None:
    one = founders["aa"]
    shutil.copy(one.offline / "next-root.pem.age", one.offline / "root.pem.age")
    fails("this root key belongs to no founder", *one.sign(place / "draft.json"))


def test_a_signature_interrupted_by_a_crash_leaves_the_charter_whole(place: Path, founders: dict[str, Founder]) -> None:
    one = founders["aa"]
    file = place / "draft.json"
    before = file.read_bytes()
    program = (
        "import os, signal, sys\nfrom node import cli, files\n"
        "files.sync_directory = lambda path: None\n"
        "os.fsync = lambda descriptor: os.kill(os.getpid(), signal.SIGKILL)\n"
        "cli.run(sys.argv[1:])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *map(str, one.sign(file))],
        capture_output=True,
        timeout=SECONDS_MAX,
        env=environment(),
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    assert file.read_bytes() == before
    succeeds(*one.sign(file))


def damaged(file: Path) -> Iterator[tuple[bytes, str]]:
    """Give damaged copies of a charter file, each with what must be said about it."""
    value = json.loads(file.read_bytes())
    payload, signatures = value["payload"], value["signatures"]
    other = [{**signatures[0], "sig": signatures[1]["sig"]}, *signatures[1:]]
    stranger = [*signatures, {"keyid": keystore.new_key().key, "sig": signatures[0]["sig"]}]
    hostile = [*signatures, {"keyid": "\x1b[2J\n", "sig": signatures[0]["sig"]}]
    shifted = payload[:40] + ("A" if payload[40] != "A" else "B") + payload[41:]
    yield file.read_bytes()[:-40], "this file is not a charter"
    yield b"\x00\xff" * 100, "this file is not a charter"
    yield b"", "this file is not a charter"
    yield b"[]", "this file is not a charter"
    yield json.dumps({**value, "payloadType": "text/plain"}).encode(), "this file is not a charter"
    yield json.dumps({**value, "signatures": other}).encode(), "does not hold"
    yield json.dumps({**value, "signatures": stranger}).encode(), "who is no founder"
    yield json.dumps({**value, "signatures": hostile}).encode(), "who is no founder"
    yield json.dumps({**value, "payload": shifted}).encode(), ""


def test_rubbish_and_damage_are_refused_by_every_command(place: Path, founders: dict[str, Founder]) -> None:
    bad = place / "bad.json"
    one = founders["aa"]
    for data, reason in damaged(place / "full.json"):
        bad.write_bytes(data)
        before = contents(place)
        commands = (
            ("charter", "verify", bad),
            ("charter", "merge", place / "draft.json", bad, "-o", place / "new.json"),
            one.sign(bad),
            one.join(bad),
        )
        for command in commands[:2] if reason else commands:
            done = fails(f"{bad}: " if reason else "", *command)
            assert reason in done.stderr
            assert "\x1b" not in done.stderr
        assert contents(place) == before


def test_only_copies_of_one_charter_are_merged_and_nothing_is_overwritten(
    place: Path, founders: dict[str, Founder]
) -> None:
    succeeds(*draft(place / "other.json", founders.values(), "--reference", "the second"))
    before = contents(place)
    full = place / "full.json"
    fails("hold different charters", "charter", "merge", full, place / "other.json", "-o", place / "new.json")
    fails("exists already and was not overwritten", "charter", "merge", full, "-o", place / "draft.json")
    assert contents(place) == before


def test_a_draft_can_take_its_policies_from_a_file(place: Path, founders: dict[str, Founder]) -> None:
    policies = json.loads(succeeds("charter", "policies"))
    policies["short"]["procedures"]["vote"]["voting_ms"] = 7_000
    (place / "policies.json").write_text(json.dumps(policies))
    more = ("--policies", place / "policies.json", "--grace-seconds", 2, "--teller", "aa", "--teller", "cc")
    succeeds(*draft(place / "quick.json", founders.values(), *more))
    document = charter.parse_file((place / "quick.json").read_bytes()).charter()
    assert (document.short.procedures["vote"].voting_ms, document.timing.grace_ms) == (7_000, 2_000)
    assert document.roll.tellers == ("aa", "cc")


def test_a_draft_that_does_not_fit_together_writes_nothing(place: Path, founders: dict[str, Founder]) -> None:
    everyone = list(founders.values())
    (place / "policies.json").write_text('{"long": {}}')
    (place / "rubbish.json").write_text("rubbish")
    out = place / "new.json"
    before = contents(place)
    fails("zz holds an office but is no member", *draft(out, everyone, "--secretariat", "zz"))
    fails("zz holds an office but is no member", *draft(out, everyone, "--teller", "zz"))
    fails("policies: long.screening: Field required", *draft(out, everyone, "--policies", place / "policies.json"))
    fails("rubbish.json: not a member entry", *draft(out, everyone, "--member", place / "rubbish.json"))
    fails("two entries are of the same member: aa", *draft(out, everyone, "--member", everyone[0].node / "member.json"))
    fails("there is a name in this language already", *draft(out, everyone, "--name", "en=Again"))
    fails("a name stands behind its language", *draft(out, everyone, "--name", "Again"))
    fails("no such file", *draft(out, everyone, "--member", place / "absent.json"))
    fails("exists already and was not overwritten", *draft(place / "draft.json", everyone))
    fails("Missing option '--secretariat'", "charter", "draft", out, "--name", "en=A", "--member", out, code=2)
    assert contents(place) == before


def test_a_founder_in_whose_name_somebody_drafts_is_told(place: Path, founders: dict[str, Founder]) -> None:
    value = json.loads((place / "aa" / "node" / "member.json").read_bytes())
    value["country"] = "FR"
    (place / "aa" / "node" / "member.json").write_text(json.dumps(value))
    succeeds(*draft(place / "new.json", founders.values()))
    fails("entry of aa differs from your own in: country", *founders["aa"].sign(place / "new.json"))


def test_init_makes_private_files_and_says_what_to_do(tmp_path: Path) -> None:
    one = machine(tmp_path / "aa", "aa")
    done = one.init("--address", "https://aa.example")
    assert done.returncode == 0, done.stderr
    made = {str(path.relative_to(one.machine)): oct(path.stat().st_mode & 0o777) for path in one.machine.rglob("*")}
    assert made == {
        "node.secret": "0o600",
        "root.secret": "0o600",
        "node": "0o700",
        "node/keys": "0o700",
        "node/keys/node.pem.age": "0o600",
        "node/keys/teller.pem.age": "0o600",
        "node/node.toml": "0o644",
        "node/member.json": "0o644",
        "node-offline": "0o700",
        "node-offline/root.pem.age": "0o600",
        "node-offline/next-root.pem.age": "0o600",
        "node-offline/member.json": "0o644",
    }
    assert f"Move away    {one.offline}" in done.stdout
    assert 'public_url = "https://aa.example"' in (one.node / "node.toml").read_text()


def test_init_never_overwrites_and_never_leaves_half(tmp_path: Path) -> None:
    one = machine(tmp_path / "aa", "aa")
    assert one.init().returncode == 0
    before = contents(one.machine)
    assert one.init().returncode == 1
    shutil.rmtree(one.node)
    fails(f"{one.offline}/root.pem.age exists already", *init_arguments(one))
    shutil.rmtree(one.offline)
    assert contents(one.machine) == {path: before[path] for path in (one.secret, one.root_secret)}


def test_an_init_that_fails_midway_takes_back_what_it_made(tmp_path: Path) -> None:
    one = machine(tmp_path / "aa", "aa")
    program = (
        "import sys\nfrom node import cli, files\nwrite = files.write_new\n"
        "def failing(path, data, mode):\n"
        "    if path.name == 'node.toml':\n        raise files.FileError(f'{path}: no space left on device')\n"
        "    write(path, data, mode)\n"
        "files.write_new = failing\nsys.exit(cli.run(sys.argv[1:]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *map(str, init_arguments(one))],
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        env=environment(),
        check=False,
    )
    assert done.returncode == 1
    assert "no space left on device" in done.stderr
    assert [path for path in one.machine.rglob("*") if path.is_file()] == [one.secret, one.root_secret]
    assert one.init().returncode == 0


def init_arguments(one: Founder, *more: object) -> Arguments:
    return (
        *("init", one.node, "--member", one.member, "--name", "en=A", "--country", "SN"),
        *("--passphrase-file", one.secret, "--root-passphrase-file", one.root_secret, *more),
    )


def test_an_init_that_is_refused_makes_nothing(tmp_path: Path) -> None:
    one = machine(tmp_path / "aa", "aa")
    short = private(one.machine / "short.secret", "short\n")
    loose = private(one.machine / "loose.secret", "long enough to be taken\n")
    loose.chmod(0o644)
    before = contents(one.machine)
    fails("a country has two capital letters", *init_arguments(one, "--country", "Senegal"))
    fails("a member id has 2 to 32", *init_arguments(one, "--member", "A A"))
    fails("an address has the form", *init_arguments(one, "--address", "aa.example"))
    fails("not an address of the form", *init_arguments(one, "--address", "https://aa.example/path"))
    fails("root keys don't belong there", *init_arguments(one, "--offline", one.node / "root"))
    fails("at least 12 characters", *init_arguments(one, "--passphrase-file", short))
    fails(f"chmod 600 {loose}", *init_arguments(one, "--passphrase-file", loose))
    fails("a passphrase of their own", *init_arguments(one, "--root-passphrase-file", one.secret))
    fails("no terminal to ask", "init", one.node, "--member", "aa", "--name", "en=A", "--country", "SN")
    fails("Missing option '--member'", "init", one.node, "--name", "en=A", "--country", "SN", code=2)
    assert contents(one.machine) == before


def test_secrets_can_be_named_by_the_environment(tmp_path: Path) -> None:
    one = machine(tmp_path / "aa", "aa")
    named = {"COMITIA_PASSPHRASE_FILE": str(one.secret), "COMITIA_ROOT_PASSPHRASE_FILE": str(one.root_secret)}
    succeeds("init", one.node, "--member", "aa", "--name", "en=A", "--country", "SN", "--no-teller", **named)
    assert not (one.node / "keys" / "teller.pem.age").exists()
    assert keystore.read_key(one.node / "keys", "node", keystore.read_secret(one.secret))


def test_a_passphrase_is_asked_for_on_the_terminal_and_not_shown(tmp_path: Path) -> None:
    arguments = ("init", tmp_path / "node", "--member", "aa", "--name", "en=A", "--country", "SN", "--no-teller")
    answers = ["first long secret", "first long secret", "other long secret", "other long secret"]
    code, shown = at_a_terminal(arguments, answers)
    assert code == 0, shown
    assert "long secret" not in shown
    assert keystore.read_key(tmp_path / "node" / "keys", "node", answers[0])
    assert keystore.read_key(tmp_path / "node-offline", "root", answers[2])


def test_a_mistyped_passphrase_makes_nothing(tmp_path: Path) -> None:
    arguments = ("init", tmp_path / "node", "--member", "aa", "--name", "en=A", "--country", "SN")
    code, shown = at_a_terminal(arguments, ["first long secret", "first lnog secret"])
    assert code == 1
    assert "the two passphrases differ" in shown
    assert list(tmp_path.iterdir()) == []


def at_a_terminal(arguments: Sequence[object], answers: Sequence[str]) -> tuple[int, str]:
    """Run the command on a terminal of its own, answer each question, and return exit code and what was shown."""
    ours, theirs = os.openpty()
    process = subprocess.Popen(
        [*COMMAND, *map(str, arguments)],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environment(),
        start_new_session=True,
    )
    os.close(theirs)
    shown = _conversation(ours, answers)
    return process.wait(SECONDS_MAX), shown


def _conversation(terminal: int, answers: Sequence[str]) -> str:
    """Answer each question in turn as it appears; return all that was shown until the command hung up."""
    shown, waiting = b"", list(answers)
    with os.fdopen(terminal, "rb+", buffering=0) as stream:
        while select.select([stream], [], [], SECONDS_MAX)[0]:
            try:
                shown += stream.read(1024)
            except OSError:
                break
            if waiting and shown.count(b": ") > len(answers) - len(waiting):
                stream.write(waiting.pop(0).encode() + b"\n")
    return shown.decode()
