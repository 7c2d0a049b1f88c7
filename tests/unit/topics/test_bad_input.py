"""Whatever members paste is grouped, labelled and compared without a crash, and nothing is made up about it."""

from typing import Any

import pytest

from tests.support.classifiers import classifier
from topics.engine import Engine
from topics.wire import Arrange, Duplicates, MakeGroups, Remember, Similar, TextItem

ODD = {
    "empty": "",
    "spaces": " \n\t ",
    "word": "water",
    "long": "Clean water for villages. " * 2_300,
    "mixed": "Clean вода 水 مياه agua eau 💧 for all",
    "rtl": "خطة 2030: 17 هدفا و169 غاية (2015–2030)",
    "emoji": "🌊🌊🌊🔥",
    "html": "<script>alert(1)</script><p style='x'>Coral &amp; reefs</p>",
    "controls": "a\x00b\u202ec\ufeff\ud800",
    "numbers": "1234567890 3.14 42",
    "unknown": "Ibyo dukeneye ni amazi meza mu midugudu yose",
    "nonsense": "xqzt vbnm wrtp",
}


def items(**more: str) -> list[TextItem]:
    return [TextItem(id=name, text=text[:20_000]) for name, text in (ODD | more).items() if name != "controls"]


def board_of(asked: list[TextItem]) -> dict[str, Any]:
    own = Engine(classifier())
    own.remember(Remember(id="r", op="remember", items=asked))
    return own.arrange(Arrange(id="a", op="arrange"))


def test_odd_texts_are_grouped_and_labelled() -> None:
    asked = items()
    found = Engine(classifier()).group(MakeGroups(id="g", op="group", items=asked))["groups"]
    assert sorted(member for one in found for member in one["members"]) == sorted(item.id for item in asked)
    for one in found:
        assert all(label for label in one["label"].values())
        assert one["label"]
        assert "<" not in str(one["label"])
        assert 0.0 <= one["sureness"] <= 1.0
    alone = {one["members"][0]: one for one in found if len(one["members"]) == 1}
    assert {"empty", "spaces", "emoji", "numbers"} <= alone.keys()
    assert all(alone[name]["goals"] == [] for name in ("empty", "spaces", "emoji", "numbers"))


def test_odd_texts_stand_on_the_board_and_leave_it() -> None:
    told = board_of(items())
    assert sorted(member for one in told["groups"] for member in one["members"]) == sorted(i.id for i in items())
    assert len({tuple(one["place"]) for one in told["groups"]}) == len(told["groups"])


@pytest.mark.parametrize("name", ODD)
def test_an_odd_text_is_compared_with_others(name: str) -> None:
    text = ODD[name].encode("utf-8", "replace").decode()[:20_000]
    others = [TextItem(id="other", text="Teachers for village schools"), TextItem(id="same", text=text)]
    own = Engine(classifier())
    matches = own.similar(Similar(id="s", op="similar", text=text, items=others))["matches"]
    pairs = own.duplicates(Duplicates(id="d", op="duplicates", items=[*others, TextItem(id="twin", text=text)]))[
        "pairs"
    ]
    is_blank = name in ("empty", "spaces")
    assert [match["id"] for match in matches] == ([] if is_blank else ["same"])
    assert [(pair["first"], pair["second"]) for pair in pairs] == ([] if is_blank else [("same", "twin")])


def test_the_same_text_a_thousand_times_is_one_group_with_a_label() -> None:
    vector = classifier().classify("Wells for clean water").vector
    given = {"model": vector.model, "values": list(vector.values)}
    asked = [
        TextItem.model_validate({"id": f"{n:04}", "text": "Wells for clean water", "vector": given, "goals": [6]})
        for n in range(1_000)
    ]
    (one,) = board_of(asked)["groups"]
    (two,) = Engine(classifier()).group(MakeGroups(id="g", op="group", items=asked))["groups"]
    assert len(one["members"]) == len(two["members"]) == 1_000
    assert "water" in one["label"]["en"]
    assert one["label"] == two["label"]
    pairs = Engine(classifier()).duplicates(Duplicates(id="d", op="duplicates", items=asked))["pairs"]
    assert len(pairs) == 999
