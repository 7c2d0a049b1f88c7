"""An outcome is data: canonical JSON, bounded integers, reasons that are worded."""

from fractions import Fraction

import pytest
from pydantic import ValidationError

from consensus.ballots import ChoiceBallot, Option, Question
from consensus.outcome import Outcome, Price, Quotient, Reason, explain, reason, word
from consensus.rules.named import standards_enquiry
from consensus.rules.registry import evaluate
from protocol import canonical


def an_outcome() -> Outcome:
    ballots = {"m0": ChoiceBallot(choice="yes"), "m1": ChoiceBallot(choice="no"), "x": ChoiceBallot(choice="no")}
    return evaluate(
        Question(options=(Option(id="text"),)), standards_enquiry(), ballots, {"m0": ("north",), "m1": ("south",)}
    )


def test_the_same_bytes_come_back_from_canonical_json() -> None:
    outcome = an_outcome()
    data = canonical.encode(outcome.model_dump(mode="json"))
    again = Outcome.model_validate(canonical.decode(data))
    assert again == outcome
    assert canonical.encode(again.model_dump(mode="json")) == data


def test_an_unknown_field_or_a_float_is_refused() -> None:
    value = an_outcome().model_dump(mode="json")
    with pytest.raises(ValidationError, match="surprise"):
        Outcome.model_validate({**value, "surprise": 1})
    with pytest.raises(ValidationError, match="margin"):
        Outcome.model_validate({**value, "margin": 1.0})
    with pytest.raises(ValidationError, match="numerator"):
        Price(numerator=2**53, denominator=1, is_exact=True)


def test_reasons_are_worded_in_whole_sentences_joined_by_spaces() -> None:
    outcome = an_outcome()
    assert explain(outcome) == " ".join(word(step) for step in outcome.reasons)
    assert word(reason("left_out_reason_missing", count=3)).endswith("none was given: 3.")
    assert reason("no_quorum") == Reason(code="no_quorum", parameters={})


def test_fractions_are_exact_until_they_grow_too_large() -> None:
    exact = Price.of(Fraction(15, 2))
    assert (exact.numerator, exact.denominator, exact.is_exact) == (15, 2, True)
    rounded = Quotient.of(Fraction(2 * 10**20, 3 * 10**20 + 1))
    assert rounded.fraction == Fraction(666_666, 1_000_000)
    assert not rounded.is_exact
