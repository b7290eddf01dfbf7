"""People who ask by a form, over a real store: one form is one request, in their own name."""

from typing import Any

import pytest
from msgspec.structs import replace

from core.card import Verb
from core.chat.asking import AskingService
from core.chat.asking_port import OTHER, About, Asked, Entries, Kind, Part, Wish
from core.content import read_revision
from core.directory.people import Identity
from core.events import Submitted, read_recorded
from core.refusals import Reason
from core.request import BY_PERSON, RequestState, Status
from core.rows import ListFilter
from storage import Storage
from tests.contract.office import Office
from tests.core.builders import ADA, ALICE, DAY, DIRECTORY, FINN, MARA

STRANGER = Identity(platform="slack", realm="T1", account="U-Nobody")
CHAIRS = Entries(kind="purchase", title="New chairs", amount="1200", fields="vendor: Acme")


def account(who: str) -> Identity:
    found = DIRECTORY.people[who].identity("slack")
    assert found is not None
    return found


class People:
    """Alice with a form, and those who decide."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.asking = AskingService(office.approvals)

    async def ask(
        self, entries: Entries = CHAIRS, who: str = ALICE, form: str = "V1", **more: Any
    ) -> Asked:
        wish = Wish(entries=entries, form=form, evidence={"view": form}, **more)
        return await self.asking.ask(account(who), wish)

    async def ids(self) -> list[str]:
        found = await self.office.storage.store.listed(ListFilter())
        return [each.state.id for each in found.items]

    async def asked(self, **more: Any) -> RequestState:
        """A request of Alice's that was made."""
        made = await self.ask(**more)
        assert made.refused is None, made.text
        assert made.card is not None
        return await self.office.state(made.card.request)


@pytest.fixture
async def people(storage: Storage) -> People:
    return People(await Office(storage).open())


async def test_a_form_becomes_a_request_in_the_persons_own_name(people: People) -> None:
    made = await people.ask()
    assert made.text == "Your request is sent. Waiting for Manager (stage 1 of 2)."
    assert made.card is not None
    assert (made.card.asked_by, made.card.title) == ("Alice", "New chairs")
    assert [b.verb for b in made.card.buttons] == [], "who asks does not decide"
    assert {b.verb for b in made.card.more} >= {Verb.CANCEL, Verb.NUDGE}
    state = await people.office.state(made.card.request)
    assert (state.requester, state.submitter, state.owner) == (ALICE, ALICE, None)
    assert (state.agent, state.agent_key, state.by_person) == ("chat", f"{BY_PERSON}{ALICE}", True)
    assert (state.amount, state.action_type) == ("1200", "purchase")
    link, *_ = await people.office.storage.store.links(state.id)
    recorded = read_recorded(link.body)
    assert isinstance(recorded.event, Submitted)
    actor = recorded.actor
    assert (actor.via, actor.person, actor.agent) == ("slack", ALICE, None)
    assert actor.evidence == {"view": "V1"}


async def test_one_form_sent_twice_is_one_request(people: People) -> None:
    first = await people.ask()
    again = await people.ask(Entries(kind="purchase", title="Other chairs"))
    assert again.text == (
        "This form was sent before, and made this request. Waiting for Manager (stage 1 of 2)."
    )
    assert first.card is not None
    assert again.card is not None
    assert again.card.request == first.card.request
    other = await people.ask(form="V2")
    assert other.card is not None
    assert len(await people.ids()) == 2, "another form is another request, also with the same words"


async def test_two_people_may_have_forms_of_the_same_id(people: People) -> None:
    await people.ask()
    made = await people.ask(who=FINN)
    assert made.text.startswith("Your request is sent.")


async def test_what_the_policy_names_can_be_chosen_and_something_else(people: People) -> None:
    form = await people.asking.form(account(ALICE), title="Chairs")
    assert form.kinds[0] == Kind(type="purchase", label="Purchase")
    assert form.kinds[-1] == Kind(type=OTHER, label="Something else")
    assert "gift" not in {kind.type for kind in form.kinds}, "it is prohibited"
    assert form.entries == Entries(title="Chairs")
    made = await people.asked(entries=Entries(kind=OTHER, title="A day off"))
    assert made.route is not None
    assert made.route.uncategorised
    odd = await people.ask(Entries(kind="gift", title="A gift"), form="V2")
    assert (odd.refused, odd.at) == (Reason.INVALID_FIELD, Part.KIND)


async def test_who_asked_is_barred_from_approving(people: People) -> None:
    made = await people.asked(who=MARA)
    stage = made.current
    assert stage is not None
    assert stage.escalated_because, "Mara is the only approver, and she asked"
    assert MARA not in stage.assigned


async def test_a_stranger_is_told_so(people: People) -> None:
    assert "not linked" in str((await people.asking.form(STRANGER)).refused)
    refused = await people.asking.ask(STRANGER, Wish(entries=CHAIRS))
    assert refused.refused is Reason.UNKNOWN_ACCOUNT
    assert await people.ids() == []


@pytest.mark.parametrize(
    ("entries", "at", "said"),
    [
        ({"amount": "1.234,50"}, Part.AMOUNT, "“1.234,50” can be read in two ways."),
        ({"amount": "1" * 16}, Part.AMOUNT, "“1111111111111111” is no amount."),
        ({"fields": "vendor"}, Part.FIELDS, "“vendor” is no name with a value."),
        ({"title": ""}, Part.TITLE, "It is empty."),
    ],
)
async def test_a_mistake_is_said_where_it_stands_and_makes_nothing(
    people: People, entries: dict[str, str], at: Part, said: str
) -> None:
    made = await people.ask(replace(CHAIRS, **entries))
    assert (made.refused, made.at) == (Reason.INVALID_FIELD, at)
    assert made.text.startswith(said)
    assert await people.ids() == []
    assert (await people.ask()).refused is None, "the same form may be sent again when mended"


async def test_all_mistakes_of_a_form_are_said_at_once(people: People) -> None:
    bad = Entries(kind="purchase", amount="a lot", currency="euros", link="no", fields="vendor")
    made = await people.ask(replace(bad, needed_by="soon"))
    assert (made.at, made.text) == (Part.TITLE, "It is empty. Say in one line what you ask for.")
    assert {part: said.partition(". ")[0] for part, said in made.besides.items()} == {
        Part.AMOUNT: "“a lot” is no amount",
        Part.CURRENCY: "“euros” is no currency",
        Part.LINK: "This is no web address",
        Part.NEEDED_BY: "This is no date",
        Part.FIELDS: "“vendor” is no name with a value",
    }
    assert await people.ids() == []


async def test_needed_by_shortens_the_time_and_never_lengthens_it(people: People) -> None:
    soon = await people.asked(
        entries=Entries(kind="purchase", title="Soon", needed_by="2027-01-15")
    )
    assert soon.expires_at < people.office.now + DAY
    late = await people.asked(
        entries=Entries(kind="purchase", title="Late", needed_by="2027-06-01"), form="V2"
    )
    assert late.expires_at == people.office.now + DAY, "the rule's own time"


# --- changes -------------------------------------------------------------------------------


async def changes_wanted(people: People, who: str = ALICE) -> RequestState:
    made = await people.asked(who=who)
    await people.office.click(MARA, Verb.REQUEST_CHANGES, made.id)
    return await people.office.state(made.id)


async def test_feedback_is_answered_with_a_revision(people: People) -> None:
    made = await changes_wanted(people)
    form = await people.asking.form(account(ALICE), made.id)
    assert form.about == About(request=made.id, revision=1)
    assert form.intro == "Mara asks for changes: “Cheaper, please”"
    assert form.entries == CHAIRS
    assert Part.KIND not in form.parts
    cheaper = Entries(title="New chairs", amount="900", fields="vendor: Acme")
    sent = await people.ask(cheaper, form="V2", about=form.about)
    assert sent.text == "Revision 2 is sent. Waiting for Manager (stage 1 of 2)."
    assert sent.card is not None
    assert sent.card.note is not None
    assert sent.card.note.startswith("Revision 2 by Alice, after Mara asked: “Cheaper, please”")
    state = await people.office.state(made.id)
    assert (state.revision, state.amount, state.attempt) == (2, "900", 2)
    again = await people.ask(cheaper, form="V2", about=form.about)
    assert (again.refused, (await people.office.state(made.id)).revision) == (None, 2)
    late = await people.ask(cheaper, form="V3", about=form.about)
    assert late.refused is Reason.STALE_REVISION, "another form about what was shown before"


async def test_a_revision_that_changes_nothing_is_said_to_be_none(people: People) -> None:
    made = await changes_wanted(people)
    sent = await people.ask(CHAIRS, form="V2", about=About(request=made.id, revision=1))
    assert (sent.refused, sent.at) == (Reason.REVISION_UNCHANGED, Part.TITLE)


async def test_the_requester_may_revise_what_an_agent_asked_for_them(people: People) -> None:
    submitted = await people.office.ask(10)
    id_ = submitted.snapshot.state.id
    await people.office.click(MARA, Verb.REQUEST_CHANGES, id_)
    form = await people.asking.form(account(ALICE), id_)
    sent = await people.ask(
        Entries(title=form.entries.title, amount="9"), form="V2", about=form.about
    )
    assert sent.refused is None, sent.text
    assert sent.card is not None
    assert str(sent.card.note).startswith("Revision 2 by Alice")
    assert sent.card.asked_by == "Alice, through agent"
    body = (await people.office.storage.store.snapshot(id_)).contents[f"{id_}.r2"]  # type: ignore[union-attr] # it is there
    assert read_revision(body).action.params == {"amount": 9}


@pytest.mark.parametrize("who", [MARA, ADA, FINN])
async def test_nobody_else_changes_it(people: People, who: str) -> None:
    made = await changes_wanted(people)
    about = About(request=made.id, revision=1)
    form = await people.asking.form(account(who), made.id)
    assert form.refused is not None
    sent = await people.ask(CHAIRS, who, about=about, form="V2")
    expected = Reason.NOT_ALLOWED_TO_REVISE
    assert sent.refused is expected
    assert (await people.office.state(made.id)).revision == 1


async def test_a_request_that_may_not_be_seen_is_not_there(people: People) -> None:
    made = await people.asked(who=FINN)
    form = await people.asking.form(account(ALICE), made.id)
    none = await people.asking.form(account(ALICE), "nothing")
    assert str(form.refused).replace(made.id, "nothing") == none.refused


async def test_who_asks_withdraws(people: People) -> None:
    made = await people.asked()
    ended = await people.office.click(ALICE, Verb.CANCEL, made.id)
    assert ended.status is Status.CANCELLED
    form = await people.asking.form(account(ALICE), made.id)
    assert form.about == About(request=made.id), "it may be taken up again"


# --- the same again ------------------------------------------------------------------------


async def rejected(people: People) -> RequestState:
    made = await people.asked()
    return await people.office.click(MARA, Verb.REJECT, made.id)


async def test_the_very_same_is_answered_from_the_record_and_can_be_taken_up(
    people: People,
) -> None:
    before = await rejected(people)
    same = await people.ask(form="V2")
    assert same.text == (
        "You asked for exactly this before, so nothing new was made. Rejected by Mara."
    )
    assert same.again == About(request=before.id)
    form = await people.asking.form(account(ALICE), before.id)
    assert (form.title, form.entries, form.about) == ("Ask again", CHAIRS, same.again)
    taken_up = await people.asked(form="V2", about=same.again)
    assert (taken_up.previous, taken_up.attempt) == (before.id, 2)
    assert len(await people.ids()) == 2


async def test_another_title_is_another_wish(people: People) -> None:
    await rejected(people)
    other = Entries(kind="purchase", title="A table", amount="1200", fields="vendor: Acme")
    made = await people.ask(other, form="V2")
    assert made.text.startswith("Your request is sent."), "a form may hold little but its title"


async def test_anothers_rejection_says_nothing_about_mine(people: People) -> None:
    await rejected(people)
    made = await people.ask(who=FINN, form="V2")
    assert made.text.startswith("Your request is sent.")
