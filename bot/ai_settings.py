"""Settings of the model that is asked for advice; without them advice comes from the rules.

A key alone switches nothing on: it may lie in an environment for another program, and with a model
the texts of requests leave this server.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Final

from adapters.ai.settings import (
    ANSWER_TOKENS,
    CONCURRENCY,
    DAY_TOKENS,
    LEAST_DAY_TOKENS,
    LONGEST_TIMEOUT,
    MILLION,
    TIMEOUT,
    Azure,
    ModelSettings,
)
from bot.failures import Failure
from bot.secret import Secret
from bot.slack_settings import Reader
from core.advice.port import Spending
from core.value import Millis

if TYPE_CHECKING:
    from adapters.ai.openai_adviser import OpenAiAdviser

KEY: Final = "OPENAI_API_KEY"
BASE: Final = "OPENAI_BASE_URL"
MODEL: Final = "OPENAI_MODEL"
ENDPOINT: Final = "AZURE_OPENAI_ENDPOINT"
AZURE_KEY: Final = "AZURE_OPENAI_API_KEY"
DEPLOYMENT: Final = "AZURE_OPENAI_DEPLOYMENT"
VERSION: Final = "AZURE_OPENAI_API_VERSION"

NAMES: Final = (
    "COUNTERSIGN_AI_TIMEOUT",
    "COUNTERSIGN_AI_CONCURRENCY",
    "COUNTERSIGN_AI_ANSWER_TOKENS",
    "COUNTERSIGN_AI_TOKENS_PER_DAY",
    "COUNTERSIGN_AI_MONEY_PER_DAY",
    "COUNTERSIGN_AI_PRICE_IN",
    "COUNTERSIGN_AI_PRICE_OUT",
    "COUNTERSIGN_AI_HIDE",
    "COUNTERSIGN_AI_RECORD",
    "COUNTERSIGN_AI_REPLAY",
)
NO_MODEL: Final = "name the model in OPENAI_MODEL, and advice is asked of it"

_TIMES, _AT_ONCE, _ANSWER, _TOKENS, _MONEY, _IN, _OUT, _HIDE, _RECORD, _REPLAY = NAMES
_HIDDEN: Final = re.compile(r"(?:params\.\S.{0,79}|context\.(?:reasoning|confidence|validation))")
_API_VERSION: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:-preview)?|v1|preview")
_NONE: Final = "none"
_PRICE: Final = "Use a decimal such as 2.50, in the currency of COUNTERSIGN_AI_MONEY_PER_DAY."


@dataclass(frozen=True, kw_only=True, slots=True)
class AiSettings:
    """The model, and the fields that it is never told of: "params.NAME" or "context.NAME"."""

    model: ModelSettings
    key: Secret
    hidden: frozenset[str] = frozenset()

    def for_adapter(self) -> ModelSettings:
        """As the adapter takes it, with the key."""
        from msgspec.structs import replace

        return replace(self.model, key=self.key.reveal())


def read_ai(reader: Reader) -> AiSettings | None:
    """None where advice comes from the rules."""
    hidden, base = _hidden(reader), reader.url(BASE)
    azure = _azure(reader)
    model = reader.text(MODEL) or (azure.deployment if azure else "")
    if not model and not reader.text(ENDPOINT):
        return None
    key = reader.text(AZURE_KEY) or reader.text(KEY) if azure else reader.text(KEY)
    replay = reader.text(_REPLAY) or None
    if not key and base is None and replay is None:
        name = AZURE_KEY if azure else KEY
        reader.wrong(name, "is missing", f"Set it, or remove {MODEL} for advice by rules only.")
    if not key.isascii() or any(map(str.isspace, key)):
        reader.wrong(KEY, "is no key", "Copy it again, without spaces and line ends.")
    if azure is not None and base is not None:
        reader.wrong(BASE, f"stands beside {ENDPOINT}", "Remove one of them.")
    given = ModelSettings(
        model=model,
        base_url=base,
        azure=azure,
        timeout=_whole(_TIMES, TIMEOUT, (1, LONGEST_TIMEOUT), reader),
        concurrency=_whole(_AT_ONCE, CONCURRENCY, (1, 64), reader),
        answer_tokens=_whole(_ANSWER, ANSWER_TOKENS, (500, 50_000), reader),
        day_tokens=_tokens(reader),
        day_money=_money(reader),
        price_in=_price(_IN, reader),
        price_out=_price(_OUT, reader),
        record=reader.text(_RECORD) or None,
        replay=replay,
    )
    if given.record is not None and replay is not None:
        reader.wrong(_RECORD, f"stands beside {_REPLAY}", "Remove one of them.")
    return AiSettings(model=given, key=Secret(key), hidden=hidden)


def adviser_of(
    given: AiSettings, clock: Callable[[], Millis], spending: Spending | None = None
) -> "OpenAiAdviser":
    """What asks the model. Opens nothing but a file of recorded answers; raises Failure for one
    that cannot be read."""
    from adapters.ai.app import build

    try:
        return build(given.for_adapter(), clock, spending)
    except (OSError, ValueError):
        remedy = f"Name a file that {_RECORD} has written."
        raise Failure(f"{_REPLAY}: it cannot be read. {remedy}") from None


def notes(reader: Reader) -> tuple[str, ...]:
    """What is set and does nothing, since no model is named."""
    if reader.text(MODEL) or reader.text(ENDPOINT):
        return ()
    keys = (KEY, BASE, AZURE_KEY, DEPLOYMENT, VERSION, *NAMES)
    return tuple(f"{key} has no effect: {NO_MODEL}." for key in keys if reader.text(key))


def _azure(reader: Reader) -> Azure | None:
    endpoint = reader.url(ENDPOINT)
    if endpoint is None:
        return None
    deployment = reader.text(DEPLOYMENT) or reader.text(MODEL)
    version = reader.text(VERSION)
    if not deployment:
        reader.wrong(DEPLOYMENT, "is missing", "Set it to the name of the deployment.")
    if not _API_VERSION.fullmatch(version):
        problem = "is no version of the API" if version else "is missing"
        reader.wrong(VERSION, problem, "Use one such as 2024-10-21.")
    return Azure(endpoint=endpoint, deployment=deployment, version=version)


def _hidden(reader: Reader) -> frozenset[str]:
    found = [each.strip() for each in reader.text(_HIDE).split(",") if each.strip()]
    for each in found:
        if not _HIDDEN.fullmatch(each):
            remedy = "Use params.NAME, context.reasoning, context.confidence, context.validation."
            reader.wrong(_HIDE, f"names {each!r}, which is no field that is told", remedy)
    return frozenset(found)


def _whole(key: str, unset: int, bounds: tuple[int, int], reader: Reader) -> int:
    given = reader.text(key) or str(unset)
    low, high = bounds
    if given.isascii() and given.isdigit() and low <= int(given[:15]) <= high:
        return int(given)
    reader.wrong(key, "is no number that can be used", f"Use a whole number from {low} to {high}.")
    return unset


def _tokens(reader: Reader) -> int | None:
    if reader.text(_TOKENS).lower() == _NONE:
        return None
    return _whole(_TOKENS, DAY_TOKENS, (LEAST_DAY_TOKENS, 10**12), reader)


def _money(reader: Reader) -> int | None:
    """Millionths."""
    found = _decimal(_MONEY, "Use a decimal such as 5.00.", reader)
    if found is None:
        return None
    for price in (_IN, _OUT):
        if not reader.text(price):
            reader.wrong(price, f"is missing, and {_MONEY} bounds nothing without it", _PRICE)
    if not found:
        reader.wrong(_MONEY, "leaves nothing to ask with", f"Raise it, or remove {MODEL}.")
    return int(found * MILLION)


def _price(key: str, reader: Reader) -> str:
    return str(_decimal(key, _PRICE, reader) or "")


def _decimal(key: str, remedy: str, reader: Reader) -> Decimal | None:
    given = reader.text(key)
    if not given:
        return None
    try:
        found = Decimal(given)
    except InvalidOperation:
        found = Decimal(-1)
    if not found.is_finite() or not 0 <= found <= MILLION:
        reader.wrong(key, "is no amount", remedy)
        return None
    return found
