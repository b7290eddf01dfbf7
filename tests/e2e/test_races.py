"""Many decide at once, click twice, or have their calls replayed: one outcome, all are told."""

import asyncio
import json
from collections import Counter
from typing import Any

from core.audit.chain import broken_at
from tests.e2e.company import ERP, SMALL, Company, Json
from tests.e2e.looking import (
    buttons,
    ephemerals,
    event_types,
    everything_is_delivered,
    slack_cards,
    teams_cards,
    trail_holds,
)
from tests.e2e.tap import tapped

MANAGER = "mara@example.com"
FINN, FAYE = "finn@example.com", "faye@example.com"
"""Both of Finance; Finn has his cards in Teams, Faye in Slack."""
NAMES = {FINN: "Finn Fischer", FAYE: "Faye Foster"}


def order(title: str, amount: int) -> Json:
    """A purchase; above 10,000 the manager's approval is not enough."""
    action = {"type": "purchase_order", "params": {"amount": amount}}
    return {"title": title, "requester": "alice@example.com", "action": action}


async def decide(co: Company, key: str, request: Json, decision: str) -> tuple[int, Json]:
    body = {"decision": decision, "comment": "So be it"}
    return await co.call("POST", f"/v1/requests/{request['id']}/decisions", key, body)


async def before_finance(co: Company, titles: list[str]) -> list[Json]:
    """Requests that wait for Finance, with the cards of Finn and Faye posted."""
    asking = await co.key("submit", "read")
    manager = await co.key("decide", person=MANAGER)
    asked = [await co.submit(asking, order(title, 50_000)) for title in titles]
    for request in asked:
        assert (await decide(co, manager, request, "approve"))[0] == 200
    for title in titles:
        await co.slack_card(FAYE, title)
        await co.teams_card(FINN, title)
    return asked


def told(answer: Any) -> str:
    return json.dumps(answer, ensure_ascii=False)


class Contest:
    """One request that four callers decide at once, each in another way."""

    def __init__(self, co: Company, request: Json, keys: dict[str, str]) -> None:
        self._co = co
        self._request = request
        self._keys = keys
        self.outcome: Json = {}

    async def run(self) -> None:
        co, title = self._co, self._request["title"]
        in_slack, in_teams = await co.slack_card(FAYE, title), await co.teams_card(FINN, title)
        self.slack, self.teams, *self.api = await asyncio.gather(
            co.slack_click(FAYE, in_slack, "Approve"),
            co.teams_click(FINN, in_teams, "Approve"),
            decide(co, self._keys[FAYE], self._request, "reject"),
            decide(co, self._keys[FINN], self._request, "reject"),
        )
        self.outcome = await co.get(self._keys[FINN], self._request["id"])

    @property
    def winner(self) -> tuple[str, str]:
        """Who decided, and through what."""
        (vote,) = self.outcome["stages"][1]["votes"]
        return vote["person"], vote["via"]

    def check_answers(self) -> None:
        """One call counted; every other was told who decided."""
        person, via = self.winner
        assert self.slack["status"] == 200
        assert self.teams["ok"], self.teams
        refused = "Nothing was changed" in told(self.teams["body"])
        assert refused is ((person, via) != (FINN, "teams"))
        if refused:
            assert NAMES[person] in told(self.teams["body"])
        for caller, (status, answer) in zip((FAYE, FINN), self.api, strict=True):
            assert status == (200 if (person, via) == (caller, "api") else 409), answer
            if status == 409:
                assert (answer["reason"], person in answer["detail"]) == ("finished", True)


async def test_32_callers_at_once_on_eight_requests_over_three_ways_give_one_outcome_each(
    co: Company,
) -> None:
    keys = {who: await co.key("read", "decide", person=who) for who in (FINN, FAYE)}
    titles = [f"Rack {n}" for n in range(8)]
    contests = [Contest(co, request, keys) for request in await before_finance(co, titles)]
    await asyncio.gather(*[contest.run() for contest in contests])
    lost_in_slack = 0
    for contest in contests:
        contest.check_answers()
        lost_in_slack += contest.winner != (FAYE, "slack")
        happened = await event_types(co, contest.outcome["id"])
        assert (happened["voted"], happened["finished"]) == (2, 1)
        assert await trail_holds(co, contest.outcome["id"])

    async def every_slack_loser_is_told() -> bool:
        shown = ephemerals(await co.state(), "U0FAYE")
        named = [t for t in shown if any(name in t for name in NAMES.values())]
        return len(shown) == len(named) == lost_in_slack

    await co.until(every_slack_loser_is_told)
    await co.until(lambda: _all_final(co, titles))
    statuses = Counter(d["status"] for d in (await co.state())["deliveries"])
    assert set(statuses) == {200}


async def _all_final(co: Company, titles: list[str]) -> bool:
    state = await co.state()
    cards = [c for t in titles for c in (slack_cards(state, t), teams_cards(state, t))]
    return all(buttons(card) == [] for one in cards for there in one.values() for card in there)


async def test_opposite_decisions_at_once_have_one_winner_a_hundred_times(co: Company) -> None:
    asking = await co.key("submit", "read")
    deciding = await co.key("decide", person=MANAGER)
    asked = [await co.submit(asking, order(f"Box {n}", 900)) for n in range(100)]
    both = [decide(co, deciding, one, word) for one in asked for word in ("approve", "reject")]
    answers = await asyncio.gather(*both)
    for number, request in enumerate(asked):
        (first, _), (second, _) = answers[2 * number : 2 * number + 2]
        assert sorted([first, second]) == [200, 409]
        found = await co.get(asking, request["id"])
        assert found["status"] == ("approved" if first == 200 else "rejected")
        assert (await event_types(co, request["id"]))["voted"] == 1


async def test_who_comes_too_late_over_the_api_for_the_stage_they_name_is_told_who_decided_it(
    co: Company,
) -> None:
    asking, late = await co.key("submit", "read"), await co.key("decide", person=FINN)
    asked = await co.submit(asking, order("Rack", 150_000))
    for person in (MANAGER, FAYE):
        key = await co.key("decide", person=person)
        assert (await decide(co, key, asked, "approve"))[0] == 200
    body = {"decision": "reject", "comment": "No", "stage": "Finance"}
    status, found = await co.call("POST", f"/v1/requests/{asked['id']}/decisions", late, body)
    assert (status, found["reason"]) == (409, "wrong_stage")
    assert found["detail"] == (
        "Stage Finance cannot be decided now: it was approved by faye@example.com; "
        "the request is at stage Director. Nothing was changed."
    )
    assert (await co.get(asking, asked["id"]))["current_stage"] == 3


async def test_a_double_click_in_slack_is_one_vote_and_no_error(co: Company) -> None:
    key = await co.key("submit", "read")
    asked = await co.submit(key, ERP)
    card = await co.slack_card(MANAGER, "ERP")
    await co.faults(to_bot={"twice": True})
    await co.slack_click(MANAGER, card, "Approve")
    await co.faults()
    await co.slack_click(MANAGER, card, "Approve")
    sent = [d for d in (await co.state())["deliveries"] if d["kind"] == "block_actions"]
    assert [d["status"] for d in sent] == [200, 200, 200]
    assert (await event_types(co, asked["id"]))["voted"] == 1
    assert await _told_times(co, MANAGER, 0)


async def test_a_teams_activity_delivered_twice_is_one_vote_and_the_same_answer(
    co: Company,
) -> None:
    (asked,) = await before_finance(co, ["Rack"])
    card = await co.teams_card(FINN, "Rack")
    await co.faults(to_bot={"twice": True})
    answer = await co.teams_click(FINN, card, "Approve")
    assert answer["ok"], answer
    assert answer["again"]["status"] == 200
    assert answer["again"]["body"] == answer["body"]
    assert "You approved this." in told(answer["body"])
    assert (await event_types(co, asked["id"]))["voted"] == 2


async def test_a_signed_slack_click_that_is_replayed_later_changes_nothing(co: Company) -> None:
    key = await co.key("submit", "read")
    asked = await co.submit(key, ERP)
    card = await co.slack_card(MANAGER, "ERP")
    async with tapped(co.play.place.slack_url, co.http) as tap:
        co.play.place.slack_url = tap.url
        await co.slack_click(MANAGER, card, "Approve")
        (heard,) = tap.heard
        for _ in range(3):
            assert (await tap.again(heard))[0] == 200
        found = await co.get(key, asked["id"])
        assert (found["status"], found["current_stage"]) == ("pending", 2)
        assert (await event_types(co, asked["id"]))["voted"] == 1
        assert await _told_times(co, MANAGER, 0)


async def test_a_refused_slack_click_that_is_replayed_is_answered_once(co: Company) -> None:
    key = await co.key("submit", "read")
    asked = await co.submit(key, ERP)
    card = await _channel_card(co, "ERP")
    async with tapped(co.play.place.slack_url, co.http) as tap:
        co.play.place.slack_url = tap.url
        await co.slack_click(FAYE, card, "Approve")
        (heard,) = tap.heard

        await co.until(lambda: _told_times(co, FAYE, 1))
        for _ in range(3):
            assert (await tap.again(heard))[0] == 200
        assert await _told_times(co, FAYE, 1), "a replay is not answered"
        await co.slack_click(FAYE, card, "Approve")
        await co.until(lambda: _told_times(co, FAYE, 2))
    assert (await event_types(co, asked["id"]))["voted"] == 0


async def _told_times(co: Company, person: str, times: int) -> bool:
    """Whether a person was told something so often, with nothing more on its way."""
    await co.until(lambda: everything_is_delivered(co))
    return len(ephemerals(await co.state(), co.people[person]["slack_user"])) == times


async def _channel_card(co: Company, title: str) -> Json:
    async def look() -> Json | None:
        cards = slack_cards(await co.state(), title).get("C0APPROVALS")
        return cards[-1] if cards else None

    card: Json = await co.until(look)
    return card


async def test_a_replayed_rejection_form_and_a_replayed_teams_invoke_count_once(
    co: Company,
) -> None:
    first, second = await before_finance(co, ["Rack", "Shelf"])
    place = co.play.place
    async with (
        tapped(place.slack_url, co.http) as slack,
        tapped(place.teams_url, co.http) as teams,
    ):
        place.slack_url, place.teams_url = slack.url, teams.url
        await co.slack_reject(FAYE, await co.slack_card(FAYE, "Rack"), "Too dear")
        await co.teams_click(FINN, await co.teams_card(FINN, "Shelf"), "Approve")
        for tap in (slack, teams):
            assert (await tap.again(tap.heard[-1]))[0] == 200
    for request, status in ((first, "rejected"), (second, "approved")):
        found = await co.storage.store.snapshot(request["id"])
        assert found is not None
        assert found.state.status == status
        assert (await event_types(co, request["id"]))["voted"] == 2
        links = await co.storage.store.links(request["id"])
        assert broken_at(request["id"], [(link.body, link.hash) for link in links]) is None


async def test_fifty_equal_posts_with_one_idempotency_key_at_once_are_one_request(
    co: Company,
) -> None:
    key = await co.key("submit", "read")
    posts = [co.call("POST", "/v1/requests", key, SMALL, Idempotency_Key="k-1") for _ in range(50)]
    answers = await asyncio.gather(*posts)
    assert {status for status, _ in answers} == {201}
    # How far its cards are is told as of the moment of each answer.
    same = {told(answer | {"deliveries": None}) for _, answer in answers}
    assert len(same) == 1
    places = {told([(d["platform"], d["recipient"]) for d in a["deliveries"]]) for _, a in answers}
    assert len(places) == 1
    _, listed = await co.call("GET", "/v1/requests", key)
    assert [item["id"] for item in listed["items"]] == [answers[0][1]["id"]]
    await co.slack_card(MANAGER, "chairs")
    await _channel_card(co, "chairs")
    shown = slack_cards(await co.state(), "chairs")
    assert [len(there) for there in shown.values()] == [1, 1]
