import hashlib
import io
import zipfile
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from topics.artifact import NAME, ArtifactError, from_bytes, load, to_bytes
from topics.embed import Encoder

SHIPPED = files("topics") / "artifacts"


def stored(tmp_path: Path, content: bytes, digest: str) -> Path:
    (tmp_path / NAME).write_bytes(content)
    (tmp_path / "classifier.sha256").write_text(f"{digest}  {NAME}\n")
    return tmp_path


def test_what_ships_is_small_and_made_for_this_encoder() -> None:
    assert len((SHIPPED / NAME).read_bytes()) <= 10_000_000
    assert load().meta["encoder"] == Encoder().model


def test_one_changed_bit_is_refused(tmp_path: Path) -> None:
    content = bytearray((SHIPPED / NAME).read_bytes())
    digest = hashlib.sha256(content).hexdigest()
    content[len(content) // 2] ^= 1
    with pytest.raises(ArtifactError, match="damaged or was changed"):
        load(stored(tmp_path, bytes(content), digest))


def test_a_missing_artefact_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="run `comitia topics train`"):
        load(tmp_path)


def test_a_true_hash_of_rubbish_is_refused_as_well(tmp_path: Path) -> None:
    content = b"PK\x03\x04 no archive"
    with pytest.raises(ArtifactError, match="can't be read"):
        load(stored(tmp_path, content, hashlib.sha256(content).hexdigest()))


def test_pickled_objects_are_never_loaded(tmp_path: Path) -> None:
    np.savez(tmp_path / "evil.npz", names=np.array([{"a": 1}], dtype=object))
    with pytest.raises(ArtifactError):
        from_bytes((tmp_path / "evil.npz").read_bytes())


def members(content: bytes) -> list[tuple[str, bytes]]:
    """Return the files in an archive in order; how they are packed depends on who packs them."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return [(name, archive.read(name)) for name in archive.namelist()]


def test_writing_what_was_read_gives_the_same_files_and_always_the_same_bytes() -> None:
    content = (SHIPPED / NAME).read_bytes()
    written = to_bytes(from_bytes(content))
    assert members(written) == members(content)
    assert to_bytes(from_bytes(written)) == written


def test_the_model_card_names_the_artefact_that_ships() -> None:
    card = (files("topics") / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert load().sha256 in card
    for digest in load().meta["sources"].values():
        assert digest in card
