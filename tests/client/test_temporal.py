"""Activities of Temporal, in the SDK's own environment, that people at the real server complete."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from temporalio.activity import ActivityCancellationDetails
from temporalio.client import (
    AsyncActivityCancelledError,
    Client,
    CompleteAsyncActivityInput,
    HeartbeatAsyncActivityInput,
    Interceptor,
    OutboundInterceptor,
    ReportCancellationAsyncActivityInput,
)
from temporalio.converter import DataConverter
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from countersign_client import Action, Ask, AsyncCountersign, Refused, Validation
from countersign_client.frameworks.temporal import (
    ApprovalActivities,
    Decision,
    complete_when_decided,
    run_approved,
)
from tests.client.answering import answer, both, pending, titled
from tests.e2e.company import Company, company

pytestmark = pytest.mark.asyncio(loop_scope="module")

SOON = timedelta(milliseconds=30)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def co(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Company]:
    async with company(tmp_path_factory.mktemp("company")) as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(co: Company) -> AsyncIterator[AsyncCountersign]:
    key = await co.key("submit", "read", "redeem")
    async with AsyncCountersign(co.base_url, key) as made:
        yield made


def ask(vendor: str, amount: int = 5000) -> Ask:
    action = Action("purchase_order", {"vendor": vendor, "amount": amount})
    return Ask(action=action, title=f"Buy from {vendor}", requester="alice@example.com")


def attempt(workflow: str, **more: Any) -> ActivityEnvironment:
    """One attempt of a workflow's activity."""
    made = ActivityEnvironment()
    made.info = replace(made.info, workflow_id=workflow, heartbeat_timeout=SOON, **more)
    return made


async def asked(client: AsyncCountersign, workflow: str, **more: Any) -> Decision:
    activities = ApprovalActivities(client)
    return await attempt(workflow, **more).run(activities.ask_for_approval, ask(workflow))


async def test_the_activity_completes_with_the_decision_edits_included(
    co: Company, client: AsyncCountersign
) -> None:
    yes = answer(co, "Buy from Edited", "approve", edits={"amount": 4500})
    decision = await both(asked(client, "Edited"), yes)
    assert decision.approved
    assert decision.action == Action("purchase_order", {"vendor": "Edited", "amount": 4500})
    assert (decision.edited, decision.by) == (["amount"], ["mara@example.com"])


async def test_a_no_is_a_decision_too(co: Company, client: AsyncCountersign) -> None:
    no = answer(co, "Buy from Rejected", "reject", comment="Too dear")
    decision = await both(asked(client, "Rejected"), no)
    assert not decision.approved
    assert (decision.status, decision.reason) == ("rejected", "Too dear")


async def test_a_further_attempt_waits_for_the_same_request(
    co: Company, client: AsyncCountersign
) -> None:
    beats: list[str] = []
    enough = asyncio.Event()

    def beat(request_id: str) -> None:
        beats.append(request_id)
        if len(beats) == 3:
            enough.set()

    first = attempt("Again")
    first.on_heartbeat = beat
    running = asyncio.ensure_future(
        first.run(ApprovalActivities(client).ask_for_approval, ask("Again"))
    )
    await enough.wait()
    first.cancel(ActivityCancellationDetails(worker_shutdown=True))
    with pytest.raises(asyncio.CancelledError):
        await running
    request = await pending(co, "Buy from Again")  # the worker's end does not withdraw it
    assert set(beats) == {request["id"]}

    # One that knows of the request by its heartbeats, and one whose worker fell before the first.
    known = asked(client, "Again", attempt=2, heartbeat_details=[request["id"]], activity_id="?")
    unknown = asked(client, "Again", attempt=2)
    yes = answer(co, "Buy from Again", "approve")
    decisions = await both(asyncio.gather(known, unknown), yes)
    assert {each.request_id for each in decisions} == {request["id"]}


async def test_another_activity_asks_another_time(co: Company, client: AsyncCountersign) -> None:
    yes = answer(co, "Buy from Twice", "approve")
    first = await both(asked(client, "Twice"), yes)
    yes = answer(co, "Buy from Twice", "approve")
    second = await both(asked(client, "Twice", activity_id="2"), yes)
    assert first.request_id != second.request_id


async def test_a_workflow_that_is_cancelled_withdraws_its_request(
    co: Company, client: AsyncCountersign
) -> None:
    one = attempt("Cancelled")
    running = asyncio.ensure_future(
        one.run(ApprovalActivities(client).ask_for_approval, ask("Cancelled"))
    )
    await pending(co, "Buy from Cancelled")
    one.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    (request,) = await titled(co, "Buy from Cancelled")
    assert request["status"] == "cancelled"


async def test_a_cancellation_while_it_asks_leaves_nothing_open(
    co: Company, client: AsyncCountersign
) -> None:
    one = attempt("Early")
    running = asyncio.ensure_future(
        one.run(ApprovalActivities(client).ask_for_approval, ask("Early"))
    )
    await asyncio.sleep(0)  # the environment starts the activity
    await asyncio.sleep(0)  # which sends the request
    one.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    (request,) = await titled(co, "Buy from Early")
    assert request["status"] == "cancelled"


async def test_a_wish_is_answered_with_a_revision_or_else_with_another_request(
    co: Company, client: AsyncCountersign
) -> None:
    activities = ApprovalActivities(client)
    wish = answer(co, "Buy from Revised", "request_changes", comment="Cheaper")
    wished = await both(asked(client, "Revised"), wish)
    assert wished.status == "changes_requested"

    def revising() -> Any:
        # Both attempts of it: the first fell after the revision was sent.
        draft = replace(ask("Revised", 4000), previous=wished.request_id)
        one = attempt("Revised", activity_id="2")
        return one.run(activities.ask_for_approval, draft)

    first = asyncio.ensure_future(revising())
    await pending(co, "Buy from Revised")
    yes = answer(co, "Buy from Revised", "approve")
    decision, again = await both(asyncio.gather(first, revising()), yes)
    assert decision == again
    assert (decision.request_id, decision.action.params["amount"]) == (wished.request_id, 4000)
    assert len(await titled(co, "Buy from Revised")) == 1


async def test_an_approval_of_another_action_is_none_for_this_one(
    co: Company, client: AsyncCountersign
) -> None:
    first = await both(asked(client, "Other"), answer(co, "Buy from Other", "approve"))
    one = attempt("Other", activity_id="2")
    taken_up = replace(ask("Other", 9000), previous=first.request_id)
    with pytest.raises(Refused):
        await one.run(ApprovalActivities(client).ask_for_approval, taken_up)


async def test_after_a_rejection_the_next_request_names_it(
    co: Company, client: AsyncCountersign
) -> None:
    no = answer(co, "Buy from Next", "reject", comment="Cheaper")
    first = await both(asked(client, "Next"), no)
    one = attempt("Next", activity_id="2")
    again = replace(ask("Next"), previous=first.request_id)
    run = one.run(ApprovalActivities(client).ask_for_approval, again)
    second = await both(run, answer(co, "Buy from Next", "approve"))
    newest = (await titled(co, "Buy from Next"))[0]
    assert (newest["id"], newest["previous_request_id"]) == (second.request_id, first.request_id)


# --- running ---------------------------------------------------------------------------------


async def test_what_was_approved_runs_once_and_no_retry_helps(
    co: Company, client: AsyncCountersign
) -> None:
    runs: list[Action] = []

    async def pay(action: Action) -> str:
        runs.append(action)
        return "paid"

    decision = await both(asked(client, "Paid"), answer(co, "Buy from Paid", "approve"))
    other = replace(decision, action=Action("purchase_order", {"vendor": "Paid", "amount": 1}))
    for wrong in (other, replace(decision, request_id=await waiting(client, "Unpaid"))):
        with pytest.raises(ApplicationError) as caught:
            await run_approved(client, wrong, pay)
        assert caught.value.non_retryable
    with pytest.raises(ApplicationError, match="is purchase_order, and this is payment") as caught:
        await run_approved(client, decision, pay, action="payment")
    assert caught.value.non_retryable
    assert runs == []
    assert await run_approved(client, decision, pay, action="purchase_order") == "paid"
    with pytest.raises(ApplicationError, match="used") as caught:
        await run_approved(client, decision, pay)
    assert caught.value.non_retryable
    assert runs == [Action("purchase_order", {"vendor": "Paid", "amount": 5000})]
    (request,) = await titled(co, "Buy from Paid")
    assert request["execution"] == "succeeded"


async def waiting(client: AsyncCountersign, vendor: str) -> str:
    return (await client.submit(ask(vendor))).id


# --- an activity that is completed from elsewhere ------------------------------------------------


class Heard(OutboundInterceptor):
    """Takes what would go to Temporal's server; heartbeats are answered with `news`, in turn."""

    def __init__(self) -> None:
        self.calls: list[Any] = []
        self.news: list[ActivityCancellationDetails | None] = []

    async def heartbeat_async_activity(self, input: HeartbeatAsyncActivityInput) -> None:
        if self.news and (told := self.news.pop(0)) is not None:
            raise AsyncActivityCancelledError(told)

    async def complete_async_activity(self, input: CompleteAsyncActivityInput) -> None:
        self.calls.append((input.id_or_token, input.result))

    async def report_cancellation_async_activity(
        self, input: ReportCancellationAsyncActivityInput
    ) -> None:
        self.calls.append((input.id_or_token, "cancelled"))


class Hearing(Interceptor):
    def __init__(self, heard: Heard) -> None:
        self.heard = heard

    def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:
        return self.heard


async def left_open(co: Company, client: AsyncCountersign, vendor: str) -> tuple[bytes, str]:
    """What `ask_and_leave` kept."""
    kept: list[tuple[bytes, str]] = []

    async def keep(token: bytes, request_id: str) -> None:
        kept.append((token, request_id))

    one = attempt(vendor, task_token=vendor.encode())
    with pytest.raises(BaseException) as caught:  # how the SDK leaves an activity open
        await one.run(ApprovalActivities(client, keep).ask_and_leave, ask(vendor))
    assert type(caught.value).__name__ == "_CompleteAsyncError"
    return kept[0]


async def test_an_activity_that_was_left_is_completed_by_its_task_token(
    co: Company, client: AsyncCountersign
) -> None:
    token, request_id = await left_open(co, client, "Left")
    heard = Heard()
    heard.news = [None, ActivityCancellationDetails(paused=True)]
    temporal = await Client.connect("127.0.0.1:1", lazy=True, interceptors=[Hearing(heard)])
    handle = temporal.get_async_activity_handle(task_token=token)
    completing = complete_when_decided(client, handle, request_id, beat=0.01)
    running = asyncio.ensure_future(completing)
    await co.until(lambda: told_all(heard))
    decision = await both(running, answer(co, "Buy from Left", "approve"))
    assert heard.calls == [(b"Left", decision)]
    assert decision.approved
    assert await complete_when_decided(client, handle, request_id) == decision  # as by a callback


async def told_all(heard: Heard) -> bool:
    return not heard.news


async def test_an_activity_that_was_left_and_cancelled_withdraws_its_request(
    co: Company, client: AsyncCountersign
) -> None:
    token, request_id = await left_open(co, client, "Gone")
    heard = Heard()
    heard.news = [ActivityCancellationDetails(cancel_requested=True)]
    temporal = await Client.connect("127.0.0.1:1", lazy=True, interceptors=[Hearing(heard)])
    handle = temporal.get_async_activity_handle(task_token=token)
    assert await complete_when_decided(client, handle, request_id, beat=0.01) is None
    assert heard.calls == [(b"Gone", "cancelled")]
    assert (await client.get(request_id)).status == "cancelled"


async def test_leaving_needs_a_place_for_the_task_token(client: AsyncCountersign) -> None:
    with pytest.raises(ApplicationError, match="keep"):
        await attempt("Nowhere").run(ApprovalActivities(client).ask_and_leave, ask("Nowhere"))


async def test_what_goes_in_and_out_passes_the_converter_of_temporal_whole() -> None:
    full = Ask(
        action=Action("refund", {"amount": "99.90", "items": [1, 2.5, None, {"a": True}]}),
        title="Refund",
        amount="99.90",
        labels=["vip"],
        context={"reasoning": "late"},
        validation=Validation(0.5, ["late"]),
    )
    decision = Decision("R1", "approved", full.action, ["amount"], ["mara@example.com"], None, "")
    converter = DataConverter.default
    for value in (full, decision):
        payloads = await converter.encode([value])
        assert await converter.decode(payloads, [type(value)]) == [value]
