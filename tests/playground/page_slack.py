"""The Slack half of a state as the page gets it, with the cards approvals have; data only."""

from typing import Any

Json = dict[str, Any]

NOON = 1_795_262_400
BOT = "U0BOT"
ALICE_DM, BOB_DM, DANA_DM, FINANCE = "D0ALICE", "D0BOB", "D0DANA", "C0FINANCE"


def plain(text: str) -> Json:
    """A plain_text object."""
    return {"type": "plain_text", "text": text, "emoji": True}


def mrkdwn(text: str) -> Json:
    """A mrkdwn object."""
    return {"type": "mrkdwn", "text": text}


def section(text: str, **beside: Any) -> Json:
    """A section with mrkdwn text."""
    return {"type": "section", "block_id": f"s{len(text)}", "text": mrkdwn(text), **beside}


def button(text: str, action_id: str, **beside: Any) -> Json:
    """A Block Kit button."""
    return {"type": "button", "text": plain(text), "action_id": action_id, **beside}


CONFIRM = {
    "title": plain("Approve 120,000.00 EUR?"),
    "text": mrkdwn("This is *high risk* (72 of 100)."),
    "confirm": plain("Approve"),
    "deny": plain("Back"),
}


def decision_buttons(confirm: Json | None = None) -> Json:
    """The row of buttons of a card that waits for a decision."""
    asked = {"confirm": confirm} if confirm else {}
    return {
        "type": "actions",
        "block_id": "decide",
        "elements": [
            button("Approve", "approve", style="primary", value="r1:2:1:1", **asked),
            button("Reject", "reject", style="danger", value="r1:2:1:1"),
            button("Request changes", "changes", value="r1:2:1:1"),
            button("Delegate", "delegate", value="r1:2:1:1"),
        ],
    }


def pending_blocks() -> list[Json]:
    """A card as an approver sees it before the decision."""
    menu = {
        "type": "overflow",
        "action_id": "more",
        "options": [
            {"text": plain("View full action"), "value": "full"},
            {"text": plain("Show history"), "value": "history"},
        ],
    }
    fields = [
        "*Vendor*\nNorthwind ERP GmbH",
        "*Amount*\n120,000.00 EUR",
        "*Requester*\n<@U0ALICE>",
        "*Risk*\n:large_orange_circle: 72 of 100",
        "*Deadline*\n<!date^1795276800^{date_short_pretty} at {time}|2026-11-21 16:00 UTC>",
        "*Rule*\npurchase-order",
    ]
    why = (
        "*Why*\n> The current system loses support in March; R&amp;D and Sales wait for it.\n"
        "• Budget line `IT-2026-07` covers it\n• Same vendor as <https://example.com/po/88|PO 88>"
    )
    stages = (
        "*Stages*\n:white_check_mark: Manager: <@U0BOB> approved\n"
        ":hourglass_flowing_sand: Finance: waits for <!subteam^S1|@finance>\n"
        "~Director~ _after Finance_"
    )
    return [
        {"type": "header", "block_id": "h", "text": plain("Approval needed: New ERP system")},
        {
            "type": "context",
            "block_id": "c",
            "elements": [mrkdwn(":robot_face: *procurement-agent* asks for <@U0ALICE>")],
        },
        {"type": "section", "block_id": "f", "fields": [mrkdwn(text) for text in fields]},
        {"type": "divider", "block_id": "d"},
        section(why, accessory=menu),
        section(stages),
        decision_buttons(CONFIRM),
        {
            "type": "context",
            "block_id": "id",
            "elements": [mrkdwn("`req_01J9ZK4T7Q` · revision 2 · sha256 `4be1…90aa`")],
        },
    ]


def decided_blocks() -> list[Json]:
    """The same card once it is over."""
    return [
        {"type": "header", "block_id": "h", "text": plain("Approved: Team laptops")},
        section(":white_check_mark: *Approved* by <@U0BOB> · 2,400.00 EUR"),
    ]


def message(ts: str, user: str, text: str, blocks: list[Json] | None = None) -> Json:
    """A Slack message as the state carries it."""
    return {
        "ts": ts,
        "user": user,
        "text": text,
        "blocks": blocks or [],
        "thread_ts": None,
        "edited": False,
        "metadata": None,
    }


def im(id_: str, user: str, messages: list[Json]) -> Json:
    """A person's direct message with the app."""
    return {"id": id_, "kind": "im", "user": user, "name": "", "messages": messages}


def text_input(**beside: Any) -> Json:
    """A plain_text_input."""
    return {"type": "plain_text_input", "action_id": "text", **beside}


def reject_modal() -> Json:
    """The form that asks why."""
    kinds = ["Too expensive", "Wrong vendor", "Not needed"]
    options = [{"text": plain(kind), "value": kind.lower()} for kind in kinds]
    return {
        "id": "V1",
        "type": "modal",
        "title": plain("Reject the request"),
        "submit": plain("Reject"),
        "close": plain("Cancel"),
        "hash": "1.1",
        "blocks": [
            section("*New ERP system* · 120,000.00 EUR"),
            {
                "type": "input",
                "block_id": "reason",
                "label": plain("Reason"),
                "hint": plain("The requester and the agent will see it."),
                "element": text_input(
                    multiline=True, placeholder=plain("What has to be different?")
                ),
            },
            {
                "type": "input",
                "block_id": "kind",
                "optional": True,
                "label": plain("Kind"),
                "element": {"type": "static_select", "action_id": "pick", "options": options},
            },
            {
                "type": "input",
                "block_id": "notify",
                "optional": True,
                "label": plain("Tell"),
                "element": {"type": "users_select", "action_id": "who"},
            },
        ],
    }


def slack_state() -> Json:
    """The Slack half."""
    asked = message(f"{NOON}.000100", BOT, "Approval needed: New ERP system", pending_blocks())
    over = message(f"{NOON}.000050", BOT, "Approved: Team laptops", decided_blocks())
    said = message(
        f"{NOON}.000040", "U0BOB", "/approvals is quicker than mail :slightly_smiling_face:"
    )
    result = message(f"{NOON}.000200", BOT, "*Team laptops* was approved by <@U0BOB>.")
    channel = {
        "id": FINANCE,
        "kind": "channel",
        "user": None,
        "name": "finance",
        "messages": [message(f"{NOON}.000060", BOT, "Approved: Team laptops", decided_blocks())],
    }
    conversations = [
        im(ALICE_DM, "U0ALICE", [result]),
        im(BOB_DM, "U0BOB", [said, over, asked]),
        im(DANA_DM, "U0DANA", []),
        channel,
    ]
    return {
        "bot_user": BOT,
        "channels": [{"id": FINANCE, "name": "finance", "members": ["U0BOB", "U0DANA"]}],
        "conversations": {one["id"]: one for one in conversations},
        "ephemerals": [],
        "modals": {},
        "homes": {},
    }
