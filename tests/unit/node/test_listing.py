"""Lists of proposals out of the store: the same as going through all of them one by one."""

from collections import Counter
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from node.courses import text_view
from node.library import Library
from node.stages import Stages
from node.storage import events as store
from node.storage import listing, projections, texts
from node.storage.projections import ProposalRow, goal_bits
from protocol.envelope import Verified
from tests.support.builders import EPOCH_MS, build_federation, document, proposal_body, proposal_text
from tests.support.hand_clock import HandClock
from tests.support.memory_database import MemoryDatabase
from tests.unit.node.test_library import NothingCertified
from web.ports import ProposalFilter, ProposalList, ProposalSummary

FEDERATION = build_federation(3)
NOW = EPOCH_MS + 1_000
STAGES = ("", "submitted", "endorsing", "lapsed")
MEMBERS = [FEDERATION.member(at).id for at in range(3)]
GOALS = st.lists(st.integers(1, 17), unique=True, max_size=3).map(sorted)
STORED = st.fixed_dictionaries(
    {
        "member": st.integers(0, 2),
        "sponsor": st.sampled_from(["", *MEMBERS]),
        "track": st.sampled_from(["long", "short"]),
        "goals": GOALS,
        "stage": st.sampled_from(STAGES),
        "due": st.one_of(st.none(), st.integers(NOW - 2, NOW + 2)),
        "due_stage": st.sampled_from([None, "", "lapsed"]),
        "is_counted": st.sampled_from([1, 1, 1, 0]),
        "text": st.sampled_from(["held", "missing", "erased", "odd"]),
    }
)
Stored = dict[str, object]


def _put(database: MemoryDatabase, stored: list[Stored]) -> list[Verified]:
    """Store proposals in this order, and what is kept of each as it is said here."""
    writers = [FEDERATION.writer(at) for at in range(3)]
    events = []
    for position, each in enumerate(stored, start=1):
        title = f"Proposal {position}"
        ref = proposal_text(title, lang="pt")
        event = writers[int(str(each["member"]))].write(
            proposal_body(ref, track=each["track"], goals=tuple(each["goals"])),  # type: ignore[arg-type]
            time_ms=EPOCH_MS + position,
        )
        events.append(event)
        store.insert(database.connection, [event], position, 0, chained=True)
        projections.update(database.connection, [event], position, [])
        texts.expect(database.connection, [(event, ref.sha256, ref.lang, ref.size)])
        if each["text"] == "held":
            texts.fill(database.connection, ref.sha256, document(title))
        if each["text"] == "odd":
            texts.fill(database.connection, ref.sha256, b"{}")
        database.connection.execute(
            "UPDATE proposals SET sponsor = $2, stage = $3, due = $4, due_stage = $5, is_counted = $6 WHERE id = $1",
            *(event.id, *(each[name] for name in ("sponsor", "stage", "due", "due_stage", "is_counted"))),  # type: ignore[arg-type]
        )
    return events


def _passing(database: MemoryDatabase, wanted: ProposalFilter, groups: dict[str, str]) -> list[ProposalRow]:
    """Return what passes the filter, whatever its stage and goals."""
    rows = projections.list_proposals(database.connection, wanted.track)
    if wanted.before is not None:
        anchor = projections.get_proposal(database.connection, wanted.before)
        rows = [row for row in rows if anchor is not None and row.position < anchor.position]
    rows = [row for row in rows if wanted.member in (None, row.sponsor or row.member)]
    return [row for row in rows if wanted.group is None or groups.get(row.id) == wanted.group]


def _naive(database: MemoryDatabase, wanted: ProposalFilter, groups: dict[str, str]) -> ProposalList:
    """Go through all of them one by one."""
    rows = _passing(database, wanted, groups)
    by_stage = Counter(row.stage_at(NOW) for row in rows)
    rows = [row for row in rows if wanted.stage in (None, row.stage_at(NOW))]
    by_goal = {goal: sum(row.has_goal(goal) for row in rows) for goal in range(1, 18)}
    without = sum(row.has_goal(0) for row in rows)
    rows = [row for row in rows if wanted.goal is None or row.has_goal(wanted.goal)]
    start = (wanted.page - 1) * wanted.per_page
    shown = rows[start : start + wanted.per_page]
    pages = max(1, -(-len(rows) // wanted.per_page))
    listed = ProposalList((), len(rows), pages, by_goal, without, dict(by_stage))
    return replace(listed, items=tuple(_item(database, row, groups) for row in shown))  # type: ignore[misc]


def _item(database: MemoryDatabase, row: ProposalRow, groups: dict[str, str]) -> tuple[object, ...]:
    text = text_view(database.connection, row.text, "pt")
    carrier, stage = row.sponsor or row.member, row.stage_at(NOW)
    return (row.id, carrier, stage, row.goals, text.title, text.state, text.lang, groups.get(row.id), row.text)


def _shown(found: ProposalList) -> ProposalList:
    return replace(found, items=tuple(map(_told, found.items)))  # type: ignore[arg-type]


def _told(item: ProposalSummary) -> tuple[object, ...]:
    goals = goal_bits(item.goals)
    return (item.id, item.member, item.stage, goals, item.title, item.text_state, item.lang, item.group, item.text)


@given(st.lists(STORED, max_size=8), st.data())
async def test_a_page_and_its_counts_are_those_of_going_through_all(stored: list[Stored], data: st.DataObject) -> None:
    database = MemoryDatabase()
    ids = [str(event.id) for event in _put(database, stored)]
    groups = {id_: data.draw(st.sampled_from("AB"), "group") for id_ in ids if data.draw(st.booleans(), "grouped")}
    wanted = ProposalFilter(
        track=data.draw(st.sampled_from([None, "long", "short"]), "track"),
        stage=data.draw(st.sampled_from([None, *STAGES]), "stage"),
        goal=data.draw(st.one_of(st.none(), st.integers(0, 17)), "goal"),
        group=data.draw(st.sampled_from([None, "A"]), "of group"),
        page=data.draw(st.integers(1, 3), "page"),
        per_page=data.draw(st.integers(1, 4), "per page"),
        member=data.draw(st.sampled_from([None, *MEMBERS]), "member"),
        before=data.draw(st.sampled_from([None, *ids, "0" * 64]), "before"),
    )
    stages = Stages(database, FEDERATION.charter, NothingCertified(), HandClock(NOW))
    library = Library(database, FEDERATION.charter.roll, stages, FEDERATION.member(0).id)
    assert _shown(await library.proposals(wanted, groups)) == _naive(database, wanted, groups)
    counts = await library.counts(wanted, groups)
    dues = [row.due for row in _passing(database, wanted, groups) if row.due is not None and row.due > NOW]
    assert counts.due == min(dues, default=None)
    assert await library.proposals(wanted, groups, counts) == await library.proposals(wanted, groups)


async def test_a_title_goes_with_its_text() -> None:
    """What was read once is not shown any more once the text is erased."""
    database = MemoryDatabase()
    told: Stored = {"member": 1, "sponsor": "", "track": "long", "goals": [3], "stage": "submitted"}
    [event] = _put(database, [{**told, "due": None, "due_stage": None, "is_counted": 1, "text": "held"}])
    stages = Stages(database, FEDERATION.charter, NothingCertified(), HandClock(NOW))
    library = Library(database, FEDERATION.charter.roll, stages, FEDERATION.member(0).id)
    for _ in range(2):
        [held] = (await library.proposals(ProposalFilter(), {})).items
        assert (held.title, held.text_state) == ("Proposal 1", "held")
    database.connection.execute("UPDATE texts SET data = NULL")
    [gone] = (await library.proposals(ProposalFilter(), {})).items
    assert (gone.title, gone.text_state, gone.lang) == ("", "missing", "pt")
    row = projections.get_proposal(database.connection, event.id)
    assert row is not None
    texts.fill(database.connection, row.text, document("Proposal 1"))
    [back] = (await library.proposals(ProposalFilter(), {})).items
    assert back == held


async def test_those_asked_for_by_id_come_whether_they_count_or_not() -> None:
    database = MemoryDatabase()
    told: Stored = {"member": 1, "sponsor": "", "track": "long", "goals": [3], "stage": "submitted"}
    one, other = ({**told, "due": None, "due_stage": None, "is_counted": at, "text": "held"} for at in (0, 1))
    ids = [event.id for event in _put(database, [one, other])]
    assert set(listing.among(database.connection, [*ids, "0" * 64], NOW)) == set(ids)
