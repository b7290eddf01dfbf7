"""A real approval log (BPI Challenge 2020) played through our rules, case by case.

The log says who did what and when; which optional stages a declaration needed, it does not
say. So each attempt is labelled with the roles that acted in it, and the policy's optional
stages ask for their label.
"""

import gzip
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.documents import read_document
from core.commands import Cancel, CastVote, Command, Facts, Revise, Submit, Tick
from core.content import Action, Content, Revision, Text, row, seal
from core.decide import decide, due
from core.directory.people import Directory, Person
from core.events import Actor, Recorded
from core.policy.text import read_policy
from core.refusals import Refused
from core.request import Decision, RequestState
from core.routing import route
from core.service.drafting import Drafting, revised
from core.submission import Submission

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "approvals"
LOGS = ("domestic-declarations", "request-for-payment")

EMPLOYEE = "employee@example.com"
KEY = "key-1"
ROLES = ("PRE_APPROVER", "ADMINISTRATION", "BUDGET OWNER", "SUPERVISOR", "DIRECTOR")
PEOPLE = Directory(
    [
        Person(email=EMPLOYEE, name="Employee", department="Staff"),
        Person(email="root@example.com", name="Root", groups=("admins",)),
        *(
            Person(email=f"{role.replace(' ', '_').lower()}@example.com", name=role, roles=(role,))
            for role in ROLES
        ),
    ]
)

POLICY = """\
version: 1
calendars:
  office:
    timezone: Europe/Amsterdam
    hours: "09:00-17:00"
    weekdays: [mon, tue, wed, thu, fri]
    holidays: NL
defaults: {expires_in: 1000d, sla: 40h, calendar: office, remind_at: [50%]}
rules:
  - name: declaration
    when: request.action.type == "declaration"
    category: review
    on_reject: request_changes
    max_attempts: 20
    stages:
      - name: PRE_APPROVER
        when: "'PRE_APPROVER' in request.labels"
        approvers: [pre_approver@example.com]
      - name: ADMINISTRATION
        when: "'ADMINISTRATION' in request.labels"
        approvers: [administration@example.com]
      - name: BUDGET OWNER
        when: "'BUDGET OWNER' in request.labels"
        approvers: [budget_owner@example.com]
      - name: SUPERVISOR
        approvers: [supervisor@example.com]
      - name: DIRECTOR
        when: "'DIRECTOR' in request.labels"
        approvers: [director@example.com]
fallback: {category: review, stages: [{name: Review, approvers: ["group:admins"]}]}
last_resort: group:admins
"""
MIRROR = read_policy(read_document(POLICY), POLICY, PEOPLE)


@dataclass(frozen=True)
class Step:
    """One line of the log: when, what ("submit", "approve", "reject", "withdraw"), which role."""

    at: int
    act: str
    role: str


@dataclass
class Case:
    """A case of the log: its steps, and how it ended there."""

    id: str
    amount: float
    steps: list[Step]
    outcome: str


@dataclass
class Played:
    """What became of a case under our rules. `refusals` say what they did not allow, `happened` how
    often each kind of event did, in all of its requests."""

    state: RequestState = field(default_factory=lambda: RequestState(id="R1"))
    contents: dict[str, bytes] = field(default_factory=dict)
    events: list[Recorded] = field(default_factory=list)
    requests: int = 0
    refusals: list[str] = field(default_factory=list)
    happened: Counter[type] = field(default_factory=Counter)


def cases(name: str) -> Iterator[Case]:
    """Every case of a log."""
    with gzip.open(DATA / f"{name}.cases.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            found = json.loads(line)
            steps = [step for event in found["events"] if (step := _step(event)) is not None]
            yield Case(found["case"], found["amount"], steps, _outcome(steps))


def _step(event: list[str]) -> Step | None:
    when, activity, role, _ = event
    at = round(datetime.fromisoformat(when).timestamp() * 1000)
    if "SUBMITTED" in activity:
        return Step(at, "submit", role)
    if "APPROVED by" in activity:
        return Step(at, "approve", role)
    if "REJECTED by EMPLOYEE" in activity:
        return Step(at, "withdraw", role)
    if "REJECTED by" in activity:
        return Step(at, "reject", role)
    return None  # saved but not sent, or the payment that followed


def _outcome(steps: list[Step]) -> str:
    """How the log says it ended, in our words."""
    if not steps:
        return "never submitted"
    last = steps[-1].act
    finals = {"approve": "approved", "reject": "changes_requested", "withdraw": "cancelled"}
    return finals.get(last, "pending")


def play(case: Case) -> Played:
    """The case, step by step, at the log's own times."""
    played = Played()
    for index, step in enumerate(case.steps):
        if step.act == "submit":
            _submit(played, case, index)
        else:
            _act(played, case, index)
    return played


def labels_of(case: Case, index: int) -> tuple[str, ...]:
    """The optional stages that acted until the next submission."""
    roles: list[str] = []
    for step in case.steps[index + 1 :]:
        if step.act == "submit":
            break
        roles.append(step.role)
    return tuple(role for role in ROLES if role in roles and role != "SUPERVISOR")


def _submission(case: Case, index: int) -> Submission:
    return Submission(
        action_type="declaration",
        params={"case": case.id, "attempt": index},
        title=f"Declaration {case.id}",
        amount=f"{case.amount:.2f}",
        requester=EMPLOYEE,
        labels=labels_of(case, index),
    )


def _submit(played: Played, case: Case, index: int) -> None:
    at = case.steps[index].at
    if played.state.is_open and played.state.version:
        _apply(played, lambda: _revise(played, case, index, at), EMPLOYEE, at, case.steps[index])
        return
    played.requests += 1
    played.state = RequestState(id=f"R{played.requests}")
    played.events = []
    submission = _submission(case, index)
    found, amount, rule = route(
        MIRROR, PEOPLE, submission, PEOPLE.people[EMPLOYEE], "agent", (EMPLOYEE,), at
    )
    revision = seal(
        Revision(
            action=Action(type="declaration", params=submission.params),
            title=submission.title,
            requester=EMPLOYEE,
            amount=amount,
            labels=submission.labels,
        )
    )
    content = row(f"{played.state.id}.r1", "00" * 16, revision)
    command = Submit(
        actor=Actor(via="api", agent=KEY),
        agent="agent",
        agent_key=KEY,
        owner=None,
        requester=EMPLOYEE,
        action_type="declaration",
        amount=amount,
        currency=None,
        risk_score=None,
        route=found,
        content=content,
        rationale=Content(id=f"{played.state.id}.a1", salt="00" * 16, body=b"{}"),
        recommendation="approve",
        expires_at=at + rule.expires_in,
    )
    played.contents[content.id] = content.body
    _apply(played, lambda: command, None, at, case.steps[index])


def _revise(played: Played, case: Case, index: int, at: int) -> Command:
    work = Drafting(policy=MIRROR, directory=PEOPLE, salts=("00" * 16, "11" * 16), now=at)
    draft = revised(played.state, played.contents, _submission(case, index), work)
    played.contents[draft.content.id] = draft.content.body
    return Revise(actor=Actor(via="api", agent=KEY), draft=draft, agent_key=KEY)


def _act(played: Played, case: Case, index: int) -> None:
    step = case.steps[index]
    actor = Actor(via="slack", person=EMPLOYEE)
    if step.act == "withdraw":
        # Most that were sent back are withdrawn and then sent again: that is a revision.
        again = any(s.act == "submit" for s in case.steps[index:])
        if not again:
            _apply(played, lambda: Cancel(actor=actor, person=EMPLOYEE), EMPLOYEE, step.at, step)
        return
    person = f"{step.role.replace(' ', '_').lower()}@example.com"
    reason = None
    if step.act == "reject":
        reason = row(f"c{index}", "00" * 16, Text(text="As the log says"))
    vote = CastVote(
        actor=Actor(via="slack", person=person),
        person=person,
        decision=Decision.APPROVE if step.act == "approve" else Decision.REJECT,
        stage=step.role if step.role in ROLES else None,
        comment=reason,
    )
    _apply(played, lambda: vote, person, step.at, step)


def _apply(played: Played, make: Any, person: str | None, at: int, step: Step) -> None:
    who = None if person is None else PEOPLE.person(person)
    facts = Facts(person=who, people=PEOPLE.people)
    waited = due(played.state, facts, at)
    played.state = waited.state
    _happened(played, waited.events)
    try:
        own = decide(played.state, make(), facts, at)
    except Refused as refusal:
        played.refusals.append(f"{step.act} by {step.role}: {refusal.reason.value}")
        return
    if not own.events and not isinstance(make, Tick):
        played.refusals.append(f"{step.act} by {step.role}: repeated")
    played.state = own.state
    _happened(played, own.events)


def _happened(played: Played, events: Sequence[Recorded]) -> None:
    played.events += events
    played.happened.update(type(recorded.event) for recorded in events)
