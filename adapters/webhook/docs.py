"""The docs page: one HTML text made from the OpenAPI document, with no script and nothing
fetched from elsewhere. Every text is escaped, wherever it came from.
"""

import re
from collections.abc import Mapping
from html import escape
from typing import Any, Final

from adapters.webhook.docs_style import STYLE
from adapters.webhook.problems import STATUS, sentence

Json = Mapping[str, Any]

HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
}

_INTRO: Final = """
<p>{about}</p>
<p>Every call but the public keys and the two health checks carries a key, made on the server with
<code>countersign keys create --name NAME --scope submit --scope read</code>:</p>
<pre>curl -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" \\
  -d '{{"title": "New laptop", "requester": "alice@example.com",
       "action": {{"type": "purchase_order", "params": {{"amount": 1800}}}}}}' \\
  http://localhost:8080/v1/requests</pre>
<p>The description for programs is at <a href="/openapi.json">/openapi.json</a>.</p>
"""


def render(document: Json) -> str:
    """The whole page."""
    info = document["info"]
    operations = [
        (method, path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    schemas = document["components"]["schemas"]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(info['title'])} API</title><style>{STYLE}</style></head><body>"
        f"{_navigation(operations)}<main>"
        f"<h1>{escape(info['title'])} API <small>{escape(info['version'])}</small></h1>"
        f"{_INTRO.format(about=_text(info['description']))}"
        f"{''.join(_operation(*each) for each in operations)}"
        f'<h2 id="types">Types</h2>{"".join(_type(n, s) for n, s in schemas.items())}'
        f"{_errors()}</main></body></html>"
    )


def _navigation(operations: list[tuple[str, str, Json]]) -> str:
    links = "".join(
        f'<li><a href="#{escape(o["operationId"])}">{_verb(method)} {escape(o["summary"])}</a></li>'
        for method, _, o in operations
    )
    rest = '<li><a href="#types">Types</a></li><li><a href="#errors">Errors</a></li>'
    return f'<nav aria-label="Contents"><ul>{links}{rest}</ul></nav>'


def _verb(method: str) -> str:
    return f'<b class="{escape(method)}">{escape(method.upper())}</b>'


def _operation(method: str, path: str, operation: Json) -> str:
    return (
        f'<section id="{escape(operation["operationId"])}">'
        f"<h2>{escape(operation['summary'])}</h2>"
        f'<p class="route">{_verb(method)} <code>{escape(path)}</code></p>'
        f"{_paragraphs(operation.get('description', ''))}"
        f"{_parameters(operation.get('parameters', ()))}"
        f"{_body(operation.get('requestBody'))}"
        f"{_responses(operation['responses'])}</section>"
    )


def _parameters(parameters: Any) -> str:
    if not parameters:
        return ""
    rows = "".join(
        _row(
            f"<code>{escape(p['name'])}</code>",
            f"{escape(p['in'])}{', required' if p['required'] else ''}",
            f"{_shape(p['schema'])}{_note(p.get('description') or _said(p['schema']))}",
        )
        for p in parameters
    )
    return f"<h3>Parameters</h3><table>{rows}</table>"


def _body(body: Json | None) -> str:
    if body is None:
        return ""
    needed = "" if body["required"] else " (may be left out)"
    return f"<h3>Body</h3><p>{_forms(body['content'])}{needed}</p>"


def _forms(content: Json) -> str:
    """The shape of JSON, and the names of other media types."""
    return " or ".join(
        _shape(form["schema"])
        if kind.endswith(("/json", "+json"))
        else f"<code>{escape(kind)}</code>"
        for kind, form in content.items()
    )


def _responses(responses: Mapping[str, Json]) -> str:
    rows = "".join(_row(f"<code>{s}</code>", _answer(a), "") for s, a in responses.items())
    return f"<h3>Answers</h3><table>{rows}</table>"


def _answer(answer: Json) -> str:
    shapes = _forms(answer["content"])
    headers = ", ".join(f"<code>{escape(name)}</code>" for name in answer.get("headers", ()))
    reasons = re.findall(r"^- `(\w+)`", answer["description"], re.MULTILINE)
    links = " ".join(f'<a href="#error-{r}">{r}</a>' for r in reasons)
    return f"{shapes}{f' with {headers}' if headers else ''}{f'<br>{links}' if links else ''}"


def _type(name: str, schema: Json) -> str:
    about = _paragraphs(schema.get("description", ""))
    head = f'<section id="type-{escape(name)}"><h3>{escape(name)}</h3>{about}'
    if "properties" not in schema:
        return f"{head}<p>{_shape(schema)}</p></section>"
    required = set(schema.get("required", ()))
    rows = "".join(
        _row(
            f"<code>{escape(field)}</code>",
            "required" if field in required else "",
            f"{_shape(inner)}{_note(_said(inner))}",
        )
        for field, inner in schema["properties"].items()
    )
    return f"{head}<table>{rows}</table></section>"


def _row(*cells: str) -> str:
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _shape(schema: Json) -> str:
    """A schema in a few words, with its limits."""
    if "$ref" in schema:
        name = escape(schema["$ref"].rpartition("/")[2])
        return f'<a href="#type-{name}">{name}</a>'
    if "anyOf" in schema:
        return " or ".join(_shape(option) for option in schema["anyOf"])
    if "enum" in schema:
        return ", ".join(f"<code>{escape(str(value))}</code>" for value in schema["enum"])
    kind = schema.get("type", "anything")
    named = " or ".join(kind) if isinstance(kind, list) else str(kind)
    inner = f" of {_shape(schema['items'])}" if schema.get("items") else ""
    return f"{escape(named)}{inner}{escape(_limits(schema))}"


_LIMITS: Final = (
    ("minimum", "at least {}"),
    ("maximum", "at most {}"),
    ("maxLength", "at most {} characters"),
    ("maxItems", "at most {} items"),
)


def _limits(schema: Json) -> str:
    said = [words.format(f"{schema[key]:,}") for key, words in _LIMITS if key in schema]
    return f" ({', '.join(said)})" if said else ""


def _said(schema: Json) -> str:
    """What the schema, or the one option that has words, says about itself."""
    options = (schema, *schema.get("anyOf", ()))
    words = next((str(o["description"]) for o in options if "description" in o), "")
    example = next((str(o["examples"][0]) for o in options if "examples" in o), "")
    return f"{words} For example `{example}`." if example else words


def _note(text: str) -> str:
    return f"<br><small>{_text(text)}</small>" if text else ""


def _errors() -> str:
    rows = "".join(
        f'<tr id="error-{reason.value}"><td><code>{reason.value}</code></td>'
        f"<td>{status}</td><td>{_text(sentence(reason))}</td></tr>"
        for reason, status in STATUS.items()
    )
    return (
        '<h2 id="errors">Errors</h2><p>Every error is <code>application/problem+json</code> with '
        "<code>type</code>, <code>title</code>, <code>status</code>, <code>detail</code>, "
        "<code>reason</code> and <code>request_id</code>; <code>errors</code> names each wrong "
        f"field with its remedy.</p><table>{rows}</table>"
    )


def _paragraphs(text: str) -> str:
    return "".join(f"<p>{_text(part)}</p>" for part in text.split("\n\n") if part)


def _text(text: str) -> str:
    """Escaped, with `backticks` as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text, quote=False))
