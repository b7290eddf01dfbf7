"""Records that an earlier version wrote are still read."""

import msgspec

from core.events import Recorded, Submitted, read_recorded
from core.route import Entry
from tests.core.builders import AGENT, NOW, a_route, a_submit, stage


def test_a_record_with_one_level_of_escalation_is_read_as_one_level() -> None:
    helper = Entry(ref="dana@example.com", people=("dana@example.com",))
    route = a_route(stage(1, "Peers", "ann@example.com", escalate_to=((helper,),)))
    command = a_submit(route)
    event = Submitted(
        agent="purchasing",
        agent_key="key-1",
        action_type="purchase_order",
        amount=None,
        route=command.route,
        content="R1.r1",
        commitment="00",
        expires_at=NOW,
    )
    body = msgspec.to_builtins(Recorded(event=event, actor=AGENT, at=NOW))
    planned = body["event"]["route"]["stages"][0]
    planned["escalate_to"] = planned["escalate_to"][0]
    assert read_recorded(msgspec.json.encode(body)).event == event
