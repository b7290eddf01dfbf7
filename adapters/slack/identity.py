"""Who acts: the account in a payload that Slack signed, as the core's `Identity`.

Never taken from a card, a name or an e-mail address. A payload that names nobody gives an
empty account, which the directory maps to nobody.
"""

import re
from typing import Any

from core.directory.people import Identity

PLATFORM = "slack"

_HALVES = re.compile("[\ud800-\udfff]")

Json = dict[str, Any]


def text(payload: object, *path: str) -> str:
    """The string at that path of a payload, half characters replaced, since they cannot be
    stored; "" when it is missing or no string."""
    for name in path:
        payload = payload.get(name) if isinstance(payload, dict) else None
    return _HALVES.sub("\ufffd", payload) if isinstance(payload, str) else ""


def of_interaction(body: Json) -> Identity:
    """The person behind a block_actions or view_submission payload.

    In a channel shared between organisations `team` may be the host's, so the person's own
    team counts: equal user ids of two teams are two people.
    """
    # https://docs.slack.dev/reference/interaction-payloads
    realm = text(body, "user", "team_id") or text(body, "team", "id")
    return Identity(platform=PLATFORM, realm=realm, account=text(body, "user", "id"))


def team(body: Json) -> str:
    """The workspace in which an interaction happened, which may be another than the person's.

    Of a modal that somebody of another organisation sees, Slack names their own team, and beside
    it the one for which the app opened it.
    """
    # https://docs.slack.dev/reference/interaction-payloads/view-interactions-payload
    of_modal = text(body, "view", "app_installed_team_id")
    return of_modal or text(body, "team", "id") or text(body, "user", "team_id")


def of_event(body: Json) -> Identity:
    """The person whom an event is about."""
    # https://docs.slack.dev/apis/events-api/#event-type-structure
    return Identity(
        platform=PLATFORM, realm=text(body, "team_id"), account=text(body, "event", "user")
    )


def of_message(body: Json) -> Identity:
    """The person who wrote a message. In a channel shared between organisations the event goes
    to the host, so the writer's own team counts, where Slack names it."""
    # https://docs.slack.dev/apis/slack-connect/using-slack-connect-with-the-events-api
    named = (text(body, "event", name) for name in ("user_team", "source_team", "team"))
    realm = next(filter(None, named), text(body, "team_id"))
    return Identity(platform=PLATFORM, realm=realm, account=text(body, "event", "user"))


def of_command(body: Json) -> Identity:
    """The person behind a slash command."""
    # https://docs.slack.dev/interactivity/implementing-slash-commands
    return Identity(platform=PLATFORM, realm=text(body, "team_id"), account=text(body, "user_id"))
