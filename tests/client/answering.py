"""People who answer requests by their title, over the API of a company that tests share."""

import asyncio
from collections.abc import Awaitable
from typing import Any

from tests.e2e.company import Json, Town

MARA = "mara@example.com"


async def pending(co: Town, title: str) -> Json:
    """The request of this title, once Mara is asked."""
    key = await co.key("read_all")

    async def look() -> Json | None:
        _, found = await co.call("GET", f"/v1/requests?status=pending&approver={MARA}", key)
        return next((each for each in found["items"] if each["title"] == title), None)

    found: Json = await co.until(look)
    return found


async def answer(co: Town, title: str, decision: str, **more: Any) -> Json:
    """Mara decides on the request of this title, once she is asked."""
    request = await pending(co, title)
    key = await co.key("decide", person=MARA)
    body = {"decision": decision, "revision": request["revision"]["number"]} | more
    if request["revision"]["number"] > 1:
        body["round"] = request["stages"][0]["round"]
    status, answered = await co.call("POST", f"/v1/requests/{request['id']}/decisions", key, body)
    assert status == 200, answered
    return answered


async def titled(co: Town, title: str) -> list[Json]:
    """All requests of this title, the newest first."""
    _, found = await co.call("GET", "/v1/requests", await co.key("read_all"))
    return [each for each in found["items"] if each["title"] == title]


async def both(asking: Awaitable[Any], *answers: Awaitable[Any]) -> Any:
    """What came of asking while people answered one after the other."""

    async def answering() -> None:
        for each in answers:
            await each

    found, _ = await asyncio.gather(asking, answering())
    return found
