"""Forms whose text is kept while one types: what such a form carries, and how it is filled in from its draft."""

import re
import secrets
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web as aioweb

from web.drafts_port import Draft, Pairs
from web.forms import Fields, Form, Typed
from web.once import ONCE
from web.respond import backend_of, visit_of

FORM_ADDRESS: Final = re.compile(r"/[a-z0-9-][a-z0-9/-]{0,160}(\?[a-z0-9=&-]{1,2400})?(#[a-z0-9-]{1,40})?")
_OURS: Final = frozenset({"csrf", "once", "draft_form", "draft_version", "draft_tab", "action", "mandate"})
"""Fields that are no part of what somebody typed."""


@dataclass(frozen=True, slots=True)
class DraftBox:
    """What a form with a draft carries, and whether it was filled in from one."""

    form: str
    version: int
    once: str
    tab: str
    saved: int | None
    """When the draft was saved that the form is filled in from, or None if it isn't."""
    owner: str
    """The account, so that a browser that several people use mixes nothing up."""


def draft_box(request: aioweb.Request, form: str, fields: Fields | None = None) -> DraftBox:
    """Return what a form carries that was sent and is shown again, or that starts empty.

    The key that it is sent with once stays the same as long as it has not been taken.
    """
    account = visit_of(request).account
    sent = {} if fields is None else {name: fields.get(name, "") for name in ("once", "draft_version", "draft_tab")}
    once, version, tab = (sent.get(name, "") for name in ("once", "draft_version", "draft_tab"))
    return DraftBox(
        form=form,
        version=int(version) if version.isascii() and version.isdecimal() and len(version) < 10 else 0,
        once=once if ONCE.fullmatch(once) else secrets.token_urlsafe(18),
        tab=tab if ONCE.fullmatch(tab) else secrets.token_urlsafe(18),
        saved=None,
        owner="" if account is None else account.id,
    )


async def restored(
    request: aioweb.Request, form: str, model: type[Form], blank: Typed[Any]
) -> tuple[Typed[Any], DraftBox]:
    """Return a form filled in from its draft if there is one, and what it carries."""
    account = visit_of(request).account
    box = draft_box(request, form)
    draft = None if account is None else await backend_of(request).drafts.find(account, form)
    if draft is None:
        return blank, box
    once = draft.once if ONCE.fullmatch(draft.once) else box.once
    return filled_in(model, blank, draft), DraftBox(form, draft.version, once, box.tab, draft.saved, box.owner)


def sent_form(fields: Fields, default: str) -> str:
    """Return the address that a form which was sent says it stands on, or a default."""
    form = fields.get("draft_form", "")
    return form if FORM_ADDRESS.fullmatch(form) else default


def filled_in(model: type[Form], blank: Typed[Any], draft: Draft) -> Typed[Any]:
    """Return a form with a draft's fields in the place of what it starts from."""
    names = {name for name, _ in draft.fields}
    raw = {name: value for name, value in draft.fields if name in model.model_fields and name not in model.MANY}
    many = {name: tuple(value for other, value in draft.fields if other == name) for name in model.MANY & names}
    return Typed({**blank.raw, **raw}, {**blank.many, **many}, None)


def typed_pairs(fields: Fields) -> Pairs:
    """Return what somebody typed into a form, in order, without what the form itself carries."""
    return tuple((name, value.replace("\r\n", "\n")) for name, value in fields.items() if name not in _OURS)
