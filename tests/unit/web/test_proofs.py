"""Proofs as files, linked from the pages that they prove."""

import pytest

from tests.support.offline_verifier import OFFLINE
from tests.support.web_proofs import FULL, SHORT
from tests.unit.web.conftest import Site


async def fetched(site: Site, path: str) -> tuple[int, bytes, str]:
    response = await site.client.get(path)
    return response.status, await response.read(), response.headers.get("Content-Disposition", "")


async def test_an_agenda_has_a_full_and_a_short_proof(site: Site) -> None:
    status, data, name = await fetched(site, "/agenda/1/full.comitia-proof")
    assert (status, data) == (200, FULL)
    assert name.endswith('-agenda-1.comitia-proof"')
    status, data, name = await fetched(site, "/agenda/1/proof.tlog-proof")
    assert (status, data) == (200, SHORT)
    assert name.endswith('-agenda-1.tlog-proof"')


async def test_a_round_has_a_full_proof(site: Site) -> None:
    status, data, name = await fetched(site, f"/rounds/{'a' * 64}/full.comitia-proof")
    assert (status, data) == (200, FULL)
    assert name.endswith('-round-aaaaaaaaaaaa.comitia-proof"')


@pytest.mark.parametrize(
    "path", ["/agenda/9/full.comitia-proof", "/agenda/9/proof.tlog-proof", f"/rounds/{'0' * 64}/full.comitia-proof"]
)
async def test_what_is_not_certified_has_no_proof(site: Site, path: str) -> None:
    assert (await fetched(site, path))[0] == 404


@pytest.mark.parametrize("path", ["/agenda/1/full.comitia-proof", f"/rounds/{'a' * 64}/full.comitia-proof"])
async def test_what_this_node_lacks_is_named(site: Site, path: str) -> None:
    site.backend.proofs.missing = "event 12345678, on which the closing at height 2 rests, is not here"
    status, data, _ = await fetched(site, path)
    assert status == 503
    assert b"event 12345678" in data


async def test_the_program_is_served_as_it_is(site: Site) -> None:
    status, data, name = await fetched(site, "/offline/verify_agenda.py")
    assert (status, data) == (200, (OFFLINE / "verify_agenda.py").read_bytes())
    assert name == 'attachment; filename="verify_agenda.py"'


async def test_pages_link_the_proofs_and_both_fingerprints(site: Site) -> None:
    agenda = (await site.get("/")).text
    assert "/full.comitia-proof" in agenda
    assert "/proof.tlog-proof" in agenda
    check = (await site.get("/verify")).text
    assert site.backend.proofs.tellers_fingerprint in check
    assert site.backend.federation().id in check
    assert "/offline/verify_agenda.py" in check
