"""The tools as an MCP server: lists them, checks what is given, and tells a model what failed.

https://modelcontextprotocol.io/specification/2025-11-25/server/tools
"""

import logging
from collections.abc import Callable
from importlib.metadata import version
from typing import Any, Final

from mcp.server import Server, ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
    TextContent,
)
from pydantic import ValidationError

from countersign_client.errors import (
    CountersignError,
    NotApproved,
    Refused,
    TokenProblem,
    Unavailable,
)
from countersign_client.mcp_server.acting import Acts, Progress, Told
from countersign_client.mcp_server.fence import visible
from countersign_client.mcp_server.standing import told
from countersign_client.mcp_server.tools import ENTRIES, INSTRUCTIONS

Context = ServerRequestContext[Any, Any]
Calling = Callable[[Context, Progress], Acts]
"""The tools for whoever makes this call."""

_log = logging.getLogger("countersign_client.mcp_server")

_TOKENS: Final = {
    "used": (
        "This approval was used already. Do not run the action: it was, or could have been, run "
        "then. If you do not know what came of it, ask a person. For another run, ask anew."
    ),
    "expired": "The approval has expired. Do not run the action; ask anew.",
    "revoked": "The approval was revoked. Do not run the action; ask a person why.",
}
_STATUS: Final = {
    401: (
        "Nothing was done, do not run the action, and do not try again: tell whoever runs you that "
        "the key needs to be replaced."
    ),
    403: "Nothing was done; do not run the action. Tell whoever runs you; trying again is no use.",
    404: (
        "Nothing was done; do not run the action. Use the request_id that request_approval gave "
        "to you."
    ),
    409: "Nothing was done; do not run the action. See with check_request how it stands now.",
    422: "Nothing was sent to people; do not run the action. Correct the arguments and call again.",
}


def server(calling: Calling) -> Server[dict[str, Any]]:
    """An MCP server; `calling` says with which key a call is made. Raises nothing."""

    async def listed(_: Context, __: PaginatedRequestParams | None) -> ListToolsResult:
        return ListToolsResult(tools=[entry.as_tool() for entry in ENTRIES.values()])

    async def called(context: Context, params: CallToolRequestParams) -> CallToolResult:
        return await _call(calling, context, params)

    return Server(
        "countersign",
        version=version("countersign-client"),
        title="Countersign",
        instructions=INSTRUCTIONS,
        on_list_tools=listed,
        on_call_tool=called,
    )


async def _call(
    calling: Calling, context: Context, params: CallToolRequestParams
) -> CallToolResult:
    entry = ENTRIES.get(params.name)
    if entry is None:
        raise MCPError(INVALID_PARAMS, f"There is no tool {visible(params.name[:100])!r}.")
    try:
        given = entry.given.model_validate(params.arguments or {})
        found = await entry.act(calling(context, context.session.report_progress), given)
    except ValidationError as error:
        return _failed(f"{_wrong(error)} Nothing was sent. Correct it and call {entry.name} again.")
    except CountersignError as error:
        return _failed(explained(error))
    except Exception:
        # Its text could hold anything, so it stays here.
        _log.exception("The tool %s failed", entry.name)
        return _failed("The MCP server failed. Do not run the action; tell whoever runs you.")
    return CallToolResult(
        content=[TextContent(text=told(found))],
        structured_content=found.model_dump(mode="json"),
    )


def explained(error: CountersignError) -> str:
    """What a model should know of what was raised, and do."""
    match error:
        case Refused(status=status):
            return f"{error} {_STATUS.get(status, _STATUS[409])}"
        case TokenProblem(kind=kind):
            return _TOKENS.get(kind, f"{error} Do not run the action; ask anew.")
        case NotApproved():
            return f"{error} Do not run the action."
        case Unavailable():
            return (
                f"{error} Whether it counted is not known. Do not run the action. Call again with "
                "exactly the same arguments in a while: nobody is asked twice."
            )
        case Told():
            return str(error)
        case _:
            return f"{error} Do not run the action."


def _wrong(error: ValidationError) -> str:
    """Each wrong argument by its name, without the value that was sent."""
    each = [(".".join(map(str, found["loc"])), found["msg"]) for found in error.errors()]
    return "; ".join(f"{name or 'arguments'}: {why}" for name, why in each) + "."


def _failed(text: str) -> CallToolResult:
    return CallToolResult(content=[TextContent(text=visible(text))], is_error=True)
