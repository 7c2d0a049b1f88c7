"""Honest figures for the model card: `python -m topics.evaluate DATA`, Markdown on standard output.

Judged is the artefact that ships, and for what it was fitted on, what is fitted anew without the texts in question.
Whatever a figure is computed on was kept from the part of the model that could have learned it: stacks are
cross-validated on questions whose opinions were formed without those texts. Choices of method were made on
these same texts, so the figures lean to the bright side by what that choice could gain.
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from sklearn.metrics import accuracy_score, f1_score, normalized_mutual_info_score
from sklearn.model_selection import KFold
from threadpoolctl import threadpool_limits

from topics.artifact import Artifact, load
from topics.classify import ACCEPT
from topics.cluster import Item, group
from topics.corpus import Corpus, gather, is_encoded, language
from topics.embed import Encoder, unit
from topics.figures import (
    SEED,
    Bools,
    calibration_error,
    chances_of,
    cross_validated,
    figures,
    interval,
    mean_of,
    table,
)
from topics.opinions import Level
from topics.similar import DUPLICATE
from topics.sources import GOALS, Labelled
from topics.stacking import BIAS_SCALES, Floats, Pairs, apply, fit_stack, questions
from topics.train import Dictionaries, own_questions, report, target_of, train

REPEATS = 5
_CURVE_DRAWS = 20
_NAMES: dict[Level, str] = {
    "keywords": "read as English",
    "glossed": "read as a language that is not English: key phrases by glosses, no words",
}


class Evaluation:
    """The corpus and the artefact that is judged, for the reports that follow."""

    def __init__(self, corpus: Corpus, whole: Artifact, encoder: Encoder) -> None:
        self.corpus = corpus
        self.whole = whole
        self.known = Dictionaries(whole.keywords, whole.glosses)
        self.encoder = encoder
        self.judged = corpus.where(lambda item: item.source in {"benchmark", "unrelated"})

    def benchmark(self) -> Iterator[str]:
        """Yield the tables on the benchmark's development half."""
        for level, name in _NAMES.items():
            asked = questions(self.whole, self.encoder, self.judged, level)
            own = self.judged.where(lambda item: item.lang == "en") if level == "keywords" else self.judged
            real = np.array([own.items[row].source == "benchmark" for row in asked.texts])
            runs = [cross_validated(asked, seed, BIAS_SCALES[level]) for seed in range(REPEATS)]
            found = [figures(asked.answers[real], run[real]) for run in runs]
            yield (
                f"{name}: accuracy {mean_of(found, 'accuracy')} (95 %: {mean_of(found, 'low')} to "
                f"{mean_of(found, 'high')}), macro-F1 {mean_of(found, 'macro_f1')}, "
                f"ECE {mean_of(found, 'calibration_error')}, {int(real.sum())} questions\n\n"
            )
            if level == "keywords":
                yield _per_goal(asked, np.mean(runs, axis=0), real)
                yield _curve(asked, real)

    def abstention(self) -> Iterator[str]:
        """Yield how often an everyday text is left alone by stacks that saw none in its language."""
        rows = []
        bench = self.corpus.where(lambda item: item.source == "benchmark")
        strange = self.corpus.where(lambda item: item.source == "unrelated")
        for lang in sorted({item.lang for item in strange.items}):
            others = strange.where(lambda item, lang=lang: item.lang != lang)  # type: ignore[misc]
            own = strange.where(lambda item, lang=lang: item.lang == lang)  # type: ignore[misc]
            seen = Corpus(bench.items + others.items, np.vstack([bench.vectors, others.vectors]))
            level: Level = "keywords" if lang == "en" else "glossed"
            stack = fit_stack(questions(self.whole, self.encoder, seen, level), BIAS_SCALES[level])
            found = chances_of(replace(self.whole, stacks={level: stack}), self.encoder, own, level)
            rows.append((lang, len(own.items), f"{(found.max(axis=1) < ACCEPT).mean():.2f}", f"{found.max():.2f}"))
        yield table(("language", "texts", "share left without a goal", "highest probability"), rows)

    def spanish(self) -> Iterator[str]:
        """Yield the figures on the Spanish texts."""
        asked = own_questions(self.corpus, self.known, self.encoder)
        found = cross_validated(asked, SEED)
        yield from _own_figures(asked, found)
        for share in (4, 2):
            few = _fewer(self.corpus, share)
            less = own_questions(few, self.known, self.encoder)
            answers, guesses, _ = _likeliest(less, cross_validated(less, SEED))
            yield (
                f"with one text in {share}: accuracy {accuracy_score(answers, guesses):.3f}, macro-F1 "
                f"{_macro(answers, guesses):.3f}\n\n"
            )

    def languages(self) -> Iterator[str]:
        """Yield how official targets fare in other languages, everything being fitted on English alone."""
        english = self.corpus.where(lambda item: item.lang == "en")
        found = self._official(english, lambda item: item.key)
        yield _by_language(found)

    def shipped(self) -> Iterator[str]:
        """Yield how official targets fare in every language, they and their indicators being left out in all."""
        found = self._official(self.corpus.where(lambda item: item.source != "spanish"), target_of)
        yield _by_language(found)

    def _official(self, fitted_on: Corpus, key: Callable[[Labelled], str]) -> list[tuple[Corpus, Floats]]:
        targets = self.corpus.where(lambda item: item.source == "official" and item.key.count("-") == 1)
        keys = sorted({key(item) for item in fitted_on.items if item.source == "official"})
        found = []
        for _, left in KFold(5, shuffle=True, random_state=SEED).split(keys):
            away = {keys[place] for place in left}
            kept = fitted_on.where(lambda item, away=away: item.source != "official" or key(item) not in away)  # type: ignore[misc]
            artifact = train(kept, self.known, self.encoder, {})
            own = targets.where(lambda item, away=away: key(item) in away)  # type: ignore[misc]
            found.append((own, chances_of(artifact, self.encoder, own)))
        return found

    def targets(self) -> Iterator[str]:
        """Yield how often an indicator's own target is the nearest within its goal."""
        rows = []
        directions = unit(self.whole.anchors)
        places = [row for row, name in enumerate(self.whole.anchor_target) if name.count(".") == 1]
        indicators = self.corpus.where(lambda item: is_encoded(item) and item.key.count("-") == 2)
        for lang in sorted({item.lang for item in indicators.items}):
            own = indicators.where(lambda item, lang=lang: item.lang == lang)  # type: ignore[misc]
            near = unit(own.vectors) @ directions[places].T
            foreign = self.whole.anchor_goal[places][None, :] != own.goals()[:, None]
            best = np.where(foreign, -2.0, near).argmax(axis=1)
            told = [self.whole.anchor_target[places[place]] for place in best]
            true = [item.key.replace("-", ".").rsplit(".", 1)[0] for item in own.items]
            rows.append((lang, len(true), f"{np.mean([a == b for a, b in zip(told, true, strict=True)]):.3f}"))
        yield table(("language", "indicators", "own target first"), rows)

    def duplicates(self) -> Iterator[str]:
        """Yield precision and recall of near-duplicates: translations of one target among all the others."""
        own = self.corpus.where(
            lambda item: item.source == "official" and item.key.count("-") == 1 and is_encoded(item)
        )
        near = unit(own.vectors) @ unit(own.vectors).T
        one, two = np.triu_indices(len(own.items), 1)
        langs, keys = np.array([i.lang for i in own.items]), np.array([i.key for i in own.items])
        across = langs[one] != langs[two]
        same, cosines = (keys[one] == keys[two])[across], near[one, two][across]
        yield (
            f"{int(across.sum())} pairs across {len(set(langs))} languages, {int(same.sum())} of them translations; at "
            f"cosine {DUPLICATE}: {_precision_and_recall(same, cosines >= DUPLICATE)}\n\n"
        )
        half = np.array([hash_half(key) for key in keys])
        for name, chosen, judged in (("first", 0, 1), ("second", 1, 0)):
            inside = (half[one] == chosen)[across] & (half[two] == chosen)[across]
            outside = (half[one] == judged)[across] & (half[two] == judged)[across]
            steps = np.arange(0.5, 0.9, 0.01)
            best = steps[int(np.argmax([f1_score(same[inside], cosines[inside] >= step) for step in steps]))]
            yield (
                f"threshold chosen on the {name} half of the targets ({best:.2f}), on the other half: "
                f"{_precision_and_recall(same[outside], cosines[outside] >= best)}\n\n"
            )

    def grouping(self) -> Iterator[str]:
        """Yield the agreement of groups, found without a given number, with goals on the benchmark's positives."""
        own = self.corpus.where(lambda item: item.source == "benchmark" and bool(item.goals))
        found = chances_of(self.whole, self.encoder, own)
        items = [Item(f"{row:05}", own.vectors[row], tuple(found[row])) for row in range(len(own.items))]
        groups = group(items)
        label = {member: number for number, one in enumerate(groups) for member in one.members}
        score = normalized_mutual_info_score(own.goals(), [label[item.id] for item in items])
        first = normalized_mutual_info_score(own.goals(), found.argmax(axis=1))
        yield f"{len(items)} texts in {len(groups)} groups: NMI {score:.3f}; by likeliest goal alone {first:.3f}\n"


def hash_half(key: str) -> int:
    """Return 0 or 1 for the key of a target, so that goals are in both halves."""
    return sum(map(ord, key)) % 2


def _precision_and_recall(same: Bools, said: Bools) -> str:
    hits = int((same & said).sum())
    return f"precision {hits / max(int(said.sum()), 1):.3f}, recall {hits / int(same.sum()):.3f}"


def _per_goal(asked: Pairs, found: Floats, real: Bools) -> str:
    rows = []
    for goal in range(1, GOALS + 1):
        part = real & (asked.goals == goal)
        one = figures(asked.answers[part], found[part])
        rows.append((goal, one.count, f"{one.accuracy:.2f} ({one.low:.2f} to {one.high:.2f})", f"{one.macro_f1:.2f}"))
    return table(("goal", "questions", "accuracy (95 %)", "macro-F1"), rows) + "\n"


def _curve(asked: Pairs, real: Bools) -> str:
    """Return the accuracy on 61 questions of a stack fitted on so many others: the learning curve."""
    rng = np.random.default_rng(SEED)
    own, extra = np.flatnonzero(real), np.flatnonzero(~real)
    rows = []
    for count in (60, 120, 240, 360, 480, 550):
        right = []
        for _ in range(_CURVE_DRAWS):
            order = rng.permutation(own)
            stack = fit_stack(asked.take(np.concatenate([order[:count], extra])), BIAS_SCALES["keywords"])
            left = asked.take(order[550:])
            right.append(float(((apply(stack, left) >= ACCEPT) == left.answers).mean()))
        rows.append((count, f"{np.mean(right):.3f}"))
    return table(("questions that the stack is fitted on", "accuracy on others"), rows) + "\n"


def _likeliest(asked: Pairs, found: Floats) -> tuple[list[int], list[int], Floats]:
    """Return for each text with a goal its goal, its likeliest goal, and the probabilities, shape (texts, 17)."""
    rows = {text: row for row, text in enumerate(dict.fromkeys(asked.texts.tolist()))}
    every = np.zeros((len(rows), GOALS))
    truth = np.zeros(len(rows), dtype=np.int64)
    for text, goal, answer, chance in zip(asked.texts, asked.goals, asked.answers, found, strict=True):
        every[rows[text], goal - 1] = chance
        if answer:
            truth[rows[text]] = goal
    real = truth > 0
    return truth[real].tolist(), (every[real].argmax(axis=1) + 1).tolist(), every[real]


def _macro(answers: Sequence[int], guesses: Sequence[int]) -> float:
    return float(f1_score(answers, guesses, average="macro", labels=sorted(set(answers))))


def _own_figures(asked: Pairs, found: Floats) -> Iterator[str]:
    answers, guesses, every = _likeliest(asked, found)
    low, high = interval(np.array(answers) == np.array(guesses))
    own = every[np.arange(len(answers)), np.array(answers) - 1] >= ACCEPT
    said = found >= ACCEPT
    yield (
        f"likeliest goal of {len(answers)} texts: accuracy {accuracy_score(answers, guesses):.3f} (95 %: {low:.3f} to "
        f"{high:.3f}), macro-F1 over 16 goals {_macro(answers, guesses):.3f}; own goal among the accepted "
        f"{own.mean():.3f}; accepted per text {(every >= ACCEPT).sum(axis=1).mean():.2f}; without a goal "
        f"{(every.max(axis=1) < ACCEPT).mean():.3f}\n\n"
    )
    yield (
        f"as questions (a text, a goal: yes or no): accuracy {accuracy_score(asked.answers, said):.3f}, macro-F1 "
        f"{f1_score(asked.answers, said, average='macro'):.3f}, ECE {calibration_error(asked.answers, found):.3f}\n\n"
    )
    each = f1_score(answers, guesses, average=None, labels=range(1, 17))
    yield table(("goal", "F1"), [(goal, f"{value:.2f}") for goal, value in enumerate(each, start=1)]) + "\n"


def _fewer(corpus: Corpus, share: int) -> Corpus:
    """Return the corpus with one Spanish text in so many."""
    rows = [row for row, item in enumerate(corpus.items) if item.source != "spanish" or row % share == 0]
    return corpus.take(rows)


def _by_language(found: Sequence[tuple[Corpus, Floats]]) -> str:
    items = [item for corpus, _ in found for item in corpus.items]
    every = np.vstack([rows for _, rows in found])
    truth = np.array([next(iter(item.goals)) for item in items])
    right = every.argmax(axis=1) + 1 == truth
    own = every[np.arange(len(truth)), truth - 1] >= ACCEPT
    rows = []
    for lang in sorted({language(item) for item in items}, key=lambda lang: (lang != "en", lang)):
        part = np.array([language(item) == lang for item in items])
        if every[part].any():
            low, high = interval(right[part])
            shares = f"{right[part].mean():.3f} ({low:.2f} to {high:.2f})", f"{own[part].mean():.3f}"
            rows.append((lang, int(part.sum()), *shares, f"{(every[part] >= ACCEPT).sum(axis=1).mean():.2f}"))
    return table(("language", "targets", "own goal first (95 %)", "own goal accepted", "accepted a text"), rows)


def everything(corpus: Corpus, whole: Artifact, encoder: Encoder) -> Iterator[str]:
    """Yield the whole report piece by piece."""
    done = Evaluation(corpus, whole, encoder)
    for title, part in (
        ("Benchmark, development half", done.benchmark),
        ("Texts on no goal", done.abstention),
        ("Near-duplicates across languages", done.duplicates),
        ("Targets", done.targets),
        ("Grouping", done.grouping),
        ("Official targets, everything trained on English", done.languages),
        ("Official targets, as shipped, left out with their indicators in every language", done.shipped),
        ("Spanish", done.spanish),
    ):
        yield f"\n### {title}\n\n"
        yield from part()


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the figures for the model card."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    chosen = parser.parse_args(arguments)
    encoder = Encoder()
    with threadpool_limits(limits=1):
        whole = load()
        corpus = gather(chosen.data, encoder, report)
        for piece in everything(corpus, whole, encoder):
            sys.stdout.write(piece)
            sys.stdout.flush()


if __name__ == "__main__":
    main()
