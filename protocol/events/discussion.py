"""What people say about texts: comments in threads, and translations by people. Neither changes what is decided."""

from typing import Annotated, Self

from pydantic import AfterValidator, model_validator

from protocol import limits
from protocol.events.consultation import TextRef
from protocol.ids import EventIdField, TextHashField
from protocol.model import Frozen


def _short(ref: TextRef) -> TextRef:
    if ref.size > limits.COMMENT_BYTES_MAX:
        raise ValueError(f"a comment has at most {limits.COMMENT_BYTES_MAX} bytes")
    return ref


class Comment(Frozen):
    """A member says something about a proposal, or about what was said of it."""

    subject: EventIdField
    """The proposal."""
    reply_to: EventIdField | None
    """The comment that this one answers; none if it begins a thread."""
    text: Annotated[TextRef, AfterValidator(_short)]


class Translation(Frozen):
    """A member's translation of a text that another event brought along, whoever wrote it."""

    of: TextHashField
    subject: EventIdField
    """An event that brings the text along, so that readers find where it belongs; it decides nothing."""
    text: TextRef

    @model_validator(mode="after")
    def _is_another_text(self) -> Self:
        if self.text.sha256 == self.of:
            raise ValueError("a translation is another text")
        return self
