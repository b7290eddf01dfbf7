"""Who acts: the account in a payload that Slack signed, as the core's `Identity`.

Never taken from a card, a name or an e-mail address. A payload that names nobody gives an
empty account, which the directory maps to nobody.
"""

from typing import Any

from core.directory.people import Identity

PLATFORM = "slack"

Json = dict[str, Any]


def text(payload: object, *path: str) -> str:
    """The string at that path of a payload; "" when it is missing or no string."""
    for name in path:
        payload = payload.get(name) if isinstance(payload, dict) else None
    return payload if isinstance(payload, str) else ""


def of_interaction(body: Json) -> Identity:
    """The person behind a block_actions or view_submission payload.

    In a channel shared between organisations `team` may be the host's, so the person's own
    team counts: equal user ids of two teams are two people.
    """
    # https://docs.slack.dev/reference/interaction-payloads
    realm = text(body, "user", "team_id") or text(body, "team", "id")
    return Identity(platform=PLATFORM, realm=realm, account=text(body, "user", "id"))


def of_command(body: Json) -> Identity:
    """The person behind a slash command."""
    # https://docs.slack.dev/interactivity/implementing-slash-commands
    return Identity(platform=PLATFORM, realm=text(body, "team_id"), account=text(body, "user_id"))
