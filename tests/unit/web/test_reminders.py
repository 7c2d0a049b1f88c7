"""A reminder reaches the delegates of a member that hasn't voted."""

import pytest

from tests.support.web_content import round_numbered
from tests.unit.web.conftest import Site
from web.desk_views import ReminderNotice


@pytest.mark.parametrize("path", ["/rounds", "/yours"])
async def test_a_delegate_is_reminded_where_rounds_and_needs_stand(site: Site, path: str) -> None:
    found = round_numbered(site.backend, 20).summary
    site.backend.desk.notices = (ReminderNotice(found.id, 20, site.backend.clock, found.closes),)
    words = "The secretariat reminds your member to vote in round 20."
    assert words not in (await site.get("/rounds")).text
    site.sign_in("operator")
    assert words not in (await site.get(path)).text
    site.sign_in("delegate")
    seen = await site.get(path)
    assert words in seen.text
    assert seen.page.faults == []
