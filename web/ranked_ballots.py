"""Ranked ballots as they are typed: a place for each option, and the tiers that follow from the places."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from consensus.ballots import RankedBallot
from web.forms import Fields, RankedForm, Typed, blank
from web.ports import OptionView, RoundView
from web.present import ordered_options

_PLACE_MAX = 999

Numbered = tuple[int, OptionView]


def field_of(option: str) -> str:
    """Return the name of the field that holds an option's place."""
    return f"place-{option}"


def read_places(found: RoundView, fields: Fields) -> Typed[RankedForm]:
    """Return the places as typed and, if all are whole numbers, the tiers. Numbers that nobody uses leave no gap."""
    mandate = str(fields.get("mandate", ""))
    typed = {option.id: str(fields.get(field_of(option.id), "")).strip() for option in found.options}
    raw = {field_of(option): place for option, place in typed.items()} | {"mandate": mandate}
    wrong = [option for option, place in typed.items() if place and not _is_place(place)]
    if wrong:
        return Typed(raw, {}, None, {field_of(option): RankedForm.MESSAGES["places"] for option in wrong})
    return Typed(raw, {}, RankedForm(tiers=_tiers(typed), mandate=mandate))


def _tiers(places: Mapping[str, str]) -> tuple[tuple[str, ...], ...]:
    """Return the tiers that follow from the places of options, leaving out what is no place."""
    by_place: defaultdict[int, list[str]] = defaultdict(list)
    for option, place in places.items():
        if _is_place(place):
            by_place[int(place)].append(option)
    return tuple(tuple(sorted(by_place[place])) for place in sorted(by_place))


def places_of(ballot: RankedBallot) -> Typed[RankedForm]:
    """Return the form filled in with the places of a ballot that was cast."""
    raw = {field_of(option): str(place) for place, tier in enumerate(ballot.tiers, start=1) for option in tier}
    return Typed(raw, {}, RankedForm(tiers=ballot.tiers))


def no_places() -> Typed[RankedForm]:
    """Return the form of an abstention."""
    return Typed(blank().raw, {}, RankedForm(tiers=()))


def ranked_values(found: RoundView, typed: Typed[RankedForm]) -> Mapping[str, object]:
    """Return what the pages of a ranked ballot show: the options of each tier and those not ranked, numbered."""
    tiers = _tiers({option.id: typed.value(field_of(option.id)) for option in found.options})
    numbered = ordered_options(found.options)
    ranked = {option for tier in tiers for option in tier}
    return {
        "tiers": [_numbered(numbered, tier) for tier in tiers],
        "unranked": _numbered(numbered, (option for option in numbered if option not in ranked)),
    }


def _numbered(numbered: Mapping[str, Numbered], options: Iterable[str]) -> list[Numbered]:
    return sorted((numbered[option] for option in options if option in numbered), key=lambda pair: pair[0])


def _is_place(text: str) -> bool:
    return text.isdecimal() and len(text) <= 3 and 1 <= int(text) <= _PLACE_MAX
