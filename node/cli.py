"""The command line: which sub-commands there are, and how errors and exit codes reach the person who called.

Each sub-command is the function run() of a small module in node/commands, imported when it is called and not before,
so that asking for help costs nothing. Expected errors are one line on standard error; only our own faults give a
traceback.
"""

import importlib
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import typer
from typer.core import TyperGroup

from node.tally.faults import TallyError
from protocol.errors import ComitiaError

OK, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130
_EPILOG = (
    "Exit codes: 0 done; 1 refused, or a check failed; 2 the command line or a tallied file is wrong; 130 interrupted. "
    "Errors are one line on standard error that says what to do."
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A sub-command: the module in node.commands that holds its run(), and one line for the list."""

    module: str
    summary: str


@dataclass(frozen=True, slots=True)
class Family:
    """Sub-commands that belong together under one word."""

    summary: str
    entries: Mapping[str, Entry]


CHARTER: Final[Mapping[str, Entry]] = MappingProxyType(
    {
        "policies": Entry("charter_policies", "Print the default policies as a file to start from."),
        "draft": Entry("charter_draft", "Draft a charter out of the founders' member entries."),
        "sign": Entry("charter_sign", "Add a founder's root signature."),
        "merge": Entry("charter_merge", "Gather the signatures from several copies."),
        "verify": Entry("charter_verify", "Show what it says, who signed and who is missing."),
    }
)
TOPICS: Final[Mapping[str, Entry]] = MappingProxyType(
    {
        "classify": Entry("topics_classify", "Goals for each text, with reasons."),
        "group": Entry("topics_group", "Groups of texts that belong together."),
        "similar": Entry("topics_similar", "Texts that say the same."),
        "rising": Entry("topics_rising", "What members speak of more than chance explains."),
        "train": Entry("topics_train", "Rebuild the classifier from data."),
        "evaluate": Entry("topics_evaluate", "How often the classifier is right."),
    }
)
ACCOUNTS: Final[Mapping[str, Entry]] = MappingProxyType(
    {
        "add": Entry("accounts_add", "Make an account, and print a one-time sign-in link for it."),
        "invite": Entry("accounts_invite", "Print another one-time sign-in link for an account."),
        "list": Entry("accounts_list", "Show who may sign in."),
        "remove": Entry("accounts_remove", "Remove an account; it is signed out at once."),
    }
)
KEYS: Final[Mapping[str, Entry]] = MappingProxyType(
    {
        "list": Entry("keys_list", "Show the node's keys: roles, fingerprints, whether the roll has them."),
        "public": Entry("keys_public", "Print the member entry with the public keys, for the roll."),
        "passphrase": Entry("keys_passphrase", "Change what opens the node's and the teller's key."),
    }
)
MAIL: Final[Mapping[str, Entry]] = MappingProxyType(
    {
        "test": Entry("mail_test", "Send a test message, and say what failed if it could not be sent."),
    }
)
COMMANDS: Final[Mapping[str, Entry | Family]] = MappingProxyType(
    {
        "demo": Entry("demo", "Watch a federation of demonstration members agree on an agenda."),
        "init": Entry("init", "Make a node's keys, settings and member entry."),
        "charter": Family("Draft, sign and check a federation's founding document.", CHARTER),
        "join": Entry("join", "Install a complete charter in a node's directory."),
        "export": Entry("export", "Write what a stopped node holds into a file."),
        "import": Entry("import_", "Take what another node exported."),
        "verify": Entry("verify", "Check a proof, an agenda, an archive, or a stopped node's whole store."),
        "rebuild": Entry("rebuild", "Make what lists are read from anew from the events."),
        "topics": Family("Goals, groups and near-duplicates of texts, as JSON lines.", TOPICS),
        "tally": Entry("tally", "Count a file of ballots by a rule, to try it before it is adopted."),
        "serve": Entry("serve", "Run a node."),
        "status": Entry("status", "Ask a running node how far it is."),
        "doctor": Entry("doctor", "Check all that can go wrong with a node, each with its remedy."),
        "backup": Entry("backup", "Write a node into one file, also while it runs."),
        "archive": Entry("archive", "Write the federation's whole public record into a directory."),
        "mirror": Entry("mirror", "Serve an archive, for reading alone."),
        "dump": Entry("dump", "Write open data: tables of what was proposed, voted and decided."),
        "restore": Entry("restore", "Make a data directory of a backup."),
        "keys": Family("A node's keys: which they are, and what opens them. They can't be replaced yet.", KEYS),
        "accounts": Family("Who may sign in at a node.", ACCOUNTS),
        "invite": Entry("accounts_invite", "Print another one-time sign-in link for an account."),
        "witness": Entry("witness", "Follow a federation's register from outside, and cosign it."),
        "mail": Family("The mail server that notices go out by.", MAIL),
    }
)


class LazyGroup(TyperGroup):
    """A group that imports a sub-command's module when the sub-command is asked for."""

    def __init__(self, entries: Mapping[str, Entry | Family], **attributes: Any) -> None:
        super().__init__(rich_markup_mode=None, **attributes)
        self._entries = entries

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - the library's signature
        """Return the names of the sub-commands."""
        return list(self._entries)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 - the library's signature
        """Return a sub-command, importing its module, or None if there is none of this name."""
        entry = self._entries.get(cmd_name)
        match entry:
            case Entry():
                return _command(cmd_name, entry)
            case Family():
                return LazyGroup(entry.entries, name=cmd_name, help=entry.summary, epilog=_EPILOG)
        return None

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 - the library's signature
        """Write the list of sub-commands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.summary) for name, entry in self._entries.items()])


def main() -> None:
    """Run the command line of this process and exit."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Carry out a command line and return its exit code; errors go to standard error as one line each."""
    try:
        code = _root().main(list(arguments), prog_name="comitia", standalone_mode=False)
    except typer.TyperException as error:
        return _complain(f"{error.format_message()} (comitia --help lists what there is)", USAGE)
    except TallyError as error:
        return _complain(str(error), USAGE)
    except (ComitiaError, OSError) as error:
        return _complain(str(error), FAILED)
    except typer.Abort:
        return _complain("the input ended before the question was answered", FAILED)
    except KeyboardInterrupt:
        return INTERRUPTED
    return code if isinstance(code, int) else OK


def _root() -> LazyGroup:
    return LazyGroup(
        COMMANDS,
        name="comitia",
        help="Federated agenda-setting for alliances of science and technology organisations.",
        epilog=_EPILOG,
    )


def _command(name: str, entry: Entry) -> Any:
    module = importlib.import_module(f"node.commands.{entry.module}")
    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    app.command(name, epilog=_EPILOG)(module.run)
    return typer.main.get_command(app)


def _complain(message: str, code: int) -> int:
    line = " ".join("".join(char if char.isprintable() else " " for char in message).split())
    print(f"comitia: {line}", file=sys.stderr)
    return code
