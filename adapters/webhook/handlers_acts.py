"""Acts on a request, as the person or agent of the key: one short handler for each route."""

from aiohttp import web

from adapters.webhook import revising
from adapters.webhook.call import Call
from adapters.webhook.schema_acts import (
    BreakGlassBody,
    CommentBody,
    DecisionBody,
    DelegationBody,
    ExecutionBody,
    ReasonBody,
    ReassignBody,
    RedeemBody,
    RevisionBody,
)
from core.content import Action


async def decide(call: Call) -> web.Response:
    body: DecisionBody = call.body
    found = await call.desk.acts.decide(
        call.caller,
        call.id,
        body.decision,
        body.comment,
        body.stage,
        body.revision,
        body.round,
        revising.edits(body.edits),
        call.idempotency,
    )
    return call.shown(found)


async def withdraw_vote(call: Call) -> web.Response:
    return call.shown(await call.desk.acts.withdraw_vote(call.caller, call.id))


async def break_glass(call: Call) -> web.Response:
    body: BreakGlassBody = call.body
    acts = call.desk.acts
    found = await acts.break_glass(
        call.caller, call.id, body.reason, body.revision, call.idempotency
    )
    return call.shown(found)


async def revise(call: Call) -> web.Response:
    body: RevisionBody = call.body
    seen = await call.desk.requests.view(call.caller, call.id)
    submission = revising.submission(seen, body)
    base = seen.state.revision if body.revision is None else body.revision
    found = await call.desk.acts.revise(call.caller, call.id, submission, base, call.idempotency)
    return call.shown(found)


async def delegate(call: Call) -> web.Response:
    body: DelegationBody = call.body
    acts = call.desk.acts
    return call.shown(
        await acts.delegate(call.caller, call.id, body.to, body.reason, call.idempotency)
    )


async def reassign(call: Call) -> web.Response:
    body: ReassignBody = call.body
    acts, people = call.desk.acts, (body.from_, body.to)
    return call.shown(
        await acts.reassign(call.caller, call.id, *people, body.reason, call.idempotency)
    )


async def comment(call: Call) -> web.Response:
    body: CommentBody = call.body
    acts = call.desk.acts
    return call.shown(
        await acts.comment(call.caller, call.id, body.text, body.question, call.idempotency)
    )


async def nudge(call: Call) -> web.Response:
    return call.shown(await call.desk.acts.nudge(call.caller, call.id, call.idempotency))


async def escalate(call: Call) -> web.Response:
    body: ReasonBody = call.body
    acts = call.desk.acts
    return call.shown(await acts.escalate(call.caller, call.id, body.reason, call.idempotency))


async def cancel(call: Call) -> web.Response:
    body: ReasonBody = call.body
    acts = call.desk.acts
    return call.shown(await acts.cancel(call.caller, call.id, body.reason, call.idempotency))


async def execution(call: Call) -> web.Response:
    body: ExecutionBody = call.body
    acts = call.desk.acts
    return call.shown(
        await acts.execution(call.caller, call.id, body.outcome, body.detail, call.idempotency)
    )


async def revoke_token(call: Call) -> web.Response:
    body: ReasonBody = call.body
    acts = call.desk.acts
    return call.shown(await acts.revoke_token(call.caller, call.id, body.reason, call.idempotency))


async def redeem(call: Call) -> web.Response:
    body: RedeemBody = call.body
    action = Action(type=body.action.type, params=body.action.params)
    return call.shown(
        await call.desk.acts.redeem(call.caller, body.token, action, call.idempotency)
    )
