"""What the worker accepts and answers, as pydantic models: every size has its limit here."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from topics.embed import DIMENSIONS, Vector
from topics.text import MAX_TEXT_CHARS

MAX_ITEMS = 20_000
MAX_LINE_BYTES = 128_000_000
MAX_GROUPS = 20_000

Goal = Annotated[int, Field(ge=1, le=17)]
Probability = Annotated[float, Field(ge=0.0, le=1.0, allow_inf_nan=False)]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Tag = Annotated[str, Field(max_length=35, pattern=r"^([A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8})*)?$")]
Text = Annotated[str, Field(max_length=MAX_TEXT_CHARS)]
GroupName = Annotated[str, Field(max_length=8, pattern=r"^[A-Z][0-9]{0,6}$")]
Whole = Annotated[int, Field(ge=-127, le=127)]


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class VectorField(_Message):
    """A stored vector with the hash of its encoder."""

    model: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    values: Annotated[list[Whole], Field(min_length=DIMENSIONS, max_length=DIMENSIONS)]

    def vector(self) -> Vector:
        """Return the value that the encoder compares."""
        return Vector(self.model, tuple(self.values))


class TextItem(_Message):
    """A text to classify or group; `goals` are those that people confirmed, and override.

    `time` says when it came about, in milliseconds: what `arrange` goes by.
    """

    id: Name
    text: Text = ""
    lang: Tag = ""
    vector: VectorField | None = None
    goals: Annotated[list[Goal], Field(max_length=17)] = []
    time: Annotated[int, Field(ge=0, le=2**53)] = 0


class Hello(_Message):
    """Asks for the versions and loads everything, so that the next answer is quick."""

    id: Name
    op: Literal["hello"]


class Classify(_Message):
    """Asks for a suggestion per item; `reader` is the language for the official words in the reasons."""

    id: Name
    op: Literal["classify"]
    items: Annotated[list[TextItem], Field(max_length=MAX_ITEMS)]
    reader: Tag = ""


class MakeGroups(_Message):
    """Asks for the groups of all items."""

    id: Name
    op: Literal["group"]
    items: Annotated[list[TextItem], Field(max_length=MAX_ITEMS)]


class GroupField(_Message):
    """A group as `group` answered it, as far as placing one more item needs it."""

    centre: VectorField
    tightness: Probability
    profile: Annotated[list[Probability], Field(min_length=17, max_length=17)]


class Place(_Message):
    """Asks which of the groups one more item belongs to."""

    id: Name
    op: Literal["place"]
    item: TextItem
    groups: Annotated[list[GroupField], Field(max_length=MAX_GROUPS)]


class Remember(_Message):
    """Adds items to the worker's index for `similar` and to its groups, replacing those with the same id."""

    id: Name
    op: Literal["remember"]
    items: Annotated[list[TextItem], Field(max_length=MAX_ITEMS)]


class StoodField(_Message):
    """A group that stood before the worker was started: its name, its members and its place on the map."""

    name: GroupName
    members: Annotated[list[Name], Field(max_length=MAX_ITEMS)]
    place: Annotated[list[Probability], Field(min_length=2, max_length=2)]


class Arrange(_Message):
    """Asks for what changed in the groups of all that is remembered; `stood` are those before, once after a start."""

    id: Name
    op: Literal["arrange"]
    stood: Annotated[list[StoodField], Field(max_length=MAX_GROUPS)] = []


class Forget(_Message):
    """Takes ids out of the worker's index."""

    id: Name
    op: Literal["forget"]
    ids: Annotated[list[Name], Field(max_length=MAX_ITEMS)]


class Shelve(_Message):
    """Changes what `search` looks among besides the index: what isn't a text of its own, such as topics.

    The ids in `gone` are taken off the shelf, then the items put on it.
    """

    id: Name
    op: Literal["shelve"]
    items: Annotated[list[TextItem], Field(max_length=MAX_ITEMS)] = []
    gone: Annotated[list[Name], Field(max_length=MAX_ITEMS)] = []


class Search(_Message):
    """Asks for what is nearest in meaning to a few words, among the index and the shelf."""

    id: Name
    op: Literal["search"]
    text: Text
    most: Annotated[int, Field(ge=1, le=1_000)] = 100


class Terms(_Message):
    """Asks for the telling words and pairs of words of each item."""

    id: Name
    op: Literal["terms"]
    items: Annotated[list[TextItem], Field(max_length=MAX_ITEMS)]


class Similar(_Message):
    """Asks for the nearest to a text, among the items given or else in the worker's index."""

    id: Name
    op: Literal["similar"]
    text: Text = ""
    vector: VectorField | None = None
    items: Annotated[list[TextItem], Field(max_length=MAX_ITEMS)] | None = None
    most: Annotated[int, Field(ge=1, le=100)] = 10


class Duplicates(_Message):
    """Asks for all pairs of near-duplicates among the items."""

    id: Name
    op: Literal["duplicates"]
    items: Annotated[list[TextItem], Field(max_length=MAX_ITEMS)]


Request = Annotated[
    Hello
    | Classify
    | MakeGroups
    | Place
    | Arrange
    | Remember
    | Forget
    | Shelve
    | Search
    | Terms
    | Similar
    | Duplicates,
    Field(discriminator="op"),
]
Answer = dict[str, Any]
