import pytest

from topics.taxonomy.catalogue import LANGUAGES, catalogue, official_language

TARGETS_PER_GOAL = (7, 8, 13, 10, 9, 8, 5, 12, 8, 10, 10, 11, 5, 10, 12, 12, 19)


def test_the_official_numbers_of_targets_add_up_to_169() -> None:
    counts = tuple(len(catalogue().targets_of(goal)) for goal in range(1, 18))
    assert counts == TARGETS_PER_GOAL
    assert sum(counts) == len(catalogue().targets) == 169


def test_every_text_is_there_in_every_language() -> None:
    for goal in catalogue().goals:
        assert set(goal.short) == set(goal.title) == set(LANGUAGES)
        assert all(goal.short.values())
        assert all(goal.title.values())
    for target in catalogue().targets:
        assert set(target.text) == set(LANGUAGES)
        assert min(len(text) for text in target.text.values()) > 10


def test_well_known_wordings() -> None:
    assert catalogue().goal(13).short["en"] == "Climate action"
    assert catalogue().goal(14).colour == "#0A97D9"
    assert catalogue().goal(4).short["zh-Hans"] == "优质教育"
    assert catalogue().targets_of(6)[0].text["en"].startswith("By 2030, achieve universal and equitable access")


def test_targets_come_in_official_order() -> None:
    assert [target.id for target in catalogue().targets_of(2)] == [
        "2.1", "2.2", "2.3", "2.4", "2.5", "2.a", "2.b", "2.c",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("tag", "served"), [("zh-CN", "zh-Hans"), ("pt_BR", "pt"), ("AR", "ar"), ("sw", "en"), ("", "en")]
)
def test_readers_are_served_in_the_nearest_official_language(tag: str, served: str) -> None:
    assert official_language(tag) == served


@pytest.mark.parametrize("number", [0, 18, -1])
def test_there_is_no_such_goal(number: int) -> None:
    with pytest.raises(IndexError):
        catalogue().goal(number)
