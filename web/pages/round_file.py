"""A certified round as a file: its question, members and ballots as `comitia tally` reads them, to count them again."""

from collections.abc import Mapping
from typing import Final

from aiohttp import web as aioweb

from consensus.ballots import ProxyBallot
from web.errors import NotFoundError
from web.i18n import Language
from web.pages.ballots import found_round
from web.pages.route import Route
from web.ports import MemberView, RoundView
from web.present import title_of
from web.respond import backend_of, visit_of

_ID: Final = "{round:[0-9a-f]{64}}"


async def ballots_file(request: aioweb.Request) -> aioweb.Response:
    """Answer with the ballots of a certified round in Comitia's own JSON."""
    found = await found_round(request)
    if found.outcome is None:
        raise NotFoundError
    value = round_file(visit_of(request).language, found, await backend_of(request).members())
    response = aioweb.json_response(value)
    response.headers["Content-Disposition"] = f'attachment; filename="round-{found.summary.number}.json"'
    return response


def round_file(language: Language, found: RoundView, members: tuple[MemberView, ...]) -> Mapping[str, object]:
    """Return a certified round's question, members and ballots. What could not be read stands as null."""
    ballots: dict[str, object] = {
        ballot.member: (ProxyBallot(holder=ballot.holder) if ballot.holder else ballot.content).model_dump(mode="json")
        for ballot in found.roll_call
    }
    return {
        "rule": found.spec.rule,
        "options": {option.id: option.minutes for option in found.spec.question.options},
        "capacity": found.spec.question.capacity_minutes,
        "electorate": {member.id: list(member.constituencies) for member in members},
        "ballots": ballots | dict.fromkeys(found.unreadable),
        "proxies_per_holder": found.spec.proxies_per_holder,
        "lot": found.lot or None,
        "names": {option.id: title_of(option.text, language).text for option in found.options},
    }


ROUTES: Final = (Route("GET", f"/rounds/{_ID}/ballots.json", ballots_file),)
