"""auth.*, api.*, conversations.* and users.*: who and what is there.

https://docs.slack.dev/reference/methods
"""

import itertools
import re
from typing import Any

from playground.slack.arguments import Arguments
from playground.slack.members import described, held
from playground.slack.refusal import Refusal
from playground.slack.workspace import Conversation, Workspace
from playground.world import Person

Json = dict[str, Any]
_TS = re.compile(r"\d+(\.\d+)?")
# https://docs.slack.dev/reference/methods/conversations.history
_PAGE, _LARGEST_PAGE = 100, 999


def auth_test(workspace: Workspace, _args: Arguments) -> Json:
    """auth.test."""
    world = workspace.world
    return {
        "url": f"{workspace.place.base_url}/slack/",
        "team": workspace.place.world.company,
        "user": "countersign",
        "team_id": world.team,
        "user_id": world.bot_user,
        "bot_id": world.bot_id,
        "is_enterprise_install": False,
    }


def api_test(_workspace: Workspace, args: Arguments) -> Json:
    """api.test: echoes its arguments, or answers the error it is asked for."""
    if args.has("error"):
        raise Refusal(args.text("error"), args=args.values)
    return {"args": args.values}


def conversations_open(workspace: Workspace, args: Arguments) -> Json:
    """conversations.open for one person; conversations of several people are not simulated."""
    users = args.texts("users")
    if not users:
        raise Refusal("users_list_not_supplied")
    if any(workspace.person(user) is None for user in users):
        raise Refusal("user_not_found")
    if any(held(workspace, user).get("deleted") for user in users):
        raise Refusal("user_disabled")
    if len(users) > 1:
        raise Refusal("invalid_arguments", ["the playground opens direct messages with one person"])
    before = len(workspace.section("ims"))
    conversation = workspace.direct_message(users[0])
    known = len(workspace.section("ims")) == before
    beside: Json = {"no_op": True, "already_open": True} if known else {}
    full = _described(workspace, conversation)
    return {**beside, "channel": full if args.flag("return_im") else {"id": conversation.id}}


def conversations_info(workspace: Workspace, args: Arguments) -> Json:
    """conversations.info."""
    conversation = workspace.conversation(args.text("channel"))
    if conversation is None:
        raise Refusal("channel_not_found")
    described = _described(workspace, conversation)
    if args.flag("include_num_members"):
        described["num_members"] = len(conversation.members)
    return {"channel": described}


def _described(workspace: Workspace, conversation: Conversation) -> Json:
    shared = {"id": conversation.id, "is_im": conversation.is_im, "is_mpim": False}
    if conversation.is_im:
        return {**shared, "user": conversation.user, "is_open": True}
    return {
        **shared,
        "name": conversation.name,
        "name_normalized": conversation.name,
        "is_channel": True,
        "is_group": False,
        "is_private": False,
        "is_archived": False,
        "is_member": True,
        "context_team_id": workspace.world.team,
    }


def conversations_history(workspace: Workspace, args: Arguments) -> Json:
    """conversations.history: newest first, without replies in threads, metadata on request."""
    conversation = workspace.conversation(args.text("channel"))
    if conversation is None:
        raise Refusal("channel_not_found")
    oldest, latest = args.optional("oldest"), args.optional("latest")
    for value, refusal in ((oldest, "invalid_ts_oldest"), (latest, "invalid_ts_latest")):
        if value and not _TS.fullmatch(value):
            raise Refusal(refusal)
    limit = min(args.number("limit", _PAGE) or _PAGE, _LARGEST_PAGE)
    cursor = args.optional("cursor")
    if cursor and not _TS.fullmatch(cursor):
        raise Refusal("invalid_cursor")
    inside = _between(oldest, latest, inclusive=args.flag("inclusive"))
    messages = workspace.messages(conversation.id)
    newest_first = (
        messages[ts]
        for ts in reversed(list(messages))
        if inside(ts) and (not cursor or _order(ts) < _order(cursor))
    )
    top_level = (m for m in newest_first if m.get("thread_ts", m["ts"]) == m["ts"])
    found = list(itertools.islice(top_level, limit + 1))
    page, more = found[:limit], len(found) > limit
    if not args.flag("include_all_metadata"):
        page = [{k: v for k, v in message.items() if k != "metadata"} for message in page]
    answer: Json = {"messages": page, "has_more": more, "pin_count": 0}
    if more:
        answer["response_metadata"] = {"next_cursor": page[-1]["ts"]}
    return answer


def _order(ts: str) -> tuple[int, int]:
    seconds, _, rest = ts.partition(".")
    return int(seconds), int(rest.ljust(6, "0") or 0)


def _between(oldest: str, latest: str, *, inclusive: bool) -> Any:
    low, high = _order(oldest or "0"), _order(latest or "9" * 12)
    if inclusive:
        return lambda ts: low <= _order(ts) <= high
    return lambda ts: low < _order(ts) < high


def users_info(workspace: Workspace, args: Arguments) -> Json:
    """users.info, for people and for the app's own user."""
    user = args.text("user")
    person = workspace.person(user)
    if person is not None:
        return {"user": described(workspace, user, person)}
    if user == workspace.world.bot_user:
        bot = Person("countersign", "", "")
        return {"user": {**described(workspace, user, bot), "name": "countersign", "is_bot": True}}
    raise Refusal("user_not_found")


def users_lookup_by_email(workspace: Workspace, args: Arguments) -> Json:
    """users.lookupByEmail; whoever was deactivated is not found, as Slack has it."""
    email = args.text("email").casefold()
    for person in workspace.place.world.people:
        user = person.slack_user or ""
        changed = held(workspace, user)
        if workspace.person(user) is None or changed.get("deleted"):
            continue
        if str(changed.get("email", person.email)).casefold() == email:
            return {"user": described(workspace, user, person)}
    raise Refusal("users_not_found")
