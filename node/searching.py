"""Finds proposals, named topics, their translations and items of the agenda in force, by words and by meaning.

Words are found in an index of this node's own (node/wordindex.py), meanings by the topics worker; a node without the
worker finds by words. Both only name candidates: nothing is shown whose text isn't held at that moment. The index
follows by comparing what it holds with what is to be found, so that it mends itself whatever it missed.
"""

import asyncio
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path

from node.clustering import TopicsUnavailable, TopicsWorker
from node.deliveries import Batch
from node.facts import Facts
from node.follower import Follower, Pace
from node.library import Library
from node.rounds import Rounds
from node.storage import texts, translations
from node.storage.database import Database
from node.wordindex import Entry, Key, WordIndex
from protocol.errors import RemoteError
from protocol.events.consultation import Track
from protocol.texts import Document, parse_document
from topics.search import Query, Way, excerpt, fuse, query, telling
from web.explorer_views import SearchHit, SearchQuery, SearchResults

_LOG = logging.getLogger(__name__)
_SETTLE_SECONDS = 0.3
_RETRY_SECONDS = 30.0
_REST_SHARE = 1
"""Following rests as long as it took, so that a stream of proposals doesn't keep a core busy."""
_AT_A_TIME = 100
_CANDIDATES_MAX = 200
"""By words, and as many by meaning: what comes after is of no use to anybody."""
_PER_PAGE_MAX = 100
_MEANING_SECONDS = 2.0
_TEXT_CHARACTERS = 20_000
_FOLLOWED = frozenset({"proposal", "topic", "topic-ending", "revision", "translation"})
_SHELVED = frozenset({"topic", "agenda"})
"""What the worker knows from here: proposals it knows from their grouping, translations by their originals."""


@dataclass(frozen=True, slots=True)
class Thing:
    """Something that can be found."""

    key: Key
    text: str
    lang: str
    track: Track
    time: int
    member: str
    goals: tuple[int, ...]
    original: str = ""
    """Of a translation: the hash of what it translates."""


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the things come from."""

    database: Database
    facts: Facts
    library: Library
    rounds: Rounds


class Search:
    """The search. Tell it of batches, of proposals folded anew and of new records."""

    def __init__(self, sources: Sources, worker: TopicsWorker, path: Path) -> None:
        self._sources = sources
        self._worker = worker
        self._index = WordIndex(path, self.ask)
        self._things: dict[Key, Thing] = {}
        self._langs: frozenset[str] = frozenset()
        self._shelved: dict[Key, str] = {}
        self._follower = Follower(
            self.refresh,
            "topics and agendas are not found by meaning yet",
            Pace(_SETTLE_SECONDS, _REST_SHARE, _RETRY_SECONDS),
            (TopicsUnavailable,),
        )
        self._is_open = False
        worker.listen(self._shelve_anew)

    async def start(self) -> None:
        """Open the index and begin to follow."""
        await self._index.open()
        self._is_open = True
        await self._follower.start()

    async def stop(self) -> None:
        """Stop, and close the index."""
        await self._follower.stop()
        if self._is_open:
            await self._index.close()

    def ask(self, *_: object) -> None:
        """Look soon what is to be found."""
        self._follower.ask()

    def on_batch(self, batch: Batch) -> None:
        """Follow soon if a batch may have changed what is to be found."""
        kinds = {verified.event.kind for verified in batch.accepted}
        if kinds & _FOLLOWED or batch.texts or batch.erased or batch.forks:
            self.ask()

    def _shelve_anew(self) -> None:
        self._shelved = {}
        self.ask()

    async def refresh(self) -> None:
        """Bring the index up to date, then what the worker remembers. Raises TopicsUnavailable without a worker."""
        self._things = await self._found_now()
        self._langs = frozenset(thing.lang.split("-")[0] for thing in self._things.values())
        held = await self._index.texts()
        gone = [key for key in held if key not in self._things]
        changed = [thing for key, thing in self._things.items() if held.get(key) != thing.text]
        await self._index.remove(gone)
        for at in range(0, len(changed), _AT_A_TIME):
            await self._put(changed[at : at + _AT_A_TIME])
        if gone or any(thing.key in held for thing in changed):
            await self._index.purge()
        await self._shelve()

    async def _found_now(self) -> dict[Key, Thing]:
        found = await self._proposals()
        found |= await self._topics()
        return found | await self._agenda(found) | await self._translations(found)

    async def _translations(self, others: Mapping[Key, Thing]) -> dict[Key, Thing]:
        """Return the translations of texts in force, each with what its original is filed under."""
        by_text = {thing.text: thing for thing in others.values()}
        found: dict[Key, Thing] = {}
        for row in await self._sources.database.read(translations.shown):
            thing = by_text.get(row.original)
            if thing is not None and thing.lang.split("-")[0] != row.lang.split("-")[0]:
                key: Key = ("translation", row.text)
                found[key] = Thing(
                    key, row.text, row.lang, thing.track, row.time, row.member, thing.goals, row.original
                )
        return found

    async def _proposals(self) -> dict[Key, Thing]:
        found: dict[Key, Thing] = {}
        for row in await self._sources.facts.current():
            if row.is_held:
                key: Key = ("proposal", row.id)
                found[key] = Thing(key, row.text, row.lang, row.track, row.time, row.member, row.goals)
        return found

    async def _topics(self) -> dict[Key, Thing]:
        topics = [topic for topic in await self._sources.library.topics() if topic.text.state == "held"]
        refs = await self._sources.library.text_refs([topic.id for topic in topics])
        found: dict[Key, Thing] = {}
        for topic in topics:
            key: Key = ("topic", topic.id)
            if topic.id in refs:
                ref, _ = refs[topic.id]
                found[key] = Thing(key, ref.sha256, ref.lang, topic.track, topic.time, "", topic.goals)
        return found

    async def _agenda(self, others: Mapping[Key, Thing]) -> dict[Key, Thing]:
        agenda = await self._sources.rounds.agenda_in_force()
        if agenda is None:
            return {}
        document, published = agenda
        held = await self._held(item.text.sha256 for item in document.items)
        found: dict[Key, Thing] = {}
        for item in document.items:
            subject = others.get(("proposal", item.subject)) or others.get(("topic", item.subject))
            goals = () if subject is None else subject.goals
            key: Key = ("agenda", f"{document.version}/{item.number}")
            if item.text.sha256 in held:
                found[key] = Thing(key, item.text.sha256, item.text.lang, item.track, published, "", goals)
        return found

    async def _put(self, things: Sequence[Thing]) -> None:
        documents = await self._documents(things)
        entries = [
            Entry(thing.key, thing.text, thing.track, documents[thing.text].title, documents[thing.text].body)
            for thing in things
            if thing.text in documents
        ]
        await self._index.put(entries)

    async def _shelve(self) -> None:
        """Have the worker know topics and the agenda."""
        if self._worker.is_off:
            return
        named = {key: thing for key, thing in self._things.items() if key[0] in _SHELVED}
        gone = [key for key in self._shelved if key not in named]
        new = [thing for key, thing in named.items() if self._shelved.get(key) != thing.text]
        documents = await self._documents(new)
        items = [
            {"id": ":".join(thing.key), "text": _plain(documents[thing.text])}
            for thing in new
            if thing.text in documents
        ]
        await self._worker.shelve(items, [":".join(key) for key in gone])
        self._shelved = {key: thing.text for key, thing in named.items()}

    async def search(self, asked: SearchQuery) -> SearchResults:
        """Return one page of what is found, best first."""
        wanted = query(asked.text)
        if not wanted.words:
            return SearchResults((), 0, 1, by_meaning=not self._worker.is_off)
        counted = telling(wanted, self._langs)
        by_words = await self._index.find(counted, asked.kind or "", asked.track or "", _CANDIDATES_MAX)
        meant = await self._meant(wanted)
        found = await self._showable(fuse([key for key, _ in by_words], meant or ()), dict(by_words), asked)
        per_page = min(max(1, asked.per_page), _PER_PAGE_MAX)
        pages = max(1, ceil(len(found) / per_page))
        start = (max(1, asked.page) - 1) * per_page
        hits = await self._hits(found[start : start + per_page], wanted)
        return SearchResults(hits, len(found), pages, by_meaning=meant is not None)

    async def _meant(self, wanted: Query) -> list[Key] | None:
        """Return what is near in meaning, nearest first; None if the worker gives no answer in time."""
        try:
            async with asyncio.timeout(_MEANING_SECONDS):
                matches = await self._worker.search(wanted.text, _CANDIDATES_MAX)
        except (TopicsUnavailable, TimeoutError):
            return None
        return [_key(str(match["id"])) for match in matches]

    async def _showable(
        self, ranked: Sequence[tuple[Key, Way]], by_words: Mapping[Key, str], asked: SearchQuery
    ) -> list[tuple[Thing, Way]]:
        """Leave out what isn't asked for, what the index has in an older version, and texts that aren't held now."""
        found = [(thing, way) for key, way in ranked if (thing := self._things.get(key)) is not None]
        fitting = [
            (thing, way)
            for thing, way in found
            if asked.kind in (None, thing.key[0])
            and asked.track in (None, thing.track)
            and by_words.get(thing.key, thing.text) == thing.text
        ]
        held = await self._held(text for thing, _ in fitting for text in (thing.text, thing.original) if text)
        return [(thing, way) for thing, way in fitting if {thing.text, thing.original or thing.text} <= held]

    async def _hits(self, found: Sequence[tuple[Thing, Way]], wanted: Query) -> tuple[SearchHit, ...]:
        documents = await self._documents([thing for thing, _ in found])
        marked = telling(wanted, self._langs)
        return tuple(_hit(thing, way, documents[thing.text], marked) for thing, way in found if thing.text in documents)

    async def _held(self, hashes: Iterable[str]) -> set[str]:
        wanted = list(dict.fromkeys(hashes))
        return await self._sources.database.read(lambda c: texts.held_among(c, wanted))

    async def _documents(self, things: Sequence[Thing]) -> dict[str, Document]:
        wanted = [thing.text for thing in things]
        held = await self._sources.database.read(lambda c: texts.data_of(c, wanted))
        return {digest: document for digest, data in held.items() if (document := _document(data)) is not None}


def _document(data: bytes) -> Document | None:
    try:
        return parse_document(data)
    except RemoteError:
        return None


def _plain(document: Document) -> str:
    return f"{document.title}\n\n{document.body}"[:_TEXT_CHARACTERS]


def _key(name: str) -> Key:
    kind, _, id_ = name.partition(":")
    match kind:
        case "topic" | "agenda":
            return kind, id_
        case _:
            return "proposal", name


def _hit(thing: Thing, way: Way, document: Document, marked: Query) -> SearchHit:
    kind, id_ = thing.key
    return SearchHit(
        kind=kind,
        id=id_,
        lang=thing.lang,
        title=document.title,
        excerpt=excerpt(document.body, marked),
        why=way,
        time=thing.time,
        track=thing.track,
        member=thing.member,
        goals=thing.goals,
    )
