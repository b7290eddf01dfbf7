"""One policy document for tests, and the mistakes that a changed one makes."""

import pytest

from bot.documents import read_document
from core.policy.policy import Policy
from core.policy.text import read_policy
from core.source import Mistakes
from tests.core.builders import DIRECTORY

POLICY = """\
version: 1
defaults: {expires_in: 24h, sla: 60m}
rules:
  - name: purchase-order
    when: request.action.type == "purchase_order"
    category: review
    stages:
      - {name: Manager, approvers: ["manager_of:requester"]}
      - name: Finance
        when: request.amount > 10000
        approvers: ["group:finance"]
        required_role: finance_analyst
fallback: {category: review, stages: [{name: Review, approvers: ["group:admins"]}]}
last_resort: group:admins
"""
CATEGORY = "    category: review\n"
WHEN = "when: request.amount > 10000"
APPROVERS = 'approvers: ["group:finance"]'
ROLE = "required_role: finance_analyst"
FALLBACK = 'fallback: {category: review, stages: [{name: Review, approvers: ["group:admins"]}]}'


def read(text: str = POLICY) -> Policy:
    return read_policy(read_document(text), text, DIRECTORY)


def changed(old: str, new: str) -> str:
    assert old in POLICY
    return POLICY.replace(old, new, 1)


def mistakes(text: str) -> list[str]:
    with pytest.raises(Mistakes) as caught:
        read(text)
    return [str(mistake) for mistake in caught.value.mistakes]
