"""The name of what a node holds: it changes with every change, and never comes back."""

from node.revisions import Revisions


def test_the_name_stays_while_nothing_changes() -> None:
    beside = ["a"]
    revisions = Revisions(lambda: beside[0])
    assert revisions.current == revisions.current


def test_every_change_gives_another_name() -> None:
    beside: list[object] = [()]
    revisions = Revisions(lambda: beside[0])
    names = [revisions.current]
    revisions.on_change()
    names.append(revisions.current)
    revisions.on_change("entry", object())
    names.append(revisions.current)
    beside[0] = ("group",)
    names.append(revisions.current)
    beside[0] = ("another",)
    names.append(revisions.current)
    assert len(set(names)) == len(names)


def test_two_runs_of_a_node_have_no_name_in_common() -> None:
    assert Revisions(lambda: None).current != Revisions(lambda: None).current
