"""What the interface keeps between requests."""

from collections.abc import Iterable
from functools import cached_property
from importlib import metadata
from typing import Any

from web.api.endpoint import ROOT, Endpoint
from web.api.kept import Kept
from web.api.lists import Lists
from web.api.openapi import describe
from web.api.rates import Rates
from web.i18n import Language
from web.ports import Backend
from web.settings import WebSettings


class Api:
    """The interface of one application."""

    def __init__(
        self, endpoints: Iterable[Endpoint], backend: Backend, settings: WebSettings, english: Language
    ) -> None:
        self.endpoints = tuple(endpoints)
        self.by_route = {(each.method, ROOT + each.path): each for each in self.endpoints}
        self.allowed = {path: self._methods(path) for _, path in self.by_route}
        """The methods that each route's path is meant for."""
        self.backend = backend
        self.lists = Lists(backend)
        self.kept = Kept()
        self.by_address = Rates(settings.api_points_per_minute)
        self.by_token = Rates(settings.api_points_per_minute_of_token)
        self.english = english
        self._base_url = settings.base_url

    def _methods(self, path: str) -> frozenset[str]:
        methods = {method for method, known in self.by_route if known == path}
        return frozenset(methods | ({"HEAD"} if "GET" in methods else set()) | {"OPTIONS"})

    @cached_property
    def description(self) -> dict[str, Any]:
        """The description of the interface, made when it is first asked for."""
        return describe(self.endpoints, self._base_url, metadata.version("comitia"))

    def find(self, method: str, path: str) -> Endpoint | None:
        """Return what is meant by a method at a route's path."""
        return self.by_route.get((method, path))
