"""A finding in words, in every language, with nothing left out."""

import pytest

from web.health_words import FINDING_CODES, finding_words
from web.i18n import Languages
from web.operator_port import Finding

VALUES: dict[str, str | int | tuple[str, ...]] = {
    **dict.fromkeys(("seq", "heard", "needed", "seconds", "nodes", "have", "tellers", "height", "claimed"), 7),
    **dict.fromkeys(("events", "megabytes", "days", "hours", "keys"), 7),
    **dict.fromkeys(("reason", "key", "name", "version", "newest"), "w"),
    "names": ("m1", "m2"),
}


@pytest.mark.parametrize("lang", ["en", "zh", "fr", "ru", "es", "ar", "pt"])
@pytest.mark.parametrize("code", sorted(FINDING_CODES))
def test_every_finding_is_worded(languages: Languages, lang: str, code: str) -> None:
    language = languages.find(lang)
    assert language is not None
    words = finding_words(language, Finding(code, "warn", VALUES), lambda member: f"<{member}>")
    assert words.said
    assert words.remedy
    assert "%(" not in words.said + words.remedy
    if code == "peers-away":
        assert "<m1>" in words.said
        assert "<m2>" in words.said
