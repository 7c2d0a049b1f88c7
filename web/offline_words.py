"""What the page that checks proofs says, by the keys that its script knows. Its file holds all languages.

What stands in braces is put in by the script.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from web.i18n import SOURCE, Language
from web.marking import N_

WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "title": N_("Check a proof"),
        "lead": N_(
            "This page checks in your browser that an agenda, a vote or the whole register is what the members "
            "certified. It sends nothing and needs no network: save it, and open it from your disk."
        ),
        "languages": N_("Languages"),
        "unable": N_(
            "This browser can't check signatures here. Save this page and open it from your disk in a newer browser: "
            "Chrome or Edge from version 137, Firefox from 130, Safari from 17."
        ),
        "files_label": N_("Proof"),
        "files_hint": N_(
            "A file that ends in {full} or {short}; choose it, or drop it on this page. You can add the "
            "charter file, and the agenda as JSON or PDF."
        ),
        "chosen": N_("{name}, {size} kB"),
        "fingerprint_label": N_("Fingerprint"),
        "fingerprint_hint": N_(
            "64 digits; spaces don't matter. Take it from somebody that you trust, not from where the file comes from. "
            "A full proof needs the federation's, a short one the tellers', or the federation's with the charter file."
        ),
        "fingerprint_came": N_(
            "This fingerprint came with the link that you followed. Compare it with one that you trust."
        ),
        "check": N_("Check"),
        "files_none": N_("Choose a proof."),
        "files_many": N_("Choose one proof, at most one charter file and at most one agenda."),
        "file_large": N_("{name} is larger than {limit} MiB; no proof is."),
        "file_unreadable": N_("A file can't be read. Choose it again."),
        "fingerprint_none": N_("Type the fingerprint: 64 digits of 0 to 9 and a to f."),
        "reading": N_("Reading the files"),
        "checking": N_("Checking: {step}"),
        "verdict_holds": N_("The proof holds"),
        "verdict_fails": N_("The proof does not hold"),
        "verdict_advice": N_("Don't rely on this file. Fetch it anew, if you can from another member's node."),
        "failed_at": N_("{step}: {why}"),
        "moment": N_("{date}, {time} UTC"),
        "fact_federation": N_("Federation: {federation}"),
        "fact_agenda": N_("Agenda, version {version}; its document: {document}"),
        "fact_signed": N_("Signed by {signers} of {tellers} tellers, the register standing at height {height}"),
        "fact_record": N_("Proven record: height {at}, {record}"),
        "fact_rounds": N_("Rounds counted again: {recounted}; closings taken on the tellers' word: {trusted}"),
        "record_open": N_("opening of a round"),
        "record_close": N_("closing of a round"),
        "record_agenda": N_("agenda"),
        "steps": N_("Step by step"),
        "limits": N_("What this can't tell you"),
        "limit_fresh": N_("Whether anything was decided later: it shows height {height}, as signed on {time}."),
        "limit_short": N_(
            "Whether votes were counted rightly: a short proof rests on the tellers; a full one counts again."
        ),
        "limit_world": N_("Who the members are in the world: it knows their keys."),
        "limit_texts": N_("What texts and explanations say: it knows their hashes."),
        "limit_pdf": N_("Whether the PDF shows what its document says: it only names it."),
        "of_round": N_("Round {round}"),
        "of_version": N_("Version {version}"),
        "state_ok": N_("Holds"),
        "state_failed": N_("Fails"),
        "state_unneeded": N_("Not needed"),
        "state_unreached": N_("Not reached"),
        "state_trusted": N_("On the tellers' word"),
        "step_form": N_("Form"),
        "step_fingerprint": N_("Fingerprint"),
        "step_founders": N_("Founders"),
        "step_chain": N_("Chain of records"),
        "step_certificate": N_("Certificate"),
        "step_seals": N_("Seals"),
        "step_inclusion": N_("Inclusion"),
        "step_ballots": N_("Ballots"),
        "step_tally": N_("Result"),
        "step_agenda": N_("Agenda"),
        "step_record": N_("Record"),
        "step_cosignatures": N_("Cosignatures"),
        "step_document": N_("Document"),
        "about_form": N_("The file is whole and written as it must be."),
        "about_fingerprint": N_("It is about the federation whose fingerprint you gave."),
        "about_founders": N_("Every founder signed the charter, and its keys are sound."),
        "about_chain": N_("The records stand without a gap, each on the one below."),
        "about_certificate": N_("A quorum of tellers signed the newest record, and with it all below."),
        "about_seals": N_("Enough tellers sealed the round, and their seals are here."),
        "about_inclusion": N_("What is in enough seals, or in the log, is what counts."),
        "about_ballots": N_("Each ballot that counts is here, signed by its member."),
        "about_tally": N_("By the round's rule the ballots come to the certified result."),
        "about_agenda": N_("The agenda is the certified one and follows from the closings."),
        "about_record": N_("The record is of the height and the federation that the proof names."),
        "about_cosignatures": N_("A quorum of tellers signed the register as it stood."),
        "about_document": N_("The agenda's file is of the certified document."),
        "why_head": N_("This is not a proof of Comitia: it begins otherwise."),
        "why_changed": N_("It was changed or cut short: its hash is another."),
        "why_damaged": N_("Its compressed part is damaged, cut short, or followed by something."),
        "why_inflated_large": N_("It unpacks to more than {limit} MiB."),
        "why_short_large": N_("A short proof has at most {limit} kB."),
        "why_short_lines": N_("A line is missing or not written as it must be."),
        "why_canonical": N_("Its content is not written in the one way that is allowed."),
        "why_fields": N_("A field is missing, too many, or of the wrong kind."),
        "why_fingerprint_other": N_("The charter's fingerprint is another one: {found}"),
        "why_tellers_other": N_("The tellers' fingerprint is another one: {found}"),
        "why_charter_wanted": N_("This is the federation's fingerprint. Add the charter file, or give the tellers'."),
        "why_charter_file": N_("The charter file is damaged."),
        "why_charter_fields": N_("The charter is not written as it must be."),
        "why_proof_elsewhere": N_("The proof is of another federation: {found}"),
        "why_tellers_charter": N_("Its tellers are not those of the charter."),
        "why_founders_missing": N_("There isn't one signature for each founder."),
        "why_founder_signature": N_("The signature of {member} does not hold."),
        "why_key_bad": N_("A key is weak, or stands on the roll twice."),
        "why_record_fields": N_("The record at height {height} is not written as it must be."),
        "why_record_federation": N_("The record at height {height} is of another federation."),
        "why_record_height": N_("A record of another height or roll stands at height {height}."),
        "why_record_prev": N_("The record at height {height} does not stand on the one below."),
        "why_close_of_nothing": N_("The record at height {height} closes a round that isn't open."),
        "why_event_fields": N_("A statement ({kind}) is not written as it must be."),
        "why_event_federation": N_("A statement ({kind}) is of another federation."),
        "why_event_key": N_("A statement ({kind}) is by a key that {member} may not use for it."),
        "why_event_signature": N_("The signature of {member} under a statement ({kind}) does not hold."),
        "why_event_elsewhere": N_("A statement of {member} is about something else."),
        "why_signer_twice": N_("Somebody's statement stands twice, or out of order."),
        "why_no_teller": N_("{member} is no teller."),
        "why_votes_few": N_("Tellers who signed: {have}; needed: {needed}."),
        "why_views": N_("The tellers' votes are of different views, which are never added up."),
        "why_round_unknown": N_("Nothing here closes this round, or it stands out of order."),
        "why_seals_few": N_("Seals: {have}; needed: {needed}."),
        "why_seals_others": N_("The seals are not those that the closing names."),
        "why_seal_listing": N_("The list in the seal of {member} is not the one that it signed."),
        "why_included": N_("The seals list other ballots than the closing counts."),
        "why_ballots_others": N_("The ballots are not those that count."),
        "why_not_allowed": N_("The round was opened otherwise than the charter allows."),
        "why_result": N_("Counted again, the ballots come to another result: {status}."),
        "why_agenda_unknown": N_("No record publishes this version, or it stands out of order."),
        "why_agenda_document": N_("The document is not the one that the record publishes."),
        "why_agenda_draft": N_("The draft is not the one that the record names, or is by somebody else."),
        "why_agenda_items": N_("The items are not what follows from the closed rounds."),
        "why_path": N_("The hashes don't lead from the record to the signed root."),
        "why_cosignature": N_("The cosignature of {member} does not hold."),
        "why_document_file": N_("The agenda's file names no document, or several."),
        "why_no_agenda": N_("The proof is of no agenda."),
    }
)
"""Every sentence in English."""


def sentences(languages: Iterable[Language]) -> dict[str, list[str]]:
    """Return the keys, and under each language's code the sentences in the same order."""
    spoken = {language.code: [language.gettext(words) for words in WORDS.values()] for language in languages}
    return {"keys": list(WORDS), SOURCE: list(WORDS.values()), **spoken}
