"""The lock on a store, tried by real processes."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from node.files import FileError
from node.storelock import StoreHeldError, hold_store

HOLD = """
import sys
from pathlib import Path
from node.storelock import hold_store
with hold_store(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def start_holder(directory: Path) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", HOLD, str(directory)]
    holder = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    return holder


def test_a_second_process_is_told_who_holds_it(tmp_path: Path) -> None:
    with start_holder(tmp_path) as holder:
        with pytest.raises(StoreHeldError, match=f"in use by process {holder.pid}"), hold_store(tmp_path):
            pass
        holder.communicate(timeout=20)
    with hold_store(tmp_path):
        assert (tmp_path / "lock").read_text() == f"{os.getpid()}\n"


def test_it_ends_with_a_process_that_is_killed(tmp_path: Path) -> None:
    with start_holder(tmp_path) as holder:
        holder.send_signal(signal.SIGKILL)
        holder.wait(timeout=20)
    with hold_store(tmp_path):
        pass


def test_it_holds_within_one_process_too(tmp_path: Path) -> None:
    with hold_store(tmp_path), pytest.raises(StoreHeldError), hold_store(tmp_path):
        pass
    with hold_store(tmp_path):
        pass


def test_a_directory_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="no such file"), hold_store(tmp_path / "nowhere"):
        pass
