"""What another policy would have made of past requests.

Each request is routed again as its present revision stands, with today's directory. One whose
content was erased cannot be: it is counted, never guessed.
"""

from collections import Counter
from collections.abc import Iterable
from enum import StrEnum

from msgspec.structs import replace

from core.content import Revision, read_revision
from core.directory.people import Directory
from core.policy.policy import Policy
from core.refusals import Refused
from core.request import RequestState, Status
from core.route import Category, Route, StagePlan
from core.routing import route
from core.rows import Snapshot
from core.rules.eligibility import approvers, asking
from core.rules.quorum import needed
from core.submission import Submission, as_submitted, lookup
from core.value import Millis, Value


class Change(StrEnum):
    """How the other policy differs for one request."""

    SAME = "same"
    OTHER_PEOPLE = "other_people"
    REVIEWED_MORE = "reviewed_more"
    REVIEWED_LESS = "reviewed_less"
    AUTO_APPROVED = "auto_approved"
    PROHIBITED = "prohibited"
    REFUSED = "refused"
    NOT_COMPARABLE = "not_comparable"


class Asked(Value, frozen=True):
    """A stage that asks people: how many must approve, and who may."""

    stage: str
    quorum: int
    people: tuple[str, ...]


class Routed(Value, frozen=True):
    """What a policy says of a request."""

    rule: str
    category: Category
    stages: tuple[Asked, ...] = ()

    @property
    def seats(self) -> int:
        return sum(stage.quorum for stage in self.stages)


class Compared(Value, frozen=True):
    """One request under both policies.

    `would_need` are stages of the other policy that nobody who approved may decide: of an
    approved request these people would have been needed besides. `problem` says why it would
    be refused or cannot be compared.
    """

    request: str
    status: Status
    change: Change
    before: Routed
    after: Routed | None = None
    would_need: tuple[Asked, ...] = ()
    problem: str | None = None


class Report(Value, frozen=True):
    """All requests compared, and how many of each change; every change has its count."""

    policy_version: str
    counts: dict[str, int]
    requests: tuple[Compared, ...]


def backtest(
    policy: Policy, directory: Directory, snapshots: Iterable[Snapshot], now: Millis
) -> Report:
    """Compare past requests with what `policy` says of them; `now` only says who is on call."""
    compared = tuple(
        found for past in snapshots if (found := compare(policy, directory, past, now))
    )
    counted = Counter(found.change for found in compared)
    return Report(
        policy_version=policy.version,
        counts={change.value: counted[change] for change in Change},
        requests=compared,
    )


def compare(policy: Policy, directory: Directory, past: Snapshot, now: Millis) -> Compared | None:
    """One request under the other policy; None for one that was never submitted."""
    state = past.state
    if state.route is None:
        return None
    bare = Compared(state.id, state.status, Change.NOT_COMPARABLE, _routed(state.route))
    revision = _revision(past)
    if revision is None:
        return replace(bare, problem="its content was erased")
    requester = None if state.requester is None else directory.person(state.requester)
    if requester is None and state.requester is not None:
        return replace(bare, problem=f"{state.requester} is not in the directory any more")
    try:
        found, _, _ = route(
            policy,
            directory,
            _submission(revision, state.route),
            requester,
            state.agent,
            tuple(asking(state)),
            now,
        )
    except Refused as refused:
        return replace(bare, change=Change.REFUSED, problem=refused.sentence)
    after = _routed(found)
    change, missing = _change(bare.before, after), _would_need(state, found, after)
    if change is Change.REVIEWED_LESS and _passes(found):
        change = Change.AUTO_APPROVED
    return replace(bare, change=change, after=after, would_need=missing)


def _revision(past: Snapshot) -> Revision | None:
    body = past.contents.get(past.state.content)
    return None if not body else read_revision(body)


def _submission(revision: Revision, pinned: Route) -> Submission:
    """The request as it was sent: an amount that was taken from the params stands there."""
    inside = lookup(revision.action.params, pinned.amount_from or "amount")
    sent = as_submitted(revision)
    return sent if inside is None else replace(sent, amount=None)


def _routed(found: Route) -> Routed:
    stages = found.stages if found.category is Category.REVIEW else ()
    asked = tuple(_asked(plan) for plan in stages if plan.auto is None)
    return Routed(rule=found.rule, category=found.category, stages=asked)


def _passes(found: Route) -> bool:
    """Whether a review asks nobody, since every stage approves by itself."""
    return found.category is Category.REVIEW and all(p.auto == "approve" for p in found.stages)


def _asked(plan: StagePlan) -> Asked:
    people = dict.fromkeys(p for entry in plan.entries for p in entry.people)
    return Asked(plan.name, needed(plan.entries, plan.quorum), tuple(people))


def _change(before: Routed, after: Routed) -> Change:
    if before.category is not after.category:
        if after.category is Category.PROHIBITED:
            return Change.PROHIBITED
        if after.category is Category.AUTO_APPROVE:
            return Change.AUTO_APPROVED
        prohibited = before.category is Category.PROHIBITED
        return Change.REVIEWED_LESS if prohibited else Change.REVIEWED_MORE
    if before.seats != after.seats:
        more = after.seats > before.seats
        return Change.REVIEWED_MORE if more else Change.REVIEWED_LESS
    if [set(s.people) for s in before.stages] != [set(s.people) for s in after.stages]:
        return Change.OTHER_PEOPLE
    return Change.SAME


def _would_need(state: RequestState, found: Route, after: Routed) -> tuple[Asked, ...]:
    """Stages that those who approved may not decide, or too few of them."""
    if state.status is not Status.APPROVED:
        return ()
    free = approvers(state)
    missing: list[Asked] = []
    for stage in after.stages:
        able = [person for person in stage.people if person in free]
        if found.different_approvers:
            free -= set(able[: stage.quorum])
        if len(able) < stage.quorum:
            missing.append(stage)
    return tuple(missing)
