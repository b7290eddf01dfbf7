"""The example's workflow, replayed by the SDK in its sandbox as a worker does after a restart."""

import importlib
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict
from temporalio.client import WorkflowHistory
from temporalio.converter import DataConverter
from temporalio.worker import Replayer

from countersign_client.frameworks.temporal import Decision

EXAMPLES = Path(__file__).parents[2] / "client" / "examples"
QUEUE = {"name": "purchases"}


async def payloads(value: Any) -> dict[str, Any]:
    made = await DataConverter.default.encode([value])
    return {"payloads": [MessageToDict(each) for each in made]}


class History:
    """Of one workflow, as Temporal's server writes it."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []

    def add(self, kind: str, **attributes: Any) -> int:
        first, *others = kind.split("_")
        member = first.lower() + "".join(map(str.capitalize, others)) + "EventAttributes"
        number = len(self.events) + 1
        event = {"eventId": str(number), "eventTime": "2026-01-01T00:00:00Z"}
        self.events.append(event | {"eventType": f"EVENT_TYPE_{kind}", member: attributes})
        return number

    def turn(self) -> int:
        """The worker ran the workflow's code as far as it went."""
        told = self.add("WORKFLOW_TASK_SCHEDULED", taskQueue=QUEUE, attempt=1)
        begun = self.add("WORKFLOW_TASK_STARTED", scheduledEventId=told)
        return self.add("WORKFLOW_TASK_COMPLETED", scheduledEventId=told, startedEventId=begun)

    async def activity(self, number: int, name: str, given: Any, result: Any) -> None:
        asked = self.add(
            "ACTIVITY_TASK_SCHEDULED",
            activityId=str(number),
            activityType={"name": name},
            taskQueue=QUEUE,
            input=await payloads(given),
            workflowTaskCompletedEventId=self.turn(),
        )
        begun = self.add("ACTIVITY_TASK_STARTED", scheduledEventId=asked, attempt=1)
        said = await payloads(result)
        self.add(
            "ACTIVITY_TASK_COMPLETED", scheduledEventId=asked, startedEventId=begun, result=said
        )


@pytest.mark.parametrize(("status", "is_replayed"), [("approved", True), ("rejected", False)])
async def test_a_purchase_goes_on_to_buy_where_the_decision_says_so(
    status: str, is_replayed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(EXAMPLES))  # the sandbox imports it once more, by its name
    example = importlib.import_module("with_temporal")
    chairs = example.CHAIRS
    decision = Decision("R1", status, chairs.action, [], ["mara@example.com"], None, status)
    history = History()
    history.add(
        "WORKFLOW_EXECUTION_STARTED",
        workflowType={"name": "Purchase"},
        taskQueue=QUEUE,
        input=await payloads(chairs),
        originalExecutionRunId="run",
        attempt=1,
        workflowTaskTimeout="10s",
    )
    await history.activity(1, "ask_for_approval", chairs, decision)
    await history.activity(2, "buy", decision, "ordered")
    ended = {"result": await payloads("ordered"), "workflowTaskCompletedEventId": history.turn()}
    history.add("WORKFLOW_EXECUTION_COMPLETED", **ended)
    told = WorkflowHistory.from_json("purchase", {"events": history.events})
    replayer = Replayer(workflows=[example.Purchase])
    replayed = await replayer.replay_workflow(told, raise_on_replay_failure=False)
    assert (replayed.replay_failure is None) == is_replayed
