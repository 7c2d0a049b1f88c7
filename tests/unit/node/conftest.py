"""What tests of a node share."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.told_accounts import Place, told_place
from web.i18n import Languages, load_languages


@pytest.fixture(scope="session")
def languages() -> Languages:
    return load_languages()


@pytest.fixture
async def place(tmp_path: Path, languages: Languages) -> AsyncIterator[Place]:
    """Return a store with accounts that are told things."""
    async with told_place(tmp_path, languages) as made:
        yield made
