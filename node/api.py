"""The federation's endpoints: what other nodes and outsiders ask a node for. Nothing here needs an account.

GET /federation/v1/sync               a WebSocket on which two nodes converse (protocol/SPEC.md, part 5)
GET /federation/v1/charter            the charter with its signatures
GET /federation/v1/register/{height}  the certificate of a record
GET /federation/v1/status             how far this node is, as JSON
GET /federation/v1/about              whose node this is, its version and its clock, as JSON
GET /federation/v1/log/…              the register as a log (node/log_api.py)
"""

from dataclasses import dataclass
from importlib import metadata

import orjson
from aiohttp import web as aioweb

from node.clock import Clock
from node.groups import Groups
from node.ledger import Ledger
from node.library import Library
from node.log_api import LogApi
from node.neighbours import ABOUT_PATH, About
from node.peers import SYNC_PATH, Peers
from node.register import Entry, Register
from node.register_log import RegisterLog
from node.rounds import Rounds
from node.teller import Teller
from protocol.charter import CharterFile
from protocol.envelope import reopen_verified
from protocol.ids import MemberId
from protocol.register import AgendaRecord
from protocol.roll import KeyRing
from web.explorer_views import GroupView

_GROUPS_SHOWN = 100
_TOPICS_SHOWN = 300


@dataclass(frozen=True, slots=True)
class FederationApi:
    """The endpoints of one node."""

    file: CharterFile
    me: MemberId
    ring: KeyRing
    ledger: Ledger
    register: Register
    peers: Peers
    teller: Teller
    rounds: Rounds
    groups: Groups
    library: Library
    clock: Clock
    log: RegisterLog

    def add_routes(self, app: aioweb.Application) -> None:
        """Add the endpoints to an application."""
        app.router.add_get(SYNC_PATH, self.peers.accept)
        app.router.add_get("/federation/v1/charter", self.charter)
        app.router.add_get(r"/federation/v1/register/{height:\d{1,9}}", self.record)
        app.router.add_get("/federation/v1/status", self.status)
        app.router.add_get(ABOUT_PATH, self.about)
        LogApi(self.log).add_routes(app)

    async def charter(self, request: aioweb.Request) -> aioweb.Response:
        """Return the charter."""
        del request
        return aioweb.Response(body=self.file.to_bytes(), content_type="application/json")

    async def record(self, request: aioweb.Request) -> aioweb.Response:
        """Return the certificate at a height."""
        entry = await self.register.at(int(request.match_info["height"]))
        if entry is None:
            return aioweb.Response(status=404, text="there is no record at this height yet\n")
        return aioweb.Response(body=entry.data, content_type="application/json")

    async def status(self, request: aioweb.Request) -> aioweb.Response:
        """Return how far this node is."""
        del request
        value = {
            "agenda": await self._agenda(),
            "digest": self.ledger.frontier.digest,
            "events": self.ledger.position,
            "federation": self.ledger.federation,
            "grouped": len(self.groups.of_proposal),
            "left_out_of_groups": len(self.groups.left_out),
            "groups": [_group(group) for group in self.groups.latest[:_GROUPS_SHOWN]],
            "halted": self.teller.halted,
            "head": self.register.head,
            "height": self.register.height,
            "member": self.me,
            "peers": sorted({str(p.member) for p in self.peers.states if p.is_connected and p.member}),
            "requests": sorted(str(record.body.request) for record in self.teller.opened.values()),
            "rounds": [await self._round(round_id) for round_id in self.teller.opened],
            "topics": [
                {"id": topic.id, "title": topic.text.title, "track": topic.track}
                for topic in (await self.library.topics())[:_TOPICS_SHOWN]
            ],
            "version": metadata.version("comitia"),
        }
        return aioweb.Response(body=orjson.dumps(value), content_type="application/json")

    async def about(self, request: aioweb.Request) -> aioweb.Response:
        """Return whose node this is, its version and its clock: what another asks once a minute."""
        del request
        value = About(
            federation=self.ledger.federation,
            member=self.me,
            version=metadata.version("comitia"),
            now=self.clock.now(),
            height=self.register.height,
        )
        return aioweb.Response(body=value.model_dump_json().encode(), content_type="application/json")

    async def _round(self, round_id: str) -> dict[str, object]:
        record = self.teller.opened[round_id]  # type: ignore[index]
        found: dict[str, object] = {
            "id": round_id,
            "number": record.body.spec.number,
            "request": record.body.request,
            "track": record.body.spec.track,
            "rule": record.body.spec.rule.get("rule"),
            "state": self.rounds.state(round_id, record),  # type: ignore[arg-type]
            "opens": record.body.spec.opens,
            "closes": record.body.spec.closes,
        }
        for entry in await self.register.about(round_id):
            closing = self.teller.closings[entry.height]
            counted = await self.rounds.counted(closing.round)
            found |= {
                "ballots": closing.body.count,
                "counted": None if counted is None else len(counted.ballots),
                "outcome": closing.body.outcome,
                "result": closing.body.result,
                **self._certificate(entry),
            }
        return found

    async def _agenda(self) -> dict[str, object] | None:
        entries = await self.register.of_kind("agenda")
        if not entries or not isinstance(entries[-1].record, AgendaRecord):
            return None
        body = entries[-1].record.body
        return {
            "id": entries[-1].id,
            "document": body.document,
            "version": body.version,
            **self._certificate(entries[-1]),
        }

    def _certificate(self, entry: Entry) -> dict[str, object]:
        signers = sorted(self.ring.teller_keys[vote.key] for vote in entry.certificate.votes)
        certified = max(reopen_verified(vote).event.time for vote in entry.certificate.votes)
        return {"height": entry.height, "record": entry.id, "signers": signers, "certified": certified}


def _group(group: GroupView) -> dict[str, object]:
    label = group.label.get("en") or next(iter(group.label.values()), "")
    return {"id": group.id, "label": label, "goals": list(group.goals), "proposals": len(group.proposals)}
