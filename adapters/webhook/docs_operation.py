"""One route on the docs page: what it does, takes and answers, and a call that can be copied."""

import re
import shlex
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any, Final

from adapters.webhook.docs_shapes import fields, link, parameter, table
from adapters.webhook.docs_words import code, json_code, paragraphs, verb, written

Json = Mapping[str, Any]

_JSON: Final = "application/json"
_YAML: Final = "text/yaml"


def section(method: str, path: str, operation: Json, schemas: Json, usual: frozenset[str]) -> str:
    """The route; reasons that are `usual` are named elsewhere."""
    name = escape(operation["operationId"])
    return (
        f'<section class="route" id="{name}"><div>'
        f'<h3><a href="#{name}">{escape(operation["summary"])}</a></h3>'
        f'<p class="address">{verb(method)} <code>{_broken(path)}</code></p>'
        f"{paragraphs(operation.get('description', ''))}"
        f"{_parameters(operation.get('parameters', ()), schemas)}"
        f"{_body(operation.get('requestBody'), schemas)}"
        f"{_answers(operation['responses'], usual)}</div>"
        f'<div class="calls">{_calls(method, path, operation)}</div></section>'
    )


def usual_reasons(operations: Iterable[Json]) -> frozenset[str]:
    """The reasons that every route which takes a key may refuse with."""
    found = [
        {reason for answer in o["responses"].values() for reason in _reasons(answer)}
        for o in operations
        if o.get("security")
    ]
    return frozenset(set.intersection(*found)) if found else frozenset()


def _broken(path: str) -> str:
    """A path that may be broken into lines between its parts."""
    return escape(path).replace("/", "<wbr>/")


def _parameters(parameters: Any, schemas: Json) -> str:
    rows = [parameter(each, schemas) for each in parameters]
    return f"<h4>Parameters</h4>{table(rows)}" if rows else ""


def _body(body: Json | None, schemas: Json) -> str:
    if body is None:
        return ""
    needed = "" if body["required"] else " (may be left out)"
    name = body["content"][_JSON]["schema"]["$ref"].rpartition("/")[2]
    found = schemas[name]
    inner = fields(found, schemas) if found["properties"] else ""
    return f"<h4>Body</h4><p>{_forms(body['content'])}{needed}</p>{inner}"


def _forms(content: Json) -> str:
    """The shape of JSON, and the names of other media types."""
    return " or ".join(
        link(form["schema"]["$ref"])
        if kind.endswith(("/json", "+json"))
        else f"<code>{escape(kind)}</code>"
        for kind, form in content.items()
    )


def _answers(responses: Mapping[str, Json], usual: frozenset[str]) -> str:
    rows = [(f"<code>{s}</code>", _answer(a, usual)) for s, a in responses.items()]
    return f"<h4>Answers</h4>{table(row for row in rows if row[1])}"


def _answer(answer: Json, usual: frozenset[str]) -> str:
    """What comes with a status; "" for a refusal that is usual."""
    reasons = _reasons(answer)
    if not reasons:
        # Those that every answer has are said once, in the description.
        own = [n for n, header in answer.get("headers", {}).items() if "$ref" not in header]
        headers = ", ".join(f"<code>{escape(name)}</code>" for name in own)
        return f"{_forms(answer['content'])}{f' with {headers}' if headers else ''}"
    own = [f'<a href="#error-{r}">{r}</a>' for r in reasons if r not in usual]
    return f'<span class="chips">{" ".join(own)}</span>' if own else ""


def _reasons(answer: Json) -> list[str]:
    return re.findall(r"^- `(\w+)`", answer["description"], re.MULTILINE)


# --- calls ------------------------------------------------------------------------------------


def _calls(method: str, path: str, operation: Json) -> str:
    bodies = _examples(operation.get("requestBody", {}).get("content", {}))
    shown = [
        f"<h4>{escape(summary)}</h4>{code(_curl(method, path, operation, media, body))}"
        for summary, media, body in bodies or [(_title(operation), "", None)]
    ]
    for status, answer in operation["responses"].items():
        for number, (summary, media, value) in enumerate(_examples(answer["content"])):
            if status.startswith("2"):
                block = json_code(value) if media == _JSON else code(value)
                opened = "" if number or len(block) > _LONG else " open"
                label = f"<code>{status}</code> {escape(summary)}"
                shown.append(f"<details{opened}><summary>{label}</summary>{block}</details>")
    return "".join(shown)


_LONG: Final = 1200
"""Characters of an answer that is shown only to who wants to see it."""


def _title(operation: Json) -> str:
    good = next(answer for answer in operation["responses"].values())
    found = _examples(good["content"])
    return str(found[0][0]) if found else "The call"


def _examples(content: Mapping[str, Json]) -> list[tuple[str, str, Any]]:
    """Summary, media type and value of each; as YAML where that is taken, which reads better."""
    media = next((kind for kind in (_YAML, _JSON) if content.get(kind, {}).get("examples")), None)
    if media is None:
        media = next((kind for kind, form in content.items() if form.get("examples")), None)
    named = {} if media is None else content[media]["examples"]
    return [(e["summary"], media or "", e["value"]) for e in named.values() if "value" in e]


def _curl(method: str, path: str, operation: Json, media: str, body: Any) -> str:
    parameters = {p["name"]: p for p in operation.get("parameters", ()) if "example" in p}
    query = "&".join(f"{n}={p['example']}" for n, p in parameters.items() if p["in"] == "query")
    path = path.replace("{id}", "$ID")
    parts = [f'curl "$URL{path}{"?" if query else ""}{query}"']
    if method not in ("get", "post") or (method == "post" and body is None):
        parts[0] = parts[0].replace("curl", f"curl -X {method.upper()}", 1)
    if operation.get("security"):
        parts.append('-H "Authorization: Bearer $KEY"')
    if media:
        parts.append(f'-H "Content-Type: {media}"')
    parts += [
        f'-H "{name}: {p["example"]}"' for name, p in parameters.items() if p["in"] == "header"
    ]
    if body is None:
        return " \\\n  ".join(parts)
    if media == _YAML:
        return " \\\n  ".join([*parts, f"--data-binary @- <<'END'\n{body}END"])
    indented = shlex.quote(written(body)).replace("\n", "\n  ")
    return " \\\n  ".join([*parts, f"-d {indented}"])
