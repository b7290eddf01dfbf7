"""The form of somebody who asks: sent, mended, sent again with changes, and taken up anew."""

import pytest

from core.request import Status
from tests.adapters.web.inbox.rig import Answered, Inbox
from tests.core.builders import ALICE, MANAGER, MARA, a_route
from tests.core.shown import BOB

WISH = {"kind": "other", "title": "A whiteboard", "amount": "120", "currency": "EUR"}


async def sent(here: Inbox, once: str = "1", **fields: str) -> Answered:
    return await here.post(here.ask.ask, WISH | {"once": once} | fields)


async def test_what_is_asked_is_asked_in_the_visitors_own_name() -> None:
    here = Inbox(who=ALICE)
    form = await here.get(here.ask.form, "/inbox/new?title=A+whiteboard")
    assert 'value="A whiteboard"' in form.html
    first = await sent(here)
    assert first.status == 303
    made = here.service.store.states[first.location.removeprefix("/inbox/")]
    assert (made.requester, made.amount, made.by_person) == (ALICE, "120", True)
    assert len(here.service.store.states) == 2, "the one that was there, and this"


@pytest.mark.parametrize(
    ("fields", "at"),
    [
        ({"title": ""}, "title"),
        ({"amount": "twelve"}, "amount"),
        ({"kind": "delete_everything"}, "kind"),
        ({"needed_by": "soon"}, "needed_by"),
        ({"fields": "no colon here"}, "fields"),
        ({"title": "x" * 151}, "title"),
    ],
)
async def test_what_is_wrong_is_said_by_its_field_and_nothing_is_lost(
    fields: dict[str, str], at: str
) -> None:
    here = Inbox(who=ALICE)
    page = await sent(here, details="Two lines\r\nof <b>why</b>", **fields)
    assert page.status == 422
    assert f'id="wrong-{at}"' in page.html
    assert "Two lines\nof &lt;b&gt;why&lt;/b&gt;" in page.html
    assert len(here.service.store.states) == 1


async def test_changes_are_sent_for_the_revision_that_the_form_showed() -> None:
    here = Inbox(who=ALICE)
    location = (await sent(here)).location
    made = location.removeprefix("/inbox/")
    assert f"/inbox/new?of={made}" in (await here.look(made)).html
    form = await here.get(here.ask.form, f"/inbox/new?of={made}")
    assert 'name="revision" value="1"' in form.html
    about = {"of": made, "revision": "1"}
    done = await sent(here, "2", amount="90", **about)
    assert (done.status, done.location) == (303, location)
    assert (here.service.store.states[made].revision, here.service.store.states[made].amount) == (
        2,
        "90",
    )
    late = await sent(here, "3", amount="80", **about)
    assert late.status == 409
    assert here.service.store.states[made].revision == 2


async def test_what_was_rejected_is_taken_up_by_a_new_request() -> None:
    here = Inbox(who=ALICE)
    made = (await sent(here)).location.removeprefix("/inbox/")
    [decider] = here.service.store.states[made].stages[0].assigned
    here.become(decider)
    await here.act(await here.look(made), "reject", id=made, reason="Too dear")
    page = await here.become(ALICE).look(made)
    assert "Ask again" in page.text
    assert here.service.store.states[made].status is Status.REJECTED
    form = await here.get(here.ask.form, f"/inbox/new?of={made}")
    assert "This makes a new request, which names the earlier one." in form.text
    assert 'name="revision" value="0"' in form.html


@pytest.mark.parametrize("of", ["R1", "R9", "x" * 400, "\u202e"])
async def test_what_is_not_ones_own_has_no_form(of: str) -> None:
    here = Inbox(a_route(MANAGER), who=BOB)
    page = await here.get(here.ask.form, f"/inbox/new?of={of}")
    assert page.status == 409
    assert '<form method="post" action="/inbox/new"' not in page.html
    refused = await sent(here, of=of, revision="1")
    assert refused.status == 409
    assert here.service.state.revision == 1


async def test_an_approver_who_does_not_ask_has_no_changes_to_send() -> None:
    here = Inbox(who=MARA)
    assert "/inbox/new?of=" not in (await here.look()).html
