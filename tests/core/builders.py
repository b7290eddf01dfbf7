"""Requests, policies and people for tests: defaults that can be overridden one by one."""

from dataclasses import replace as with_fields
from typing import Any

from msgspec.structs import replace

from core.commands import Binding, Submit
from core.content import Action, Content, Revision, row, seal
from core.decide import COMMITMENT_SHOWN
from core.directory.people import Directory, Identity, Person
from core.events import Actor
from core.policy.policy import Policy, Rule, StageRule
from core.request import RequestState
from core.route import Category, Entry, Route, StagePlan

NOW = 1_800_000_000_000
HOUR = 3_600_000
DAY = 24 * HOUR

ALICE = "alice@example.com"
MARA = "mara@example.com"
FINN = "finn@example.com"
FAYE = "faye@example.com"
DANA = "dana@example.com"
ADA = "ada@example.com"

AGENT = Actor(via="api", agent="key-1")


def person(email: str, **fields: Any) -> Person:
    name = email.partition("@")[0].capitalize()
    slack = Identity(platform="slack", realm="T1", account=f"U-{name}")
    given: dict[str, Any] = {"email": email, "name": name, "identities": (slack,)}
    return Person(**given | fields)


PEOPLE = (
    person(ALICE, manager=MARA, department="Engineering"),
    person(MARA, department="Engineering"),
    person(FINN, department="Finance", roles=("finance_analyst",), groups=("finance",)),
    person(FAYE, department="Finance", roles=("finance_analyst",), groups=("finance",)),
    person(DANA, department="Executive"),
    person(ADA, groups=("admins",)),
)
DIRECTORY = Directory(PEOPLE)


def stage(level: int, name: str, *people: str, **fields: Any) -> StagePlan:
    entries = tuple(Entry(ref=p, people=(p,)) for p in people)
    given: dict[str, Any] = {"level": level, "name": name, "entries": entries}
    return StagePlan(**given | fields)


MANAGER = stage(1, "Manager", MARA)
LADDER = stage(1, "Manager", MARA, escalate_to=((Entry(ref=ADA, people=(ADA,)),),))
"""The same with somebody whom those concerned may have asked too."""
FINANCE = stage(
    2,
    "Finance",
    entries=(Entry(ref="group:finance", people=(FINN, FAYE)),),
    required_role="finance_analyst",
)
DIRECTOR = stage(3, "Director", DANA)
LAST_RESORT = (Entry(ref="group:admins", people=(ADA,)),)


def a_route(*stages: StagePlan, **fields: Any) -> Route:
    given: dict[str, Any] = {
        "rule": "purchase-order",
        "policy_version": "v1",
        "category": Category.REVIEW,
        "stages": stages or (MANAGER, FINANCE, DIRECTOR),
        "last_resort": LAST_RESORT,
    }
    return Route(**given | fields)


def a_revision(**fields: Any) -> Revision:
    given: dict[str, Any] = {
        "action": Action(
            type="purchase_order", params={"purpose": "New ERP system", "amount": 120000}
        ),
        "title": "New ERP system",
        "requester": ALICE,
        "amount": "120000",
    }
    return seal(Revision(**given | fields))


def content(id: str, value: Any) -> Content:
    return row(id, "00" * 16, value)


def a_submit(route: Route | None = None, **fields: Any) -> Submit:
    given: dict[str, Any] = {
        "actor": AGENT,
        "agent": "purchasing",
        "agent_key": "key-1",
        "owner": None,
        "requester": ALICE,
        "action_type": "purchase_order",
        "amount": "120000",
        "currency": None,
        "risk_score": None,
        "route": route or a_route(),
        "content": content("R1.r1", a_revision()),
        "rationale": Content(id="R1.a1", salt="00" * 16, body=b"{}"),
        "recommendation": "review",
        "expires_at": NOW + DAY,
    }
    return Submit(**given | fields)


def shown(state: RequestState, **fields: Any) -> Binding:
    """What a card of this state is bound to."""
    current = state.current
    assert current is not None
    binding = Binding(
        request=state.id,
        revision=state.revision,
        commitment=state.commitment[:COMMITMENT_SHOWN],
        level=current.plan.level,
        round=current.round,
    )
    return replace(binding, **fields)


def a_rule(name: str = "purchase-order", **fields: Any) -> Rule:
    stages = (StageRule(name="Manager", approvers=("manager_of:requester",)),)
    rule = Rule(name=name, category=Category.REVIEW, stages=stages, expires_in=DAY)
    return with_fields(rule, **fields)


def a_policy(*rules: Rule, **fields: Any) -> Policy:
    fallback = a_rule("fallback", stages=(StageRule(name="Review", approvers=("group:admins",)),))
    policy = Policy(
        version="v1",
        text="",
        rules=rules or (a_rule(),),
        fallback=fallback,
        last_resort=("group:admins",),
    )
    return with_fields(policy, **fields)


def with_changed(email: str, **fields: object) -> Directory:
    """Today's directory, in which one person is not as they were."""
    changed = replace(DIRECTORY.people[email], **fields)
    return Directory([changed if p.email == email else p for p in PEOPLE])
