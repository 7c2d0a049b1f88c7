"""Comments and translations in memory, for tests of pages: what a node would answer, without events or a store."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from protocol import limits
from tests.support.web_content import Holdings, digest
from web import discussion_port as port
from web import ports
from web.ports import Account, Refused, TextView

THREADS_PER_PAGE = 10
REPLIES_BEGUN = 10
REPLIES_PER_PAGE = 100


class Place(Protocol):
    """What the discussion needs of the backend that it is a part of."""

    calls: list[tuple[object, ...]]
    refuse: Refused | None

    def announce(self, kind: str, *ids: str) -> None: ...


class Told(Protocol):
    """What members need to talk."""

    clock: int
    all_members: tuple[ports.MemberView, ...]
    all_proposals: dict[str, ports.ProposalView]
    all_topics: dict[str, ports.TopicView]

    @property
    def discussion(self) -> "MemoryDiscussion": ...


class MemoryDiscussion:
    """Satisfies web.discussion_port.Discussion. Public attributes may be changed by tests."""

    def __init__(self, backend: Holdings) -> None:
        self._backend = backend
        self.all_comments: dict[str, port.CommentView] = {}
        self.all_translations: dict[str, port.TranslationView] = {}
        """By the hash of the translation."""
        self.changes: dict[tuple[int, int], port.AgendaChanges] = {}

    @property
    def _place(self) -> Place:
        return self._backend  # type: ignore[return-value]

    async def proposal_text(self, proposal: str) -> TextView | None:
        found = self._backend.all_proposals.get(proposal)
        return None if found is None else found.text

    async def comments(self, proposal: str, page: int) -> port.CommentPage:
        firsts = sorted(
            (each for each in self._about(proposal) if each.level == 0), key=lambda each: (-each.time, each.id)
        )
        pages = max(1, -(-len(firsts) // THREADS_PER_PAGE))
        at = min(max(1, page), pages)
        shown = firsts[(at - 1) * THREADS_PER_PAGE : at * THREADS_PER_PAGE]
        threads = tuple(self._thread(first, 0, REPLIES_BEGUN) for first in shown)
        return port.CommentPage(len(self._about(proposal)), threads, at, pages)

    async def thread(self, comment: str, page: int | None) -> port.ThreadPage | None:
        found = self.all_comments.get(comment)
        if found is None:
            return None
        replies = self._replies(found.thread)
        pages = max(1, -(-len(replies) // REPLIES_PER_PAGE))
        own = 1 if found.level == 0 else 1 + replies.index(found) // REPLIES_PER_PAGE
        at = min(max(1, own if page is None else page), pages)
        start = (at - 1) * REPLIES_PER_PAGE
        return port.ThreadPage(self._thread(self.all_comments[found.thread], start, REPLIES_PER_PAGE), at, pages)

    async def comment(self, comment: str) -> port.CommentView | None:
        return self.all_comments.get(comment)

    async def latest_comments(self, proposal: str, most: int) -> tuple[port.CommentView, ...]:
        return tuple(sorted(self._about(proposal), key=lambda each: -each.time)[:most])

    async def comment_count(self, proposal: str) -> int:
        return len(self._about(proposal))

    async def comment_counts(self, proposals: Sequence[str]) -> Mapping[str, int]:
        return {each: len(self._about(each)) for each in proposals}

    async def proposal_summaries(self, proposals: Sequence[str]) -> tuple[ports.ProposalSummary, ...]:
        held = self._backend.all_proposals
        return tuple(held[each].summary for each in proposals if each in held)

    async def say(self, account: Account, proposal: str, typed: port.CommentInput) -> str:
        self._may("say", account, proposal, typed)
        if await self.proposal_text(proposal) is None:
            raise Refused("unknown-proposal")
        if typed.reply_to is not None and typed.reply_to not in self.all_comments:
            raise Refused("unknown-comment")
        comment = self.add_comment(account.member, proposal, typed)
        self._place.announce("comment", proposal)
        return comment.id

    def add_comment(self, member: str, proposal: str, typed: port.CommentInput) -> port.CommentView:
        """Put a comment in, as later than all that are there."""
        above = None if typed.reply_to is None else self.all_comments.get(typed.reply_to)
        id_ = digest("comment", len(self.all_comments))
        comment = port.CommentView(
            id=id_,
            subject=proposal,
            member=member,
            time=self._backend.clock - 3_600_000 + len(self.all_comments) * 1_000,
            text=TextView("held", typed.lang, body=typed.body, hash=digest("comment text", id_)),
            level=0 if above is None else min(above.level + 1, limits.COMMENT_LEVELS_MAX),
            thread=id_ if above is None else above.thread,
            reply_to=typed.reply_to,
        )
        self.all_comments[id_] = comment
        return comment

    async def reading(self, text: str, lang: str) -> port.Reading | None:
        found = self._find(text)
        if found is None:
            return None
        original, place = found
        views = sorted(
            (each for each in self.all_translations.values() if each.mark.of == text and original.state == "held"),
            key=lambda each: (each.mark.lang, -each.mark.time),
        )
        same = _language(original.lang) == _language(lang)
        fitting = [each for each in views if _language(each.mark.lang) == _language(lang) and not same]
        of = self.all_translations[text].mark.of if text in self.all_translations else None
        source = None if of is None else self._find(of)
        return port.Reading(
            original=original,
            place=place,
            named_by=frozenset({place.member}),
            marks=tuple(each.mark for each in views),
            chosen=fitting[0] if fitting else None,
            of=None if source is None else source[0],
        )

    async def readings(self, texts: Sequence[str], lang: str) -> Mapping[str, port.TranslationView]:
        found = {text: reading.chosen for text in texts if (reading := await self.reading(text, lang)) is not None}
        return {text: chosen for text, chosen in found.items() if chosen is not None}

    async def translate(self, account: Account, text: str, typed: port.TranslationInput) -> str:
        self._may("translate", account, text, typed)
        found = self._find(text)
        if found is None:
            raise Refused("unknown-text")
        if _language(found[0].lang) == _language(typed.lang):
            raise Refused("same-language")
        return self.add_translation(account.member, text, typed).mark.text

    def add_translation(self, member: str, text: str, typed: port.TranslationInput) -> port.TranslationView:
        """Put a translation in, in place of its member's earlier one into the language."""
        found = self._find(text)
        assert found is not None
        made = digest("translation", text, member, typed.lang, len(self.all_translations))
        mark = port.TranslationMark(text, typed.lang, member, self._backend.clock, made)
        view = TextView("held", typed.lang, typed.title, typed.body, typed.urgency, hash=made)
        self.all_translations = {
            key: each
            for key, each in self.all_translations.items()
            if (each.mark.of, each.mark.member, each.mark.lang) != (text, member, typed.lang)
        }
        self.all_translations[made] = port.TranslationView(mark, found[0].lang, view)
        return self.all_translations[made]

    async def erase(self, account: Account, text: str, ground: str) -> None:
        self._may("erase", account, text, ground)
        clock = self._backend.clock
        for id_, comment in self.all_comments.items():
            if comment.text.hash == text:
                gone = _erased(comment.text, account.member, ground, clock)
                self.all_comments[id_] = replace(comment, text=gone)
        for view in list(self._backend.all_proposals.values()):
            if view.text.hash == text:
                gone = _erased(view.text, account.member, ground, clock)
                summary = replace(view.summary, text_state="erased", title="")
                self._backend.all_proposals[view.summary.id] = replace(view, text=gone, summary=summary)
        self.all_translations.pop(text, None)

    async def topic(self, topic: str) -> port.TopicStory | None:
        found = self._backend.all_topics.get(topic)
        if found is None:
            return None
        versions = tuple(
            ports.VersionView(digest("version", topic, place), found.time + place, text, found.minutes)
            for place, text in enumerate((_first_text(found), found.text))
        )
        rounds = tuple(
            ports.RoundLink(each.summary.id, each.summary.number, each.summary.state)
            for each in self._backend.all_rounds.values()
            if any(option.subject == topic for option in each.options)
        )
        return port.TopicStory(found, versions, rounds)

    async def agenda_changes(self, earlier: int, later: int) -> port.AgendaChanges | None:
        if (earlier, later) in self.changes:
            return self.changes[earlier, later]
        held = {agenda.version: agenda for agenda in self._backend.agendas}
        if earlier not in held or later not in held:
            return None
        old = {item.subject: item for item in (*held[earlier].long, *held[earlier].short)}
        new = {item.subject: item for item in (*held[later].long, *held[later].short)}
        return port.AgendaChanges(
            earlier=earlier,
            later=later,
            published=held[later].published,
            added=tuple(_item(None, item) for key, item in new.items() if key not in old),
            dropped=tuple(_item(item, None) for key, item in old.items() if key not in new),
            renumbered=tuple(
                _item(old[key], item) for key, item in new.items() if key in old and old[key].number != item.number
            ),
            decided_anew=(),
            unchanged=sum(key in old and old[key].number == item.number for key, item in new.items()),
        )

    def _about(self, proposal: str) -> list[port.CommentView]:
        return [each for each in self.all_comments.values() if each.subject == proposal]

    def _replies(self, thread: str) -> list[port.CommentView]:
        return [each for each in self._below(thread) if each.id != thread]

    def _below(self, comment: str) -> list[port.CommentView]:
        below = [each for each in self.all_comments.values() if each.reply_to == comment and each.level > 0]
        return [self.all_comments[comment], *(every for each in below for every in self._below(each.id))]

    def _thread(self, first: port.CommentView, start: int, most: int) -> port.ThreadView:
        replies = self._replies(first.id)
        return port.ThreadView(first, tuple(replies[start : start + most]), len(replies))

    def _find(self, text: str) -> tuple[TextView, port.TextPlace] | None:
        for view in self._backend.all_proposals.values():
            for version in reversed(view.course.versions):
                if text in (version.text.hash, view.text.hash):
                    shown = view.text if view.text.hash == text else version.text
                    place = port.TextPlace(
                        version.event, view.summary.member, "proposal", "proposal", view.summary.id,
                        text == view.text.hash,
                    )  # fmt: skip
                    return shown, place
        for topic in self._backend.all_topics.values():
            if topic.text.hash == text:
                office = self._backend.all_members[0].id
                return topic.text, port.TextPlace(topic.id, office, "topic", "topic", topic.id, is_current=True)
            if (old := _first_text(topic)).hash == text:
                office = self._backend.all_members[0].id
                return old, port.TextPlace(topic.id, office, "topic", "topic", topic.id, is_current=False)
        for comment in self.all_comments.values():
            if comment.text.hash == text:
                where = port.TextPlace(comment.id, comment.member, "comment", "proposal", comment.subject, True)
                return comment.text, where
        if text in self.all_translations:
            made = self.all_translations[text]
            source = self._find(made.mark.of)
            subject = "" if source is None else source[1].subject
            about: port.About = "" if source is None else source[1].about
            return made.text, port.TextPlace(
                digest("event", text), made.mark.member, "translation", about, subject, is_current=True
            )
        return None

    def _may(self, call: str, account: Account, *arguments: object) -> None:
        if self._place.refuse is not None:
            raise self._place.refuse
        if account.member != self._backend.me:
            raise Refused("foreign-member")
        self._place.calls.append((call, account, *arguments))


def told(backend: "Told") -> str:
    """Let members talk about the first proposal, in threads of every depth, and translate it; return a comment."""
    discussion, members = backend.discussion, [member.id for member in backend.all_members]
    first = next(iter(backend.all_proposals.values()))
    asked = discussion.add_comment(members[1], first.summary.id, port.CommentInput(None, "en", "Who would pay for it?"))
    said = asked.id
    for place, (lang, body) in enumerate(_SAID):
        said = discussion.add_comment(members[2 + place], first.summary.id, port.CommentInput(said, lang, body)).id
    lost = port.CommentInput(digest("never"), "ru", "Мы согласны с возражением.")
    adrift = discussion.add_comment(members[7], first.summary.id, lost)
    gone = _erased(adrift.text, members[7], "withdrawn-by-author", backend.clock)
    discussion.all_comments[adrift.id] = replace(adrift, text=gone)
    for place in range(THREADS_PER_PAGE + 2):
        words = f"Remark {place}: " + "the districts have laboratories of their own. " * (place % 4 + 1)
        discussion.add_comment(members[place % 9], first.summary.id, port.CommentInput(None, "en", words))
    for lang, title in (("ar", "مياه نظيفة"), ("pt", "Água limpa"), ("fr", "De l’eau propre"), ("es", "Agua limpia")):
        typed = port.TranslationInput(lang, title, f"{title}.\n\n{title}.", title if first.text.urgency else "")
        discussion.add_translation(members[3], first.text.hash, typed)
        discussion.add_translation(members[4], asked.text.hash, port.TranslationInput(lang, "", title, ""))
    topic = next(iter(backend.all_topics.values()))
    discussion.add_translation(members[0], topic.text.hash, port.TranslationInput("ar", "مياه", "مياه نظيفة.", ""))
    return asked.id


_SAID = (
    ("ar", "التكلفة تتقاسمها المختبرات الوطنية."),
    ("en", "Not every ministry has a budget line for it."),
    ("zh", "可以分两年实施。"),
    ("fr", "Deux ans suffisent, si le protocole est publié d’abord."),
    ("en", "<script>alert(1)</script> \u202ereversed\u202c " + "unbroken" * 40),
)


def _erased(text: TextView, member: str, ground: str, at: int) -> TextView:
    return TextView("erased", text.lang, erased_by=member, erased_ground=ground, erased_at=at, hash=text.hash)


def _item(before: ports.AgendaItem | None, after: ports.AgendaItem | None) -> port.ItemView:
    item = after or before
    assert item is not None
    return port.ItemView(
        subject=item.subject,
        subject_kind=item.subject_kind,
        text=item.text,
        before="" if before is None else before.number,
        after="" if after is None else after.number,
        why="lapsed" if after is None else "unknown",
        round=item.round,
    )


def _language(tag: str) -> str:
    return tag.partition("-")[0]


def _first_text(topic: ports.TopicView) -> TextView:
    return replace(topic.text, body=f"{topic.text.body} At first.", hash=digest("old", topic.id))
