"""What may be wrong on each platform, in the suite's words: which of its calls then say what,
and what the operator should read.

What cannot happen on a platform stands in `channel_cannot`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from tests.contract.rig import Rig


@dataclass(frozen=True)
class Trouble:
    """Which calls are answered with which error, until it is mended; the remedy to be read."""

    calls: tuple[tuple[str, str], ...]
    remedy: str


SLACK = {
    "the channel is archived": Trouble(
        (("chat.postMessage", "is_archived"), ("chat.update", "is_archived")),
        "the channel is archived; choose another one",
    ),
    "the person left": Trouble(
        (("chat.postMessage", "user_disabled"), ("conversations.open", "user_disabled")),
        "correct identities.slack of this person",
    ),
    "the app was removed": Trouble((("*", "account_inactive"),), "install it again"),
    "the credentials were revoked": Trouble((("*", "token_revoked"),), "set SLACK_BOT_TOKEN"),
    "the time for edits is over": Trouble((("chat.update", "edit_window_closed"),), ""),
}
TEAMS = {
    "the channel is archived": Trouble(
        (
            ("POST activities", "BotNotInConversationRoster"),
            ("POST conversations", "BotNotInConversationRoster"),
            ("PUT activities", "BotNotInConversationRoster"),
        ),
        "have an owner of the team, or a member of the chat, add it",
    ),
    "the person left": Trouble(
        (
            ("POST conversations", "MemberNotFoundInConversation"),
            ("POST activities", "MemberNotFoundInConversation"),
        ),
        "correct identities.teams of this person",
    ),
    "the app was removed": Trouble(
        (
            ("POST conversations", "BotDisabledByAdmin"),
            ("POST activities", "BotDisabledByAdmin"),
            ("PUT activities", "BotDisabledByAdmin"),
        ),
        "have them allow it in the Teams admin center",
    ),
    "the credentials were revoked": Trouble(
        (
            ("POST conversations", "BotNotRegistered"),
            ("POST activities", "BotNotRegistered"),
            ("PUT activities", "BotNotRegistered"),
        ),
        "check MICROSOFT_APP_ID, MICROSOFT_APP_PASSWORD",
    ),
    # Edits have no end there by themselves; Teams may refuse one all the same.
    "the time for edits is over": Trouble((("PUT activities", "NotEnoughPermissions"),), ""),
}
EMAIL = {
    "the person left": Trouble((("DATA", "550 5.1.1 no such user"),), "the person's address"),
    "the credentials were revoked": Trouble((("DATA", "locked"),), "password in SMTP_URL"),
}
_TROUBLES = {"slack": SLACK, "teams": TEAMS, "email": EMAIL}

SCENES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "slack": {
        "a post": ("chat.postMessage",),
        "an edit": ("chat.update",),
        "a look for what was posted": ("conversations.open", "conversations.history"),
        "a notice": ("chat.postMessage",),
        "an answer": ("chat.postEphemeral",),
    },
    "teams": {
        "a post": ("POST conversations", "POST activities"),
        "an edit": ("PUT activities",),
        "a notice": ("POST conversations", "POST activities"),
        "an answer": ("POST conversations", "POST activities"),
    },
    "email": {"a post": ("DATA",), "a notice": ("DATA",)},
}
"""What the relay may ask of a channel, and the calls of the platform that it leads to."""


def calls(rig: Rig, scene: str) -> tuple[str, ...]:
    """The platform's calls in a scene."""
    return SCENES[rig.platform][scene]


def begins(rig: Rig, name: str) -> Trouble:
    """Let it happen, until `ends`."""
    trouble = _TROUBLES[rig.platform][name]
    for call, error in trouble.calls:
        rig.fault(call, "error", error=error, times=None)
    return trouble


def ends(rig: Rig) -> None:
    """Everything is mended."""
    rig.mend()
