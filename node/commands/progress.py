"""How far long work is, on standard error: in place on a terminal, else a line every so often."""

import sys
from typing import TextIO

_STEPS = 10
_COUNTED = 50


class Meter:
    """Tells a person how much of something is done."""

    def __init__(self, what: str, stream: TextIO | None = None) -> None:
        self._what = what
        self._stream = stream or sys.stderr
        self._is_terminal = self._stream.isatty()
        self._shown = -1
        self._is_open = False

    def __call__(self, done: int, total: int) -> None:
        """Take note of how far it is; say so if that is worth it."""
        percent = 100 if total <= 0 else min(100, 100 * done // total)
        step = percent if self._is_terminal else percent // _STEPS
        if step != self._shown:
            self._shown = step
            line = f"{self._what}: {percent} % ({done} of {total})"
            self._stream.write(f"\r{line}\x1b[K" if self._is_terminal else f"{line}\n")
            self._stream.flush()
            self._is_open = self._is_terminal

    def count(self, done: int) -> None:
        """Say how much is done where nobody knows how much there is; on a terminal only, now and then."""
        if self._is_terminal and done % _COUNTED == 0:
            self._stream.write(f"\r{self._what}: {done}\x1b[K")
            self._stream.flush()
            self._is_open = True

    def end(self) -> None:
        """Leave what is shown behind."""
        if self._is_open:
            self._stream.write("\n")
            self._is_open = False
