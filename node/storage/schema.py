"""The schema, as the list of steps that lead to it. A store remembers how many it has taken; steps never change."""

from typing import TYPE_CHECKING

from protocol.errors import LocalError

if TYPE_CHECKING:
    from node.storage.database import Connection

STEPS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE events (
            position INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            key TEXT NOT NULL,
            seq BIGINT NOT NULL,
            prev TEXT,
            member TEXT NOT NULL,
            kind TEXT NOT NULL,
            time BIGINT NOT NULL,
            subject TEXT NOT NULL,
            chained INTEGER NOT NULL,
            received BIGINT NOT NULL,
            payload BYTEA NOT NULL,
            signature BYTEA NOT NULL
        )""",
        "CREATE UNIQUE INDEX events_by_chain ON events (key, seq) WHERE chained = 1",
        "CREATE INDEX events_by_subject ON events (subject, kind, member, position)",
        "CREATE INDEX events_by_kind ON events (kind, member, position)",
        """CREATE TABLE heads (
            key TEXT PRIMARY KEY,
            length BIGINT NOT NULL,
            id TEXT,
            fork_at BIGINT
        )""",
        """CREATE TABLE texts (
            hash TEXT PRIMARY KEY,
            event TEXT NOT NULL,
            member TEXT NOT NULL,
            lang TEXT NOT NULL,
            size BIGINT NOT NULL,
            data BYTEA,
            erased_by TEXT
        )""",
        "CREATE INDEX texts_missing ON texts (hash) WHERE data IS NULL AND erased_by IS NULL",
        """CREATE TABLE register (
            height INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            kind TEXT NOT NULL,
            subject TEXT NOT NULL,
            certificate BYTEA NOT NULL
        )""",
        "CREATE INDEX register_by_subject ON register (subject, height)",
        """CREATE TABLE forks (
            key TEXT PRIMARY KEY,
            seq BIGINT NOT NULL,
            first BYTEA NOT NULL,
            second BYTEA NOT NULL
        )""",
        "CREATE TABLE cursors (peer TEXT PRIMARY KEY, name TEXT NOT NULL, position BIGINT NOT NULL)",
        "CREATE TABLE locks (scope TEXT PRIMARY KEY, value TEXT NOT NULL)",
        "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
        """CREATE TABLE proposals (
            id TEXT PRIMARY KEY,
            position BIGINT NOT NULL,
            member TEXT NOT NULL,
            track TEXT NOT NULL,
            text TEXT NOT NULL,
            goals BIGINT NOT NULL,
            endorsements BIGINT NOT NULL,
            is_counted INTEGER NOT NULL
        )""",
        "CREATE INDEX proposals_by_position ON proposals (position)",
        """CREATE TABLE endorsements (
            proposal TEXT NOT NULL,
            member TEXT NOT NULL,
            endorses INTEGER NOT NULL,
            PRIMARY KEY (proposal, member)
        )""",
        """CREATE TABLE accounts (
            id TEXT PRIMARY KEY,
            name TEXT NOT NULL,
            member TEXT NOT NULL,
            roles TEXT NOT NULL,
            lang TEXT
        )""",
        """CREATE TABLE links (
            token_hash TEXT PRIMARY KEY,
            account TEXT NOT NULL,
            expires BIGINT NOT NULL
        )""",
        """CREATE TABLE sessions (
            secret_hash TEXT PRIMARY KEY,
            account TEXT NOT NULL,
            csrf TEXT NOT NULL,
            expires BIGINT NOT NULL,
            ends BIGINT NOT NULL
        )""",
    ),
    (
        "DROP INDEX events_by_kind",
        "CREATE INDEX events_by_kind ON events (kind, position)",
    ),
    (
        "ALTER TABLE proposals ADD COLUMN sponsor TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE proposals ADD COLUMN stage TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE proposals ADD COLUMN minutes BIGINT NOT NULL DEFAULT 0",
        "ALTER TABLE proposals ADD COLUMN ready_amendments BIGINT NOT NULL DEFAULT 0",
        "ALTER TABLE proposals ADD COLUMN due BIGINT",
        "ALTER TABLE proposals ADD COLUMN due_stage TEXT",
        "ALTER TABLE proposals ADD COLUMN touched BIGINT NOT NULL DEFAULT 1",
        "CREATE INDEX proposals_touched ON proposals (position) WHERE touched > 0",
        """CREATE TABLE merges (
            proposal TEXT NOT NULL,
            consolidation TEXT NOT NULL,
            PRIMARY KEY (proposal, consolidation)
        )""",
    ),
    (
        """CREATE TABLE grouped (
            proposal TEXT PRIMARY KEY,
            name TEXT NOT NULL,
            across BIGINT NOT NULL,
            down BIGINT NOT NULL
        )""",
    ),
    (
        """CREATE TABLE tokens (
            id TEXT PRIMARY KEY,
            secret_hash TEXT NOT NULL UNIQUE,
            account TEXT NOT NULL,
            name TEXT NOT NULL,
            scopes TEXT NOT NULL,
            made BIGINT NOT NULL,
            expires BIGINT NOT NULL,
            last_used BIGINT
        )""",
        "CREATE INDEX tokens_by_account ON tokens (account, made)",
        """CREATE TABLE token_keys (
            token TEXT NOT NULL,
            name TEXT NOT NULL,
            digest TEXT NOT NULL,
            answer TEXT,
            at BIGINT NOT NULL,
            PRIMARY KEY (token, name)
        )""",
        "CREATE INDEX token_keys_by_time ON token_keys (token, at)",
    ),
)
"""1: the first version. 2: new events go to the end of the index of their kind, however many members there are.
3: each proposal's stage, what will become of it by itself and when, and which proposals would consolidate it.
4: the automatic group of each proposal and where that lies on the map, so that its letter outlives a restart.
5: tokens of members' own systems, and the idempotency keys of their requests."""


def migrate(connection: "Connection") -> None:
    """Take the steps that a store hasn't taken yet. Raises LocalError for a store of a newer version."""
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("CREATE TABLE IF NOT EXISTS schema_version (steps INTEGER NOT NULL)")
    taken = connection.value("SELECT max(steps) FROM schema_version")
    done = taken if isinstance(taken, int) else 0
    if done > len(STEPS):
        connection.execute("ROLLBACK")
        raise LocalError(f"the store was written by a newer version (schema {done}); install that version or newer")
    for number, statements in enumerate(STEPS[done:], start=done + 1):
        for statement in statements:
            connection.execute(statement)
        connection.execute("INSERT INTO schema_version (steps) VALUES ($1)", number)
    connection.execute("COMMIT")
