"""What goes wrong, as problem details (RFC 9457), each with a stable code. Every refusal of the node has its own.

The type is `urn:comitia:problem:` and the code. Words are English: they are for logs and for whoever writes a client.
"""

from collections.abc import Mapping, Sequence
from typing import Final, Literal, NamedTuple

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from web.api.models.basis import Answer
from web.i18n import Language
from web.marking import N_
from web.ports import Refused
from web.refusals import REFUSAL_CODES, refusal_status, refusal_words

TYPE: Final = "urn:comitia:problem:"
CONTENT_TYPE: Final = "application/problem+json"
_PLACES_MAX = 20
_SHOWN_CHARACTERS_MAX = 200


class Kind(NamedTuple):
    """One kind of problem of the interface itself."""

    status: int
    title: str
    remedy: str


OWN: Final[Mapping[str, Kind]] = {
    "unreadable": Kind(400, N_("The request cannot be read."), "Send one JSON object in UTF-8."),
    "invalid-request": Kind(
        400, N_("The request does not fit the description."), "Correct what stands under places."
    ),
    "bad-cursor": Kind(422, N_("The cursor belongs to another list."), "Begin the list anew without a cursor."),
    "token-missing": Kind(401, N_("This takes a token."), "Send Authorization: Bearer with a token."),
    "token-unknown": Kind(
        401, N_("The token is unknown, revoked or expired."), "Make a new one on the page of your account."
    ),
    "scope-missing": Kind(403, N_("The token lacks the scope for this."), "Make a token that has it."),
    "role-lost": Kind(
        403, N_("The account no longer has the role for this."), "Ask the head of your delegation."
    ),
    "not-found": Kind(
        404, N_("There is nothing under this address, or nothing yet."), "Check the address; try again later."
    ),
    "method-not-allowed": Kind(
        405, N_("The address is not meant for this method."), "Use a method that the header Allow names."
    ),
    "not-acceptable": Kind(406, N_("There is JSON here and nothing else."), "Accept application/json."),
    "key-in-use": Kind(
        409,
        N_("A request with this key is under way or was cut off."),
        "Wait a moment. If this stays, look whether the event is there before you use another key.",
    ),
    "too-large": Kind(413, N_("The body is too large."), "Send less than 256 kB."),
    "content-type": Kind(415, N_("The body is not declared as JSON."), "Send Content-Type: application/json."),
    "key-reused": Kind(
        422, N_("The key was used for another request."), "Use a new key for every new request."
    ),
    "not-fitting": Kind(
        422, N_("The parts of the request do not fit together."), "Correct what stands under places."
    ),
    "text-too-short": Kind(422, N_("The text is too short to suggest anything."), "Send 40 bytes or more."),
    "too-many-requests": Kind(
        429, N_("There have been too many requests."), "Wait as many seconds as Retry-After says."
    ),
    "fault": Kind(500, N_("The node met a fault of its own."), "Tell the operator of the node; its log says why."),
    "topics-unavailable": Kind(503, N_("The topics module is not there now."), "Try again later."),
}  # fmt: skip
CODES: Final = frozenset(OWN) | REFUSAL_CODES


class Place(Answer):
    """One place in a request that is wrong."""

    where: Literal["path", "query", "header", "body"]
    """In which part of the request."""
    at: str
    """Name of the parameter or header; in a body, the place as a JSON pointer (RFC 6901)."""
    detail: str
    """What is wrong there."""


class ProblemDetails(Answer):
    """Something went wrong (RFC 9457). Nothing was changed, unless the detail says otherwise."""

    type: str
    """`urn:comitia:problem:` and the code."""
    title: str
    """What kind of problem it is, in English."""
    status: int
    """The status of the answer."""
    detail: str
    """What happened."""
    code: str
    """The stable code of the problem."""
    remedy: str
    """What to do."""
    places: tuple[Place, ...]
    """Where the request is wrong, if that is known; twenty at most."""
    parameters: dict[str, str | int]
    """What the detail names, for machines."""


class Problem(Exception):
    """A request can't be answered as it was meant."""

    def __init__(
        self,
        code: str,
        *,
        places: Sequence[Place] = (),
        headers: Mapping[str, str] | None = None,
        detail: str = "",
    ) -> None:
        super().__init__(code)
        kind = OWN[code]
        self.headers = dict(headers or {})
        self.details = ProblemDetails(
            type=TYPE + code,
            title=kind.title,
            status=kind.status,
            detail=detail or kind.title,
            code=code,
            remedy=kind.remedy,
            places=tuple(places[:_PLACES_MAX]),
            parameters={},
        )


def of_refusal(refused: Refused, english: Language) -> ProblemDetails:
    """Return the problem that a refusal of the node is."""
    words = refusal_words(english, refused)
    return ProblemDetails(
        type=TYPE + refused.code,
        title=words.title,
        status=refusal_status(refused),
        detail=words.happened,
        code=refused.code,
        remedy=words.remedy,
        places=(),
        parameters=refused.parameters,
    )


def places_of(error: ValidationError, where: Literal["query", "body"], path: frozenset[str]) -> list[Place]:
    """Return where a request is wrong. path holds the parameters that stand in the address's path."""
    found = error.errors(include_url=False, include_input=False, include_context=False)
    return [_place(each, where, path) for each in found[:_PLACES_MAX]]


def _place(fault: ErrorDetails, where: Literal["query", "body"], path: frozenset[str]) -> Place:
    parts = [str(part) for part in fault["loc"]]
    detail = fault["msg"][:_SHOWN_CHARACTERS_MAX]
    if where == "body":
        pointer = "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in parts)
        return Place(where="body", at=pointer[:_SHOWN_CHARACTERS_MAX], detail=detail)
    name = parts[0] if parts else ""
    return Place(where="path" if name in path else "query", at=name[:_SHOWN_CHARACTERS_MAX], detail=detail)


def is_about_sense(error: ValidationError) -> bool:
    """Whether all that is wrong are rules between the parts, which no schema can say."""
    kinds = [each["type"] for each in error.errors(include_url=False, include_input=False, include_context=False)]
    return all(kind == "value_error" or kind.startswith("at:") for kind in kinds)
