"""More than f traitors can break agreement; then honest nodes halt, and name the traitors and nobody else."""

from consensus.agreement.inputs import ConflictingCertificates
from tests.simulation.design import HONEST
from tests.simulation.federation import teller_name
from tests.simulation.schedules import two_traitors_across_views, two_traitors_in_one_view
from tests.simulation.table import Table

TRAITORS = frozenset({teller_name(2), teller_name(3)})


def exchange(table: Table) -> None:
    """Let both honest tellers see the other's certificate."""
    table.show(0, table.certified[1])
    table.show(1, table.certified[0])


def test_two_certificates_of_one_view_halt_honest_nodes_and_prove_who_signed_twice() -> None:
    table = two_traitors_in_one_view(HONEST)
    assert table.decided() == {0: table.values[0], 1: table.values[1]}
    exchange(table)
    for at in (0, 1):
        assert table.halts[at].height == 1
        assert set(table.halts[at].records) == set(table.values)
        assert table.halts[at].offenders == TRAITORS


def test_two_certificates_of_different_views_are_traced_by_the_prevotes() -> None:
    table = two_traitors_across_views(HONEST)
    assert table.decided() == {0: table.values[0], 1: table.values[1]}
    exchange(table)
    assert table.halts[0].offenders == frozenset(), "certificates alone prove nothing across views"
    conflict = ConflictingCertificates(table.certified[0], table.certified[1], table.prevotes())
    table.tell(0, conflict)
    assert table.halts[0].offenders == TRAITORS
    turned = ConflictingCertificates(table.certified[1], table.certified[0], table.prevotes())
    table.tell(1, turned)
    assert table.halts[1].offenders == TRAITORS


def test_a_halted_node_signs_nothing_more() -> None:
    table = two_traitors_in_one_view(HONEST)
    exchange(table)
    said = dict(table.said)
    for view in range(4):
        table.prevote(2, view, None, [0, 1])
        table.prevote(3, view, None, [0, 1])
    table.let_time_pass(0, 1)
    honest = {slot for slot in table.said if slot[0] in (0, 1)}
    assert honest == {slot for slot in said if slot[0] in (0, 1)}


def test_the_same_certificate_again_is_harmless() -> None:
    table = two_traitors_in_one_view(HONEST)
    table.show(0, table.certified[0])
    assert table.halts == {}
