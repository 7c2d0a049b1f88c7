"""What an archive says of itself, so that somebody can read and check it who has nothing but the archive."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from importlib import resources
from typing import Final

from protocol.ids import FederationId
from web.i18n import load_languages
from web.offline_page import FILE_NAME, build_offline_page

README: Final = "README.txt"
VERIFIERS: Final = ("verify_agenda.py", "verify_short_proof.py")
_SPECIFICATIONS: Final = (("protocol", "SPEC.md"), ("consensus", "RULES.md"))
_TEXT: Final = """\
THE PUBLIC RECORD OF A FEDERATION
=================================

Federation: {federation}
Register height: {height}

This directory holds the whole public record of a federation of organisations that set an agenda together: who they
are, what they proposed, said and voted, how each vote was closed, and the agendas that followed. Every statement is
signed by the organisation that made it. Nobody has to be trusted for it, not even whoever gave you this copy: you can
check all of it with what is in this directory, today or in decades.

The 64 digits above are the federation's fingerprint: the SHA-256 of its charter. Compare them with a copy that you
had from elsewhere (a printed agenda, a member's site, a library). Everything else follows from them.


HOW TO CHECK IT
---------------

1. That no file was damaged or is missing. On any Unix:

       sha256sum --check --quiet MANIFEST

   That shows damage, not forgery: whoever can change a file can change MANIFEST too. The rest shows forgery.

2. With the program comitia, if there still is one:

       comitia verify THIS-DIRECTORY --fingerprint {federation}

   It checks every signature, chain, certificate and text.

3. With nothing of Comitia but what is in this directory: Python and PyNaCl, an Ed25519 library.

       python3 check/verify_agenda.py . --fingerprint {federation}

   It compares the files with MANIFEST and then checks the full proofs in proofs/, step by step, in 300 lines to read.
   A full proof holds all that decisions rest on: charter, records, tellers' votes, seals, ballots. The program goes
   from the fingerprint to each result and each agenda. proofs/agenda-N.comitia-proof does so for one agenda; the short
   proof proofs/agenda-N.tlog-proof shows in a few kilobytes that the tellers cosigned it:

       python3 check/verify_short_proof.py proofs/agenda-1.tlog-proof --charter charter.json --fingerprint {federation}

4. With a browser and nothing else: open check/comitia-check.html from this directory and give it a proof. It asks
   nobody.

5. With nothing but your own program: specification/SPEC.md says how every byte is to be read. In short:
   - All JSON here is canonical: keys in ascending order, no white space, no fractions.
   - A statement is a DSSE envelope: {{"payload": base64, "payloadType": text, "signatures": [{{"keyid", "sig"}}]}}.
     What is signed is the bytes `DSSEv1 <length of the type> <the type> <length of the payload> <the payload>`, with
     Ed25519 (RFC 8032). The SHA-256 of these bytes is the statement's id. The key is the 32 bytes of `keyid`.
   - Which keys may speak for whom stands in charter.json, which every founder signed.
   - The statements of one key are a chain: each names the one before, `prev`, so that none between two can be left out
     unseen. Only another copy can tell that the newest ones are missing.
   - A record of the register counts if a quorum of the tellers signed its id, in one and the same view: the
     certificate holds the record and their signatures. With n tellers and f = (n - 1) / 3 rounded down, a quorum is
     (n + f) / 2 rounded down, plus 1. Each record names the one before; the first names the charter.
   - What a vote came to follows from the ballots by the rule that its record names: specification/RULES.md.


WHAT IS WHERE
-------------

charter.json           the founding document: members with their keys, tellers, rules; signed by all founders
register/00000001.json the certified records, one a file, numbered without a gap: rounds opened and closed, agendas
chains/KEY.jsonl       all statements of one key, one a line, the first one first
evidence.jsonl         statements of keys that signed two different things in one place, from there on
forks.jsonl            the proofs of that: both statements
texts.jsonl            every text that a statement names, one a line: held, erased (by whom, when, why) or missing
texts/ab/abcd…         the texts, each under its SHA-256: JSON with title and body
listings/…             lists of ballots that were too long for a teller's seal: ids of 32 bytes each, joined
agendas/agenda-N.json  the published agendas; register records of the kind `agenda` name their SHA-256
specification/         how every byte is to be read (SPEC.md), and how votes are counted (RULES.md)
log/                   the register as a transparency log (C2SP tlog-tiles): checkpoint, tiles, entries, tellers' keys;
                       once the tellers have cosigned it
proofs/                full proofs of the register and of each agenda, and short proofs of agendas in the cosigned log
check/                 programs that check proofs offline: two for Python, one for a browser
MANIFEST               the SHA-256 of every other file


WHAT IS NOT HERE
----------------

Texts that were erased (a court order, personal data, abuse, by their author): their hashes stay, and who erased them.
Accounts, drafts, addresses of people, private keys, and anything else that organisations didn't publish. A ballot names
the account that cast it as its member signed it.
{running}

WHAT IS THE SAME IN EVERY COPY
------------------------------

Two members whose nodes hold the same statements and texts write the same archive, byte for byte. Nodes may differ in
what lately reached them, in texts.jsonl where a text is missing, and in evidence.jsonl and forks.jsonl: of a key that
signed two things in one place each node keeps what it saw. Another version of the program comitia may write other files
in check/ and specification/ and another README.txt, and another version of zlib may pack full proofs otherwise.
{unproven}"""
_UNPROVEN: Final = """

Full proofs that could not be made when this was written, and why:

"""
_RUNNING: Final = """\
Ballots of rounds whose result wasn't certified when this was written. A chain ends here before its first ballot (or a
teller's receipt or seal) of such a round, whatever its member has said since; a later archive has it. The rounds are:
"""


def papers(
    federation: FederationId, height: int, running: Sequence[str], unproven: Sequence[str]
) -> Iterator[tuple[str, bytes]]:
    """Yield the path and bytes of each file that explains the archive of a federation up to a register's height.

    running are the rounds whose ballots stay out, unproven the full proofs that aren't there, with the reasons.
    """
    yield README, readme(federation, height, running, unproven).encode()
    for package, name in _SPECIFICATIONS:
        yield f"specification/{name}", (resources.files(package) / name).read_bytes()
    for name in VERIFIERS:
        yield f"check/{name}", (resources.files("web") / "offline" / name).read_bytes()
    yield f"check/{FILE_NAME}", _page()


@lru_cache(maxsize=1)
def _page() -> bytes:
    """Return the page that checks proofs in a browser: the same whatever the archive."""
    return build_offline_page(load_languages()).body


def readme(federation: FederationId, height: int, running: Sequence[str], unproven: Sequence[str]) -> str:
    """Return what somebody reads first."""
    listed = _RUNNING + "".join(f"  {round_id}\n" for round_id in running) if running else ""
    missing = _UNPROVEN + "".join(f"  {line}\n" for line in unproven) if unproven else ""
    return _TEXT.format(federation=federation, height=height, running=listed, unproven=missing)
