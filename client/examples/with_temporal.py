"""A workflow of Temporal that orders chairs, once people agree.

    pip install 'countersign-client[temporal]'
    COUNTERSIGN_URL=... COUNTERSIGN_KEY=... python client/examples/with_temporal.py

With TEMPORAL_ADDRESS (as of `temporal server start-dev`: localhost:7233) a worker runs the workflow
there; without it the activities run one after the other in the SDK's test environment.
"""

import asyncio
import os
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.common import RetryPolicy
from temporalio.testing import ActivityEnvironment
from temporalio.worker import Worker

with workflow.unsafe.imports_passed_through():
    from countersign_client import Action, Ask, AsyncCountersign
    from countersign_client.frameworks.temporal import ApprovalActivities, Decision, run_approved

CHAIRS = Ask(
    action=Action("purchase_order", {"vendor": "Office Example", "amount": 840}),
    title="Two chairs",
    requester="alice@example.com",
)


class Buying:
    def __init__(self, countersign: AsyncCountersign) -> None:
        self._countersign = countersign

    @activity.defn
    async def buy(self, decision: Decision) -> str:
        kind = CHAIRS.action.type  # whatever else was approved, this does not run it
        return str(await run_approved(self._countersign, decision, self._order, action=kind))

    async def _order(self, action: Action) -> str:
        return f"ordered from {action.params['vendor']} for {action.params['amount']}"


@workflow.defn
class Purchase:
    @workflow.run
    async def run(self, ask: Ask) -> str:
        decision: Decision = await workflow.execute_activity_method(
            ApprovalActivities.ask_for_approval,
            ask,
            start_to_close_timeout=timedelta(days=2),
            heartbeat_timeout=timedelta(minutes=1),
        )
        if not decision.approved:
            return f"not ordered: {decision.sentence}"
        return await workflow.execute_activity_method(
            Buying.buy,
            decision,
            start_to_close_timeout=timedelta(minutes=1),
            retry_policy=RetryPolicy(maximum_attempts=1),
        )


async def at_a_server(address: str, asking: ApprovalActivities, buying: Buying) -> str:
    temporal = await Client.connect(address)
    activities: list[Callable[..., Any]] = [asking.ask_for_approval, buying.buy]
    async with Worker(
        temporal, task_queue="purchases", workflows=[Purchase], activities=activities
    ):
        return await temporal.execute_workflow(
            Purchase.run, CHAIRS, id=f"purchase-{uuid4()}", task_queue="purchases"
        )


async def without_server(asking: ApprovalActivities, buying: Buying) -> str:
    decision = await ActivityEnvironment().run(asking.ask_for_approval, CHAIRS)
    if not decision.approved:
        return f"not ordered: {decision.sentence}"
    return await ActivityEnvironment().run(buying.buy, decision)


async def main() -> None:
    url, key = os.environ["COUNTERSIGN_URL"], os.environ["COUNTERSIGN_KEY"]
    async with AsyncCountersign(url, key) as countersign:
        asking, buying = ApprovalActivities(countersign), Buying(countersign)
        address = os.environ.get("TEMPORAL_ADDRESS")
        if address:
            print(await at_a_server(address, asking, buying))
        else:
            print(await without_server(asking, buying))


if __name__ == "__main__":
    asyncio.run(main())
