"""How the simulated model may behave, by name: each is also the name of a model."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from playground.model import answers
from playground.model.prompt import Prompt

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Behaviour:
    """`content` is what the model writes, `finish` why it stopped. With a `status` it refuses the
    call as the provider does, with the error's `code`. `waits`: it answers late or never."""

    content: Callable[[Prompt], str] | None = None
    finish: str = "stop"
    refusal: str | None = None
    status: int = 200
    code: str | None = None
    retry_after: int | None = None
    waits: str = ""


def _written(answer: Callable[[Prompt], Json]) -> Callable[[Prompt], str]:
    return lambda prompt: answers.text_of(answer(prompt))


def _wrong(prompt: Prompt) -> str:
    honest = answers.good(prompt)
    return answers.text_of({**honest, "recommendation": "do it", "confidence": "high"})


def _cut(prompt: Prompt) -> str:
    return answers.text_of(answers.good(prompt))[:60]


BEHAVIOURS: Mapping[str, Behaviour] = {
    "good": Behaviour(_written(answers.good)),
    "slow": Behaviour(_written(answers.good), waits="seconds"),
    "hangs": Behaviour(_written(answers.good), waits="forever"),
    "wrong-schema": Behaviour(_wrong),
    "no-json": Behaviour(lambda _: "Sure! I would approve this request."),
    "cut-off": Behaviour(_cut, finish="length"),
    "invents": Behaviour(_written(answers.invents)),
    "cites-nothing": Behaviour(_written(answers.cites_nothing)),
    "obeys": Behaviour(_written(answers.obeys)),
    "leaks": Behaviour(_written(answers.leaks)),
    "refuses": Behaviour(refusal="I'm sorry, but I can't assist with that request."),
    "filtered": Behaviour(status=400, code="content_filter"),
    "unfit": Behaviour(status=400, code="unsupported_parameter"),
    "denies": Behaviour(status=401, code="invalid_api_key"),
    "unknown": Behaviour(status=404, code="model_not_found"),
    "busy": Behaviour(status=429, code="rate_limit_exceeded", retry_after=2),
    "no-credit": Behaviour(status=429, code="insufficient_quota"),
    "broken": Behaviour(status=500, code=None),
}
"""What it does, by the name under which it is asked or switched on."""
