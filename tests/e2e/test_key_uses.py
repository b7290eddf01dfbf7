"""What keys are used for, in the trail of two servers on one database."""

import json
from pathlib import Path

from bot import clock
from tests.e2e.company import SMALL, Json
from tests.e2e.test_broken_elsewhere import Replica, replica


async def used(server: Replica, key: str) -> list[Json]:
    links = await server.storage.store.links(f"key:{key}")
    return [json.loads(link.body)["event"] for link in links if link.type == "key_used"]


async def test_every_use_on_any_server_is_in_the_trail_once_the_servers_have_stopped(
    tmp_path: Path,
) -> None:
    async with replica(tmp_path) as after:
        async with replica(tmp_path) as one, replica(tmp_path) as other:
            name, agent = await one.key("submit", "read")
            for server in (one, other):
                asked = (await server.call("POST", "/v1/requests", agent, SMALL))[1]
                for _ in range(3):
                    await server.call("GET", f"/v1/requests/{asked['id']}", agent)
            await other.call("POST", "/v1/tokens/redeem", agent, {"token": "x", "action": {}})
            assert await one.storage.keys.revoke_key(name, clock.now())
            assert (await other.call("GET", "/v1/requests", agent))[0] == 401
        found = await used(after, name)
        total: dict[tuple[str, str], int] = {}
        for each in found:
            for operation, answers in each["calls"].items():
                for answer, count in answers.items():
                    total[operation, answer] = total.get((operation, answer), 0) + count
        assert total == {
            ("submitRequest", "201"): 2,
            ("viewRequest", "200"): 6,
            ("redeemToken", "403"): 1,
            ("listRequests", "401"): 1,
        }
        assert all(set(each["networks"]) == {"127.0.0.0/24"} for each in found)
        [key] = await after.storage.keys.all_keys()
        assert key.used_at == max(each["until"] for each in found)


async def test_a_first_use_is_in_the_trail_while_the_server_runs(tmp_path: Path) -> None:
    async with replica(tmp_path) as server:
        name, agent = await server.key("read")
        for _ in range(2):
            await server.call("GET", "/v1/requests", agent)
            await server.app.oversight.keys.write()
        [event] = await used(server, name)
        assert event["calls"] == {"listRequests": {"200": 1}}, "the second waits for its minute"
