"""A whole state as the page gets it; data only."""

from typing import Any

from tests.playground.page_slack import NOON, slack_state
from tests.playground.page_teams import CAROL_OID, DANA_OID, teams_state

Json = dict[str, Any]


def people() -> list[Json]:
    """Five people: on Slack, on Slack, on Teams, on both, on neither."""
    rows = [
        ("Alice Novak", "alice@example.com", "Product Manager", "U0ALICE", None),
        ("Bob Fischer", "bob@example.com", "Engineering Manager", "U0BOB", None),
        ("Carol Diaz", "carol@example.com", "Finance Analyst", None, CAROL_OID),
        ("Dana Klein", "dana@example.com", "Managing Director", "U0DANA", DANA_OID),
        ("Erin Wolf", "erin@example.com", "Night Guard", None, None),
    ]
    return [
        {
            "name": name,
            "email": email,
            "title": title,
            "slack_user": slack,
            "teams_oid": oid,
            "teams_mri": f"29:{oid}" if oid else None,
            "timezone": "Europe/Berlin",
        }
        for name, email, title, slack, oid in rows
    ]


def state() -> Json:
    """The whole state, revision 1."""
    return {
        "revision": 1,
        "company": "Example Corp",
        "people": people(),
        "slack": slack_state(),
        "teams": teams_state(),
        "mail": {"letters": []},
        "faults": {"slack": {}, "teams": {}, "to_bot": {}},
        "deliveries": [
            {
                "platform": "slack",
                "kind": "block_actions",
                "status": 200,
                "ms": 4.2,
                "at": NOON,
                "error": None,
            }
        ],
    }
