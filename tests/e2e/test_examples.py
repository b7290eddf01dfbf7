"""The examples of the API are what happens: the same calls, told again to a real server."""

import json
import re
from pathlib import Path

import jsonschema
import pytest

from adapters.webhook import openapi
from adapters.webhook.examples import FILE, read_examples
from adapters.webhook.routes import OPERATIONS
from adapters.webhook.streams import MEDIA as STREAM
from tests.e2e.story import Json, story, teller

DOCUMENT = openapi.document(OPERATIONS, "0", metrics=True, examples=read_examples())
DESCRIBED = {
    operation["operationId"]: operation
    for methods in DOCUMENT["paths"].values()
    for operation in methods.values()
}
HOW = "write them down again with: python docs/take_examples.py"


async def test_every_example_is_what_a_server_answers(tmp_path: Path) -> None:
    async with teller(tmp_path) as told:
        await story(told)
    written: Json = json.loads(FILE.read_text())
    assert list(told.told) == list(written), HOW
    for operation, calls in told.told.items():
        assert calls == written[operation], HOW


def test_every_operation_has_an_example() -> None:
    assert set(read_examples()) == set(DESCRIBED), f"{HOW}; tests/e2e/story.py tells them"


def conforms(value: object, schema: Json) -> None:
    whole = {**schema, "components": DOCUMENT["components"]}
    jsonschema.validate(value, whole, cls=jsonschema.Draft202012Validator)


@pytest.mark.parametrize("operation", sorted(DESCRIBED))
def test_every_example_is_as_the_description_says(operation: str) -> None:
    described = DESCRIBED[operation]
    for each in read_examples()[operation]:
        assert each.method.lower() in DOCUMENT["paths"][path_of(operation)]
        good = described["responses"][str(each.status)]["content"][each.media]
        for value in events_of(each.answer) if each.media == STREAM else [each.answer]:
            conforms(value, good["schema"])
        assert each.answer in [shown["value"] for shown in good["examples"].values()]
        if "requestBody" in described:
            sent = described["requestBody"]["content"]["application/json"]
            conforms(each.body, sent["schema"])


def events_of(text: str) -> list[Json]:
    """The events of a stream, which the schema describes one by one."""
    blocks = [dict(re.findall(r"^(\w+): (.*)$", b, re.MULTILINE)) for b in text.split("\n\n")]
    found: list[Json] = [b | ({"retry": int(b["retry"])} if "retry" in b else {}) for b in blocks]
    return [block for block in found if block]


def path_of(operation: str) -> str:
    paths: dict[str, Json] = DOCUMENT["paths"]
    found = (p for p, of in paths.items() for o in of.values() if o["operationId"] == operation)
    return next(found)


def test_every_parameter_that_an_example_gives_is_shown_and_fits() -> None:
    shown = 0
    for operation in DESCRIBED.values():
        for parameter in operation.get("parameters", ()):
            if "example" in parameter:
                conforms(parameter["example"], parameter["schema"])
                shown += 1
            assert parameter["in"] != "path" or "example" in parameter, operation["operationId"]
    assert shown > len(OPERATIONS) // 2
