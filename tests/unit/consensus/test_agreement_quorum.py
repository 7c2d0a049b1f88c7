"""Quorum arithmetic for every number of tellers from 1 to 1,000."""

import pytest

from consensus.agreement.quorum import Quorum
from protocol.errors import LocalError

EVERY_QUORUM = [Quorum.of(tellers) for tellers in range(1, 1_001)]


def test_fewer_than_a_third_may_be_traitors() -> None:
    assert all(3 * quorum.faulty < quorum.tellers <= 3 * quorum.faulty + 3 for quorum in EVERY_QUORUM)


def test_any_two_quorums_share_an_honest_teller() -> None:
    assert all(2 * quorum.votes - quorum.tellers >= quorum.faulty + 1 for quorum in EVERY_QUORUM)


def test_one_vote_fewer_would_not_be_safe() -> None:
    assert all(2 * (quorum.votes - 1) - quorum.tellers <= quorum.faulty for quorum in EVERY_QUORUM)


def test_honest_tellers_alone_make_a_quorum_and_enough_seals() -> None:
    for quorum in EVERY_QUORUM:
        honest = quorum.tellers - quorum.faulty
        assert quorum.votes <= honest
        assert quorum.seals == honest


def test_two_thirds_plus_one_is_a_quorum_only_where_n_is_3f_plus_1() -> None:
    for quorum in EVERY_QUORUM:
        assert (quorum.votes == 2 * quorum.faulty + 1) == (quorum.tellers % 3 == 1)
    assert Quorum.of(6).votes == 4


def test_certain_receipts_guarantee_inclusion_whichever_seals_are_named() -> None:
    for quorum in EVERY_QUORUM:
        without_the_ballot = quorum.tellers - quorum.certain_receipts
        assert quorum.seals - without_the_ballot >= quorum.inclusion


def test_traitors_alone_never_include_amplify_or_hurry_anyone() -> None:
    for quorum in EVERY_QUORUM:
        assert quorum.faulty < min(quorum.inclusion, quorum.amplification, quorum.catch_up)


def test_there_is_no_federation_without_tellers() -> None:
    with pytest.raises(LocalError):
        Quorum.of(0)
