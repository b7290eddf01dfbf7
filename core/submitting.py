"""Submit as a pure function of what the store loaded: idempotency, routing, decision."""

from collections.abc import Callable
from dataclasses import dataclass

from core.access import Caller, require_requester, require_valid
from core.audience import Platforms, audience, planned, results
from core.commands import Facts, Submit
from core.content import Action, Content, Revision, row, seal
from core.decide import decide
from core.directory import Directory, Person
from core.eligibility import pinned
from core.events import Actor
from core.evolve import fold
from core.idempotency import Given, is_replay, remembered
from core.policy import Policy, Rule
from core.ports import Changes, Delivery, Loaded
from core.rationale import rationale
from core.refusals import invalid
from core.request import RequestState, Route
from core.routing import route
from core.submission import Submission, check_currency, check_numbers
from core.value import Millis


@dataclass(frozen=True, kw_only=True, slots=True)
class Submitting:
    """Everything one submission needs, gathered before the transaction."""

    request_id: str
    submission: Submission
    caller: Caller
    idempotency: Given | None
    policy: Policy
    directory: Directory
    platforms: Platforms
    clock: Callable[[], Millis]
    salts: tuple[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Made:
    """What came of it: the state, or the id of the request an earlier try had made."""

    state: RequestState
    contents: dict[str, bytes]
    deliveries: tuple[Delivery, ...] = ()
    replay_of: str | None = None


def submit(work: Submitting, loaded: Loaded) -> Changes[Made]:
    """The changes that a submission leads to. Raises Refused, and then nothing is stored."""
    now = work.clock()
    require_valid(loaded.key, now)
    earlier = loaded.idempotency
    if earlier is not None and is_replay(earlier, work.idempotency, None):
        made = Made(state=loaded.state, contents={}, replay_of=earlier.request)
        return Changes(result=made)
    requester = require_requester(work.caller, work.submission.requester, work.directory)
    _check(work.submission)
    found, amount, rule = route(
        work.policy,
        work.directory,
        work.submission,
        requester,
        work.caller.key_name,
        {p for p in (_email(requester), work.caller.owner, work.caller.person) if p},
    )
    contents, advice = _contents(work, requester, amount, found, now)
    command = Submit(
        actor=Actor(via="api", agent=work.caller.key_id, person=work.caller.person),
        agent=work.caller.key_name,
        agent_key=work.caller.key_id,
        owner=work.caller.owner,
        requester=_email(requester),
        action_type=work.submission.action_type,
        amount=amount,
        currency=work.submission.currency,
        risk_score=work.submission.risk_score,
        route=found,
        content=contents[0],
        rationale=contents[1],
        recommendation=advice,
        expires_at=now + _lifetime(work.submission, rule),
    )
    return _changes(work, command, contents, now)


def _changes(
    work: Submitting,
    command: Submit,
    contents: tuple[Content, Content],
    now: Millis,
) -> Changes[Made]:
    start = RequestState(id=work.request_id)
    here = work.directory.people
    people = {p: here[p] for p in pinned(command.route) if p in here}
    events = decide(start, command, Facts(people=people), now)
    state = fold(start, events)
    everyone = audience(state, work.directory, work.platforms)
    made = Made(
        state=state,
        contents={c.id: c.body for c in contents},
        deliveries=planned(state, (), everyone),
    )
    return Changes(
        result=made,
        state=state,
        events=tuple(events),
        content=contents,
        audience=everyone,
        outbox=results(state, events, work.directory, work.platforms),
        idempotency=remembered(work.idempotency, work.caller.key_id, work.request_id, 201, now),
    )


def _email(person: Person | None) -> str | None:
    return None if person is None else person.email


def _check(submission: Submission) -> None:
    check_currency(submission.currency)
    check_numbers(submission.params, "action.params")
    check_numbers(submission.context, "context")
    if submission.previous_request_id is not None:
        raise invalid(
            "previous_request_id",
            "linking attempts is not supported by this version",
            "Leave it out and submit a new request.",
        )


def _contents(
    work: Submitting, requester: Person | None, amount: str | None, found: Route, now: Millis
) -> tuple[tuple[Content, Content], str]:
    submission = work.submission
    revision = Revision(
        action=Action(type=submission.action_type, params=submission.params),
        title=submission.title,
        description=submission.description,
        requester=_email(requester),
        amount=amount,
        currency=submission.currency,
        risk_score=submission.risk_score,
        labels=submission.labels,
        context=submission.context,
    )
    advice = rationale(revision, found, now)
    try:
        sealed = seal(revision)
    except ValueError as error:
        raise invalid("action.params", str(error), "Send such numbers as strings.") from error
    shown = row(f"{work.request_id}.r1", work.salts[0], sealed)
    reasons = row(f"{work.request_id}.a1", work.salts[1], advice)
    return (shown, reasons), advice.recommendation


def _lifetime(submission: Submission, rule: Rule) -> Millis:
    if submission.expires_in is None:
        return rule.expires_in
    if submission.expires_in > rule.expires_in:
        limit = rule.expires_in // 60_000
        raise invalid(
            "expires_in",
            f"is longer than policy rule {rule.name} allows ({limit} minutes)",
            "Send a shorter time, or leave it out.",
        )
    return submission.expires_in
