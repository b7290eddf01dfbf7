"""A request as the server shows it: what an agent needs by name, everything else in `raw`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

Json = dict[str, Any]

OPEN: Final = frozenset({"pending", "changes_requested"})
FINAL: Final = frozenset({"approved", "rejected", "expired", "cancelled", "prohibited"})


@dataclass(frozen=True, slots=True)
class Action:
    """What would be done: a kind, as the policy names it, and its parameters as JSON values."""

    type: str
    params: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> Json:
        return {"type": self.type, "params": dict(self.params)}


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it stood when it was read.

    `action` is the revision that stands, with whatever people changed (`edited` names the fields);
    its params are None once they were erased. `token` is there for the key that asked, once it is
    approved, and in no repr, which logs would keep. `by` are the people who decided. `raw` is the
    whole answer.
    """

    id: str
    status: str
    revision: int
    action_type: str
    params: Mapping[str, Any] | None
    edited: tuple[str, ...]
    token: str | None = field(repr=False)
    by: tuple[str, ...]
    reason: str | None
    from_record: bool
    raw: Json = field(repr=False, compare=False)

    @property
    def action(self) -> Action:
        """The action that stands. Raises ValueError once its params were erased."""
        if self.params is None:
            raise ValueError("the parameters of this request were erased")
        return Action(self.action_type, self.params)

    @property
    def is_open(self) -> bool:
        return self.status in OPEN


def read_request(raw: Json) -> Request:
    """The answer of the API. Raises KeyError or TypeError for anything else."""
    decision, feedback = raw.get("decision") or {}, raw.get("feedback") or {}
    said = feedback if raw["status"] == "changes_requested" else decision
    by = said.get("by") or ()
    return Request(
        id=str(raw["id"]),
        status=str(raw["status"]),
        revision=int(raw["revision"]["number"]),
        action_type=str(raw["action"]["type"]),
        params=raw["action"]["params"],
        edited=tuple(raw["revision"].get("edited") or ()),
        token=raw.get("token"),
        by=(by,) if isinstance(by, str) else tuple(by),
        reason=said.get("reason"),
        from_record=bool(raw.get("answered_from_record", False)),
        raw=raw,
    )
