"""The provider over real HTTP: every way a model behaves, and what becomes of it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from adapters.ai.openai_adviser import LEFT_ALONE, OpenAiAdviser
from adapters.ai.openai_wire import LONGEST_AFTER
from adapters.ai.wire import MOST_BYTES
from core.advice.checking import facts_hash
from core.advice.port import Answered, Later, Never
from playground import model
from tests.adapters.ai.conftest import Models
from tests.adapters.ai.facts import FACTS, KEY, NOW
from tests.bot.logged import logged

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def calls(models: Models) -> int:
    """How often the model was asked."""
    return int(model.control(models.running.place)["calls"])


async def test_a_model_answers_in_our_schema_and_the_run_is_told(models: Models) -> None:
    found = await models("good", price_in="1000", price_out="0").advise(FACTS)
    assert isinstance(found, Answered)
    assert found.answer.recommendation == "approve"
    assert {n for point in found.answer.points for n in point.facts} <= {2, 3}
    run = found.run
    assert (run.model, run.prompt, run.facts) == ("good", "advice-1", facts_hash(FACTS))
    assert min(run.tokens_in, run.tokens_out) > 0
    assert run.cost == 1000 * run.tokens_in


async def test_azure_is_asked_at_its_own_address(models: Models) -> None:
    assert isinstance(await models.azure("good").advise(FACTS), Answered)
    assert isinstance(await models.azure("denies").advise(FACTS), Later)


@pytest.mark.parametrize("name", ["invents", "cites-nothing", "obeys", "leaks"])
async def test_what_a_model_says_is_handed_on_to_be_checked(models: Models, name: str) -> None:
    assert isinstance(await models(name).advise(FACTS), Answered)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("wrong-schema", "the answer does not fit the schema"),
        ("no-json", "the answer does not fit the schema"),
        ("refuses", "the model refused to answer"),
        ("cut-off", "the answer was cut off: COUNTERSIGN_AI_ANSWER_TOKENS is too low"),
        ("filtered", "its content filter refused (HTTP 400)"),
        ("unfit", "it does not take the request as it is (HTTP 400)"),
    ],
)
async def test_what_gives_no_answer_is_not_asked_again(
    models: Models, name: str, reason: str
) -> None:
    adviser = models(name)
    assert [await adviser.advise(FACTS) for _ in range(7)] == [Never(reason)] * 7
    assert calls(models) == 7  # and keeps no other request from being asked about


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("busy", Later("it is asked too often (HTTP 429)", 2_000)),
        ("broken", Later("it failed (HTTP 500)")),
        ("denies", Later("it does not accept the key (HTTP 401)", LEFT_ALONE)),
        ("no-credit", Later("its account has no credit left (HTTP 429)", LEFT_ALONE)),
        (
            "unheard-of",
            Later("it knows no such address, model or deployment (HTTP 404)", LEFT_ALONE),
        ),
    ],
)
async def test_what_may_pass_is_asked_later(models: Models, name: str, found: Later) -> None:
    assert await models(name).advise(FACTS) == found


async def test_a_provider_that_is_too_busy_is_left_alone_as_long_as_it_says(
    models: Models,
) -> None:
    adviser = models("busy")
    await adviser.advise(FACTS)
    models.clock.at += 500
    assert await adviser.advise(FACTS) == Later("the provider is left alone for now", 1_500)
    assert calls(models) == 1
    models.clock.at += 1_500
    await adviser.advise(FACTS)
    assert calls(models) == 2


async def test_a_model_that_hangs_is_not_waited_for(models: Models) -> None:
    adviser = models("hangs", timeout=0.2)
    assert await adviser.advise(FACTS) == Later("it did not answer in time")
    # What it may have cost counts, since nobody says that it did not.
    assert adviser._budget.spent(NOW).tokens > 4_000


async def test_nobody_at_the_address_is_asked_less_and_less(models: Models) -> None:
    adviser = models("good", base_url="http://127.0.0.1:9/v1")
    found = [await adviser.advise(FACTS) for _ in range(7)]
    assert found[:5] == [Later("it cannot be reached")] * 5
    assert found[5:] == [Later("the provider is left alone for now", 30_000)] * 2
    assert adviser._budget.spent(NOW).tokens == 0
    models.clock.at += 30_000
    assert await adviser.advise(FACTS) == Later("it cannot be reached")
    assert await adviser.advise(FACTS) == Later("the provider is left alone for now", 60_000)


async def test_after_an_outage_one_call_that_works_lets_all_through(models: Models) -> None:
    adviser = models("good")
    model.set_control(models.running.place, {"behaviour": "broken", "times": 5})
    for _ in range(5):
        assert isinstance(await adviser.advise(FACTS), Later)
    assert isinstance(await adviser.advise(FACTS), Later)
    models.clock.at += 30_000
    assert isinstance(await adviser.advise(FACTS), Answered)
    assert isinstance(await adviser.advise(FACTS), Answered)


async def test_only_so_many_are_asked_at_once(models: Models) -> None:
    adviser, place = models("hangs", concurrency=2, timeout=20), models.running.place
    asking = [asyncio.create_task(adviser.advise(FACTS)) for _ in range(5)]
    async with asyncio.timeout(10):
        while calls(models) < 2:  # noqa: ASYNC110 - the other program tells nobody
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.05)
    assert calls(models) == 2
    model.set_control(place, {"behaviour": "good"})  # lets those go that hang
    found = await asyncio.gather(*asking)
    assert sorted(type(each).__name__ for each in found) == ["Answered"] * 3 + ["Later"] * 2


async def test_a_day_costs_no_more_than_its_budget(models: Models) -> None:
    adviser = models("good", day_tokens=12_000, answer_tokens=2_000)
    found = await adviser.advise(FACTS)
    while isinstance(found, Answered):
        assert adviser._budget.spent(NOW).tokens <= 12_000
        found = await adviser.advise(FACTS)
    midnight = 86_400_000 - NOW % 86_400_000
    assert found == Later("the day's budget is used up", midnight)
    models.clock.at += midnight
    assert isinstance(await adviser.advise(FACTS), Answered)


class Records:
    """What earlier starts have spent today."""

    async def spent(self, since: int) -> tuple[int, int]:
        assert (since % 86_400_000, NOW - since < 86_400_000) == (0, True)
        return 9_999_000, 0


async def test_a_restart_gives_no_day_twice(models: Models) -> None:
    found = await models("good", Records(), day_tokens=10_000_000).advise(FACTS)
    assert isinstance(found, Later)
    assert found.reason == "the day's budget is used up"
    assert calls(models) == 0


def trouble(adviser: OpenAiAdviser) -> str:
    """What is to be mended."""
    return adviser.trouble or ""


async def test_what_an_operator_must_mend_is_told_once_and_until_it_works(
    models: Models,
) -> None:
    adviser = models("good")
    model.set_control(models.running.place, {"behaviour": "denies", "times": 2})
    with logged() as logs:
        await adviser.advise(FACTS)
        assert "OPENAI_API_KEY" in trouble(adviser)
        models.clock.at += LEFT_ALONE
        await adviser.advise(FACTS)
        models.clock.at += LEFT_ALONE
        assert isinstance(await adviser.advise(FACTS), Answered)
    assert trouble(adviser) == ""
    assert [log["event"] for log in logs] == ["model_trouble", "model_works_again"]


async def test_secrets_and_texts_are_in_no_log_and_no_reason(
    models: Models, caplog: pytest.LogCaptureFixture
) -> None:
    said = []
    with caplog.at_level(logging.DEBUG), logged() as logs:
        for name in ("good", "denies", "broken", "refuses", "wrong-schema", "unheard-of"):
            found = await models(name).advise(FACTS)
            said += [repr(found)] if not isinstance(found, Answered) else []
        wrong = models("good", key="wrong")  # the provider's error repeats some of the key
        said.append(repr(await wrong.advise(FACTS)))
        said.append(repr(await models("good", key="s3cret\u20ac").advise(FACTS)))
    told = "\n".join([*said, *map(str, logs), caplog.text])
    for secret in (KEY, "wrong.", "s3cret", "Chairs", "do it"):
        assert secret not in told
    assert KEY not in repr(wrong._settings)


async def an_answer(models: Models, handle: Handler) -> tuple[object, int]:
    """What becomes of a call that is answered so, and the tokens that it counts as."""
    app = web.Application()
    app.router.add_post("/chat/completions", handle)
    async with TestServer(app) as server:
        adviser = models("good", base_url=str(server.make_url("/")))
        return await adviser.advise(FACTS), adviser._budget.spent(NOW).tokens


async def one_answer(models: Models, answer: web.Response) -> object:
    """What becomes of this answer to a call."""

    async def handle(_: web.Request) -> web.Response:
        return answer

    return (await an_answer(models, handle))[0]


@pytest.mark.parametrize(
    "body",
    [
        "<html>Sign in to the hotel</html>",
        "[]",
        '{"choices": []}',
        '{"choices": [{}]}',
        "[" * 9_999,
    ],
)
async def test_what_is_no_completion_at_all_is_a_failure(models: Models, body: str) -> None:
    found = await one_answer(models, web.Response(text=body, content_type="application/json"))
    assert found == Later("it failed")


async def test_an_answer_without_end_is_not_read_to_it(models: Models) -> None:
    parts: list[web.StreamResponse] = []

    async def handle(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"Content-Type": "application/json"})
        await answer.prepare(request)
        while len(parts) < 500:
            await answer.write(bytes(MOST_BYTES // 4))
            parts.append(answer)
        return answer

    assert (await an_answer(models, handle))[0] == Later("it failed")
    assert len(parts) < 500


async def test_an_answer_that_breaks_off_is_a_failure(models: Models) -> None:
    async def handle(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"Content-Length": "500"})
        await answer.prepare(request)
        await answer.write(b'{"cho')
        assert request.transport is not None
        request.transport.close()
        return answer

    assert (await an_answer(models, handle))[0] == Later("it failed")
    packed = {"Content-Encoding": "gzip"}
    assert await one_answer(models, web.Response(body=b"{}", headers=packed)) == Later("it failed")


@pytest.mark.parametrize("tokens", [10**30, 2**62, -1])
async def test_what_no_call_can_have_used_is_not_taken(models: Models, tokens: int) -> None:
    async def handle(_: web.Request) -> web.Response:
        said = {"prompt_tokens": tokens, "completion_tokens": 5}
        return web.json_response({"choices": [{"message": {"refusal": "no"}}], "usage": said})

    found, used = await an_answer(models, handle)
    assert isinstance(found, Never)
    assert 4_000 < used < 100_000, "the most that it can be"


async def test_facts_do_not_follow_a_redirect(models: Models) -> None:
    moved = {"Location": f"{models.running.model_url}/chat/completions"}
    found = await one_answer(models, web.Response(status=307, headers=moved))
    assert found == Later("it knows no such address, model or deployment (HTTP 307)", LEFT_ALONE)
    assert calls(models) == 0


@pytest.mark.parametrize(
    ("given", "after"),
    [
        ("7", 7_000),
        ("99999999", LONGEST_AFTER),
        ("Mon, 21 Sep 2026 14:13:30 GMT", 10_000),
        ("Mon, 21 Sep 2020 14:13:30 GMT", 0),
        ("soon", None),
        ("-3", None),
    ],
)
async def test_how_long_to_wait_is_taken_as_it_is_said(
    models: Models, given: str, after: int | None
) -> None:
    found = await one_answer(models, web.Response(status=503, headers={"Retry-After": given}))
    assert found == Later("it failed (HTTP 503)", after)


async def test_the_wire_is_let_go(models: Models) -> None:
    adviser: OpenAiAdviser = models("good")
    await adviser.advise(FACTS)
    await adviser.aclose()
    assert isinstance(await adviser.advise(FACTS), Later | Never)
    async with aiohttp.ClientSession() as http, http.get(models.running.base_url) as answer:
        assert answer.ok
