"""What people sent back is not asked again as new, whatever became of the request since."""

from collections.abc import Awaitable, Callable

import pytest

from core.card import Verb
from core.refusals import Reason, Refused
from core.request import Decision, RequestState, Status
from core.service.acts import Acts
from storage import Storage
from tests.contract.office import Office
from tests.contract.test_audit_order import query
from tests.core.builders import ALICE, DAY, FINN, MARA

APPROVE, REJECT, CHANGES = Decision.APPROVE, Decision.REJECT, Decision.REQUEST_CHANGES
WANTED, DECOY = 90_000, 5

End = Callable[[Office, str], Awaitable[RequestState]]


@pytest.fixture
async def office(storage: Storage) -> Office:
    return await Office(storage).open()


async def decoyed(office: Office) -> str:
    """Changes were requested, and the agent answered with something harmless."""
    request_id = (await office.ask(WANTED)).snapshot.state.id
    await office.says(MARA, CHANGES, request_id)
    await office.revise(request_id, DECOY)
    return request_id


async def rolled_back(office: Office) -> str:
    """Finance sent it back to the manager."""
    request_id = (await office.ask(WANTED)).snapshot.state.id
    await office.says(MARA, APPROVE, request_id)
    state = await office.says(FINN, REJECT, request_id)
    assert state.current is not None
    assert (state.current.plan.name, state.current.round) == ("Manager", 2)
    return request_id


async def answered_by(office: Office, amount: int = WANTED) -> str | None:
    """The request from which an agent that asks anew is answered; None where people are asked."""
    asked = await office.ask(amount)
    return asked.snapshot.state.id if asked.from_record else None


# --- how it ends ---------------------------------------------------------------------------


async def cancel_by_api(office: Office, request_id: str) -> RequestState:
    return await office.cancel(request_id)


async def cancel_in_chat(office: Office, request_id: str) -> RequestState:
    return await office.click(ALICE, Verb.CANCEL, request_id)


async def expire(office: Office, request_id: str) -> RequestState:
    office.now += DAY
    await office.approvals.tick(request_id)
    return await office.state(request_id)


async def expire_noticed_late(office: Office, request_id: str) -> RequestState:
    """No timer came; the agent's own call is the first to notice."""
    office.now += DAY
    with pytest.raises(Refused) as refused:
        await Acts(office.approvals).nudge(office.agent, request_id)
    assert refused.value.reason is Reason.FINISHED
    return await office.state(request_id)


async def revise_into_what_is_prohibited(office: Office, request_id: str) -> RequestState:
    return await office.revise(request_id, 1, kind="gift")


async def revise_into_what_passes_by_itself(office: Office, request_id: str) -> RequestState:
    return await office.revise(request_id, 1, kind="coffee")


ENDS = {
    "cancelled": (cancel_by_api, Status.CANCELLED),
    "cancelled in chat": (cancel_in_chat, Status.CANCELLED),
    "expired": (expire, Status.EXPIRED),
    "expired unnoticed": (expire_noticed_late, Status.EXPIRED),
    "prohibited": (revise_into_what_is_prohibited, Status.PROHIBITED),
    "approved by nobody": (revise_into_what_passes_by_itself, Status.APPROVED),
}
EACH_END = pytest.mark.parametrize(("end", "status"), ENDS.values(), ids=ENDS)


@EACH_END
async def test_a_decoy_that_ends_undecided_hides_nothing(
    office: Office, end: End, status: Status
) -> None:
    request_id = await decoyed(office)
    assert (await end(office, request_id)).status is status
    assert await answered_by(office) == request_id
    assert await answered_by(office, DECOY) is None, "nobody said anything of the decoy"


@EACH_END
async def test_what_was_rolled_back_and_ends_undecided_is_remembered(
    office: Office, end: End, status: Status
) -> None:
    request_id = await rolled_back(office)
    assert (await end(office, request_id)).status is status
    assert await answered_by(office) == request_id


async def test_of_a_rejected_decoy_both_are_remembered(office: Office) -> None:
    request_id = await decoyed(office)
    assert (await office.says(MARA, REJECT, request_id)).status is Status.REJECTED
    assert await answered_by(office) == request_id
    assert await answered_by(office, DECOY) == request_id


async def test_everything_that_was_sent_back_is_remembered(office: Office) -> None:
    request_id = await decoyed(office)
    await office.says(MARA, CHANGES, request_id)
    await office.revise(request_id, WANTED)
    await office.says(MARA, CHANGES, request_id)
    await office.revise(request_id, DECOY + 1)
    await office.cancel(request_id)
    found = [await answered_by(office, amount) for amount in (WANTED, DECOY, DECOY + 1)]
    assert found == [request_id, request_id, None]


async def test_what_was_sent_back_last_does_not_hide_what_was_before(office: Office) -> None:
    request_id = await decoyed(office)
    await office.says(MARA, CHANGES, request_id)
    await office.cancel(request_id)
    assert await answered_by(office) == request_id
    assert await answered_by(office, DECOY) == request_id


# --- what leaves nothing behind -------------------------------------------------------------


async def test_a_genuine_revision_that_is_approved_leaves_nothing_behind(
    office: Office, dsn: str
) -> None:
    request_id = await decoyed(office)
    await office.says(MARA, APPROVE, request_id)
    assert (await office.says(FINN, APPROVE, request_id)).status is Status.APPROVED
    assert query(dsn, "SELECT * FROM rejections") == []
    assert await answered_by(office) is None


async def test_what_was_rolled_back_and_then_approved_leaves_nothing_behind(
    office: Office, dsn: str
) -> None:
    request_id = await rolled_back(office)
    await office.says(MARA, APPROVE, request_id)
    assert (await office.says(FINN, APPROVE, request_id)).status is Status.APPROVED
    assert query(dsn, "SELECT * FROM rejections") == []


async def test_while_it_is_open_nothing_is_remembered(office: Office, dsn: str) -> None:
    await decoyed(office)
    await rolled_back(office)
    assert query(dsn, "SELECT * FROM rejections") == []


async def test_a_revision_of_which_nobody_wanted_anything_else_is_not_remembered(
    office: Office, dsn: str
) -> None:
    request_id = (await office.ask(WANTED)).snapshot.state.id
    await office.revise(request_id, DECOY)
    await office.cancel(request_id)
    assert query(dsn, "SELECT * FROM rejections") == []


# --- erasure --------------------------------------------------------------------------------


async def test_a_revision_whose_content_is_gone_is_passed_over(office: Office, dsn: str) -> None:
    request_id = await decoyed(office)
    state = await office.says(MARA, CHANGES, request_id)
    first, decoy = state.declined
    query(dsn, f"UPDATE content SET body = NULL, salt = NULL WHERE id = '{first}'")
    await office.cancel(request_id)
    assert state.content == decoy
    assert await answered_by(office) is None
    assert await answered_by(office, DECOY) == request_id


# --- meaning it -----------------------------------------------------------------------------


@EACH_END
async def test_to_name_the_request_leads_on(office: Office, end: End, status: Status) -> None:
    request_id = await decoyed(office)
    await end(office, request_id)
    again = await office.ask(WANTED, previous=request_id)
    assert (again.from_record, again.snapshot.state.previous) == (False, request_id)
    assert again.snapshot.state.attempt > 2, "the attempts go on counting"


async def test_to_name_a_later_request_of_the_chain_leads_on_too(office: Office) -> None:
    request_id = await decoyed(office)
    await office.cancel(request_id)
    other = (await office.ask(DECOY, previous=request_id)).snapshot.state.id
    await office.cancel(other)
    assert (await office.ask(WANTED, previous=other)).snapshot.state.previous == other


async def test_to_name_another_request_says_nothing_of_it(office: Office) -> None:
    request_id = await decoyed(office)
    await office.cancel(request_id)
    other = (await office.ask(DECOY + 1)).snapshot.state.id
    await office.cancel(other)
    asked = await office.ask(WANTED, previous=other)
    assert (asked.from_record, asked.snapshot.state.id) == (True, request_id)


async def test_no_open_request_is_revised_into_what_was_sent_back_in_another(
    office: Office,
) -> None:
    request_id = await decoyed(office)
    await office.cancel(request_id)
    other = (await office.ask(DECOY + 1)).snapshot.state.id
    with pytest.raises(Refused) as refused:
        await office.revise(other, WANTED)
    assert refused.value.reason is Reason.REJECTED_BEFORE


async def test_a_prohibited_request_of_which_nothing_was_sent_back_is_not_followed(
    office: Office,
) -> None:
    request_id = (await office.ask(1, kind="gift")).snapshot.state.id
    with pytest.raises(Refused) as refused:
        await office.ask(WANTED, previous=request_id)
    assert refused.value.reason is Reason.CANNOT_FOLLOW
