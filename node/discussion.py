"""What people say about texts: comments in threads, translations by people, and the story of a topic and an agenda."""

from collections.abc import Mapping, Sequence

from consensus.agenda import AgendaDocument, AgendaItem
from consensus.consultation import causal_order
from node.courses import text_view
from node.library import Library
from node.rounds import Rounds
from node.storage import comments, projections, texts, translations
from node.storage import events as store
from node.storage.comments import CommentRow
from node.storage.database import Connection, Database
from node.storage.translations import TranslationRow
from node.teller import Teller
from node.voice import Voice
from protocol import limits
from protocol.envelope import Verified, reopen_verified
from protocol.events.consultation import Erasure, Proposal, TextRef, Topic
from protocol.events.deliberation import Amendment, Revision
from protocol.events.discussion import Comment, Translation
from protocol.ids import EventId, TextHash
from protocol.texts import text_ref
from web import discussion_port as port
from web import ports
from web.ports import Account, Refused, TextView

_THREADS_PER_PAGE = 10
_REPLIES_BEGUN = 10
"""How many replies of each thread a page of threads shows."""
_REPLIES_PER_PAGE = 100


class Discussion:
    """Satisfies web.discussion_port.Discussion."""

    def __init__(self, database: Database, library: Library, rounds: Rounds, teller: Teller, voice: Voice) -> None:
        self._database = database
        self._library = library
        self._rounds = rounds
        self._teller = teller
        self._voice = voice

    async def proposal_text(self, proposal: str) -> TextView | None:
        """Return the text of a proposal as lists show it, or None if the proposal isn't here."""
        return await self._database.read(lambda c: _proposal_text(c, proposal))

    async def comments(self, proposal: str, page: int) -> port.CommentPage:
        """Return one page of the threads about a proposal, of each thread the beginning."""
        return await self._database.read(lambda c: _comment_page(c, proposal, page))

    async def thread(self, comment: str, page: int | None) -> port.ThreadPage | None:
        """Return a page of the thread that a comment stands in, by default the page on which it stands; or None."""
        return await self._database.read(lambda c: _thread_page(c, comment, page))

    async def comment(self, comment: str) -> port.CommentView | None:
        """Return a comment that counts, or None."""
        row = await self._database.read(lambda c: comments.get(c, comment))
        return None if row is None else await self._database.read(lambda c: _comment(c, row))

    async def latest_comments(self, proposal: str, most: int) -> tuple[port.CommentView, ...]:
        """Return the newest comments on a proposal, the newest first."""
        return await self._database.read(
            lambda c: tuple(_comment(c, row) for row in comments.latest(c, proposal, most))
        )

    async def comment_count(self, proposal: str) -> int:
        """Return how many comments on a proposal count."""
        return await self._database.read(lambda c: comments.count(c, proposal))

    async def comment_counts(self, proposals: Sequence[str]) -> Mapping[str, int]:
        """Return how many comments on each of several proposals count."""
        return await self._database.read(lambda c: {each: comments.count(c, each) for each in proposals})

    async def proposal_summaries(self, proposals: Sequence[str]) -> tuple[ports.ProposalSummary, ...]:
        """Return those of the proposals that are here, in the given order."""
        found = [await self._library.subject(each) for each in proposals]
        return tuple(each for each in found if isinstance(each, ports.ProposalSummary))

    async def say(self, account: Account, proposal: str, typed: port.CommentInput) -> str:
        """Sign and store a comment for the account's member; return its id."""
        self._voice.check(account, "delegate")
        await self._database.read(lambda c: _check_comment(c, proposal, typed.reply_to, self._voice.me))
        text = self._voice.write("", typed.body, typed.lang, "")
        if len(text.data) > limits.COMMENT_BYTES_MAX:
            raise Refused("text-too-long")
        reply_to = None if typed.reply_to is None else EventId(typed.reply_to)
        body = Comment(subject=EventId(proposal), reply_to=reply_to, text=text_ref(text.data, text.lang))
        refs = (body.subject,) if reply_to is None else (body.subject, reply_to)
        return await self._voice.say("comment", body, refs=refs, texts=(text,))

    async def reading(self, text: str, lang: str) -> port.Reading | None:
        """Return a text by its hash with its translations, the one into a language chosen; None if it is unknown."""
        return await self._database.read(lambda c: _reading(c, text, lang))

    async def readings(self, texts: Sequence[str], lang: str) -> Mapping[str, port.TranslationView]:
        """Return the preferred translations of several texts into a language, by the hashes of the originals."""
        wanted = list(dict.fromkeys(text for text in texts if text))
        return await self._database.read(lambda c: _readings(c, wanted, lang))

    async def translate(self, account: Account, text: str, typed: port.TranslationInput) -> str:
        """Sign and store a translation of a text for the account's member; return the translation's hash."""
        self._voice.check(account, "delegate")
        row = await self._database.read(lambda c: texts.get(c, text))
        if row is None or not row.lang:
            raise Refused("unknown-text")
        if row.erased_by is not None:
            raise Refused("text-erased")
        if row.data is None:
            raise Refused("text-missing")
        if _language(row.lang) == _language(typed.lang):
            raise Refused("same-language")
        written = self._voice.write(typed.title, typed.body, typed.lang, typed.urgency)
        ref = text_ref(written.data, written.lang)
        body = Translation(of=TextHash(text), subject=row.event, text=ref)
        await self._voice.say("translation", body, refs=(row.event,), texts=(written,))
        return ref.sha256

    async def erase(self, account: Account, text: str, ground: str) -> None:
        """Erase a text: by a delegate of the member whose event brought it, or by the secretariat."""
        self._voice.check_member(account)
        row = await self._database.read(lambda c: texts.get(c, text))
        if row is None or not row.lang:
            raise Refused("unknown-text")
        is_own = row.member == self._voice.me and account.may_act_as("delegate")
        if not is_own and not (self._voice.is_office and account.may_act_as("secretariat")):
            raise Refused("not-own-text")
        if row.erased_by is not None:
            raise Refused("text-erased")
        body = Erasure.model_validate({"text": text, "ground": ground})
        await self._voice.say("erasure", body, refs=(row.event,))

    async def topic(self, topic: str) -> port.TopicStory | None:
        """Return a topic with its versions and rounds, or None."""
        found = await self._library.subject(topic)
        if not isinstance(found, ports.TopicView):
            return None
        versions = await self._database.read(lambda c: _topic_versions(c, topic))
        return port.TopicStory(found, versions, self._rounds.links().get(topic, ()))

    async def agenda_changes(self, earlier: int, later: int) -> port.AgendaChanges | None:
        """Return what changed between two published agendas; None if one of them isn't here."""
        before, after = await self._rounds.agenda_numbered(earlier), await self._rounds.agenda_numbered(later)
        if before is None or after is None:
            return None
        old = {item.subject: item for item in before[0].items}
        new = {item.subject: item for item in after[0].items}
        kept = [(old[subject], item) for subject, item in new.items() if subject in old]
        anew = [pair for pair in kept if (pair[0].round, pair[0].text) != (pair[1].round, pair[1].text)]
        moved = [pair for pair in kept if pair[0].number != pair[1].number]
        return port.AgendaChanges(
            earlier=earlier,
            later=later,
            published=after[1],
            added=tuple([await self._item(None, item) for subject, item in new.items() if subject not in old]),
            dropped=await self._dropped([item for subject, item in old.items() if subject not in new], after[0]),
            renumbered=tuple([await self._item(*pair) for pair in moved]),
            decided_anew=tuple([await self._item(*pair) for pair in anew]),
            unchanged=sum(pair not in anew and pair not in moved for pair in kept),
        )

    async def _item(
        self,
        before: AgendaItem | None,
        after: AgendaItem | None,
        why: port.Why = "unknown",
        by: str = "",
        into: str = "",
    ) -> port.ItemView:
        item = after or before
        assert item is not None
        subject = await self._library.subject(item.subject)
        return port.ItemView(
            subject=item.subject,
            subject_kind="topic" if isinstance(subject, ports.TopicView) else "proposal",
            text=await self._library.text(item.text),
            before="" if before is None else before.number,
            after="" if after is None else after.number,
            why=why,
            round=by if after is None else after.round,
            into=into,
            was=await self._text_before(before, after),
        )

    async def _text_before(self, before: AgendaItem | None, after: AgendaItem | None) -> TextView | None:
        """Return the earlier text of an item that has another one now."""
        if before is None or after is None or before.text == after.text:
            return None
        return await self._library.text(before.text)

    async def _dropped(self, items: Sequence[AgendaItem], after: AgendaDocument) -> tuple[port.ItemView, ...]:
        if not items:
            return ()
        left = self._teller.rulings.departures(after.height)
        held = {item.number: await self._proposals_of(item) for item in after.items}
        found = []
        for item in items:
            departure = left.get(item.subject)
            those = await self._proposals_of(item)
            into = next((number for number, others in held.items() if those <= others), "")
            why: port.Why = "unknown" if departure is None else departure.why
            by = "" if departure is None else departure.round or ""
            found.append(await self._item(item, None, why, by, into))
        return tuple(found)

    async def _proposals_of(self, item: AgendaItem) -> frozenset[str]:
        subject = await self._library.subject(item.subject)
        return frozenset(subject.proposals if isinstance(subject, ports.TopicView) else (item.subject,))


def _proposal_text(connection: Connection, proposal: str) -> TextView | None:
    row = projections.get_proposal(connection, proposal)
    if row is None:
        return None
    held = texts.get(connection, row.text)
    return text_view(connection, row.text, held.lang if held is not None else "en")


def _check_comment(connection: Connection, proposal: str, reply_to: str | None, me: str) -> None:
    if projections.get_proposal(connection, proposal) is None:
        raise Refused("unknown-proposal")
    if reply_to is not None:
        above = comments.get(connection, reply_to)
        if above is None or above.subject != proposal:
            raise Refused("unknown-comment")
    if comments.count_of(connection, proposal, me) >= limits.COMMENTS_PER_MEMBER_MAX:
        raise Refused("too-many-comments")


def _comment(connection: Connection, row: CommentRow) -> port.CommentView:
    return port.CommentView(
        id=row.id,
        subject=row.subject,
        member=row.member,
        time=row.time,
        text=_bounded(connection, row.text, row.lang, row.size),
        level=row.level,
        thread=row.thread,
        reply_to=row.reply_to,
    )


def _bounded(connection: Connection, digest: str, lang: str, size: int) -> TextView:
    """Return a text as pages show it, as missing if it is longer than its event says."""
    row = texts.get(connection, digest)
    if row is not None and row.data is not None and len(row.data) > size:
        return TextView("missing", lang, hash=digest)
    return text_view(connection, digest, lang)


def _comment_page(connection: Connection, proposal: str, page: int) -> port.CommentPage:
    pages = _pages(comments.thread_count(connection, proposal), _THREADS_PER_PAGE)
    at = max(1, min(page, pages))
    begun = comments.threads(connection, proposal, (at - 1) * _THREADS_PER_PAGE, _THREADS_PER_PAGE)
    counts = comments.reply_counts(connection, [row.id for row in begun])
    shown = tuple(_thread(connection, row, counts.get(row.id, 0), 0, _REPLIES_BEGUN) for row in begun)
    return port.CommentPage(comments.count(connection, proposal), shown, at, pages)


def _thread(connection: Connection, first: CommentRow, total: int, start: int, most: int) -> port.ThreadView:
    below = comments.replies(connection, first.id, start, most) if total else []
    return port.ThreadView(_comment(connection, first), tuple(_comment(connection, row) for row in below), total)


def _thread_page(connection: Connection, comment: str, page: int | None) -> port.ThreadPage | None:
    row = comments.get(connection, comment)
    first = None if row is None else comments.get(connection, row.thread)
    if row is None or first is None:
        return None
    total = comments.reply_counts(connection, [first.id]).get(first.id, 0)
    pages = _pages(total, _REPLIES_PER_PAGE)
    own = 1 if row.level == 0 else 1 + comments.replies_before(connection, row) // _REPLIES_PER_PAGE
    at = max(1, min(own if page is None else page, pages))
    thread = _thread(connection, first, total, (at - 1) * _REPLIES_PER_PAGE, _REPLIES_PER_PAGE)
    return port.ThreadPage(thread, at, pages)


def _pages(count: int, per_page: int) -> int:
    return max(1, -(-count // per_page))


def _reading(connection: Connection, text: str, lang: str) -> port.Reading | None:
    row = texts.get(connection, text)
    found = store.by_ids(connection, [row.event]) if row is not None and row.lang else []
    if row is None or not found:
        return None
    verified = reopen_verified(found[0])
    of = translations.original_of(connection, text)
    original = None if of is None else texts.get(connection, of)
    if original is not None and original.erased_by is not None:
        return None
    ranked = _ranked(translations.of_text(connection, text), row)
    chosen = None if _language(row.lang) == _language(lang) else _preferred(ranked, lang)
    return port.Reading(
        original=text_view(connection, text, row.lang),
        place=_place(connection, verified, text),
        marks=tuple(map(_mark, ranked)),
        chosen=None if chosen is None else _translated(connection, chosen, row.lang),
        of=None if of is None or original is None else text_view(connection, of, original.lang),
    )


def _readings(connection: Connection, wanted: Sequence[str], lang: str) -> dict[str, port.TranslationView]:
    by_text: dict[str, list[TranslationRow]] = {}
    for found in translations.of_texts(connection, wanted, _language(lang)):
        by_text.setdefault(found.original, []).append(found)
    shown = {}
    for text, rows in by_text.items():
        original = texts.get(connection, text)
        chosen = None if original is None else _preferred(_ranked(rows, original), lang)
        if original is not None and chosen is not None and _language(original.lang) != _language(lang):
            shown[text] = _translated(connection, chosen, original.lang)
    return shown


def _ranked(rows: Sequence[TranslationRow], original: texts.TextRow) -> list[TranslationRow]:
    """Return translations by language, in each the preferred one first: by the text's own member, then the newest.

    What claims to be in the original's own language is no translation.
    """
    others = [row for row in rows if _language(row.lang) != _language(original.lang)]
    return sorted(others, key=lambda row: (row.lang, row.member != original.member, -row.time, row.member))


def _preferred(ranked: Sequence[TranslationRow], lang: str) -> TranslationRow | None:
    """Return the translation into a language to show first: in exactly this tag, else with any script or region."""
    fitting = [row for row in ranked if _language(row.lang) == _language(lang)]
    return min(fitting, key=lambda row: (row.lang != lang, ranked.index(row)), default=None)


def _mark(row: TranslationRow) -> port.TranslationMark:
    return port.TranslationMark(row.original, row.lang, row.member, row.time, row.text)


def _translated(connection: Connection, row: TranslationRow, original_lang: str) -> port.TranslationView:
    return port.TranslationView(_mark(row), original_lang, text_view(connection, row.text, row.lang))


def _place(connection: Connection, verified: Verified, text: str) -> port.TextPlace:
    event, body = verified.event, verified.event.body
    is_version, subject = False, ""
    match body:
        case Proposal():
            is_version, subject = True, str(verified.id)
        case Revision() | Amendment():
            is_version, subject = body.text.sha256 == text, str(body.proposal)
        case Topic():
            is_version, subject = True, str(body.replaces or verified.id)
        case Comment():
            subject = str(body.subject)
        case Translation():
            above = store.by_ids(connection, [body.subject])
            if above and not isinstance((original := reopen_verified(above[0])).event.body, Translation):
                subject = _place(connection, original, body.of).subject
        case _ if event.kind in store.ABOUT_A_PROPOSAL:
            subject = store.subject_of(verified)
    about, current = _current(connection, subject)
    is_current = not is_version or current == text
    return port.TextPlace(verified.id, event.member, event.kind, about, subject if about else "", is_current)


def _current(connection: Connection, subject: str) -> tuple[port.About, str]:
    """Return what a subject is, and the hash of its text in force."""
    row = projections.get_proposal(connection, subject)
    if row is not None:
        return "proposal", row.text
    versions = _topic_events(connection, subject)
    return ("topic", versions[-1][1].text.sha256) if versions else ("", "")


def _topic_events(connection: Connection, topic: str) -> list[tuple[Verified, Topic]]:
    said = causal_order(reopen_verified(stored.envelope) for stored in store.about(connection, topic, "topic"))
    return [(verified, body) for verified in said if isinstance(body := verified.event.body, Topic)]


def _topic_versions(connection: Connection, topic: str) -> tuple[ports.VersionView, ...]:
    found: list[tuple[Verified, Topic]] = []
    for verified, body in _topic_events(connection, topic):
        if not found or found[-1][1].text != body.text:
            found.append((verified, body))
    return tuple(
        ports.VersionView(verified.id, verified.event.time, _held(connection, body.text), body.minutes)
        for verified, body in found
    )


def _held(connection: Connection, ref: TextRef) -> TextView:
    return text_view(connection, ref.sha256, ref.lang)


def _language(tag: str) -> str:
    return tag.split("-", maxsplit=1)[0]
