"""What is measured: the bench's own company, its policy, its keys and what its agent sends.

The policy is the three-stage purchase-order rule. Every measured request is for an amount
that needs its first stage only, so one decision is final.
"""

import json
import secrets
from pathlib import Path
from typing import Any

from bot.signing_keys import new_pem

TENANT = "7d1c7f0a-1f0e-4c8e-9a3c-5b8f2d6e4a10"
TEAM = "T0BENCH"
APP_ID = "22222222-0000-4000-8000-000000000001"
REQUESTER = "alice@example.com"
MANAGER = "mia@example.com"
MANAGER_SLACK = "U0MIA"
MANAGER_TEAMS = "11111111-0000-4000-8000-000000000002"

SUBMIT_SAID = (
    "Body of 1.1 KB with an Idempotency-Key; a rule with 3 stages, of which this amount needs "
    "the first\n  (5 CEL conditions are asked); its one approver is to get a Slack and a Teams "
    "card."
)
DECIDE_SAID = (
    "Each decision is on another request of the runs above, approves its only stage and so ends "
    "it; its floors\n  read the request's row and change it guarded by its version."
)
SERVED_SAID = (
    "The product is served as `countersign serve` does, Slack and Teams on, but with its relay "
    "off: sending\n  is bound by the platforms' own rates. It answers with the whole request, "
    "the floors with its id.\n  Its audit trail is kept meanwhile: every 2 s its one writer also "
    "numbers the new events, and checkpoints\n  of them are signed; what it counts for its "
    "dashboard waits for a lull. The floors do nothing of the\n  kind."
)

POLICY = """\
version: 1
defaults: {expires_in: 24h, sla: 4h}
rules:
  - name: never-delete-customers
    when: request.action.type == "delete_customer"
    category: prohibited
    because: Only a person may delete a customer account.
  - name: small-purchases
    when: request.action.type == "purchase_order" && request.amount < 50
    category: auto_approve
  - name: purchase-order
    when: request.action.type == "purchase_order"
    category: review
    stages:
      - {name: Manager, approvers: ["manager_of:requester"]}
      - name: Finance
        when: request.amount > 10000
        approvers: ["group:finance"]
        required_role: finance_analyst
      - name: Director
        when: request.amount > 100000
        approvers: [dora@example.com, dan@example.com]
        required_department: Executive
fallback: {category: review, stages: [{name: Review, approvers: ["group:admins"]}]}
last_resort: group:admins
"""

_PEOPLE: tuple[dict[str, Any], ...] = (
    {"email": REQUESTER, "name": "Alice Adams", "manager": MANAGER, "slack": "U0ALICE"},
    {
        "email": MANAGER,
        "name": "Mia Meyer",
        "slack": MANAGER_SLACK,
        "teams": MANAGER_TEAMS,
        "cards": "all",
    },
    {
        "email": "finn@example.com",
        "name": "Finn Fischer",
        "groups": ["finance"],
        "roles": ["finance_analyst"],
        "slack": "U0FINN",
    },
    {"email": "dora@example.com", "name": "Dora Diaz", "department": "Executive"},
    {"email": "dan@example.com", "name": "Dan Doyle", "department": "Executive"},
    {"email": "ada@example.com", "name": "Ada Admin", "groups": ["admins"], "slack": "U0ADA"},
)


more_people: list[dict[str, Any]] = []
"""Who belongs to the company in one part of the bench only."""


def write_files(folder: Path) -> tuple[Path, Path]:
    """The policy and the directory as files; JSON is YAML."""
    policy, directory = folder / "policy.yaml", folder / "directory.yaml"
    policy.write_text(POLICY)
    directory.write_text(
        json.dumps({"people": [_entry(person) for person in (*_PEOPLE, *more_people)]})
    )
    return policy, directory


def _entry(person: dict[str, Any]) -> dict[str, Any]:
    entry = {name: value for name, value in person.items() if name not in ("slack", "teams")}
    identities: dict[str, Any] = {}
    if "slack" in person:
        identities["slack"] = {"team": TEAM, "user": person["slack"]}
    if "teams" in person:
        identities["teams"] = {"tenant": TENANT, "aad_object_id": person["teams"]}
    return {**entry, "identities": identities} if identities else entry


def _signing_key(folder: Path) -> Path:
    """A key file of the folder's own: servers on PostgreSQL share one."""
    path = folder / "bench.signing-key.pem"
    if not path.exists():
        path.touch(0o600)
        path.write_text(new_pem())
    return path


def submission(number: int) -> dict[str, Any]:
    """What the agent sends; no two are alike."""
    return {
        "action": {
            "type": "purchase_order",
            "params": {
                "purpose": f"Ergonomic chairs for floor {number}",
                "vendor": "Office Example GmbH",
                "amount": 840 + number % 1000,
                "cost_center": "CC-4711",
                "delivery": {"street": "Example Street 12", "city": "Berlin", "zip": "10115"},
                "items": [
                    {"sku": "CH-1001", "text": "Chair, grey, adjustable", "quantity": 2},
                    {"sku": "CH-2002", "text": "Arm rest, pair", "quantity": 2},
                ],
            },
        },
        "title": f"Two ergonomic chairs, order {number}",
        "description": (
            "The two chairs at the window desks are broken and cannot be repaired. The vendor "
            "is the one we have a frame contract with, and the price is the contract's. Finance "
            "has seen the offer; delivery takes four working days from the order."
        ),
        "requester": REQUESTER,
        "currency": "EUR",
        "risk_score": 10,
        "labels": ["office", "furniture"],
        "context": {
            "reasoning": (
                "The facility ticket asks for a replacement this month. Frame contract 2291 "
                "covers it, the cost centre has budget left, and no other order is open."
            ),
            "confidence": 0.92,
            "links": ["https://tickets.example.com/FAC-1234"],
            "validation": {"score": 0.97, "issues": []},
        },
    }


def environment(folder: Path, platforms: str, dsn: str | None = None) -> dict[str, str]:
    """The settings of a server whose files lie in the folder; `platforms` is a playground's
    address, `dsn` a database other than the folder's own. The secrets open nothing but this
    run's own processes."""
    policy, directory = write_files(folder)
    return {
        "COUNTERSIGN_DATABASE_URL": dsn or f"sqlite:///{folder}/countersign.db",
        "COUNTERSIGN_SIGNING_KEY": str(_signing_key(folder)),
        "COUNTERSIGN_POLICY": str(policy),
        "COUNTERSIGN_DIRECTORY": str(directory),
        "COUNTERSIGN_RATE": "off",  # one key calls as fast as the server answers
        "SLACK_BOT_TOKEN": f"xoxb-{secrets.token_hex(16)}",
        "SLACK_SIGNING_SECRET": secrets.token_hex(16),
        "SLACK_API_URL": f"{platforms}/slack/api/",
        "SLACK_PACE": "0",  # clicks are measured here, not the limits of Slack
        "TEAMS_PACE": "0",
        "MICROSOFT_APP_ID": APP_ID,
        "MICROSOFT_APP_PASSWORD": secrets.token_hex(16),
        "MICROSOFT_APP_TYPE": "SingleTenant",
        "MICROSOFT_APP_TENANT_ID": TENANT,
        "MICROSOFT_OPENID_METADATA_URL": f"{platforms}/teams/v1/.well-known/openidconfiguration",
        "MICROSOFT_LOGIN_URL": f"{platforms}/teams/login",
    }
