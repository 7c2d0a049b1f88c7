"""Gathers an edition from what a node knows: the one place where a published agenda is put together for files."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from consensus.fairness.agenda_report import agenda_report
from protocol.events.consultation import Track
from protocol.policy import TrackPolicy
from web.decisions import Decision as DecisionWords
from web.decisions import decision, item_decision, reason_words
from web.discussion_port import AgendaChanges, ItemView
from web.editions import edition as made
from web.editions.left_words import left_words
from web.editions_port import CertifiedAgenda, LeftItem
from web.i18n import Language
from web.ports import AgendaItem, AgendaView, Backend, BallotView, ProposalView, RoundView, TextView
from web.present import People
from web.rule_words import rule_words

Texts = Mapping[str, tuple[made.Translation, ...]]
"""The translations of texts by the hashes of their originals."""
_STANCES: Final = ("support", "conditional", "concern", "objection")


class NotAllHereError(Exception):
    """A published agenda can't be put together yet: a part that it rests on hasn't reached this node."""


@dataclass(frozen=True, slots=True)
class _Found:
    """Everything that a node answered."""

    agenda: AgendaView
    certified: CertifiedAgenda
    rounds: tuple[RoundView, ...]
    proposals: Mapping[str, ProposalView]
    left: tuple[LeftItem, ...]
    changes: AgendaChanges | None
    people: People
    language: Language

    @property
    def items(self) -> tuple[AgendaItem, ...]:
        return (*self.agenda.long, *self.agenda.short)


async def gather_edition(backend: Backend, version: int, language: Language) -> made.Edition | None:
    """Return a version of the agenda with its sentences in a language; None if there is no such version.

    Raises NotAllHereError while the node lacks ballots or records that it rests on.
    """
    found = await _found(backend, version, language)
    if found is None:
        return None
    federation = backend.federation()
    texts = await _translations(backend, _texts_of(found))
    members = await backend.members()
    report = agenda_report(
        {member.id: member.constituencies for member in members}, await backend.agenda_sources(version)
    )
    items = tuple(_item(found, item, federation.id, federation.policies, texts) for item in found.items)
    certified = found.certified
    return made.Edition(
        id=made.edition_urn(federation.id, version),
        lang=language.code,
        version=version,
        previous=max((number for number in found.agenda.versions if number < version), default=None),
        federation=made.Federation(
            id=federation.id,
            names=federation.names,
            members=federation.members,
            tellers=tuple(member for member, _ in certified.tellers),
            quorum=certified.quorum,
            tellers_fingerprint=certified.tellers_fingerprint,
        ),
        height=certified.height,
        record=certified.record,
        certificate=made.Certificate(at=found.agenda.published, signers=found.agenda.certificate.signers),
        document_sha256=found.agenda.document,
        document=dict(certified.document),
        draft=certified.draft,
        drafted=certified.drafted,
        history=tuple(
            made.Version(version=each.version, height=each.height, document_sha256=each.document, drafted=each.drafted)
            for each in certified.history
        ),
        items=items,
        without_text=tuple(item.number for item in items if not item.text.is_in(language.code)),
        rounds=tuple(_round(found, each) for each in found.rounds),
        left=tuple(_left(found, each, texts) for each in found.left),
        changes=None if found.changes is None else _changes(found.changes),
        fairness=report,
        dates=_dates(certified, items, found.rounds),
        members=tuple(
            made.Member(id=member.id, names=member.names, country=member.country, constituencies=member.constituencies)
            for member in members
        ),
    )


async def _found(backend: Backend, version: int, language: Language) -> _Found | None:
    agenda = await backend.agenda(version)
    certified = await backend.editions.certified(version)
    if agenda is None or certified is None:
        return None
    items = (*agenda.long, *agenda.short)
    listed = certified.document.get("items")
    if not isinstance(listed, list) or len(listed) != len(items):
        raise NotAllHereError
    rounds = [await backend.round(each) for each in dict.fromkeys(item.round for item in items)]
    known = tuple(each for each in rounds if each is not None and each.outcome is not None and each.closed is not None)
    if len(known) < len(rounds):
        raise NotAllHereError
    sources = dict.fromkeys(each for item in items for each in item.proposals)
    proposals = {each: view for each in sources if (view := await backend.editions.proposal(each)) is not None}
    earlier = max((number for number in agenda.versions if number < version), default=None)
    return _Found(
        agenda=agenda,
        certified=certified,
        rounds=tuple(sorted(known, key=lambda each: (each.summary.number, each.summary.id))),
        proposals=proposals,
        left=await backend.editions.left(version),
        changes=None if earlier is None else await backend.discussion.agenda_changes(earlier, version),
        people=People.among(await backend.members(), language),
        language=language,
    )


def _texts_of(found: _Found) -> list[str]:
    """Return the hashes of all texts that are shown, each once."""
    texts = [item.text for item in found.items] + [each.text for each in found.left]
    for view in found.proposals.values():
        texts.append(view.text)
        for objection in view.course.objections:
            texts += [objection.reasons] if objection.reply is None else [objection.reasons, objection.reply]
    return list(dict.fromkeys(text.hash for text in texts if text.hash))


async def _translations(backend: Backend, texts: Sequence[str]) -> Texts:
    """Return of each text the preferred translation into each language that it has."""
    asked: dict[str, list[str]] = {}
    for text in texts:
        reading = await backend.discussion.reading(text, "")
        for tag in dict.fromkeys(mark.lang for mark in reading.marks) if reading else ():
            asked.setdefault(tag, []).append(text)
    found: dict[str, list[made.Translation]] = {}
    for tag, those in sorted(asked.items()):
        for text, view in (await backend.discussion.readings(those, tag)).items():
            if view.mark.lang == tag and view.text.state == "held":
                found.setdefault(text, []).append(
                    made.Translation(
                        lang=tag,
                        by=view.mark.member,
                        at=view.mark.time,
                        sha256=view.mark.text,
                        title=view.text.title,
                        body=view.text.body,
                        urgency=view.text.urgency,
                    )
                )
    return {text: tuple(each) for text, each in found.items()}


def _text(view: TextView, texts: Texts) -> made.Text:
    erased = None
    if view.state == "erased":
        erased = made.Erased(by=view.erased_by, ground=view.erased_ground, at=view.erased_at)
    return made.Text(
        sha256=view.hash,
        lang=view.lang,
        state=view.state,
        title=view.title,
        body=view.body,
        urgency=view.urgency,
        erased=erased,
        translations=texts.get(view.hash, ()) if view.state == "held" else (),
    )


def _words(words: DecisionWords) -> made.Decision:
    return made.Decision(result=words.result, rest=words.rest)


def _item(
    found: _Found, item: AgendaItem, federation: str, policies: Mapping[Track, TrackPolicy], texts: Texts
) -> made.Item:
    track: Track = "short" if item.number.startswith("S") else "long"
    policy, standing = policies[track], found.certified.standing[item.subject]
    review = standing.since + policy.review_ms if policy.review_ms else None
    counts = item.supporters_by_constituency
    return made.Item(
        id=made.item_urn(federation, found.agenda.version, item.number),
        number=item.number,
        track=track,
        subject=item.subject,
        subject_kind=item.subject_kind,
        minutes=item.minutes,
        goals=item.goals,
        text=_text(item.text, texts),
        round=item.round,
        option=item.option,
        decision=_words(item_decision(found.language, item.outcome, item.option)),
        support=tuple(
            made.Support(constituency=name, in_favour=counts[name][0], voted=counts[name][1]) for name in sorted(counts)
        ),
        sources=tuple(_source(found.proposals[each], texts) for each in item.proposals if each in found.proposals),
        adopted=standing.since,
        is_ratified=standing.is_ratified if policy.ratification else None,
        review=review,
        end=review + policy.sunset_ms if review is not None and policy.sunset_ms else None,
    )


def _source(view: ProposalView, texts: Texts) -> made.Source:
    stances = [position.stance for position in view.positions]
    return made.Source(
        id=view.summary.id,
        member=view.summary.member,
        at=view.summary.time,
        text=_text(view.text, texts),
        endorsed_by=tuple(sorted(view.endorsed_by)),
        positions={stance: stances.count(stance) for stance in _STANCES},
        objections=tuple(
            made.Objection(
                member=each.member,
                at=each.time,
                reasons=_text(each.reasons, texts),
                answer=each.answer,
                reply=None if each.reply is None else _text(each.reply, texts),
                is_standing=each.is_standing,
            )
            for each in view.course.objections
        ),
    )


def _round(found: _Found, view: RoundView) -> made.Round:
    assert view.outcome is not None
    assert view.closed is not None
    language, people = found.language, found.people
    titles = {option.id: option.text.title for option in view.options if option.text.title}
    names = {member: people.text_of(member) for member in people.ids}
    words = rule_words(language, view.spec, view.summary.entitled, people.text_of)
    return made.Round(
        id=view.summary.id,
        number=view.summary.number,
        track=view.summary.track,
        procedure=view.spec.procedure,
        opens=view.summary.opens,
        closes=view.summary.closes,
        closed_at=view.closed.height,
        rule=view.spec.rule,
        rule_name=words.name,
        rule_words=words.sentences,
        capacity=view.spec.question.capacity_minutes,
        options=tuple(
            made.Option(
                id=option.id,
                subject=option.subject,
                title=option.text.title,
                lang=option.text.lang,
                minutes=option.minutes,
            )
            for option in view.options
        ),
        outcome=view.outcome,
        decision=_words(decision(language, view.outcome)),
        reasons=tuple(reason_words(language, reason, titles, names) for reason in view.outcome.reasons),
        ballots=tuple(_ballot(each) for each in sorted(view.roll_call, key=lambda each: (each.member, each.event))),
        void=tuple(sorted(view.void_members)),
        unreadable=tuple(sorted(view.unreadable)),
    )


def _ballot(view: BallotView) -> made.Ballot:
    return made.Ballot(
        member=view.member,
        event=view.event,
        is_counted=bool(view.is_counted),
        holder=view.holder,
        content=view.content.model_dump(mode="json"),
    )


def _left(found: _Found, item: LeftItem, texts: Texts) -> made.Left:
    return made.Left(
        number=item.number,
        version=item.version,
        subject=item.subject,
        subject_kind=item.subject_kind,
        track=item.track,
        text=_text(item.text, texts),
        why=item.why,
        round=item.round or None,
        words=left_words(found.language, item.why),
    )


def _changes(changes: AgendaChanges) -> made.Changes:
    kinds: tuple[tuple[str, Iterable[ItemView]], ...] = (
        ("added", changes.added),
        ("removed", changes.dropped),
        ("moved", changes.renumbered),
        ("decided-anew", changes.decided_anew),
    )
    return made.Changes(
        since=changes.earlier,
        unchanged=changes.unchanged,
        items=tuple(
            made.Change.model_validate(
                {"what": what, "subject": item.subject, "before": item.before, "after": item.after}
            )
            for what, items in kinds
            for item in items
        ),
    )


def _dates(
    certified: CertifiedAgenda, items: Iterable[made.Item], rounds: Iterable[RoundView]
) -> tuple[made.Date, ...]:
    dates = [made.Date(kind="drafted", start=certified.drafted, end=certified.drafted, item=None, round=None)]
    dates += [
        made.Date(kind="vote", start=each.summary.opens, end=each.summary.closes, item=None, round=each.summary.id)
        for each in rounds
    ]
    for item in items:
        if item.review is not None:
            dates.append(made.Date(kind="review", start=item.review, end=item.review, item=item.number, round=None))
        if item.end is not None:
            dates.append(made.Date(kind="end", start=item.end, end=item.end, item=item.number, round=None))
    return tuple(sorted(dates, key=lambda each: (each.start, each.end, each.kind)))
