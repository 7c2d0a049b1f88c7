"""A long-lived process that answers about texts: JSON lines in, JSON lines out (`python -m topics.worker`).

A request is one line `{"id": name, "op": operation, …}`, answered by one line with the same id, in order:
`{"id", "ok": answer}` or `{"id", "error": {"kind", "message"}}`. Before the answer to long work come lines
`{"id", "progress": [done, total]}`. A line that can't be read is answered with id null; the worker goes on.
It ends when its input ends. `{"ready": true}` is its first line.

    hello                                     → {"version", "encoder", "classifier", "languages", "remembered"}
    classify    items [{id, text, lang?, vector?}], reader?
                → {"items": [{"id", "lang", "goals": {"1": p, …, "17": p}, "accepted": [goal, likeliest first],
                   "targets": [{"id", "goal", "probability"}],
                   "reasons": [{"goal", "words", "target", "official", "lang"}],
                   "vector": {"model", "values": [512 integers in -127..127]}, "classifier"}]}
    group       items [{id, text, lang?, vector?, goals?}]   (goals: confirmed by people, they override)
                → {"groups": [{"label": {lang: words}, "members": [id], "representative": id, "sureness": 0..1,
                   "goals": [goal], "between_goals": bool, "between": [id], "centre", "tightness", "profile"}],
                   "left_out": [id without vector whose text can't be read here]}
    place       item, groups [{centre, tightness, profile}]   (as `group` answered them)
                → {"group": index or null, "likeness"}
    remember    items [{id, text, lang?, vector?, goals?, time?}]   → {"remembered": count, "left_out": [id]}
    forget      ids                                            → {"remembered": count}
    shelve      items? [{id, text or vector}], gone? ids       → {"shelved": count}
    search      text, most?   (among what is remembered and what is shelved)
                → {"matches": [{"id", "cosine"}]}
    terms       items [{id, text, lang?}]                      → {"items": [{"id", "lang", "terms": [term]}]}
    arrange     stood? [{name, members, place}]   (the groups of what is remembered: topics/standing.py)
                → {"is_full": bool, "groups": [those with other members than before: as `group` answers them, and
                   "name", "languages": count, "place": [0..1, 0..1]], "gone": [name], "neighbours": {name: [name]}}
    similar     text or vector, items? (else what is remembered), most?
                → {"matches": [{"id", "cosine", "kind": "duplicate" or "similar", "by": "words" or "meaning"}]}
    duplicates  items
                → {"pairs": [{"first", "second", "cosine", "by": "words" or "meaning", "shared": 0..1}]}

Kinds of error: `json` (not a JSON object), `request` (another shape, or a limit passed: texts of 20,000
characters, 20,000 items), `refused` (well-formed but impossible, such as two items of one id, or a vector of
another encoder without its text), `artifact` (the classifier's file is missing or damaged), `encoder` (a text can't
be read, the encoder being missing: vectors that come along are still compared and grouped).

The node starts it as a subprocess so that scikit-learn and the encoder are never loaded in the node's own.
Set OPENBLAS_NUM_THREADS=1 in its environment, or the linear algebra takes every core.
"""

import sys
from collections.abc import Callable
from typing import Any, BinaryIO

import orjson
from pydantic import TypeAdapter, ValidationError
from threadpoolctl import threadpool_limits

from topics.absent import EncoderMissing, encoder_here
from topics.artifact import ArtifactError
from topics.classify import Classifier
from topics.cluster import GroupingError
from topics.embed import VectorError
from topics.engine import Engine, EngineError
from topics.wire import (
    MAX_LINE_BYTES,
    Answer,
    Arrange,
    Classify,
    Duplicates,
    Forget,
    Hello,
    MakeGroups,
    Place,
    Remember,
    Request,
    Search,
    Shelve,
    Terms,
)

_REQUESTS: TypeAdapter[Request] = TypeAdapter(Request)
_SHOWN_PROBLEMS = 3


class Worker:
    """Reads request lines from one stream and writes answer lines to another until the first ends."""

    def __init__(self, engine: Engine, requests: BinaryIO, answers: BinaryIO) -> None:
        self._engine = engine
        self._requests = requests
        self._answers = answers

    def run(self) -> None:
        """Answer line by line until the input ends."""
        self._write({"ready": True})
        while line := self._requests.readline(MAX_LINE_BYTES + 1):
            if len(line) > MAX_LINE_BYTES:
                self._skip(line)
                self._write(_refusal(None, "request", f"a line has at most {MAX_LINE_BYTES} bytes"))
            elif line.strip():
                self._write(self.answer(line))

    def answer(self, line: bytes) -> Answer:
        """Return the answer to one line; progress is written on the way."""
        try:
            raw = orjson.loads(line)
        except orjson.JSONDecodeError as cause:
            return _refusal(None, "json", f"not JSON: {cause}")
        if not isinstance(raw, dict):
            return _refusal(None, "json", "a request is a JSON object")
        name = raw.get("id") if isinstance(raw.get("id"), str) else None
        try:
            request = _REQUESTS.validate_python(raw)
        except ValidationError as cause:
            return _refusal(name, "request", _worded(cause))
        return self._done(request)

    def _done(self, request: Request) -> Answer:
        try:
            return {"id": request.id, "ok": self._dispatch(request)}
        except (GroupingError, VectorError, EngineError) as cause:
            return _refusal(request.id, "refused", str(cause))
        except ArtifactError as cause:
            return _refusal(request.id, "artifact", str(cause))
        except EncoderMissing as cause:
            return _refusal(request.id, "encoder", str(cause))

    def _dispatch(self, request: Request) -> Answer:
        engine, progress = self._engine, self._progress(request.id)
        match request:
            case Hello():
                return engine.hello()
            case Classify():
                return engine.classify(request, progress)
            case MakeGroups():
                return engine.group(request, progress)
            case Place():
                return engine.place(request)
            case Arrange():
                return engine.arrange(request)
            case Remember():
                return engine.remember(request, progress)
            case Forget():
                return engine.forget(request)
            case Shelve():
                return engine.shelve(request)
            case Search():
                return engine.search(request)
            case Terms():
                return engine.terms(request)
            case Duplicates():
                return engine.duplicates(request)
            case _:
                return engine.similar(request)

    def _progress(self, name: str) -> Callable[[int, int], None]:
        return lambda done, total: self._write({"id": name, "progress": [done, total]})

    def _write(self, answer: Answer) -> None:
        self._answers.write(orjson.dumps(answer) + b"\n")
        self._answers.flush()

    def _skip(self, line: bytes) -> None:
        while line and not line.endswith(b"\n"):
            line = self._requests.readline(1_000_000)


def _refusal(name: str | None, kind: str, message: str) -> dict[str, Any]:
    return {"id": name, "error": {"kind": kind, "message": message}}


def _worded(cause: ValidationError) -> str:
    problems = cause.errors(include_url=False, include_input=False, include_context=False)
    shown = [f"{'.'.join(str(part) for part in p['loc'])}: {p['msg']}" for p in problems[:_SHOWN_PROBLEMS]]
    more = f" (and {len(problems) - len(shown)} more)" if len(problems) > len(shown) else ""
    return "; ".join(shown) + more


def main() -> None:
    """Serve standard input and output."""
    with threadpool_limits(limits=1):
        Worker(Engine(Classifier(encoder_here())), sys.stdin.buffer, sys.stdout.buffer).run()


if __name__ == "__main__":
    main()
