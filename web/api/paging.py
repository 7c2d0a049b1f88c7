"""Lists in parts: cursors that say after which item the next part begins, so that nothing new moves it.

A cursor carries a check over the list and its filter, so that one of another list is refused and not misread. It is no
secret: it says nothing that the list doesn't show.
"""

import base64
import binascii
import hashlib
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

import orjson

from web.api.models.asked import Asked, Paged
from web.api.problems import Place, Problem

Anchor = tuple[str | int, ...]
T = TypeVar("T")
_CHECK_BYTES: Final = 8
_PARTS_MAX = 100_000


def scope_of(name: str, asked: Asked) -> str:
    """Return what a cursor belongs to: a list and its filter."""
    wanted = asked.model_dump(mode="json", exclude={"cursor", "per_page"}, exclude_none=True)
    return name + orjson.dumps(wanted, option=orjson.OPT_SORT_KEYS).decode()


def cursor_after(scope: str, anchor: Anchor) -> str:
    """Return the cursor of what follows an item."""
    told = orjson.dumps(anchor)
    return base64.urlsafe_b64encode(_check(scope, told) + told).decode().rstrip("=")


def anchor_in(scope: str, cursor: str | None) -> Anchor | None:
    """Return the item after which a part begins, or None for the first part. Raises Problem."""
    if cursor is None:
        return None
    try:
        data = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise bad_cursor() from error
    check, told = data[:_CHECK_BYTES], data[_CHECK_BYTES:]
    if check != _check(scope, told):
        raise bad_cursor()
    try:
        anchor = orjson.loads(told)
    except orjson.JSONDecodeError as error:
        raise bad_cursor() from error
    if not isinstance(anchor, list) or not all(type(part) in (str, int) for part in anchor):
        raise bad_cursor()
    return tuple(anchor)


def number_in(name: str, asked: Asked) -> int:
    """Return the number of the part that is asked for, where parts follow one another by number. Raises Problem."""
    anchor = anchor_in(scope_of(name, asked), getattr(asked, "cursor", None))
    number = 1 if anchor is None else anchor[0] if len(anchor) == 1 else 0
    if not isinstance(number, int) or not 1 <= number <= _PARTS_MAX:
        raise bad_cursor()
    return number


def number_after(name: str, asked: Asked, number: int, parts: int) -> str | None:
    """Return the cursor of the part after the one with a number, or None after the last."""
    return cursor_after(scope_of(name, asked), (number + 1,)) if number < parts else None


def part_of(items: Sequence[T], key: Callable[[T], Anchor], name: str, asked: Paged) -> tuple[Sequence[T], str | None]:
    """Return one part of a list in the order of its keys, and the cursor of the next part. Raises Problem."""
    scope = scope_of(name, asked)
    anchor = anchor_in(scope, asked.cursor)
    ordered = sorted(items, key=key)
    if anchor is not None:
        if ordered and list(map(type, anchor)) != list(map(type, key(ordered[0]))):
            raise bad_cursor()
        ordered = [item for item in ordered if key(item) > anchor]
    shown = ordered[: asked.per_page]
    has_more = len(ordered) > len(shown)
    return shown, cursor_after(scope, key(shown[-1])) if has_more else None


def bad_cursor() -> Problem:
    """Return what is said of a cursor that isn't one of this list."""
    return Problem("bad-cursor", places=[Place(where="query", at="cursor", detail="not a cursor of this list")])


def _check(scope: str, told: bytes) -> bytes:
    return hashlib.sha256(b"comitia cursor 1\0" + scope.encode() + b"\0" + told).digest()[:_CHECK_BYTES]
