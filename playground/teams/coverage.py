"""What the simulated Teams services cover: per route arguments, limits, errors and the tests.

A test holds this list to the routes both ways and checks that the tests exist. Documentation as
data; the running services do not read it.
"""

from dataclasses import dataclass

_LEARN = "https://learn.microsoft.com/en-us"
_CONNECTOR = f"{_LEARN}/azure/bot-service/rest-api/bot-framework-rest-connector-api-reference"
_MESSAGES = f"{_LEARN}/microsoftteams/platform/bots/build-conversational-capability"
_ROSTER = f"{_LEARN}/microsoftteams/platform/bots/how-to/get-teams-context"
_TOKENS = f"{_LEARN}/azure/bot-service/rest-api/bot-framework-rest-connector-authentication"
_LOGIN = f"{_LEARN}/entra/identity-platform/v2-oauth2-client-creds-grant-flow"
_PATH = "/teams/connector/v3/conversations"
_INSTALLED = "/teams/graph/v1.0/users/{user}/teamwork/installedApps"
_PROACTIVE = (
    f"{_LEARN}/microsoftteams/platform/graph-api-proactive-bots-and-messages/"
    "graph-proactive-bots-and-messages"
)
_MESSAGE_LIMITS = (
    "413 over 100 KB as UTF-16, images aside; warning over 80 KB",
    "Adaptive Cards 1.0 to 1.5 only: known types and kinds, unique ids, 60 refresh.userIds",
    "warning over 28 KB of card or 6 actions outside the overflow menu",
    "the pace switch limits one conversation (7 at once and 2 a second are near Teams' own limits)",
)
_EVERYWHERE = ("401", "412, 429, 500, 502, 503, 504 by fault switch")
_GRAPH_EVERYWHERE = ("401 InvalidAuthenticationToken", "429 and 5xx by fault switch")


@dataclass(frozen=True, slots=True)
class Covered:
    """One route: what it takes, what it enforces, what it can refuse, and its tests."""

    method: str
    path: str
    operation: str
    arguments: tuple[str, ...]
    limits: tuple[str, ...]
    errors: tuple[str, ...]
    tested_by: tuple[str, ...]
    source: str


COVERAGE: tuple[Covered, ...] = (
    Covered(
        "POST",
        _PATH,
        "POST conversations",
        (
            "isGroup",
            "bot.id",
            "members[0].id (MRI or Entra object id)",
            "tenantId or channelData.tenant.id",
            "channelData.channel.id",
            "activity (needed for a channel)",
        ),
        ("one member or one channel; no group chats", *_MESSAGE_LIMITS),
        (
            "400 BadSyntax (seen from the service, not documented)",
            "400 BadArgument (also for another bot's id, which Teams does not document)",
            "400 MemberNotFoundInConversation (seen, not documented)",
            "403 ForbiddenOperationException when the app is not installed",
            *_EVERYWHERE,
        ),
        (
            "test_a_personal_chat_opens_by_object_id_and_by_mri_and_stays_the_same",
            "test_a_person_without_the_app_cannot_be_written_to",
            "test_a_channel_post_starts_a_thread",
            "test_group_chats_and_odd_creations_are_refused",
        ),
        f"{_LEARN}/microsoftteams/platform/bots/how-to/conversations/send-proactive-messages",
    ),
    Covered(
        "POST",
        f"{_PATH}/{{conversation}}/activities",
        "POST activities",
        ("type (message, typing)", "text", "textFormat", "attachments", "summary"),
        (*_MESSAGE_LIMITS, "text and attachments together are split and answered without an id"),
        (
            "400 BadSyntax (seen, not documented)",
            "400 BadArgument",
            "403 BotNotInConversationRoster",
            "404 ConversationNotFound",
            "404 ActivityNotFoundInConversation",
            "413 MessageSizeTooBig",
            *_EVERYWHERE,
        ),
        (
            "test_a_message_is_kept_and_answered_with_its_id",
            "test_a_message_over_100_kb_is_refused",
            "test_text_and_card_together_are_split_and_have_no_id",
            "test_a_bad_card_is_refused_with_the_path_of_the_mistake",
        ),
        _MESSAGES,
    ),
    Covered(
        "POST",
        f"{_PATH}/{{conversation}}/activities/{{activity}}",
        "POST activities",
        ("as a new message; the path names the message answered",),
        _MESSAGE_LIMITS,
        ("as a new message", "404 ActivityNotFoundInConversation", *_EVERYWHERE),
        ("test_a_reply_joins_the_thread_in_a_channel_and_is_plain_in_a_chat",),
        _CONNECTOR,
    ),
    Covered(
        "PUT",
        f"{_PATH}/{{conversation}}/activities/{{activity}}",
        "PUT activities",
        ("text", "textFormat", "attachments", "summary"),
        _MESSAGE_LIMITS,
        (
            "as a new message",
            "403 NotEnoughPermissions",
            "404 ActivityNotFoundInConversation",
            *_EVERYWHERE,
        ),
        (
            "test_an_update_replaces_the_message_and_ends_personal_views",
            "test_a_persons_message_cannot_be_changed_by_the_bot",
        ),
        f"{_LEARN}/microsoftteams/platform/bots/how-to/update-and-delete-bot-messages",
    ),
    Covered(
        "DELETE",
        f"{_PATH}/{{conversation}}/activities/{{activity}}",
        "DELETE activities",
        (),
        (),
        ("403 NotEnoughPermissions", "404 ActivityNotFoundInConversation", *_EVERYWHERE),
        ("test_a_deleted_message_is_gone_for_later_calls",),
        _CONNECTOR,
    ),
    Covered(
        "GET",
        f"{_PATH}/{{conversation}}/members",
        "GET members",
        (),
        (),
        ("403 BotNotInConversationRoster", "404 ConversationNotFound", *_EVERYWHERE),
        ("test_the_roster_lists_members_with_both_ids_and_email",),
        _ROSTER,
    ),
    Covered(
        "GET",
        f"{_PATH}/{{conversation}}/members/{{member}}",
        "GET members",
        ("the member by MRI, Entra object id or user principal name",),
        (),
        ("404 MemberNotFoundInConversation", *_EVERYWHERE),
        ("test_one_member_is_found_by_mri_object_id_and_principal_name",),
        _ROSTER,
    ),
    Covered(
        "GET",
        f"{_PATH}/{{conversation}}/pagedmembers",
        "GET members",
        ("pageSize", "continuationToken"),
        ("pages of 50 to 500, usually 200",),
        ("400 BadArgument", *_EVERYWHERE),
        ("test_a_page_has_at_least_fifty_members_and_a_token_for_the_rest",),
        _ROSTER,
    ),
    Covered(
        "GET",
        "/teams/v1/.well-known/openidconfiguration",
        "metadata",
        (),
        (),
        ("by fault switch",),
        ("test_the_metadata_leads_to_keys_endorsed_for_teams",),
        _TOKENS,
    ),
    Covered(
        "GET",
        "/teams/keys",
        "keys",
        (),
        ("RSA, RS256; rotation on demand keeps or retires the old key",),
        ("by fault switch",),
        (
            "test_the_metadata_leads_to_keys_endorsed_for_teams",
            "test_rotation_retires_the_old_key_at_once_or_keeps_it",
        ),
        _TOKENS,
    ),
    Covered(
        "GET",
        "/teams/login/common/discovery/instance",
        "discovery",
        ("any",),
        (),
        ("by fault switch",),
        ("test_discovery_leads_to_the_token_endpoint",),
        _LOGIN,
    ),
    Covered(
        "GET",
        "/teams/login/{tenant}/v2.0/.well-known/openid-configuration",
        "discovery",
        ("tenant",),
        (),
        ("by fault switch",),
        ("test_discovery_leads_to_the_token_endpoint",),
        _LOGIN,
    ),
    Covered(
        "GET",
        "/teams/login/{tenant}/.well-known/openid-configuration",
        "discovery",
        ("tenant",),
        (),
        ("by fault switch",),
        ("test_discovery_leads_to_the_token_endpoint",),
        _LOGIN,
    ),
    Covered(
        "POST",
        "/teams/login/{tenant}/oauth2/v2.0/token",
        "token",
        ("grant_type=client_credentials", "client_id", "client_secret (in the body)", "scope"),
        ("tokens live 3599 s; the tenant of the world only",),
        (
            "400 invalid_request (AADSTS900144, AADSTS90002)",
            "400 unsupported_grant_type (AADSTS70003)",
            "400 unauthorized_client (AADSTS700016)",
            "401 invalid_client (AADSTS7000215, AADSTS7000218)",
            "400 invalid_scope (AADSTS1002012)",
            "400 invalid_resource (AADSTS500011)",
            "429 and 5xx by fault switch",
        ),
        (
            "test_a_token_is_granted_for_the_right_secret",
            "test_the_login_refuses_in_the_documented_shape",
        ),
        _LOGIN,
    ),
    Covered(
        "POST",
        _INSTALLED,
        "POST installedApps",
        ("teamsApp@odata.bind",),
        ("the one app of the catalogue; TeamsAppInstallation.ReadWriteSelfForUser.All",),
        ("403 Forbidden", "404 NotFound", "409 Conflict when it is there", *_GRAPH_EVERYWHERE),
        (
            "test_graph_installs_the_app_once_and_shows_the_chat_with_it",
            "test_graph_refuses_without_permission_app_person_or_token",
        ),
        _PROACTIVE,
    ),
    Covered(
        "GET",
        _INSTALLED,
        "GET installedApps",
        ("$filter=teamsApp/id eq '...'", "$expand"),
        ("no other filter",),
        ("400 BadRequest", "403 Forbidden", "404 NotFound", *_GRAPH_EVERYWHERE),
        ("test_graph_installs_the_app_once_and_shows_the_chat_with_it",),
        _PROACTIVE,
    ),
    Covered(
        "GET",
        f"{_INSTALLED}/{{installation}}/chat",
        "GET chat",
        (),
        (),
        ("403 Forbidden", "404 NotFound", *_GRAPH_EVERYWHERE),
        ("test_graph_installs_the_app_once_and_shows_the_chat_with_it",),
        _PROACTIVE,
    ),
)

# What a person can do (teams.act) and what of Teams is left out.
ACTIVITIES: dict[str, str] = {
    "execute": "invoke adaptiveCard/action, trigger manual",
    "refresh": "invoke adaptiveCard/action, trigger automatic, for refresh.userIds",
    "submit": "message with value and replyToId",
    "fetch": "invoke task/fetch, from Action.Submit with msteams.type task/fetch",
    "send": "invoke task/submit, from the dialog that is open",
    "message": "message in the chat, or in a channel with a mention",
    "install": "conversationUpdate with the bot in membersAdded, then installationUpdate add",
    "uninstall": "installationUpdate remove",
}
LEFT_OUT: tuple[str, ...] = (
    "making group chats, and meetings",
    "dialogs from an address, message extensions, tabs and SSO",
    "other card types than Adaptive Cards",
    "a people picker's search: everyone of the tenant can be chosen",
    "messageBack, imBack and invoke in data.msteams",
    "the limit of one automatic refresh a minute",
    "MSAL as a client: it insists on https, and the playground speaks http",
)
