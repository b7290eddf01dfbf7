"""The policy as code, and standing delegations: one short handler for each route."""

import asyncio

from aiohttp import web

from adapters.webhook import answers_rules as answers
from adapters.webhook import incoming, present_rules
from adapters.webhook.call import JSON, Call, answer
from adapters.webhook.schema import SubmitBody
from adapters.webhook.schema_rules import (
    AbsenceBody,
    AbsencesQuery,
    BacktestBody,
    PolicyBody,
    PolicyQuery,
    VersionsQuery,
)
from core.policy.backtest import backtest as compared
from core.policy.explain import explain as explained
from core.refusals import Reason, Refused
from core.service.access import require_requester
from core.service.governing import past_requests, without_mistakes

YAML = ("text/yaml", "application/yaml")
"""RFC 9512 registers the second; the first is older and still what many send."""


async def policy(call: Call) -> web.Response:
    query: PolicyQuery = call.query
    found = await _version(call, query.version)
    kind = _wanted(call.request.headers.get("Accept", ""))
    if kind is None:
        return answer(found)
    headers = {"X-Policy-Version": found.version}
    return web.Response(
        body=found.text.encode(), content_type=kind, charset="utf-8", headers=headers
    )


async def put_policy(call: Call) -> web.Response:
    body: PolicyBody = call.body
    # Compiling the conditions of a long policy takes seconds, in which others are answered.
    put = await asyncio.to_thread(call.desk.governance.good, body.text)
    await call.desk.governance.adopt(put, call.caller.actor, call.caller)
    call.desk.use(put)
    return answer(answers.Policy(put.version, put.text, "database"))


async def versions(call: Call) -> web.Response:
    query: VersionsQuery = call.query
    rows = await call.desk.past.policies(query.limit)
    return answer(present_rules.versions(rows, call.desk.policy().version))


async def explain(call: Call) -> web.Response:
    """As if the key itself asked: it learns nothing that a submission would not tell it."""
    body: SubmitBody = call.body
    desk, caller = call.desk, call.caller
    submission, rules = incoming.submission(body), desk.policy()
    requester = require_requester(caller, submission.requester, desk.directory())
    others = tuple(p for p in (caller.owner, caller.person) if p is not None)
    found = explained(
        rules, desk.directory(), submission, requester, caller.key_name, desk.clock(), others
    )
    return answer(present_rules.explanation(found, rules.version))


async def backtest(call: Call) -> web.Response:
    body: BacktestBody = call.body
    desk = call.desk
    # Reading a policy and routing many requests keep a processor busy for a while.
    other = await asyncio.to_thread(without_mistakes, desk.governance.read, body.text)
    past = await past_requests(desk.past.past, body.last)
    found = await asyncio.to_thread(compared, other, desk.directory(), past, desk.clock())
    return answer(present_rules.report(found))


async def absences(call: Call) -> web.Response:
    query: AbsencesQuery = call.query
    person = None if query.person is None else query.person.lower()
    found = await call.desk.absences.listed(person, call.caller.actor, call.caller)
    now = call.desk.clock()
    items = tuple(present_rules.absence(each, now) for each in found)
    return answer(answers.AbsenceList(items=items, next_cursor=None))


async def set_absence(call: Call) -> web.Response:
    body: AbsenceBody = call.body
    giver = body.from_ or call.caller.person
    if giver is None:
        raise Refused(Reason.NO_PERSON)
    wish = incoming.wish(body, giver)
    made = await call.desk.absences.set(wish, call.caller.actor, call.caller, call.idempotency)
    headers = {"Location": f"/v1/delegations/{made.id}"}
    return answer(present_rules.absence(made, call.desk.clock()), status=201, headers=headers)


async def end_absence(call: Call) -> web.Response:
    ended = await call.desk.absences.end(call.absence, call.caller.actor, call.caller)
    return answer(present_rules.absence(ended, call.desk.clock()))


def _wanted(accept: str) -> str | None:
    """The form of YAML that is named before JSON, if one is."""
    named = (part.partition(";")[0].strip().lower() for part in accept.split(","))
    first = next((kind for kind in named if kind in (*YAML, JSON, "*/*")), JSON)
    return first if first in YAML else None


async def _version(call: Call, version: str | None) -> answers.Policy:
    desk = call.desk
    current = desk.policy()
    if version is None or version == current.version:
        from_file = desk.governance.from_file
        return answers.Policy(current.version, current.text, "file" if from_file else "database")
    row = await desk.past.policy_text(version)
    if row is None:
        raise Refused(Reason.UNKNOWN_POLICY, version=version)
    return answers.Policy(row.version, row.text, "file" if row.by == "file" else "database")
