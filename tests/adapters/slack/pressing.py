"""What tests do in the simulated Slack: post a card, press what stands on it, read the answer."""

from typing import Any

from core.card import Card
from core.directory.people import Identity
from core.ports import Delivered
from core.rows import Delivery, Recipient
from tests.adapters.slack import cards
from tests.adapters.slack.conftest import FINANCE, FINN, TEAM, Rig

Json = dict[str, Any]

PERSON = Recipient(platform="slack", id="finn@example.com")
CHANNEL = Recipient(platform="slack", id=FINANCE, kind="channel")
ACCOUNT = Identity(platform="slack", realm=TEAM, account=FINN)


async def posted(rig: Rig, to: Recipient = PERSON, card: Card | None = None) -> dict[str, str]:
    """Post a card and return where it stands."""
    card = card or cards.card()
    delivery = Delivery(request=card.request, to=to, wanted=4, shown=0, attempts=0)
    account = ACCOUNT if to is PERSON else None
    outcome = await rig.platform.channel.show(card, to, account, delivery)
    assert isinstance(outcome, Delivered)
    assert outcome.ref is not None
    return outcome.ref.fields


async def press(
    rig: Rig, what: str, user: str = FINN, to: Recipient = PERSON, card: Card | None = None
) -> Json:
    """Press a button of a card that was just posted."""
    where = await posted(rig, to, card)
    return await rig.act(
        user, "click", channel=where["channel"], ts=where["ts"], action_id=f"countersign_{what}"
    )


async def choose(rig: Rig, label: str, to: Recipient = PERSON, card: Card | None = None) -> Json:
    """Choose from the menu of a card that was just posted, by what its entry says."""
    where = await posted(rig, to, card or cards.card(more=cards.MORE[:5]))
    return await rig.act(
        FINN,
        "select",
        channel=where["channel"],
        ts=where["ts"],
        action_id="countersign_menu",
        value=entry(rig, where, label),
    )


def entry(rig: Rig, where: dict[str, str], label: str) -> str:
    """What the menu of that message carries under a label."""
    message = next(m for m in rig.messages(where["channel"]) if m["ts"] == where["ts"])
    found = [e for b in message["blocks"] for e in b.get("elements", []) if e["type"] == "overflow"]
    options = {o["text"]["text"]: o["value"] for menu in found for o in menu["options"]}
    return str(options[label])


def told(rig: Rig, user: str = FINN) -> list[str]:
    """What this person alone was told, as the text of its one block."""
    found = [e for e in rig.ephemerals if e["user"] == user]
    return [e["blocks"][0]["text"]["text"] for e in found]


def sentence(rig: Rig) -> str:
    """The first text of the modal on top of Finn's screen."""
    shown = rig.modal(FINN)
    assert shown is not None
    return str(shown["blocks"][0]["text"]["text"])


def written(name: str, text: str, number: int = 0) -> Json:
    """A text entered in a form, as Slack's `state.values`."""
    value = {"type": "plain_text_input", "value": text}
    return {f"countersign_field_{number}": {name: value}}


def reason(text: str) -> Json:
    """The only text of a form."""
    return written("reason", text)


def pressed(action: str, value: str, where: dict[str, str]) -> Json:
    """A block_actions payload that somebody made up."""
    return {
        "type": "block_actions",
        "user": {"id": FINN, "team_id": TEAM},
        "team": {"id": TEAM},
        "container": {"type": "message", "message_ts": where["ts"], "channel_id": where["channel"]},
        "channel": {"id": where["channel"]},
        "trigger_id": "1.2.3",
        "actions": [
            {
                "type": "button",
                "action_id": action,
                "block_id": "b",
                "value": value,
                "action_ts": "1",
            }
        ],
    }


def submitted(callback_id: str, metadata: str, values: Json | None = None) -> Json:
    """A view_submission payload that somebody made up."""
    view: Json = {"type": "modal", "callback_id": callback_id, "private_metadata": metadata}
    if values is not None:
        view["state"] = {"values": values}
    return {"type": "view_submission", "user": {"id": FINN, "team_id": TEAM}, "view": view}
