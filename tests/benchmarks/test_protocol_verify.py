"""What checking an event costs beside the signature itself, in one run; two threads; two libraries."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from time import perf_counter, process_time
from typing import TypeVar

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from nacl import bindings
from pydantic import JsonValue

from protocol import frames
from protocol.envelope import Envelope, Verified, is_signature_valid, open_verified, pae
from tests.support.builders import ballot_body, build_chains, build_federation, hash_of

pytestmark = pytest.mark.bench

FED = build_federation(5)
SHARE_OF_BARE_LOOP_AT_LEAST = 0.7
BESIDE_VERIFYING_AT_MOST = 0.7
"""As a share of the cost of verifying one signature, so that a slow machine judges alike."""
TWO_THREADS_AT_LEAST = 1.7
ROUNDS = 7
ATTEMPTS = 4
MEGABYTE = bytes(2**20)
T = TypeVar("T")


def ballots(each: int) -> list[Envelope]:
    writers = [FED.writer(index) for index in range(5)]
    content: dict[str, JsonValue] = {"form": "approval", "approves": [f"option-{index:03d}" for index in range(12)]}
    return [writer.write(ballot_body(hash_of("round"), content)).envelope for _ in range(each) for writer in writers]


EVENTS = [event.envelope for event in build_chains(FED, 100)] + ballots(100)
BODIES = [frames.event_bytes(envelope) for envelope in EVENTS]


def bare_loop() -> None:
    """Parse, hash and verify, and nothing else."""
    for envelope in EVENTS:
        orjson.loads(envelope.payload)
        signed = pae(envelope.kind, envelope.payload)
        sha256(signed).hexdigest()
        bindings.crypto_sign_open(envelope.signature + signed, bytes.fromhex(envelope.key))


def whole_check() -> None:
    """Everything that protocol/ does with an event that comes in a frame."""
    for body in BODIES:
        verified = open_verified(frames.parse_event(body), FED.id)
        assert isinstance(verified, Verified)
        assert FED.ring.objection(verified.event.kind, verified.event.member, verified.event.key) is None


def verify(envelopes: Sequence[Envelope]) -> bool:
    return all(is_signature_valid(envelope) for envelope in envelopes)


def verify_with_openssl() -> None:
    for envelope in EVENTS:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(envelope.key))
        key.verify(envelope.signature, pae(envelope.kind, envelope.payload))


def least(*works: Callable[[], object], clock: Callable[[], float] = process_time) -> list[float]:
    """Return the least time of each over several rounds, taken in turn so that a busy machine slows all alike."""
    best = [float("inf")] * len(works)
    for _ in range(ROUNDS):
        for index, work in enumerate(works):
            start = clock()
            work()
            best[index] = min(best[index], clock() - start)
    return best


def test_the_whole_check_keeps_up_with_a_bare_loop(capsys: pytest.CaptureFixture[str]) -> None:
    bare, whole, signatures = least(bare_loop, whole_check, lambda: verify(EVENTS))
    beside = (whole - signatures) / len(EVENTS)
    with capsys.disabled():
        print(
            f"\nbare loop {len(EVENTS) / bare:,.0f}/s, whole check {len(EVENTS) / whole:,.0f}/s,"
            f" ratio {bare / whole:.2f}; {beside * 1e6:.1f} µs an event beside the signature's"
            f" {signatures / len(EVENTS) * 1e6:.1f} µs"
        )
    assert bare / whole >= SHARE_OF_BARE_LOOP_AT_LEAST
    assert beside <= signatures / len(EVENTS) * BESIDE_VERIFYING_AT_MOST


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="two threads need two cores")
def test_two_threads_verify_nearly_twice_as_fast_as_one(capsys: pytest.CaptureFixture[str]) -> None:
    with ThreadPoolExecutor(2) as pool:
        for _ in range(ATTEMPTS):
            hashing = speed_up(pool, hash_much, [b""] * 40)
            verifying = speed_up(pool, verify, EVENTS * 2)
            if verifying >= TWO_THREADS_AT_LEAST:
                break
    with capsys.disabled():
        print(f"\ntwo verifying threads: {verifying:.2f} times one (two that only hash: {hashing:.2f})")
    if hashing < TWO_THREADS_AT_LEAST and verifying < TWO_THREADS_AT_LEAST:
        pytest.skip("others are using the second core")
    assert verifying >= TWO_THREADS_AT_LEAST


def speed_up(pool: ThreadPoolExecutor, work: Callable[[list[T]], bool], items: list[T]) -> float:
    """Return how many times as fast two threads do a work as one does."""
    halves = (items[::2], items[1::2])

    def one() -> None:
        assert pool.submit(work, items).result()

    def two() -> None:
        assert all(pool.map(work, halves))

    alone, together = least(one, two, clock=perf_counter)
    return alone / together


def hash_much(rounds: Sequence[bytes]) -> bool:
    """Do what lets another thread run for sure: hash a megabyte a round."""
    return all(sha256(MEGABYTE + suffix).digest() for suffix in rounds)


def test_the_library_in_use_is_the_faster_one(capsys: pytest.CaptureFixture[str]) -> None:
    sodium, openssl = least(lambda: verify(EVENTS), verify_with_openssl)
    with capsys.disabled():
        print(f"\nPyNaCl {len(EVENTS) / sodium:,.0f}/s, cryptography {len(EVENTS) / openssl:,.0f}/s on one core")
    assert sodium < openssl
