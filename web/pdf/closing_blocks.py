"""What follows the items of a printed agenda: who was heard, what left, what changed, and how to check it all."""

from collections.abc import Iterable
from typing import Final

from consensus.fairness.agenda_report import Part
from web.constituencies import constituency_name, ordered
from web.editions.edition import Change, Left
from web.fairness_values import heard, per_cent
from web.marking import N_
from web.pdf.blocks import Bar, Block, Code, Entries, Heading, Paragraph, Run, Runs, Table, Words, cell, words
from web.pdf.codes import ScanCode
from web.pdf.speech import Speech, joined

_CHANGES: Final = (
    ("added", N_("Added")),
    ("removed", N_("Dropped")),
    ("decided-anew", N_("Decided anew")),
    ("moved", N_("Renumbered")),
)
_CODE_MILLIMETRES: Final = 38


def fairness_blocks(speech: Speech) -> tuple[Block, ...]:
    """Return who was heard: by constituency as bars and as a table."""
    gettext, report = speech.language.gettext, speech.edition.fairness
    parts = {each.constituency: each.part for each in report.constituencies}
    names = ordered(parts)
    lead = gettext(
        "Who proposed what became the agenda, who endorsed it, and how much of it each constituency's members "
        "approved, against their share of the members."
    )
    every = report.overall
    rows = [_heard_row(speech, constituency_name(speech.language, name), parts[name], every) for name in names]
    rows.append(_heard_row(speech, gettext("All members"), every, every))
    names_of = (
        gettext("Constituency"),
        gettext("Members"),
        gettext("Share"),
        gettext("Proposed"),
        gettext("Share"),
        gettext("Endorsed"),
    )
    head = (*names_of, gettext("Share"), gettext("Voted"), gettext("Heard"))
    return (
        Heading(1, words(gettext("Who was heard in this agenda"))),
        Paragraph(words(lead)),
        _bars(speech, [(constituency_name(speech.language, name), parts[name]) for name in names]),
        speech.table(gettext("The same as a table"), head, rows),
        Paragraph(words(gettext("A member counts in each of its constituencies.")), "small"),
    )


def _bars(speech: Speech, parts: Iterable[tuple[str, Part]]) -> Table:
    gettext = speech.language.gettext
    return Table(
        caption=words(gettext("Share of the agenda's minutes that members voting approved")),
        head=(words(gettext("Constituency")), words(gettext("Share")), words(gettext("Heard"))),
        rows=tuple(
            (cell(name), Bar(heard(part) or 0, 100), cell(speech.per_cent(heard(part)))) for name, part in parts
        ),
        widths=(3, 4, 0),
        aligned=("start", "start", "end"),
    )


def _heard_row(speech: Speech, name: str, part: Part, every: Part) -> tuple[Words, ...]:
    def share(some: int, of: int) -> Words:
        return cell(speech.per_cent(per_cent(some, of)))

    return (
        cell(name),
        speech.figure(part.members),
        share(part.members, every.members),
        speech.figure(part.proposed),
        share(part.proposed, every.proposed),
        speech.figure(part.endorsed),
        share(part.endorsed, every.endorsed),
        speech.figure(part.voted),
        cell(speech.per_cent(heard(part))),
    )


def changes_blocks(speech: Speech) -> tuple[Block, ...]:
    """Return what is different from the version before, and what left; nothing where neither says anything."""
    blocks: list[Block] = []
    edition, language = speech.edition, speech.language
    if edition.changes is not None:
        blocks.append(
            Heading(
                1, words(language.gettext("Changes since version %(version)d") % {"version": edition.changes.since})
            )
        )
        for what, name in _CHANGES:
            those = [change for change in edition.changes.items if change.what == what]
            if those:
                blocks.append(Heading(2, words(language.gettext(name)), is_listed=False))
                blocks.append(Entries(tuple(_change(speech, change) for change in those)))
        unchanged = edition.changes.unchanged
        said = language.ngettext("%(num)d item is unchanged.", "%(num)d items are unchanged.", unchanged)
        blocks.append(Paragraph(words(said % {"num": unchanged}), "small"))
    if edition.left:
        blocks.append(Heading(1, words(language.gettext("Items that left the agenda"))))
        blocks.append(Entries(tuple(_left(speech, left) for left in edition.left)))
    return tuple(blocks)


def _change(speech: Speech, change: Change) -> Runs:
    title = next((speech.title(item.text) for item in speech.edition.items if item.subject == change.subject), None)
    if title is None:
        title = next(
            (speech.title(left.text) for left in speech.edition.left if left.subject == change.subject), Run("")
        )
    if change.what != "moved":
        return joined(f"{change.after or change.before}. ", title)
    said = speech.language.gettext("From %(before)s to %(after)s") % {"before": change.before, "after": change.after}
    return joined(title, f" – {said}")


def _left(speech: Speech, left: Left) -> Runs:
    where = speech.language.gettext("%(number)s in version %(version)d") % {
        "number": left.number,
        "version": left.version,
    }
    return joined(speech.title(left.text), Run(f" ({where}) ", style="quiet"), left.words)


def checking_blocks(speech: Speech, code: ScanCode) -> tuple[Block, ...]:
    """Return how to check the agenda: its hash, fingerprints and tellers, the code to scan, and what this file is."""
    gettext, edition = speech.language.gettext, speech.edition
    tellers = edition.federation.tellers
    certified = gettext(
        "Record %(height)d of the register names this hash. At least %(needed)d of %(tellers)d tellers signed it."
    )
    numbers = {"height": edition.height, "needed": edition.federation.quorum, "tellers": len(tellers)}
    return (
        Heading(1, words(gettext("Check it yourself"))),
        Paragraph(
            words(
                gettext(
                    "You need not believe this file. The agenda can be checked on your own computer, without any "
                    "member's server."
                )
            )
        ),
        Heading(2, words(gettext("Hash of the agenda document (SHA-256)")), is_listed=False),
        Paragraph(hash_runs(edition.document_sha256)),
        Paragraph(words(certified % numbers)),
        Heading(2, words(gettext("Fingerprint of the federation")), is_listed=False),
        Paragraph(hash_runs(edition.federation.id)),
        Heading(2, words(gettext("Fingerprint of the tellers")), is_listed=False),
        Paragraph(hash_runs(edition.federation.tellers_fingerprint)),
        Paragraph(words(gettext("Tellers: %(names)s.") % {"names": speech.language.listed(map(speech.name, tellers))})),
        Heading(2, words(gettext("How to check")), is_listed=False),
        Code(code.alt(speech.language), code.svg(), _CODE_MILLIMETRES),
        Entries(_steps(speech, code)),
        Heading(2, words(gettext("About this file")), is_listed=False),
        Paragraph(joined(f"{_about(speech)} ", Run("", style="setting")), "small"),
    )


def _steps(speech: Speech, code: ScanCode) -> tuple[Runs, ...]:
    gettext = speech.language.gettext
    return (
        _scanning(speech, code),
        words(gettext("Compare the fingerprint with the one that you have from a member that you trust.")),
        words(gettext("Or run this command: comitia verify FILE --fingerprint FINGERPRINT, where FILE is the proof.")),
        words(
            gettext(
                "This file carries the certified document as agenda-document.json; SHA-256 of its bytes is the hash "
                "above."
            )
        ),
        words(
            gettext(
                "No check can tell whether a newer version exists: compare the height of the register with other nodes."
            )
        ),
    )


def _scanning(speech: Speech, code: ScanCode) -> Runs:
    """Return what the code is for; its address leads where the code does."""
    gettext = speech.language.gettext
    if not code.address:
        return words(gettext("The code holds both fingerprints as text, to compare or to copy."))
    said = gettext("Scan the code, or open %(address)s, and give that page the agenda's proof from any member's node.")
    before, _, after = (said % {"address": code.address}).partition(code.address)
    return joined(before, Run(code.address, to=code.text), after)


def _about(speech: Speech) -> str:
    return speech.language.gettext(
        "Only the agenda document is certified. The texts, translations and explanations around it are as the node "
        "held them. Nodes that hold the same and have the same address make the same file, byte for byte, with the "
        "same typesetter and fonts:"
    )


def hash_runs(digest: str) -> Runs:
    """Return a hash in groups of four, on two lines."""
    groups = [digest[place : place + 4] for place in range(0, len(digest), 4)]
    halves = (groups[: len(groups) // 2], groups[len(groups) // 2 :])
    return (Run("\n".join(" ".join(half) for half in halves), "en", "ltr", "code"),)
