"""What the tests of topics share: one encoder and one classifier for the whole run."""

from functools import cache

from topics.classify import Classifier
from topics.embed import Encoder


@cache
def encoder() -> Encoder:
    """Return the encoder, loaded once."""
    return Encoder()


@cache
def classifier() -> Classifier:
    """Return the classifier that ships in the package, loaded once."""
    return Classifier(encoder())
