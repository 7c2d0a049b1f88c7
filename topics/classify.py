"""Which goals and targets a text speaks on, how likely, and why: a suggestion for people to confirm.

Up to four opinions are formed and weighed per goal: a linear model on the encoder's vector (serves every
language that the encoder knows), the likeness to the nearest official texts, the words of the text's language
where a word model exists, and in English the key phrases of an SDG vocabulary. A goal is accepted from ACCEPT
on; several or none may be.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from topics.artifact import Artifact, load
from topics.embed import Encoder, Int8, Vector, unit
from topics.keywords import LANGUAGE
from topics.taxonomy.catalogue import catalogue, official_language
from topics.text import UNKNOWN, detect_language, has_words, normalise
from topics.words import WordModel, distinct

Float = npt.NDArray[np.float32]

ACCEPT = 0.5
MAX_REASON_WORDS = 5
MAX_TARGETS_PER_GOAL = 3
_MIN_TARGET = 0.15
_NEAREST = 3
_ANCHOR_SCALE = 10.0
_SOFT = 1e-3
_SAME_WORDS = {"hr": "cnr", "bs": "cnr", "sr": "cnr", "sh": "cnr", "nb": "no", "nn": "no", "da": "no"}


@dataclass(frozen=True)
class LikelyTarget:
    """A target within an accepted goal and its probability there."""

    id: str
    goal: int
    probability: float


@dataclass(frozen=True)
class Reason:
    """Why a goal was accepted: words of the text, strongest first, and the nearest official target."""

    goal: int
    words: tuple[str, ...]
    target: str
    official: str


@dataclass(frozen=True)
class Suggestion:
    """What the classifier says of one text; `goals[g - 1]` is goal g's probability, `accepted` likeliest first."""

    lang: str
    goals: tuple[float, ...]
    accepted: tuple[int, ...]
    targets: tuple[LikelyTarget, ...]
    reasons: tuple[Reason, ...]
    vector: Vector
    classifier: str


def softmax(scores: Float) -> Float:
    """Return the probabilities of one row of scores."""
    raised = np.exp(scores - scores.max())
    return np.asarray(raised / raised.sum(), dtype=np.float32)


def evidence(scores: Float) -> Float:
    """Return the log-odds of each of the competing scores, softened so that none is certain."""
    shares = softmax(scores)
    return np.log((shares + _SOFT) / (1.0 - shares + _SOFT))


def word_model(artifact: Artifact, lang: str) -> WordModel | None:
    """Return the word model that serves a language tag, if there is one."""
    base = lang.replace("_", "-").split("-")[0].lower()
    return artifact.word_models.get(_SAME_WORDS.get(base, base))


def features(artifact: Artifact, row: Int8, text: str, lang: str) -> tuple[str, Float]:
    """Return the name of the stack that fits and its features, shape (17, number of opinions)."""
    direction = unit(row)
    opinions = [
        evidence(direction @ artifact.vector_weights + artifact.vector_bias),
        likeness(artifact, direction) * _ANCHOR_SCALE,
    ]
    model = word_model(artifact, lang)
    if model is None:
        return "plain", np.stack(opinions, axis=1)
    opinions.append(evidence(model.scores(text)))
    if model.lang != LANGUAGE:
        return "words", np.stack(opinions, axis=1)
    return "keywords", np.stack([*opinions, artifact.keywords.scores(text)], axis=1)


def likeness(artifact: Artifact, direction: Float) -> Float:
    """Return, for each goal, the mean cosine to the nearest three of its official texts."""
    near = artifact.anchor_directions @ direction
    nearest = [np.sort(near[artifact.anchor_goal == goal])[-_NEAREST:].mean() for goal in range(1, 18)]
    return np.array(nearest, dtype=np.float32)


class Classifier:
    """Classifies texts with one artefact and one encoder; both are loaded by the first use."""

    def __init__(self, encoder: Encoder, artifact: Artifact | None = None) -> None:
        self.encoder = encoder
        self._given = artifact

    @cached_property
    def artifact(self) -> Artifact:
        """The trained weights. Raises topics.artifact.ArtifactError."""
        return self._given or load()

    @cached_property
    def _wording(self) -> dict[str, dict[str, str]]:
        return {target.id: target.text for target in catalogue().targets}

    def classify(self, text: str, lang: str = "", vector: Vector | None = None, reader: str = "") -> Suggestion:
        """Return the suggestion for one text.

        `lang` is the author's word on the language, else it is detected; `vector` spares the encoding if this
        encoder made it; `reader` is the language for the official words, else the text's.
        """
        plain = normalise(text)
        known = lang or detect_language(plain)
        row = self._row(plain, vector)
        chances = self._chances(row, plain, known)
        accepted = tuple(int(g) + 1 for g in np.argsort(-chances, kind="stable") if chances[g] >= ACCEPT)
        targets = {goal: self._targets(unit(row), goal) for goal in accepted}
        return Suggestion(
            lang=known or UNKNOWN,
            goals=tuple(round(float(chance), 4) for chance in chances),
            accepted=accepted,
            targets=tuple(target for goal in accepted for target in targets[goal]),
            reasons=tuple(self._reason(plain, known, goal, targets[goal], reader) for goal in accepted),
            vector=self.encoder.wrap(row),
            classifier=self.artifact.sha256,
        )

    def _row(self, plain: str, vector: Vector | None) -> Int8:
        if vector is not None and vector.model == self.encoder.model:
            return vector.array()
        return self.encoder.encode(plain)

    def _chances(self, row: Int8, plain: str, lang: str) -> Float:
        if not has_words(plain) or not row.any():
            return np.zeros(17, dtype=np.float32)
        name, opinions = features(self.artifact, row, plain, lang)
        stack = self.artifact.stacks[name]
        return np.asarray(1.0 / (1.0 + np.exp(-(opinions @ stack.weights + stack.goal_bias))), dtype=np.float32)

    def _targets(self, direction: Float, goal: int) -> tuple[LikelyTarget, ...]:
        artifact = self.artifact
        rows = [
            row
            for row, target in enumerate(artifact.anchor_target)
            if target and artifact.anchor_goal[row] == goal and target.count(".") == 1
        ]
        shares = softmax(artifact.target_sharpness * (artifact.anchor_directions[rows] @ direction))
        order = np.argsort(-shares, kind="stable")[:MAX_TARGETS_PER_GOAL]
        return tuple(
            LikelyTarget(artifact.anchor_target[rows[i]], goal, round(float(shares[i]), 4))
            for rank, i in enumerate(order)
            if rank == 0 or shares[i] >= _MIN_TARGET
        )

    def _reason(self, plain: str, lang: str, goal: int, targets: tuple[LikelyTarget, ...], reader: str) -> Reason:
        model = word_model(self.artifact, lang)
        found = model.reasons(plain, goal, MAX_REASON_WORDS) if model else []
        if model and model.lang == LANGUAGE:
            found = distinct(self.artifact.keywords.reasons(plain, goal) + found)[:MAX_REASON_WORDS]
        official = self._wording[targets[0].id][official_language(reader or lang)]
        return Reason(goal, tuple(found), targets[0].id, official)
