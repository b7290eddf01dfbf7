"""Which function answers which Web API method; `coverage` says what each of them covers."""

from collections.abc import Callable
from typing import Any

from playground.slack import chat, directory, installs, sockets, views
from playground.slack.arguments import Arguments
from playground.slack.workspace import Workspace

Handler = Callable[[Workspace, Arguments], dict[str, Any]]

HANDLERS: dict[str, Handler] = {
    "api.test": directory.api_test,
    "apps.connections.open": sockets.connections_open,
    "auth.revoke": installs.revoke,
    "auth.teams.list": installs.teams,
    "auth.test": directory.auth_test,
    "chat.delete": chat.delete,
    "chat.getPermalink": chat.get_permalink,
    "chat.postEphemeral": chat.post_ephemeral,
    "chat.postMessage": chat.post_message,
    "chat.update": chat.update,
    "conversations.history": directory.conversations_history,
    "conversations.info": directory.conversations_info,
    "conversations.open": directory.conversations_open,
    "oauth.v2.access": installs.access,
    "users.info": directory.users_info,
    "users.lookupByEmail": directory.users_lookup_by_email,
    "views.open": views.views_open,
    "views.publish": views.views_publish,
    "views.push": views.views_push,
    "views.update": views.views_update,
}
