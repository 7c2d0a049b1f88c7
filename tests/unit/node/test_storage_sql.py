"""The store's SQL keeps to what SQLite and PostgreSQL share; a store of a newer version is refused."""

import re
from pathlib import Path

import pytest

from node.storage import schema
from node.storage.database import Database, StoreError
from protocol.errors import LocalError

STORAGE = Path(schema.__file__).parent
FOREIGN = (
    "AUTOINCREMENT", "INSERT OR", "REPLACE INTO", "IFNULL", "GLOB", "ROWID", "STRFTIME", "DATETIME(", "GROUP_CONCAT",
    "JSON_EXTRACT", "RETURNING ROWID", "WITHOUT ROWID",
)  # fmt: skip


@pytest.mark.parametrize("module", sorted(path.name for path in Path(schema.__file__).parent.glob("*.py")))
def test_statements_keep_to_what_both_engines_know(module: str) -> None:
    text = (STORAGE / module).read_text()
    for word in FOREIGN:
        assert word not in text.upper(), word
    if module != "database.py":
        assert "PRAGMA" not in text.upper()
        for statement in re.findall(r'"((?:SELECT|INSERT|UPDATE|DELETE)[^"]*)"', text):
            assert "?" not in statement, f"place-holders are written $1: {statement}"


async def test_a_store_of_a_newer_version_is_refused_in_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite3"
    database = Database(path)
    await database.open()
    await database.write(lambda c: c.execute("INSERT INTO schema_version (steps) VALUES ($1)", 99))
    await database.close()
    newer = Database(path)
    with pytest.raises(LocalError, match="newer version"):
        await newer.open()
    await newer.close()


async def test_a_file_that_is_no_store_is_refused_in_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite3"
    path.write_bytes(b"not a database" * 100)
    database = Database(path)
    with pytest.raises(StoreError, match=r"store\.sqlite3"):
        await database.open()
    await database.close()
