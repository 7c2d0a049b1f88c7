"""Ports that are free on this machine."""

import os
import socket


def free_port(count: int) -> int:
    """Return the first of so many free consecutive ports, apart from those of other workers of this run."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 4
    start = 20_000 + 3_000 * worker
    for first in range(start + os.getpid() % 1_000, start + 3_000, count):
        probes = [socket.socket() for _ in range(count)]
        try:
            for offset, probe in enumerate(probes):
                probe.bind(("127.0.0.1", first + offset))
        except OSError:
            continue
        else:
            return first
        finally:
            for probe in probes:
                probe.close()
    raise AssertionError("no free ports")
