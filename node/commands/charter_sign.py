"""comitia charter sign: a founder's root signature on a charter file."""

from pathlib import Path
from typing import Annotated

import typer

from node import files, founding, keystore
from node.commands import charter_files, output, passphrases
from node.config import Layout
from protocol.charter import CharterFile


def run(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The charter; the signature is added in place.")],
    *,
    keys: Annotated[Path, typer.Option(metavar="DIR", help="Where the root key is: what init called offline.")],
    fingerprint: Annotated[str, typer.Option(metavar="HEX", help="Sign nothing but this charter.")] = "",
    root_passphrase_file: passphrases.RootPassphraseFile = None,
    as_json: output.AsJson = False,
) -> None:
    """Sign a charter with a founder's root key, after checking that it holds the founder's entry as it was sent."""
    unsigned = charter_files.read(file)
    _check(unsigned, keys, fingerprint)
    if not as_json:
        for line in charter_files.description(unsigned):
            output.remark(line)
    root = keystore.read_key(
        keys, "root", passphrases.existing(root_passphrase_file, "the root key", "--root-passphrase-file")
    )
    signed = unsigned.signed(root)
    files.replace(file, signed.to_bytes())
    missing = signed.missing()
    state = f"still missing: {', '.join(missing)}" if missing else "all founders have signed"
    fingerprint_line = f"Fingerprint  {founding.readable_fingerprint(signed.federation)}"
    output.show(charter_files.facts(signed), (f"Signed; {state}.", fingerprint_line), as_json=as_json)


def _check(unsigned: CharterFile, keys: Path, fingerprint: str) -> None:
    document = unsigned.charter()
    if fingerprint:
        founding.check_fingerprint(unsigned, fingerprint)
    founding.check_rules(document)
    own = keys / Layout(keys).member.name
    founding.check_own_entry(document, founding.parse_member(files.read_bounded(own, founding.MEMBER_FILE_BYTES_MAX)))
