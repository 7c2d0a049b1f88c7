import io
import os
import subprocess
import sys
from typing import Any

import orjson
import pytest

from tests.support.classifiers import classifier
from topics.artifact import ArtifactError
from topics.classify import Classifier
from topics.engine import Engine
from topics.worker import Worker


def ask(*lines: bytes, engine: Engine | None = None) -> list[dict[str, Any]]:
    """Return the answer lines after the first."""
    answers = io.BytesIO()
    Worker(engine or Engine(classifier()), io.BytesIO(b"\n".join(lines) + b"\n"), answers).run()
    found = [orjson.loads(line) for line in answers.getvalue().splitlines()]
    assert found[0] == {"ready": True}
    return found[1:]


def request(**fields: Any) -> bytes:
    return orjson.dumps({"id": "q", **fields})


GOOD = request(op="classify", items=[{"id": "a", "text": "Drinking water for all"}])


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        (b"rubbish", "json"),
        (b"\xff\xfe\x00", "json"),
        (b"[1,2]", "json"),
        (b'"text"', "json"),
        (b"[" * 100_000, "json"),
        (b'{"id":"q","op":"\xed\xa0\x80"}', "json"),
        (b"{}", "request"),
        (b'{"id":7,"op":"hello"}', "request"),
        (request(op="erase everything"), "request"),
        (request(op="classify"), "request"),
        (request(op="classify", items=[{"id": "a", "text": "x" * 20_001}]), "request"),
        (request(op="classify", items=[{"id": "a", "text": 5}]), "request"),
        (request(op="classify", items=[{"id": "a", "text": "x", "lang": "../etc"}]), "request"),
        (request(op="classify", items=[{"id": "a", "text": "x", "more": 1}]), "request"),
        (request(op="group", items=[{"id": "a", "text": "x", "goals": [18]}]), "request"),
        (request(op="group", items=[{"id": "a", "text": "x"}] * 2), "refused"),
        (request(op="group", items=[{"id": "a", "text": "x"}] * 20_001), "request"),
        (request(op="similar", vector={"model": "0" * 64, "values": [1] * 511}), "request"),
        (request(op="similar", vector={"model": "0" * 64, "values": [200] * 512}), "request"),
        (request(op="similar", vector={"model": "0" * 64, "values": [1] * 512}), "refused"),
        (request(op="similar", text="x", most=0), "request"),
        (request(op="search", text="x", most=1_001), "request"),
        (request(op="search"), "request"),
        (request(op="terms", items=[{"id": "a", "text": "x" * 20_001}]), "request"),
        (request(op="shelve", items=[{"id": "a", "text": "x" * 20_001}]), "request"),
        (request(op="remember", items=[{"id": "a", "text": "x", "time": -1}]), "request"),
        (request(op="arrange", stood=[{"name": "a", "members": [], "place": [0.5, 0.5]}]), "request"),
        (request(op="arrange", stood=[{"name": "A", "members": [], "place": [0.5, 1.5]}]), "request"),
        (request(op="arrange", stood=[{"name": "A", "members": [], "place": [0.5, 0.5]}] * 2), "refused"),
    ],
)
def test_bad_lines_are_answered_and_the_worker_goes_on(line: bytes, kind: str) -> None:
    bad, good = ask(line, GOOD)
    assert bad["error"]["kind"] == kind
    assert len(bad["error"]["message"]) < 2_000
    assert good["ok"]["items"][0]["accepted"] == [6]


def test_a_line_beyond_every_limit_is_skipped_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("topics.worker.MAX_LINE_BYTES", 200)
    bad, good = ask(b'{"id":"' + b"x" * 3_000_000 + b'"}', GOOD)
    assert bad == {"id": None, "error": {"kind": "request", "message": "a line has at most 200 bytes"}}
    assert good["ok"]["items"][0]["id"] == "a"


def test_answers_carry_the_id_of_their_request() -> None:
    found = ask(request(op="hello"), orjson.dumps({"id": "other", "op": "forget", "ids": []}))
    assert [answer["id"] for answer in found] == ["q", "other"]
    assert found[0]["ok"]["classifier"] == classifier().artifact.sha256


def test_empty_lines_are_passed_over() -> None:
    assert len(ask(b"", b"  ", GOOD)) == 1


def test_long_work_tells_its_progress() -> None:
    vector = classifier().encoder.vector("x")
    item = {"text": "", "vector": {"model": vector.model, "values": list(vector.values)}}
    found = ask(request(op="remember", items=[{"id": str(n), **item} for n in range(120)]))
    assert found == [{"id": "q", "progress": [100, 120]}, {"id": "q", "ok": {"remembered": 120, "left_out": []}}]


def test_a_damaged_classifier_is_reported_not_fatal(monkeypatch: pytest.MonkeyPatch) -> None:
    def damaged() -> None:
        raise ArtifactError("classifier.npz is damaged")

    monkeypatch.setattr("topics.classify.load", damaged)
    broken = Engine(Classifier(classifier().encoder))
    bad, fine = ask(GOOD, request(op="similar", text="x"), engine=broken)
    assert bad["error"] == {"kind": "artifact", "message": "classifier.npz is damaged"}
    assert fine["ok"] == {"matches": []}


def test_the_process_answers_and_ends_with_its_input() -> None:
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    lines = b"nonsense\n" + GOOD + b"\n" + request(op="hello")
    done = subprocess.run(
        [sys.executable, "-m", "topics.worker"],
        input=lines,
        capture_output=True,
        check=True,
        env=environment,
        timeout=60,
    )
    ready, bad, good, hello = (orjson.loads(line) for line in done.stdout.splitlines())
    assert ready == {"ready": True}
    assert bad["error"]["kind"] == "json"
    assert good["ok"]["items"][0]["accepted"] == [6]
    assert len(hello["ok"]["encoder"]) == 64
    assert done.stderr == b""
