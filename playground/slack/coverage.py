"""What the simulated Web API covers, method by method.

A test holds it to the routes and to the tests. The list is used, too: an
argument that does not stand here is refused instead of being ignored.
"""

from dataclasses import dataclass

_REFERENCE = "https://docs.slack.dev/reference/methods/"
RESPONSE_URL = "response_url"

# Answered by every method that needs a token.
GENERAL_ERRORS = (
    "not_authed",
    "invalid_auth",
    "missing_scope",
    "unknown_method",
    "invalid_arguments",
    "ratelimited",
    # Of a token that OAuth gave.
    "account_inactive",
    "token_expired",
    "token_revoked",
)
# Bolt adds it to every call; it matters only to tokens of a whole organisation.
_EVERYWHERE = ("team_id",)
# Accepted without effect: they change only how Slack decorates a message.
_COSMETIC = ("unfurl_links", "unfurl_media", "mrkdwn", "link_names", "parse")
_BLOCKS = (
    "50 blocks",
    "section 3000, 10 fields of 2000",
    "header 150",
    "context 10, actions 25 elements",
    "button text 75, value 2000, url 3000",
    "overflow 5 options, select 100, option 75/150",
    "confirm 100/300/30/30",
    "action_id and block_id 255, unique",
    "markdown 12,000",
    "13,200 characters of blocks",
)
_VIEW = (
    "100 blocks",
    "title, submit, close 24",
    "private_metadata 3000",
    "callback_id 255",
    "250 kB",
)
_VIEW_ERRORS = ("invalid_arguments", "view_too_large", "duplicate_external_id")
_TRIGGER = ("trigger lives 3 s, one exchange",)
_TRIGGER_ERRORS = ("invalid_trigger_id", "expired_trigger_id", "exchanged_trigger_id")


@dataclass(frozen=True, slots=True)
class Method:
    """One simulated method.

    `tested_by` names the tests that cover it; `cosmetic` arguments are taken
    without effect.
    """

    arguments: tuple[str, ...]
    errors: tuple[str, ...]
    tested_by: tuple[str, ...]
    limits: tuple[str, ...] = ()
    cosmetic: tuple[str, ...] = ()
    needs_token: bool = True
    any_argument: bool = False

    @property
    def known(self) -> frozenset[str]:
        """Every argument that may be given; empty when any may."""
        if self.any_argument:
            return frozenset()
        return frozenset(self.arguments + self.cosmetic + _EVERYWHERE)


METHODS: dict[str, Method] = {
    "api.test": Method(
        ("error",), (), ("test_api_test_echoes",), needs_token=False, any_argument=True
    ),
    "apps.connections.open": Method(
        (), ("not_allowed_token_type",), ("test_a_connection_is_opened_with_the_app_token_only",)
    ),
    "auth.revoke": Method(("test",), (), ("test_a_token_that_is_taken_back_is_refused",)),
    "auth.teams.list": Method(
        ("cursor", "limit", "include_icon"),
        (),
        ("test_an_organisations_token_is_good_in_its_workspaces",),
    ),
    "auth.test": Method((), (), ("test_auth_test_names_the_app",)),
    "chat.delete": Method(
        ("channel", "ts"),
        ("channel_not_found", "message_not_found", "cant_delete_message"),
        ("test_delete_removes_own_messages_only",),
    ),
    "chat.getPermalink": Method(
        ("channel", "message_ts"),
        ("channel_not_found", "message_not_found"),
        ("test_permalink_opens_the_page_at_the_message",),
    ),
    "chat.postEphemeral": Method(
        ("channel", "user", "text", "blocks", "thread_ts"),
        ("channel_not_found", "user_not_in_channel", "no_text", "msg_too_long", "invalid_blocks"),
        ("test_ephemeral_is_shown_to_one_member_and_not_stored",),
        (*_BLOCKS, "text 40,000"),
        _COSMETIC,
    ),
    "chat.postMessage": Method(
        ("channel", "text", "blocks", "thread_ts", "metadata"),
        (
            "channel_not_found",
            "user_disabled",
            "no_text",
            "invalid_blocks",
            "invalid_blocks_format",
            "msg_blocks_too_long",
            "invalid_metadata_format",
            "invalid_metadata_schema",
            "cannot_reply_to_message",
        ),
        (
            "test_post_to_a_person_opens_the_direct_message",
            "test_slack_refuses_blocks",
            "test_who_was_deactivated_does_nothing_and_is_not_written_to",
        ),
        (*_BLOCKS, "text cut at 40,000", "about 1 a second per channel (fault pace)"),
        _COSMETIC,
    ),
    "chat.update": Method(
        ("channel", "ts", "text", "blocks", "metadata"),
        (
            "channel_not_found",
            "message_not_found",
            "cant_update_message",
            "msg_too_long",
            "no_text",
            "invalid_blocks",
        ),
        ("test_update_with_text_only_removes_the_blocks", "test_update_refuses"),
        (*_BLOCKS, "text 4000"),
        ("link_names", "parse"),
    ),
    "conversations.history": Method(
        ("channel", "cursor", "inclusive", "latest", "limit", "oldest", "include_all_metadata"),
        ("channel_not_found", "invalid_cursor", "invalid_ts_oldest", "invalid_ts_latest"),
        ("test_history_finds_a_message_by_its_metadata", "test_history_pages_newest_first"),
        ("limit 100, at most 999",),
    ),
    "conversations.info": Method(
        ("channel", "include_num_members"),
        ("channel_not_found",),
        ("test_conversation_info",),
        cosmetic=("include_locale",),
    ),
    "conversations.open": Method(
        ("users", "return_im"),
        ("users_list_not_supplied", "user_not_found", "user_disabled"),
        (
            "test_open_gives_the_same_direct_message_each_time",
            "test_who_was_deactivated_does_nothing_and_is_not_written_to",
        ),
        ("one person",),
    ),
    "oauth.v2.access": Method(
        ("code", "redirect_uri", "grant_type", "refresh_token"),
        (
            "invalid_client_id",
            "bad_client_secret",
            "invalid_code",
            "code_already_used",
            "bad_redirect_uri",
            "invalid_refresh_token",
        ),
        ("test_oauth_refuses", "test_a_refresh_token_works_once"),
        ("a code lives 10 minutes, a token 12 hours where tokens rotate",),
        needs_token=False,
    ),
    "users.info": Method(
        ("user",), ("user_not_found",), ("test_people_are_found",), cosmetic=("include_locale",)
    ),
    "users.lookupByEmail": Method(("email",), ("users_not_found",), ("test_people_are_found",)),
    "views.open": Method(
        ("trigger_id", "view"),
        (*_VIEW_ERRORS, *_TRIGGER_ERRORS),
        ("test_trigger_opens_one_modal", "test_trigger_dies_after_three_seconds"),
        (*_VIEW, *_TRIGGER),
    ),
    "views.publish": Method(
        ("user_id", "view", "hash"),
        (*_VIEW_ERRORS, "hash_conflict"),
        ("test_publish_replaces_the_home_tab",),
        _VIEW,
    ),
    "views.push": Method(
        ("trigger_id", "view"),
        (*_VIEW_ERRORS, *_TRIGGER_ERRORS, "not_found", "push_limit_reached"),
        ("test_push_stops_at_three_views",),
        (*_VIEW, *_TRIGGER, "3 views"),
    ),
    "views.update": Method(
        ("view_id", "external_id", "view", "hash"),
        (*_VIEW_ERRORS, "not_found", "hash_conflict"),
        ("test_update_view_by_hash",),
        _VIEW,
    ),
}


def reference(method: str) -> str:
    """Return the address of Slack's page about a method."""
    return _REFERENCE + method
