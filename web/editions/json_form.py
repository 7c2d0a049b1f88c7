"""An edition as JSON, and the JSON Schema that it follows, which is made from the model.

A schema once published doesn't change: another shape gets another number (web/FORMS.md).
"""

from functools import cache
from typing import Any, Final

import orjson

from web.editions.edition import Edition

SCHEMA_NUMBER: Final = 1
SCHEMA_PATH: Final = f"/schemas/agenda-{SCHEMA_NUMBER}.json"
"""Where every node serves the schema. Files name it without a host, so that they are the same from every node."""
SCHEMA_ID: Final = f"urn:comitia:schema:agenda:{SCHEMA_NUMBER}"
_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_VERY_END: Final = r"\z"
_OPTIONS: Final = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE


def agenda_json(edition: Edition) -> bytes:
    """Return an edition as JSON; the same edition always gives the same bytes."""
    return orjson.dumps({"$schema": SCHEMA_PATH, **edition.model_dump(mode="json")}, option=_OPTIONS)


def schema() -> dict[str, Any]:
    """Return the JSON Schema that agenda_json() follows."""
    made = _portable(Edition.model_json_schema(mode="serialization"))
    named = {"type": "string", "description": "Where the schema of this document is.", "const": SCHEMA_PATH}
    return {
        "$schema": _DIALECT,
        "$id": SCHEMA_ID,
        **made,
        "title": "A published agenda",
        "properties": {"$schema": named, **made["properties"]},
        "required": ["$schema", *made["required"]],
    }


def _portable(part: Any) -> Any:
    """Return a part of a schema with patterns as ECMAScript writes them, which has no mark for the very end."""
    if isinstance(part, list):
        return [_portable(each) for each in part]
    if not isinstance(part, dict):
        return part
    return {
        key: f"{value.removesuffix(_VERY_END)}$"
        if key == "pattern" and isinstance(value, str) and value.endswith(_VERY_END)
        else _portable(value)
        for key, value in part.items()
    }


@cache
def schema_bytes() -> bytes:
    """Return the schema as JSON."""
    return orjson.dumps(schema(), option=_OPTIONS)
