"""views.*: modals, their stack, and home tabs.

https://docs.slack.dev/surfaces/modals and https://docs.slack.dev/surfaces/app-home
"""

import hashlib
from typing import Any

from playground.slack.arguments import Arguments
from playground.slack.blocks import check_view
from playground.slack.identifiers import with_ids
from playground.slack.refusal import Refusal
from playground.slack.tickets import exchange_trigger
from playground.slack.workspace import Workspace

Json = dict[str, Any]

# https://docs.slack.dev/reference/methods/views.push (error push_limit_reached)
STACK_DEPTH = 3


def stack(workspace: Workspace, user: str) -> list[str]:
    """Return the ids of a person's open modal views, lowest first."""
    return list(workspace.section("modals").get(user, {"stack": []})["stack"])


def set_stack(workspace: Workspace, user: str, ids: list[str]) -> None:
    """Keep exactly these modal views open for a person; the others are gone."""
    views = workspace.section("views")
    for gone in set(stack(workspace, user)) - set(ids):
        views.pop(gone, None)
    workspace.section("modals")[user] = {"stack": ids}
    workspace.store.changed()


def view(workspace: Workspace, view_id: str) -> Json | None:
    """Return an open modal view or a published home, or None."""
    return workspace.section("views").get(view_id)


def public(held: Json) -> Json:
    """Return a view as Slack shows it to the app."""
    return {name: value for name, value in held.items() if name != "user"}


def _external_id_free(workspace: Workspace, external_id: str, own: str | None) -> None:
    if external_id and any(
        held["external_id"] == external_id and held["id"] != own
        for held in workspace.section("views").values()
    ):
        raise Refusal("duplicate_external_id")


def save(
    workspace: Workspace,
    user: str,
    given: Json,
    *,
    replaces: Json | None = None,
    previous: Json | None = None,
) -> Json:
    """Store a checked view as a new one, or in place of another, and return it."""
    id_ = replaces["id"] if replaces else workspace.new_id("V")
    _external_id_free(workspace, given.get("external_id", ""), id_)
    root = replaces["root_view_id"] if replaces else (previous["root_view_id"] if previous else id_)
    before = replaces["previous_view_id"] if replaces else (previous["id"] if previous else None)
    held: Json = {
        "id": id_,
        "user": user,
        "team_id": workspace.world.team,
        "type": given["type"],
        "blocks": with_ids(workspace, given["blocks"]),
        "private_metadata": given.get("private_metadata", ""),
        "callback_id": given.get("callback_id", ""),
        "external_id": given.get("external_id", ""),
        "state": {"values": {}},
        "hash": _hash(workspace),
        "title": given.get("title"),
        "submit": given.get("submit"),
        "close": given.get("close"),
        "clear_on_close": given.get("clear_on_close", False),
        "notify_on_close": given.get("notify_on_close", False),
        "submit_disabled": given.get("submit_disabled", False),
        "previous_view_id": before,
        "root_view_id": root,
        "app_id": workspace.world.app_id,
        "app_installed_team_id": workspace.world.team,
        "bot_id": workspace.world.bot_id,
    }
    workspace.section("views")[id_] = held
    workspace.store.changed()
    return held


def _hash(workspace: Workspace) -> str:
    number = workspace.store.next_number("slack.hash")
    return f"{int(workspace.now())}.{hashlib.sha256(str(number).encode()).hexdigest()[:8]}"


def push_view(workspace: Workspace, user: str, given: Json) -> Json:
    """Put a view on top of a person's stack, or raise push_limit_reached."""
    ids = stack(workspace, user)
    if len(ids) >= STACK_DEPTH:
        raise Refusal("push_limit_reached")
    below = view(workspace, ids[-1]) if ids else None
    held = save(workspace, user, given, previous=below)
    set_stack(workspace, user, [*ids, held["id"]])
    return held


def _given(args: Arguments, kind: str) -> Json:
    if not args.has("view"):
        raise Refusal("invalid_arguments", ["missing required field: view"])
    found = check_view(args.structure("view", "invalid_arguments"))
    if found["type"] != kind:
        raise Refusal("invalid_arguments", [f"must be of type {kind} [json-pointer:/view/type]"])
    return found


def views_open(workspace: Workspace, args: Arguments) -> Json:
    """views.open: shows a modal to the person whose act gave the trigger."""
    given = _given(args, "modal")
    ticket = exchange_trigger(workspace, args.text("trigger_id"))
    held = save(workspace, ticket["user"], given)
    set_stack(workspace, ticket["user"], [held["id"]])
    return {"view": public(held)}


def views_push(workspace: Workspace, args: Arguments) -> Json:
    """views.push: the trigger must come from an act in the open modal."""
    given = _given(args, "modal")
    ticket = exchange_trigger(workspace, args.text("trigger_id"))
    if ticket["view"] is None or ticket["view"] not in stack(workspace, ticket["user"]):
        raise Refusal("not_found")
    return {"view": public(push_view(workspace, ticket["user"], given))}


def views_update(workspace: Workspace, args: Arguments) -> Json:
    """views.update, by view_id or external_id; a `hash` that is not the current one conflicts."""
    id_, external_id = args.optional("view_id"), args.optional("external_id")
    if not id_ and not external_id:
        raise Refusal("invalid_arguments", ["missing required field: view_id"])
    given = _given(args, "modal")
    found = next(
        (
            held
            for held in workspace.section("views").values()
            if held["type"] == "modal"
            and (held["id"] == id_ if id_ else held["external_id"] == external_id)
        ),
        None,
    )
    if found is None:
        raise Refusal("not_found")
    _same_hash(args, found)
    return {"view": public(save(workspace, found["user"], given, replaces=found))}


def _same_hash(args: Arguments, held: Json) -> None:
    if args.has("hash") and args.text("hash") != held["hash"]:
        raise Refusal("hash_conflict")


def views_publish(workspace: Workspace, args: Arguments) -> Json:
    """views.publish: the home tab of one person."""
    user = args.text("user_id")
    given = _given(args, "home")
    if workspace.person(user) is None:
        raise Refusal("invalid_arguments", ["unknown user [json-pointer:/user_id]"])
    homes = workspace.section("homes")
    before = view(workspace, homes[user]["view"]) if user in homes else None
    if before is not None:
        _same_hash(args, before)
    held = save(workspace, user, given, replaces=before)
    homes[user] = {"view": held["id"]}
    return {"view": public(held)}
