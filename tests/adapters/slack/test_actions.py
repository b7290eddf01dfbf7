"""What buttons and forms carry survives the way through Slack, and nothing else is believed."""

from typing import Any

import pytest

from adapters.slack import actions, identity, pressing
from adapters.slack.actions import MENU, Act, Where
from core.card import Verb
from core.commands import Binding
from core.directory.people import Identity

BINDING = Binding(request="req_1", revision=2, commitment="abcdef0123456789", level=3, round=1)


WHERE = Where(channel="D1", ts="1.2", response_url="https://hooks.example/1")


def test_a_binding_comes_back_from_a_button() -> None:
    value = actions.write(BINDING)
    assert value == '[1,["req_1",2,"abcdef0123456789",3,1]]'
    made = Act(verb=Verb.DELEGATE, request="req_1", binding=BINDING)
    assert actions.read("countersign_delegate", value) == made


def test_a_request_id_comes_back_from_a_button() -> None:
    assert actions.read_request(actions.write('r"1')) == 'r"1'
    assert actions.read("countersign_history", actions.write('r"1')) == Act(
        verb=Verb.HISTORY, request='r"1'
    )


def test_an_entry_of_a_menu_says_what_it_stands_for() -> None:
    value = actions.write_option("comment", BINDING)
    assert actions.read(MENU, value) == Act(verb=Verb.COMMENT, request="req_1", binding=BINDING)
    more = actions.write_option(actions.MORE, "req_1")
    assert actions.read(MENU, more) == Act(verb=None, request="req_1")


def test_buttons_of_the_first_version_still_mean_the_same() -> None:
    old = '[1,["req_1",2,"abcdef0123456789",3,1]]'
    for verb in (Verb.APPROVE, Verb.REJECT):
        assert actions.read(f"countersign_{verb}", old) == Act(
            verb=verb, request="req_1", binding=BINDING
        )
    assert actions.read("countersign_view", '[1,"req_1"]') == Act(verb=Verb.VIEW, request="req_1")


def test_what_acts_needs_more_than_the_request() -> None:
    for verb in set(Verb) - {Verb.VIEW, Verb.HISTORY}:
        assert actions.read(actions.of(verb), actions.write("req_1")) is None
        assert actions.read(MENU, actions.write_option(verb, "req_1")) is None


def test_a_form_remembers_its_button() -> None:
    metadata = actions.write_form(Verb.EDIT, BINDING, WHERE)
    assert actions.read_form(metadata) == (Verb.EDIT, BINDING, WHERE)


def test_a_list_of_choices_remembers_its_card() -> None:
    assert actions.read_where(actions.write_where(WHERE)) == WHERE


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
    for name in ("countersign_approve", "countersign_view", MENU):
        assert actions.read(name, value) is None
    assert actions.read_request(value) is None
    assert actions.read_form(value) is None
    assert actions.read_where(value) == Where()


@pytest.mark.parametrize(
    "name", ["", "countersign_", "countersign_approves", "approve", "countersign_menu "]
)
def test_a_name_that_was_never_given_reads_as_nothing(name: str) -> None:
    assert actions.read(name, actions.write(BINDING)) is None


@pytest.mark.parametrize("name", ["", "approves", "countersign_approve", "__class__"])
def test_an_entry_that_was_never_given_reads_as_nothing(name: str) -> None:
    assert actions.read(MENU, actions.write_option(name, BINDING)) is None


def test_longest_ids_fit_slacks_limits() -> None:
    binding = Binding(
        request="r" * 200, revision=2**31 - 1, commitment="c" * 200, level=9999, round=9999
    )
    where = Where(channel="C" * 20, ts="1795233600.000001", response_url="u" * 500)
    # https://docs.slack.dev/reference/block-kit/block-elements/button-element
    assert len(actions.write(binding)) <= 2000
    # https://docs.slack.dev/reference/views
    assert len(actions.write_form(Verb.REQUEST_CHANGES, binding, where)) <= 3000


def test_an_entry_of_a_menu_has_room_for_our_longest_ids() -> None:
    binding = Binding(
        request="r" * 60, revision=99_999, commitment="c" * 16, level=999, round=99_999
    )
    # https://docs.slack.dev/reference/block-kit/composition-objects/option-object
    assert len(actions.write_option(Verb.REQUEST_CHANGES, binding)) <= 150


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"user": None, "container": None, "channel": [], "message": 3},
        {"user": "U1", "container": "D1", "channel": "D1", "trigger_id": {}},
        {"user": {"id": 7}, "container": {"is_ephemeral": "true", "message_ts": 1.2}},
        {"view": 3},
        {"view": {"id": 3, "private_metadata": []}},
        {"view": {"id": "", "private_metadata": '[1,["C1","1.2",""]]'}},
    ],
)
def test_a_press_without_its_members_reads_as_empty(body: dict[str, Any]) -> None:
    press = pressing.press(body, {"value": None, "selected_option": {"value": 1}})
    assert (press.user, press.trigger, press.view, press.value) == ("",) * 4
    assert press.where == Where()
    assert press.ephemeral is False
    assert press.act is None
    assert press.identity == Identity(platform="slack", realm="", account="")


@pytest.mark.parametrize(
    ("conversation", "place"), [("C1", "C1"), ("G1", "G1"), ("D1", ""), ("U1", ""), ("", "")]
)
def test_only_a_channel_is_a_place_that_others_see(conversation: str, place: str) -> None:
    press = pressing.press({"channel": {"id": conversation}}, {})
    assert press.where.place == place
    assert Where(channel=conversation).place == place
    assert Where(channel=conversation, response_url="https://hooks.example").place == ""


def test_a_press_in_a_list_of_choices_is_one_on_its_card() -> None:
    view = {"id": "V1", "private_metadata": actions.write_where(WHERE)}
    body = {"view": view, "user": {"id": "U1", "team_id": "T1"}, "channel": {"id": "C9"}}
    press = pressing.press(body, {"action_id": "countersign_nudge", "action_ts": "7"})
    assert (press.view, press.where, press.ephemeral) == ("V1", WHERE, True)
    assert press.response_url == "https://hooks.example/1"
    assert press.evidence == {"team": "T1", "channel": "D1", "ts": "1.2", "action_ts": "7"}


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
