"""The answers to every request of the wire, as functions on values: no streams here.

`classify_lines` and `group_lines` give the same answers to whoever calls this package with lines of its own.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from topics.absent import EncoderMissing, encoder_here
from topics.board import Board, Stood
from topics.classify import Classifier, Suggestion
from topics.cluster import Group, Item, group, place
from topics.embed import Int8, Vector
from topics.label import Spread, label, label_text
from topics.similar import Index, Match, Pair
from topics.spill import Spill
from topics.stream import Told, described, find_groups
from topics.taxonomy.catalogue import official_language
from topics.terms import telling_terms
from topics.text import detect_language
from topics.wire import (
    MAX_ITEMS,
    Answer,
    Arrange,
    Classify,
    Duplicates,
    Forget,
    GroupField,
    MakeGroups,
    Place,
    Remember,
    Search,
    Shelve,
    Similar,
    Terms,
    TextItem,
    VectorField,
)

Progress = Callable[[int, int], None]
PROGRESS_EVERY = 100
MEANT = 0.12
MEANT_SHARE = 0.5
"""The least cosine between a few words and a text about them, by itself and as a share of the best: see SIGNALS.md."""
VERSION = 1


class EngineError(ValueError):
    """A well-formed request that can't be answered: what is wrong."""


def _silent(done: int, total: int) -> None:
    """Report nothing."""


def _in_its_language(asked: TextItem) -> TextItem:
    """Return an item with its language, detected once for everything that asks for it."""
    return asked if asked.lang else asked.model_copy(update={"lang": detect_language(asked.text)})


class Engine:
    """One encoder, one classifier, and what is remembered: an index and a board of groups, kept between requests."""

    def __init__(self, classifier: Classifier) -> None:
        self._classifier = classifier
        self._index = Index()
        self._shelf = Index()
        self._board = Board(self._names)

    def hello(self) -> Answer:
        """Return the versions of everything that an answer depends on; loads the encoder and the weights.

        `has_encoder` tells whether texts can be read, or only vectors compared.
        """
        has_encoder = self._classifier.encoder.can_read
        if has_encoder:
            self._classifier.classify("Clean water for all", lang="en")
        return {
            "version": VERSION,
            "encoder": self._classifier.encoder.model,
            "has_encoder": has_encoder,
            "classifier": self._classifier.artifact.sha256,
            "languages": sorted(self._classifier.artifact.word_models),
            "remembered": len(self._index),
        }

    def classify(self, request: Classify, progress: Progress = _silent) -> Answer:
        """Return a suggestion for each item, in the order given."""
        answers = []
        for done, item in enumerate(request.items, start=1):
            answers.append(suggestion_answer(item.id, self._suggest(item, request.reader), request.reader))
            if done % PROGRESS_EVERY == 0:
                progress(done, len(request.items))
        return {"items": answers}

    def group(self, request: MakeGroups, progress: Progress = _silent) -> Answer:
        """Return the groups of the items; texts are encoded where no vector of this encoder came along.

        Where that can't be done here, the item is left out, and named as such.
        """
        items: list[Item] = []
        left_out: list[str] = []
        texts: dict[str, tuple[str, str]] = {}
        spread = Spread()
        for done, asked in enumerate(map(_in_its_language, request.items), start=1):
            try:
                items.append(self._item(asked))
            except EncoderMissing:
                left_out.append(asked.id)
            texts[asked.id] = asked.lang, label_text(asked.text)
            spread.add(*texts[asked.id])
            if done % PROGRESS_EVERY == 0:
                progress(done, len(request.items))
        model = self._classifier.encoder.model if items else ""
        groups = [group_answer(one, model, self._label(one, texts, spread)) for one in group(items)]
        return {"groups": groups, "left_out": sorted(left_out)}

    def group_many(self, items: Iterable[TextItem], told: Told) -> Iterator[Answer]:
        """Yield the groups of more items than memory holds, largest first, by way of a temporary directory.

        Raises EncoderMissing for an item without a vector where texts can't be read, GroupingError at a repeated id.
        """
        spread = Spread()
        with TemporaryDirectory(prefix="comitia-") as directory, Spill(Path(directory)) as spill:
            for done, asked in enumerate(map(_in_its_language, items), start=1):
                text = label_text(asked.text)
                spill.add(self._item(asked), asked.lang, text)
                spread.add(asked.lang, text)
                if done % PROGRESS_EVERY == 0:
                    told("texts read", done, 0)
            if len(spill) == 0:
                return
            spill.seal()
            model = self._classifier.encoder.model
            for one, words in described(spill, find_groups(spill, told), spread, self._names):
                yield group_answer(one, model, words)

    def _label(self, one: Group, texts: dict[str, tuple[str, str]], spread: Spread) -> dict[str, str]:
        by_language: dict[str, list[str]] = {}
        for member in one.members:
            lang, text = texts[member]
            by_language.setdefault(lang, []).append(text)
        return label(by_language, one.goals, spread, one.centre, self._names)

    def _names(self, words: Sequence[str], about: Int8) -> list[str]:
        return self._classifier.glossary.names(words, about)

    def place(self, request: Place) -> Answer:
        """Return the index of the group that the item joins, or null, and the likeness."""
        groups = [self._group(field) for field in request.groups]
        found = place(self._item(request.item), groups)
        return {"group": found.group, "likeness": found.likeness}

    def remember(self, request: Remember, progress: Progress = _silent) -> Answer:
        """Add items to the index and the board; return how many the index holds, and which had to be left out.

        An item is left out, and what was known of its id forgotten, if it came without a vector and texts can't be
        read here.
        """
        fresh = {item.id for item in request.items if item.id not in self._index}
        if len(self._index) + len(fresh) > MAX_ITEMS:
            raise EngineError(f"the index holds at most {MAX_ITEMS} items")
        left_out = []
        for done, asked in enumerate(map(_in_its_language, request.items), start=1):
            try:
                item = self._item(asked)
            except EncoderMissing:
                self._drop(asked.id)
                left_out.append(asked.id)
                continue
            self._index.add(asked.id, item.vector, asked.text)
            self._board.put(item, asked.time, asked.lang, asked.text)
            if done % PROGRESS_EVERY == 0:
                progress(done, len(request.items))
        return {"remembered": len(self._index), "left_out": sorted(left_out)}

    def arrange(self, request: Arrange) -> Answer:
        """Return what changed in the groups of what is remembered since it was last asked."""
        names = [stood.name for stood in request.stood]
        if len(set(names)) < len(names):
            raise EngineError("two groups that stood have one name")
        if request.stood:
            self._board.seed(
                {stood.name: Stood(stood.members, (stood.place[0], stood.place[1])) for stood in request.stood}
            )
        return self._board.arrange()

    def forget(self, request: Forget) -> Answer:
        """Take ids out of the index and the board; return how many the index holds."""
        for name in request.ids:
            self._drop(name)
        return {"remembered": len(self._index)}

    def _drop(self, name: str) -> None:
        self._index.remove(name)
        self._board.drop(name)

    def similar(self, request: Similar) -> Answer:
        """Return the nearest items with their cosines, near-duplicates marked. Raises EncoderMissing."""
        row = self._row(request.text, given(request.vector))
        index = self._index if request.items is None else self._indexed(request.items)
        return {"matches": [match_answer(found) for found in index.nearest(row, request.most, text=request.text)]}

    def shelve(self, request: Shelve) -> Answer:
        """Take what is gone off the shelf, put the items on it and return how many it holds."""
        for name in request.gone:
            self._shelf.remove(name)
        fresh = {item.id for item in request.items if item.id not in self._shelf}
        if len(self._shelf) + len(fresh) > MAX_ITEMS:
            raise EngineError(f"the shelf holds at most {MAX_ITEMS} items")
        for item in request.items:
            self._shelf.add(item.id, self._row(item.text, given(item.vector)))
        return {"shelved": len(self._shelf)}

    def search(self, request: Search) -> Answer:
        """Return what is nearest in meaning, in the index and on the shelf, with the cosines, nearest first."""
        row = self._row(request.text, None)
        found = [m for index in (self._index, self._shelf) for m in index.nearest(row, request.most, MEANT)]
        least = MEANT_SHARE * max((match.cosine for match in found), default=0.0)
        ranked = sorted(found, key=lambda match: (-match.cosine, match.id))[: request.most]
        return {"matches": [{"id": m.id, "cosine": m.cosine} for m in ranked if m.cosine >= least]}

    def terms(self, request: Terms) -> Answer:
        """Return the telling terms of each item, in the order given, with the language that they are of."""
        answers = []
        for item in request.items:
            lang, found = telling_terms(item.text, item.lang)
            answers.append({"id": item.id, "lang": lang, "terms": found})
        return {"items": answers}

    def duplicates(self, request: Duplicates) -> Answer:
        """Return all pairs of near-duplicates among the items. Raises EncoderMissing."""
        return {"pairs": [pair_answer(pair) for pair in self._indexed(request.items).duplicates()]}

    def _indexed(self, items: Sequence[TextItem]) -> Index:
        index = Index()
        for item in items:
            index.add(item.id, self._row(item.text, given(item.vector)), item.text)
        return index

    def _row(self, text: str, vector: Vector | None) -> Int8:
        encoder = self._classifier.encoder
        if vector is not None and vector.model == encoder.model:
            return vector.array()
        if vector is not None and not text:
            return encoder.accept(vector)
        return encoder.encode(text)

    def _suggest(self, item: TextItem, reader: str = "") -> Suggestion:
        return self._classifier.classify(item.text, item.lang, given(item.vector), reader)

    def _item(self, asked: TextItem) -> Item:
        if asked.goals and asked.vector is not None:
            row = self._row(asked.text, asked.vector.vector())
            return Item(asked.id, row, (0.0,) * 17, tuple(dict.fromkeys(asked.goals)))
        row, chances = self._classifier.judge(asked.text, asked.lang, given(asked.vector))
        return Item(asked.id, row, chances, tuple(dict.fromkeys(asked.goals)))

    def _group(self, field: GroupField) -> Group:
        centre = self._classifier.encoder.accept(field.centre.vector())
        return Group((), "", 0.0, (), False, (), centre, field.tightness, tuple(field.profile))


def given(field: VectorField | None) -> Vector | None:
    """Return the vector that came along, if one did."""
    return field.vector() if field else None


def suggestion_answer(name: str, found: Suggestion, reader: str = "") -> Answer:
    """Return a suggestion in the shape of the wire."""
    return {
        "id": name,
        "lang": found.lang,
        "goals": {str(goal): chance for goal, chance in enumerate(found.goals, start=1)},
        "accepted": list(found.accepted),
        "targets": [{"id": t.id, "goal": t.goal, "probability": t.probability} for t in found.targets],
        "reasons": [
            {
                "goal": reason.goal,
                "words": list(reason.words),
                "target": reason.target,
                "official": reason.official,
                "lang": official_language(reader or found.lang),
            }
            for reason in found.reasons
        ],
        "vector": {"model": found.vector.model, "values": list(found.vector.values)},
        "classifier": found.classifier,
    }


def group_answer(one: Group, model: str, words: dict[str, str]) -> Answer:
    """Return a group in the shape of the wire."""
    return {
        "label": words,
        "members": list(one.members),
        "representative": one.representative,
        "sureness": one.sureness,
        "goals": list(one.goals),
        "between_goals": one.between_goals,
        "between": list(one.between),
        "centre": {"model": model, "values": [int(value) for value in np.asarray(one.centre)]},
        "tightness": one.tightness,
        "profile": list(one.profile),
    }


def match_answer(found: Match) -> Answer:
    """Return a match in the shape of the wire."""
    return {"id": found.id, "cosine": found.cosine, "kind": found.kind, "by": found.by}


def pair_answer(pair: Pair) -> Answer:
    """Return a pair in the shape of the wire."""
    return {"first": pair.first, "second": pair.second, "cosine": pair.cosine, "by": pair.by, "shared": pair.shared}


def classify_lines(lines: Iterable[dict[str, Any]], classifier: Classifier | None = None) -> Iterator[Answer]:
    """Yield a suggestion for each `{"id","text","lang"?,"vector"?}`, one at a time.

    Raises pydantic.ValidationError at a line of another shape.
    """
    engine = classifier or Classifier(encoder_here())
    for line in lines:
        item = TextItem.model_validate(line)
        yield suggestion_answer(item.id, engine.classify(item.text, item.lang, given(item.vector)))


def group_lines(lines: Iterable[dict[str, Any]], classifier: Classifier | None = None) -> Iterator[Answer]:
    """Yield the groups of all the `{"id","text","lang"?,"vector"?,"goals"?}`, largest first.

    Raises pydantic.ValidationError at a line of another shape, GroupingError at a repeated id.
    """
    items = [TextItem.model_validate(line) for line in lines]
    engine = Engine(classifier or Classifier(encoder_here()))
    yield from engine.group(MakeGroups(id="lines", op="group", items=items))["groups"]
