"""The OpenAPI 3.1 document, drawn from the route table and the types that validate.

Nothing is described by hand that the code could say itself, so the two cannot differ.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from adapters.webhook.answers import Health
from adapters.webhook.answers_rules import KeySet
from adapters.webhook.examples import Examples
from adapters.webhook.openapi_examples import illustrated
from adapters.webhook.openapi_headers import KEYED, SHARED, header, shared
from adapters.webhook.operation import Operation
from adapters.webhook.problems import CONTENT_TYPE, Problem, problem, sentence, type_of
from adapters.webhook.schema import Strict
from adapters.webhook.state import HEALTH, METRICS, READY
from adapters.webhook.statuses import STATUS, AnyReason, HttpReason
from adapters.webhook.streams import MEDIA as STREAM
from adapters.webhook.visit import RETRY_AFTER

Json = dict[str, Any]

_REF: Final = "#/components/schemas/{name}"
_JSON: Final = "application/json"
_METRICS_MEDIA: Final = ("text/plain", "application/openmetrics-text")
_EVENT: Final[Json] = {
    "type": "object",
    "description": "One event of the stream; the data of `request` is a Request, as JSON.",
    "properties": {
        "event": {"type": "string", "enum": ["request", "end"]},
        "id": {"type": "string", "description": "The version of the request."},
        "data": {"type": "string", "contentMediaType": _JSON},
        "retry": {"type": "integer", "description": "Milliseconds until you come back."},
    },
}
KEYS_PATH: Final = "/.well-known/jwks.json"
_ANYWHERE: Final = (
    HttpReason.INVALID_INPUT,
    HttpReason.INTERNAL_ERROR,
    HttpReason.UNAVAILABLE,
    HttpReason.OUTCOME_UNKNOWN,
)
"""What any call may be refused with."""
_ABOUT: Final = (
    "Countersign takes requests for approval, has the right people decide them in Slack and "
    "Microsoft Teams, and answers with a decision. Errors are RFC 9457 problems; `reason` is "
    "from a closed set. Fields that are null may be left out.\n\n"
    "Answers to a call with a key say in `RateLimit-Policy` and `RateLimit` what limits it and how "
    "much is left; a 429 says in `Retry-After` when to come back. In the last week of a key they "
    "say in `Countersign-Key-Expires` when it ends."
)


TAGS: Final = {
    "Requests": "Ask, wait, and read what there is.",
    "Acts": "Decide, or do what else those concerned may do.",
    "Proof": "Use an approval once, and check it without this server.",
    "Policy": "The policy as code, and what it would do.",
    "Absence": "Who acts for somebody who is away.",
    "Evidence": "The trail as evidence, and how requests went.",
    "Server": "How the server is; no key is needed.",
}
"""The groups of routes, in the order in which they are shown."""


def document(
    operations: Sequence[Operation],
    version: str,
    *,
    metrics: bool = False,
    examples: Examples | None = None,
) -> Json:
    """The whole document as plain JSON values; `metrics` says whether there are any."""
    schemas = _schemas(operations)
    paths: dict[str, Json] = {}
    for operation in operations:
        described = _operation(operation, schemas)
        paths.setdefault(operation.path, {})[operation.method.lower()] = described
    paths |= {**_keys_path(), **_state_paths(), **(_metrics_path() if metrics else {})}
    for path, methods in paths.items():
        for method, described in methods.items():
            described["tags"] = [_tag(method.upper(), path)]
    return {
        "openapi": "3.1.0",
        "info": {"title": "Countersign", "version": version, "description": _ABOUT},
        "tags": [{"name": name, "description": about} for name, about in TAGS.items()],
        "paths": illustrated(paths, examples or {}),
        "components": {
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
            "headers": SHARED,
            "schemas": schemas,
            "examples": {reason.value: _problem(reason) for reason in STATUS},
        },
    }


def _tag(method: str, path: str) -> str:
    """The group of a route."""
    if path.startswith("/v1/requests"):
        return "Requests" if method == "GET" or path == "/v1/requests" else "Acts"
    named = {
        "/v1/tokens": "Proof",
        KEYS_PATH: "Proof",
        "/v1/policy": "Policy",
        "/v1/delegations": "Absence",
        "/v1/": "Evidence",
    }
    return next((tag for start, tag in named.items() if path.startswith(start)), "Server")


def _schemas(operations: Iterable[Operation]) -> dict[str, Json]:
    types: dict[type, None] = {Problem: None, Health: None, KeySet: None}
    for operation in operations:
        for each in (operation.answer, operation.query, operation.body):
            if each is not None:
                types[each] = None
    _, found = msgspec.json.schema_components(list(types), ref_template=_REF)
    found["Problem"]["properties"]["reason"]["enum"] = [reason.value for reason in STATUS]
    return found


def _operation(operation: Operation, schemas: Mapping[str, Json]) -> Json:
    described: Json = {
        "operationId": operation.id,
        "summary": operation.summary,
        "description": f"{operation.about}\n\n{_scopes(operation.all_scopes)}",
        "security": [{"key": []}],
        "parameters": [
            *_path_parameters(operation.path),
            *_query_parameters(operation.query, schemas),
            *_header_parameters(operation),
        ],
        "responses": _responses(operation),
    }
    if operation.body is not None:
        described["requestBody"] = {
            "required": not operation.body_optional,
            "content": {_JSON: {"schema": _ref(operation.body)}, **_texts(operation.body_media)},
        }
    return described


def _texts(media: Sequence[str]) -> Json:
    return {kind: {"schema": _EVENT if kind == STREAM else {"type": "string"}} for kind in media}


def _scopes(scopes: tuple[str, ...]) -> str:
    named = " or ".join(f"`{scope}`" for scope in scopes)
    return f"The key needs the scope {named}."


def _path_parameters(path: str) -> list[Json]:
    if "{id}" not in path:
        return []
    schema = {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"}
    return [{"name": "id", "in": "path", "required": True, "schema": schema}]


def _query_parameters(query: type[Strict], schemas: Mapping[str, Json]) -> list[Json]:
    properties: Mapping[str, Json] = schemas[query.__name__]["properties"]
    return [
        {"name": name, "in": "query", "required": False, "schema": _given(schema)}
        for name, schema in properties.items()
    ]


def _given(schema: Json) -> Json:
    """The schema of a parameter that is there: a query cannot say null."""
    options = [option for option in schema.get("anyOf", ()) if option != {"type": "null"}]
    return options[0] if len(options) == 1 else schema


def _header_parameters(operation: Operation) -> list[Json]:
    if not operation.takes_idempotency_key:
        return []
    return [
        {
            "name": "Idempotency-Key",
            "in": "header",
            "required": False,
            "description": "The same key and body give the same answer; another body is refused.",
            "schema": {"type": "string", "pattern": "^[!-~]{1,255}$"},
        }
    ]


def _responses(operation: Operation) -> dict[str, Json]:
    content = {} if operation.answer is None else {_JSON: {"schema": _ref(operation.answer)}}
    good: Json = {
        "description": operation.summary,
        "content": {**content, **_texts(operation.media)},
    }
    good["headers"] = dict(KEYED)
    if operation.location:
        good["headers"] |= {
            "Location": header("The address of what was made, or of what is the answer."),
            "Idempotent-Replayed": header("`true` when an earlier call had made it."),
        }
    statuses = sorted((operation.status, *operation.also))
    reasons = (*operation.reasons, *_ANYWHERE)
    refused = _refusals(reasons)
    for status in refused.keys() - {"401"}:
        refused[status]["headers"] = {**KEYED, **refused[status].get("headers", {})}
    return {**{str(status): good for status in statuses}, **refused}


def _refusals(reasons: Iterable[AnyReason]) -> dict[str, Json]:
    by_status: dict[int, dict[AnyReason, None]] = {}
    for reason in reasons:
        by_status.setdefault(STATUS[reason], {})[reason] = None
    return {str(status): _refusal(status, list(by_status[status])) for status in sorted(by_status)}


def _refusal(status: int, reasons: Sequence[AnyReason]) -> Json:
    lines = "\n".join(f"- `{reason.value}`: {sentence(reason)}" for reason in reasons)
    narrowed = {
        **_ref(Problem),
        "properties": {
            "type": {"enum": [type_of(reason) for reason in reasons]},
            "status": {"const": status},
            "reason": {"enum": [reason.value for reason in reasons]},
        },
    }
    first = reasons[0].value
    shown = {first: {"$ref": f"#/components/examples/{first}"}}
    refusal: Json = {
        "description": lines,
        "content": {CONTENT_TYPE: {"schema": narrowed, "examples": shown}},
    }
    if status == 401:
        refusal["headers"] = {"WWW-Authenticate": header("`Bearer`")}
    if status == 429:
        refusal["headers"] = shared(RETRY_AFTER)
    return refusal


def _problem(reason: AnyReason) -> Json:
    shown = msgspec.structs.replace(problem(reason), request_id="01kf0000000000000000000000")
    return {"summary": shown.title, "value": msgspec.to_builtins(shown)}


def _keys_path() -> dict[str, Json]:
    """The public keys: whoever checks a token needs no key of ours."""
    good = {
        "description": "The key set.",
        "content": {_JSON: {"schema": _ref(KeySet)}},
        "headers": {"Cache-Control": header("`public, max-age=300`")},
    }
    about = (
        "With these anybody can check an approval token and an export of the trail, offline. "
        "No key is needed."
    )
    described = {"operationId": "publicKeys", "summary": "Get the public keys"}
    return {KEYS_PATH: {"get": {**described, "description": about, "responses": {"200": good}}}}


def _state_paths() -> dict[str, Json]:
    """The routes without a key that say how the server is."""
    good = {"description": "It is.", "content": {_JSON: {"schema": _ref(Health)}}}
    alive = {"operationId": "health", "summary": "Whether the process answers"}
    ready = {"operationId": "readiness", "summary": "Whether the server can take requests"}
    unready = _refusals((HttpReason.NOT_READY,))
    return {
        HEALTH: {"get": {**alive, "responses": {"200": good}}},
        READY: {"get": {**ready, "responses": {"200": good, **unready}}},
    }


def _metrics_path() -> dict[str, Json]:
    """What Prometheus reads."""
    content = {kind: {"schema": {"type": "string"}} for kind in _METRICS_MEDIA}
    good = {"description": "The metrics.", "content": content}
    about = (
        "For Prometheus, in its own text format. No API key is needed; where the server has a "
        "token for this, send it as `Authorization: Bearer`."
    )
    described = {"operationId": "metrics", "summary": "Read what the server counts"}
    responses = {"200": good, **_refusals((HttpReason.METRICS_TOKEN,))}
    return {METRICS: {"get": {**described, "description": about, "responses": responses}}}


def _ref(type_: type) -> Json:
    return {"$ref": _REF.format(name=type_.__name__)}
