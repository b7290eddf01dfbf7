"""The Teams half of a state as the page gets it, with the cards approvals have; data only."""

from typing import Any

Json = dict[str, Any]

NOON = 1_795_262_400
CAROL_CHAT, DANA_CHAT, TEAMS_FINANCE = "a:carol", "a:dana", "19:finance@thread.tacv2"
CAROL_OID, DANA_OID = "oid-carol", "oid-dana"


def card_action(title: str, verb: str, **beside: Any) -> Json:
    """An Action.Execute."""
    return {
        "type": "Action.Execute",
        "title": title,
        "verb": verb,
        "data": {"request": "r1"},
        **beside,
    }


def pending_card(**beside: Any) -> Json:
    """An Adaptive Card as an approver sees it before the decision."""
    facts = [
        ("Vendor", "Northwind ERP GmbH"),
        ("Amount", "120,000.00 EUR"),
        ("Requester", "Alice Novak"),
        ("Deadline", "{{DATE(2026-11-21T16:00:00Z, SHORT)}} {{TIME(2026-11-21T16:00:00Z)}}"),
    ]
    reason = {
        "type": "Input.Text",
        "id": "reason",
        "label": "Reason",
        "isRequired": True,
        "isMultiline": True,
        "errorMessage": "A reason is required.",
        "placeholder": "What has to be different?",
    }
    reject = card_action("Send rejection", "reject", style="destructive")
    body: list[Json] = [
        {
            "type": "ColumnSet",
            "columns": [
                {
                    "type": "Column",
                    "width": "stretch",
                    "items": [
                        {
                            "type": "TextBlock",
                            "text": "Approval needed: New ERP system",
                            "size": "Large",
                            "weight": "Bolder",
                            "wrap": True,
                        },
                        {
                            "type": "TextBlock",
                            "text": "procurement-agent asks for **Alice Novak**",
                            "isSubtle": True,
                            "spacing": "None",
                            "wrap": True,
                        },
                    ],
                },
                {
                    "type": "Column",
                    "width": "auto",
                    "verticalContentAlignment": "Center",
                    "items": [
                        {
                            "type": "TextBlock",
                            "text": "Risk 72",
                            "color": "Attention",
                            "weight": "Bolder",
                        }
                    ],
                },
            ],
        },
        {"type": "FactSet", "facts": [{"title": title, "value": value} for title, value in facts]},
        {
            "type": "Container",
            "style": "emphasis",
            "items": [
                {
                    "type": "TextBlock",
                    "text": "Recommendation: look closely",
                    "weight": "Bolder",
                    "wrap": True,
                },
                {
                    "type": "TextBlock",
                    "text": "- 8 times the usual amount\n- vendor known since 2021\n- [PO 88](https://example.com/po/88)",
                    "wrap": True,
                },
            ],
        },
        {
            "type": "Container",
            "id": "details",
            "isVisible": False,
            "items": [
                {
                    "type": "TextBlock",
                    "text": "Revision 2, digest 4be1…90aa",
                    "fontType": "Monospace",
                }
            ],
        },
    ]
    actions: list[Json] = [
        card_action("Approve", "approve", style="positive", associatedInputs="none"),
        {
            "type": "Action.ShowCard",
            "title": "Reject",
            "style": "destructive",
            "card": {"type": "AdaptiveCard", "body": [reason], "actions": [reject]},
        },
        {"type": "Action.ToggleVisibility", "title": "Details", "targetElements": ["details"]},
        {"type": "Action.OpenUrl", "title": "Open", "url": "https://example.com/r/1"},
    ]
    return {"type": "AdaptiveCard", "version": "1.5", "body": body, "actions": actions, **beside}


def decided_card() -> Json:
    """The card once it is over."""
    text = "✅ Approved by **Carol Diaz** · 14:05"
    box = {
        "type": "Container",
        "style": "good",
        "items": [{"type": "TextBlock", "text": text, "wrap": True}],
    }
    return {"type": "AdaptiveCard", "version": "1.5", "body": [box]}


def activity(id_: str, sender: str, text: str = "", card: Json | None = None) -> Json:
    """A Teams message as the state carries it."""
    kind = "application/vnd.microsoft.card.adaptive"
    attachments = [{"contentType": kind, "content": card}] if card else []
    return {
        "id": id_,
        "root": None,
        "from": sender,
        "text": text,
        "attachments": attachments,
        "edited": False,
        "at": NOON + int(id_),
    }


def chat(id_: str, oid: str, activities: list[Json]) -> Json:
    """A person's chat with the bot."""
    return {
        "id": id_,
        "kind": "personal",
        "oid": oid,
        "name": "",
        "members": [oid],
        "activities": activities,
    }


def teams_state() -> Json:
    """The Teams half."""
    conversations = [
        chat(
            CAROL_CHAT,
            CAROL_OID,
            [
                activity("1", CAROL_OID, "queue"),
                activity("2", "bot", "You have **1** request to decide."),
                activity("3", "bot", "", pending_card()),
            ],
        ),
        chat(DANA_CHAT, DANA_OID, [activity("4", "bot", "", decided_card())]),
        {
            "id": TEAMS_FINANCE,
            "kind": "channel",
            "oid": None,
            "name": "Finance",
            "members": [CAROL_OID, DANA_OID],
            "activities": [activity("5", "bot", "", decided_card())],
        },
    ]
    return {
        "bot": {"id": "28:app", "name": "Countersign"},
        "installed": [CAROL_OID, DANA_OID],
        "conversations": {one["id"]: one for one in conversations},
        "views": {},
        "notices": [],
    }
