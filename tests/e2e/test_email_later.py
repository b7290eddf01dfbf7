"""Letters over time: digests, a server that gets e-mail later, people who leave, new keys."""

import json
from pathlib import Path

from bot import clock
from bot.files import load
from bot.sample import DIRECTORY, POLICY
from bot.signing_keys import new_pem
from core.chat.audience import NOWHERE
from core.chat.port import QueueItem
from core.directory.people import Directory
from core.ports import Delivered, Notice
from core.rows import Changes, OutboxRow, Recipient
from tests.e2e.company import SMALL, Json, company
from tests.e2e.lettered import Office, office
from tests.e2e.looking import everything_is_delivered
from tests.mailserver import body, links

MARA, FINN, FAYE = (f"{name}@example.com" for name in ("mara", "finn", "faye"))


async def asked(desk: Office, title: str = "Two chairs") -> Json:
    return await desk.co.submit(await desk.co.key("submit", "read"), SMALL | {"title": title})


async def status(desk: Office, request: Json) -> str:
    found = await desk.co.storage.store.snapshot(request["id"])
    assert found is not None
    return found.state.status.value


async def test_a_digest_lists_what_waits_and_leads_to_each(tmp_path: Path) -> None:
    async with office(tmp_path, by_mail=(MARA,)) as desk:
        requests = [await asked(desk, title) for title in ("Chairs <1>", "Chairs 2")]
        await desk.letter(MARA, 2)
        now = clock.now()
        row = OutboxRow(
            id="digest.today",
            dedupe="digest:today",
            kind="digest",
            request="",
            to=Recipient(platform="email", id=MARA),
            facts={"since": str(now - 60_000), "until": str(now)},
        )
        await desk.co.storage.store.transact("", lambda _: Changes(result=None, outbox=(row,)))
        digest = await desk.letter(MARA, 3)
        assert not str(digest["Subject"]).startswith("Re:")
        assert digest["References"] is None
        for text in (body(digest), body(digest, "html").replace("&lt;1&gt;", "<1>")):
            for said in ("Chairs <1>", "Chairs 2", "840", "asked by Alice Adams", "decide by"):
                assert said in text
        ways = [line for line in body(digest).split("\n") if "/decide/look?t=" in line]
        assert len(ways) == 2
        for way in ways:
            page = await desk.open(way)
            assert "reject" in page.forms
            assert (await desk.send("approve", {"t": page.forms["approve"]})).status == 200
        assert [await status(desk, each) for each in requests] == ["approved", "approved"]
        over = await desk.open(ways[0])
        assert (over.status, over.forms) == (200, {})
        assert "Nothing is asked of you any more." in over.said


async def test_a_page_of_a_digest_decides_what_it_showed(tmp_path: Path) -> None:
    """A way from a digest is to what is asked when it is opened, and its form to exactly that."""
    async with office(tmp_path, by_mail=(MARA,)) as desk:
        key = await desk.co.key("submit", "read")
        request = await desk.co.submit(key, SMALL)
        await desk.letter(MARA)
        channel = desk.co.app.platforms["email"].channel
        person = desk.co.app.books.directory().people[MARA]
        item = QueueItem(
            request=request["id"],
            title="Two chairs",
            asked_by="Alice",
            stage="Manager",
            amount=None,
            deadline=None,
        )
        notice = Notice(kind="digest", request="", title="1 waits", text="", items=(item,))
        to = Recipient(platform="email", id=MARA)
        assert await channel.tell(notice, to, person.identity("email")) == Delivered()
        [way] = [
            each
            for each in body(await desk.letter(MARA, 2)).split("\n")
            if "/decide/look?t=" in each
        ]
        before = await desk.open(way)
        change = {"revision": 1, "action": {"params": {"purpose": "Sofa", "amount": 900}}}
        path = f"/v1/requests/{request['id']}/revisions"
        assert (await desk.co.call("POST", path, key, change))[0] == 200
        late = await desk.send("approve", {"t": before.forms["approve"]})
        assert late.status == 409
        assert await status(desk, request) == "pending"
        after = await desk.open(way)
        assert "900" in after.said
        assert (await desk.send("approve", {"t": after.forms["approve"]})).status == 200
        assert await status(desk, request) == "approved"


async def test_who_could_be_reached_nowhere_is_asked_once_there_is_e_mail(tmp_path: Path) -> None:
    without = tmp_path / "without.yaml"
    before, entry, after = DIRECTORY.read_text().partition(f"  - email: {MARA}\n")
    own, following, others = after.partition("\n  - email: ")
    kept = own.partition("    identities:")[0]
    without.write_text(f"{before}{entry}{kept}{following}{others}")
    async with company(tmp_path, directory=without) as co:
        key = await co.key("submit", "read")
        request = await co.submit(key, SMALL)

        async def nowhere() -> bool:
            found = await co.storage.store.snapshot(request["id"])
            assert found is not None
            return any(d.to.platform == NOWHERE and d.dead_reason for d in found.deliveries)

        await co.until(nowhere)
    async with office(tmp_path, by_mail=()) as desk:
        desk.co.app.books.use(*load(POLICY, without))
        # As a server does at its start.
        await desk.co.storage.deliveries.retry_dead(None, clock.now(), stale=False)
        desk.co.app.relay.wake()
        letter = await desk.letter(MARA)
        await desk.co.until(lambda: everything_is_delivered(desk.co))
        found = await desk.co.storage.store.snapshot(request["id"])
        assert found is not None
        assert NOWHERE not in {d.to.platform for d in found.deliveries}
        assert (await desk.press(letter, "approve")).status == 200


async def test_who_has_left_gets_no_more_letters(tmp_path: Path) -> None:
    async with office(tmp_path, by_mail=(FINN, FAYE)) as desk:
        key = await desk.co.key("submit", "read")
        action = {"type": "purchase_order", "params": {"amount": 50_000}}
        body_ = {"title": "Rack", "requester": "alice@example.com", "action": action}
        request = await desk.co.submit(key, body_)
        mara = await desk.co.key("decide", person=MARA)
        path = f"/v1/requests/{request['id']}/decisions"
        assert (await desk.co.call("POST", path, mara, {"decision": "approve"}))[0] == 200
        finns, _ = await desk.letter(FINN), await desk.letter(FAYE)
        await desk.co.until(lambda: everything_is_delivered(desk.co))
        books = desk.co.app.books
        left = [p for email, p in books.file().people.items() if email != FAYE]
        books.use(books.policy(), Directory(left))
        assert (await desk.press(finns, "approve")).status == 200

        async def settled() -> bool:
            found = await desk.co.storage.store.snapshot(request["id"])
            assert found is not None
            hers = next(d for d in found.deliveries if d.to == Recipient("email", FAYE))
            return hers.shown == hers.wanted == found.state.version

        await desk.co.until(settled)
        assert len(desk.mail.letters(FAYE)) == 1


async def test_letters_from_before_a_rotation_of_the_keys_still_decide(tmp_path: Path) -> None:
    async with office(tmp_path, by_mail=(MARA,)) as desk:
        request = await asked(desk)
        link = links(await desk.letter(MARA))["look"]
    shared = tmp_path / "shared.json"
    secrets = json.loads(shared.read_text())
    shared.write_text(json.dumps(secrets | {"signing_key": new_pem() + secrets["signing_key"]}))
    async with office(tmp_path, by_mail=(MARA,)) as desk:
        page = await desk.open(link)
        assert (await desk.send("approve", {"t": page.forms["approve"]})).status == 200
        assert await status(desk, request) == "approved"
    shared.write_text(json.dumps(secrets | {"signing_key": new_pem()}))
    async with office(tmp_path, by_mail=(MARA,)) as desk:
        assert (await desk.open(link)).status == 400
