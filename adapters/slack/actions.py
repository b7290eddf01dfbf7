"""Names of buttons, menus and forms, and what they carry: reading is defensive, for ever.

Cards stay in Slack for years, so a value may come from any older version, and what comes
in was typed by anyone who can reach the workspace. Whatever does not fit reads as None.
"""

from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal

import msgspec

from adapters.slack import threads
from adapters.slack.identity import PLATFORM
from core.card import Verb
from core.chat.forms import SHOWING
from core.commands import Binding
from core.rows import MessageRef
from core.value import Value

COMMAND: Final = "/approvals"

SHOW: Final = "countersign_show"
REVISE: Final = "countersign_revise"
MENU: Final = "countersign_menu"
FORM: Final = "countersign_form"
CHOICES: Final = "countersign_choices"

MORE: Final = "more"
"""The entry of a full menu that opens the list of all that is possible."""

OPTION_VALUE_CHARS: Final = 150

_PREFIX: Final = "countersign_"

_VERBS: Final = {verb.value: verb for verb in Verb}

_Id = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
_Short = Annotated[str, msgspec.Meta(max_length=200)]
_Number = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]
_Text = Annotated[str, msgspec.Meta(max_length=1000)]
_Parts = tuple[_Id, _Number, _Short, _Number, _Number]
_Where = tuple[_Text, _Text, _Text]
_AtHome = tuple[_Text, _Text, _Text, _Text]

# Two decoders each, and no union: msgspec 0.22 corrupts memory when a value does not fit a
# union of a string with limits and a tuple of fixed length.
_values = msgspec.json.Decoder(tuple[Literal[1], _Parts])
_requests = msgspec.json.Decoder(tuple[Literal[1], _Id])
_options = msgspec.json.Decoder(tuple[Literal[1], _Id, _Parts])
_showing_options = msgspec.json.Decoder(tuple[Literal[1], _Id, _Id])
_forms = msgspec.json.Decoder(tuple[Literal[1], Verb, _Parts, _Where])
_places = msgspec.json.Decoder(tuple[Literal[1], _Where])
# With where a Home tab stands, for cards that were opened from there.
_home_forms = msgspec.json.Decoder(tuple[Literal[2], Verb, _Parts, _AtHome])
_home_places = msgspec.json.Decoder(tuple[Literal[2], _AtHome])
_several = msgspec.json.Decoder(tuple[Literal[1], _Text, tuple[_Parts, ...]])


class Act(Value, frozen=True):
    """What a button or an entry of a menu asks for. `verb` None is the list of all that is
    possible; `binding` is None for what only shows."""

    verb: Verb | None
    request: str
    binding: Binding | None = None


class Where(Value, frozen=True):
    """The card that was acted on, as its forms remember it; "" where Slack named nothing.

    `response_url` is kept only of a card that was shown to one person alone, `home` (a Home
    tab's metadata) of one that was opened from there. Slack keeps all this itself and signs it
    when a form comes back.
    """

    channel: str = ""
    ts: str = ""
    response_url: str = ""
    home: str = ""

    @property
    def place(self) -> str:
        """The channel whose members all see this card; "" for a card that one person sees."""
        # Direct messages, D..., are nobody else's to see.
        # https://docs.slack.dev/apis/web-api/using-the-conversations-api
        shared = self.channel.startswith(("C", "G")) and not self.response_url
        return self.channel if shared else ""

    def message(self, team: str) -> MessageRef | None:
        """The posted message, pressed on in this workspace; None for one that was shown to one
        person alone, and where there is none."""
        if self.response_url or not (self.channel and self.ts):
            return None
        fields = {"channel": self.channel, "ts": self.ts, "team": team}
        return MessageRef(platform=PLATFORM, fields=fields, key=threads.key(self.channel, self.ts))


def of(verb: Verb) -> str:
    """The action id of a verb's button."""
    return f"{_PREFIX}{verb.value}"


_NAMES: Final = {of(verb): verb.value for verb in Verb}

PRESSED: Final = (MENU, *_NAMES)


def write(target: str | Binding) -> str:
    """A button's value: a request's id, or a binding; Slack takes 2,000 characters."""
    return _json([1, _target(target)])


def write_option(name: str, target: str | Binding) -> str:
    """The value of a menu's entry, `name` being a verb or `MORE`; Slack takes 150 characters."""
    return _json([1, name, _target(target)])


def read(action_id: str, value: str) -> Act | None:
    """What was pressed or chosen; None for what this version never made."""
    if action_id == MENU:
        name, target = _read_option(value)
    else:
        name, target = _NAMES.get(action_id, ""), _read_target(value)
    if name == MORE and isinstance(target, str):
        return Act(verb=None, request=target)
    verb = _VERBS.get(name)
    if isinstance(target, Binding):
        return None if verb is None else Act(verb=verb, request=target.request, binding=target)
    if verb not in SHOWING or target is None:
        return None
    return Act(verb=verb, request=target)


def read_request(value: str) -> str | None:
    """The request's id in the value of a button that only shows something."""
    try:
        return _requests.decode(value)[1]
    except msgspec.MsgspecError:
        return None


def _read_target(value: str) -> str | Binding | None:
    try:
        return _bound(_values.decode(value)[1])
    except msgspec.MsgspecError:
        return read_request(value)


def _read_option(value: str) -> tuple[str, str | Binding | None]:
    try:
        _, name, parts = _options.decode(value)
        return name, _bound(parts)
    except msgspec.MsgspecError:
        pass
    try:
        _, name, request = _showing_options.decode(value)
        return name, request
    except msgspec.MsgspecError:
        return "", None


def write_form(verb: Verb, binding: Binding, where: Where) -> str:
    """A form's private_metadata; Slack takes 3,000 characters."""
    return _json([_version(where), verb.value, _parts(binding), _where(where)])


def read_form(metadata: str) -> tuple[Verb, Binding, Where] | None:
    found = _read_form(metadata)
    return None if found is None or found[0] in SHOWING else found


def _read_form(metadata: str) -> tuple[Verb, Binding, Where] | None:
    try:
        _, verb, bound, where = _forms.decode(metadata)
        return verb, _bound(bound), _place(where)
    except msgspec.MsgspecError:
        pass
    try:
        _, verb, bound, at_home = _home_forms.decode(metadata)
        return verb, _bound(bound), _place(at_home)
    except msgspec.MsgspecError:
        return None


def write_where(where: Where) -> str:
    """The private_metadata of a card or a list of choices in a modal."""
    return _json([_version(where), _where(where)])


def read_where(metadata: str) -> Where:
    """Where the card stands from which a list was opened; nowhere if it does not say."""
    try:
        return _place(_places.decode(metadata)[1])
    except msgspec.MsgspecError:
        pass
    try:
        return _place(_home_places.decode(metadata)[1])
    except msgspec.MsgspecError:
        return Where()


def write_several(home: str, bindings: Sequence[Binding]) -> str:
    """The private_metadata of the question about several requests, with a Home tab's."""
    return _json([1, home, [_parts(b) for b in bindings]])


def read_several(metadata: str) -> tuple[str, tuple[Binding, ...]] | None:
    try:
        _, home, bound = _several.decode(metadata)
    except msgspec.MsgspecError:
        return None
    return home, tuple(map(_bound, bound))


def _target(target: str | Binding) -> str | _Parts:
    return target if isinstance(target, str) else _parts(target)


def _parts(b: Binding) -> _Parts:
    return (b.request, b.revision, b.commitment, b.level, b.round)


def _bound(parts: _Parts) -> Binding:
    request, revision, commitment, level, round_ = parts
    return Binding(
        request=request, revision=revision, commitment=commitment, level=level, round=round_
    )


def _version(where: Where) -> int:
    return 2 if where.home else 1


def _where(where: Where) -> _Where | _AtHome:
    parts = (where.channel, where.ts, where.response_url)
    return (*parts, where.home) if where.home else parts


def _place(parts: _Where | _AtHome) -> Where:
    channel, ts, url, *home = parts
    return Where(channel=channel, ts=ts, response_url=url, home=home[0] if home else "")


def _json(parts: list[Any]) -> str:
    return msgspec.json.encode(parts).decode()
