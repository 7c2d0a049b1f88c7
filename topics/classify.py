"""Which goals and targets a text speaks on, how likely, and why: a suggestion for people to confirm.

Opinions are formed as far as the text's language is known (topics/opinions.py) and weighed per goal. A goal is
accepted from ACCEPT on; several or none may be, and none ever in a language of which nothing is known.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from topics.artifact import Artifact, Stack, load
from topics.embed import Encoder, Int8, Vector, unit
from topics.gloss import Glossary
from topics.opinions import Opinions, Reading, softmax
from topics.taxonomy.catalogue import catalogue, official_language
from topics.text import UNKNOWN, detect_language, has_words, normalise
from topics.words import distinct

Float = npt.NDArray[np.float32]

ACCEPT = 0.5
MAX_REASON_WORDS = 5
MAX_TARGETS_PER_GOAL = 3
_MIN_TARGET = 0.15


@dataclass(frozen=True)
class LikelyTarget:
    """A target within an accepted goal and its probability there."""

    id: str
    goal: int
    probability: float


@dataclass(frozen=True)
class Reason:
    """Why a goal was accepted: words of the text, strongest first, and the nearest official target.

    `target` and `official` are empty where the encoder doesn't know the text's language.
    """

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


def chances(stack: Stack, opinions: Float) -> Float:
    """Return the probability of each goal, shape (17,), from the opinions of the stack's level."""
    scores = opinions @ stack.weights + stack.goal_bias
    return np.asarray(1.0 / (1.0 + np.exp(-scores)), dtype=np.float32)


def _rounded(likely: Float) -> tuple[float, ...]:
    return tuple(round(float(chance), 4) for chance in likely)


class Classifier:
    """Classifies texts with one artefact and one encoder; both are loaded by the first use."""

    def __init__(self, encoder: Encoder, artifact: Artifact | None = None) -> None:
        self.encoder = encoder
        self._given = artifact

    @cached_property
    def artifact(self) -> Artifact:
        """The trained weights. Raises topics.artifact.ArtifactError."""
        return self._given or load()

    @property
    def glossary(self) -> Glossary:
        """What words of other languages may mean in English."""
        return self._opinions.glossary

    @cached_property
    def _opinions(self) -> Opinions:
        return Opinions(self.artifact, self.encoder)

    @cached_property
    def _target_rows(self) -> dict[int, list[int]]:
        goals = enumerate(zip(self.artifact.anchor_target, self.artifact.anchor_goal.tolist(), strict=True))
        targets = [(row, goal) for row, (name, goal) in goals if name.count(".") == 1]
        return {goal: [row for row, own in targets if own == goal] for goal in range(1, 18)}

    @cached_property
    def _wording(self) -> dict[str, dict[str, str]]:
        return {target.id: target.text for target in catalogue().targets}

    def classify(self, text: str, lang: str = "", vector: Vector | None = None, reader: str = "") -> Suggestion:
        """Return the suggestion for one text.

        `lang` is the author's word on the language, else it is detected; `vector` spares the encoding if this
        encoder made it; `reader` is the language for the official words, else the text's.
        """
        known, row, reading = self._read(text, lang, vector)
        likely = self._chances(reading, row)
        accepted = tuple(int(g) + 1 for g in np.argsort(-likely, kind="stable") if likely[g] >= ACCEPT)
        targets = {goal: self._targets(reading, unit(row), goal) for goal in accepted}
        return Suggestion(
            lang=known or UNKNOWN,
            goals=_rounded(likely),
            accepted=accepted,
            targets=tuple(target for goal in accepted for target in targets[goal]),
            reasons=tuple(self._reason(reading, goal, targets[goal], reader) for goal in accepted if reading),
            vector=self.encoder.wrap(row),
            classifier=self.artifact.sha256,
        )

    def judge(self, text: str, lang: str = "", vector: Vector | None = None) -> tuple[Int8, tuple[float, ...]]:
        """Return a text's vector and the probability of each goal as `classify` gives them, all that grouping needs."""
        _, row, reading = self._read(text, lang, vector)
        return row, _rounded(self._chances(reading, row))

    def _read(self, text: str, lang: str, vector: Vector | None) -> tuple[str, Int8, Reading | None]:
        plain = normalise(text)
        known = lang or detect_language(plain)
        row = self._row(plain, vector)
        return known, row, self._opinions.read(plain, known) if row.any() and has_words(plain) else None

    def _row(self, plain: str, vector: Vector | None) -> Int8:
        if vector is not None and vector.model == self.encoder.model:
            return vector.array()
        return self.encoder.encode(plain)

    def _chances(self, reading: Reading | None, row: Int8) -> Float:
        if reading is None:
            return np.zeros(17, dtype=np.float32)
        return chances(self.artifact.stacks[reading.level], self._opinions.form(reading, row))

    def _targets(self, reading: Reading | None, direction: Float, goal: int) -> tuple[LikelyTarget, ...]:
        """Return the likeliest targets; none where the encoder doesn't know the language."""
        if reading is None or reading.level == "words":
            return ()
        rows = self._target_rows[goal]
        shares = softmax(self.artifact.target_sharpness * (self.artifact.anchor_directions[rows] @ direction))
        order = np.argsort(-shares, kind="stable")[:MAX_TARGETS_PER_GOAL]
        return tuple(
            LikelyTarget(self.artifact.anchor_target[rows[i]], goal, round(float(shares[i]), 4))
            for rank, i in enumerate(order)
            if rank == 0 or shares[i] >= _MIN_TARGET
        )

    def _reason(self, reading: Reading, goal: int, targets: tuple[LikelyTarget, ...], reader: str) -> Reason:
        found = distinct(self._opinions.reasons(reading, goal, MAX_REASON_WORDS))[:MAX_REASON_WORDS]
        if not targets:
            return Reason(goal, tuple(found), "", "")
        official = self._wording[targets[0].id][official_language(reader or reading.lang)]
        return Reason(goal, tuple(found), targets[0].id, official)
