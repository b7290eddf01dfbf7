"""Slack's error codes as one table: what to do about each, and what to tell the operator.

General codes: https://docs.slack.dev/reference/methods/chat.postMessage#errors, the others
at the method's own page. Rate limits: https://docs.slack.dev/apis/web-api/rate-limits
"""

from collections.abc import Mapping
from typing import Final

from adapters.slack.calls import Failure
from core.ports import Dead, RetryAt

EDIT_IMPOSSIBLE: Final = frozenset(
    {
        # https://docs.slack.dev/reference/methods/chat.update#errors
        "message_not_found",
        "cant_update_message",
        "edit_window_closed",
        "channel_not_found",
        "is_inactive",
        "is_archived",
        "not_in_channel",
        "block_mismatch",
        "team_not_found",
    }
)
"""The message cannot be changed any more, but another one may be posted."""

NO_HISTORY: Final = frozenset(
    {
        # https://docs.slack.dev/reference/methods/conversations.history#errors
        "missing_scope",
        "no_permission",
        "not_in_channel",
        "channel_not_found",
        "channel_is_limited_access",
    }
)
"""Old messages cannot be read there, which is no reason not to post."""

RETRY: Final[Mapping[str, bool]] = {
    # Code -> whether Slack may have done it all the same.
    "ratelimited": False,
    "rate_limited": False,
    "message_limit_exceeded": False,
    "service_unavailable": False,
    "request_timeout": False,
    "team_added_to_org": False,
    "org_login_required": False,  # while the workspace moves to an organisation
    "external_channel_migrating": False,
    "streaming_state_conflict": False,
    "update_failed": False,
    "token_not_exchanged": False,
    # "It's possible some aspect of the operation succeeded before the error was raised."
    "internal_error": True,
    "fatal_error": True,
}
"""What passes by itself."""

_INSTALL = "set SLACK_BOT_TOKEN to the Bot User OAuth Token of the installed app and restart"
_INVITE = "invite the app to the channel, or correct the channel id in the policy"
_PERSON = "correct identities.slack of this person in the directory"
_BUG = "this is a fault in Countersign; please report it with this code"

REMEDIES: Final[Mapping[str, str]] = {
    "not_authed": _INSTALL,
    # "or the request originates from an IP address disallowed from making the request"
    "invalid_auth": f"{_INSTALL}; if it is right, add this server's address to those the app "
    "may call from",
    "token_revoked": _INSTALL,
    "token_expired": _INSTALL,
    "account_inactive": "the app was removed from the workspace; install it again, then "
    "set SLACK_BOT_TOKEN to its new token and restart",
    "missing_scope": "add the scope to the app (see manifest.yml) and install it again",
    "not_allowed_token_type": _INSTALL,
    "accesslimited": "let the network this server is in call Slack's API",
    "two_factor_setup_required": "set up two-factor authentication in the workspace",
    "access_denied": "let an administrator of the workspace allow the app",
    "app_access_restricted": "let an administrator of the workspace allow the app for this person",
    "team_access_not_granted": "install the app in this person's workspace",
    "ekm_access_denied": "let an administrator of the workspace restore the encryption key",
    "no_permission": _INVITE,
    "restricted_action": "let an administrator of the workspace allow the app to post there",
    "restricted_action_read_only_channel": "choose a channel in which the app may post",
    "restricted_action_thread_only_channel": "choose a channel in which the app may post",
    "user_not_found": _PERSON,
    "users_not_found": _PERSON,
    "user_not_visible": _PERSON,
    "user_disabled": "this Slack account is deactivated; " + _PERSON,
    "cannot_dm_bot": "the account is a bot's; " + _PERSON,
    "user_not_in_channel": "add the person to the channel",
    "messages_tab_disabled": "switch on the Messages Tab under App Home (see manifest.yml)",
    "channel_not_found": "correct identities.slack of this person in the directory, or the "
    "channel id in the policy; the app must be in a private channel",
    "not_in_channel": _INVITE,
    "is_archived": "the channel is archived; choose another one in the policy",
    "is_inactive": "the channel is archived; choose another one in the policy",
    "invalid_blocks": _BUG,
    "invalid_blocks_format": _BUG,
    "msg_blocks_too_long": _BUG,
    "msg_too_long": _BUG,
    "no_text": _BUG,
    "invalid_arguments": _BUG,
    "invalid_metadata_format": _BUG,
    "invalid_metadata_schema": _BUG,
    "metadata_too_large": _BUG,
}
"""What a person must do, since trying again will not help."""

OURS: Final[Mapping[str, str]] = {
    "not_installed": "Countersign was removed from this workspace: install it again",
    "which_workspace": "the policy's channel names no workspace, and not exactly one is "
    "installed: write slack:TEAM/CHANNEL in the policy",
}
"""What is known without asking Slack."""

_UNKNOWN = "look the code up at https://docs.slack.dev/reference/methods"


def outcome(failure: Failure, *, uncertain: bool = False) -> RetryAt | Dead:
    """What a failed call means for its delivery.

    `uncertain` says that an earlier send may have happened; it stays so until found out.
    """
    code = failure.error
    if failure.status == 429 or code in {"ratelimited", "rate_limited"}:
        return RetryAt(
            reason="Slack limits our rate (429)",
            after=failure.retry_after,
            uncertain=uncertain,
            whole_channel=True,
        )
    if failure.status == 0 or failure.status >= 500 or failure.maybe_done:
        return RetryAt(reason=_passing(failure), uncertain=uncertain or failure.maybe_done)
    if code in RETRY:
        return RetryAt(reason=_passing(failure), uncertain=uncertain or RETRY[code])
    return Dead(reason=_final(failure))


def _passing(failure: Failure) -> str:
    if failure.error == "timeout":
        return "Slack did not answer in time"
    if failure.error == "token_not_exchanged":
        return "The token of this workspace is over, and Slack has given no other one yet"
    if failure.error == "unreachable":
        return "Slack could not be reached"
    if failure.error == "http":
        return f"Slack answered HTTP {failure.status}"
    return f"Slack answered {failure.error}"


def _final(failure: Failure) -> str:
    if failure.error in OURS:
        return OURS[failure.error]
    remedy = REMEDIES.get(failure.error, _UNKNOWN)
    scope = f" (needs {failure.needed})" if failure.needed else ""
    return f"{_passing(failure)}{scope}: {remedy}"


def told(failure: Failure) -> tuple[str, str]:
    """What happened and what to do about it, as two sentences for who sets Slack up."""
    remedy = REMEDIES.get(failure.error, _UNKNOWN)
    if failure.status == 0:
        remedy = "let this machine call https://slack.com; behind a proxy set HTTPS_PROXY"
    elif failure.status == 429 or failure.status >= 500 or failure.error in RETRY:
        remedy = "try again in a minute"
    return f"{_passing(failure)}.", f"{remedy[0].upper()}{remedy[1:]}."
