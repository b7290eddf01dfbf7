"""The page of one request: what it shows, and that every act is about exactly what it showed."""

import pytest
from aiohttp import web
from msgspec.structs import replace

from adapters.web.visit import OIDC
from core.chat.port import Answer
from core.content import Action
from core.directory.people import Directory
from core.events import read_recorded
from core.request import Status
from tests.adapters.web.doors import visitor_of
from tests.adapters.web.inbox.rig import Inbox
from tests.core.builders import ADA, ALICE, FINN, MANAGER, MARA, a_revision, a_route, stage
from tests.core.shown import BOB, asked

HOSTILE = "<script>alert(1)</script> \u202eevil\u200b"


def voted(here: Inbox) -> dict[str, str]:
    found = [read_recorded(link.body) for link in here.service.store.trail["R1"]]
    return next(dict(e.actor.evidence) for e in found if type(e.event).__name__ == "Voted")


# --- what is shown -------------------------------------------------------------------------


async def test_the_page_shows_all_that_is_decided_on_and_what_stands_around_it() -> None:
    page = await Inbox().look()
    assert page.status == 200
    for said in (
        "New ERP system",
        "Amount 120,000",
        '"purpose": "New ERP system"',
        "You are asked as Manager by policy rule purchase-order",
        "1. Manager: waiting for",
        "asked for this under policy rule purchase-order",
        "Advice:",
    ):
        assert said in page.text, said


async def test_text_from_outside_is_escaped_and_nothing_in_it_is_hidden() -> None:
    action = Action(type="purchase_order", params={"amount": 1, HOSTILE: HOSTILE})
    here = Inbox(story=asked().revises(title=HOSTILE, description=HOSTILE, action=action))
    page = await here.look()
    assert "<script>alert" not in page.html
    assert "\u202e" not in page.html
    assert "\u200b" not in page.html
    assert "⟦U+202E⟧" in page.text


@pytest.mark.parametrize("id", ["R1", "R9"])
async def test_what_one_may_not_see_is_answered_as_what_is_not_there(id: str) -> None:
    here = Inbox().become(BOB)
    page = await here.look(id)
    assert page.status == 404
    assert "There is no such request" in page.text
    assert "ERP" not in page.text
    form = {"bound": f"{id}.1.0123456789abcdef.1.1", "once": "1"}
    pressed = await here.post(here.one.act, form, id=id, verb="approve")
    assert (pressed.status, pressed.html) == (404, page.html)


async def test_who_loses_sight_of_it_while_the_page_is_made_sees_nothing_newer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A revision may take a request to other people between two reads."""
    here = Inbox(a_route(MANAGER))
    seen = await here.service.chat.status(here.door.visitor.identity, "R1")
    others = asked(route=a_route(stage(1, "Finance", FINN)))
    here.add("R1", others.state)

    async def status(*_: object) -> Answer:
        return seen

    monkeypatch.setattr(here.service.chat, "status", status)
    page = await here.look()
    assert page.status == 404
    assert FINN not in page.html


async def test_revisions_stand_side_by_side_with_the_lines_marked_that_differ() -> None:
    first = asked()
    second = first.revises(description="One\nTwo").revises(description="One\nThree", amount="7")
    page = await Inbox(story=second).look()
    assert page.text.index("Revision 3 By") < page.text.index("Revision 2 By"), "newest first"
    assert "<del>Two</del>" in page.html
    assert "<ins>Three</ins>" in page.html
    assert "<del>One</del>" not in page.html, "both have it"


async def test_what_an_erased_revision_changed_is_said_to_be_erased() -> None:
    here = Inbox(story=asked().revises(description="New"))
    del here.service.store.bodies["R1"]["R1.r1"]
    assert "What it changed was erased." in (await here.look()).text


async def test_the_requester_sees_their_own_acts_and_no_decision() -> None:
    page = await Inbox(who=ALICE).look()
    assert "What you can do" in page.text
    assert page.form("cancel")["bound"].startswith("R1.1.")
    with pytest.raises(KeyError):
        page.form("approve")


# --- what is done --------------------------------------------------------------------------


async def test_an_approval_is_bound_to_what_was_shown_and_says_where_it_was_made() -> None:
    here = Inbox(a_route(MANAGER))
    done = await here.act(await here.look(), "approve")
    assert (done.status, done.location) == (303, "/inbox/R1")
    assert "You%20approved%20this" in done.told
    assert here.service.state.status is Status.APPROVED
    assert voted(here) | {"surface": "details", "session": "session-1"} == voted(here)
    after = await here.look()
    assert "Approved by" in after.text
    assert '<h2 id="decision">' not in after.html, "nothing is left to press"


async def test_a_form_that_is_sent_twice_is_the_same_answer_and_one_vote() -> None:
    here = Inbox(a_route(MANAGER))
    page = await here.look()
    first, second = [await here.act(page, "approve") for _ in range(2)]
    assert (first.status, first.told) == (second.status, second.told)
    kinds = [
        type(read_recorded(link.body).event).__name__ for link in here.service.store.trail["R1"]
    ]
    assert kinds.count("Voted") == 1


async def test_a_stale_form_changes_nothing_and_is_answered_with_what_is_true_now() -> None:
    page = await Inbox(story=asked()).look()
    later = Inbox(story=asked().revises(amount="99"))
    refused = await later.act(page, "approve")
    assert refused.status == 409
    assert "changed" in refused.text
    assert later.service.state.current is not None
    assert later.service.state.current.votes == ()
    assert refused.form("approve")["bound"].startswith("R1.2."), "what is true now can be pressed"


async def test_the_loser_of_a_race_is_told_who_decided() -> None:
    here = Inbox(a_route(MANAGER))
    page = await here.look()
    await here.act(page, "approve")
    late = await here.become(ADA).act(page, "reject", reason="No")
    assert late.status == 409
    assert "Approved by" in late.text


@pytest.mark.parametrize("reason", ["", "  \r\n "])
async def test_a_rejection_without_a_reason_says_so_by_the_field(reason: str) -> None:
    here = Inbox()
    page = await here.act(await here.look(), "reject", reason=reason)
    assert page.status == 422
    assert 'id="wrong-reject-reason"' in page.html
    assert 'aria-describedby="wrong-reject-reason"' in page.html
    assert here.service.state.status is Status.PENDING


async def test_what_was_written_is_not_lost_where_it_did_not_count() -> None:
    here = Inbox()
    page = await here.look()
    long = "x" * 2001
    refused = await here.act(page, "reject", reason=long)
    assert refused.status == 422
    assert long in refused.html


async def test_a_rejection_with_a_reason_keeps_its_lines() -> None:
    here = Inbox(a_route(MANAGER))
    await here.act(await here.look(), "reject", reason="Too dear.\r\nAsk <b>Bob</b>.")
    assert here.service.state.status is Status.REJECTED
    page = await here.look()
    assert "Reason: Too dear.\nAsk &lt;b&gt;Bob&lt;/b&gt;." in page.html


@pytest.mark.parametrize("to", [FINN, "Finn", " finn "])
async def test_it_is_delegated_to_who_is_named_by_address_or_by_name(to: str) -> None:
    here = Inbox()
    done = await here.act(await here.look(), "delegate", to=to, reason="Away")
    assert done.status == 303, done.text
    [given] = here.service.state.delegations
    assert (given.giver, given.taker) == (MARA, FINN)


def named(here: Inbox, **names: str) -> None:
    """People have these names from now on, whatever they had."""
    people = [
        replace(p, name=names.get(p.email.partition("@")[0], p.name))
        for p in here.service.directory.people.values()
    ]
    here.service.directory = Directory(people)


async def test_who_is_called_as_somebodys_address_takes_nothing_that_is_meant_for_them() -> None:
    here = Inbox()
    named(here, bob=FINN)
    await here.act(await here.look(), "delegate", to=FINN, reason="Away")
    assert [d.taker for d in here.service.state.delegations] == [FINN]


async def test_a_name_that_two_have_means_neither_however_far_down_the_list_one_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("core.web.inbox.MOST_NAMED", 2)
    here = Inbox()
    named(here, bob="Aaron", owen="Aaron")
    page = await here.act(await here.look(), "delegate", to="Aaron", reason="Away")
    assert page.status == 422
    assert here.service.state.delegations == ()


@pytest.mark.parametrize(
    ("to", "said"), [("", "Choose a person"), ("nobody@x.org", "nobody@x.org")]
)
async def test_who_cannot_be_named_is_said_by_the_field(to: str, said: str) -> None:
    here = Inbox()
    page = await here.act(await here.look(), "delegate", to=to)
    assert page.status == 422
    assert 'id="wrong-delegate-to"' in page.html
    assert said in page.text


async def test_an_edit_changes_only_what_the_rule_lists() -> None:
    here = Inbox(a_route(MANAGER, editable=("amount",)))
    page = await here.look()
    assert 'name="edit.amount"' in page.html
    forged = await here.act(page, "edit", **{"edit.title": "Mine"})
    assert forged.status in (409, 422)
    assert here.service.state.revision == 1
    done = await here.act(page, "edit", **{"edit.amount": "90000"})
    assert done.status == 303, done.text
    assert (here.service.state.revision, here.service.state.amount) == (2, "90000")


async def test_an_edit_that_came_too_late_puts_nothing_old_into_the_form_of_what_stands() -> None:
    route = a_route(MANAGER, editable=("amount", "description"))
    first = asked(route=route, revision=a_revision(description="Pay to account 1"))
    page = await Inbox(story=first).look()
    later = Inbox(story=first.revises(description="Pay to account 2"))
    refused = await later.act(
        page,
        "edit",
        reason="Less will do",
        **{"edit.amount": "90000", "edit.description": "Pay to account 1"},
    )
    assert refused.status == 409
    form = refused.html[refused.html.index('name="edit.amount"') :]
    assert "Pay to account 2</textarea>" in form, "nobody wrote the old one"
    assert "Pay to account 1</textarea>" not in form


async def test_line_ends_that_only_the_browser_changed_are_no_edit() -> None:
    """https://html.spec.whatwg.org/multipage/form-control-infrastructure.html: a form is sent
    with CR LF for every line end, whatever stood there."""
    route = a_route(MANAGER, editable=("description", "title"))
    for text in ("One\r\nTwo", "One\rTwo", "One\nTwo"):
        here = Inbox(story=asked(route=route, revision=a_revision(description=text)))
        page = await here.look()
        assert "One" in page.html.partition('id="edit-description"')[2].partition("</textarea>")[0]
        sent = {"edit.description": "One\r\nTwo", "edit.title": "New ERP system"}
        await here.act(page, "edit", **sent)
        assert (here.service.state.status, here.service.state.revision) == (Status.APPROVED, 1)


async def test_comments_and_questions_stand_in_their_order() -> None:
    here = Inbox()
    await here.act(await here.look(), "comment", reason="Which vendor?")
    await here.act(await here.look(), "ask", reason="And why now?")
    page = await here.look()
    assert page.text.index("wrote, ") < page.text.index("asked, ")
    assert "Which vendor?" in page.text


@pytest.mark.parametrize(
    "bound", ["", "R1", "R2.1.0123456789abcdef.1.1", "R1.1.0123456789ABCDEF.1.1", "R1.x.00.1.1"]
)
async def test_a_form_about_nothing_or_about_another_request_is_turned_away(bound: str) -> None:
    here = Inbox()
    page = await here.post(here.one.act, {"bound": bound}, id="R1", verb="approve")
    assert page.status == 400
    assert here.service.state.status is Status.PENDING


async def test_a_commitment_that_was_made_up_approves_nothing() -> None:
    here = Inbox()
    page = await here.post(
        here.one.act, {"bound": "R1.1.0123456789abcdef.1.1"}, id="R1", verb="approve"
    )
    assert page.status == 409
    assert here.service.state.version == 3


@pytest.mark.parametrize("verb", ["view", "history", "approve2", "__class__"])
async def test_what_is_no_act_is_no_address(verb: str) -> None:
    here = Inbox()
    with pytest.raises(web.HTTPNotFound):
        await here.post(here.one.act, {}, id="R1", verb=verb)


async def test_who_left_the_directory_meanwhile_acts_no_more() -> None:
    here = Inbox()
    page = await here.look()
    people = here.service.directory.people
    kept = [p for p in people.values() if p.email != MARA]
    here.service.directory = type(here.service.directory)(kept)
    assert (await here.act(page, "approve")).status == 403
    assert here.service.state.version == 3


async def test_what_must_be_decided_here_needs_more_than_a_link() -> None:
    here = Inbox(a_route(MANAGER, decide_in="web"))
    page = await here.look()
    with pytest.raises(KeyError):
        page.form("approve")
    bound = page.form("comment")["bound"]
    forged = await here.post(here.one.act, {"bound": bound, "once": "1"}, id="R1", verb="approve")
    assert forged.status == 409
    assert here.service.state.outcome is None
    here.door.visitor = visitor_of(here.door.visitor.person, OIDC)
    assert (await here.act(await here.look(), "approve")).status == 303
    assert here.service.state.status is Status.APPROVED
