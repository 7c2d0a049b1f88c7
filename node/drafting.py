"""From what the secretariat asks for to a round's specification: its texts frozen, its rule the charter's."""

from pydantic import JsonValue, ValidationError

from consensus.ballots import Fault, describe
from consensus.rules import registry
from node.clock import Clock
from node.library import Library
from node.rounds import Rounds
from node.stages import Stages
from protocol.charter import Charter
from protocol.events.rounds import Option, Question, RoundSpec
from protocol.ids import EventId
from web import ports
from web.ports import Refused


class Drafting:
    """Drafts rounds; what can't work is refused here, before anybody is asked to vote."""

    def __init__(self, charter: Charter, clock: Clock, library: Library, rounds: Rounds, stages: Stages) -> None:
        self._charter = charter
        self._clock = clock
        self._library = library
        self._rounds = rounds
        self._stages = stages

    async def spec(self, wanted: ports.RoundInput) -> RoundSpec:
        """Return the specification of a round that opens now. Raises Refused with the reason if there can't be one."""
        charter = self._charter
        policy = charter.long if wanted.track == "long" else charter.short
        procedure = policy.procedures.get(wanted.procedure)
        if procedure is None:
            raise Refused("no-procedure")
        await self._check_turn(wanted)
        texts = await self._library.text_refs(wanted.subjects)
        options = []
        for number, subject in enumerate(wanted.subjects, start=1):
            if subject not in texts:
                raise Refused("unknown-proposal")
            ref, minutes = texts[subject]
            if (await self._library.text(ref)).state != "held":
                raise Refused("text-missing")
            options.append(Option(id=f"o{number}", subject=EventId(subject), text=ref, minutes=minutes))
        number = await self._rounds.next_number()
        try:
            return self._drafted(wanted, policy.capacity_minutes, procedure.rule, tuple(options), number)
        except ValidationError as error:
            raise Refused("rule-impossible", detail=describe(error)) from error

    def _drafted(
        self,
        wanted: ports.RoundInput,
        capacity_minutes: int,
        rule: dict[str, JsonValue],
        options: tuple[Option, ...],
        number: int,
    ) -> RoundSpec:
        """Return the specification of a round that opens now. Raises ValidationError if it can't be one."""
        settings = registry.parse_settings(rule)
        capacity = capacity_minutes if wanted.capacity_minutes is None else wanted.capacity_minutes
        if len(options) == 1 or not (isinstance(settings, Fault) or registry.shares_capacity(settings)):
            capacity = max(capacity, *(option.minutes for option in options))
        now = self._clock.now()
        return RoundSpec(
            number=number,
            track=wanted.track,
            procedure=wanted.procedure,
            question=Question(options=options, capacity_minutes=capacity),
            rule=rule,
            roll=0,
            opens=now,
            closes=now + wanted.closes_in_ms,
            may_change=True,
            hide_running=wanted.hide_running,
            proxies_per_holder=wanted.proxies_per_holder,
        )

    async def _check_turn(self, wanted: ports.RoundInput) -> None:
        """Check that each proposal of a round is where such a round has its place. Raises Refused."""
        now = self._clock.now()
        for subject in wanted.subjects:
            found = await self._stages.before_round(subject, wanted.procedure, now)
            if found is not None:
                raise Refused("not-in-turn", stage=found)
