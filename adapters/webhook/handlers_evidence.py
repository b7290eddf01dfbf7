"""The trail as evidence: checkpoints, and everything as one stream of lines."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

from aiohttp import AsyncIterablePayload, web

from adapters.webhook import answers_rules as answers
from adapters.webhook.call import JSON, Call
from adapters.webhook.mistakes import Mistake, Mistaken
from adapters.webhook.problems import Answered, HttpReason, problem
from adapters.webhook.schema_rules import CheckpointsQuery, ExportQuery
from core.audit.ports import Evidence, EvidenceBusy
from core.value import encode

LINES = "application/x-ndjson"


async def export(call: Call) -> web.Response:
    """The first piece is made before the answer begins, so that what is wrong can be said."""
    query: ExportQuery = call.query
    pieces = _evidence(call).export(query.since)
    try:
        first = await anext(pieces)
    except ValueError as error:
        remedy = "Send a position that the trail has reached, or leave it out."
        raise Mistaken([Mistake("since", "is not there yet", remedy)]) from error
    except EvidenceBusy as error:
        raise Answered(problem(HttpReason.UNAVAILABLE)) from error
    name = {"Content-Disposition": 'attachment; filename="countersign-audit.jsonl"'}
    return web.Response(
        body=AsyncIterablePayload(_all(first, pieces), content_type=LINES),
        headers=name,
    )


async def checkpoints(call: Call) -> web.Response:
    query: CheckpointsQuery = call.query
    found = await _evidence(call).checkpoints(query.cursor, query.limit)
    more = len(found) == query.limit
    page = answers.CheckpointList(
        items=tuple(found), next_cursor=str(found[-1].checkpoint.number) if more else None
    )
    # Canonical, so that each item is the very text that its signature is about.
    return web.Response(body=encode(page), content_type=JSON)


def _evidence(call: Call) -> Evidence:
    if call.desk.evidence is None:
        raise Answered(problem(HttpReason.NO_EVIDENCE))
    return call.desk.evidence


async def _all(first: bytes, rest: Any) -> AsyncIterator[bytes]:
    """Both, closing what makes them also when whoever reads goes away."""
    async with aclosing(rest):
        yield first
        async for piece in rest:
            yield piece
