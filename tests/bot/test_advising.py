"""The worker that asks a model: what is wanted is asked once, kept once, and never in the way."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
from msgspec.structs import replace

from bot import advising
from bot.advising import LEASE
from bot.means import Means
from core.advice import calibration
from core.advice.asking import GIVEN_UP
from core.advice.port import Later, Never
from core.card import Verb
from core.chat.port import Click
from core.content import Rationale
from core.request import Decision, RequestState, Status
from core.rows import Delivery
from core.service.advising import AdvisingService
from storage import open_storage
from tests.bot.advised import Advised, Scripted, says
from tests.core.builders import DIRECTORY, FINN, HOUR, MARA, shown
from tests.storage.fresh import migrate


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Advised]:
    url = f"sqlite:///{tmp_path / 'advised.db'}"
    migrate(url)
    storage = open_storage(url)
    office = Advised(storage)
    await office.open()
    yield office
    await storage.close()


async def test_a_request_shows_the_rules_advice_at_once_and_the_models_when_it_comes(
    office: Advised,
) -> None:
    it = await office.asked()
    before = await office.advice(it)
    assert before.source == "rules"
    version = (await office.state(it)).version
    adviser = Scripted()
    await office.works(office.worker(adviser))
    advice = await office.advice(it)
    assert (advice.source, advice.recommendation, advice.confidence) == ("model-1", "approve", 83)
    assert advice.run is not None
    assert (advice.run.tokens_in, len(advice.run.facts)) == (900, 64)
    assert (await office.state(it)).version == version + 1
    assert [each.wanted for each in await deliveries(office, it)] == [version + 1]


async def deliveries(office: Advised, request: str) -> Sequence[Delivery]:
    found = await office.storage.store.snapshot(request)
    assert found is not None
    return found.deliveries


async def test_what_a_card_is_bound_to_stays_as_it_was(office: Advised) -> None:
    it = await office.asked()
    binding = shown(await office.state(it))
    await office.works(office.worker(Scripted()))
    assert shown(await office.state(it)) == binding
    identity = DIRECTORY.people[MARA].identity("slack")
    assert identity is not None
    answer = await office.chat.click(Click(identity=identity, binding=binding, verb=Verb.APPROVE))
    assert answer.refused is None
    assert [v.person for v in (await office.state(it)).stages[0].votes] == [MARA]


async def test_it_is_asked_once_and_told_facts_with_their_numbers(office: Advised) -> None:
    await office.asked()
    adviser = Scripted()
    worker = office.worker(adviser)
    await office.works(worker)
    await office.works(worker)
    [told] = adviser.asked
    assert [fact.number for fact in told] == list(range(1, len(told) + 1))
    assert any("There were no earlier requests" in fact.text for fact in told)


async def test_a_rule_that_wants_no_model_has_none_told(office: Advised) -> None:
    it = (await office.ask(100, "secret")).snapshot.state.id
    adviser = Scripted()
    await office.works(office.worker(adviser))
    assert adviser.asked == []
    assert (await office.advice(it)).source == "rules"


async def test_an_hour_without_a_provider_delays_the_advice_and_nothing_else(
    office: Advised,
) -> None:
    it = await office.asked()
    adviser = Scripted(Later(reason="503"))
    worker = office.worker(adviser)
    end = office.now + HOUR
    while office.now < end:
        await office.works(worker)
        due = await office.storage.history.next_due()
        assert due is not None
        assert due - office.now <= 300_000
        office.now = due
    assert (await office.advice(it)).source == "rules"
    assert len(adviser.asked) < 30, "it backs off"
    adviser.answers = [says()]
    await office.works(worker)
    assert (await office.advice(it)).source == "model-1"


async def test_the_provider_says_how_long_to_leave_it_alone(office: Advised) -> None:
    await office.asked()
    await office.works(office.worker(Scripted(Later(reason="429", after=90_000))))
    assert await office.storage.history.next_due() == office.now + 90_000


async def test_a_refusal_is_not_asked_again_until_there_is_a_new_revision(office: Advised) -> None:
    it = await office.asked()
    adviser = Scripted(Never(reason="refused"), says("needs_review"))
    worker = office.worker(adviser)
    await office.works(worker)
    assert await office.storage.history.next_due() is None
    await office.says(MARA, Decision.REQUEST_CHANGES, it)
    await office.revise(it, 90)
    await office.works(worker)
    assert len(adviser.asked) == 2
    assert (await office.advice(it)).recommendation == "review"


async def test_an_answer_about_an_older_revision_does_nothing(office: Advised) -> None:
    it = await office.asked()
    adviser = Scripted()
    adviser.gate.clear()
    worker = office.worker(adviser)
    await worker.look()
    await adviser.called.wait()
    await office.says(MARA, Decision.REQUEST_CHANGES, it)
    await office.revise(it, 90)
    version = (await office.state(it)).version
    adviser.gate.set()
    await asyncio.gather(*worker._asking)
    assert (await office.state(it)).version == version
    assert (await office.advice(it)).source == "rules"
    await office.works(worker)
    assert (await office.advice(it)).source == "model-1"
    assert len(adviser.asked) == 2


async def test_an_answer_after_the_decision_does_nothing(office: Advised) -> None:
    it = await office.asked()
    adviser = Scripted()
    adviser.gate.clear()
    worker = office.worker(adviser)
    await worker.look()
    await adviser.called.wait()
    await office.cancel(it)
    version = (await office.state(it)).version
    adviser.gate.set()
    await office.works(worker)
    assert (await office.state(it)).version == version
    assert await office.storage.history.next_due() is None


async def test_a_server_that_dies_with_the_answer_is_followed_by_one_that_asks_again(
    office: Advised, monkeypatch: pytest.MonkeyPatch
) -> None:
    it = await office.asked()
    adviser = Scripted()
    with monkeypatch.context() as patched:

        async def dies(*_: object) -> bool:
            raise asyncio.CancelledError  # nothing of it goes on

        patched.setattr(AdvisingService, "record", dies)
        dying = office.worker(adviser)
        await dying.look()
        await asyncio.gather(*dying._asking, return_exceptions=True)
    after = office.worker(adviser)
    await office.works(after)
    assert len(adviser.asked) == 1, "its lease is held"
    office.now += LEASE
    await office.works(after)
    assert len(adviser.asked) == 2
    assert (await office.advice(it)).source == "model-1"
    assert await recorded(office, it) == ["rules", "model-1"]
    assert await office.storage.history.spent(office.now) == (1980, 0), "both answers cost"


@pytest.mark.parametrize("step", ["question", "record"])
async def test_what_fails_each_time_is_asked_less_and_less_and_given_up(
    office: Advised, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    await office.asked()

    async def fails(*_: object) -> None:
        raise ValueError("nobody has thought of it")

    monkeypatch.setattr(AdvisingService, step, fails)
    adviser = Scripted()
    worker, history = office.worker(adviser), office.storage.history
    await office.works(worker)
    assert await history.next_due() == office.now + 2_000
    office.now += GIVEN_UP
    await office.works(worker)
    assert await history.next_due() is None
    assert len(adviser.asked) == (0 if step == "question" else 1)


async def test_who_can_see_nothing_to_ask_about_says_so_until_it_works(
    office: Advised, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(advising, "AFTER_FAILURE", 1)
    monkeypatch.setattr(advising, "TOGETHER", 0)
    worker, said, works = office.worker(Scripted()), list[str | None](), asyncio.Event()

    async def looks() -> int:
        said.append(worker.trouble)
        if len(said) <= advising.FAILURES:
            raise ConnectionError("the database is gone")
        if len(said) == advising.FAILURES + 2:
            works.set()
        return 1

    monkeypatch.setattr(worker, "look", looks)
    worker.start()
    await works.wait()
    await worker.stop()
    assert said[: advising.FAILURES + 2] == [None] * 5 + [advising.STUCK, None]


async def recorded(office: Advised, request: str) -> list[str]:
    """Whose advice was recorded, in order."""
    links = await office.storage.store.links(request)
    found = [link for link in links if link.type == "rationale_recorded"]
    return ["model-1" if b'"source":"model-1"' in each.body else "rules" for each in found]


async def test_two_answers_to_one_question_are_recorded_once(office: Advised) -> None:
    it = await office.asked()
    adviser = Scripted()
    worker = office.worker(adviser)
    question = await worker._service.question(it, 1)
    assert question is not None
    answers = (worker._service.record(question, says()) for _ in range(2))
    assert sorted(await asyncio.gather(*answers)) == [False, True]
    assert await recorded(office, it) == ["rules", "model-1"]
    await office.works(worker)
    assert adviser.asked == [], "it has its advice"


async def test_two_servers_ask_once(office: Advised) -> None:
    for amount in range(6):
        await office.asked(amount)
    other = open_storage(str(office.storage._engines.writer.url))
    adviser = Scripted()
    workers = (office.worker(adviser), office.worker(adviser, other))
    for _ in range(6):
        await asyncio.gather(*(each.look() for each in workers))
    await asyncio.gather(*workers[0]._asking, *workers[1]._asking)
    await office.works(workers[0])
    await other.close()
    assert len(adviser.asked) == 6


async def test_nothing_is_asked_as_long_as_the_past_is_not_known(
    office: Advised, monkeypatch: pytest.MonkeyPatch
) -> None:
    for amount in range(1000, 1040):
        await office.asked(amount)
    monkeypatch.setattr(advising, "PAGES", 1)
    adviser = Scripted()
    worker = office.worker(adviser, most=1)
    assert await worker.look() == 0, "there is more to follow"
    assert adviser.asked == []
    await worker.look()
    await worker.look()
    await asyncio.gather(*worker._asking)
    [told] = adviser.asked
    assert "asks for nearly the same action" in " ".join(fact.text for fact in told)


async def test_a_rule_may_let_a_confident_model_approve(office: Advised) -> None:
    it = (await office.ask(40, "granted")).snapshot.state.id
    await office.works(office.worker(Scripted(says(confidence=95))))
    state = await office.state(it)
    assert state.outcome is not None
    assert (state.status, state.outcome.bypass) == (Status.APPROVED, "model_grant")
    assert await office.storage.history.record() == (), "no person decided it"


async def test_no_more_are_asked_at_once_than_may_be(office: Advised) -> None:
    for amount in range(5):
        await office.asked(amount)
    adviser = Scripted()
    adviser.gate.clear()
    worker = office.worker(adviser, most=2)
    for _ in range(4):
        await worker.look()
    assert len(worker._asking) == 2
    adviser.gate.set()
    await office.works(worker)
    assert len(adviser.asked) == 5


async def test_a_provider_that_breaks_is_asked_again(office: Advised) -> None:
    it = await office.asked()
    adviser = Scripted(ValueError("a bug"), says())
    worker = office.worker(adviser)
    await office.works(worker)
    assert (await office.advice(it)).source == "rules"
    office.now += 2_000
    await office.works(worker)
    assert (await office.advice(it)).source == "model-1"


async def test_the_rules_stay_the_more_cautious_and_the_disagreement_is_kept(
    office: Advised,
) -> None:
    it = await office.asked()
    worker = office.worker(Scripted(says("reject", 70)))
    await office.works(worker)
    advice = await office.advice(it)
    assert (advice.rules, advice.model, advice.recommendation) == ("approve", "reject", "reject")
    assert (await office.state(it)).status is Status.PENDING


async def test_how_often_it_was_right_is_counted_once_and_said_from_enough_cases_on(
    office: Advised, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calibration, "LEAST_CASES", 3)
    worker = office.worker(Scripted())
    for number in range(3):
        it = await office.asked(number)
        await office.works(worker)
        last = number == 2
        await office.says(MARA, Decision.REJECT if last else Decision.APPROVE, it)
        if not last:
            await office.says(FINN, Decision.APPROVE, it)
        advice = await office.advice(it)
        assert office.record.said(advice) is None
    by_rule = (await office.ask(1, "coffee")).snapshot.state
    assert by_rule.status is Status.APPROVED
    await office.works(worker)
    [counted] = await office.storage.history.record()
    assert (counted.kind.source, counted.kind.confidence, counted.until) == ("model-1", 80, 89)
    assert (counted.cases, counted.agreed) == (3, 2)
    office.now += HOUR
    await worker.look()
    assert office.record.said(advice) == "At this confidence right 2 of 3 times."


async def test_a_card_says_how_often_such_advice_was_right(office: Advised) -> None:
    view = await office.card_of(await office.asked())
    said: dict[str, str] = {"model-1": "At this confidence right 9 of 20 times."}
    means = Means(
        store=office.storage.store,
        deliveries=office.storage.deliveries,
        channels={},
        directory=lambda: DIRECTORY,
        clock=lambda: office.now,
        record=lambda advice: said.get(advice.source) if advice else None,
    )
    advice = Rationale(recommendation="approve", summary="Fine.", source="model-1")
    assert means.with_record(replace(view, rationale=advice)).record == said["model-1"]
    assert means.with_record(replace(view, rationale=None)).record is None


async def test_it_runs_wakes_and_stops_by_itself(office: Advised) -> None:
    adviser = Scripted()
    worker = office.worker(adviser)
    done = asyncio.Event()

    def heard(states: Sequence[RequestState]) -> None:
        worker.changed(states)
        if any(state.version == 4 for state in states):
            done.set()

    office.storage.store.on_commit(heard)
    worker.start()
    it = await office.asked()
    async with asyncio.timeout(20):
        await done.wait()
    await worker.stop()
    assert (await office.advice(it)).source == "model-1"
