"""Rounds and agendas in phrases: opening, every form of ballot, tellers that fall silent, closing, publishing."""

import re
from collections.abc import Callable
from typing import Final

from pydantic import JsonValue, ValidationError

from consensus.agenda import agenda_bytes
from protocol.canonical import sha256_hex
from protocol.chain import prove_fork
from protocol.envelope import Verified
from protocol.events.consultation import AgendaDraft
from protocol.events.rounds import Ballot
from protocol.ids import TextHash
from protocol.register import AgendaBody, AgendaRecord
from tests.support.builders import BuiltMember
from tests.support.scenario_charter import PROCEDURES
from tests.support.scenario_phrases import Found, Phrase
from tests.support.scenario_rounds import Rounds, Wanted, option_id
from tests.support.scenario_rules import rule_of
from tests.support.scenario_shows import agenda_lines
from tests.support.scenario_world import refused

Content = dict[str, JsonValue]


def _open(rounds: Rounds, found: Found) -> None:
    words = found.word("PROCEDURE")
    if words not in PROCEDURES:
        raise found.fail(f"there is no kind of round called '{words}'")
    wanted = Wanted(
        procedure=PROCEDURES[words],
        titles=found.titles(),
        until=found.time(),
        may_change=not found.says(", ballots are final"),
        proxies=int(found.word("NUMBER")) if found.has("NUMBER") else None,
        capacity=int(found.word("MINUTES")) if found.has("MINUTES") else None,
        rule=rule_of(found.line, found.word("RULE")) if found.has("RULE") else None,
    )
    rounds.open(rounds.world.member(found.word("WHO"), found), wanted, found)


def _ballot(content: Callable[[Found], Content]) -> Callable[[Rounds, Found], None]:
    """Return a step in which everybody that is named casts the same ballot."""

    def cast(rounds: Rounds, found: Found) -> None:
        round_ = rounds.current(found, found.quoted("TITLE"))
        heard = frozenset(found.names("TELLERS")) if found.has("TELLERS") else None
        for name in found.names():
            rounds.cast(round_, rounds.world.member(name, found), content(found), heard)

    return cast


def _choice(choice: str | None = None) -> Callable[[Found], Content]:
    def content(found: Found) -> Content:
        ballot: Content = {"form": "choice", "choice": choice or found.word("CHOICE"), "reason": found.quoted("REASON")}
        return {key: value for key, value in ballot.items() if value is not None}

    return content


def _approval(found: Found) -> Content:
    names = sorted(option_id(title) for title in found.titles()) if found.has("TITLES") else []
    return {"form": "approval", "approves": [*names]}


def _ranking(found: Found) -> Content:
    words = found.slots.get("RANKING")
    tiers = [re.findall(r"'([^']*)'", tier) for tier in words.split(" > ")] if words else []
    ids = [sorted(option_id(title) for title in tier) for tier in tiers]
    return {"form": "ranked", "tiers": [[*tier] for tier in ids]}


def _scores(found: Found) -> Content:
    """Return a score ballot from `'A': impact 3, equity 2; 'B': impact 4`."""
    scores: dict[str, dict[str, int]] = {}
    for part in (found.slots.get("SCORES") or "").split("; "):
        title, _, given = part.partition(": ")
        for pair in given.split(", "):
            criterion, _, score = pair.rpartition(" ")
            if not score.isdecimal():
                raise found.fail(f"'{pair}' is not a criterion and a score")
            scores.setdefault(criterion, {})[option_id(title)] = int(score)
    return {"form": "score", "scores": {name: {**given} for name, given in scores.items()}}


def _proxy(found: Found) -> Content:
    return {"form": "proxy", "holder": found.quoted("WHOM")}


def _fork(rounds: Rounds, found: Found) -> None:
    """Sign two ballots as the same event of one chain; some tellers hear the first, the others the second."""
    world, round_ = rounds.world, rounds.current(found)
    member = world.member(found.word("WHO"), found)
    first_heard = frozenset(found.names("TELLERS"))
    others = frozenset(str(each.id) for each in world.federation.tellers) - first_heard
    first = rounds.cast(round_, member, _choice("yes")(found), first_heard)
    if first is None:
        return
    second = _in_its_place(rounds, member, _choice("no")(found))
    rounds.deliver(round_, second, others)
    world.fork(prove_fork(first, second).first)
    world.tell(f"{member.id}'s key has forked: two events of one place prove it")


def _in_its_place(rounds: Rounds, member: BuiltMember, content: Content) -> Verified:
    world = rounds.world
    writer = world.writer(member)
    last = writer.events[-1]
    before = last.event.body
    assert isinstance(before, Ballot)
    other = before.model_copy(update={"content": content})
    return writer.branch(last.event.seq).write(other, refs=last.event.refs, time_ms=world.now)


def _silence(rounds: Rounds, found: Found) -> None:
    rounds.silent |= {rounds.world.member(name, found).id for name in found.names()}


def _speak(rounds: Rounds, found: Found) -> None:
    rounds.silent -= {rounds.world.member(name, found).id for name in found.names()}


def _close(rounds: Rounds, found: Found) -> None:
    title = found.quoted("TITLE")
    if title is not None or any(not each.is_closed for each in rounds.all):
        rounds.close_due(rounds.current(found, title).seal_at)


def _publish(rounds: Rounds, found: Found) -> None:
    world = rounds.world
    height = max(world.register.closings, default=0)
    if height == 0:
        world.tell("refused: no round has closed")
        return
    version = max(world.register.agendas, default=0) + 1
    order = tuple(world.proposal(title, found).id for title in found.titles()) if found.has("TITLES") else None
    document = world.rulings.ordered_agenda(version, height, order)
    if isinstance(document, str):
        world.tell(f"refused: {document}")
        return
    data = agenda_bytes(document)
    world.texts[TextHash(sha256_hex(data))] = data
    try:
        body = AgendaDraft(version=version, document=TextHash(sha256_hex(data)), size=len(data), order=order)
    except ValidationError as error:
        world.tell(f"refused: {refused(error)}")
        return
    draft = world.say(world.member(found.word("WHO"), found), body)
    objection = world.rulings.check_agenda(body)
    assert objection is None, objection
    if draft is not None:
        agenda = AgendaBody(draft=draft.id, version=version, document=body.document, size=body.size)
        world.certify(AgendaRecord(**world.header(), kind="agenda", body=agenda))  # type: ignore[arg-type]
        world.tell(f"agenda {version} is published", *agenda_lines(world, document))


_HEARD: Final = "[, heard in time only by TELLERS]"
_ROUND: Final = "[ on 'TITLE']"
BALLOT_STEPS: Final = (
    Phrase(
        "WHO open(s) PROCEDURE on TITLES until TIME[, with MINUTES minutes][, with NUMBER proxies a member]"
        "[, ballots are final][, by the rule RULE]",
        _open,
    ),
    Phrase(f"WHO vote(s) CHOICE{_ROUND}[: 'REASON']{_HEARD}", _ballot(_choice())),
    Phrase(f"WHO abstain(s){_ROUND}{_HEARD}", _ballot(_choice("abstain"))),
    Phrase(f"WHO object(s){_ROUND}: 'REASON'{_HEARD}", _ballot(_choice("no"))),
    Phrase(f"WHO approve(s) TITLES{_HEARD}", _ballot(_approval)),
    Phrase("WHO approve(s) nothing", _ballot(_approval)),
    Phrase(f"WHO rank(s) RANKING{_HEARD}", _ballot(_ranking)),
    Phrase("WHO rank(s) nothing", _ballot(_ranking)),
    Phrase("WHO score(s) SCORES", _ballot(_scores)),
    Phrase(f"WHO give(s) its vote{_ROUND} to WHOM", _ballot(_proxy)),
    Phrase(f"WHO take(s) its vote back{_ROUND}", _ballot(_proxy)),
    Phrase("WHO signs yes and no in one place; TELLERS hear the first, the others the second", _fork),
    Phrase("WHO fall(s) silent as teller", _silence),
    Phrase("WHO speak(s) again as teller", _speak),
    Phrase("the round[ on 'TITLE'] closes", _close),
    Phrase("WHO publishes the agenda[ in the order TITLES]", _publish),
)
