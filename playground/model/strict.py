"""Whether a request for an answer by a schema is one that OpenAI takes.

https://platform.openai.com/docs/guides/structured-outputs
"""

from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]
_TYPES = {"object", "array", "string", "integer", "number", "boolean", "null"}


def problem(body: Json) -> str | None:
    """The first thing that would be refused; None where the request is taken."""
    if not isinstance(body.get("model"), str):
        return "you must provide a model parameter"
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages or not all(map(_is_message, messages)):
        return "Invalid type for 'messages'"
    if body.get("stream"):
        return "the playground does not simulate stream"
    wanted = body.get("response_format")
    if not isinstance(wanted, dict) or wanted.get("type") != "json_schema":
        return "the playground only answers by a json_schema"
    given = wanted.get("json_schema")
    if not isinstance(given, dict) or not isinstance(given.get("name"), str):
        return "Missing required parameter: 'response_format.json_schema.name'"
    if not given.get("strict"):
        return "the playground only answers by a strict schema"
    return next(_wrong(given.get("schema"), "()"), None)


def _is_message(value: object) -> bool:
    return (
        isinstance(value, dict)
        and value.get("role") in ("system", "developer", "user", "assistant")
        and isinstance(value.get("content"), str)
    )


def _wrong(schema: object, where: str) -> Iterator[str]:
    start = f"Invalid schema for response_format: In context={where}, "
    if not isinstance(schema, dict) or schema.get("type") not in _TYPES:
        yield f"{start}schema must have a 'type' key."
        return
    if unknown := set(schema) - {
        "type", "properties", "required", "additionalProperties", "items", "enum", "description",
    }:  # fmt: skip
        yield f"{start}'{min(unknown)}' is not permitted."
    if schema["type"] == "object":
        parts = schema.get("properties", {})
        if schema.get("additionalProperties") is not False:
            yield f"{start}'additionalProperties' is required to be supplied and to be false."
        if set(schema.get("required", ())) != set(parts):
            yield f"{start}'required' must include every key in properties."
        for name, part in parts.items():
            yield from _wrong(part, f"{where}.{name}")
    if schema["type"] == "array":
        yield from _wrong(schema.get("items"), f"{where}[]")
