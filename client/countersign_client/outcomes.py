"""How a request ended, or what it waits for from the agent: one type for each, to match on."""

from dataclasses import dataclass, field

from countersign_client.request import Action, Request


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of it. `sentence` says it in words."""

    request: Request

    @property
    def sentence(self) -> str:
        by = ", ".join(self.request.by)
        told = f"{self.request.status.replace('_', ' ')}{f' by {by}' if by else ''}"
        return f"{told}: {self.request.reason}" if self.request.reason else told


@dataclass(frozen=True, slots=True)
class Approved(Outcome):
    """People, or the policy, approved `action`: run this one, with what they changed."""

    token: str = field(repr=False)

    @property
    def action(self) -> Action:
        return self.request.action

    @property
    def edited(self) -> tuple[str, ...]:
        """The fields that an approver changed."""
        return self.request.edited


@dataclass(frozen=True, slots=True)
class Rejected(Outcome):
    """Somebody said no; `reason` says why."""

    @property
    def reason(self) -> str | None:
        return self.request.reason


@dataclass(frozen=True, slots=True)
class ChangesRequested(Outcome):
    """It waits for a revision by the agent, which answers `reason`."""

    @property
    def reason(self) -> str | None:
        return self.request.reason


@dataclass(frozen=True, slots=True)
class Expired(Outcome):
    """Nobody decided in time."""


@dataclass(frozen=True, slots=True)
class Cancelled(Outcome):
    """It was withdrawn."""


@dataclass(frozen=True, slots=True)
class Prohibited(Outcome):
    """The policy forbids it, whoever asks."""

    @property
    def reason(self) -> str | None:
        return self.request.reason


_OTHERS: dict[str, type[Outcome]] = {
    "rejected": Rejected,
    "changes_requested": ChangesRequested,
    "expired": Expired,
    "cancelled": Cancelled,
    "prohibited": Prohibited,
}


def outcome_of(request: Request) -> Outcome | None:
    """The outcome; None while it is pending, and of an approval whose token is not shown to this
    key."""
    if request.status == "approved":
        return None if request.token is None else Approved(request, request.token)
    kind = _OTHERS.get(request.status)
    return None if kind is None else kind(request)
