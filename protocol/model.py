"""The frozen, strict model that every signed structure derives from, and the field types they share."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from protocol import limits


class Frozen(BaseModel):
    """Strict, immutable, without unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Described(Frozen):
    """Frozen, and what stands below its fields describes them to outsiders, in the interface's description."""

    model_config = ConfigDict(use_attribute_docstrings=True)


Natural = Annotated[int, Field(ge=0, le=limits.SAFE_INTEGER_MAX)]
Positive = Annotated[int, Field(ge=1, le=limits.SAFE_INTEGER_MAX)]
Milliseconds = Annotated[int, Field(ge=0, le=limits.SAFE_INTEGER_MAX)]
"""A point in time since 1970-01-01 UTC, or a duration, in milliseconds."""
ShortText = Annotated[str, Field(min_length=1, max_length=limits.NAME_CHARACTERS_MAX)]
Goal = Annotated[int, Field(ge=1, le=limits.GOALS_MAX)]
VersionOne = Annotated[int, Field(ge=1, le=1)]
"""The number 1. Not a Literal, which would take true for it."""
