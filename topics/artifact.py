"""The trained classifier as one npz file, refused unless its SHA-256 is the one that stands beside it.

No pickle: arrays of numbers, and JSON as bytes for names.
"""

import hashlib
import io
import json
import zipfile
import zlib
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

import numpy as np
import numpy.typing as npt

from topics.embed import unit
from topics.gloss import Glosses
from topics.keywords import Keywords
from topics.words import Kind, WordModel

Int8 = npt.NDArray[np.int8]
Float = npt.NDArray[np.float32]

FORMAT = 2
NAME = "classifier.npz"
MAX_ARTIFACT_BYTES = 20_000_000
_KEYWORD_FIELDS = ("members", "cuts", "phrase", "goal", "share", "needs", "bars", "sets", "bounds")
_GOALS = 17


class ArtifactError(Exception):
    """The classifier's file is missing, damaged or made for another encoder or version."""


@dataclass(frozen=True)
class Stack:
    """How the scores become a probability: sigmoid(features @ weights + goal_bias[g - 1])."""

    weights: Float
    goal_bias: Float


@dataclass(frozen=True)
class Artifact:
    """Everything that the classifier learned.

    `anchors` are official texts as directions of the encoder; `anchor_goal` and `anchor_target` say what
    each speaks of, the latter as an id or "" for a goal's own title. `piece_models` are word models of pieces
    of words, for languages with training texts of their own. `stacks` are keyed by the levels of
    topics/opinions.py. `meta` names sources, encoder and versions.
    """

    vector_weights: Float
    vector_bias: Float
    anchors: Int8
    anchor_goal: npt.NDArray[np.int8]
    anchor_target: tuple[str, ...]
    target_sharpness: float
    word_models: dict[str, WordModel]
    piece_models: dict[str, WordModel]
    stacks: dict[str, Stack]
    keywords: Keywords
    glosses: Glosses
    meta: dict[str, Any]
    sha256: str = ""

    @cached_property
    def anchor_directions(self) -> Float:
        """The anchors as rows of length 1."""
        return unit(self.anchors)

    @cached_property
    def anchor_rows(self) -> npt.NDArray[np.int64]:
        """The rows of each goal's anchors, goal 1 first; the shorter ones are filled with -1."""
        rows = [np.flatnonzero(self.anchor_goal == goal) for goal in range(1, _GOALS + 1)]
        filled = np.full((_GOALS, max(map(len, rows))), -1, dtype=np.int64)
        for place, own in enumerate(rows):
            filled[place, : len(own)] = own
        return filled


def to_bytes(artifact: Artifact) -> bytes:
    """Return the artefact as the bytes of an npz file; with one version of Python and zlib always the same bytes."""
    arrays: dict[str, Any] = {
        "vector_weights": artifact.vector_weights.astype(np.float16),
        "vector_bias": artifact.vector_bias,
        "anchors": artifact.anchors,
        "anchor_goal": artifact.anchor_goal,
    }
    for field in _KEYWORD_FIELDS:
        arrays[f"keywords/{field}"] = getattr(artifact.keywords, field)
    for name, stack in sorted(artifact.stacks.items()):
        arrays[f"stack/{name}/weights"] = stack.weights
        arrays[f"stack/{name}/goal_bias"] = stack.goal_bias
    for kind, models in (("words", artifact.word_models), ("pieces", artifact.piece_models)):
        for lang, model in sorted(models.items()):
            arrays |= {f"{kind}/{lang}/{name}": value for name, value in _word_arrays(model).items()}
    arrays["glosses/directions"] = artifact.glosses.directions
    arrays["glosses/meanings"] = artifact.glosses.meanings
    arrays["glosses/is_sure"] = artifact.glosses.is_sure
    names = {
        "format": FORMAT,
        "anchor_target": list(artifact.anchor_target),
        "target_sharpness": artifact.target_sharpness,
        "languages": sorted(artifact.word_models),
        "piece_languages": sorted(artifact.piece_models),
        "stems": artifact.keywords.stems,
        "english": artifact.glosses.english,
        "known": artifact.glosses.known,
        "stacks": sorted(artifact.stacks),
        "meta": artifact.meta,
    }
    arrays["names"] = _packed(names)
    out = io.BytesIO()
    np.savez_compressed(out, **arrays)
    return out.getvalue()


def _word_arrays(model: WordModel) -> dict[str, Any]:
    return {
        "terms": _packed(sorted(model.place, key=lambda term: model.place[term])),
        "rarity": model.rarity.astype(np.float16),
        "weights": model.weights,
        "scale": model.scale,
        "bias": model.bias,
    }


def from_bytes(content: bytes) -> Artifact:
    """Return the artefact read from an npz file's bytes. Raises ArtifactError."""
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            names = _unpacked(arrays["names"])
            if names["format"] != FORMAT:
                raise ArtifactError(f"the classifier has format {names['format']}, this version reads {FORMAT}")
            return _assemble(arrays, names, hashlib.sha256(content).hexdigest())
    except (ValueError, KeyError, OSError, EOFError, zipfile.BadZipFile, zlib.error) as cause:
        raise ArtifactError(f"the classifier's file can't be read: {cause}") from cause


def _assemble(arrays: Any, names: dict[str, Any], sha256: str) -> Artifact:
    return Artifact(
        vector_weights=arrays["vector_weights"].astype(np.float32),
        vector_bias=arrays["vector_bias"],
        anchors=arrays["anchors"],
        anchor_goal=arrays["anchor_goal"],
        anchor_target=tuple(names["anchor_target"]),
        target_sharpness=float(names["target_sharpness"]),
        word_models={lang: _word_model(arrays, "words", lang) for lang in names["languages"]},
        piece_models={lang: _word_model(arrays, "pieces", lang) for lang in names["piece_languages"]},
        stacks={
            name: Stack(arrays[f"stack/{name}/weights"], arrays[f"stack/{name}/goal_bias"]) for name in names["stacks"]
        },
        keywords=Keywords(
            stems=tuple(names["stems"]), **{field: arrays[f"keywords/{field}"] for field in _KEYWORD_FIELDS}
        ),
        glosses=Glosses(
            english=tuple(names["english"]),
            directions=arrays["glosses/directions"],
            known=tuple(names["known"]),
            meanings=arrays["glosses/meanings"],
            is_sure=arrays["glosses/is_sure"],
        ),
        meta=names["meta"],
        sha256=sha256,
    )


def _word_model(arrays: Any, kind: Kind, lang: str) -> WordModel:
    listed: list[str] = _unpacked(arrays[f"{kind}/{lang}/terms"])
    return WordModel(
        lang=lang,
        place={term: row for row, term in enumerate(listed)},
        rarity=arrays[f"{kind}/{lang}/rarity"].astype(np.float32),
        weights=arrays[f"{kind}/{lang}/weights"],
        scale=arrays[f"{kind}/{lang}/scale"],
        bias=arrays[f"{kind}/{lang}/bias"],
        kind=kind,
    )


def _packed(value: object) -> npt.NDArray[np.uint8]:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return np.frombuffer(text.encode(), dtype=np.uint8)


def _unpacked(array: npt.NDArray[np.uint8]) -> Any:
    return json.loads(array.tobytes())


def load(directory: Traversable | None = None) -> Artifact:
    """Return the classifier that ships in the package, or the one in the directory given.

    Raises ArtifactError if its SHA-256 isn't the one in `classifier.sha256` beside it.
    """
    place = directory or files("topics") / "artifacts"
    try:
        content = (place / NAME).read_bytes()
        stated = (place / "classifier.sha256").read_text(encoding="ascii").split()[0]
    except (OSError, IndexError) as cause:
        raise ArtifactError(f"the classifier is missing in {place}: run `comitia topics train`") from cause
    if len(content) > MAX_ARTIFACT_BYTES:
        raise ArtifactError(f"{NAME} has {len(content)} bytes, more than {MAX_ARTIFACT_BYTES}")
    found = hashlib.sha256(content).hexdigest()
    if found != stated:
        raise ArtifactError(
            f"{NAME} has SHA-256 {found[:16]}…, stated is {stated[:16]}…: it is damaged or was changed; reinstall"
        )
    return from_bytes(content)
