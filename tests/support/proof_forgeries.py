"""Full proofs that were put together wrongly on purpose, each with the step that must refuse it.

Most take a good proof apart and put it together otherwise; the rest are what a quorum of traitors could sign, which a
proof must not hide either.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from consensus.proof.format import FullProof, ProofAgenda, ProofEvent, ProofRound, write_proof
from protocol import canonical
from protocol.canonical import sha256_hex
from protocol.envelope import pae
from protocol.events.tellers import Precommit
from protocol.ids import MemberId, RecordId
from protocol.register import record_id
from tests.support.builders import ChainWriter, ballot_body, build_federation, seal_body, signing_key
from tests.support.proof_shapes import DOUBLE_MAJORITY, long_seals, policy, prioritise, small, vote
from tests.support.proof_world import ProofWorld, approvals, choices, spec_under

SMALL_ORDER_KEY: Final = "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"
"""A point of order two."""
TWISTED_KEY: Final = "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"
"""The identity's neighbour of order eight."""


@dataclass(frozen=True, slots=True)
class Forgery:
    """A proof that is refused, against which fingerprint, and by which step."""

    name: str
    proof: FullProof
    step: str
    fingerprint: str

    @property
    def data(self) -> bytes:
        """The file."""
        return write_proof(self.proof)


def forgeries() -> Iterator[Forgery]:
    """Yield every forgery."""
    yield from _of_founders()
    yield from _of_records()
    yield from _of_votes()
    yield from _of_rounds()
    yield from _of_agendas()
    yield from _by_traitors()


def _of(name: str, step: str, **changes: Any) -> Forgery:
    """Return the small good proof with other parts."""
    return Forgery(name, replace(small().proof, **changes), step, small().fingerprint)


def _other() -> FullProof:
    """Return the same history in another federation, of the same members with other keys."""
    world = ProofWorld(build_federation(5, 4, seed=161))
    vote(world, "long", "vote", choices(5, 1, yes=9, no=1))
    prioritise(world, "long", approvals(5, 6, 2), 6, number=1)
    world.publish()
    return world.proof()


def _of_founders() -> Iterator[Forgery]:
    good, other = small().proof, _other()
    yield Forgery("wrong fingerprint", good, "fingerprint", "0" * 64)
    yield Forgery("fingerprint of another federation", good, "fingerprint", "ab" * 32)
    yield Forgery("no fingerprint", good, "fingerprint", "")
    yield _of("charter of another federation", "fingerprint", charter=other.charter, signatures=other.signatures)
    yield _of("signatures of another charter", "founders", signatures=other.signatures)
    yield _of("a founder's signature is missing", "founders", signatures=good.signatures[:-1])
    yield _of("a founder's signature too many", "founders", signatures=(*good.signatures, good.signatures[0]))
    yield _of("founders' signatures reordered", "founders", signatures=good.signatures[::-1])
    edited = {**good.charter, "reference": "another charter, signed by nobody"}
    fingerprint = sha256_hex(pae("charter", canonical.encode(edited)))
    yield Forgery("an edited charter under its own fingerprint", replace(good, charter=edited), "founders", fingerprint)
    yield from map(_with_root, (SMALL_ORDER_KEY, TWISTED_KEY, "ff" * 32))


def _with_root(key: str) -> Forgery:
    """Return a charter of which one founder's root key is not of prime order, or no point."""
    good = small().proof
    members: list[Any] = [dict(member) for member in good.charter["roll"]["members"]]
    members[0]["root"] = key
    charter = {**good.charter, "roll": {**good.charter["roll"], "members": members}}
    fingerprint = sha256_hex(pae("charter", canonical.encode(charter)))
    signatures = tuple(
        signing_key(61, member["id"], "root").sign(pae("charter", canonical.encode(charter))) for member in members
    )
    forged = (bytes.fromhex(key) + bytes(32), *signatures[1:])
    proof = replace(good, charter=charter, signatures=forged)
    return Forgery(f"a root key {key[:4]} that isn't of prime order", proof, "founders", fingerprint)


def _of_records() -> Iterator[Forgery]:
    good, other = small().proof, _other()
    records = good.records
    yield _of("records of another federation", "chain", records=other.records)
    yield _of("the first record of another federation", "chain", records=(other.records[0], *records[1:]))
    yield _of("records reordered", "chain", records=(records[1], records[0], *records[2:]))
    yield _of("the first record is missing", "chain", records=records[1:])
    yield _of("a record in the middle is missing", "chain", records=(*records[:3], *records[4:]))
    yield _of("a record stands twice", "chain", records=(*records[:2], records[1], *records[2:]))
    yield _of("the newest record is missing", "certificate", records=records[:-1])
    yield _of(
        "an edited result", "chain", records=_edited(records, 1, result={"status": "not_adopted", "selected": []})
    )
    yield _of("an edited document of the newest record", "certificate", records=_edited(records, -1, document="0" * 64))
    yield _of("a record by another roll", "chain", records=({**records[0], "roll": 1}, *records[1:]))
    yield _of("a height that is true", "chain", records=({**records[0], "height": True}, *records[1:]))
    yield _of("a roll that is false", "chain", records=({**records[0], "roll": False}, *records[1:]))
    yield _of("a record with a field more", "chain", records=({**records[0], "note": 1}, *records[1:]))
    yield _of("a newest record by another roll", "chain", records=(*records[:-1], {**records[-1], "roll": 4}))
    yield _of("a newest record of another height", "chain", records=(*records[:-1], {**records[-1], "height": 4}))


def _edited(records: tuple[Any, ...], at: int, **body: Any) -> tuple[Any, ...]:
    changed = list(records)
    changed[at] = {**changed[at], "body": {**changed[at]["body"], **body}}
    return tuple(changed)


def _of_votes() -> Iterator[Forgery]:
    good, world, other = small().proof, small().world, _other()
    votes = good.votes
    yield _of("votes of another federation", "certificate", votes=other.votes)
    yield _of("one vote too few", "certificate", votes=votes[:-1])
    yield _of("a vote that stands twice", "certificate", votes=(votes[0], votes[0], *votes[1:]))
    yield _of("a duplicate signer for the one that is missing", "certificate", votes=(votes[0], votes[1], votes[1]))
    yield _of("two votes of one signer", "certificate", votes=(votes[0], *_signed(world, world.head, 2, [1, 1])))
    yield _of("votes reordered", "certificate", votes=votes[::-1])
    yield _of("a quorum of members that are no tellers", "certificate", votes=_by_nodes(world))
    yield _of("a quorum of another roll's keys", "certificate", votes=_of_another_roll(world))
    yield _of("votes on the record below", "certificate", votes=_signed(world, record_id(world.records[-2]), 2))
    yield _of("votes for none", "certificate", votes=_signed(world, None, 2))
    yield _of("votes of another height", "certificate", votes=_signed(world, world.head, 2, height=1))
    mixed = (*votes[:2], _signed(world, world.head, 9)[2])
    yield _of("votes of different views", "certificate", votes=mixed)
    yield _of("prevotes for precommits", "certificate", votes=tuple(replace(vote, kind="prevote") for vote in votes))
    yield _of("votes by another roll", "certificate", votes=_signed(world, world.head, 2, roll=1))
    swapped = (replace(votes[0], signature=votes[1].signature), *votes[1:])
    yield _of("a vote with another's signature", "certificate", votes=swapped)


def _signed(
    world: ProofWorld,
    value: RecordId | None,
    view: int,
    tellers: list[int] | None = None,
    *,
    height: int | None = None,
    roll: int = 0,
) -> tuple[ProofEvent, ...]:
    """Return votes of the first tellers, or of these, by keys whose chains begin anew."""
    body = Precommit(height=len(world.records) if height is None else height, view=view, value=value)
    found = []
    for which in tellers or range(world.quorum.votes):
        member = world.federation.member(which)
        writer = ChainWriter(world.federation.id, member.id, member.key("teller"), roll)
        found.append(ProofEvent.of(writer.write(body).envelope))
    return tuple(found)


def _by_nodes(world: ProofWorld) -> tuple[ProofEvent, ...]:
    body = Precommit(height=len(world.records), view=0, value=world.head)
    writers = [world.federation.writer(which) for which in range(world.quorum.votes)]
    return tuple(ProofEvent.of(writer.write(body).envelope) for writer in writers)


def _of_another_roll(world: ProofWorld) -> tuple[ProofEvent, ...]:
    """Return votes by teller keys that the same members have in another charter."""
    body = Precommit(height=len(world.records), view=0, value=world.head)
    others = [build_federation(5, 4, seed=161).member(which) for which in range(world.quorum.votes)]
    writers = [ChainWriter(world.federation.id, each.id, each.key("teller")) for each in others]
    return tuple(ProofEvent.of(writer.write(body).envelope) for writer in writers)


def _of_rounds() -> Iterator[Forgery]:
    good, other = small().proof, _other()
    first, second, *rest = good.rounds
    yield _of("rounds of another federation", "seals", rounds=other.rounds)
    yield _of("rounds reordered", "seals", rounds=(second, first, *rest))
    yield _of("a round that stands twice", "seals", rounds=(first, first, second, *rest))
    yield _of("a round that nobody opened", "seals", rounds=(replace(first, round="0" * 64), second, *rest))
    yield _with_round("a round with the seals of another", "seals", seals=second.seals)
    yield _with_round("a seal is missing", "seals", seals=first.seals[1:])
    yield _with_round("seals reordered", "seals", seals=first.seals[::-1])
    yield _with_round("a seal that stands twice", "seals", seals=(first.seals[0], *first.seals))
    yield _with_round("a listing that no seal has", "seals", listings=(tuple(b.id for b in first.ballots),))
    swapped = (replace(first.seals[0], signature=first.seals[1].signature), *first.seals[1:])
    yield _with_round("a seal with another's signature", "seals", seals=swapped)
    yield _with_round("a ballot is missing", "ballots", ballots=first.ballots[:-1])
    yield _with_round("no ballots", "ballots", ballots=())
    yield _with_round("ballots reordered", "ballots", ballots=first.ballots[::-1])
    yield _with_round("a ballot that stands twice", "ballots", ballots=(first.ballots[0], *first.ballots))
    yield _with_round("ballots of another round", "ballots", ballots=second.ballots)
    ballot = replace(first.ballots[0], signature=first.ballots[1].signature)
    yield _with_round("a ballot with another's signature", "ballots", ballots=(ballot, *first.ballots[1:]))
    payload = {**first.ballots[0].payload, "body": {**first.ballots[0].payload["body"], "content": {"form": "choice"}}}
    edited = replace(first.ballots[0], payload=payload)
    yield _with_round("an edited ballot", "ballots", ballots=(edited, *first.ballots[1:]))
    yield from _of_long_seals()


def _with_round(name: str, step: str, **changes: Any) -> Forgery:
    first, *rest = small().proof.rounds
    return _of(name, step, rounds=(replace(first, **changes), *rest))


def _of_long_seals() -> Iterator[Forgery]:
    good = long_seals()
    (only,) = good.proof.rounds
    listing = only.listings[0]
    for name, listings in (
        ("a long seal without its listing", only.listings[1:]),
        ("no listings", ()),
        ("a listing with an id less", (listing[1:], *only.listings[1:])),
        ("a listing reordered", (listing[::-1], *only.listings[1:])),
        ("a listing too many", (*only.listings, listing)),
    ):
        proof = replace(good.proof, rounds=(replace(only, listings=listings),))
        yield Forgery(name, proof, "seals", good.fingerprint)


def _of_agendas() -> Iterator[Forgery]:
    good, other = small().proof, _other()
    first, second = good.agendas
    yield _of("agendas reordered", "agenda", agendas=(second, first))
    yield _of("an agenda that stands twice", "agenda", agendas=(first, first))
    yield _of("an agenda of another federation", "agenda", agendas=other.agendas)
    yield _of("documents swapped", "agenda", agendas=(replace(first, document=second.document),))
    yield _of("drafts swapped", "agenda", agendas=(replace(first, draft=second.draft),))
    yield _of("a draft with another's signature", "agenda", agendas=(_with_signature(first, second),))
    texts = [dict(item) for item in first.document["items"]]
    texts[0] = {**texts[0], "text": {**texts[0]["text"], "sha256": "0" * 64}}
    yield _of("a swapped text", "agenda", agendas=(replace(first, document={**first.document, "items": texts}),))
    fewer = {**first.document, "items": first.document["items"][1:]}
    yield _of("an item left out", "agenda", agendas=(replace(first, document=fewer),))
    later = {**first.document, "version": 3}
    yield _of("a version that nobody published", "agenda", agendas=(replace(first, document=later),))
    true = {**first.document, "version": True}
    yield _of("a version that is true", "agenda", agendas=(replace(first, document=true),))
    yield _of("an empty document", "agenda", agendas=(replace(first, document={}),))


def _with_signature(agenda: ProofAgenda, other: ProofAgenda) -> ProofAgenda:
    return replace(agenda, draft=replace(agenda.draft, signature=other.draft.signature))


def _by_traitors() -> Iterator[Forgery]:
    """Yield what more traitors than may be could certify: signed by a quorum, and still seen through."""
    yield _certified("a count that is too high", "inclusion", lambda body: body.update(count=body["count"] + 1))
    yield _certified("another listing", "inclusion", lambda body: body.update(listing="0" * 64))
    yield _certified("another outcome", "tally", lambda body: body.update(outcome="0" * 64))
    yield _certified("another winner", "tally", lambda body: body.update(result={"status": "adopted", "selected": []}))
    yield _certified("too few seals", "seals", lambda body: body.update(seals=body["seals"][:-1]), seals=-1)
    yield _with_agenda("an invented item", lambda value: value["items"].pop())
    yield _with_agenda("another height", lambda value: value.update(height=1))
    yield _with_agenda("the height of what comes later", lambda value: value.update(height=9))
    yield _with_agenda("a previous version that is none", lambda value: value.update(previous="0" * 64))
    yield _closed_twice()
    yield _ballot_of("a ballot by a teller's key", lambda world: ("teller", world.federation.member(0).id))
    yield _ballot_of("a ballot for another member", lambda _world: ("node", MemberId("member-003")))
    yield _two_seals_of_one_teller()
    yield _by_other_rule()


def _certified(name: str, step: str, bend: Callable[[dict[str, Any]], object], seals: int | None = None) -> Forgery:
    world = ProofWorld(build_federation(5, 4, seed=67))
    round_id = world.open(spec_under(world.federation, "long", "vote"))
    world.close(round_id, world.vote(round_id, choices(5, 1, silent=0)), bend=bend)
    if seals is not None:
        world.rounds[round_id] = replace(world.rounds[round_id], seals=world.rounds[round_id].seals[:seals])
    return Forgery(f"certified: {name}", world.proof(), step, world.federation.id)


def _with_agenda(name: str, bend: Callable[[dict[str, Any]], object]) -> Forgery:
    world = ProofWorld(build_federation(5, 4, seed=68))
    vote(world, "long", "vote", choices(5, 1, yes=9, no=0))
    world.publish(bend=bend)
    vote(world, "long", "vote", choices(5, 1, yes=9, no=0), number=1)
    return Forgery(f"certified: {name}", world.proof(), "agenda", world.federation.id)


def _closed_twice() -> Forgery:
    world = ProofWorld(build_federation(5, 4, seed=69))
    round_id = vote(world, "long", "vote", choices(5, 1))
    world.close(round_id, world.vote(round_id, choices(5, 2)))
    return Forgery("certified: a round closed twice", world.proof(), "certificate", world.federation.id)


def _ballot_of(name: str, speaker: Callable[[ProofWorld], tuple[str, MemberId]]) -> Forgery:
    world = ProofWorld(build_federation(5, 4, seed=70))
    round_id = world.open(spec_under(world.federation, "long", "vote"))
    role, member = speaker(world)
    signer = world.federation.member(0).key(role)  # type: ignore[arg-type]
    ballot = ChainWriter(world.federation.id, member, signer).write(ballot_body(round_id, choices(1, 1)[0]))
    world.close(round_id, [ballot])
    return Forgery(f"certified: {name}", world.proof(), "ballots", world.federation.id)


def _two_seals_of_one_teller() -> Forgery:
    world = ProofWorld(build_federation(5, 4, seed=71))
    round_id = world.open(spec_under(world.federation, "long", "vote"))
    ballots = world.vote(round_id, choices(5, 1))
    again = [world.teller(0).write(seal_body(round_id, [ballot.id for ballot in ballots])) for _ in range(3)]
    ids = sorted(seal.id for seal in again)
    world.close(round_id, ballots, bend=lambda body: body.update(seals=tuple(ids)))
    seals = {seal.id: ProofEvent.of(seal.envelope) for seal in again}
    rounds: dict[RecordId, ProofRound] = world.rounds
    rounds[round_id] = replace(rounds[round_id], seals=tuple(seals[each] for each in ids))
    return Forgery("certified: three seals of one teller", world.proof(), "seals", world.federation.id)


def _by_other_rule() -> Forgery:
    """Return a round that was opened by a rule that its charter doesn't have."""
    world = ProofWorld(build_federation(5, 4, seed=72))
    other = build_federation(5, 4, seed=73, policies={"long": policy({"vote": DOUBLE_MAJORITY})})
    round_id = world.open(spec_under(other, "long", "vote"))
    world.close(round_id, world.vote(round_id, choices(5, 1)))
    return Forgery("certified: a rule that the charter has not", world.proof(), "tally", world.federation.id)
