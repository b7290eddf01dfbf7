"""Schemas in a few words: types, their fields and limits, for the docs page."""

import json
from collections.abc import Mapping
from html import escape
from typing import Any, Final

from adapters.webhook.docs_words import paragraphs, text

Json = Mapping[str, Any]

_LIMITS: Final = (
    ("minimum", "at least {}"),
    ("maximum", "at most {}"),
    ("maxLength", "at most {} characters"),
    ("maxItems", "at most {} items"),
)


def types(schemas: Json) -> str:
    """Every type with its fields."""
    return "".join(_type(name, schema, schemas) for name, schema in schemas.items())


def fields(schema: Json, schemas: Json) -> str:
    """The fields of an object as a table."""
    required = set(schema.get("required", ()))
    return table(
        (f"<code>{escape(field)}</code>{_needed(field in required)}", _field(inner, schemas))
        for field, inner in schema["properties"].items()
    )


def table(rows: Any) -> str:
    """Rows of cells that are HTML already."""
    lines = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table>{lines}</table>"


def link(ref: str) -> str:
    """A type by its name."""
    name = escape(ref.rpartition("/")[2])
    return f'<a href="#type-{name}">{name}</a>'


def shape(schema: Json, schemas: Json) -> str:
    """A schema in a few words, with its limits."""
    if "$ref" in schema:
        target = schemas[schema["$ref"].rpartition("/")[2]]
        return shape(target, schemas) if "enum" in target else link(schema["$ref"])
    if "anyOf" in schema:
        return " or ".join(shape(option, schemas) for option in schema["anyOf"])
    if "enum" in schema:
        return ", ".join(f"<code>{escape(str(value))}</code>" for value in schema["enum"])
    kind = schema.get("type", "anything")
    named = " or ".join(kind) if isinstance(kind, list) else str(kind)
    inner = f" of {shape(schema['items'], schemas)}" if schema.get("items") else ""
    return f"{escape(named)}{inner}{escape(_limits(schema))}"


def said(schema: Json) -> str:
    """What the schema, or the one option that has words, says about itself."""
    options = (schema, *schema.get("anyOf", ()))
    words = next((str(o["description"]) for o in options if "description" in o), "")
    example = next((_shown(o["examples"][0]) for o in options if "examples" in o), "")
    return f"{words} For example `{example}`." if example else words


def parameter(given: Json, schemas: Json) -> tuple[str, str]:
    """A parameter as a row."""
    name = f"<code>{escape(given['name'])}</code>{_needed(given['required'])}"
    about = f"{escape(given['in'])} &middot; {shape(given['schema'], schemas)}"
    return name, f"{about}{_note(given.get('description') or said(given['schema']))}"


def _shown(example: Any) -> str:
    return example if isinstance(example, str) else json.dumps(example)


def _type(name: str, schema: Json, schemas: Json) -> str:
    about = paragraphs(schema.get("description", ""))
    head = f'<section class="type" id="type-{escape(name)}"><h3>{escape(name)}</h3>{about}'
    inner = (
        fields(schema, schemas) if "properties" in schema else f"<p>{shape(schema, schemas)}</p>"
    )
    return f"{head}{inner}</section>"


def _field(schema: Json, schemas: Json) -> str:
    return f"{shape(schema, schemas)}{_note(said(schema))}"


def _needed(required: bool) -> str:
    return " <em>required</em>" if required else ""


def _note(words: str) -> str:
    return f"<br><small>{text(words)}</small>" if words else ""


def _limits(schema: Json) -> str:
    found = [words.format(f"{schema[key]:,}") for key, words in _LIMITS if key in schema]
    return f" ({', '.join(found)})" if found else ""
