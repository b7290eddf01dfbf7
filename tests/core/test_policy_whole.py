"""One document that uses most of the language, with a directory as a company has it."""

from bot.documents import read_document
from core.directory.people import Directory
from core.policy.check import Severity, check
from core.policy.policy import Policy
from core.policy.text import read_policy
from tests.core.builders import HOUR, person

TEXT = """\
version: 1
defaults: {expires_in: 24h, sla: 60m, calendar: office}
calendars:
  office: {timezone: Europe/Berlin, hours: "09:00-17:00", weekdays: [mon, tue, wed, thu, fri], holidays: DE-BE}
on_call:
  finance: {people: [fin1@example.com, fin2@example.com], rotate: weekly, from: 2026-01-05T09:00}
rules:
  - name: purchase-order
    when: request.action.type == "purchase_order"
    category: review
    editable: [amount, vendor]
    on_reject: terminate
    stages:
      - {name: Manager, approvers: ["manager_of:requester"], sla: 4h, remind_at: [50%, 90%]}
      - {name: Finance, when: request.amount > 10000, approvers: ["group:finance"], required_role: finance_analyst, escalate_to: ["on_call:finance"]}
      - {name: Director, when: request.amount > 100000, approvers: [director@example.com, deputy@example.com], quorum: 1, required_department: Executive}
  - name: never-delete-customers
    when: request.action.type == "delete_customer"
    category: prohibited
    because: Only a person may delete a customer account.
fallback: {category: review, stages: [{name: Review, approvers: ["group:admins"]}]}
last_resort: group:admins
"""  # noqa: E501 - as people write such files

ANALYST = {"roles": ("finance_analyst",), "groups": ("finance",)}
DIRECTORY = Directory(
    [
        person("alice@example.com", manager="mara@example.com"),
        person("mara@example.com"),
        person("fin1@example.com", **ANALYST),
        person("fin2@example.com", **ANALYST),
        person("director@example.com", department="Executive"),
        person("deputy@example.com", department="Executive"),
        person("ada@example.com", groups=("admins",)),
        person("ivan@example.com", groups=("admins",)),
    ]
)


def read() -> Policy:
    return read_policy(read_document(TEXT), TEXT, DIRECTORY)


def test_it_has_no_mistakes() -> None:
    [rule, never] = read().rules
    assert (rule.editable, never.because is not None) == (("amount", "vendor"), True)
    manager, finance, director = rule.stages
    assert (manager.sla, manager.remind_at) == (4 * HOUR, (2 * HOUR, 36 * HOUR // 10))
    assert {stage.calendar for stage in rule.stages} == {"office"}
    assert (finance.sla, finance.escalate_to) == (HOUR, (("on_call:finance",),))
    assert (director.quorum, director.required_department) == (1, "Executive")


def test_what_is_unwise_in_it_is_told() -> None:
    found = check(read_document(TEXT), TEXT, DIRECTORY)
    assert {finding.severity for finding in found} == {Severity.WARNING}
    assert [(finding.line, finding.message.split(",")[0]) for finding in found] == [
        (2, "the stages of 'fallback' may take 113h by their working hours"),
        (2, "the stages of 'purchase-order' may take 118h by their working hours"),
        (15, "this level of 'escalate_to' asks nobody who was not asked before"),
    ]
