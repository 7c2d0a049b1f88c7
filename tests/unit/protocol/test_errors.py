import pytest

from protocol.canonical import NotCanonicalError
from protocol.charter import CharterError
from protocol.errors import DEFERRED, ComitiaError, LocalError, Rejection, RejectionKind, RemoteError
from protocol.frames import FrameError
from protocol.sync import SessionError


# SPEC 2.24: "A permanent verdict never depends on a clock"
# SPEC 4.4: "An event whose predecessors are not here is an orphan: deferred, never refused for good"
@pytest.mark.parametrize("kind", RejectionKind)
def test_only_what_time_or_another_event_can_mend_is_deferred(kind: RejectionKind) -> None:
    assert Rejection(kind, "why").is_deferred is (kind in {RejectionKind.FUTURE_TIME, RejectionKind.ORPHAN})
    assert len(DEFERRED) == 2


def test_our_faults_and_theirs_are_apart() -> None:
    assert not issubclass(LocalError, RemoteError)
    assert not issubclass(RemoteError, LocalError)
    for theirs in (NotCanonicalError, FrameError, SessionError, CharterError):
        assert issubclass(theirs, RemoteError)
        assert issubclass(theirs, ComitiaError)
