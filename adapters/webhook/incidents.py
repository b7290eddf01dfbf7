"""`POST /v1/requests/{id}/incidents`: an approval turned out wrong."""

from aiohttp import web

from adapters.webhook.call import Call
from adapters.webhook.schema_acts import IncidentBody


async def report(call: Call) -> web.Response:
    body: IncidentBody = call.body
    acts, said = call.desk.acts, (body.detail, body.kind, body.severity)
    return call.shown(await acts.incident(call.caller, call.id, *said, call.idempotency))
