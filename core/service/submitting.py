"""Submit as a pure function of what the store loaded: idempotency, routing, decision."""

from core.callbacks import callback_content
from core.commands import Submit
from core.content import Action, Content, Revision, Text, is_plain, row, sealed_row
from core.decide import decide
from core.directory.people import Person
from core.limits import Quota, counted
from core.policy.own import OWN_KEY, is_reserved
from core.policy.policy import Policy, Rule
from core.rationale import rationale
from core.refusals import Reason, Refused, invalid
from core.request import RequestState, Status
from core.route import Route
from core.routing import route
from core.rows import Changes, Delivery, KeyDay, Loaded
from core.service.access import Caller, require_requester, require_usable, unknown
from core.service.applying import Done, Surroundings, changes
from core.service.idempotency import Given, is_replay, remembered
from core.service.loop_guard import is_approved_by_people, still_answers
from core.submission import Submission, check_currency, check_numbers
from core.value import Millis, Parcel, encode

FROM_RECORD = 200
"""The HTTP status kept with an answer that made no request, where a new one has 201."""

FOLLOWABLE = frozenset({Status.REJECTED, Status.EXPIRED, Status.CANCELLED})
"""How a request must have ended for another to take it up."""


class Submitting(Parcel, frozen=True):
    """Everything one submission needs, gathered before the transaction. There are three `salts`,
    or two where nobody is called back.

    `day` is the one whose quota it uses; `chain` are the ids of the attempts that led to the
    request it follows, that one included; what has been asked before never changes.
    """

    request_id: str
    submission: Submission
    caller: Caller
    idempotency: Given | None
    policy: Policy
    salts: tuple[str, ...]
    day: str = ""
    chain: frozenset[str] = frozenset()


class Made(Parcel, frozen=True):
    """What came of it: the state, or the id of the request that is the answer `instead`."""

    state: RequestState
    contents: dict[str, bytes]
    deliveries: tuple[Delivery, ...] = ()
    instead: str | None = None
    from_record: bool = False
    quota: Quota | None = None


def submit(work: Submitting, around: Surroundings, loaded: Loaded) -> Changes[Made]:
    """The changes that a submission leads to. Raises Refused, and then nothing is stored."""
    require_usable(work.caller, loaded.key, around.now)
    earlier = loaded.idempotency
    if earlier is not None and is_replay(earlier, work.idempotency, None):
        made = Made(
            state=loaded.state,
            contents={},
            instead=earlier.request,
            from_record=earlier.status == FROM_RECORD,
        )
        return Changes(result=made)
    directory = around.directory
    requester = require_requester(work.caller, work.submission.requester, directory)
    plain = _check(work.submission, work.caller)
    found, amount, rule = route(
        work.policy,
        directory,
        work.submission,
        requester,
        work.caller.key_name,
        tuple(p for p in (_email(requester), work.caller.owner, work.caller.person) if p),
        around.now,
    )
    if (answered := _from_record(work, loaded, rule, around.now)) is not None:
        return answered
    day = counted(loaded.key, loaded.submissions, work.day)
    contents, advice = _contents(work, requester, amount, found, around.now, plain)
    command = Submit(
        actor=work.caller.actor,
        agent=work.caller.key_name,
        agent_key=work.caller.key_id,
        owner=work.caller.owner,
        requester=_email(requester),
        previous=work.submission.previous_request_id,
        attempt=_attempt(work, loaded, rule),
        action_type=work.submission.action_type,
        amount=amount,
        currency=work.submission.currency,
        risk_score=work.submission.risk_score,
        route=found,
        content=contents[0],
        rationale=contents[1],
        recommendation=advice,
        expires_at=around.now + _lifetime(work, rule),
        callback=contents[2] if len(contents) > 2 else None,
    )
    return _changes(work, loaded, command, contents, around, day)


def _changes(
    work: Submitting,
    loaded: Loaded,
    command: Submit,
    contents: tuple[Content, ...],
    around: Surroundings,
    day: KeyDay | None,
) -> Changes[Made]:
    start = RequestState(id=work.request_id)
    fresh = Loaded(state=start, standing=loaded.standing, frozen=loaded.frozen)
    own = decide(start, command, around.facts(fresh, None), around.now)
    done = Done(state=own.state, contents={c.id: c.body for c in contents})
    found = changes(done, fresh, own.events, contents, around)
    quota = None if day is None else Quota(limit=day.limit, used=loaded.submissions + 1)
    made = Made(
        state=own.state,
        contents=done.contents,
        deliveries=found.result.deliveries,
        quota=quota,
    )
    return Changes(
        result=made,
        state=own.state,
        events=found.events,
        content=contents,
        audience=found.audience,
        held=found.held,
        outbox=found.outbox,
        callbacks=found.callbacks,
        idempotency=remembered(
            work.idempotency, work.caller.key_id, work.request_id, 201, around.now
        ),
        counted=day,
    )


# --- attempts ----------------------------------------------------------------------------


def _from_record(work: Submitting, loaded: Loaded, rule: Rule, now: Millis) -> Changes[Made] | None:
    """The answer to an agent that asks again for what was rejected, without saying so: to name
    another request than one that led on from the rejected one says nothing of it."""
    known = loaded.refusal
    if known is None or known.request in work.chain or not still_answers(known, rule, now):
        return None
    made = Made(state=loaded.state, contents={}, instead=known.request, from_record=True)
    return Changes(
        result=made,
        idempotency=remembered(
            work.idempotency, work.caller.key_id, known.request, FROM_RECORD, now
        ),
    )


def _attempt(work: Submitting, loaded: Loaded, rule: Rule) -> int:
    """The place of this request in its chain of attempts. Raises Refused."""
    wanted = work.submission.previous_request_id
    if wanted is None:
        return 1
    previous = loaded.previous
    if previous is None or previous.agent_key != work.caller.key_id:
        raise unknown(wanted)
    if not can_be_followed(previous):
        raise Refused(Reason.CANNOT_FOLLOW, previous=wanted, status=previous.status.value)
    if loaded.follower is not None:
        raise Refused(Reason.ALREADY_FOLLOWED, previous=wanted, follower=loaded.follower)
    if previous.attempt >= rule.max_attempts:
        raise Refused(Reason.TOO_MANY_ATTEMPTS, limit=str(rule.max_attempts))
    return previous.attempt + 1


def can_be_followed(previous: RequestState) -> bool:
    """What a rule prohibited or approved leads nowhere, but people may have sent back another
    revision of it before: whoever asks for that again has no other request to name."""
    if previous.status in {Status.PROHIBITED, Status.APPROVED}:
        return bool(previous.declined) and not is_approved_by_people(previous)
    return previous.status in FOLLOWABLE


# --- parts -------------------------------------------------------------------------------


def _email(person: Person | None) -> str | None:
    return None if person is None else person.email


def _check(submission: Submission, caller: Caller) -> bool:
    """Raises Refused. Whether its params and its context are plain JSON, as `is_plain` says."""
    if is_reserved(submission.action_type) and caller.key_id != OWN_KEY:
        remedy = "Use another type of action."
        raise invalid("action.type", "is kept for Countersign itself", remedy)
    check_currency(submission.currency)
    if is_plain(submission.params) and is_plain(submission.context):
        return True
    check_numbers(submission.params, "action.params")
    check_numbers(submission.context, "context")
    return False


def _contents(
    work: Submitting,
    requester: Person | None,
    amount: str | None,
    found: Route,
    now: Millis,
    plain: bool,
) -> tuple[tuple[Content, ...], str]:
    """The revision, the advice and the agent's address, if it gave one; and what is advised."""
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
        shown = sealed_row(f"{work.request_id}.r1", work.salts[0], revision, plain)
    except ValueError as error:
        raise invalid("action.params", str(error), "Send such numbers as strings.") from error
    # It holds texts and small whole numbers alone, of which sorted JSON is canonical as it is.
    reasons = Content(id=f"{work.request_id}.a1", salt=work.salts[1], body=encode(advice))
    if submission.callback_url is None:
        return (shown, reasons), advice.recommendation
    address = row(
        callback_content(work.request_id), work.salts[2], Text(text=submission.callback_url)
    )
    return (shown, reasons, address), advice.recommendation


def _lifetime(work: Submitting, rule: Rule) -> Millis:
    submission = work.submission
    if submission.expires_in is None:
        return rule.expires_in
    if submission.expires_in > rule.expires_in:
        if work.caller.chat is not None:
            return rule.expires_in  # a person says by when they need it, not how long it may take
        limit = rule.expires_in // 60_000
        raise invalid(
            "expires_in",
            f"is longer than policy rule {rule.name} allows ({limit} minutes)",
            "Send a shorter time, or leave it out.",
        )
    return submission.expires_in
