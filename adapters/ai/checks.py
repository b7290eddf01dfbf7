"""Whether the model's provider lets this server in. Asks for its list of models, which costs
nothing; no model is asked anything."""

from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from adapters.ai.app import wire_for
from adapters.ai.settings import ModelSettings
from adapters.ai.wire import Unanswered, Why
from core.checkup import Found, ok, problem, warning
from core.value import Millis

MODEL: Final = "model"

_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_REMEDIES: Final = {
    Why.DENIED: "Set OPENAI_API_KEY anew, or AZURE_OPENAI_API_KEY for Azure.",
    Why.SPENT: "Add credit to the account at the provider.",
}
_REACH: Final = "See that this machine reaches it, and that OPENAI_BASE_URL is right."


async def everything(settings: ModelSettings, now: Callable[[], Millis]) -> list[Found]:
    """What the provider says to us."""
    found = [_plain(settings)] if _in_clear(settings) else []
    try:
        wire = wire_for(settings, now)
    except (OSError, ValueError):
        said = f"The recorded answers in {settings.where} cannot be read."
        return [problem(MODEL, said, "Mend COUNTERSIGN_AI_REPLAY.")]
    try:
        known = await wire.models()
    except Unanswered as failed:
        said = f"{settings.where}: {failed}."
        remedy = _REMEDIES.get(failed.why)
        found.append(problem(MODEL, said, remedy) if remedy else warning(MODEL, said, _REACH))
        return found
    finally:
        await wire.aclose()
    return [*found, _named(settings, known)]


def _named(settings: ModelSettings, known: frozenset[str] | None) -> Found:
    where = settings.where
    if settings.replay is not None:
        return ok(MODEL, f"Answers are taken from {where}, and no model is asked.")
    # At Azure the list is of models, and what is asked is a deployment of one.
    if known is None or settings.azure is not None:
        return ok(MODEL, f"{where} lets us in; whether it has {settings.model} it does not say.")
    if settings.model not in known:
        said = f"{where} lets us in and has no model {settings.model}."
        return problem(MODEL, said, "Set OPENAI_MODEL to one that the key may use.")
    return ok(MODEL, f"{where} lets us in and has {settings.model}. It was asked nothing.")


def _in_clear(settings: ModelSettings) -> bool:
    url = settings.azure.endpoint if settings.azure else settings.base_url or "https://"
    parts = urlsplit(url)
    return parts.scheme != "https" and parts.hostname not in _LOOPBACK


def _plain(settings: ModelSettings) -> Found:
    said = f"{settings.where} has no TLS: whoever listens reads the requests, and the key."
    return warning(MODEL, said, "Use an https address.")
