"""comitia join: the complete charter installed in a node's directory."""

from pathlib import Path
from typing import Annotated

import typer

from node import config, files, founding, keystore
from node.commands import charter_files, output, passphrases
from node.config import Layout
from node.files import FileError


def run(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="The node's data directory.")],
    *,
    charter: Annotated[Path, typer.Option(metavar="FILE", help="The charter with all signatures.")],
    fingerprint: Annotated[str, typer.Option(metavar="HEX", help="What the charter's fingerprint should be.")] = "",
    peer: Annotated[list[str] | None, typer.Option(metavar="URL", help="A node to dial. Repeat for more.")] = None,
    passphrase_file: passphrases.NodePassphraseFile = None,
    as_json: output.AsJson = False,
) -> None:
    """Join a federation: check its charter and that this node's keys are on its roll, then install the charter."""
    layout = Layout(directory)
    settings = config.load_config(directory)
    if layout.charter.exists():
        raise FileError(f"{directory} has joined a federation already: its charter was left as it is")
    file = charter_files.read(charter)
    if fingerprint:
        founding.check_fingerprint(file, fingerprint)
    document = file.verified()
    founding.check_rules(document)
    secret = passphrases.existing(passphrase_file or settings.passphrase_file, "the node's keys", "--passphrase-file")
    keys = keystore.read_node_keys(layout.keys, secret, with_teller=settings.is_teller)
    member = founding.check_join(document, keys, is_teller=settings.is_teller)
    if peer:
        before = files.read_bounded(layout.config, config.CONFIG_BYTES_MAX)
        files.replace(layout.config, config.with_peers(layout.config, before, tuple(peer)))
    files.write_new(layout.charter, file.to_bytes(), files.PUBLIC)
    lines = (
        f"{member} has joined {' / '.join(document.names.values())}.",
        f"Fingerprint  {founding.readable_fingerprint(file.federation)}",
        "Compare it with the other founders by telephone or face to face." if not fingerprint else "It is as expected.",
        f"Then         comitia serve {directory}",
    )
    output.show({"member": member, **charter_files.facts(file)}, lines, as_json=as_json)
