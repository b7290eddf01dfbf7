"""An office whose requests a model is asked about, and a model that says what it is told to."""

import asyncio
from collections.abc import Sequence

from bot.advising import Advising, Record
from core.advice.answer import Cited, ModelAnswer
from core.advice.asking import advice_of
from core.advice.facts import Fact
from core.advice.port import Answered, Later, Never
from core.card import Card, Viewer
from core.cards import card
from core.content import Rationale, Run
from core.service.advising import AdvisingService
from storage import Storage
from tests.contract.office import Office
from tests.core.builders import DIRECTORY, MARA

RUN = Run(model="model-1", prompt="advice-1", facts="", tokens_in=900, tokens_out=90, took=1200)


def says(recommendation: str = "approve", confidence: int = 83) -> Answered:
    answer = ModelAnswer(
        recommendation=recommendation,  # type: ignore[arg-type]  # one of its literals
        confidence=confidence,
        summary="It is like those that were approved before.",
        points=[Cited(text="The amount is small.", facts=[1])],
        risks=[],
        questions=["Who will use it?"],
    )
    return Answered(answer=answer, run=RUN)


class Scripted:
    """Answers as told, the last one again and again; each call waits while the gate is shut."""

    def __init__(self, *answers: Answered | Later | Never | Exception) -> None:
        self.answers = list(answers or [says()])
        self.asked: list[Sequence[Fact]] = []
        self.called, self.gate = asyncio.Event(), asyncio.Event()
        self.gate.set()

    async def advise(self, facts: Sequence[Fact]) -> Answered | Later | Never:
        self.asked.append(facts)
        self.called.set()
        await self.gate.wait()
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


class Advised(Office):
    """An office whose requests a model is asked about, by steps that tests take."""

    def worker(self, adviser: Scripted, storage: Storage | None = None, most: int = 4) -> Advising:
        one, world = storage or self.storage, self.approvals.world
        service = AdvisingService(
            store=one.store,
            remembers=one.history,
            around=self.approvals.around,
            new_id=world.new_id,
            new_salt=world.new_salt,
        )
        self.record = Record(one.history, lambda: self.now)
        questions, clock = one.history, lambda: self.now
        return Advising(
            service, questions, one.trail, adviser, self.record, clock, concurrency=most
        )

    async def works(self, worker: Advising) -> None:
        """What there is to do now, until it is done."""
        for _ in range(50):
            await worker.look()
            await asyncio.gather(*worker._asking)
            due = await self.storage.history.next_due()
            if due is None or due > self.now:
                return

    async def asked(self, amount: int = 100) -> str:
        return (await self.ask(amount)).snapshot.state.id

    async def advice(self, request: str) -> Rationale:
        found = await self.storage.store.snapshot(request)
        assert found is not None
        advice = advice_of(found.state, found.contents)
        assert advice is not None
        return advice

    async def card_of(self, request: str) -> Card:
        found = await self.storage.store.snapshot(request)
        assert found is not None
        return card(found.state, found.contents, Viewer(person=MARA), DIRECTORY, self.now)
