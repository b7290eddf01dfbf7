"""People who are asked by letters: what they get, what their links show, and what their presses do.

The whole product, over a real mail server and real HTTP.
"""

import json
from collections.abc import AsyncIterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from bot.files import load
from tests.e2e.company import ERP, SMALL, Json
from tests.e2e.lettered import PUBLIC, Office, office
from tests.e2e.looking import event_types, everything_is_delivered, says, slack_cards, trail_holds
from tests.e2e.served import command
from tests.mailserver import body, links

ALICE, MARA, FINN, FAYE = (f"{name}@example.com" for name in ("alice", "mara", "finn", "faye"))
RACK: Json = {
    "title": "Rack",
    "requester": ALICE,
    "action": {"type": "purchase_order", "params": {"amount": 50_000}},
}


@pytest.fixture
async def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Office]:
    """Everyone of Finance, and Mara, is asked by letters."""
    # What is tried again is tried soon, so that nobody waits for the test.
    monkeypatch.setattr("storage.backoff.FIRST", 50)
    async with office(tmp_path, by_mail=(MARA, FINN, FAYE)) as made:
        yield made


@pytest.fixture
async def together(tmp_path: Path) -> AsyncIterator[Office]:
    """Finn, who is asked by letters, and Faye decide everything together."""
    policy = tmp_path / "policy.yaml"
    policy.write_text(
        "version: 1\nrules: []\n"
        "fallback: {category: review, stages: [{name: Both, quorum: 2, "
        f"approvers: [{FINN}, {FAYE}]}}]}}\n"
        "last_resort: group:admins\n"
    )
    async with office(tmp_path, by_mail=(FINN,), policy=policy) as made:
        yield made


async def asked(desk: Office, body: Json = SMALL) -> Json:
    return await desk.co.submit(await desk.co.key("submit", "read"), body)


async def act(desk: Office, person: str, request: Json, path: str, body: Json) -> Json:
    """Something that a person does over the API."""
    key = await desk.co.key("decide", person=person)
    found, answer = await desk.co.call("POST", f"/v1/requests/{request['id']}/{path}", key, body)
    assert found == 200, answer
    return answer


async def at_finance(desk: Office) -> tuple[Json, EmailMessage, EmailMessage]:
    """A request that waits for Finance, with the letters to Finn and Faye."""
    request = await asked(desk, RACK)
    await act(desk, MARA, request, "decisions", {"decision": "approve"})
    return request, await desk.letter(FINN), await desk.letter(FAYE)


async def state(desk: Office, request: Json) -> Any:
    found = await desk.co.storage.store.snapshot(request["id"])
    assert found is not None
    return found.state


# --- asked and answered --------------------------------------------------------------------


async def test_a_letter_asks_and_its_page_approves(desk: Office) -> None:
    request = await asked(desk)
    letter = await desk.letter(MARA)
    assert letter["To"] == MARA
    assert letter["Subject"] == "Approval: Two chairs"
    assert set(links(letter)) == {"approve", "reject", "request_changes", "look"}
    assert all(link.startswith(f"{PUBLIC}/decide/") for link in links(letter).values())
    page = await desk.open(links(letter)["approve"])
    assert page.status == 200
    for said in ("Two chairs", "840", "Alice Adams", "You are asked as Manager"):
        assert said in page.said
        assert said in body(letter)
        assert said in body(letter, "html")
    done = await desk.send("approve", {"t": page.forms["approve"]})
    assert (done.status, done.forms) == (200, {})
    assert "You approved this. Approved by Mara Miller." in done.said
    found = await state(desk, request)
    [vote] = found.stages[0].votes
    assert (vote.person, vote.via) == (MARA, "email")
    assert await trail_holds(desk.co, request["id"])
    # The rule's channel in Slack says so, too.
    [room] = slack_cards(await desk.co.state(), "Two chairs").values()
    await desk.co.until(lambda: everything_is_delivered(desk.co))
    [room] = slack_cards(await desk.co.state(), "Two chairs").values()
    assert says(room[-1], "Approved by Mara Miller")


async def test_nothing_that_only_looks_changes_anything(desk: Office) -> None:
    request = await asked(desk)
    letter = await desk.letter(MARA)
    before = await event_types(desk.co, request["id"])
    for link in links(letter).values():
        for method in ("GET", "HEAD", "GET"):
            assert (await desk.open(link, method)).status == 200
    assert await event_types(desk.co, request["id"]) == before
    assert (await state(desk, request)).status == "pending"


async def test_a_rejection_needs_a_reason_and_keeps_what_was_typed(desk: Office) -> None:
    request = await asked(desk)
    letter = await desk.letter(MARA)
    empty = await desk.press(letter, "reject", " \r\n ")
    assert empty.status == 422
    assert "Please say why" in empty.said
    long = await desk.press(letter, "reject", "<b>no</b> " * 201)
    assert long.status == 422
    assert "at most 2000" in long.said
    assert "&lt;b&gt;no&lt;/b&gt; &lt;b&gt;" in long.text
    assert (await state(desk, request)).status == "pending"
    again = await desk.send("reject", {"t": long.forms["reject"], "reason": "Too\r\ndear"})
    assert again.status == 200
    assert "You rejected this. Rejected by Mara Miller" in again.said
    key = await desk.co.key("read_all")
    assert (await desk.co.get(key, request["id"]))["decision"]["reason"] == "Too\ndear"


async def test_changes_are_asked_for_and_the_revision_comes_as_another_letter(
    desk: Office,
) -> None:
    key = await desk.co.key("submit", "read")
    request = await desk.co.submit(key, SMALL)
    first = await desk.letter(MARA)
    done = await desk.press(first, "request_changes", "One chair is enough")
    assert done.status == 200
    assert "You asked for changes" in done.said
    body_ = {"revision": 1, "action": {"params": {"purpose": "Chair", "amount": 420}}}
    path = f"/v1/requests/{request['id']}/revisions"
    status, answer = await desk.co.call("POST", path, key, body_)
    assert status == 200, answer
    second = await desk.letter(MARA, 2)
    assert second["References"].split()[-1] == first["Message-ID"]
    assert second["In-Reply-To"] == first["Message-ID"]
    assert second["Subject"] == "Re: Approval: Two chairs"
    assert "420" in body(second)
    old = await desk.open(links(first)["approve"])
    assert (old.status, old.forms) == (200, {})
    assert "has moved on since this letter was sent" in old.said
    assert (await desk.press(second, "approve")).status == 200
    assert (await state(desk, request)).status == "approved"


async def test_who_did_not_decide_is_told_at_the_end_and_who_did_is_not(desk: Office) -> None:
    request, finns, fayes = await at_finance(desk)
    assert (await desk.press(finns, "approve")).status == 200
    end = await desk.letter(FAYE, 2)
    assert "Approved by Mara Miller, Finn Fischer" in body(end)
    assert links(end) == {}
    assert end["In-Reply-To"] == fayes["Message-ID"]
    await desk.co.until(lambda: everything_is_delivered(desk.co))
    assert len(desk.mail.letters(FINN)) == 1
    page = await desk.open(links(fayes)["approve"])
    assert (page.status, page.forms) == (200, {})
    assert "Nothing is asked of you any more." in page.said
    assert "Approved by Mara Miller, Finn Fischer" in page.said
    assert (await state(desk, request)).status == "approved"


async def test_what_happens_in_between_sends_no_letter(together: Office) -> None:
    request = await asked(together)
    await together.letter(FINN)
    before = (await state(together, request)).version
    await act(together, FAYE, request, "decisions", {"decision": "approve"})
    await together.co.until(lambda: everything_is_delivered(together.co))
    found = await state(together, request)
    assert (found.status, found.version > before) == ("pending", True)
    assert len(together.mail.letters(FINN)) == 1


async def test_a_reminder_is_a_letter_with_the_way_to_the_page(desk: Office) -> None:
    request = await asked(desk)
    first = await desk.letter(MARA)
    await act(desk, ALICE, request, "nudge", {})
    nudge = await desk.letter(MARA, 2)
    assert "Alice Adams asks you to look at this" in body(nudge)
    assert set(links(nudge)) == {"look"}
    assert nudge["In-Reply-To"] == first["Message-ID"]
    assert (await desk.press(nudge, "approve")).status == 200
    assert (await state(desk, request)).status == "approved"


async def test_who_asks_is_told_by_a_letter_that_hangs_together(tmp_path: Path) -> None:
    async with office(tmp_path, by_mail=(ALICE,)) as desk:
        request = await asked(desk)
        await act(desk, MARA, request, "comments", {"text": "Which ones?", "question": True})
        await act(desk, MARA, request, "decisions", {"decision": "reject", "comment": "No room"})
        question, result = await desk.letter(ALICE), await desk.letter(ALICE, 2)
        assert "Mara Miller asks: “Which ones?”" in body(question)
        assert "Rejected by Mara Miller. Reason: No room" in body(result)
        assert links(question) == links(result) == {}
        assert question["References"] == result["References"]


# --- once ----------------------------------------------------------------------------------


async def test_a_form_that_is_sent_twice_counts_once(desk: Office) -> None:
    request, finns, _ = await at_finance(desk)
    page = await desk.open(links(finns)["approve"])
    answers = [await desk.send("approve", {"t": page.forms["approve"]}) for _ in range(3)]
    assert [answer.status for answer in answers] == [200, 200, 200]
    assert (await event_types(desk.co, request["id"]))["voted"] == 2, "Mara's and this one"


async def test_a_form_from_before_a_vote_was_taken_back_brings_nothing_back(
    together: Office,
) -> None:
    desk = together
    request = await asked(desk)
    letter = await desk.letter(FINN)
    page = await desk.open(links(letter)["approve"])
    assert (await desk.send("approve", {"t": page.forms["approve"]})).status == 200
    voted = await desk.open(links(letter)["look"])
    assert "You have decided already" in voted.said
    assert set(voted.forms) == {"reject", "request_changes"}
    key = await desk.co.key("decide", person=FINN)
    path = f"/v1/requests/{request['id']}/decisions"
    assert (await desk.co.call("DELETE", path, key))[0] == 200
    replayed = await desk.send("approve", {"t": page.forms["approve"]})
    assert replayed.status == 409
    assert "Nothing was changed" in replayed.said
    assert (await state(desk, request)).stages[0].votes == ()
    # Whoever opens the letter once more and presses means it.
    assert (await desk.press(letter, "approve")).status == 200
    assert len((await state(desk, request)).stages[0].votes) == 1


async def test_a_press_that_comes_too_late_changes_nothing_and_says_what_is_true(
    desk: Office,
) -> None:
    request, finns, fayes = await at_finance(desk)
    page = await desk.open(links(finns)["approve"])
    assert (await desk.press(fayes, "reject", "Too dear")).status == 200
    late = await desk.send("approve", {"t": page.forms["approve"]})
    assert (late.status, late.forms) == (409, {})
    assert "Rejected by Faye Foster. Nothing was changed." in late.said
    assert (await state(desk, request)).status == "rejected"


# --- where others fail ---------------------------------------------------------------------


async def test_a_card_that_dies_in_slack_goes_on_as_a_letter(tmp_path: Path) -> None:
    async with office(tmp_path, by_mail=()) as desk:
        dead = {"do": "error", "error": "user_disabled", "times": None}
        await desk.co.faults(slack={"chat.postMessage": [dead]})
        request = await asked(desk)
        letter = await desk.letter(MARA)
        reading = await desk.co.key("read_all")

        async def both() -> Json | None:
            found = (await desk.co.get(reading, request["id"]))["deliveries"]
            mine = {d["platform"]: d for d in found if d["recipient"] == MARA}
            return mine if mine.get("email", {}).get("state") == "shown" else None

        places: Json = await desk.co.until(both)
        assert places["slack"]["state"] == "dead"
        _, printed = await command(desk.co.database, "outbox", "list", "--json")
        listed = {(i["platform"], i["recipient"]) for i in json.loads(printed)["items"]}
        assert ("slack", MARA) in listed
        assert ("email", MARA) not in listed
        assert (await desk.press(letter, "approve")).status == 200
        assert (await state(desk, request)).status == "approved"


async def test_who_has_no_account_anywhere_is_asked_by_a_letter(tmp_path: Path) -> None:
    async with office(tmp_path, by_mail=()) as desk:
        policy, people = load(*_files(tmp_path, without=MARA))
        desk.co.app.books.use(policy, people)
        await asked(desk)
        assert (await desk.press(await desk.letter(MARA), "approve")).status == 200


async def test_a_mail_server_that_asks_to_wait_gets_the_letter_later(desk: Office) -> None:
    desk.mail.faults += ["451 later", "data 452 full"]
    await asked(desk)
    assert (await desk.letter(MARA))["Subject"] == "Approval: Two chairs"
    assert desk.mail.faults == []


async def test_a_letter_that_is_refused_for_good_is_a_dead_letter_with_its_reason(
    desk: Office,
) -> None:
    desk.mail.unknown.add(MARA)
    request = await asked(desk)
    reading = await desk.co.key("read_all")

    async def dead() -> Json | None:
        found = (await desk.co.get(reading, request["id"]))["deliveries"]
        mine = [d for d in found if d["recipient"] == MARA and d["state"] == "dead"]
        return mine[0] if mine else None

    shown: Json = await desk.co.until(dead)
    assert "refused the letter (550)" in shown["reason"]
    assert "the person's address in the directory" in shown["reason"]
    _, printed = await command(desk.co.database, "outbox", "list", "--json")
    listed = [i for i in json.loads(printed)["items"] if i["recipient"] == MARA]
    assert [(i["platform"], i["reason"]) for i in listed] == [("email", shown["reason"])]


async def test_a_letter_whose_answer_was_lost_is_the_same_letter_again(desk: Office) -> None:
    desk.mail.faults.append("drop")
    request = await asked(desk)
    first, again = await desk.letter(MARA), await desk.letter(MARA, 2)
    assert first["Message-ID"] == again["Message-ID"], "a mailbox can tell"
    assert (await desk.press(first, "approve")).status == 200
    assert (await state(desk, request)).status == "approved"


def _files(folder: Path, without: str) -> tuple[Path, Path]:
    """The sample policy, and the directory in which somebody has no account."""
    from bot.sample import DIRECTORY, POLICY

    before, entry, after = DIRECTORY.read_text().partition(f"  - email: {without}\n")
    own, next_, others = after.partition("\n  - email: ")
    kept = own.partition("    identities:")[0]
    path = folder / "without.yaml"
    path.write_text(f"{before}{entry}{kept}{next_}{others}")
    return POLICY, path


async def test_a_long_way_from_manager_to_director_by_letters_alone(tmp_path: Path) -> None:
    everybody = (ALICE, MARA, FINN, FAYE, "dana@example.com", "dev@example.com")
    async with office(tmp_path, by_mail=everybody) as desk:
        request = await asked(desk, ERP)
        for person in (MARA, FAYE, "dev@example.com"):
            assert (await desk.press(await desk.letter(person), "approve")).status == 200
        assert (await state(desk, request)).status == "approved"
        assert "Approved by" in body(await desk.letter(ALICE))
        await desk.co.until(lambda: everything_is_delivered(desk.co))
        said = {person: len(desk.mail.letters(person)) for person in everybody}
        assert said["dana@example.com"] == 2, "asked, and told"
        assert said["dev@example.com"] == 1, "ended it"
        assert await trail_holds(desk.co, request["id"])
