"""Names of the constituencies that charters commonly declare. Others are shown by their id."""

from collections.abc import Iterable
from typing import Final

from web.i18n import Language
from web.marking import N_

REGIONS: Final = {
    "africa": N_("Africa"),
    "arab-states": N_("Arab States"),
    "asia-pacific": N_("Asia and the Pacific"),
    "europe-north-america": N_("Europe and North America"),
    "latin-america-caribbean": N_("Latin America and the Caribbean"),
}
_SHORT: Final = {
    "asia-pacific": N_("Asia–Pacific"),
    "europe-north-america": N_("Europe–N. America"),
    "latin-america-caribbean": N_("Latin America"),
}
_OTHERS: Final = {
    "low": N_("Low income"),
    "lower-middle": N_("Lower middle income"),
    "upper-middle": N_("Upper middle income"),
    "high": N_("High income"),
    "academy": N_("Academies"),
    "agency": N_("Agencies"),
    "standards-body": N_("Standards bodies"),
    "firm": N_("Firms"),
    "university": N_("Universities"),
    "society": N_("Learned societies"),
}
_PREFIXES: Final = ("region-", "income-", "kind-", "type-")


def constituency_name(language: Language, constituency: str) -> str:
    """Return the name of a constituency in a reader's language, or its id in words if it isn't a common one."""
    key = _key(constituency)
    known = REGIONS.get(key) or _OTHERS.get(key)
    if known:
        return language.gettext(known)
    words = key.replace("-", " ")
    return words[:1].upper() + words[1:]


def short_name(language: Language, constituency: str) -> str:
    """Return the name of a constituency as it stands beside a bar."""
    short = _SHORT.get(_key(constituency))
    return language.gettext(short) if short else constituency_name(language, constituency)


def shown(constituencies: Iterable[str]) -> tuple[str, ...]:
    """Return the constituencies that stand in a short row of bars: the regions, or all where a charter has none."""
    every = ordered(constituencies)
    return tuple(name for name in every if _key(name) in REGIONS) or every


def ordered(constituencies: Iterable[str]) -> tuple[str, ...]:
    """Return constituencies with the regions first, in one order everywhere."""
    order = [*REGIONS, *_OTHERS]
    places = {key: place for place, key in enumerate(order)}
    return tuple(sorted(constituencies, key=lambda name: (places.get(_key(name), len(order)), name)))


def _key(constituency: str) -> str:
    for prefix in _PREFIXES:
        if constituency.startswith(prefix):
            return constituency.removeprefix(prefix)
    return constituency
