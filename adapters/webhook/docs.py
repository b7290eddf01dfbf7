"""The docs page: one HTML text made from the OpenAPI document, with nothing fetched from
elsewhere and one small script, which the page does without. Every text is escaped, wherever it
came from.
"""

from collections.abc import Mapping
from html import escape
from typing import Any, Final

from adapters.webhook import docs_operation, docs_shapes
from adapters.webhook.docs_script import SCRIPT, SCRIPT_HASH
from adapters.webhook.docs_start import START
from adapters.webhook.docs_style import STYLE
from adapters.webhook.docs_words import paragraphs, text, verb
from adapters.webhook.problems import STATUS, sentence

Json = Mapping[str, Any]

HEADERS: Final = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'unsafe-inline'; script-src '{SCRIPT_HASH}'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


def render(document: Json) -> str:
    """The whole page."""
    info, schemas = document["info"], document["components"]["schemas"]
    groups = _groups(document)
    usual = docs_operation.usual_reasons(o for _, of in groups for _, _, o in of)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>{escape(info['title'])} API</title><style>{STYLE}</style></head><body>"
        '<a class="skip" href="#start">Skip to the text</a>'
        f"{_navigation(groups)}<main>"
        f"<header><h1>{escape(info['title'])} API <small>{escape(info['version'])}</small></h1>"
        f"{paragraphs(info['description'])}</header>{START}"
        f"{''.join(_group(tag, operations, schemas, usual) for tag, operations in groups)}"
        f'<h2 id="types">Types</h2>{docs_shapes.types(schemas)}'
        f"{_errors(usual)}</main><script>{SCRIPT}</script></body></html>"
    )


Operations = list[tuple[str, str, Json]]
"""Method, path, and what the document says of it."""


def _groups(document: Json) -> list[tuple[Json, Operations]]:
    """The operations by tag, in the order of the tags."""
    all_ = [
        (method, path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    return [
        (tag, [each for each in all_ if tag["name"] in each[2]["tags"]]) for tag in document["tags"]
    ]


def _navigation(groups: list[tuple[Json, Operations]]) -> str:
    parts = "".join(
        f"<h2>{escape(tag['name'])}</h2><ul>{''.join(map(_link, operations))}</ul>"
        for tag, operations in groups
    )
    return (
        '<nav aria-label="Contents"><input type="search" id="filter" hidden '
        'aria-label="Filter routes" placeholder="Filter routes  /">'
        '<ul><li><a href="#start">Getting started</a></li></ul>'
        f'{parts}<h2>Reference</h2><ul><li><a href="#types">Types</a></li>'
        '<li><a href="#errors">Errors</a></li>'
        '<li><a href="/openapi.json">openapi.json</a></li></ul></nav>'
    )


def _link(operation: tuple[str, str, Json]) -> str:
    method, path, said = operation
    name, words = escape(said["operationId"]), f"{path} {said['operationId']}".lower()
    return (
        f'<li data-words="{escape(words)}"><a href="#{name}">{verb(method)} '
        f"<span>{escape(said['summary'])}</span></a></li>"
    )


def _group(tag: Json, operations: Operations, schemas: Json, usual: frozenset[str]) -> str:
    name = escape(tag["name"])
    sections = (docs_operation.section(*each, schemas, usual) for each in operations)
    return (
        f'<h2 class="group" id="group-{name.lower()}">{name} '
        f"<small>{text(tag['description'])}</small></h2>{''.join(sections)}"
    )


def _errors(usual: frozenset[str]) -> str:
    rows = "".join(
        f'<tr id="error-{reason.value}"><td><code>{reason.value}</code></td>'
        f"<td>{status}</td><td>{text(sentence(reason))}</td></tr>"
        for reason, status in STATUS.items()
    )
    anywhere = " ".join(f'<a href="#error-{r}">{r}</a>' for r in sorted(usual))
    return (
        '<h2 id="errors">Errors</h2><p>Every error is <code>application/problem+json</code> '
        "(RFC 9457) with <code>type</code>, <code>title</code>, <code>status</code>, "
        "<code>detail</code>, <code>reason</code> and <code>request_id</code>; "
        "<code>errors</code> names each wrong field with its remedy. Rely on "
        "<code>reason</code>: it is from this closed set, while the sentences may be said "
        "better one day.</p>"
        f'<p class="chips">Any call with a key: {anywhere}</p>'
        f"<table><tr><th>reason</th><th>status</th><th>what it means</th></tr>{rows}</table>"
    )
