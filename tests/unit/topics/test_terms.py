from topics.terms import CHARACTERS_READ, PAIRS_MAX, WORDS_MAX, telling_terms


def test_each_telling_word_and_pair_once_in_the_language_given() -> None:
    lang, found = telling_terms("The cholera outbreak: cholera and the water supply. Water supply!", "en-GB")
    assert lang == "en"
    assert [term for term in found if " " not in term] == ["cholera", "outbreak", "water", "supply"]
    assert [term for term in found if " " in term][:2] == ["cholera outbreak", "outbreak cholera"]
    assert "the water" not in found


def test_the_language_is_detected_and_chinese_is_cut() -> None:
    lang, found = telling_terms("我们提议建立区域性的霍乱疫情预警系统，以保护儿童的健康。")
    assert lang == "zh"
    assert "霍乱" in found
    assert not any(word in found for word in ("我们", "的"))


def test_long_and_empty_texts() -> None:
    long = " ".join(f"word{chr(97 + n % 26)}{chr(97 + n // 26 % 26)}{chr(97 + n // 676)}" for n in range(5_000))
    _, found = telling_terms(long, "en")
    assert len(found) == WORDS_MAX + PAIRS_MAX
    assert telling_terms(long[:CHARACTERS_READ], "en")[1] == found
    assert telling_terms("", "en") == ("en", [])
    assert telling_terms("🎉 42 !!!")[1] == []
