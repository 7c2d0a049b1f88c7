"""Every resource of the interface, in the order in which it is described."""

from typing import Final

from web.api.endpoint import Endpoint
from web.api.handlers import agendas, comments, explorer, federation, proposals, rounds

ENDPOINTS: Final[tuple[Endpoint, ...]] = (
    *federation.ENDPOINTS,
    *agendas.ENDPOINTS,
    *proposals.ENDPOINTS,
    *comments.ENDPOINTS,
    *rounds.ENDPOINTS,
    *explorer.ENDPOINTS,
)
