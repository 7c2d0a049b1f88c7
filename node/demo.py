"""The demonstration: a federation of separate node processes on this machine that agrees on an agenda.

Each member is a process with its own identity and store; they talk over HTTP as strangers would, and everything that
people do goes through the pages of their own node. Works through its steps, each with a bound on its time.
"""

import asyncio
import os
import signal
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from node.clock import Clock
from node.demo_content import DemoContent, load_demo_content
from node.demo_founding import SECRETARIAT, Pace, Seat, found
from node.demo_people import DemoError, Person

_READY_SECONDS = 60
_STEP_SECONDS = 120
_STOP_SECONDS = 8
_LOOK_SECONDS = 0.1
_RESTART_AFTER_SECONDS = 1.5
_STATUS = "/federation/v1/status"


@dataclass(frozen=True, slots=True)
class Plan:
    """What kind of demonstration it is."""

    members: int
    first_port: int
    voting_seconds: int
    kills_teller: bool
    has_visitor: bool


@dataclass(slots=True)
class Stage:
    """A demonstration under way."""

    plan: Plan
    content: DemoContent
    clock: Clock
    seats: tuple[Seat, ...]
    say: Callable[[str], None]
    http: aiohttp.ClientSession
    people: dict[tuple[int, str], Person] = field(default_factory=dict)
    processes: dict[int, asyncio.subprocess.Process] = field(default_factory=dict)
    proposals: dict[str, str] = field(default_factory=dict)
    """Ids of proposals by their key in the demonstration's content."""
    topics: dict[str, str] = field(default_factory=dict)
    """Ids of the secretariat's topics by matter."""
    seconds: dict[str, float] = field(default_factory=dict)

    def person(self, index: int, account: str) -> Person:
        """Return somebody who has signed in."""
        return self.people[index, account]


@asynccontextmanager
async def demonstration(plan: Plan, clock: Clock, say: Callable[[str], None]) -> AsyncIterator[Stage]:
    """Yield a federation whose agenda has been published, still running; stop and remove all of it in the end."""
    content = load_demo_content()
    ports = free_ports(plan.first_port, plan.members)
    async with AsyncExitStack() as stack:
        where = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="comitia-demo-")))
        pace = Pace(voting_ms=min(plan.voting_seconds, 3) * 1000, grace_ms=1_000)
        seats = await found(content, where, ports, pace, clock)
        http = await stack.enter_async_context(aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)))
        stage = Stage(plan, content, clock, seats, say, http)
        stack.push_async_callback(_stop_all, stage)
        await _play(stage, stack)
        yield stage


def free_ports(first: int, count: int) -> list[int]:
    """Return consecutive ports from the first on. Raises DemoError if one of them is taken."""
    ports = list(range(first, first + count))
    for port in ports:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError as error:
                raise DemoError(f"port {port} is taken: choose others, for example --port {first + 1000}") from error
    return ports


async def _play(stage: Stage, stack: AsyncExitStack) -> None:
    steps: list[tuple[str, Callable[[Stage], Awaitable[None]]]] = [
        ("start", _start),
        ("sign_in", lambda s: _sign_in(s, stack)),
        ("propose", _propose),
        ("group", _group),
        ("open", _open_rounds),
        ("vote", _vote),
        ("close", _close),
        ("publish", _publish),
    ]
    for name, step in steps:
        began = stage.clock.now()
        await step(stage)
        stage.seconds[name] = round((stage.clock.now() - began) / 1000, 2)


async def _start(stage: Stage) -> None:
    stage.say(f"Starting {len(stage.seats)} nodes, each a process with its own keys and store …")
    for seat in stage.seats:
        await _spawn(stage, seat)
    await _until(stage, "all nodes to answer", _READY_SECONDS, all)
    needed = min(2, len(stage.seats) - 1)
    await _until(
        stage,
        "nodes to find each other",
        _READY_SECONDS,
        lambda all_: all(status is not None and len(status["peers"]) >= needed for status in all_),
    )


async def _spawn(stage: Stage, seat: Seat) -> None:
    log = (seat.directory / "node.log").open("ab")
    with log:
        stage.processes[seat.index] = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "node",
            "serve",
            str(seat.directory),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=_environment(),
            start_new_session=True,
        )


def _environment() -> dict[str, str]:
    """Return this process's environment without settings that would reach the nodes, and with this code on the path."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("COMITIA_")}
    here = str(Path(__file__).resolve().parent.parent)
    return inherited | {"PYTHONPATH": os.pathsep.join(filter(None, (here, inherited.get("PYTHONPATH", ""))))}


async def _sign_in(stage: Stage, stack: AsyncExitStack) -> None:
    for seat in stage.seats:
        names = ["colleague"] + (["convener"] if seat.index == SECRETARIAT else [])
        for name in names:
            person = await stack.enter_async_context(Person(seat.address))
            await person.sign_in(seat.tokens[name])
            stage.people[seat.index, name] = person


async def _propose(stage: Stage) -> None:
    authors = range(min(5, len(stage.seats)))
    written = [proposal for proposal in stage.content.proposals if proposal.member in authors]
    languages = len({proposal.lang for proposal in written})
    stage.say(f"Delegates submit {len(written)} proposals in {languages} languages …")

    async def submit_all(index: int) -> None:
        person = stage.person(index, "colleague")
        for proposal in written:
            if proposal.member == index:
                stage.proposals[proposal.key] = await person.submit(proposal)

    await asyncio.gather(*(submit_all(index) for index in authors))
    await _in_step(stage)
    await _talk(stage)
    await _endorse(stage)


async def _talk(stage: Stage) -> None:
    """Have delegates translate a text and comment on others' proposals; who answers has heard what it answers."""
    talk, said = stage.content.talk, dict[int, str]()
    for each in talk.translations:
        if each.proposal in stage.proposals and each.member < len(stage.seats):
            person = stage.person(each.member, "colleague")
            await person.translate(stage.proposals[each.proposal], each.lang, each.title, each.text, each.urgency or "")
    for are_answers in (False, True):
        for place, comment in enumerate(talk.comments):
            is_there = comment.proposal in stage.proposals and comment.member < len(stage.seats)
            if (comment.answers is not None) == are_answers and is_there:
                above = "" if comment.answers is None else said.get(comment.answers, "")
                person, proposal = stage.person(comment.member, "colleague"), stage.proposals[comment.proposal]
                said[place] = await person.comment(proposal, comment.lang, comment.text, above)
        await _in_step(stage)
    stage.say(f"They say {len(said)} things about each other's proposals, and translate what they want others to read.")


async def _endorse(stage: Stage) -> None:
    """Have the other members' delegates support the text that will be voted on, so that it is admitted."""
    wanted = stage.content.votes.yes_no.proposal
    author = next(each.member for each in stage.content.proposals if each.key == wanted)
    others = [index for index in range(min(5, len(stage.seats))) if index != author]
    for index in others:
        await stage.person(index, "colleague").endorse(stage.proposals[wanted])
    await _in_step(stage)
    stage.say(f"{len(others)} members support the proposal on which there will be a vote; it is admitted.")


async def _in_step(stage: Stage) -> None:
    def is_alike(all_: list[dict[str, Any] | None]) -> bool:
        return all(all_) and len({status["digest"] for status in all_ if status is not None}) == 1

    await _until(stage, "all nodes to hold the same", _STEP_SECONDS, is_alike)


async def _group(stage: Stage) -> None:
    expected = len(stage.proposals)

    def is_grouped(all_: list[dict[str, Any] | None]) -> bool:
        first = all_[SECRETARIAT]
        return first is not None and first["grouped"] == expected

    await _until(stage, "the proposals to be grouped", _STEP_SECONDS, is_grouped)
    status = await _status(stage, stage.seats[SECRETARIAT])
    assert status is not None
    stage.say(f"The topics module suggests {len(status['groups'])} groups across languages. The largest:")
    for group in status["groups"][:5]:
        goals = ", ".join(f"SDG {goal}" for goal in group["goals"]) or "no goal"
        stage.say(f"   {group['id']}  {group['label']}: {group['proposals']} proposals ({goals})")
    await _name_topics(stage)


async def _name_topics(stage: Stage) -> None:
    secretariat = stage.person(SECRETARIAT, "convener")
    for matter in stage.content.matters:
        ids = [
            stage.proposals[each.key]
            for each in stage.content.proposals_on(matter.slug, "long")
            if each.key in stage.proposals
        ]
        if not ids:
            continue
        goals = {goal for each in stage.content.proposals_on(matter.slug, "long") for goal in each.goals}
        names = [f"{lang}: {name}" for lang, name in matter.title.items() if lang != "en"]
        await secretariat.name_topic(
            track="long",
            lang="en",
            title=matter.title["en"],
            body="\n\n".join(names),
            minutes=stage.content.matter_minutes(matter.slug),
            goals=sorted(goals)[:3],
            proposals=ids,
        )
    stage.topics = await _topic_ids(stage)
    stage.say(f"The secretariat names {len(stage.topics)} topics out of them.")


async def _topic_ids(stage: Stage) -> dict[str, str]:
    status = await _status(stage, stage.seats[SECRETARIAT])
    assert status is not None
    by_title = {topic["title"]: topic["id"] for topic in status["topics"]}
    return {m.slug: by_title[m.title["en"]] for m in stage.content.matters if m.title["en"] in by_title}


async def _open_rounds(stage: Stage) -> None:
    secretariat = stage.person(SECRETARIAT, "convener")
    capacity = stage.content.votes.prioritisation.capacity_minutes
    seconds = stage.plan.voting_seconds
    await secretariat.request_round("long", "prioritisation", list(stage.topics.values()), seconds, capacity)
    question = stage.proposals[stage.content.votes.yes_no.proposal]
    await secretariat.request_round("short", "vote", [question], seconds, 60)
    await _until(
        stage,
        "both rounds to be opened by the tellers",
        _STEP_SECONDS,
        lambda all_: all(status is not None and len(status["rounds"]) == 2 for status in all_),
    )
    stage.say(f"The tellers have opened two rounds; both close in {seconds} seconds.")


async def _vote(stage: Stage) -> None:
    status = await _status(stage, stage.seats[0])
    assert status is not None
    rounds = {found["track"]: found["id"] for found in status["rounds"]}
    options = {matter: f"o{number}" for number, matter in enumerate(stage.topics, start=1)}
    voters = [seat.index for seat in stage.seats[: len(stage.seats) - stage.plan.has_visitor]]
    if stage.plan.has_visitor:
        _invite(stage)

    async def vote(index: int) -> None:
        person = stage.person(index, "colleague")
        favoured = [options[matter] for matter in stage.content.favoured_matters(index) if matter in options]
        await person.approve(rounds["long"], favoured)
        choice, reason = stage.content.yes_no_vote(index)
        await person.choose(rounds["short"], choice, reason or "")

    await asyncio.gather(*(vote(index) for index in voters))
    stage.say(f"The delegates of {len(voters)} members have voted in both rounds.")


def _invite(stage: Stage) -> None:
    visitor, office = stage.seats[-1], stage.seats[SECRETARIAT]
    port = visitor.address.rpartition(":")[2]
    stage.say("")
    stage.say(f"You are the delegate of {visitor.name}. Sign in, read, and vote before the rounds close:")
    stage.say(f"   http://localhost:{port}/sign-in/{visitor.tokens['delegate']}")
    stage.say("To see the secretariat's desk, sign in at its node:")
    stage.say(f"   {office.address}/sign-in/{office.tokens['secretariat']}")
    stage.say(f"Everybody's pages, without signing in: {office.address}/")
    stage.say("")


async def _close(stage: Stage) -> None:
    if stage.plan.kills_teller:
        await _kill_while_sealing(stage)

    def is_certified(all_: list[dict[str, Any] | None]) -> bool:
        return all(s is not None and all(r["state"] == "certified" for r in s["rounds"]) for s in all_)

    await _until(stage, "both rounds to be certified", stage.plan.voting_seconds + _STEP_SECONDS, is_certified)
    status = await _status(stage, stage.seats[0])
    assert status is not None
    tellers = len(stage.seats)
    for round_ in status["rounds"]:
        stage.say(
            f"Round {round_['number']} ({round_['track']}-term): {round_['result']['status']}, {round_['counted']}"
            f" ballots counted, certified at height {round_['height']} by {len(round_['signers'])} of {tellers}"
            " tellers."
        )


async def _kill_while_sealing(stage: Stage) -> None:
    victim = stage.seats[len(stage.seats) // 2]
    status = await _status(stage, victim)
    assert status is not None
    closes = max(found["closes"] for found in status["rounds"])
    await asyncio.sleep(max(0, closes + 900 - stage.clock.now()) / 1000)
    process = stage.processes[victim.index]
    process.kill()
    await process.wait()
    stage.say(f"The teller of {victim.name} has been killed while sealing.")
    await asyncio.sleep(_RESTART_AFTER_SECONDS)
    await _spawn(stage, victim)
    stage.say(f"The teller of {victim.name} has been started again.")


async def _publish(stage: Stage) -> None:
    await stage.person(SECRETARIAT, "convener").draft_agenda()

    def is_published(all_: list[dict[str, Any] | None]) -> bool:
        return all(status is not None and status["agenda"] is not None for status in all_)

    await _until(stage, "the agenda to be certified on every node", _STEP_SECONDS, is_published)
    await _in_step(stage)
    status = await _status(stage, stage.seats[0])
    assert status is not None
    agenda = status["agenda"]
    stage.say(
        f"The agenda, version {agenda['version']}, is published: certified at height {agenda['height']}"
        f" by {len(agenda['signers'])} tellers, with the same hash on all {len(stage.seats)} nodes."
    )


async def summary(stage: Stage) -> dict[str, object]:
    """Return what came out, as every node sees it."""
    statuses = {seat.id: await _status(stage, seat) for seat in stage.seats}
    first = statuses[stage.seats[0].id]
    assert first is not None
    agendas = {member: status["agenda"] for member, status in statuses.items() if status is not None}
    documents = {agenda["document"] for agenda in agendas.values()}
    return {
        "members": [seat.id for seat in stage.seats],
        "federation": first["federation"],
        "events": {member: status["events"] for member, status in statuses.items() if status is not None},
        "rounds": [
            {name: found[name] for name in ("id", "number", "track", "rule", "ballots", "counted", "height", "signers")}
            | {"outcome": found["result"], "outcome_hash": found["outcome"]}
            | {"certified_after_deadline_ms": found["certified"] - found["closes"]}
            for found in first["rounds"]
        ],
        "agenda": {
            "id": first["agenda"]["id"],
            "version": first["agenda"]["version"],
            "height": first["agenda"]["height"],
            "signers": first["agenda"]["signers"],
            "hash_by_node": {member: agenda["document"] for member, agenda in agendas.items()},
            "id_by_node": {member: agenda["id"] for member, agenda in agendas.items()},
            "is_equal": len(documents) == 1 and len(agendas) == len(stage.seats),
        },
        "seconds": stage.seconds,
    }


async def _status(stage: Stage, seat: Seat) -> dict[str, Any] | None:
    try:
        async with stage.http.get(seat.address + _STATUS) as response:
            found: dict[str, Any] = await response.json()
            return found
    except (aiohttp.ClientError, OSError, TimeoutError):
        return None


async def _until(
    stage: Stage, what: str, seconds: float, is_done: Callable[[list[dict[str, Any] | None]], bool]
) -> None:
    """Wait until all nodes' states fulfil a condition. Raises DemoError if they don't in time."""
    try:
        async with asyncio.timeout(seconds):
            while True:
                states = await asyncio.gather(*(_status(stage, seat) for seat in stage.seats))
                if is_done(list(states)):
                    return
                _check_alive(stage)
                await asyncio.sleep(_LOOK_SECONDS)
    except TimeoutError as error:
        raise DemoError(f"waited {seconds:.0f} seconds in vain for {what}") from error


def _check_alive(stage: Stage) -> None:
    for index, process in stage.processes.items():
        if process.returncode not in (None, -signal.SIGKILL):
            log = (stage.seats[index].directory / "node.log").read_text(errors="replace").strip().splitlines()
            raise DemoError(f"the node of {stage.seats[index].id} has stopped: {log[-1] if log else 'no word'}")


async def _stop_all(stage: Stage) -> None:
    for process in stage.processes.values():
        with suppress(ProcessLookupError):
            process.terminate()
    for process in stage.processes.values():
        try:
            async with asyncio.timeout(_STOP_SECONDS):
                await process.wait()
        except TimeoutError:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
