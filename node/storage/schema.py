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
        """CREATE TABLE comments (
            id TEXT PRIMARY KEY,
            subject TEXT NOT NULL,
            member TEXT NOT NULL,
            key TEXT NOT NULL,
            seq BIGINT NOT NULL,
            time BIGINT NOT NULL,
            reply_to TEXT,
            thread TEXT NOT NULL,
            level BIGINT NOT NULL,
            text TEXT NOT NULL,
            lang TEXT NOT NULL,
            size BIGINT NOT NULL,
            placed BIGINT NOT NULL,
            path TEXT NOT NULL
        )""",
        "CREATE INDEX comments_by_place ON comments (subject, level, path, id)",
        "CREATE INDEX comments_by_thread ON comments (thread, path, id, level)",
        "CREATE INDEX comments_by_member ON comments (subject, member, seq, key)",
        "CREATE INDEX comments_by_time ON comments (subject, placed)",
        "CREATE INDEX comments_by_reply ON comments (reply_to) WHERE reply_to IS NOT NULL",
        """CREATE TABLE translations (
            original TEXT NOT NULL,
            lang TEXT NOT NULL,
            member TEXT NOT NULL,
            event TEXT NOT NULL,
            text TEXT NOT NULL,
            size BIGINT NOT NULL,
            time BIGINT NOT NULL,
            seq BIGINT NOT NULL,
            PRIMARY KEY (original, lang, member)
        )""",
        "CREATE INDEX translations_by_text ON translations (text)",
        """CREATE TABLE node_history (
            at BIGINT PRIMARY KEY,
            events BIGINT NOT NULL,
            stored BIGINT NOT NULL,
            free BIGINT NOT NULL,
            height BIGINT NOT NULL
        )""",
        """CREATE TABLE backup_checks (
            name TEXT PRIMARY KEY,
            checked BIGINT NOT NULL,
            fault TEXT NOT NULL
        )""",
        "ALTER TABLE accounts ADD COLUMN made BIGINT NOT NULL DEFAULT 0",
        "ALTER TABLE accounts ADD COLUMN handle TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE accounts ADD COLUMN sign_on TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE accounts ADD COLUMN sign_on_subject TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE accounts ADD COLUMN signed_in BIGINT",
        "ALTER TABLE accounts ADD COLUMN recovered BIGINT",
        "ALTER TABLE accounts ADD COLUMN recovered_by TEXT NOT NULL DEFAULT ''",
        "CREATE INDEX accounts_by_sign_on ON accounts (sign_on)",
        "ALTER TABLE links ADD COLUMN invited_by TEXT NOT NULL DEFAULT ''",
        "CREATE INDEX links_by_account ON links (account)",
        "ALTER TABLE sessions ADD COLUMN began BIGINT NOT NULL DEFAULT 0",
        "ALTER TABLE sessions ADD COLUMN used BIGINT NOT NULL DEFAULT 0",
        "ALTER TABLE sessions ADD COLUMN browser TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE sessions ADD COLUMN means TEXT NOT NULL DEFAULT 'link'",
        "CREATE INDEX sessions_by_account ON sessions (account)",
        """CREATE TABLE ended_sessions (
            secret_hash TEXT PRIMARY KEY,
            why TEXT NOT NULL,
            ended_by TEXT NOT NULL,
            at BIGINT NOT NULL,
            expires BIGINT NOT NULL
        )""",
        """CREATE TABLE passkeys (
            id TEXT PRIMARY KEY,
            account TEXT NOT NULL,
            public_key BYTEA NOT NULL,
            sign_count BIGINT NOT NULL,
            name TEXT NOT NULL,
            made BIGINT NOT NULL,
            used BIGINT
        )""",
        "CREATE INDEX passkeys_by_account ON passkeys (account)",
        """CREATE TABLE passwords (
            account TEXT PRIMARY KEY,
            hash TEXT NOT NULL,
            code_key BYTEA NOT NULL,
            last_step BIGINT NOT NULL,
            made BIGINT NOT NULL,
            used BIGINT
        )""",
        """CREATE TABLE recovery_codes (
            account TEXT NOT NULL,
            code_hash TEXT NOT NULL,
            PRIMARY KEY (account, code_hash)
        )""",
        """CREATE TABLE account_changes (
            number INTEGER PRIMARY KEY,
            at BIGINT NOT NULL,
            made_by TEXT NOT NULL,
            made_by_name TEXT NOT NULL,
            what TEXT NOT NULL,
            account TEXT NOT NULL,
            name TEXT NOT NULL,
            detail TEXT NOT NULL
        )""",
        "CREATE INDEX account_changes_by_account ON account_changes (account, number)",
        """CREATE TABLE desk_drafts (
            account TEXT NOT NULL,
            name TEXT NOT NULL,
            value TEXT NOT NULL,
            saved BIGINT NOT NULL,
            PRIMARY KEY (account, name)
        )""",
        """CREATE TABLE desk_requests (
            id TEXT PRIMARY KEY,
            kind TEXT NOT NULL,
            account TEXT NOT NULL,
            account_name TEXT NOT NULL,
            asked BIGINT NOT NULL,
            expires BIGINT NOT NULL,
            wanted TEXT NOT NULL
        )""",
        """CREATE TABLE notice_choices (
            account TEXT PRIMARY KEY,
            kinds TEXT NOT NULL,
            goals BIGINT NOT NULL,
            lead_ms BIGINT NOT NULL,
            rhythm TEXT NOT NULL,
            hour INTEGER NOT NULL,
            weekday INTEGER NOT NULL,
            zone TEXT NOT NULL,
            lang TEXT,
            address TEXT NOT NULL,
            is_mailing INTEGER NOT NULL,
            next_digest BIGINT NOT NULL,
            unsubscribe TEXT NOT NULL UNIQUE,
            feed TEXT UNIQUE,
            problem TEXT NOT NULL
        )""",
        """CREATE TABLE address_links (
            account TEXT PRIMARY KEY,
            address TEXT NOT NULL,
            token_hash TEXT NOT NULL UNIQUE,
            expires BIGINT NOT NULL
        )""",
        """CREATE TABLE notices (
            account TEXT NOT NULL,
            name TEXT NOT NULL,
            kind TEXT NOT NULL,
            subject TEXT NOT NULL,
            member TEXT NOT NULL,
            event TEXT NOT NULL,
            noted BIGINT NOT NULL,
            until BIGINT,
            mail TEXT,
            PRIMARY KEY (account, name)
        )""",
        "CREATE INDEX notices_by_mail ON notices (mail, account)",
        "CREATE INDEX notices_by_time ON notices (account, noted)",
        """CREATE TABLE mails (
            id TEXT PRIMARY KEY,
            account TEXT NOT NULL,
            kind TEXT NOT NULL,
            address TEXT NOT NULL,
            token TEXT NOT NULL,
            state TEXT NOT NULL,
            created BIGINT NOT NULL,
            due BIGINT NOT NULL,
            tries INTEGER NOT NULL,
            doubts INTEGER NOT NULL,
            done BIGINT,
            reason TEXT NOT NULL
        )""",
        "CREATE INDEX mails_by_state ON mails (state, due)",
        """CREATE TABLE hooks (
            id TEXT PRIMARY KEY,
            url TEXT NOT NULL,
            events TEXT NOT NULL,
            secret TEXT NOT NULL,
            created BIGINT NOT NULL,
            is_on INTEGER NOT NULL,
            off_reason TEXT NOT NULL,
            failing_since BIGINT
        )""",
        """CREATE TABLE hook_deliveries (
            id TEXT PRIMARY KEY,
            hook TEXT NOT NULL,
            event TEXT NOT NULL,
            body BYTEA NOT NULL,
            state TEXT NOT NULL,
            created BIGINT NOT NULL,
            due BIGINT NOT NULL,
            tries INTEGER NOT NULL,
            status INTEGER,
            reason TEXT NOT NULL
        )""",
        "CREATE INDEX hook_deliveries_by_hook ON hook_deliveries (hook, created)",
        "CREATE INDEX hook_deliveries_due ON hook_deliveries (state, due)",
        """CREATE TABLE waits (
            proposal TEXT NOT NULL,
            kind TEXT NOT NULL,
            subject TEXT NOT NULL,
            member TEXT NOT NULL,
            other TEXT NOT NULL,
            since BIGINT NOT NULL,
            until BIGINT,
            PRIMARY KEY (proposal, kind, subject, member)
        )""",
        "CREATE INDEX waits_by_member ON waits (member, since)",
        "CREATE INDEX waits_by_end ON waits (until) WHERE until IS NOT NULL",
        "CREATE INDEX proposals_by_sponsor ON proposals (sponsor, stage)",
        "CREATE INDEX endorsements_by_member ON endorsements (member)",
        "CREATE INDEX proposals_by_due ON proposals (due) WHERE due IS NOT NULL",
        "UPDATE proposals SET touched = touched + 1",
        """CREATE TABLE drafts (
            account TEXT NOT NULL,
            form TEXT NOT NULL,
            version BIGINT NOT NULL,
            tab TEXT NOT NULL,
            once TEXT NOT NULL,
            fields BYTEA NOT NULL,
            saved BIGINT NOT NULL,
            PRIMARY KEY (account, form)
        )""",
        """CREATE TABLE sent_forms (
            account TEXT NOT NULL,
            once TEXT NOT NULL,
            digest TEXT NOT NULL,
            location TEXT,
            begun BIGINT NOT NULL,
            PRIMARY KEY (account, once)
        )""",
        "CREATE INDEX sent_forms_by_time ON sent_forms (account, begun)",
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
    (
        """CREATE TABLE text_members (
            hash TEXT NOT NULL,
            member TEXT NOT NULL,
            PRIMARY KEY (hash, member)
        )""",
        """CREATE TABLE objections (
            proposal TEXT NOT NULL,
            id TEXT NOT NULL,
            time BIGINT NOT NULL,
            settled TEXT NOT NULL,
            notice BIGINT,
            PRIMARY KEY (proposal, id)
        )""",
        "CREATE INDEX comments_lately ON comments (placed)",
        "UPDATE proposals SET touched = touched + 1",
    ),
)
"""1: the first version. 2: new events go to the end of the index of their kind, however many members there are.
3: each proposal's stage, what will become of it by itself and when, and which proposals would consolidate it.
4: the automatic group of each proposal and where that lies on the map, so that its letter outlives a restart.
5: comments in their threads, translations; the node's growth and its backups; means of signing in, sessions and changes
of accounts; the secretariat's drafts and requests; notices, messages, webhooks; what waits for members about each
proposal (all are folded anew for it); drafts of forms, and which forms were taken; tokens of members' own systems, and
their idempotency keys. 6: members that named a text after another one had: each may erase it;
the ledger of objections (all proposals are folded anew for it), and the latest comments."""


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
