"""Which translations of a text count, kept beside the events: SPEC.md, 2.65."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, cast

from node.storage import events as store
from node.storage.database import Connection
from protocol import limits
from protocol.chain import ForkProof
from protocol.envelope import Verified, reopen_verified
from protocol.events.discussion import Translation

_COLUMNS: Final = (
    "translations.original, translations.lang, translations.member, translations.event, translations.text,"
    " translations.time"
)
_SHOWN: Final = (
    " JOIN texts AS mine ON mine.hash = translations.text AND mine.data IS NOT NULL"
    " LEFT JOIN texts AS theirs ON theirs.hash = translations.original"
    " WHERE theirs.erased_by IS NULL AND length(mine.data) <= translations.size"
)
"""Those that may be shown: held, no longer than was said, and the text that they translate is not erased."""
_MARKS_MAX: Final = 400


@dataclass(frozen=True, slots=True)
class TranslationRow:
    """A counted translation: the hash of the original, its language, who translated, its event, its hash, and when."""

    original: str
    lang: str
    member: str
    event: str
    text: str
    time: int


def update(connection: Connection, accepted: Sequence[Verified], forks: Sequence[ForkProof]) -> None:
    """Bring the translations up to date with events just stored and with new forks."""
    for verified in accepted:
        if isinstance(verified.event.body, Translation):
            _add(connection, verified, verified.event.body)
    for proof in forks:
        sql = "SELECT DISTINCT subject, member FROM events WHERE kind = 'translation' AND key = $1 AND seq >= $2"
        for original, member in connection.rows(sql, proof.key, proof.seq):
            _count_anew(connection, str(original), str(member))


def rebuild(connection: Connection) -> None:
    """Throw the rows away and make them anew from the events."""
    connection.execute("DELETE FROM translations")
    for stored in store.of_kind(connection, "translation"):
        update(connection, [reopen_verified(stored.envelope)], [])


def of_text(connection: Connection, original: str) -> list[TranslationRow]:
    """Return the translations of a text that may be shown, by language and the newest first."""
    sql = f"SELECT {_COLUMNS} FROM translations{_SHOWN} AND translations.original = $1"
    order = f" ORDER BY translations.lang, translations.time DESC, translations.member LIMIT {_MARKS_MAX}"
    return [_row(row) for row in connection.rows(sql + order, original)]


def of_texts(connection: Connection, originals: Sequence[str], language: str) -> list[TranslationRow]:
    """Return the translations of texts into a language, with any script or region, that may be shown."""
    sql = f"SELECT {_COLUMNS} FROM translations{_SHOWN} AND translations.original"
    return [row for row in map(_row, connection.rows_among(sql, originals)) if row.lang.split("-")[0] == language]


def shown(connection: Connection) -> list[TranslationRow]:
    """Return all translations that may be shown."""
    return [_row(row) for row in connection.rows(f"SELECT {_COLUMNS} FROM translations{_SHOWN}")]


def original_of(connection: Connection, text: str) -> str | None:
    """Return the hash of what a text translates, or None if it is no counted translation."""
    found = connection.value("SELECT original FROM translations WHERE text = $1", text)
    return found if isinstance(found, str) else None


def _row(row: Sequence[object]) -> TranslationRow:
    return TranslationRow(*cast("tuple[str, str, str, str, str, int]", row))


def _add(connection: Connection, verified: Verified, body: Translation) -> None:
    """Count a translation, if nothing later of its member's into the language does and it has no more than it may."""
    event = verified.event
    connection.execute(
        "INSERT INTO translations (original, lang, member, event, text, size, time, seq)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (original, lang, member) DO UPDATE"
        " SET event = excluded.event, text = excluded.text, size = excluded.size, time = excluded.time,"
        " seq = excluded.seq WHERE (excluded.time, excluded.seq, excluded.event)"
        " > (translations.time, translations.seq, translations.event)",
        *(body.of, body.text.lang, event.member, verified.id, body.text.sha256, body.text.size, event.time, event.seq),
    )
    sql = "SELECT lang FROM translations WHERE original = $1 AND member = $2 ORDER BY lang LIMIT 1 OFFSET $3"
    for (lang,) in connection.rows(sql, body.of, event.member, limits.TRANSLATION_LANGUAGES_MAX):
        connection.execute(
            "DELETE FROM translations WHERE original = $1 AND member = $2 AND lang = $3", body.of, event.member, lang
        )


def _count_anew(connection: Connection, original: str, member: str) -> None:
    """Bring a member's translations of a text in line with the events that still count."""
    connection.execute("DELETE FROM translations WHERE original = $1 AND member = $2", original, member)
    for envelope in store.about_by(connection, original, "translation", member):
        verified = reopen_verified(envelope)
        if isinstance(verified.event.body, Translation):
            _add(connection, verified, verified.event.body)
