"""Agendas as PDF at their addresses: one language, all of them, tags, and what is said where there is none."""

from collections.abc import Iterator

import pytest

from tests.support.printed import edition
from tests.unit.web.conftest import MakeSite, Site
from web.bodies import Body
from web.editions.edition import Edition
from web.pages.agenda_pdf import languages_of
from web.pdf.press import Press, PressBusyError, PressError
from web.pdf.typesetting import FontsMissingError


class BrokenPress(Press):
    """A press that makes nothing."""

    def __init__(self, failure: Exception) -> None:
        super().__init__()
        self.failure = failure

    async def pdf(self, document: bytes) -> Body:
        raise self.failure


async def test_an_agenda_is_answered_as_a_pdf_with_a_tag(site: Site) -> None:
    response = await site.client.get("/en/agenda/1/agenda.pdf")
    assert response.status == 200
    assert response.content_type == "application/pdf"
    assert response.headers["Content-Disposition"] == 'inline; filename="agenda-1-en.pdf"'
    assert response.headers["Content-Language"] == "en"
    tag = response.headers["ETag"]
    assert not tag.startswith("W/")
    assert (await response.read()).startswith(b"%PDF-1.7")
    again = await site.get("/en/agenda/1/agenda.pdf", **{"If-None-Match": tag})
    assert (again.status, again.text) == (304, "")
    other = await site.get("/en/agenda/1/agenda.pdf", **{"If-None-Match": '"other"'})
    assert other.status == 200


async def test_a_version_that_isn_t_there(site: Site) -> None:
    assert (await site.get("/en/agenda/999/agenda.pdf")).status == 404
    assert (await site.get("/en/agenda/999/agenda-all.pdf")).status == 404


async def test_the_agenda_s_page_leads_to_it(site: Site) -> None:
    text = (await site.get("/fr/agenda/1")).text
    assert 'href="/fr/agenda/1/agenda.pdf"' in text
    assert 'href="/fr/agenda/1/agenda-all.pdf"' in text


async def test_one_file_has_every_language_that_some_text_is_in() -> None:
    found = await edition("en")
    spoken = languages_of(found)
    assert spoken == {text.partition("-")[0] for text in _tags(found)}


def _tags(found: Edition) -> Iterator[str]:
    for item in found.items:
        yield item.text.lang
        yield from (each.lang for each in item.text.translations)


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        (FontsMissingError(["Chinese"], ["pip install a-font"]), "pip install a-font"),
        (PressBusyError("busy"), "one PDF after the other"),
        (PressError("it took longer"), "There is no PDF of this agenda here"),
    ],
)
async def test_where_there_is_no_pdf_the_page_says_why_and_what_else_there_is(
    make_site: MakeSite, failure: Exception, words: str
) -> None:
    site = await make_site(press=BrokenPress(failure))
    seen = await site.get("/en/agenda/1/agenda.pdf")
    assert seen.status == 503
    assert words in seen.text
    assert "in another form" in seen.text
