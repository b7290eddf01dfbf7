"""The tool calls that interrupt a run of the OpenAI Agents SDK, and how they are asked for."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from countersign_client.arguments import Signature, as_json
from countersign_client.asking import Ask, Told, ask_for
from countersign_client.frameworks import missing
from countersign_client.outcomes import Approved
from countersign_client.request import Action
from countersign_client.tokens import digest

try:
    from agents import ToolApprovalItem
except ImportError as error:
    raise missing("openai-agents", error) from error

CallKey = tuple[str, str, str]
"""A call of a tool: its name, the call's id, and the arguments as the model wrote them."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for a run; keep it beside the state's JSON (`asdict` and `Asked(**found)`).

    `calls` has the request of each call's id; `open` the request that
    waits for a revision, by the name of the tool whose next call will be it.
    """

    calls: dict[str, str] = field(default_factory=dict)
    open: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Wording:
    """How the calls of one tool are asked for; `signature` only of a tool of ours."""

    action: str
    title: Told
    more: Mapping[str, Any]
    signature: Signature | None = None

    def ask(self, item: ToolApprovalItem) -> Ask:
        """Raises TypeError, ValueError or KeyError for arguments that cannot be asked for."""
        given = json.loads(call_key(item)[2])
        if not isinstance(given, dict):
            raise TypeError("arguments have names")
        ours = self.signature
        params = as_json(given, "arguments") if ours is None else ours.params((), given)
        return ask_for(Action(self.action, params), self.title, self.more)

    def refusal(self, item: ToolApprovalItem, approved: Approved) -> str | None:
        """Why the call cannot run with this approval; a tool of ours runs with an approver's edits,
        any other one only as the model called it."""
        # By digests: to Python, 1 and True would be the same.
        if digest(self.ask(item).action) == digest(approved.action):
            return None
        if approved.action.type != self.action or not approved.edited:
            return "Not run: what was approved is not this call."
        if self.signature is not None:
            return None
        params = json.dumps(dict(approved.action.params), ensure_ascii=False)
        return f"Not run: it was approved with other arguments, and only with them: {params}"


def plainly(name: str, action: str, more: Mapping[str, Any]) -> Wording:
    """For a tool that says nothing of itself: its name and the arguments are the title."""
    return Wording(action, lambda given: f"{name} {dict(given)}", more)


def call_key(item: ToolApprovalItem) -> CallKey:
    """Which call it is that waits."""
    return (item.name or "", item.call_id or "", item.arguments or "")
