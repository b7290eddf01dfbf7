"""What there is to see after the storm: the cards in every place, the trail in the database."""

import json
from collections import Counter

from core.audit.chain import broken_at
from tests.e2e.company import Json, Town, slack_labels, teams_titles

Cards = dict[str, list[Json]]
"""The cards of one request in one platform, oldest first, by conversation."""


def slack_cards(state: Json, title: str) -> Cards:
    """Every card about this title in Slack."""
    found: Cards = {}
    for conversation in state["slack"]["conversations"].values():
        for message in conversation["messages"]:
            if message["metadata"] is not None and title in json.dumps(message["blocks"]):
                there = found.setdefault(conversation["id"], [])
                there.append(message | {"channel": conversation["id"]})
    return found


def teams_cards(state: Json, title: str) -> Cards:
    """Every card about this title in Teams."""
    found: Cards = {}
    for conversation in state["teams"]["conversations"].values():
        for activity in conversation["activities"]:
            if activity["attachments"] and title in json.dumps(activity["attachments"]):
                there = found.setdefault(conversation["id"], [])
                there.append(activity | {"conversation": conversation["id"]})
    return found


def says(card: Json, text: str) -> bool:
    """Whether a card of either platform says this."""
    return text in json.dumps(card.get("blocks") or card["attachments"], ensure_ascii=False)


def buttons(card: Json) -> list[str]:
    """What can be pressed on a card of either platform."""
    return slack_labels(card) if "blocks" in card else teams_titles(card)


async def everything_is_delivered(town: Town) -> bool:
    """Whether no card and no notice is on its way any more."""
    cards, notices = await town.storage.deliveries.undelivered()
    return not cards and not notices


async def trail_holds(town: Town, request_id: str) -> bool:
    """Whether the stored trail is whole and adds up to the stored state."""
    found = await town.storage.store.snapshot(request_id)
    assert found is not None, f"request {request_id} is lost"
    links = await town.storage.store.links(request_id)
    intact = broken_at(request_id, [(link.body, link.hash) for link in links]) is None
    return intact and len(links) == found.state.version


async def event_types(town: Town, request_id: str) -> Counter[str]:
    """How often each thing happened to a request."""
    return Counter(link.type for link in await town.storage.store.links(request_id))


def ephemerals(state: Json, user: str) -> list[str]:
    """What Slack showed to this user alone, as text."""
    shown = state["slack"]["ephemerals"]
    return [json.dumps([e["text"], e["blocks"]]) for e in shown if e["user"] == user]
