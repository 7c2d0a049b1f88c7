"""The demonstration's content: counts, languages, scripts, references, and what its votes lead to."""

import json
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any, get_args

import pytest
from pydantic import TypeAdapter, ValidationError

from node import demo_content
from node.demo_content import (
    AUTHORS,
    DemoContent,
    DemoContentError,
    Federation,
    Language,
    Proposal,
    load_demo_content,
)

LANGUAGES = set(get_args(Language))
SCRIPTS = {"zh": "CJK", "ru": "CYRILLIC", "ar": "ARABIC"}
FUNCTION_WORDS = {
    "en": {"the", "of", "and", "would", "with", "by"},
    "fr": {"les", "des", "et", "dans", "une", "aux"},
    "es": {"los", "las", "el", "y", "del", "una"},
    "pt": {"os", "das", "e", "uma", "em", "dos"},
}
SPEAKS = {0: {"zh", "en"}, 1: {"fr", "en"}, 2: {"ar", "en"}, 3: {"ru", "en"}, 4: {"es", "pt"}}
Options = Mapping[str, tuple[int, frozenset[int]]]
"""By option: its cost in minutes, and the members who approve it."""


@pytest.fixture(scope="module")
def content() -> DemoContent:
    return load_demo_content()


def dump(content: DemoContent) -> dict[str, Any]:
    return content.model_dump(mode="json")


def load(data: dict[str, Any]) -> DemoContent:
    return DemoContent.model_validate_json(json.dumps(data))


def script_of(text: str) -> Counter[str]:
    return Counter(unicodedata.name(letter).split()[0].split("-")[0] for letter in text if letter.isalpha())


def size_of(text: str, lang: str) -> int:
    return sum(map(str.isalpha, text)) if lang == "zh" else len(text.split())


def latin_language(text: str) -> str:
    words = Counter(text.lower().replace("'", " ").split())
    return max(FUNCTION_WORDS, key=lambda lang: sum(words[word] for word in FUNCTION_WORDS[lang]))


def count_by(proposals: Iterable[Proposal], field: str) -> Counter[Any]:
    return Counter(getattr(proposal, field) for proposal in proposals)


def test_there_are_enough_proposals_in_every_language_and_on_both_tracks(content: DemoContent) -> None:
    assert len(content.proposals) >= 48
    by_language = count_by(content.proposals, "lang")
    assert set(by_language) == LANGUAGES
    assert min(by_language[lang] for lang in LANGUAGES - {"pt"}) >= 8
    tracks = count_by(content.proposals, "track")
    assert tracks["long"] >= 36
    assert tracks["short"] >= 12


def test_every_goal_is_touched_and_some_proposals_lie_between_goals(content: DemoContent) -> None:
    goals = Counter(goal for proposal in content.proposals for goal in proposal.goals)
    assert set(goals) == set(range(1, 18))
    assert sum(len(proposal.goals) >= 2 for proposal in content.proposals) >= 12
    assert all(len(set(proposal.goals)) == len(proposal.goals) <= 3 for proposal in content.proposals)


def test_several_matters_are_raised_in_several_languages(content: DemoContent) -> None:
    by_matter = {
        matter.slug: [each.lang for each in content.proposals if each.matter == matter.slug]
        for matter in content.matters
    }
    crossing = [langs for langs in by_matter.values() if 2 <= len(langs) <= 4 and len(set(langs)) >= 2]
    assert len(crossing) >= 8
    assert max(map(len, by_matter.values())) <= 4


def test_the_first_five_members_write_evenly_in_languages_of_theirs(content: DemoContent) -> None:
    written = count_by(content.proposals, "member")
    assert set(written) == set(range(AUTHORS))
    assert max(written.values()) - min(written.values()) <= 1
    assert all(proposal.lang in SPEAKS[proposal.member] for proposal in content.proposals)


def test_titles_texts_and_reasons_are_in_the_stated_script(content: DemoContent) -> None:
    stated = [(p.lang, p.title + p.text + (p.urgency or "")) for p in content.proposals]
    stated += [(vote.lang, vote.reason) for vote in content.votes.yes_no.choices]
    stated += [pair for matter in content.matters for pair in matter.title.items()]
    stated += list(content.federation.name.items())
    for lang, text in stated:
        scripts = script_of(text)
        assert scripts[SCRIPTS.get(lang, "LATIN")] >= 0.97 * scripts.total(), (lang, text)


def test_texts_in_latin_script_are_in_the_stated_language(content: DemoContent) -> None:
    for proposal in content.proposals:
        if proposal.lang in FUNCTION_WORDS:
            assert latin_language(proposal.text) == proposal.lang, proposal.key


def test_texts_have_the_length_of_a_real_summary(content: DemoContent) -> None:
    for proposal in content.proposals:
        low, high = (180, 360) if proposal.lang == "zh" else (90, 180)
        assert low <= size_of(proposal.text, proposal.lang) <= high, proposal.key


def test_no_text_or_title_occurs_twice(content: DemoContent) -> None:
    assert len({proposal.text for proposal in content.proposals}) == len(content.proposals)
    assert len({proposal.title for proposal in content.proposals}) == len(content.proposals)


def test_names_are_given_in_every_language(content: DemoContent) -> None:
    assert content.federation.name["en"] == "Meridian Alliance of Scientific Organisations"
    assert set(content.federation.name) == LANGUAGES
    assert all(set(matter.title) == LANGUAGES for matter in content.matters)
    for lang in LANGUAGES:
        assert len({matter.title[lang] for matter in content.matters}) == len(content.matters)


def test_members_cover_regions_kinds_and_incomes(content: DemoContent) -> None:
    assert len(content.members) == 31
    assert len({member.region for member in content.members[:AUTHORS]}) == 5
    assert min(Counter(member.region for member in content.members).values()) >= 4
    assert len({member.kind for member in content.members}) == 6
    assert len({member.income for member in content.members}) == 4
    assert len({member.country for member in content.members}) == 31


def electorates() -> list[range]:
    """Every federation the demonstration can start, with and without the vote left to the visitor."""
    return [range(voters) for members in range(4, 32) for voters in (members - 1, members)]


def matter_options(content: DemoContent, voters: range) -> Options:
    return {
        matter.slug: (
            content.matter_minutes(matter.slug),
            frozenset(voter for voter in voters if matter.slug in content.favoured_matters(voter)),
        )
        for matter in content.matters
        if content.proposals_on(matter.slug, "long")
    }


def proposal_options(content: DemoContent, voters: range) -> Options:
    matters = matter_options(content, voters)
    return {
        proposal.key: (proposal.minutes, matters[proposal.matter][1])
        for proposal in content.proposals
        if proposal.track == "long"
    }


def by_approval(options: Options, capacity: int) -> dict[str, int]:
    """Take options by number of approvals while they fit; of equals the cheaper, then the first by name."""
    taken: dict[str, int] = {}
    for name, (cost, _) in sorted(options.items(), key=lambda item: (-len(item[1][1]), item[1][0], item[0])):
        if cost + sum(taken.values()) <= capacity:
            taken[name] = cost
    return taken


def least_share(cost: int, purses: list[Fraction]) -> Fraction | None:
    """Return the least amount that, each paying it or all it has, pays the cost; None if it can't be paid."""
    if sum(purses) < cost:
        return None
    rest = Fraction(cost)
    for place, purse in enumerate(sorted(purses)):
        share = rest / (len(purses) - place)
        if purse >= share:
            return share
        rest -= purse
    return None


def by_equal_shares(options: Options, capacity: int, voters: range) -> dict[str, int]:
    """The Method of Equal Shares with utility one per option, written the plainest way, no completion."""
    purse = {voter: Fraction(capacity, len(voters)) for voter in voters}
    taken: dict[str, int] = {}
    while True:
        shares = {
            name: least_share(cost, [purse[voter] for voter in supporters])
            for name, (cost, supporters) in options.items()
            if name not in taken and supporters
        }
        payable = [(share, name) for name, share in shares.items() if share is not None]
        if not payable:
            return taken
        share, name = min(payable)
        taken[name] = options[name][0]
        for voter in options[name][1]:
            purse[voter] -= min(share, purse[voter])


def bloc_minutes(content: DemoContent, taken: Mapping[str, int], options: Options) -> int:
    bloc = {"asia-pacific", "arab-states", "europe-north-america"}
    return sum(
        cost
        for name, cost in taken.items()
        if options[name][1] and all(content.members[voter].region in bloc for voter in options[name][1])
    )


@pytest.mark.parametrize("voters", electorates(), ids=len)
def test_counting_approvals_alone_gives_one_bloc_the_whole_plenary(content: DemoContent, voters: range) -> None:
    capacity = content.votes.prioritisation.capacity_minutes
    options = matter_options(content, voters)
    taken = by_approval(options, capacity)
    assert sum(taken.values()) == bloc_minutes(content, taken, options) == capacity


@pytest.mark.parametrize("options_of", [matter_options, proposal_options])
@pytest.mark.parametrize("voters", electorates(), ids=len)
def test_equal_shares_gives_the_minority_its_part(content: DemoContent, voters: range, options_of: Any) -> None:
    capacity = content.votes.prioritisation.capacity_minutes
    options = options_of(content, voters)
    taken = by_equal_shares(options, capacity, voters)
    minority = sum(content.members[voter].region in {"africa", "latin-america-caribbean"} for voter in voters)
    # Whole matters rarely add up to the part exactly: at least half of it must be spent before completion.
    heard = sum(taken.values()) - bloc_minutes(content, taken, options)
    assert heard > 0
    assert heard >= Fraction(capacity * minority, len(voters)) / 2


def test_the_yes_no_question_is_an_outbreak_on_which_members_differ(content: DemoContent) -> None:
    question = content.votes.yes_no.proposal
    [proposal] = [each for each in content.proposals if each.key == question]
    assert proposal.track == "short"
    assert 3 in proposal.goals
    choices = Counter(content.yes_no_vote(index)[0] for index in range(AUTHORS))
    assert choices == {"yes": 4, "no": 1}


@pytest.mark.parametrize("voters", electorates(), ids=len)
def test_the_yes_no_question_carries_and_every_no_has_a_reason(content: DemoContent, voters: range) -> None:
    votes = [content.yes_no_vote(index) for index in voters]
    choices = Counter(choice for choice, _ in votes)
    assert choices["yes"] > choices["no"]
    assert all(reason for choice, reason in votes if choice == "no")


def test_later_members_follow_their_region_and_leave_one_entry_out(content: DemoContent) -> None:
    taste = content.votes.prioritisation.favoured
    assert content.members[7].region == content.members[1].region
    assert content.favoured_matters(7) == (taste[1][0], *taste[1][2:])
    assert content.yes_no_vote(7) == ("abstain", None)
    assert content.yes_no_vote(6) == ("no", content.votes.yes_no.choices[3].reason)


def test_an_unknown_matter_is_refused(content: DemoContent) -> None:
    data = dump(content)
    data["proposals"][0]["matter"] = "no-such-matter"
    with pytest.raises(ValidationError, match="unknown matters"):
        load(data)


def test_a_matter_nobody_raises_is_refused(content: DemoContent) -> None:
    data = dump(content)
    data["matters"].append({**data["matters"][0], "slug": "left-over"})
    with pytest.raises(ValidationError, match="matters without a proposal"):
        load(data)


@pytest.mark.parametrize(("kind", "field"), [("members", "id"), ("proposals", "key"), ("matters", "slug")])
def test_a_slug_used_twice_is_refused(content: DemoContent, kind: str, field: str) -> None:
    data = dump(content)
    data[kind][1][field] = data[kind][0][field]
    with pytest.raises(ValidationError, match="occurs twice"):
        load(data)


def test_a_short_track_proposal_without_urgency_is_refused(content: DemoContent) -> None:
    data = dump(content)
    short = next(each for each in data["proposals"] if each["track"] == "short")
    short["urgency"] = None
    with pytest.raises(ValidationError, match="statement of urgency"):
        load(data)


def test_a_favoured_matter_must_have_a_long_track_proposal(content: DemoContent) -> None:
    data = dump(content)
    data["votes"]["prioritisation"]["favoured"][0][0] = "cholera-outbreak"
    with pytest.raises(ValidationError, match="no long-track proposal"):
        load(data)


def test_the_yes_no_question_must_be_on_the_short_track(content: DemoContent) -> None:
    data = dump(content)
    data["votes"]["yes_no"]["proposal"] = data["proposals"][0]["key"]
    with pytest.raises(ValidationError, match="no short-track proposal"):
        load(data)


@pytest.mark.parametrize(("field", "value"), [("member", 5), ("goals", [18]), ("minutes", 17), ("lang", "xx")])
def test_values_outside_their_range_are_refused(content: DemoContent, field: str, value: Any) -> None:
    data = dump(content)
    data["proposals"][0][field] = value
    with pytest.raises(ValidationError):
        load(data)


def test_the_first_five_members_must_be_of_five_regions(content: DemoContent) -> None:
    data = dump(content)
    data["members"][0]["region"] = "africa"
    with pytest.raises(ValidationError, match="region of members 0 to 4 'africa' occurs twice"):
        load(data)


def test_yes_no_votes_must_be_those_of_the_first_five_in_order(content: DemoContent) -> None:
    data = dump(content)
    data["votes"]["yes_no"]["choices"].reverse()
    with pytest.raises(ValidationError, match="members 0 to 4, in order"):
        load(data)


def test_a_missing_file_is_named() -> None:
    with pytest.raises(DemoContentError, match=r"demo_data/absent\.json can't be used"):
        demo_content._load("absent.json", TypeAdapter(Federation))


def test_a_file_of_another_shape_is_named() -> None:
    with pytest.raises(DemoContentError, match=r"demo_data/members\.json can't be used"):
        demo_content._load("members.json", TypeAdapter(Federation))


def test_talk_about_an_unknown_proposal_is_refused(content: DemoContent) -> None:
    data = dump(content)
    data["talk"]["comments"][0]["proposal"] = "no-such-proposal"
    with pytest.raises(ValidationError, match="unknown proposals"):
        load(data)


def test_a_comment_answers_an_earlier_one_on_the_same_proposal(content: DemoContent) -> None:
    data = dump(content)
    data["talk"]["comments"][1]["answers"] = 1
    with pytest.raises(ValidationError, match="answers none before it"):
        load(data)


def test_a_translation_is_into_another_language(content: DemoContent) -> None:
    data = dump(content)
    data["talk"]["translations"][0]["lang"] = "fr"
    with pytest.raises(ValidationError, match="does not fit its original"):
        load(data)
