"""Who was heard in an agenda, on agendas made by hand."""

from consensus.fairness.agenda_report import AgendaReport, ItemSource, Part, agenda_report
from protocol import canonical

MEMBERS = {
    "a": ("north", "rich"),
    "b": ("north",),
    "c": ("south",),
    "d": (),
}
FLOODS = ItemSource(
    "1", 30, (("a", ("b", "c")), ("c", ())), in_favour=frozenset({"a", "b"}), voted=frozenset({"a", "b", "c"})
)
SEEDS = ItemSource("2", 60, (("c", ("gone", "d")),), in_favour=frozenset({"c"}), voted=frozenset({"a", "c", "gone"}))


def part_of(report: AgendaReport, constituency: str) -> Part:
    return next(row.part for row in report.constituencies if row.constituency == constituency)


def test_what_each_constituency_proposed_endorsed_and_was_given() -> None:
    report = agenda_report(MEMBERS, [FLOODS, SEEDS])
    assert (report.items, report.minutes) == (2, 90)
    assert part_of(report, "north") == Part(
        members=2,
        proposed=1,
        endorsed=1,
        voted=2,
        minutes_approved=60,
        minutes_asked=120,
        items_approved=2,
        items_asked=3,
    )
    assert part_of(report, "south") == Part(
        members=1,
        proposed=2,
        endorsed=1,
        voted=1,
        minutes_approved=60,
        minutes_asked=90,
        items_approved=1,
        items_asked=2,
    )


def test_overall_counts_each_member_once_and_nobody_who_has_left() -> None:
    overall = agenda_report(MEMBERS, [FLOODS, SEEDS]).overall
    assert (overall.members, overall.proposed, overall.endorsed, overall.voted) == (4, 3, 3, 3)
    assert (overall.minutes_approved, overall.minutes_asked) == (120, 210)


def test_constituencies_ascend_and_a_member_counts_in_each() -> None:
    report = agenda_report(MEMBERS, [FLOODS])
    assert [row.constituency for row in report.constituencies] == ["north", "rich", "south"]
    assert part_of(report, "rich").members == 1


def test_an_empty_agenda_asks_nothing_of_anybody() -> None:
    report = agenda_report(MEMBERS, [])
    assert (report.items, report.overall.minutes_asked, report.overall.voted) == (0, 0, 0)
    assert agenda_report({}, [FLOODS]).overall.proposed == 0


def test_a_report_is_canonical_data() -> None:
    report = agenda_report(MEMBERS, [FLOODS, SEEDS])
    data = canonical.encode(report.model_dump(mode="json"))
    assert AgendaReport.model_validate(canonical.decode(data)) == report
