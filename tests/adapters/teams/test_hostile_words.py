"""Whatever is written to the bot, and whatever the data of a button is, it is answered or passed
over, and nothing breaks."""

from itertools import product
from typing import Any

import pytest

from adapters.teams import (
    absence_cards,
    actions,
    ask_cards,
    commands,
    desks,
    home,
    home_acts,
    inputs,
)
from core.card import Verb
from tests.adapters.teams.cards import DATA
from tests.adapters.teams.conftest import EVE, Json, Rig
from tests.adapters.teams.test_hostile import JUNK, activities, changed, paths
from tests.depth import parts

_MODULES = (absence_cards, actions, ask_cards, desks, home, home_acts, inputs)
NAMES = sorted(
    {
        value
        for module in _MODULES
        for name, value in vars(module).items()
        if name.lstrip("_").isupper() and isinstance(value, str) and value.isidentifier()
    }
    | {verb.value for verb in Verb}
    | set(DATA)
)
"""Every word that stands in the data of our buttons, as a name or as a value."""

WORDS = [*commands.COMMANDS, "hello", ""]
RESTS = [
    "",
    "R1",
    "@Eve until tomorrow",
    "eve@example.com until 2026-12-31",
    "end 0",
    "\u202e" * 50,
    "<at></at><at>" * 40,
    "R1 " + "x" * 3000,
    "from 9999-99-99 until 0000-00-00",
]


def failures(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.exc_info]


async def test_no_command_however_it_goes_on_breaks_anything(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    message = activities(rig)["a message"]
    eve = {"id": "29:1eve", "name": "Eve", "aadObjectId": EVE}
    mention = {"type": "mention", "text": "<at>Eve</at>", "mentioned": eve}
    for number, (word, rest) in enumerate(product(WORDS, RESTS)):
        text = f"{word} {rest}".replace("@Eve", "<at>Eve</at>")
        written = {**message, "id": f"1800000000{number}", "text": text, "entities": [mention]}
        assert (await rig.post(written))[0] == 200, text
    assert failures(caplog) == []


async def test_no_mention_of_any_shape_breaks_a_command(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    eve = {"id": "29:1eve", "name": "Eve", "aadObjectId": EVE}
    mention = {"type": "mention", "text": "<at>Eve</at>", "mentioned": eve}
    quoted = {"contentType": "text/html", "content": "<blockquote>Hello</blockquote>"}
    message: Json = {
        **activities(rig)["a message"],
        "text": "delegate <at>Eve</at> until tomorrow",
        "entities": [mention],
        "attachments": [quoted],
        "replyToId": "1",
    }
    wanted = ("text", "entities", "attachments", "replyToId")
    spots = [path for path in paths(message) if path[0] in wanted]
    for number, (path, junk) in enumerate(product(spots, JUNK)):
        written = {**changed(message, path, junk), "id": f"1810000000{number}"}
        status, _ = await rig.post(written)
        assert status in (200, 400), (path, junk)
    assert failures(caplog) == []


@pytest.mark.parametrize("part", parts(4))
@pytest.mark.parametrize("kind", ["a click", "a submitted button", "a form asked for"])
async def test_no_data_of_a_button_breaks_anything(
    rig: Rig, kind: str, part: int, caplog: pytest.LogCaptureFixture
) -> None:
    activity, number = activities(rig)[kind], 0
    values: list[Any] = [*JUNK, "R1", 1]
    named: list[Json] = [{"verb": verb} for verb in NAMES]
    named += [{"verb": home.HOME, home.DO: act} for act in NAMES]
    # In the first part, too, each word meets some of the values and each value some of the words.
    for what in named:
        for value in values:
            number += 1
            if number % 4 != part:
                continue
            data = {**dict.fromkeys(NAMES, value), **what}
            status, body = await rig.post({**_with(activity, kind, data), "id": f"f:{number}"})
            assert status == 200, (what, value)
            assert not isinstance(body, dict) or body.get("statusCode", 200) < 500, (what, value)
    assert failures(caplog) == []


def _with(activity: Json, kind: str, data: Json) -> Json:
    action = {"type": "Action.Execute", "verb": data["verb"], "data": data}
    values = {"a click": {"action": action}, "a form asked for": {"data": data}}
    return {**activity, "value": values.get(kind, data)}
