"""What is wrong with a file or a setting, in one line for the person who gave it."""

from protocol.errors import LocalError


class TallyError(LocalError):
    """What was given can't be counted. One line that says what is wrong with it."""


class FormatError(TallyError):
    """A file isn't in its format. line counts from 1; 0 where no one line is to blame."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"line {line}: {reason}" if line else reason)
        self.line = line
        self.reason = reason
