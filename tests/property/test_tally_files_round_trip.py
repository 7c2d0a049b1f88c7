"""What is written for researchers is read back to the same ballots: by us, by pabutools and by preflibtools."""

import tempfile
from collections import Counter
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from pabutools.election.pabulib import parse_pabulib_from_string
from preflibtools.instances import CategoricalInstance, OrdinalInstance

from consensus.ballots import ApprovalBallot, Ballot, ChoiceBallot, RankedBallot
from node.tally.case import Case, question_of
from node.tally.pabulib import parse_pabulib
from node.tally.pabulib_writing import pabulib_bytes, voters_of
from node.tally.preflib import parse_preflib
from node.tally.preflib_writing import preflib_file

RESERVED = {"none", "meta", "projects", "votes"}
META = {"description": "A round; with\na break", "country": "Worldwide", "unit": "x", "instance": "1"}
OPTION_IDS = st.one_of(
    st.sampled_from(["none", "meta", "votes", "1"]), st.from_regex(r"[a-z0-9][a-z0-9-]{0,6}", fullmatch=True)
)
VOTER_IDS = st.one_of(st.sampled_from(["votes", "meta", "projects"]), st.from_regex(r"[a-z0-9-]{2,8}", fullmatch=True))
NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=20)


@st.composite
def cases(draw: st.DrawFn, form: str, *, is_strict: bool = False) -> Case:
    options = draw(st.lists(OPTION_IDS, min_size=1, max_size=1 if form == "choice" else 6, unique=True))
    costs = [(option, draw(st.integers(0, 40))) for option in options]
    ballots: dict[str, Ballot] = {
        voter: draw(ballot_on(options, form, is_strict=is_strict))
        for voter in draw(st.lists(VOTER_IDS, min_size=1, max_size=8, unique=True))
    }
    names = {option: draw(NAMES) for option in options}
    return Case(question_of(costs, 40), dict.fromkeys(ballots, ()), ballots, form, names)


@st.composite
def ballot_on(draw: st.DrawFn, options: list[str], form: str, *, is_strict: bool) -> Ballot:
    match form:
        case "approval":
            return ApprovalBallot(approves=tuple(sorted(draw(st.sets(st.sampled_from(options))))))
        case "choice":
            return ChoiceBallot(choice=draw(st.sampled_from(("yes", "no", "abstain"))))
        case _:
            order = draw(st.permutations(options))[: draw(st.integers(0, len(options)))]
            tiers: list[list[str]] = []
            for option in order:
                if tiers and not is_strict and draw(st.booleans()):
                    tiers[-1].append(option)
                else:
                    tiers.append([option])
            return RankedBallot(tiers=tuple(tuple(sorted(tier)) for tier in tiers))


def plain(option: str, case: Case) -> str:
    """Return an option's id without the prefix that a .pb file may need."""
    is_prefixed = not RESERVED.isdisjoint(case.question.option_ids)
    return option.removeprefix("option-") if is_prefixed else option


@given(st.one_of(cases("approval"), cases("ranked", is_strict=True)))
def test_a_pb_file_is_read_back_to_the_same_case(case: Case) -> None:
    data = pabulib_bytes(case, META)
    assert data is not None
    read = parse_pabulib(data)
    assert [(plain(option.id, case), option.cost) for option in read.question.options] == [
        (option.id, option.cost) for option in case.question.options
    ]
    assert (read.question.capacity, read.form) == (case.question.capacity, case.form)
    assert [_named(ballot, case) for ballot in read.ballots.values()] == [
        _named(ballot, case) for ballot in case.ballots.values()
    ]
    assert {plain(option, case): name for option, name in read.names.items()} == {
        option: " ".join(name.split()) for option, name in case.names.items() if name.split()
    }


@given(st.one_of(cases("approval"), cases("ranked", is_strict=True)))
def test_pabutools_reads_the_same_numbers(case: Case) -> None:
    data = pabulib_bytes(case, META)
    assert data is not None
    instance, profile = parse_pabulib_from_string(data.decode())
    assert {plain(p.name, case): int(p.cost) for p in instance} == {o.id: o.cost for o in case.question.options}
    assert instance.budget_limit == case.question.capacity
    taken = [tuple(plain(project.name, case) for project in ballot) for ballot in profile]
    written = [_named(ballot, case) for ballot in case.ballots.values()]
    if case.form == "approval":
        taken, written = [tuple(sorted(each)) for each in taken], [tuple(sorted(each)) for each in written]
    assert taken == written
    assert [ballot.meta["voter_id"] for ballot in profile] == list(voters_of(case))


def _named(ballot: object, case: Case) -> tuple[str, ...]:
    if isinstance(ballot, ApprovalBallot):
        return tuple(sorted(plain(option, case) for option in ballot.approves))
    assert isinstance(ballot, RankedBallot)
    return tuple(plain(option, case) for (option,) in ballot.tiers)


@given(st.one_of(cases("approval"), cases("ranked"), cases("ranked", is_strict=True)))
def test_a_preflib_file_is_read_back_to_the_same_ballots(case: Case) -> None:
    written = preflib_file(case, "Round 1", "x")
    assert written is not None
    read = parse_preflib(written.data, written.data_type, 40)
    by_number = dict(enumerate(case.question.option_ids, start=1))
    assert Counter(_tiers(ballot, by_number) for ballot in read.ballots.values()) == Counter(
        _tiers(ballot, None) for ballot in case.ballots.values()
    )
    assert read.names == {
        str(number): " ".join(case.names[option].split()) or option for number, option in by_number.items()
    }


def _tiers(ballot: object, by_number: dict[int, str] | None) -> tuple[tuple[str, ...], ...]:
    tiers = (ballot.approves,) if isinstance(ballot, ApprovalBallot) else ballot.tiers  # type: ignore[attr-defined]
    return tuple(
        tuple(sorted(option if by_number is None else by_number[int(option)] for option in tier)) for tier in tiers
    )


@given(st.one_of(cases("approval"), cases("choice"), cases("ranked"), cases("ranked", is_strict=True)))
def test_preflibtools_reads_the_same_numbers(case: Case) -> None:
    written = preflib_file(case, "Round 1", "x")
    assert written is not None
    numbers = {option: number for number, option in enumerate(case.question.option_ids, start=1)}
    instance = CategoricalInstance() if written.data_type == "cat" else OrdinalInstance()
    with tempfile.TemporaryDirectory() as where:
        path = Path(where) / f"round.{written.data_type}"
        path.write_bytes(written.data)
        instance.parse_file(str(path))
    orders = instance.preferences if written.data_type == "cat" else instance.orders
    taken: Counter[object] = Counter()
    for order in orders:
        taken[tuple(tuple(sorted(level)) for level in order)] += instance.multiplicity[order]
    assert taken == Counter(_numbered(ballot, numbers) for ballot in case.ballots.values())
    assert (instance.num_voters, instance.num_alternatives) == (len(case.ballots), len(numbers))


def _numbered(ballot: object, numbers: dict[str, int]) -> tuple[tuple[int, ...], ...]:
    match ballot:
        case ApprovalBallot():
            approved = tuple(sorted(numbers[option] for option in ballot.approves))
            return (approved, tuple(number for number in numbers.values() if number not in approved))
        case ChoiceBallot():
            return tuple((1,) if ballot.choice == choice else () for choice in ("yes", "no", "abstain"))
        case _:
            return tuple(tuple(sorted(numbers[option] for option in tier)) for tier in ballot.tiers)  # type: ignore[attr-defined]
