"""comitia keys public: the member entry with the public keys, for whoever keeps the roll."""

from pathlib import Path
from typing import Annotated

import typer

from node import files, founding
from node.commands import output
from node.config import Layout
from node.files import FileError


def run(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="The node's data directory.")],
    *,
    as_json: output.AsJson = False,
) -> None:
    """Print the member entry: its public keys, each with the proof that this node holds it. Nothing in it is secret.

    It is what a charter is drafted from. A roll that is in force can't take another entry yet: changes of the roll are
    not in the protocol so far.
    """
    layout = Layout(directory)
    if not layout.member.exists():
        raise FileError(f"{directory} holds no member.json: it is made by comitia init")
    entry = founding.parse_member(files.read_bounded(layout.member, founding.MEMBER_FILE_BYTES_MAX))
    lines = founding.member_bytes(entry).decode().splitlines()
    output.show(entry.model_dump(mode="json"), lines, as_json=as_json)
