"""Proxies: who votes for whom, resolved in one place before any rule counts.

A proxy is a member's ballot like any other, so its last one counts, and voting oneself revokes it. It counts as one
more vote with its holder's content. Of the proxies over a holder's cap those are left out whose members come last by
id: ids stand on the roll before a round opens, so anyone can tell at any time which ones count, while an author's
clock can be set at will and the order of arrival differs from node to node.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from consensus.ballots import ProxyBallot, ballot_fault
from consensus.outcome import Outcome, Reason, Uncounted, reason
from consensus.rules.counting import Ballots, Electorate, in_order
from consensus.rules.threshold_reasons import left_out_reasons


@dataclass(frozen=True, slots=True)
class Resolution:
    """The ballots that a rule counts, and what became of the proxies among those that were sent."""

    ballots: Ballots
    """No proxy is among them: who is voted for by proxy has its holder's ballot; who withdrew has none."""
    holders: Mapping[str, str]
    """Each member that another votes for, and which one."""
    uncounted: Mapping[str, str]
    """Each entitled member whose proxy doesn't count, and the code of the reason."""


def resolve(
    ballots: Ballots, electorate: Electorate, form: str, option_ids: frozenset[str], per_holder: int
) -> Resolution:
    """Return the ballots of a round with its proxies resolved.

    form and option_ids are what a ballot has to answer; per_holder is for how many others a member may vote.
    """
    proxies = {member: ballot for member, ballot in ballots.items() if isinstance(ballot, ProxyBallot)}
    if not proxies:
        return Resolution(ballots, {}, {})
    real = {member: ballot for member, ballot in ballots.items() if member not in proxies}
    given = {member: proxy.holder for member, proxy in proxies.items() if proxy.holder is not None}
    strangers = {member: proxies[member] for member in given.keys() - electorate.keys()}
    asked = frozenset(given.values()) & real.keys()
    usable = frozenset(member for member in asked if ballot_fault(real[member], form, option_ids) is None)
    entitled = sorted(given.keys() & electorate.keys())
    faults = {
        member: _fault(member, given, electorate, usable) if per_holder else "proxy_not_allowed" for member in entitled
    }
    holders, over_cap = _within_cap({member: given[member] for member in entitled if not faults[member]}, per_holder)
    uncounted = {member: code for member, code in faults.items() if code} | dict.fromkeys(over_cap, "proxy_over_cap")
    followed = {member: real[holder] for member, holder in holders.items()}
    return Resolution({**real, **strangers, **followed}, holders, uncounted)


def _fault(member: str, given: Mapping[str, str], electorate: Electorate, usable: frozenset[str]) -> str:
    """Return why an entitled member's proxy can't count, however many others its holder has, or nothing."""
    holder = given[member]
    if holder == member:
        return "proxy_to_itself"
    if holder not in electorate:
        return "proxy_to_stranger"
    if holder in given:
        return "proxy_chain"
    return "" if holder in usable else "proxy_without_ballot"


def _within_cap(holders: Mapping[str, str], per_holder: int) -> tuple[dict[str, str], list[str]]:
    """Return the proxies that each holder may hold, in the order given, and the members of those over the cap."""
    kept: dict[str, str] = {}
    over_cap = []
    held = Counter[str]()
    for member, holder in holders.items():
        if held[holder] < per_holder:
            held[holder] += 1
            kept[member] = holder
        else:
            over_cap.append(member)
    return kept, over_cap


def with_proxies(outcome: Outcome, resolution: Resolution) -> Outcome:
    """Return an outcome of resolved ballots that says what became of the proxies."""
    if not resolution.holders and not resolution.uncounted:
        return outcome
    left_out = in_order(Counter(resolution.uncounted.values()))
    uncounted = sorted((*outcome.uncounted, *left_out), key=lambda entry: entry.code)
    return outcome.model_copy(
        update={
            "uncounted": tuple(uncounted),
            "proxies": len(resolution.holders),
            "reasons": _with_reasons(outcome.reasons, len(resolution.holders), left_out),
        }
    )


def _with_reasons(reasons: tuple[Reason, ...], by_proxy: int, left_out: tuple[Uncounted, ...]) -> tuple[Reason, ...]:
    """Return reasons with what there is to say about proxies behind what was counted."""
    said = [reason("by_proxy", count=by_proxy)] if by_proxy else []
    said += left_out_reasons(left_out)
    counted = [place for place, step in enumerate(reasons, start=1) if step.code.startswith("counted_")]
    place = counted[0] if counted else len(reasons)
    return (*reasons[:place], *said, *reasons[place:])
