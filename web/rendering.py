"""Templates: one environment per language, compiled once, so that rendering costs little more than the template.

Autoescaping is on everywhere and nothing that people wrote is ever marked safe.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from web import charts, cluster_map, goals, present, treemap
from web.constituencies import constituency_name, short_name
from web.course_words import OFFERS, act_name, procedure_name, stage_name, void_words
from web.diffs import differences
from web.i18n import Language, Languages, autonym, direction

Filters = Mapping[str, Callable[..., Any]]


class Templates:
    """Every template in every language."""

    def __init__(self, languages: Languages, static_url: Callable[[str], str], filters: Filters | None = None) -> None:
        self._environments = {
            code: _environment(language, static_url, filters or {})
            for code in languages.codes
            if (language := languages.find(code))
        }

    def render(self, language: Language, name: str, values: Mapping[str, object]) -> str:
        """Return a template filled in."""
        return self._environments[language.code].get_template(name).render(values)


def _environment(language: Language, static_url: Callable[[str], str], filters: Filters) -> Environment:
    environment = Environment(
        loader=PackageLoader("web", "templates"),
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=-1,
    )
    environment.install_gettext_translations(language, newstyle=True)  # type: ignore[attr-defined]
    environment.filters.update(_filters(language), **filters)
    environment.globals.update(
        static_url=static_url,
        charts=charts,
        cluster_map=cluster_map.cluster_map,
        treemap=treemap.treemap,
        differences=differences,
        OFFERS=OFFERS,
        stage_name=partial(stage_name, language),
        act_name=partial(act_name, language),
        procedure_name=partial(procedure_name, language),
        void_words=partial(void_words, language),
        GOALS=goals.GOALS,
        GOAL_COLOURS=goals.COLOURS,
        language=language,
        lang=language.code,
        direction=direction,
        autonym=autonym,
        is_rtl=language.dir == "rtl",
        zip=zip,
        min=min,
        max=max,
        len=len,
    )
    return environment


def _filters(language: Language) -> dict[str, Callable[..., Any]]:
    return {
        "number": language.number,
        "percent": language.percent,
        "date": language.date,
        "short_date": language.short_date,
        "clock": language.clock,
        "moment": language.moment,
        "duration": language.duration,
        "relative": language.relative,
        "listed": language.listed,
        "pick": language.pick,
        "language_name": language.language_name,
        "country_name": language.country_name,
        "constituency": partial(constituency_name, language),
        "constituency_short": partial(short_name, language),
        "goal_name": partial(_goal_name, language),
        "paragraphs": present.paragraphs,
        "shortened": present.shortened,
        "iso": present.iso,
        "log_time": present.log_time,
    }


def _goal_name(language: Language, goal: int) -> str:
    return language.gettext(goals.NAMES[goal])
