import random

import pytest

from tests.support.classifiers import classifier, encoder
from topics.artifact import load
from topics.classify import ACCEPT, Classifier, Suggestion
from topics.embed import Vector
from topics.taxonomy.catalogue import LANGUAGES, catalogue

WATER = {
    "en": "Wells and latrines for villages without safe drinking water and sanitation",
    "zh": "为缺乏安全饮用水和卫生设施的村庄修建水井和厕所",
    "fr": "Des puits et des latrines pour les villages sans eau potable ni assainissement",
    "ru": "Колодцы и туалеты для деревень без безопасной питьевой воды и санитарии",
    "es": "Pozos y letrinas para aldeas sin agua potable ni saneamiento",
    "ar": "آبار ومراحيض للقرى التي تفتقر إلى مياه الشرب المأمونة والصرف الصحي",
    "pt": "Poços e latrinas para aldeias sem água potável nem saneamento",
    "de": "Brunnen und Latrinen für Dörfer ohne sauberes Trinkwasser und Sanitärversorgung",
    "ja": "安全な飲料水と衛生設備のない村のための井戸とトイレ",
}


def suggest(text: str, lang: str = "", reader: str = "") -> Suggestion:
    return classifier().classify(text, lang, None, reader)


@pytest.mark.parametrize("lang", sorted(WATER))
def test_one_matter_lands_on_one_goal_in_every_language(lang: str) -> None:
    found = suggest(WATER[lang])
    assert found.lang == lang
    assert found.accepted[0] == 6
    assert found.targets[0].goal == 6


def test_a_text_between_goals_is_given_both() -> None:
    found = suggest(
        "Scholarships and mentoring so that girls and women stay in engineering studies, and equal pay for "
        "women researchers in universities"
    )
    assert {4, 5} <= set(found.accepted)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "?!",
        "12345 67890",
        "🙂🙂🙂",
        "The striker scored twice before half-time and the crowd went wild.",
        "Whisk the cream, fold in the chocolate and chill the mousse overnight.",
        "主唱的新专辑封面是一只黑猫,歌迷议论纷纷。",
        "asdf qwer zxcv uiop hjkl",
        "Lorem ipsum dolor sit amet consectetur adipiscing elit",
    ],
)
def test_a_text_on_no_goal_is_left_alone(text: str) -> None:
    found = suggest(text)
    assert found.accepted == ()
    assert found.reasons == ()
    assert max(found.goals) < ACCEPT


@pytest.mark.parametrize(
    ("lang", "letters"),
    [("ru", "абвгдежзийклмнопрстуф"), ("fr", "abcdefghilmnoprstuv"), ("ar", "ابتثجحخدذرزسشصطعغفقكلمنهوي")],
)
def test_letters_at_random_are_left_alone(lang: str, letters: str) -> None:
    rng = random.Random(17)
    text = " ".join("".join(rng.choices(letters, k=rng.randint(4, 10))) for _ in range(120))
    assert suggest(text, lang).accepted == ()


def test_a_suggestion_is_in_order() -> None:
    found = suggest("Solar power, drinking water and fertile soils for the villages of the dry north")
    chances = [found.goals[goal - 1] for goal in found.accepted]
    assert chances == sorted(chances, reverse=True)
    assert all(chance >= ACCEPT for chance in chances)
    assert all(0.0 <= chance <= 1.0 for chance in found.goals)
    assert {reason.goal for reason in found.reasons} == set(found.accepted)
    assert {target.goal for target in found.targets} == set(found.accepted)
    assert found.classifier == load().sha256
    assert found.vector.model == encoder().model


def test_reasons_quote_the_text_and_the_official_target_for_the_reader() -> None:
    reason = suggest(WATER["en"], reader="fr").reasons[0]
    assert reason.goal == 6
    assert reason.words
    assert all(word in WATER["en"].lower() for term in reason.words for word in term.split())
    wording = {target.id: target.text["fr"] for target in catalogue().targets}
    assert reason.official == wording[reason.target]


def test_a_stored_vector_gives_what_the_text_gives() -> None:
    found = suggest(WATER["es"])
    assert classifier().classify(WATER["es"], "es", found.vector) == found


@pytest.mark.parametrize("text", [*WATER.values(), "", "सभी के लिए स्वच्छ जल"])
def test_judging_gives_what_classifying_gives(text: str) -> None:
    found = suggest(text)
    row, goals = classifier().judge(text)
    assert (goals, tuple(row.tolist())) == (found.goals, found.vector.values)


def test_a_vector_of_another_encoder_is_computed_anew() -> None:
    found = classifier().classify(WATER["en"], "", Vector("0" * 64, (1,) * 512))
    assert found == suggest(WATER["en"])


def test_the_same_text_a_thousand_times_is_still_about_the_same() -> None:
    found = suggest("clean water " * 1_600)
    assert found.accepted[0] == 6


@pytest.mark.parametrize(
    "text",
    ["\u202eabc مياه 123 🙂 <b>x", "ა" * 20_000, "<" * 5_000, "a\u0301" * 3_000, "\x00\x01 water \ufffe", "水" * 9_000],
)
def test_odd_texts_get_a_sensible_answer(text: str) -> None:
    found = suggest(text)
    assert len(found.goals) == 17
    assert all(0.0 <= chance <= 1.0 for chance in found.goals)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_official_goals_are_recognised_in_their_seven_languages(lang: str) -> None:
    right = [
        goal.number == max(range(17), key=lambda g: found[g]) + 1
        for goal in catalogue().goals
        if (found := suggest(goal.title[lang], lang).goals)
    ]
    assert sum(right) >= 16


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("Tất cả mọi người đều cần nước sạch và vệ sinh an toàn ở nông thôn", "vi"),
        ("ሁሉም ሰው ንጹህ ውሃ ያስፈልገዋል", "am"),
        ("सभी के लिए स्वच्छ जल और स्वच्छता", "hi"),
    ],
)
def test_in_a_language_of_which_nothing_is_known_nothing_is_said(text: str, lang: str) -> None:
    found = suggest(text)
    assert found.lang == lang
    assert found.accepted == ()
    assert max(found.goals) == 0.0


def test_a_language_that_the_encoder_lacks_gets_words_as_reasons_and_no_target() -> None:
    found = suggest("Kukomesha umaskini wa kila namna kila mahali, umaskini uliokithiri", "sw")
    assert found.accepted[0] == 1
    assert found.targets == ()
    assert "umaskini" in " ".join(found.reasons[0].words)
    assert found.reasons[0].target == found.reasons[0].official == ""


@pytest.mark.parametrize("lang", ["zh", "fr", "ru", "es", "ar", "pt"])
def test_reasons_quote_the_text_in_its_own_language(lang: str) -> None:
    reason = suggest(WATER[lang], lang).reasons[0]
    assert reason.goal == 6
    assert reason.words
    assert all(word in WATER[lang].lower() for phrase in reason.words for word in phrase.split())


def test_the_company_that_a_text_comes_in_changes_nothing() -> None:
    one, two = Classifier(encoder()), Classifier(encoder())
    there = [one.classify(text, lang) for lang, text in WATER.items()]
    back = [two.classify(text, lang) for lang, text in reversed(WATER.items())]
    assert there == back[::-1]
