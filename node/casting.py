"""Why a ballot can't be cast: what a node refuses its own member before anything is signed. Nothing here casts."""

from consensus.ballots import Ballot, ChoiceBallot, Fault, ProxyBallot
from consensus.rules import registry
from consensus.rulings import Rulings, question_of
from protocol.events.rounds import RoundSpec
from protocol.ids import MemberId
from web.ports import Refused


def check_ballot(rulings: Rulings, spec: RoundSpec, member: MemberId, content: Ballot, *, has_ballot: bool) -> None:
    """Raise Refused if a member's ballot could not count in a round. has_ballot is whether it has cast one before."""
    if not rulings.is_entitled(spec, member):
        raise Refused("not-entitled")
    if isinstance(content, ProxyBallot):
        _check_proxy(rulings, spec, member, content, has_ballot=has_ballot)
    else:
        _check_answer(spec, content)


def _check_proxy(rulings: Rulings, spec: RoundSpec, member: MemberId, proxy: ProxyBallot, *, has_ballot: bool) -> None:
    if spec.proxies_per_holder == 0:
        raise Refused("no-proxies")
    if proxy.holder is None:
        if not has_ballot:
            raise Refused("nothing-to-withdraw")
    elif proxy.holder == member:
        raise Refused("proxy-to-itself")
    elif not rulings.is_entitled(spec, MemberId(proxy.holder)):
        raise Refused("proxy-to-stranger")


def _check_answer(spec: RoundSpec, content: Ballot) -> None:
    settings = registry.parse_settings(spec.rule)
    if isinstance(settings, Fault):
        raise Refused("rule-impossible", detail=settings.detail)
    question = question_of(spec.question)
    fault = question if isinstance(question, Fault) else registry.answers_wrongly(question, settings, content)
    if fault is not None:
        raise Refused("unknown-option" if fault.code == "unknown_option" else "wrong-form")
    is_against = isinstance(content, ChoiceBallot) and content.choice == "no" and not content.has_reason
    if is_against and registry.needs_reasons(settings):
        raise Refused("reason-missing")
