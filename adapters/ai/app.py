"""The provider of advice, built from settings. Importing this loads nothing of its library."""

from collections.abc import Callable
from pathlib import Path

from adapters.ai.openai_adviser import OpenAiAdviser
from adapters.ai.recorded import Recording, Replaying
from adapters.ai.settings import ModelSettings
from adapters.ai.wire import Wire
from core.advice.port import Spending
from core.value import Millis


def build(
    settings: ModelSettings, now: Callable[[], Millis], spending: Spending | None = None
) -> OpenAiAdviser:
    """Wire it; opens nothing but the file of recorded answers. Raises OSError, ValueError."""
    return OpenAiAdviser(wire_for(settings, now), settings, now, spending)


def wire_for(settings: ModelSettings, now: Callable[[], Millis]) -> Wire:
    """How this model is reached. Raises as `build` does."""
    if settings.replay is not None:
        return Replaying(settings.model, Path(settings.replay))
    from adapters.ai.openai_wire import OpenAiWire

    wire = OpenAiWire(settings, now)
    if settings.record is None:
        return wire
    return Recording(wire, settings.model, Path(settings.record))
