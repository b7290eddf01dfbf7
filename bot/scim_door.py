"""Who may call SCIM: a key of ours with the one scope for it, looked at as for any other call."""

from collections.abc import Callable
from typing import Final

from aiohttp import web

from adapters.scim.app import Enter
from adapters.scim.errors import Turned
from adapters.webhook.call import Call
from adapters.webhook.door import Door, Watch
from adapters.webhook.operation import Operation
from adapters.webhook.problems import Answered, of_refusal
from core.events import Actor
from core.ports import Keys
from core.refusals import Reason, Refused
from core.value import Millis

SCOPE: Final = "directory"
"""The one scope that opens SCIM: a key for anything else does not, nor does an administrator's."""


def entering(keys: Keys, clock: Callable[[], Millis], watch: Watch) -> Enter:
    """Lets in whoever has such a key, and counts the call as a use of it."""
    door = Door(keys, clock, watch)

    async def enter(request: web.Request) -> Actor:
        try:
            caller = await door.enter(request, _OPERATION)
            if not caller.has(SCOPE):
                raise Refused(Reason.SCOPE_MISSING, scope=SCOPE)
        except Refused as refused:
            found = of_refusal(refused)
            wanted = {"WWW-Authenticate": "Bearer"} if found.status == 401 else {}
            raise Turned(found.status, found.detail, headers=wanted) from refused
        except Answered as answered:
            raise Turned(answered.problem.status, answered.problem.detail) from answered
        return caller.actor

    return enter


async def _never(_: Call) -> web.StreamResponse:
    raise AssertionError("SCIM has handlers of its own")


_OPERATION: Final = Operation(
    id="scim",
    method="*",
    path="/scim/v2",
    summary="Keep people and groups.",
    about="As an identity provider does it.",
    handler=_never,
    scopes=(SCOPE,),
    answer=None,
    or_admin=False,
)
"""As what such calls count among the key's uses."""
