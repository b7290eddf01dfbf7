"""Asking and reading: one short handler for each route.

Authentication, scopes, bodies and refusals are `endpoint`'s and the server's business.
"""

from typing import Final

from aiohttp import web

from adapters.webhook import answers, incoming, present
from adapters.webhook.call import Call, answer, json
from adapters.webhook.mistakes import Mistaken
from adapters.webhook.schema import ListQuery, SubmitBody, WaitQuery
from core.value import Millis

STILL_GOOD: Final[Millis] = 1000
"""Who waited no longer than this is answered without a second look at their key."""


async def submit(call: Call) -> web.Response:
    body: SubmitBody = call.body
    if body.callback_url is not None:
        try:
            await call.desk.callbacks.accept(body.callback_url, call.caller)
        except Mistaken:
            # What was answered 201 stays so, also where the address would not be taken any more.
            given = call.idempotency
            if given is None:
                raise
            earlier = await call.desk.requests.submitted(call.caller, given)
            if earlier is None:
                raise
            return call.made(earlier)
    made = await call.desk.requests.submit(incoming.submission(body), call.caller, call.idempotency)
    return call.made(made)


async def view(call: Call) -> web.Response:
    query: WaitQuery = call.query
    streams, clock = call.desk.streams, call.desk.clock
    began = clock()
    found = await call.desk.requests.view(call.caller, call.id, query.wait * 1000)
    if not 0 <= clock() - began <= STILL_GOOD:  # the clock may be set back meanwhile
        await streams.recheck(call.caller)
    return json(streams.rendered.seen(call.caller, found))


async def stream(call: Call) -> web.StreamResponse:
    return await call.desk.streams.answer(call.request, call.caller, call.id)


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
