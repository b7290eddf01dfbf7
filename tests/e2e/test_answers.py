"""Whoever clicks is answered, never with a fault and never with silence; nothing else changes.

In Slack the answer is a message that only the clicker sees, in Teams it is the answer to the
press. Calls that do not prove whose they are get 401 and have no effect at all.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.sample import POLICY
from core.request import RequestState
from tests.e2e.company import ERP, Company, Json, Time, company
from tests.e2e.looking import (
    buttons,
    ephemerals,
    event_types,
    everything_is_delivered,
    slack_cards,
    teams_cards,
)

MANAGER = "mara@example.com"
ALICE, FAYE, FINN, EVE = "alice@example.com", "faye@example.com", "finn@example.com", "eve@away.org"
SLACK_CHANNEL, TEAMS_CHANNEL = "C0APPROVALS", "19:approvals@thread.tacv2"
SOON = 1.0
"""Seconds: what a person who clicked waits without wondering."""

STRANGER: Json = {
    "name": "Eve Ende",
    "email": EVE,
    "slack_user": "U0EVE",
    "teams_oid": "6f7dab38-2c94-4ebf-8a53-19d8e4f6ca71",
    "teams_mri": "29:eve",
}


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
async def co(tmp_path: Path, time: Time) -> AsyncIterator[Company]:
    """The sample company with a channel in Teams too, and a stranger in every channel."""
    policy = tmp_path / "policy.yaml"
    both = f"channel: [slack:{SLACK_CHANNEL}, 'teams:{TEAMS_CHANNEL}']"
    policy.write_text(POLICY.read_text().replace(f"channel: slack:{SLACK_CHANNEL}", both))
    async with company(tmp_path, policy=policy, at=time, strangers=[STRANGER]) as running:
        yield running


class Case:
    """One request, its cards in both channels, and what must stay as it is."""

    def __init__(self, co: Company, asked: Json) -> None:
        self.co = co
        self.id: str = asked["id"]

    async def state(self) -> RequestState:
        found = await self.co.storage.store.snapshot(self.id)
        assert found is not None
        return found.state

    async def in_slack(self) -> Json:
        return await self._card(slack_cards, lambda place: place == SLACK_CHANNEL)

    async def in_teams(self) -> Json:
        return await self._card(teams_cards, lambda place: place.startswith(TEAMS_CHANNEL))

    async def _card(self, cards: Any, is_it: Any) -> Json:
        """The channel's card once it shows the present version."""
        await self.co.until(self._is_shown)
        found = cards(await self.co.state(), "ERP").items()
        (card,) = [there[-1] for place, there in found if is_it(place)]
        return dict(card)

    async def _is_shown(self) -> bool:
        found = await self.co.storage.store.snapshot(self.id)
        assert found is not None
        return all(d.shown >= d.wanted for d in found.deliveries)

    async def told_in_slack(self, person: str, sentence: str) -> None:
        """The sentence reaches this person alone, soon."""
        user = self.co.people[person]["slack_user"]

        async def is_told() -> bool:
            return any(sentence in text for text in ephemerals(await self.co.state(), user))

        async with asyncio.timeout(SOON):
            await self.co.until(is_told)
        others = [e["user"] for e in (await self.co.state())["slack"]["ephemerals"]]
        assert set(others) == {user}


def told_in_teams(answer: Json, sentence: str) -> None:
    """The press was answered with the sentence, and not as an error."""
    assert (answer["ok"], answer["status"], answer["body"]["statusCode"]) == (True, 200, 200)
    assert sentence in json.dumps(answer["body"], ensure_ascii=False)


@pytest.fixture
async def case(co: Company) -> Case:
    """A request that waits for its manager."""
    return Case(co, await co.submit(await co.key("submit", "read"), ERP))


async def by_manager(case: Case, decision: str) -> None:
    key = await case.co.key("decide", person=MANAGER)
    body = {"decision": decision, "comment": "Because"}
    status, _ = await case.co.call("POST", f"/v1/requests/{case.id}/decisions", key, body)
    assert status == 200


# --- clicks that do not count --------------------------------------------------------------


async def test_a_click_by_an_unknown_account_in_slack(case: Case) -> None:
    before = await case.state()
    answer = await case.co.slack_click(EVE, await case.in_slack(), "Approve")
    assert answer["status"] == 200
    await case.told_in_slack(EVE, "This Slack account is not linked to anyone in the directory")
    assert await case.state() == before


async def test_a_click_by_an_unknown_account_in_teams(case: Case) -> None:
    before = await case.state()
    answer = await case.co.teams_click(EVE, await case.in_teams(), "Approve")
    told_in_teams(answer, "This Teams account is not linked to anyone in the directory")
    assert "ERP" not in json.dumps(answer["body"])
    assert await case.state() == before


@pytest.mark.parametrize("what", ["approve", "reject"])
async def test_a_click_in_slack_by_someone_who_is_not_asked(case: Case, what: str) -> None:
    before = await case.state()
    await case.co.slack_click(FAYE, await case.in_slack(), what.capitalize())
    await case.told_in_slack(
        FAYE,
        "You are not one of the people asked at stage Manager. It waits for Mara Miller.",
    )
    assert (await case.co.state())["slack"]["modals"] == {}
    assert await case.state() == before


async def test_a_click_in_teams_by_someone_who_is_not_asked(case: Case) -> None:
    before = await case.state()
    sentence = "You are not one of the people asked at stage Manager. It waits for Mara Miller."
    card = await case.in_teams()
    told_in_teams(await case.co.teams_click(FINN, card, "Approve"), sentence)
    rejected = await case.co.teams_click(FINN, card, "Send rejection", {"reason": "No"})
    told_in_teams(rejected, sentence)
    assert await case.state() == before


async def test_who_asked_may_not_approve_it_themselves(case: Case) -> None:
    before = await case.state()
    await case.co.slack_click(ALICE, await case.in_slack(), "Approve")
    await case.told_in_slack(ALICE, "You asked for this yourself")
    assert await case.state() == before


async def test_a_click_on_an_older_card_of_an_earlier_stage(case: Case) -> None:
    slack, teams = await case.in_slack(), await case.in_teams()
    await by_manager(case, "approve")
    before = await case.state()
    sentence = (
        "Manager was already approved by Mara Miller. Waiting for Finance (stage 2 of 3). "
        "Nothing was changed."
    )
    await case.co.slack_click(FAYE, slack, "Approve")
    await case.told_in_slack(FAYE, sentence)
    answer = await case.co.teams_click(FINN, teams, "Approve")
    told_in_teams(answer, sentence)
    # The answer is the present card, on which Finn, who is asked now, can decide.
    present = {"attachments": [{"content": answer["body"]["value"]}]}
    assert "Approve" in buttons(present)
    assert await case.state() == before


async def test_a_click_after_the_end(case: Case) -> None:
    slack, teams = await case.in_slack(), await case.in_teams()
    await by_manager(case, "reject")
    before = await case.state()
    await case.co.slack_click(FAYE, slack, "Approve")
    await case.told_in_slack(FAYE, "Rejected by Mara Miller. Nothing was changed.")
    answer = await case.co.teams_click(FINN, teams, "Approve")
    told_in_teams(answer, "Rejected by Mara Miller. Nothing was changed.")
    assert buttons({"attachments": [{"content": answer["body"]["value"]}]}) == []
    assert await case.state() == before


async def test_reject_pressed_after_the_end_opens_no_form(case: Case) -> None:
    slack = await case.in_slack()
    await by_manager(case, "approve")
    key = await case.co.key("submit", "decide", "admin", person="ada@example.com")
    await case.co.call("POST", f"/v1/requests/{case.id}/cancel", key, {})
    await case.co.slack_click(FAYE, slack, "Reject")
    await case.told_in_slack(FAYE, "Withdrawn by Ada Admin. Nothing was changed.")
    assert (await case.co.state())["slack"]["modals"] == {}


async def test_a_form_sent_after_the_end_says_who_decided(case: Case) -> None:
    co = case.co
    await co.slack_click(MANAGER, await case.in_slack(), "Reject")
    form = (await co.state())["slack"]["modals"]["U0MARA"][-1]
    await by_manager(case, "reject")
    before = await case.state()
    values = {"countersign_field_0": {"reason": _typed("Too dear")}}
    other = await co.slack(MANAGER, "submit", view_id=form["id"], values=values)
    # The same decision by the same person stands already: the form closes.
    assert (other["status"], other["body"]) == (200, {"response_action": "clear"})
    assert await case.state() == before


async def test_a_form_sent_after_somebody_else_ended_it_says_so(case: Case) -> None:
    co = case.co
    await co.slack_click(MANAGER, await case.in_slack(), "Reject")
    form = (await co.state())["slack"]["modals"]["U0MARA"][-1]
    key = await co.key("admin", person="ada@example.com")
    assert (await co.call("POST", f"/v1/requests/{case.id}/cancel", key, {}))[0] == 200
    before = await case.state()
    values = {"countersign_field_0": {"reason": _typed("Too dear")}}
    answer = await co.slack(MANAGER, "submit", view_id=form["id"], values=values)
    assert answer["status"] == 200
    assert "Withdrawn by Ada Admin. Nothing was changed." in json.dumps(answer["body"])
    assert await case.state() == before


def _typed(text: str) -> Json:
    return {"type": "plain_text_input", "value": text}


async def test_a_click_on_an_expired_request_does_not_beat_the_clock(
    case: Case, time: Time
) -> None:
    slack, teams = await case.in_slack(), await case.in_teams()
    # No tick has come by yet when the click does: the click itself applies what is due.
    await case.co.app.scheduler.stop()
    time.ahead = 24 * 3_600_000 + 1000
    await case.co.slack_click(MANAGER, slack, "Approve")
    await case.told_in_slack(MANAGER, "Expired: nobody decided in time. Nothing was changed.")
    answer = await case.co.teams_click(FINN, teams, "Approve")
    told_in_teams(answer, "Expired: nobody decided in time. Nothing was changed.")
    assert (await case.state()).status == "expired"
    happened = await event_types(case.co, case.id)
    assert (happened["voted"], happened["finished"]) == (0, 1)


async def test_a_repeated_click_is_the_same_answer_and_no_error(case: Case) -> None:
    co, card = case.co, await case.in_slack()
    await co.slack_click(MANAGER, card, "Approve")
    teams = await case.in_teams()
    first = await co.teams_click(FINN, teams, "Approve")
    before = await case.state()
    await co.slack_click(MANAGER, card, "Approve")
    second = await co.teams_click(FINN, teams, "Approve")
    for answer in (first, second):
        told_in_teams(answer, "You approved this. Waiting for Director (stage 3 of 3).")
    assert await case.state() == before
    await co.until(lambda: everything_is_delivered(co))
    assert ephemerals(await co.state(), "U0MARA") == []


# --- calls that do not prove whose they are ------------------------------------------------


@pytest.mark.parametrize(
    "spoiled", ["tamper_signature", "stale_timestamp", "non_numeric_timestamp"]
)
async def test_a_click_that_slack_did_not_sign_now_has_no_effect(case: Case, spoiled: str) -> None:
    before, card = await case.state(), await case.in_slack()
    await case.co.faults(to_bot={spoiled: True})
    answer = await case.co.slack_click(MANAGER, card, "Approve")
    command = await case.co.slack(MANAGER, "command", command="/approvals", text="")
    assert [answer["status"], command["status"]] == [401, 401]
    assert "ERP" not in json.dumps([answer["body"], command["body"]])
    assert await case.state() == before
    await case.co.faults()
    assert (await case.co.slack_click(MANAGER, card, "Approve"))["status"] == 200
    assert (await case.state()).current != before.current


@pytest.mark.parametrize(
    "spoiled",
    [
        *("forged_token", "expired_token", "token_without_exp", "wrong_audience"),
        *("wrong_issuer", "wrong_service_url", "unknown_key", "no_token"),
    ],
)
async def test_a_press_without_a_good_token_has_no_effect(case: Case, spoiled: str) -> None:
    co = case.co
    await by_manager(case, "approve")
    card, before = await case.in_teams(), await case.state()
    await co.faults(to_bot={spoiled: True})
    pressed = await co.teams_click(FINN, card, "Approve")
    asked = await co.teams(FINN, "message", text=f"status {case.id}")
    assert [pressed["status"], asked["status"]] == [401, 401]
    assert "ERP" not in json.dumps([pressed["body"], asked["body"]])
    assert await case.state() == before
    await co.faults()
    told_in_teams(await co.teams_click(FINN, card, "Approve"), "You approved this.")


@pytest.mark.parametrize("keep_old", [True, False])
async def test_a_new_signing_key_of_teams_works_at_once(case: Case, keep_old: bool) -> None:
    co = case.co
    await by_manager(case, "approve")
    url = f"{co.play.base_url}/_play/teams/rotate_keys"
    async with co.http.post(url, json={"keep_old": keep_old}) as rotated:
        assert rotated.status == 200
    card = await case.in_teams()
    told_in_teams(await co.teams_click(FINN, card, "Approve"), "You approved this.")
