"""Asking and reading: one short handler for each route.

Authentication, scopes, bodies and refusals are `endpoint`'s and the server's business.
"""

from aiohttp import web

from adapters.webhook import answers, incoming, present
from adapters.webhook.call import Call, answer
from adapters.webhook.schema import ListQuery, SubmitBody, WaitQuery


async def submit(call: Call) -> web.Response:
    body: SubmitBody = call.body
    made = await call.desk.requests.submit(incoming.submission(body), call.caller, call.idempotency)
    return call.made(made)


async def view(call: Call) -> web.Response:
    query: WaitQuery = call.query
    return call.seen(await call.desk.requests.view(call.caller, call.id, query.wait * 1000))


async def listed(call: Call) -> web.Response:
    query: ListQuery = call.query
    requests = call.desk.requests
    found = await requests.listed(call.caller, incoming.list_filter(query, call.caller.person))
    items = tuple(present.request(i, estimate=requests.estimate(i.state)) for i in found.items)
    return answer(answers.RequestList(items=items, next_cursor=found.next_cursor))


async def events(call: Call) -> web.Response:
    links, contents = await call.desk.requests.events(call.caller, call.id)
    return answer(present.trail(links, contents))


async def attempts(call: Call) -> web.Response:
    chain = await call.desk.requests.attempts(call.caller, call.id)
    return answer(answers.AttemptList(items=tuple(chain), next_cursor=None))
