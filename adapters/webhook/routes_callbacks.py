"""The route for callbacks that did not arrive."""

from aiohttp import web

from adapters.webhook import answers
from adapters.webhook.call import Call, answer
from adapters.webhook.operation import Operation
from core.refusals import Reason


async def replay(call: Call) -> web.Response:
    found = await call.desk.requests.view(call.caller, call.id)
    queued = await call.desk.callbacks.replay(found.state, call.caller)
    return answer(answers.CallbacksReplayed(queued=queued))


CALLBACKS: tuple[Operation, ...] = (
    Operation(
        id="replayCallbacks",
        method="POST",
        path="/v1/requests/{id}/callbacks/replay",
        summary="Have callbacks sent again",
        about=(
            "Those of the request that were given up, and the newest one also if it was delivered; "
            "what waits for its next try is tried at once. For a receiver that was down for too "
            "long or lost what it had. Each comes with the `webhook-id` that it had, so asking "
            "twice does no harm. Only the key that asked, or an administrator's."
        ),
        handler=replay,
        scopes=("submit",),
        answer=answers.CallbacksReplayed,
        refusals=(Reason.UNKNOWN_REQUEST, Reason.NOT_THE_AGENT),
    ),
)
