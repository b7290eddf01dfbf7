"""The lists: what waits, with filters and saved views, what was asked, and several at once."""

from decimal import Decimal

import pytest

from adapters.web.inbox import bound, filters
from core.chat.home import PAGE
from core.chat.home_port import MOST_TOGETHER, Wish
from core.commands import Binding
from core.request import Status
from core.web.inbox_port import MOST_VIEWS
from tests.adapters.web.inbox.rig import Inbox
from tests.core.builders import ALICE, DAY, HOUR, MANAGER, MARA, NOW, a_revision, a_route, stage
from tests.core.shown import BOB, asked

TOGETHER = a_route(MANAGER, batch=True)
ALONE = a_route(MANAGER, rule="alone")


def several(count: int) -> Inbox:
    """So many requests that may be approved together: R1, R2, ..."""
    here = Inbox(TOGETHER)
    for number in range(2, count + 1):
        here.add(f"R{number}", here.service.state)
    return here


# --- what waits ----------------------------------------------------------------------------


async def test_a_line_has_amount_risk_stage_and_rule_and_its_deadline_in_words() -> None:
    here = Inbox(TOGETHER, ALONE, amount="120000", risk_score=82)
    page = await here.get(here.lists.inbox)
    for said in ("2 wait for you", "New ERP system", "120,000", "Risk 82 of 100", "Manager"):
        assert said in page.text, said
    assert "rule alone" in page.text
    assert [each.split(".")[0] for each in page.boxes] == ["R1"], (
        "the other's rule does not allow it"
    )
    here.service.now = NOW + 2 * DAY
    late = await here.get(here.lists.inbox)
    assert "Overdue by" in late.text, "not only by a colour"


async def test_an_empty_inbox_says_so() -> None:
    here = Inbox(who=BOB)
    assert "Nothing waits for you." in (await here.get(here.lists.inbox)).text


async def test_the_pages_go_on_where_the_one_before_ended() -> None:
    here = several(PAGE + 2)
    first = await here.get(here.lists.inbox)
    assert len(first.boxes) == PAGE
    state = here.service.state
    after = f"{state.deadline}.{first.boxes[-1].split('.')[0]}"
    assert f"/inbox?after={after}" in first.html
    second = await here.get(here.lists.inbox, f"/inbox?after={after}")
    assert len(second.boxes) == 2
    assert not set(second.boxes) & set(first.boxes)


async def test_a_page_of_which_nothing_is_left_is_the_first_one() -> None:
    here = several(1)
    page = await here.get(here.lists.inbox, "/inbox?after=99999999999999.R9")
    assert len(page.boxes) == 1


async def test_a_search_looks_at_titles_and_requesters_and_goes_on_from_page_to_page() -> None:
    here = Inbox(TOGETHER)
    other = asked(route=TOGETHER, revision=a_revision(title="Standing desk"))
    here.add("R2", other.state)
    here.service.store.bodies["R2"] = dict(other.contents)
    found = await here.get(here.lists.inbox, "/inbox?q=DESK+alice")
    assert "Standing desk" in found.text
    assert "New ERP" not in found.text
    nothing = await here.get(here.lists.inbox, "/inbox?q=nobody")
    assert "Nothing here fits the search." in nothing.text


async def test_the_amount_filters_whatever_has_less_or_none() -> None:
    here = Inbox(TOGETHER, amount="500")
    assert (await here.get(here.lists.inbox, "/inbox?least=500")).boxes
    assert not (await here.get(here.lists.inbox, "/inbox?least=500.01")).boxes


async def test_overdue_is_what_was_due_before_now() -> None:
    here = several(1)
    assert not (await here.get(here.lists.inbox, "/inbox?only=overdue")).boxes
    here.service.now = NOW + 5 * HOUR + DAY
    page = await here.get(here.lists.inbox, "/inbox?only=overdue")
    assert "Overdue by" in page.text


async def test_the_part_alone_is_the_list_without_its_frame() -> None:
    here = several(2)
    part = await here.get(here.lists.part)
    assert len(part.boxes) == 2
    assert "<html" not in part.html
    assert part.html.lstrip().startswith('<div id="queue"')


@pytest.mark.parametrize(
    "text",
    ["", "only=due", "only=overdue", "rule=purchase-order", "q=two+words", "least=1000.5"],
)
def test_a_filter_is_read_back_as_it_was_written(text: str) -> None:
    wish = filters.read_text(text)
    assert filters.read_text(filters.write(wish)) == wish
    assert filters.write(wish) == text


@pytest.mark.parametrize(
    "least", ["-1", "1e999999", "NaN", "1,5", "١٢", "0x10", "9" * 40, "1.", "", "one"]
)
def test_an_amount_that_is_none_filters_nothing(least: str) -> None:
    assert filters.read({"least": least}).least is None


def test_an_amount_may_have_its_thousands_apart() -> None:
    assert filters.read({"least": " 12,500.50 "}).least == Decimal("12500.50")


def test_a_filter_of_any_length_and_kind_is_read_and_never_raises() -> None:
    hostile = {"q": "x" * 5000, "rule": "\x00" * 900, "after": "9" * 900, "only": "everything"}
    wish = filters.read(hostile)
    assert (len(wish.text), len(wish.rule or ""), len(wish.after)) == (200, 200, 120)
    assert filters.read_text("a=1&" * 500) == Wish()


def test_a_binding_is_read_back_as_it_was_written() -> None:
    made = Binding(request="01abc", revision=3, commitment="0f" * 8, level=2, round=1)
    assert bound.read(bound.write(made)) == made
    assert bound.read(f"{bound.write(made)}\n") is None


# --- saved views ---------------------------------------------------------------------------


async def test_a_view_is_saved_shown_and_deleted_and_is_its_owners_alone() -> None:
    here = several(1)
    saved = await here.post(here.lists.keep_view, {"name": " My <b>view</b> ", "query": "q=desk"})
    assert saved.location == "/inbox?q=desk"
    page = await here.get(here.lists.inbox, "/inbox?q=desk")
    assert '<a href="/inbox?q=desk" aria-current="true">My &lt;b&gt;view&lt;/b&gt;</a>' in page.html
    assert "My <b>" not in (await here.become(ALICE).get(here.lists.inbox)).html
    await here.post(here.lists.forget_view, {"name": "My <b>view</b>"})
    assert "My &lt;b&gt;" in (await here.become(MARA).get(here.lists.inbox)).html
    await here.post(here.lists.forget_view, {"name": "My <b>view</b>"})
    assert "My &lt;b&gt;" not in (await here.get(here.lists.inbox)).html


async def test_a_view_has_a_name_and_leads_nowhere_but_to_the_inbox() -> None:
    here = several(1)
    nameless = await here.post(here.lists.keep_view, {"name": " \u200b "[:1], "query": "q=a"})
    assert "Give%20the%20view%20a%20name" in nameless.told
    await here.post(here.lists.keep_view, {"name": "Out", "query": "//evil.example/?q=%0d%0aSet"})
    page = await here.get(here.lists.inbox)
    assert "evil" not in page.html


async def test_there_are_so_many_views_and_no_more() -> None:
    here = several(1)
    for number in range(MOST_VIEWS + 1):
        done = await here.post(here.lists.keep_view, {"name": f"V{number}", "query": "q=a"})
    assert "as%20many%20as%20one%20may%20have" in done.told
    assert len(here.views.kept[MARA]) == MOST_VIEWS


# --- several at once -----------------------------------------------------------------------


async def test_all_are_named_before_they_are_approved_each_on_what_was_shown() -> None:
    here = several(3)
    ticked = (await here.get(here.lists.inbox)).boxes
    asked_once_more = await here.post(here.together.review, {"bound": ticked})
    assert asked_once_more.boxes == ticked
    assert "3 approvals are recorded under your name" in asked_once_more.text
    assert here.service.state.status is Status.PENDING, "nothing counts yet"
    done = await here.post(here.together.approve, {"bound": ticked, "once": "1"})
    assert "3 of 3 approved" in done.text
    states = here.service.store.states.values()
    assert {state.status for state in states} == {Status.APPROVED}
    again = await here.post(here.together.approve, {"bound": ticked, "once": "1"})
    assert again.text == done.text


async def test_what_has_changed_since_is_left_out_and_said() -> None:
    here = several(2)
    ticked = (await here.get(here.lists.inbox)).boxes
    changed = asked(route=TOGETHER).revises(amount="99")
    here.add("R2", changed.state)
    here.service.store.bodies["R2"] |= changed.contents
    page = await here.post(here.together.review, {"bound": ticked})
    assert page.boxes == ticked[:1]
    assert "It has changed since the list was shown" in page.text
    done = await here.post(here.together.approve, {"bound": ticked, "once": "1"})
    assert "1 of 2 approved" in done.text
    assert "Not counted" in done.text
    assert here.service.store.states["R2"].status is Status.PENDING


async def test_what_its_rule_does_not_allow_together_is_left_out() -> None:
    here = Inbox(ALONE)
    form = {"bound": (await here.look()).form("approve")["bound"]}
    page = await here.post(here.together.review, form)
    assert page.status == 409
    assert "None of these can be approved together" in page.text
    done = await here.post(here.together.approve, form)
    assert "0 of 1 approved" in done.text
    assert here.service.state.status is Status.PENDING


async def test_nothing_ticked_is_said_and_too_many_are_cut_and_said() -> None:
    here = several(1)
    none = await here.post(here.together.review, {"bound": ["nonsense", ""]})
    assert (none.status, none.location) == (303, "/inbox")
    here = several(MOST_TOGETHER + 1)
    ticks = [bound.write(_bound(here, n)) for n in range(1, MOST_TOGETHER + 2)]
    page = await here.post(here.together.review, {"bound": ticks})
    assert len(page.boxes) == MOST_TOGETHER
    assert f"At most {MOST_TOGETHER} can be approved together" in page.text


def _bound(here: Inbox, number: int) -> Binding:
    state = here.service.state
    return Binding(
        request=f"R{number}", revision=1, commitment=state.commitment[:16], level=1, round=1
    )


# --- what was asked, and who is away -------------------------------------------------------


async def test_my_requests_say_where_each_stands() -> None:
    here = Inbox(who=ALICE)
    page = await here.get(here.lists.mine, "/inbox/mine")
    assert "New ERP system" in page.text
    assert "Waiting for Manager" in page.text
    here.become(BOB)
    assert "Nothing was asked for you yet." in (await here.get(here.lists.mine)).text


async def test_who_is_away_says_so_and_may_end_it() -> None:
    here = Inbox(a_route(stage(1, "Manager", MARA)))
    page = await here.get(here.away.look, "/inbox/away")
    assert "Set one" in page.text
    set_ = await here.post(here.away.set, {"to": "Bob", "once": "1"})
    assert (set_.status, set_.location) == (303, "/inbox/away")
    stands = await here.get(here.away.look, "/inbox/away")
    assert "Bob acts for you" in stands.text
    assert "Bob acts for you" in (await here.get(here.lists.inbox)).text
    [standing] = here.service.store.rules.values()
    ended = await here.post(here.away.end, {"id": standing.id})
    assert ended.status == 303
    assert "Bob acts for you" not in (await here.get(here.away.look)).text


@pytest.mark.parametrize(
    ("given", "field", "said"),
    [
        ({"to": ""}, "to", "Choose a person"),
        ({"to": "Bob", "first": "12/24/2030"}, "first", "This is no date."),
        ({"to": "Bob", "first": "0001-01-01"}, "first", "This is no date."),
        ({"to": "Bob", "first": "2030-02-02", "last": "2030-02-01"}, "last", "before it begins"),
        ({"to": "stranger@x.org"}, "to", "stranger@x.org"),
    ],
)
async def test_what_is_wrong_with_an_absence_is_said_by_its_field(
    given: dict[str, str], field: str, said: str
) -> None:
    here = Inbox()
    page = await here.post(here.away.set, given)
    assert page.status == 422
    assert f'id="wrong-{field}"' in page.html
    assert said in page.text
    assert not here.service.store.rules


async def test_somebody_elses_absence_is_not_ended() -> None:
    here = Inbox()
    await here.post(here.away.set, {"to": "Bob"})
    [standing] = here.service.store.rules.values()
    page = await here.become(ALICE).post(here.away.end, {"id": standing.id})
    assert page.status == 409
    assert here.service.store.rules[standing.id].ends is None
