"""A published agenda as a document to print: in one language, or in several, each in a part of its own."""

from collections.abc import Sequence
from datetime import UTC, datetime

from protocol import canonical
from web.editions.edition import Edition
from web.i18n import Language
from web.pdf.blocks import Attached, Block, Code, Contents, Cover, Facts, Page, Part, Printed, Runs, words
from web.pdf.closing_blocks import changes_blocks, checking_blocks, fairness_blocks, hash_runs
from web.pdf.codes import scan_code
from web.pdf.item_blocks import items_blocks
from web.pdf.round_blocks import rounds_blocks
from web.pdf.speech import Speech

ATTACHED_NAME = "agenda-document.json"
_COVER_CODE_MILLIMETRES = 32


def printed_agenda(editions: Sequence[tuple[Edition, Language]], base_url: str) -> Printed:
    """Return the document of one version, gathered in each language that it is to be printed in, the first foremost."""
    first, language = editions[0]
    description = language.gettext("Certified agenda of %(federation)s, with its texts, its votes and how to check it.")
    return Printed(
        title=_title(first, language),
        lang=language.code,
        dir=language.dir,
        author=first.federation_name,
        description=description % {"federation": first.federation_name},
        keywords=(
            f"comitia-document:{first.document_sha256}",
            f"comitia-federation:{first.federation.id}",
            f"comitia-tellers:{first.federation.tellers_fingerprint}",
            f"comitia-height:{first.height}",
        ),
        time=_time(first.drafted),
        parts=tuple(_part(Speech(edition, each), base_url) for edition, each in editions),
        attached=(
            Attached(
                ATTACHED_NAME,
                "application/json",
                language.gettext("The certified agenda document"),
                canonical.encode(first.document).decode(),
            ),
        ),
    )


def _title(edition: Edition, language: Language) -> str:
    named = language.gettext("Agenda, version %(version)d") % {"version": edition.version}
    return f"{edition.federation_name}: {named}"


def _part(speech: Speech, base_url: str) -> Part:
    edition, gettext = speech.edition, speech.language.gettext
    code = scan_code(edition, base_url)
    version = gettext("Agenda, version %(version)d") % {"version": edition.version}
    blocks: tuple[Block, ...] = (
        Cover(
            kicker=words(gettext("Order of the day")),
            title=words(edition.federation_name),
            subtitle=words(version),
        ),
        Facts(_facts(speech)),
        Code(code.alt(speech.language), code.svg(), _COVER_CODE_MILLIMETRES),
        Page(),
        Contents(gettext("Contents")),
        Page(),
        *items_blocks(speech),
        *rounds_blocks(speech),
        *fairness_blocks(speech),
        *changes_blocks(speech),
        Page(),
        *checking_blocks(speech, code),
    )
    return Part(
        lang=speech.language.code,
        dir=speech.language.dir,
        running=edition.federation_name,
        version=version,
        hash=f"SHA-256 {edition.document_sha256}",
        blocks=blocks,
    )


def _facts(speech: Speech) -> tuple[tuple[str, Runs], ...]:
    edition, language = speech.edition, speech.language
    gettext = language.gettext
    long = sum(item.track == "long" for item in edition.items)
    items = gettext("%(long)d long-term, %(short)d short-term") % {"long": long, "short": len(edition.items) - long}
    minutes = sum(item.minutes for item in edition.items if item.track == "long")
    signed = gettext("by at least %(needed)d of %(tellers)d tellers") % {
        "needed": edition.federation.quorum,
        "tellers": len(edition.federation.tellers),
    }
    return (
        (gettext("Drafted"), words(language.moment(edition.drafted))),
        (gettext("Items"), words(items)),
        (gettext("Plenary"), words(language.ngettext("%(num)d minute", "%(num)d minutes", minutes) % {"num": minutes})),
        (gettext("Members"), words(language.number(edition.federation.members))),
        (gettext("Certified"), words(signed)),
        (gettext("Register height"), words(language.number(edition.height))),
        (gettext("Document hash"), hash_runs(edition.document_sha256)),
        (gettext("Fingerprint of the federation"), hash_runs(edition.federation.id)),
        (gettext("Fingerprint of the tellers"), hash_runs(edition.federation.tellers_fingerprint)),
    )


def _time(milliseconds: int) -> tuple[int, int, int, int, int, int]:
    at = datetime.fromtimestamp(milliseconds // 1000, tz=UTC)
    return (at.year, at.month, at.day, at.hour, at.minute, at.second)
