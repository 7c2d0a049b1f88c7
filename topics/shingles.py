"""Which texts share their wording: runs of words cut out of each, compared exactly.

A copied text with another beginning keeps most of its runs; a text that was taken over whole into a longer one keeps
all of them. Runs are kept as 64-bit hashes, so that two different ones are taken for one about never.
"""

import re
from collections.abc import Iterator, Sequence
from zlib import crc32

import numpy as np
import numpy.typing as npt

from topics.text import normalise

Hashes = npt.NDArray[np.uint64]
Ints = npt.NDArray[np.int64]

WORDS_IN_A_SHINGLE = 4
SAME_SHARE = 0.5
"""Of all runs of either text: their Jaccard index."""
CONTAINED_SHARE = 0.8
"""Of the runs of the shorter text."""
LEAST_CONTAINED = 12
"""Runs that a text needs to be found inside another: a phrase in common makes no copy."""
MAX_SHINGLES = 4_000
_SAMPLED_ABOVE = 64
_SAMPLE = np.uint64(4)
_ALL_PAIRS_UP_TO = 16
_TOKENS = re.compile(r"[\u0e00-\u0e7f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|[^\W_]+")


def shingles(text: str) -> Hashes:
    """Return the hashes of the runs of WORDS_IN_A_SHINGLE words, ascending, each once; of a shorter text one run.

    Scripts that put no spaces count each sign as a word. A text without words has none.
    """
    words = _TOKENS.findall(normalise(text).casefold())
    if not words:
        return np.zeros(0, dtype=np.uint64)
    hashed = np.array([crc32(word.encode("utf-8", "replace")) for word in words], dtype=np.uint64)
    count = max(1, len(words) - WORDS_IN_A_SHINGLE + 1)
    runs = np.full(count, len(words[:WORDS_IN_A_SHINGLE]), dtype=np.uint64)
    for step in range(min(WORDS_IN_A_SHINGLE, len(words))):
        runs = _stirred(runs ^ hashed[step : step + count])
    return np.unique(runs)[:MAX_SHINGLES]


def _stirred(values: Hashes) -> Hashes:
    """Return the values with every bit of each spread over all of its bits (the finaliser of SplitMix64)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def same_words(one: Hashes, two: Hashes) -> float:
    """Return how much of their wording two texts share if that makes one a copy of the other, else 0."""
    if not len(one) or not len(two):
        return 0.0
    shared = int(np.isin(one, two, assume_unique=True).sum())
    least, union = min(len(one), len(two)), len(one) + len(two) - shared
    if shared >= SAME_SHARE * union:
        return round(max(shared / union, shared / least if least >= LEAST_CONTAINED else 0.0), 4)
    return round(shared / least, 4) if least >= LEAST_CONTAINED and shared >= CONTAINED_SHARE * least else 0.0


def copies(texts: Sequence[Hashes]) -> Iterator[tuple[int, int, float]]:
    """Yield the numbers of each two texts of which one copies the other, and how much they share.

    What more than a few texts have in common is compared with the first of these alone.
    """
    for one, two in _candidates(texts):
        share = same_words(texts[one], texts[two])
        if share:
            yield one, two, share


def _candidates(texts: Sequence[Hashes]) -> list[tuple[int, int]]:
    """Return the pairs that share a run. Of long texts a quarter of the runs is looked at, the same in all texts."""
    sampled = [text if len(text) <= _SAMPLED_ABOVE else text[text % _SAMPLE == 0] for text in texts]
    owners = np.repeat(np.arange(len(texts)), [len(each) for each in sampled])
    runs = np.concatenate([*sampled, np.zeros(0, dtype=np.uint64)])
    order = np.lexsort((owners, runs))
    runs, owners = runs[order], owners[order]
    starts = np.flatnonzero(np.concatenate([[True], runs[1:] != runs[:-1]])) if len(runs) else np.zeros(0, np.int64)
    lengths = np.diff(np.append(starts, len(runs)))
    found: list[Ints] = []
    for size in np.unique(lengths[(lengths > 1) & (lengths <= _ALL_PAIRS_UP_TO)]):
        block = owners[starts[lengths == size][:, None] + np.arange(size)]
        one, two = np.triu_indices(int(size), 1)
        found.append(_paired(block[:, one].ravel(), block[:, two].ravel(), len(texts)))
    many = lengths > _ALL_PAIRS_UP_TO
    if many.any():
        firsts = np.repeat(owners[starts[many]], lengths[many] - 1)
        others = np.concatenate([owners[at + 1 : at + n] for at, n in zip(starts[many], lengths[many], strict=True)])
        found.append(_paired(firsts, others, len(texts)))
    pairs = np.unique(np.concatenate([*found, np.zeros(0, dtype=np.int64)]))
    return [divmod(int(pair), len(texts)) for pair in pairs]


def _paired(one: Ints, two: Ints, count: int) -> Ints:
    return np.unique(one * count + two)
