"""The code to scan leads to the node's page that checks, or holds the fingerprints where nobody can reach the node."""

import pytest

from tests.support.printed import edition
from web.i18n import Languages
from web.pdf.codes import is_public, scan_code


@pytest.mark.parametrize("address", ["https://agenda.example.org", "http://192.0.2.7:8080", "https://[2001:db8::1]"])
def test_an_address_that_others_reach(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    ["http://127.0.0.1:8080", "http://localhost:8080", "http://a.localhost", "http://[::1]:1", "http://0.0.0.0:1"],
)
def test_an_address_that_only_the_node_s_own_machine_reaches(address: str) -> None:
    assert not is_public(address)


async def test_the_code_leads_to_the_page_that_checks(languages: Languages) -> None:
    code = scan_code(await edition("en"), "https://agenda.example.org")
    assert code.address == "https://agenda.example.org/offline/check.html"
    assert code.address in code.alt(languages.default)


async def test_without_an_address_the_code_holds_the_fingerprints(languages: Languages) -> None:
    found = await edition("en")
    code = scan_code(found, "http://127.0.0.1:8080")
    assert code.address == ""
    assert "http" not in code.alt(languages.default)
    assert code.text.splitlines()[1:] == [
        f"federation {found.federation.id}",
        f"tellers {found.federation.tellers_fingerprint}",
        f"document {found.document_sha256}",
    ]


async def test_the_code_in_the_address_names_fingerprint_and_language() -> None:
    found = await edition("fr")
    assert scan_code(found, "https://a.example").text == (
        f"https://a.example/offline/check.html#fingerprint={found.federation.id}&lang=fr"
    )
