"""Every string that pages show is marked, and every catalogue translates all of them."""

import io
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from consensus.fairness.sentences import FAIRNESS_SENTENCES
from consensus.rules.sentences import SENTENCES
from web import constituencies, criteria, errors, forms, goals, refusals, rule_words, token_words
from web.catalogues import PACKAGE, TRANSLATIONS, gathered, updated
from web.i18n import Languages, untranslated
from web.marking import CONTEXT_END, P_

CATALOGUES = sorted(TRANSLATIONS.glob("*.po"))
NAMES_ALIKE_EVERYWHERE = {"Comitia", "CSV", "sha-256", "OpenAPI 3.1"}
SPOKEN_ATTRIBUTES = {"aria-label", "title", "alt", "placeholder", "data-left", "data-over"}
PLACEHOLDER = re.compile(r"%\(\w+\)\d*[ds]|\{\w+\}")


@pytest.fixture(scope="module")
def template() -> Catalog:
    return gathered()


def ids(catalogue: Catalog) -> set[str]:
    """Return the messages of a catalogue, those in a context as gettext() takes them."""
    return {
        f"{message.context}{CONTEXT_END}{message.id}"
        if message.context
        else message.id
        if isinstance(message.id, str)
        else message.id[0]
        for message in catalogue
        if message.id
    }


def test_there_are_the_six_languages_besides_english() -> None:
    assert [path.stem for path in CATALOGUES] == ["ar", "es", "fr", "pt", "ru", "zh"]


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.stem)
def test_a_catalogue_translates_everything(path: Path, template: Catalog) -> None:
    catalogue = read_po(io.BytesIO(path.read_bytes()), locale=path.stem)
    assert ids(template) - ids(catalogue) == set(), "run python -m web.catalogues, then translate"
    assert ids(catalogue) - ids(template) == set(), "run python -m web.catalogues"
    assert untranslated(catalogue) == []


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.stem)
def test_a_translation_keeps_the_placeholders(path: Path) -> None:
    wrong = []
    for message in read_po(io.BytesIO(path.read_bytes()), locale=path.stem):
        if not message.id:
            continue
        sources = (message.id,) if isinstance(message.id, str) else message.id
        strings = (message.string,) if isinstance(message.string, str) else tuple(message.string or ())
        wanted = set(PLACEHOLDER.findall(sources[-1]))
        spare = set() if isinstance(message.id, str) else {"%(num)d"}
        for string in strings:
            found = set(PLACEHOLDER.findall(string))
            if not (found <= wanted and wanted - spare <= found):
                wrong.append((sources[0], string))
    assert wrong == []


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.stem)
def test_a_catalogue_holds_no_markup(path: Path) -> None:
    """Messages of templates aren't escaped, so a catalogue must not bring tags in."""
    assert not re.search(r"<[a-zA-Z/!]", path.read_text())


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.stem)
def test_bringing_up_to_date_changes_nothing(path: Path, template: Catalog) -> None:
    assert updated(path.read_bytes(), path.stem, template) == path.read_bytes()


def test_an_incomplete_catalogue_is_not_offered(languages: Languages) -> None:
    assert [language.code for language in languages.offered] == ["en", "zh", "fr", "ru", "es", "ar", "pt"]
    catalogue = Catalog(locale="fr")
    catalogue.add("Agenda")
    assert untranslated(catalogue) == ["Agenda"]
    catalogue.add(("%(num)d item", "%(num)d items"), ("%(num)d point", ""))
    assert len(untranslated(catalogue)) == 2


def test_a_message_with_several_senses_is_translated_in_the_one_that_its_context_names(languages: Languages) -> None:
    source, french = languages.find("en"), languages.find("fr")
    assert source is not None
    assert french is not None
    assert (french.gettext("Comment"), french.gettext(P_("scope", "Comment"))) == ("Commentaire", "Commenter")
    assert french.pgettext("scope", "Comment") == "Commenter"
    assert (source.gettext(P_("scope", "Comment")), source.pgettext("scope", "Comment")) == ("Comment", "Comment")


class _Words(HTMLParser):
    """Gathers what a reader would see or hear of a template whose expressions are blanked out."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []

    def handle_data(self, data: str) -> None:
        self.found.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value or "" for name, value in attrs if name in SPOKEN_ATTRIBUTES]


@pytest.mark.parametrize("path", sorted((PACKAGE / "templates").glob("*.html")), ids=lambda path: path.stem)
def test_a_template_has_no_unmarked_words(path: Path) -> None:
    source = re.sub(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", "", path.read_text(), flags=re.DOTALL)
    reader = _Words()
    reader.feed(source)
    attributes = re.compile(r'[\w-]+="[^"]*"')
    words = {attributes.sub("", word).strip() for word in reader.found}
    words = {word for word in words if re.search(r"[^\W\d_]{2,}", word)}
    assert words - NAMES_ALIKE_EVERYWHERE == set()


def test_every_word_that_python_holds_is_gathered(template: Catalog) -> None:
    known = ids(template)
    kinds: list[type[errors.PageError]] = [errors.PageError, *errors.PageError.__subclasses__()]
    held = {part for kind in kinds for part in (kind.title, kind.happened, kind.kept, kind.remedy) if part}
    held |= {message for form in forms.Form.__subclasses__() for message in form.MESSAGES.values()}
    held |= {*goals.NAMES.values(), *constituencies.REGIONS.values(), *SENTENCES.values()}
    held |= set(FAIRNESS_SENTENCES.values())
    held |= {part for entry in refusals._WORDS.values() for part in entry[1:] if part}
    held |= {*rule_words._AT_LEAST.values(), *rule_words._ALL.values(), *rule_words._MORE_THAN.values()}
    held |= {word for words in token_words.SCOPE_WORDS.values() for word in words}
    held |= {*criteria.NAMES.values(), *rule_words._MEASURES.values(), *rule_words._TIES.values()}
    assert held - known == set()
