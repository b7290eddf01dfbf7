"""What a server tells of itself while people work: log, metrics and traces over the sample
company, each with the ids that lead from one to the other and nothing that anybody wrote."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import SpanKind
from prometheus_client.parser import text_string_to_metric_families

from bot.settings import ObserveSettings, Secret, Settings
from tests.bot.test_tracing import PARENT, Kept
from tests.e2e.company import ERP, SMALL, Company, Json, Time, company
from tests.e2e.served import Served, served

DESCRIPTION = "Quarterly numbers are attached"
REASON = "Too dear, ask Globex again"
TOKEN = "0123456789abcdef"
MARA, ALICE = "mara@example.com", "alice@example.com"


def lines_of(town: Served) -> list[Json]:
    text = (town.folder / "server-1.log").read_text()
    return [json.loads(line) for line in text.splitlines()]


async def work(town: Served) -> tuple[list[str], list[str]]:
    """Somebody asks twice, and is approved once and rejected once: the requests' ids, and all
    that must not be in a log."""
    key = await town.key("submit", "read")
    asked = {**SMALL, "description": DESCRIPTION}
    first = await town.submit(key, asked, X_Request_Id="call-1")
    card = await town.slack_card(MARA, "Two chairs")
    await town.slack_click(MARA, card, "Approve")
    decided = await town.get(key, first["id"], wait=10)
    assert decided["status"] == "approved"
    second = await town.submit(key, {**asked, "title": "Three tables"}, X_Request_Id="call-2")
    card = await town.slack_card(MARA, "Three tables")
    await town.slack_reject(MARA, card, REASON)
    assert (await town.get(key, second["id"], wait=10))["status"] == "rejected"
    status, _ = await town.call("GET", "/v1/requests/none", "cs_wrong_key_that_nobody_has_made")
    assert status == 401
    shared = json.loads((town.folder / "shared.json").read_text())
    said = [DESCRIPTION, REASON, "Two chairs", "Three tables", "Chairs", MARA, ALICE]
    keys = [key, decided["token"], "cs_wrong_key", *shared.values(), "PRIVATE KEY"]
    return [first["id"], second["id"]], [*said, *keys]


async def test_the_log_leads_from_a_call_to_its_cards_and_holds_nothing_that_anybody_wrote(
    tmp_path: Path,
) -> None:
    async with served(tmp_path, options=("--log-level", "debug")) as town:
        ids, hidden = await work(town)
        await town.until(lambda: _delivered(town, ids[1], "result"))
        await town.stop()
        lines = lines_of(town)
        text = (town.folder / "server-1.log").read_text()
    assert [each for each in hidden if each in text] == []
    assert all({"timestamp", "level", "logger", "event"} <= set(line) for line in lines)
    for number, request in enumerate(ids, start=1):
        mine = [line for line in lines if line.get("request_id") == f"call-{number}"]
        assert {line["event"] for line in mine} == {"committed", "delivery", "answered"}
        assert {line["request"] for line in mine} == {request}
        assert {line["logger"] for line in mine} == {"observing", "http"}
        # The click came in by a call of its own, which led to the cards' last edit.
        sent = [line for line in lines if line["event"] == "delivery"]
        last = [line for line in sent if line["request"] == request][-1]
        assert last["request_id"] != f"call-{number}"


async def _delivered(town: Served, request: str, kind: str) -> bool:
    return any(
        line["event"] == "delivery" and line["request"] == request and line["kind"] == kind
        for line in lines_of(town)
    )


def guarded(settings: Settings) -> Settings:
    observe = ObserveSettings(metrics_token=Secret(TOKEN))
    return replace(settings, observe=observe)


class Counts:
    """Samples by name and label values."""

    def __init__(self, found: dict[tuple[str, frozenset[str]], float]) -> None:
        self._found = found

    def __call__(self, name: str, *labels: str) -> float:
        return self._found[f"countersign_{name}", frozenset(labels)]


async def exposed(town: Company) -> tuple[str, Counts]:
    """The text that Prometheus gets, and what it says."""
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with town.http.get(f"{town.base_url}/metrics", headers=headers) as answer:
        assert answer.status == 200
        text = await answer.text()
    samples = [s for family in text_string_to_metric_families(text) for s in family.samples]
    return text, Counts({(s.name, frozenset(s.labels.values())): s.value for s in samples})


async def test_the_metrics_count_what_people_did_and_name_nobody(tmp_path: Path) -> None:
    time = Time()
    async with company(tmp_path, change=guarded, at=time) as co:
        key = await co.key("submit", "read")
        made = await co.submit(key, {**ERP, "description": DESCRIPTION})
        await co.slack_click(MARA, await co.slack_card(MARA, "New ERP system"), "Approve")
        other = await co.submit(key, {**SMALL, "title": "Unloved"})
        assert (await co.call("GET", "/metrics"))[0] == 401
        await co.call("GET", "/nowhere/at/all")
        await co.slack_card(MARA, "Unloved")
        time.ahead = 30 * 86_400_000
        await co.app.scheduler.sweep()
        assert (await co.get(key, other["id"]))["status"] == "expired"
        text, found = await exposed(co)
    assert found("requests_total", "pending", "purchase-order") == 1
    assert found("requests_total", "pending", "everyday-purchase") == 1
    assert found("requests_total", "expired", "everyday-purchase") == 1
    assert found("decisions_total", "slack", "approve") == 1
    assert found("vote_seconds_count", "slack") == 1
    assert found("events_total", "finished") == 2
    assert found("tick_lag_seconds_count") >= 2
    assert found("deliveries_total", "slack", "card", "delivered") >= 2
    assert found("delivery_lag_seconds_count", "slack") >= 2
    assert found("http_requests_total", "POST", "/v1/requests", "201") == 2
    assert found("http_requests_total", "POST", "/slack/events", "200") >= 1
    assert found("http_requests_total", "GET", "/metrics", "401") == 1
    assert found("http_requests_total", "GET", "", "404") == 1
    assert found("open_requests", "pending") == 0
    assert found("database_up") == 1
    assert found("findings", "late_scheduler") == 0
    hidden = [made["id"], other["id"], DESCRIPTION, "New ERP system", "@", "nowhere", key]
    assert [each for each in hidden if each in text] == []


async def test_metrics_that_are_off_are_not_there(tmp_path: Path) -> None:
    def off(settings: Settings) -> Settings:
        return replace(settings, observe=ObserveSettings(metrics=False))

    async with company(tmp_path, change=off) as co:
        assert (await co.call("GET", "/metrics"))[0] == 404
        _, document = await co.call("GET", "/openapi.json")
        assert "/metrics" not in document["paths"]
        key = await co.key("submit", "read")
        await co.submit(key, SMALL)
        await co.slack_card(MARA, "Two chairs")


async def test_a_trace_leads_from_the_agent_s_span_to_the_cards(tmp_path: Path) -> None:
    kept, time = Kept(), Time()
    async with company(tmp_path, tracer=kept.tracer, at=time) as co:
        key = await co.key("submit", "read")
        body = {**SMALL, "description": DESCRIPTION}
        made = await co.submit(key, body, traceparent=PARENT, X_Request_Id="call-1")
        await co.slack_reject(MARA, await co.slack_card(MARA, "Two chairs"), REASON)
        await co.get(key, made["id"], wait=10)
        again = await co.submit(key, {**ERP, "title": "Unloved"})
        time.ahead = 30 * 86_400_000
        await co.app.scheduler.sweep()
        assert (await co.get(key, again["id"]))["status"] == "expired"
        await co.until(lambda: _spans(kept, "deliver", **{"countersign.kind": "result"}))
    [call, *_] = await _spans(kept, "POST /v1/requests")
    assert call.parent is not None
    assert f"{call.parent.trace_id:032x}-{call.parent.span_id:016x}" == PARENT[3:-3]
    assert (call.kind, _of(call)["countersign.call"]) == (SpanKind.SERVER, "call-1")
    assert _of(call)["http.response.status_code"] == 201
    mine = {"countersign.request": made["id"]}
    [written, *_] = await _spans(kept, "transact", **mine)
    assert call.context is not None
    assert written.parent is not None
    assert written.parent.span_id == call.context.span_id
    sent, *_ = await _spans(kept, "deliver", **mine)
    assert [link.context.span_id for link in sent.links] == [call.context.span_id]
    assert _of(sent)["countersign.outcome"] == "delivered"
    [tick, *_] = await _spans(kept, "tick")
    assert _of(tick) == {"countersign.claimed": 1, "countersign.failed": 0}
    text = "".join(span.to_json() for span in kept.finished)
    hidden = [DESCRIPTION, REASON, "Two chairs", "Unloved", "@example.com", key]
    assert [each for each in hidden if each in text] == []


def _of(span: ReadableSpan) -> dict[str, Any]:
    return dict(span.attributes or {})


async def _spans(kept: Kept, name: str, **about: str) -> list[ReadableSpan]:
    """Those of this name that say so of themselves, in the order in which they ended."""
    named = [span for span in kept.finished if span.name == name]
    return [span for span in named if about.items() <= _of(span).items()]


async def test_what_a_server_finds_stands_in_its_readiness_and_its_metrics(
    tmp_path: Path,
) -> None:
    time = Time()
    async with company(tmp_path, change=guarded, at=time, relay=False) as co:
        assert set(co.app.oversight.jobs) <= set(co.app.scheduler._jobs)
        key = await co.key("submit", "read", created_at=time())
        await co.submit(key, SMALL)
        await co.app.oversight.watching.look()
        assert (await co.call("GET", "/readyz"))[1] == {"status": "ready"}
        time.ahead = 40_000
        await co.app.scheduler.sweep()
        await co.app.oversight.watching.look()
        status, ready = await co.call("GET", "/readyz")
        assert (status, ready["status"]) == (200, "ready"), "others would find the same"
        [said] = ready["warnings"]
        assert said.startswith("Nobody has taken cards or notices")
        _, found = await exposed(co)
        assert found("findings", "unsent_deliveries") == 1
        co.app.scheduler.last_pass -= 10**6
        status, unready = await co.call("GET", "/readyz")
        assert status == 503, "this one does not work"
        assert unready["detail"].startswith("scheduler: has not finished a pass for")


async def test_spans_reach_a_collector_also_those_of_the_last_seconds(tmp_path: Path) -> None:
    received: list[tuple[str, ExportTraceServiceRequest]] = []

    async def take(request: web.Request) -> web.Response:
        sent = ExportTraceServiceRequest.FromString(await request.read())
        received.append((request.path, sent))
        return web.Response(content_type="application/x-protobuf")

    collector = web.Application()
    collector.router.add_post("/{path:.*}", take)
    async with TestServer(collector) as running:
        env = {"OTEL_EXPORTER_OTLP_ENDPOINT": str(running.make_url("/"))}
        async with served(tmp_path, env=env) as town:
            key = await town.key("submit", "read")
            await town.submit(key, {**SMALL, "description": DESCRIPTION})
            await town.slack_card(MARA, "Two chairs")
            await town.stop()
    assert {path for path, _ in received} == {"/v1/traces"}
    groups = [group for _, sent in received for group in sent.resource_spans]
    names = {span.name for group in groups for each in group.scope_spans for span in each.spans}
    assert {"POST /v1/requests", "transact", "deliver"} <= names
    named = {a.key: a.value.string_value for group in groups for a in group.resource.attributes}
    assert named["service.name"] == "countersign"
    text = str([sent for _, sent in received])
    assert [each for each in (DESCRIPTION, "Two chairs", key, "@example.com") if each in text] == []
