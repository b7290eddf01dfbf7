"""Names of buttons and forms, and what they carry: reading is defensive, for ever.

Cards stay in Slack for years, so a value may come from any older version, and what comes
in was typed by anyone who can reach the workspace. Whatever does not fit reads as None.
"""

from typing import Annotated, Any, Final, Literal

import msgspec

from adapters.slack import identity
from core.commands import Binding
from core.directory import Identity
from core.value import Value

Json = dict[str, Any]

COMMAND: Final = "/approvals"

APPROVE: Final = "countersign_approve"
REJECT: Final = "countersign_reject"
VIEW: Final = "countersign_view"
SHOW: Final = "countersign_show"

REJECT_FORM: Final = "countersign_reject_form"
REASON_BLOCK: Final = "countersign_reason"
REASON_INPUT: Final = "countersign_reason_text"

REASON_MAX: Final = 2000

_Id = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
_Number = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]
_Text = Annotated[str, msgspec.Meta(max_length=1000)]
_Parts = tuple[_Id, _Number, _Id, _Number, _Number]

_values = msgspec.json.Decoder(tuple[Literal[1], _Parts])
_requests = msgspec.json.Decoder(tuple[Literal[1], _Id])
_forms = msgspec.json.Decoder(tuple[Literal[1], _Parts, _Text, _Text, _Text])


class Press(Value, frozen=True):
    """A pressed button: by whom, what it carried, and where the reader sees the answer.

    `channel`, `ts` and `user` are "" when Slack did not name them. `ephemeral` says that the
    card was shown to this person alone, where only `response_url` can change it.
    """

    identity: Identity
    user: str
    channel: str
    ts: str
    action_ts: str
    trigger: str
    response_url: str
    ephemeral: bool
    value: str

    @property
    def binding(self) -> Binding | None:
        return read_binding(self.value)

    @property
    def request(self) -> str | None:
        return read_request(self.value)

    @property
    def place(self) -> str:
        """The channel whose members all see this card; "" for a card that one person sees."""
        return "" if self.ephemeral else _channel(self.channel)

    @property
    def evidence(self) -> dict[str, str]:
        """What the audit trail keeps of the message and the click.

        `action_ts` differs for each click, so that each is answered, and is the same in a
        replayed request, so that a replay is not.
        """
        return {
            "team": self.identity.realm,
            "channel": self.channel,
            "ts": self.ts,
            "action_ts": self.action_ts,
        }

    @property
    def answer_to(self) -> dict[str, str]:
        """What lets the channel reach the clicker alone, later."""
        return {"channel": self.channel, "ts": self.ts, "user": self.user}


class Form(Value, frozen=True):
    """What the reject form remembers of the button that opened it.

    `response_url` is kept only of a card that was shown to one person alone. Slack keeps all
    this itself and signs it when the form comes back.
    """

    binding: Binding
    channel: str = ""
    ts: str = ""
    response_url: str = ""

    @property
    def place(self) -> str:
        """As the `place` of the press that opened the form."""
        return "" if self.response_url else _channel(self.channel)


def write_binding(binding: Binding) -> str:
    """A decision button's value; Slack takes 2,000 characters."""
    return _json([1, _parts(binding)])


def read_binding(value: str) -> Binding | None:
    try:
        return _bound(_values.decode(value)[1])
    except msgspec.MsgspecError:
        return None


def write_request(request: str) -> str:
    """The value of a button that only shows something."""
    return _json([1, request])


def read_request(value: str) -> str | None:
    try:
        return _requests.decode(value)[1]
    except msgspec.MsgspecError:
        return None


def write_form(form: Form) -> str:
    """The form's private_metadata; Slack takes 3,000 characters."""
    return _json([1, _parts(form.binding), form.channel, form.ts, form.response_url])


def read_form(view: Json) -> Form | None:
    try:
        _, bound, channel, ts, url = _forms.decode(identity.text(view, "private_metadata"))
    except msgspec.MsgspecError:
        return None
    return Form(binding=_bound(bound), channel=channel, ts=ts, response_url=url)


def read_reason(view: Json) -> str:
    """What was typed into the form, "" when nothing was."""
    return identity.text(view, "state", "values", REASON_BLOCK, REASON_INPUT, "value")


def press(body: Json, action: Json) -> Press:
    """A block_actions payload; what is missing or of another type reads as ""."""
    # https://docs.slack.dev/reference/interaction-payloads/block_actions-payload
    text = identity.text
    container = body.get("container")
    return Press(
        identity=identity.of_interaction(body),
        user=text(body, "user", "id"),
        channel=text(body, "channel", "id") or text(body, "container", "channel_id"),
        ts=text(body, "container", "message_ts") or text(body, "message", "ts"),
        action_ts=text(action, "action_ts"),
        trigger=text(body, "trigger_id"),
        response_url=text(body, "response_url"),
        ephemeral=isinstance(container, dict) and container.get("is_ephemeral") is True,
        value=text(action, "value"),
    )


def _channel(conversation: str) -> str:
    """The id, when it is a channel's; direct messages, D..., are nobody else's to see."""
    # https://docs.slack.dev/apis/web-api/using-the-conversations-api
    return conversation if conversation.startswith(("C", "G")) else ""


def _parts(b: Binding) -> _Parts:
    return (b.request, b.revision, b.commitment, b.level, b.round)


def _bound(parts: _Parts) -> Binding:
    request, revision, commitment, level, round_ = parts
    return Binding(
        request=request, revision=revision, commitment=commitment, level=level, round=round_
    )


def _json(parts: list[Any]) -> str:
    return msgspec.json.encode(parts).decode()
