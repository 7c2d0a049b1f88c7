"""Drafts and taken forms in memory, for tests of pages. The bounds are those of the port."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from web.drafts_port import DRAFT_BYTES_MAX, DRAFTS_MAX, Draft, DraftOutdatedError, Pairs, Sent, Written
from web.ports import Account, Refused


class MemorySentForms:
    """Forms that were taken, by account and key."""

    def __init__(self, now: Callable[[], int]) -> None:
        self._now = now
        self.known: dict[tuple[str, str], Sent] = {}

    async def begin(self, account: Account, once: str, digest: str, alike: int) -> Sent | None:
        known = self.known.get((account.id, once))
        if known is None:
            for (owner, _), sent in self.known.items():
                if owner == account.id and sent.digest == digest and sent.begun >= alike and sent.location:
                    return sent
            self.known[account.id, once] = Sent(digest, None, self._now())
        return known

    async def finish(self, account: Account, once: str, location: str) -> None:
        self.known[account.id, once] = replace(self.known[account.id, once], location=location)

    async def release(self, account: Account, once: str) -> None:
        self.known.pop((account.id, once), None)

    async def find(self, account: Account, once: Sequence[str]) -> Sent | None:
        return next((self.known[account.id, key] for key in once if (account.id, key) in self.known), None)


class MemoryDrafts:
    """Drafts by account and form, each with the tab that saved it."""

    def __init__(self, now: Callable[[], int], sent: MemorySentForms) -> None:
        self._now = now
        self._sent = sent
        self.held: dict[tuple[str, str], tuple[Draft, str]] = {}

    async def kept(self, account: Account) -> tuple[Draft, ...]:
        mine = [draft for (owner, _), (draft, _tab) in self.held.items() if owner == account.id]
        return tuple(sorted(mine, key=lambda draft: (-draft.saved, draft.form)))

    async def find(self, account: Account, form: str) -> Draft | None:
        found = self.held.get((account.id, form))
        return found[0] if found else None

    async def keep(self, account: Account, form: str, fields: Pairs, written: Written) -> Draft | None:
        if sum(len(value.encode()) for _, value in fields) > DRAFT_BYTES_MAX:
            raise Refused("draft-too-long", kilobytes=DRAFT_BYTES_MAX // 1024)
        if await self._sent.find(account, [written.once]):
            return None
        current, tab = self.held.get((account.id, form), (None, ""))
        if current is None and len(await self.kept(account)) >= DRAFTS_MAX:
            raise Refused("too-many-drafts", most=DRAFTS_MAX)
        if current is not None and tab != written.tab and current.version != written.base:
            raise DraftOutdatedError(current)
        version = (written.base if current is None else current.version) + 1
        draft = Draft(form, version, written.once, fields, self._now())
        self.held[account.id, form] = (draft, written.tab)
        return draft

    async def discard(self, account: Account, form: str) -> None:
        self.held.pop((account.id, form), None)
