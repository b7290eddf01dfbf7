"""Puts the examples into the OpenAPI document: bodies, answers and parameters."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from msgspec import UNSET

from adapters.webhook.examples import Example, Examples

Json = dict[str, Any]

_JSON: Final = "application/json"


def illustrated(paths: Mapping[str, Json], examples: Examples) -> dict[str, Json]:
    """The paths with an example at everything that a call of theirs sent or got."""
    return {
        path: {
            method: _operation(path, operation, examples.get(operation["operationId"], ()))
            for method, operation in methods.items()
        }
        for path, methods in paths.items()
    }


def _operation(path: str, operation: Json, told: Sequence[Example]) -> Json:
    if not told:
        return operation
    shown = {**operation, "responses": _responses(operation["responses"], told)}
    if "parameters" in operation:
        shown["parameters"] = _parameters(path, operation["parameters"], told)
    if "requestBody" in operation:
        shown["requestBody"] = _body(operation["requestBody"], told)
    return shown


def _responses(responses: Json, told: Sequence[Example]) -> Json:
    found = dict(responses)
    for status in dict.fromkeys(str(each.status) for each in told):
        these = [each for each in told if str(each.status) == status]
        content = {
            media: {**form, **_examples([(e, e.answer) for e in these if e.media == media])}
            for media, form in found[status]["content"].items()
        }
        found[status] = {**found[status], "content": content}
    return found


def _body(body: Json, told: Sequence[Example]) -> Json:
    content = {
        media: {**form, **_examples([(e, _sent(e, media)) for e in told if e.body is not UNSET])}
        for media, form in body["content"].items()
    }
    return {**body, "content": content}


def _sent(example: Example, media: str) -> Any:
    """The body in this form: other forms than JSON are the body's `text` alone."""
    return example.body if media == _JSON else example.body["text"]


def _examples(values: Sequence[tuple[Example, Any]]) -> Json:
    if not values:
        return {}
    named = {_slug(each.summary): {"summary": each.summary, "value": v} for each, v in values}
    return {"examples": named}


def _slug(summary: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", summary.lower()).strip("-")


def _parameters(path: str, parameters: Sequence[Json], told: Sequence[Example]) -> list[Json]:
    given = _given(path, told)
    return [
        {**parameter, "example": given[key]} if (key := parameter["name"]) in given else parameter
        for parameter in parameters
    ]


def _given(path: str, told: Sequence[Example]) -> Json:
    """What the calls had as parameters, the first of each."""
    given: Json = {}
    template = re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(path)))
    for each in told:
        parts = urlsplit(each.address)
        found = template.fullmatch(parts.path)
        named = {} if found is None else found.groupdict()
        query = {name: _typed(value) for name, value in parse_qsl(parts.query)}
        given = {**named, **query, **each.headers, **given}
    return given


def _typed(value: str) -> str | int:
    return int(value) if value.isdecimal() else value
