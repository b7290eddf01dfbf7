"""The OpenAPI document and the docs page agree with what the server does."""

import hashlib
import re
from base64 import b64encode
from typing import Any

import jsonschema
import pytest
from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR

from adapters.webhook.problems import STATUS
from adapters.webhook.routes import OPERATIONS
from adapters.webhook.schema import Strict
from adapters.webhook.validate import _fields, _remedy
from tests.adapters.webhook.conftest import Api, a_body


async def document(api: Api) -> dict[str, Any]:
    reply = await api.get("/openapi.json", key=None)
    assert reply.status == 200
    found: dict[str, Any] = reply.json
    return found


def conforms(value: Any, name: str, described: dict[str, Any]) -> None:
    schema = {"$ref": f"#/components/schemas/{name}", "components": described["components"]}
    jsonschema.validate(value, schema, cls=jsonschema.Draft202012Validator)


async def test_the_document_is_openapi_3_1_and_its_schemas_are_valid(api: Api) -> None:
    described = await document(api)
    assert described["openapi"] == "3.1.0"
    # The schema of OpenAPI 3.1 itself, https://spec.openapis.org/oas/3.1/schema/2022-10-07
    assert [error.message for error in OPENAPI_31_VALIDATOR.iter_errors(described)] == []
    broken = {**described, "paths": {"/x": {"get": {"responses": []}}}}
    assert not OPENAPI_31_VALIDATOR.is_valid(broken)
    for schema in described["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)
    used = set(re.findall(r"#/components/schemas/(\w+)", str(described)))
    assert used <= set(described["components"]["schemas"])


async def test_the_document_lists_exactly_the_routes_that_exist(api: Api) -> None:
    described = await document(api)
    routes = {(o.method.lower(), o.path) for o in OPERATIONS}
    listed = {(m, p) for p, methods in described["paths"].items() for m in methods}
    keyless = {"/healthz", "/readyz", "/metrics", "/.well-known/jwks.json"}
    assert listed == routes | {("get", path) for path in keyless}
    ids = [o["operationId"] for methods in described["paths"].values() for o in methods.values()]
    assert len(set(ids)) == len(ids)


async def test_answers_conform_to_their_schemas(api: Api) -> None:
    described = await document(api)
    made = await api.post("/v1/requests", a_body())
    conforms(made.json, "Request", described)
    conforms((await api.get("/v1/requests")).json, "RequestList", described)
    conforms((await api.get("/v1/requests/r1/events")).json, "EventList", described)
    conforms((await api.get("/v1/requests/r1/attempts")).json, "AttemptList", described)
    conforms((await api.get("/.well-known/jwks.json", key=None)).json, "KeySet", described)
    conforms((await api.get("/healthz", key=None)).json, "Health", described)
    conforms((await api.get("/nowhere")).json, "Problem", described)
    conforms((await api.post("/v1/requests", {})).json, "Problem", described)


async def test_what_the_schema_takes_and_refuses_is_what_the_server_does(api: Api) -> None:
    described = await document(api)
    bodies: list[dict[str, Any]] = [
        a_body(),
        a_body(amount="12.50", currency="EUR", labels=["a"], expires_in="90m", description=None),
        a_body(title=""),
        a_body(amount="1e5"),
        a_body(labels=["x" * 51]),
        a_body(risk_score=101),
        a_body(expires_in="soon"),
        a_body(requester="x"),
        a_body(unknown=1),
        a_body(context={"links": ["https://example.com"], "validation": {"score": 1}}),
        a_body(context={"mood": 1}),
        {"title": "t"},
    ]
    for body in bodies:
        status = (await api.post("/v1/requests", body)).status
        try:
            conforms(body, "SubmitBody", described)
        except jsonschema.ValidationError:
            assert status == 422, body
        else:
            assert status == 201, body


async def test_the_reasons_of_a_problem_are_listed(api: Api) -> None:
    problem = (await document(api))["components"]["schemas"]["Problem"]
    assert set(problem["properties"]["reason"]["enum"]) == {r.value for r in STATUS}


def everything_read() -> list[type[Strict]]:
    """Each body and query that any route reads."""
    found = [t for o in OPERATIONS for t in (o.body, o.query) if t is not None]
    return list(dict.fromkeys(found))


@pytest.mark.parametrize("type_", everything_read())
def test_every_field_that_is_read_has_a_remedy(type_: type) -> None:
    assert [f.name for f in _fields(type_) if not _remedy(f.type)] == []


async def test_every_refusal_says_its_reasons_and_types(api: Api) -> None:
    described = await document(api)
    for methods in described["paths"].values():
        for operation in methods.values():
            for status, answer in operation["responses"].items():
                if not status.startswith("2"):
                    reasons = re.findall(r"^- `(\w+)`", answer["description"], re.MULTILINE)
                    said = answer["content"]["application/problem+json"]["schema"]["properties"]
                    assert said["reason"]["enum"] == reasons
                    assert said["type"]["enum"] == [f"/docs#error-{r}" for r in reasons]
                    assert said["status"] == {"const": int(status)}
    for reason, shown in described["components"]["examples"].items():
        assert shown["value"]["reason"] == reason
        conforms(shown["value"], "Problem", described)


async def test_the_docs_page_names_every_route_and_reason_and_runs_one_script(api: Api) -> None:
    reply = await api.get("/docs", key=None)
    assert reply.status == 200
    assert reply.headers["Content-Type"] == "text/html; charset=utf-8"
    assert reply.headers["Content-Security-Policy"].startswith("default-src 'none'")
    for operation in OPERATIONS:
        assert f'id="{operation.id}"' in reply.text
    for reason in STATUS:
        assert f'id="error-{reason.value}"' in reply.text
    [script] = re.findall(r"<script>(.*?)</script>", reply.text, re.DOTALL)
    digest = b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in reply.headers["Content-Security-Policy"]
    assert reply.text.count("<script") == 1
    assert re.findall(r'(?:src|href)="(?!#|/openapi\.json")[^"]*"', reply.text) == []
    assert re.findall(r"\bon\w+=", reply.text.replace(script, "")) == []


async def test_the_docs_page_says_in_which_forms_a_body_or_an_answer_may_be(api: Api) -> None:
    text = (await api.get("/docs", key=None)).text
    put = text.partition('id="putPolicy"')[2].partition("</section>")[0]
    assert "PolicyBody</a> or <code>text/yaml</code> or <code>application/yaml</code>" in put
    export = text.partition('id="exportAudit"')[2].partition("</section>")[0]
    assert "<code>application/x-ndjson</code>" in export


async def test_every_link_on_the_docs_page_leads_somewhere(api: Api) -> None:
    text = (await api.get("/docs", key=None)).text
    anchors = set(re.findall(r'id="([^"]+)"', text))
    assert set(re.findall(r'href="#([^"]+)"', text)) <= anchors


async def test_readiness_says_what_is_missing(api: Api) -> None:
    assert (await api.get("/readyz", key=None)).json == {"status": "ready"}
    api.checks["database"] = "does not answer"
    reply = await api.get("/readyz", key=None)
    assert (reply.status, reply.reason) == (503, "not_ready")
    assert reply.json["detail"] == "database: does not answer"
    assert (await api.get("/healthz", key=None)).json == {"status": "ok"}
