"""Asks a model for advice: within its budget, a few at once, and not at all while it is down."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

import structlog

from adapters.ai.breaker import Breaker
from adapters.ai.budget import Budget, Reserved, Use
from adapters.ai.completion import Read, read
from adapters.ai.prompt import VERSION, Asked, asked
from adapters.ai.settings import ModelSettings
from adapters.ai.wire import Unanswered, Why, Wire
from core.advice.answer import ModelAnswer
from core.advice.checking import facts_hash
from core.advice.facts import Fact
from core.advice.port import Answered, Later, Never, Spending
from core.content import Run
from core.value import Millis

LEFT_ALONE: Final[Millis] = 600_000
"""After what only an operator can mend."""
HEARD: Final[Millis] = 60_000
"""How often the records are asked what the day has cost."""

# What somebody must mend, and with what.
TROUBLES: Final = {
    Why.DENIED: "The model's provider does not accept the key: set OPENAI_API_KEY anew.",
    Why.WRONG: "The model's provider knows no such address or model: see OPENAI_BASE_URL "
    "and OPENAI_MODEL.",
    Why.SPENT: "The account at the model's provider has no credit left.",
    Why.UNFIT: "The model's provider does not take requests as they are: see that OPENAI_MODEL "
    "knows structured output.",
}
# A filtered or unfit request says nothing of the next one: an attacker could stop all advice.
_NEVER: Final = frozenset({Why.FILTERED, Why.UNFIT, Why.NOT_RECORDED})
_DOWN: Final = frozenset({Why.TIMEOUT, Why.UNREACHED, Why.BROKEN})

log = structlog.get_logger("adviser")


class OpenAiAdviser:
    """The provider of advice. `trouble` is what an operator must mend, None while all is well."""

    def __init__(
        self,
        wire: Wire,
        settings: ModelSettings,
        now: Callable[[], Millis],
        spending: Spending | None = None,
        breaker: Breaker | None = None,
    ) -> None:
        self._wire = wire
        self._settings = settings
        self._now = now
        self._spending = spending
        self._breaker = breaker or Breaker()
        self._budget = Budget(settings.day_tokens, settings.day_money)
        self._room = asyncio.Semaphore(settings.concurrency)
        self._heard: Millis | None = None
        self.trouble: str | None = None

    async def advise(self, facts: Sequence[Fact]) -> Answered | Later | Never:
        """Ask once. Never raises for what a provider may do."""
        prompt = asked(facts)
        async with self._room:
            await self._hear()
            wait = self._breaker.ask(self._now())
            if wait:
                return Later(reason="the provider is left alone for now", after=wait)
            try:
                return await self._within_budget(prompt, facts_hash(facts))
            finally:
                self._breaker.abandoned()

    async def aclose(self) -> None:
        """Let connections go."""
        await self._wire.aclose()

    async def _within_budget(self, prompt: Asked, facts: str) -> Answered | Later | Never:
        reserved = self._budget.reserve(self._now(), self._most(prompt))
        if not isinstance(reserved, Reserved):
            return Later(reason="the day's budget is used up", after=reserved)
        used = reserved.use  # of a call whose end is not known
        try:
            began = self._now()
            found = read(await self._wire.complete(prompt))
            if found is None:
                raise Unanswered(Why.BROKEN)
            used = self._used(found, reserved)
            self._works()
            run = self._run(found, facts, used, max(0, self._now() - began))
            answer = found.answer
            if not isinstance(answer, ModelAnswer):
                return answer
            return Answered(answer, run, prompt.system)
        except Unanswered as failed:
            if failed.why is not Why.TIMEOUT:
                used = Use()
            return self._failed(failed)
        finally:
            self._budget.settle(reserved, used)

    def _most(self, prompt: Asked) -> Use:
        """The most that this can use."""
        given = self._settings
        cost = given.cost(prompt.size, given.answer_tokens)
        return Use(prompt.size + given.answer_tokens, cost)

    def _used(self, found: Read, reserved: Reserved) -> Use:
        """What was used, as far as it is told."""
        if found.tokens is None:
            return reserved.use
        return Use(sum(found.tokens), self._settings.cost(*found.tokens))

    def _run(self, found: Read, facts: str, used: Use, took: Millis) -> Run:
        tokens_in, tokens_out = found.tokens or (0, 0)
        return Run(
            model=self._settings.model,
            prompt=VERSION,
            facts=facts,
            tokens_in=tokens_in,
            tokens_out=tokens_out,
            cost=used.cost if found.tokens else 0,
            took=took,
        )

    def _works(self) -> None:
        self._breaker.succeeded()
        if self.trouble is not None:
            log.info("model_works_again")
        self.trouble = None

    def _failed(self, failed: Unanswered) -> Later | Never:
        why, now = failed.why, self._now()
        self._tell(why)
        if why in _NEVER:
            self._breaker.succeeded()
            return Never(reason=str(failed))
        if why in _DOWN:
            self._breaker.failed(now)
            if failed.after:
                self._breaker.hold(now, failed.after)
            return Later(reason=str(failed), after=failed.after)
        if why is Why.BUSY:
            if failed.after:
                self._breaker.hold(now, failed.after)
            else:
                self._breaker.failed(now)
            return Later(reason=str(failed), after=failed.after)
        self._breaker.hold(now, LEFT_ALONE)
        return Later(reason=str(failed), after=LEFT_ALONE)

    def _tell(self, why: Why) -> None:
        """Say once what an operator must mend."""
        trouble = TROUBLES.get(why)
        if trouble is not None and trouble != self.trouble:
            log.error("model_trouble", trouble=trouble)
            self.trouble = trouble

    async def _hear(self) -> None:
        """What the day has cost before this server started, and elsewhere."""
        now = self._now()
        is_new = self._heard is None or not 0 <= now - self._heard < HEARD
        if self._spending is None or not is_new:
            return
        self._heard = now
        tokens, cost = await self._spending.spent(now - now % 86_400_000)
        self._budget.heard(now, Use(tokens, cost))
