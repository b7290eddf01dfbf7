"""What buttons and forms carry survives the way through Slack, and nothing else is believed."""

from typing import Any

import pytest

from adapters.slack import actions, identity
from adapters.slack.actions import Form
from core.commands import Binding
from core.directory import Identity

BINDING = Binding(request="req_1", revision=2, commitment="abcdef0123456789", level=3, round=1)


def test_a_binding_comes_back_from_a_button() -> None:
    value = actions.write_binding(BINDING)
    assert value == '[1,["req_1",2,"abcdef0123456789",3,1]]'
    assert actions.read_binding(value) == BINDING


def test_a_request_id_comes_back_from_a_button() -> None:
    assert actions.read_request(actions.write_request('r"1')) == 'r"1'


def test_a_form_remembers_its_button() -> None:
    form = Form(binding=BINDING, channel="D1", ts="1.2", response_url="https://hooks.example/1")
    assert actions.read_form({"private_metadata": actions.write_form(form)}) == form


@pytest.mark.parametrize(
    "value",
    [
        "",
        "null",
        "{}",
        "[]",
        "[1]",
        "approve:req_1",
        '[2,["req_1",2,"abc",3,1]]',
        '[1,["",2,"abc",3,1]]',
        '[1,["req_1","2","abc",3,1]]',
        '[1,["req_1",-2,"abc",3,1]]',
        '[1,["req_1",2,"abc",3,99999999999]]',
        '[1,["req_1",2,"abc",3,1],5]',
        '[1,["req_1",2,"abc",3,true]]',
        '[1,["req_1",2,"abc",3,1.5]]',
        "[" * 5000,
        '["\\ud800"]',
    ],
)
def test_a_value_of_any_other_shape_reads_as_nothing(value: str) -> None:
    assert actions.read_binding(value) is None
    assert actions.read_request(value) is None
    assert actions.read_form({"private_metadata": value}) is None


def test_longest_ids_fit_slacks_limits() -> None:
    binding = Binding(
        request="r" * 200, revision=2**31 - 1, commitment="c" * 200, level=9999, round=9999
    )
    form = Form(binding=binding, channel="C" * 20, ts="1795233600.000001", response_url="u" * 500)
    # https://docs.slack.dev/reference/block-kit/block-elements/button-element
    assert len(actions.write_binding(binding)) <= 2000
    # https://docs.slack.dev/reference/views
    assert len(actions.write_form(form)) <= 3000


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"user": None, "container": None, "channel": [], "message": 3},
        {"user": "U1", "container": "D1", "channel": "D1", "trigger_id": {}},
        {"user": {"id": 7}, "container": {"is_ephemeral": "true", "message_ts": 1.2}},
    ],
)
def test_a_press_without_its_members_reads_as_empty(body: dict[str, Any]) -> None:
    press = actions.press(body, {"value": None})
    assert (press.user, press.channel, press.ts, press.trigger, press.value) == ("",) * 5
    assert press.ephemeral is False
    assert press.identity == Identity(platform="slack", realm="", account="")


@pytest.mark.parametrize(
    ("conversation", "place"), [("C1", "C1"), ("G1", "G1"), ("D1", ""), ("U1", ""), ("", "")]
)
def test_only_a_channel_is_a_place_that_others_see(conversation: str, place: str) -> None:
    press = actions.press({"channel": {"id": conversation}}, {})
    assert press.place == place
    form = Form(binding=BINDING, channel=conversation)
    assert form.place == place


def test_a_reason_is_read_only_from_its_own_input() -> None:
    state = {"values": {"countersign_reason": {"countersign_reason_text": {"value": "No."}}}}
    assert actions.read_reason({"state": state}) == "No."
    assert actions.read_reason({"state": {"values": {"other": {"x": {"value": "No."}}}}}) == ""


def test_the_persons_own_team_counts_before_the_hosts() -> None:
    body = {"user": {"id": "U1", "team_id": "T_GUEST"}, "team": {"id": "T_HOST"}}
    assert identity.of_interaction(body) == Identity(
        platform="slack", realm="T_GUEST", account="U1"
    )


def test_without_a_team_of_their_own_the_workspace_counts() -> None:
    body = {"user": {"id": "U1"}, "team": {"id": "T_HOST"}}
    assert identity.of_interaction(body) == Identity(platform="slack", realm="T_HOST", account="U1")


def test_a_command_names_its_person_by_ids() -> None:
    body = {"team_id": "T1", "user_id": "U1", "user_name": "ann"}
    assert identity.of_command(body) == Identity(platform="slack", realm="T1", account="U1")
