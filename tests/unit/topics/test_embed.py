import numpy as np
import pytest

from tests.support.classifiers import encoder
from topics.embed import DIMENSIONS, Encoder, Vector, VectorError, cosine, quantise, unit

HASH = "0" * 64


def test_quantising_keeps_the_direction() -> None:
    values = np.random.default_rng(3).normal(size=(20, DIMENSIONS)).astype(np.float32)
    rows = quantise(values)
    assert np.abs(rows).max(axis=1).tolist() == [127] * 20
    exact = values / np.linalg.norm(values, axis=1, keepdims=True)
    assert (unit(rows) * exact).sum(axis=1).min() > 0.999


def test_zeros_stay_zeros() -> None:
    row = quantise(np.zeros((1, DIMENSIONS), dtype=np.float32))
    assert not row.any()
    assert not unit(row).any()
    assert cosine(row[0], row[0]) == 0.0


def test_cosine_agrees_with_the_plain_formula_and_ignores_scale() -> None:
    rng = np.random.default_rng(5)
    left = rng.integers(-60, 61, DIMENSIONS).astype(np.int8)
    right = rng.integers(-127, 128, DIMENSIONS).astype(np.int8)
    plain = np.dot(left.astype(float), right.astype(float)) / np.linalg.norm(left.astype(float))
    assert cosine(left, right) == pytest.approx(plain / np.linalg.norm(right.astype(float)), abs=1e-12)
    assert cosine(left, (left * 2).astype(np.int8)) == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize("values", [(1,) * 511, (128,) * 512, (-128,) * 512])
def test_what_is_no_vector_is_refused(values: tuple[int, ...]) -> None:
    with pytest.raises(VectorError):
        Vector(HASH, values)


def test_a_vector_of_another_encoder_is_refused() -> None:
    with pytest.raises(VectorError, match="comes from encoder 000000000000"):
        encoder().accept(Vector(HASH, (1,) * DIMENSIONS))


def test_a_text_has_one_vector_whatever_was_encoded_before() -> None:
    fresh = Encoder()
    first = fresh.vector("Early warning of floods")
    fresh.encode("Something else altogether, and quite a bit longer than what came before it.")
    assert fresh.vector("  Early <b>warning</b> of\nfloods ") == first
    assert fresh.accept(first).tolist() == list(first.values)


def test_an_empty_text_has_no_direction() -> None:
    assert not encoder().encode(" \n ").any()
