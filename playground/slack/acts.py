"""What a person does in the simulated Slack, turned into the signed request that Slack would send.

The page and the tests speak to this; every act names its person. Raises
BadAct for what nobody could do in Slack's own client.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from playground.place import Place
from playground.slack import events, inputs, installs, member_acts, members, payloads, views
from playground.slack.escaping import escaped
from playground.slack.modals import apply_answer
from playground.slack.outgoing import FORM, JSON, Outcome, deliver
from playground.slack.places import MessageSpot, ViewSpot, channel_of, spot_of, text_of
from playground.slack.refusal import BadAct, Refusal
from playground.slack.responses import answer_to_command
from playground.slack.tickets import new_response_url
from playground.slack.workspace import Workspace

Json = dict[str, Any]
_TROUBLE = "We had some trouble connecting. Try again?"


def _told(outcome: Outcome) -> Json:
    """Return an act's answer: what the bot said, and what Slack shows when it failed."""
    told: Json = {
        "ok": outcome.ok,
        "status": outcome.status,
        "ms": round(outcome.ms, 1),
        "body": outcome.body,
    }
    if not outcome.ok:
        told |= {"error": outcome.error, "shown": _TROUBLE}
    return told


_NOT_SENT: Json = {"ok": True, "status": None, "ms": 0.0, "body": "", "sent": False}


async def click(workspace: Workspace, user: str, body: Json) -> Json:
    """Press a button or choose in a menu: a spot, action_id, block_id?, value?, state?.

    `value` is what was chosen (or `selected_option` and its like, as in Slack's
    state); for a button, what it carried on the clicker's screen (default: what
    it carries now). `as_seen` is the message as the clicker's screen still
    shows it, when that is an older one.
    """
    spot = spot_of(workspace, user, body)
    block, element = inputs.find(spot.blocks, text_of(body, "action_id"), body.get("block_id"))
    value = body.get("value") if "value" in body else inputs.picked(element, body)
    done = payloads.action(workspace, block, element, value)
    values = inputs.values(spot.blocks, body.get("state") or {})
    if element["type"] not in inputs.STATELESS:
        values[block["block_id"]][element["action_id"]] = inputs.chosen(element, value)
    payload = _action_payload(workspace, user, spot, done, values)
    outcome = await deliver(workspace.place, "block_actions", payloads.form(payload), FORM)
    return _told(outcome)


def _action_payload(
    workspace: Workspace, user: str, spot: MessageSpot | ViewSpot, done: Json, values: Json
) -> Json:
    if isinstance(spot, ViewSpot):
        return payloads.view_action(workspace, user, spot.view, done=done, values=values)
    url = new_response_url(
        workspace,
        user,
        spot.conversation.id,
        ts=spot.ts if spot.message else None,
        ephemeral=None if spot.message else spot.ts,
        thread_ts=spot.thread_ts,
    )
    return payloads.message_action(
        workspace,
        user,
        spot.conversation,
        message=spot.message,
        ts=spot.ts,
        thread_ts=spot.thread_ts,
        response_url=url,
        done=done,
        values=values,
    )


async def submit(workspace: Workspace, user: str, body: Json) -> Json:
    """Submit the open form: view_id, values {block_id: {action_id: value}}.

    What Slack's form would not submit is answered {"error": "invalid_input",
    "errors": {block_id: text}} and not sent, unless `unchecked` is true.
    """
    spot = spot_of(workspace, user, body)
    if not isinstance(spot, ViewSpot) or spot.view["type"] != "modal":
        raise BadAct("only a modal can be submitted")
    state = inputs.values(spot.blocks, body.get("values") or {})
    wrong = {} if body.get("unchecked") else inputs.complaints(spot.blocks, state)
    if wrong:
        return {**_NOT_SENT, "ok": False, "error": "invalid_input", "errors": wrong}
    payload = payloads.submission(workspace, user, spot.view, state)
    outcome = await deliver(workspace.place, "view_submission", payloads.form(payload), FORM)
    told = _told(outcome)
    if outcome.ok:
        told |= _submitted(workspace, user, spot.view["id"], outcome.body)
    return told


def _submitted(workspace: Workspace, user: str, view_id: str, body: object) -> Json:
    held = views.view(workspace, view_id)
    if held is None:
        return {}
    try:
        errors = apply_answer(workspace, user, held, body)
    except Refusal as refused:
        details = {"messages": refused.messages}
        return {"ok": False, "error": refused.error, "shown": _TROUBLE, **details}
    return {"errors": errors} if errors else {}


async def close(workspace: Workspace, user: str, body: Json) -> Json:
    """Close the top modal (`all` true: every one); the bot is told when a view asks for that."""
    ids = views.stack(workspace, user)
    if not ids:
        raise BadAct("no modal is open")
    top = views.view(workspace, ids[-1]) or {}
    everything = bool(body.get("all") or top.get("clear_on_close"))
    gone = [views.view(workspace, id_) for id_ in reversed(ids if everything else ids[-1:])]
    views.set_stack(workspace, user, [] if everything else ids[:-1])
    told = _NOT_SENT
    for held in gone:
        if held is not None and held["notify_on_close"]:
            payload = payloads.closed(workspace, user, views.public(held), cleared=everything)
            told = _told(
                await deliver(workspace.place, "view_closed", payloads.form(payload), FORM)
            )
    return told


async def command(workspace: Workspace, user: str, body: Json) -> Json:
    """Send a slash command: command, text, channel (default: the app's direct message).

    Names in the text go as ids, as for an app with `should_escape`; with `escape` false
    they go as they were written.
    """
    name = text_of(body, "command")
    if not name.startswith("/"):
        raise BadAct("command: expected a name that begins with /")
    conversation = channel_of(workspace, user, body)
    url = new_response_url(workspace, user, conversation.id)
    text = str(body.get("text") or "")
    if body.get("escape", True):
        text = escaped(workspace, text)
    content = payloads.command(workspace, user, conversation, name, text, url)
    outcome = await deliver(workspace.place, "command", content, FORM)
    told = _told(outcome)
    if not outcome.ok:
        late = outcome.error == "operation_timeout"
        failure = "operation_timeout" if late else "dispatch_failed"
        told |= {"error": failure, "shown": f'{name} failed with the error "{failure}"'}
    else:
        try:
            answer_to_command(workspace, user, conversation.id, outcome.body)
        except Refusal as refused:
            return {**told, "ok": False, "error": refused.error, "messages": refused.messages}
    return told


async def shortcut(workspace: Workspace, user: str, body: Json) -> Json:
    """Choose a global shortcut of the app: callback_id."""
    payload = payloads.shortcut(workspace, user, text_of(body, "callback_id"))
    return _told(await deliver(workspace.place, "shortcut", payloads.form(payload), FORM))


async def message(workspace: Workspace, user: str, body: Json) -> Json:
    """Write a message: text, channel (default: the app's direct message), thread_ts (the
    message whose thread it goes to)."""
    conversation = channel_of(workspace, user, body)
    written = text_of(body, "text")
    posted: Json = {
        "type": "message",
        "user": user,
        "ts": workspace.new_ts(),
        "team": workspace.world.team,
        "text": written,
    }
    if body.get("thread_ts"):
        posted |= _thread(workspace, conversation.id, text_of(body, "thread_ts"))
    workspace.post(conversation.id, posted)
    beside = {"channel": conversation.id, "event_ts": posted["ts"]}
    kind = "im" if conversation.is_im else "channel"
    told = await _if_subscribed(
        workspace,
        "message.im" if conversation.is_im else "message.channels",
        {**posted, **beside, "channel_type": kind},
    )
    if not conversation.is_im and f"<@{workspace.world.bot_user}>" in written:
        mention = {**posted, **beside, "type": "app_mention"}
        told = await _if_subscribed(workspace, "app_mention", mention)
    return {**told, "ts": posted["ts"], "channel": conversation.id}


def _thread(workspace: Workspace, conversation: str, ts: str) -> Json:
    """What a reply says of its thread; a reply to a reply joins the same thread."""
    parent = workspace.messages(conversation).get(ts)
    if parent is None:
        raise BadAct("thread_ts: there is no such message here")
    root = parent.get("thread_ts") or ts
    first = workspace.messages(conversation).get(root, parent)
    return {"thread_ts": root, "parent_user_id": first["user"]}


async def home(workspace: Workspace, user: str, body: Json) -> Json:
    """Open the app: its home tab, or the `tab` "messages"."""
    tab = body.get("tab", "home")
    if tab not in {"home", "messages"}:
        raise BadAct("tab: expected home or messages")
    opened: Json = {
        "type": "app_home_opened",
        "user": user,
        "channel": workspace.direct_message(user).id,
        "tab": tab,
        "event_ts": workspace.new_ts(),
    }
    held = workspace.section("homes").get(user)
    shown = views.view(workspace, held["view"]) if held else None
    if shown is not None and tab == "home":
        opened["view"] = views.public(shown)
    return await _if_subscribed(workspace, "app_home_opened", opened)


async def _if_subscribed(workspace: Workspace, name: str, inner: Json) -> Json:
    if name not in workspace.world.events:
        return _NOT_SENT
    return _told(await events.send(workspace, inner))


async def event(workspace: Workspace, _user: str, body: Json) -> Json:
    """Send any event as it stands in `event`, subscribed or not (app_uninstalled, ...)."""
    inner = body.get("event")
    if not isinstance(inner, dict) or not isinstance(inner.get("type"), str):
        raise BadAct('event: expected {"type": ...}')
    return _told(await events.send(workspace, {"event_ts": workspace.new_ts(), **inner}))


async def member(workspace: Workspace, user: str, body: Json) -> Json:
    """What an administrator does to a member: deleted, is_restricted, is_ultra_restricted,
    is_bot, is_email_confirmed (true or false), email, name, real_name, team_id."""
    outcome = await member_acts.change(workspace, user, body)
    return _NOT_SENT if outcome is None else _told(outcome)


async def verify(workspace: Workspace, _user: str, _body: Json) -> Json:
    """Ask the bot to prove its address, as Slack does when the request URL is entered."""
    challenge = workspace.new_id("challenge-")
    content = payloads.url_verification(challenge)
    outcome = await deliver(workspace.place, "url_verification", content, JSON)
    said = outcome.body.get("challenge") if isinstance(outcome.body, dict) else outcome.body
    told = _told(outcome)
    if outcome.ok and said != challenge:
        told |= {"ok": False, "error": "challenge_failed", "shown": "Your URL did not respond."}
    return told


async def dismiss(workspace: Workspace, user: str, body: Json) -> Json:
    """Dismiss an ephemeral message: {ephemeral}; nobody is told."""
    shown = workspace.section("ephemerals")
    id_ = text_of(body, "ephemeral")
    if id_ not in shown or shown[id_]["user"] != user:
        raise BadAct("there is no such ephemeral message")
    del shown[id_]
    workspace.store.changed()
    return _NOT_SENT


ACTS: dict[str, Callable[[Workspace, str, Json], Awaitable[Json]]] = {
    "click": click,
    "select": click,
    "submit": submit,
    "close": close,
    "command": command,
    "shortcut": shortcut,
    "message": message,
    "home": home,
    "event": event,
    "member": member,
    "verify": verify,
    "dismiss": dismiss,
    "remove_app": installs.remove,
}


async def act(place: Place, body: object) -> Json:
    """Do what `body` says ({"user", "do", ...}) or raise BadAct.

    Returns {"ok", "status", "ms", "body"} of the bot's answer, with "error" and
    "shown" (what Slack tells the person) when it failed; a null status means
    that nothing had to be sent or nothing came back.
    """
    if not isinstance(body, dict):
        raise BadAct('expected {"user": "U...", "do": ...}')
    doing = ACTS.get(str(body.get("do")))
    if doing is None:
        raise BadAct(f"do: expected one of {', '.join(ACTS)}")
    user = text_of(body, "user")
    person = place.world.slack_person(user)
    workspace = Workspace(place, (person.slack_team if person else None) or "")
    if workspace.person(user) is None:
        raise BadAct(f"there is no Slack user {user!r}")
    if doing not in (member, event) and members.held(workspace, user).get("deleted"):
        raise BadAct("who is deactivated does nothing")
    return await doing(workspace, user, body)
