"""How often a key may call, how that is said, and what is counted of each call."""

import asyncio
from typing import Any

import pytest
from aiohttp import web

from adapters.webhook.auth import FAILURES, NARROW
from adapters.webhook.limits import Buckets, seconds
from adapters.webhook.uses import MOST_NETWORKS, Uses
from adapters.webhook.visit import Visit
from core.limits import Quota
from core.rate import Rate, read_rate
from core.refusals import Reason, Refused
from core.rows import ApiKey, KeyUse
from tests.adapters.webhook.conftest import Api, a_body
from tests.core.builders import NOW

SLOW = Rate(calls=60, seconds=60, burst=3)


# --- buckets -----------------------------------------------------------------------------


def test_a_bucket_gives_its_burst_at_once_and_then_one_an_interval() -> None:
    buckets = Buckets()
    taken = [buckets.take("k", SLOW, NOW) for _ in range(4)]
    assert taken == [(2, 0.0), (1, 0.0), (0, 0.0), (0, 1000.0)]
    assert buckets.take("k", SLOW, NOW + 999) == (0, 1.0)
    assert buckets.take("k", SLOW, NOW + 1000) == (0, 0.0)
    assert buckets.take("k", SLOW, NOW + 61_000) == (2, 0.0), "a long rest is worth a burst"


def test_over_an_hour_as_many_are_let_through_as_the_rate_says() -> None:
    buckets, rate = Buckets(), Rate(calls=7, seconds=1, burst=5)
    through = sum(not buckets.take("k", rate, NOW + at)[1] for at in range(0, 600_000, 10))
    assert through == 7 * 600 + 5 - 1


def test_names_have_buckets_of_their_own_and_the_oldest_are_forgotten() -> None:
    buckets = Buckets(most=2)
    for name in ("a", "a", "a", "b", "b", "b"):
        buckets.take(name, SLOW, NOW)
    assert buckets.wait("a", SLOW, NOW) > 0
    buckets.take("c", SLOW, NOW)
    assert buckets.wait("a", SLOW, NOW) == 0.0
    assert buckets.wait("b", SLOW, NOW) > 0


def test_a_clock_that_is_set_back_holds_nobody_up_for_longer_than_a_bucket() -> None:
    buckets = Buckets()
    for _ in range(3):
        buckets.take("k", SLOW, NOW)
    _, wait = buckets.take("k", SLOW, NOW - 3_600_000)
    assert wait == 1000.0
    assert buckets.take("k", SLOW, NOW - 3_600_000 + 1000) == (0, 0.0)


@pytest.mark.parametrize(("wait", "said"), [(0.0, 1), (1.0, 1), (1000.0, 1), (1000.5, 2)])
def test_seconds_are_said_so_that_the_wait_is_over_then(wait: float, said: int) -> None:
    assert seconds(wait) == said


# --- a key's rate over HTTP --------------------------------------------------------------


async def test_a_key_that_calls_too_often_is_429_until_the_seconds_it_is_told(api: Api) -> None:
    api.keys.change("cs_good", rate="60/m burst 2")
    first = await api.get("/v1/requests")
    assert first.headers["RateLimit-Policy"] == '"calls";q=60;w=60;countersign-burst=2'
    assert first.headers["RateLimit"] == '"calls";r=1;t=1'
    assert (await api.get("/v1/requests")).headers["RateLimit"] == '"calls";r=0;t=1'
    reply = await api.get("/v1/requests")
    assert (reply.status, reply.reason) == (429, "rate_limited")
    assert (reply.headers["Retry-After"], reply.headers["RateLimit"]) == ("1", '"calls";r=0;t=1')
    assert len(api.service.calls) == 2
    api.now += 1000
    assert (await api.get("/v1/requests")).status == 200


async def test_refusals_of_a_good_key_count_and_say_what_is_left(api: Api) -> None:
    api.keys.make("cs_reader", "read", rate="60/m burst 3")
    assert (await api.post("/v1/requests", a_body(), key="cs_reader")).status == 403
    missing = await api.get("/v1/requests/r9", key="cs_reader")
    assert (missing.status, missing.headers["RateLimit"]) == (404, '"calls";r=1;t=1')
    wrong = await api.get("/v1/requests?limit=x", key="cs_reader")
    assert (wrong.status, wrong.headers["RateLimit"]) == (422, '"calls";r=0;t=1')
    assert (await api.get("/v1/requests", key="cs_reader")).status == 429


async def test_keys_do_not_slow_each_other_down(api: Api) -> None:
    api.keys.change("cs_good", rate="1/h")
    api.keys.make("cs_other", "read", rate="1/h")
    for key in ("cs_good", "cs_other"):
        assert (await api.get("/v1/requests", key=key)).status == 200
        assert (await api.get("/v1/requests", key=key)).status == 429


async def test_both_secrets_of_a_key_share_its_rate(api: Api) -> None:
    api.keys.change("cs_good", rate="1/h")
    api.keys.make("cs_older", "read", id="key-1", rate="1/h", by_older=True, expires_at=NOW + 9)
    assert (await api.get("/v1/requests")).status == 200
    assert (await api.get("/v1/requests", key="cs_older")).status == 429


@pytest.mark.parametrize("written", ["off", None])
async def test_a_key_without_a_rate_is_told_none(api: Api, written: str | None) -> None:
    api.keys.change("cs_good", rate=written)
    reply = await api.get("/v1/requests")
    assert "RateLimit" not in reply.headers
    assert "RateLimit-Policy" not in reply.headers


@pytest.mark.parametrize("later", [5_000, -3_600_000])
async def test_another_rate_holds_for_writes_too_within_seconds(api: Api, later: int) -> None:
    assert (await api.post("/v1/requests", a_body())).status == 201
    api.keys.change("cs_good", rate="1/h")
    api.now += later
    assert (await api.post("/v1/requests", a_body())).status == 201
    assert (await api.post("/v1/requests", a_body())).status == 429


# --- a key's day -------------------------------------------------------------------------

MIDNIGHT = (NOW // 86_400_000 + 1) * 86_400_000


async def test_a_submission_says_what_is_left_of_the_day(api: Api) -> None:
    api.keys.change("cs_good", per_day=10)
    api.service.quota = Quota(limit=10, used=4)
    api.now = MIDNIGHT - 61_000
    reply = await api.post("/v1/requests", a_body())
    assert reply.headers["RateLimit-Policy"] == '"day";q=10;w=86400'
    assert reply.headers["RateLimit"] == '"day";r=6;t=61'
    assert "RateLimit" not in (await api.get("/v1/requests")).headers


async def test_a_day_that_is_used_up_is_429_until_midnight(api: Api) -> None:
    api.keys.change("cs_good", per_day=10)
    api.service.error = Refused(Reason.QUOTA_USED, limit="10")
    api.now = MIDNIGHT - 61_000
    reply = await api.post("/v1/requests", a_body())
    assert (reply.status, reply.reason) == (429, "quota_used")
    assert (reply.headers["Retry-After"], reply.headers["RateLimit"]) == ("61", '"day";r=0;t=61')


# --- a key's end -------------------------------------------------------------------------


async def test_in_its_last_week_every_answer_says_when_a_key_ends(api: Api) -> None:
    api.keys.change("cs_good", expires_at=NOW + 7 * 86_400_000)
    assert "Countersign-Key-Expires" not in (await api.get("/v1/requests")).headers
    api.now = NOW + 1
    said = (await api.get("/v1/requests")).headers["Countersign-Key-Expires"]
    assert said.startswith("20")
    assert said.endswith("Z")
    api.keys.change("cs_good", rate="1/h")
    for status in (404, 429):
        reply = await api.get("/v1/requests/r9")
        assert (reply.status, reply.headers["Countersign-Key-Expires"]) == (status, said)


# --- unknown keys ------------------------------------------------------------------------


async def fail(api: Api, times: int) -> list[int]:
    return [(await api.get("/v1/requests", key=f"cs_bad{n}")).status for n in range(times)]


async def test_who_sends_unknown_keys_is_429_after_a_while(api: Api) -> None:
    statuses = await fail(api, FAILURES.burst + 2)
    assert statuses == [401] * FAILURES.burst + [429] * 2
    reply = await api.get("/v1/requests", key="cs_bad")
    assert (reply.reason, reply.headers["Retry-After"]) == ("too_many_failures", "1")
    api.now += 1000
    assert (await fail(api, 2)) == [401, 429]


async def test_whoever_shares_the_address_goes_on_with_keys_seen_before_and_new_ones(
    api: Api,
) -> None:
    await fail(api, FAILURES.burst + 1)
    api.keys.make("cs_new", "read")
    assert (await api.get("/v1/requests", key="cs_good")).status == 200
    assert (await api.get("/v1/requests", key="cs_new")).status == 200
    assert (await api.get("/v1/requests", key="cs_bad")).status == 429


async def test_only_a_few_look_ups_are_made_at_once_for_who_fails(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    await api.get("/v1/requests")
    await fail(api, FAILURES.burst)
    looked_up, go = api.keys.looked_up, asyncio.Event()
    find = api.keys.key_by_hash

    async def slowly(hash: str) -> Any:
        found = await find(hash)
        if found is None:
            await go.wait()
        return found

    monkeypatch.setattr(api.keys, "key_by_hash", slowly)
    calls = [asyncio.ensure_future(fail(api, 1)) for _ in range(NARROW + 4)]
    done, _ = await asyncio.wait(calls, return_when=asyncio.FIRST_COMPLETED)
    assert [task.result() for task in done] == [[429]] * len(done)
    assert (await api.get("/v1/requests")).status == 200, "who is known need not queue"
    go.set()
    await asyncio.gather(*calls)
    assert api.keys.looked_up - looked_up == NARROW + 1


async def test_a_call_without_a_key_is_no_guess(api: Api) -> None:
    for _ in range(FAILURES.burst + 1):
        assert (await api.get("/v1/requests", key=None)).status == 401


# --- rates as they are written -----------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("120/m", Rate(calls=120, seconds=60, burst=20)),
        ("120/m burst 40", Rate(calls=120, seconds=60, burst=40)),
        ("10/s", Rate(calls=10, seconds=1, burst=10)),
        ("60/h", Rate(calls=60, seconds=3600, burst=10)),
        ("3/h", Rate(calls=3, seconds=3600, burst=3)),
        ("off", None),
    ],
)
def test_a_rate_is_read_and_written_the_same(text: str, rate: Rate | None) -> None:
    assert read_rate(text) == rate
    if rate is not None:
        assert read_rate(rate.text) == rate


@pytest.mark.parametrize(
    "text", ["", "0/m", "120", "120/d", "1/m burst 0", "-1/s", "9999999/s", "٣/m"]
)
def test_anything_else_is_no_rate(text: str) -> None:
    with pytest.raises(ValueError, match="m"):
        read_rate(text)


# --- what is counted ---------------------------------------------------------------------


async def written(api: Api, *, everything: bool = True) -> list[KeyUse]:
    found: list[KeyUse] = []

    async def write(uses: Any) -> None:
        found.extend(uses)

    await api.watch.uses.flush(write, api.now, everything=everything)
    return found


async def test_every_call_with_a_key_is_counted_by_operation_answer_and_network(api: Api) -> None:
    await api.post("/v1/requests", a_body())
    await api.get("/v1/requests/r1")
    await api.get("/v1/requests/r1")
    api.now += 7
    await api.get("/v1/requests/nothing")
    await api.send(b"{not json")
    await api.get("/v1/requests", key="cs_unknown")
    await api.get("/healthz")
    [use] = await written(api)
    assert use.used.key == "key-1"
    assert (use.used.since, use.used.until) == (NOW, NOW + 7)
    assert use.used.calls == {
        "submitRequest": {"201": 1, "400": 1},
        "viewRequest": {"200": 2, "404": 1},
    }
    assert use.used.networks == {"127.0.0.0/24": 5}
    assert [at for _, at in use.secrets] == [NOW + 7]
    assert await written(api) == []


async def test_a_key_that_is_refused_is_counted_too(api: Api) -> None:
    api.keys.make("cs_gone", "read", revoked_at=NOW)
    api.keys.make("cs_over", "read", expires_at=NOW)
    api.keys.make("cs_busy", "read", rate="1/h")
    for key in ("cs_gone", "cs_over", "cs_busy", "cs_busy"):
        await api.get("/v1/requests", key=key)
    calls = [use.used.calls for use in await written(api)]
    assert calls == [{"listRequests": a} for a in ({"401": 1}, {"401": 1}, {"200": 1, "429": 1})]
    assert api.refused == ["key_revoked", "key_expired", "rate_limited"]


async def test_calls_with_the_older_secret_are_told_apart(api: Api) -> None:
    api.keys.make("cs_older", "read", id="key-1", by_older=True)
    await api.get("/v1/requests")
    await api.get("/v1/requests", key="cs_older")
    [use] = await written(api)
    assert (use.used.older, len(use.secrets)) == (1, 2)


async def test_a_first_use_is_written_at_once_and_then_once_a_minute(api: Api) -> None:
    await api.get("/v1/requests")
    assert len(await written(api, everything=False)) == 1
    await api.get("/v1/requests")
    assert await written(api, everything=False) == []
    api.now += 60_000
    assert len(await written(api, everything=False)) == 1
    api.now += 3_600_000
    await api.get("/v1/requests")
    assert len(await written(api, everything=False)) == 1


async def test_what_could_not_be_written_is_written_later_with_what_came_meanwhile(
    api: Api,
) -> None:
    async def broken(_uses: Any) -> None:
        await api.get("/v1/requests")  # while it is under way
        raise OSError("the disk is full")

    await api.get("/v1/requests")
    api.now += 3
    with pytest.raises(OSError, match="disk"):
        await api.watch.uses.flush(broken, api.now)
    [use] = await written(api)
    assert (use.used.since, use.used.until) == (NOW, NOW + 3)
    assert use.used.calls == {"listRequests": {"200": 2}}
    assert use.used.networks == {"127.0.0.0/24": 2}


async def test_unknown_keys_are_only_a_number(api: Api) -> None:
    await fail(api, 2)
    assert api.refused == ["key_unknown"] * 2
    assert await written(api) == []


async def test_a_call_that_is_cut_is_counted_once_as_such() -> None:
    key = ApiKey(id="k", name="n", scopes=(), hash="h")
    uses, found = Uses(), list[KeyUse]()

    async def write(some: Any) -> None:
        found.extend(some)

    for answered in (False, True):
        visit = Visit()
        visit.counts(uses, key, "streamRequest", "192.0.2.0/24", NOW)
        if answered:
            visit.answered(web.Response(status=200))
        visit.cut()
    await uses.flush(write, NOW, everything=True)
    assert [use.used.calls for use in found] == [{"streamRequest": {"cut": 1, "200": 1}}]


async def test_an_event_names_a_few_networks_and_counts_all(api: Api) -> None:
    key = ApiKey(id="k", name="n", scopes=(), hash="h")
    for number in range(MOST_NETWORKS + 5):
        api.watch.uses.note(key, "viewRequest", "200", f"192.0.{number}.0/24", NOW)
    [use] = await written(api)
    assert len(use.used.networks) == MOST_NETWORKS + 1
    assert use.used.networks["other"] == 5
