"""`alerts` in the policy: what it means, and what is wrong with it."""

import pytest

from bot.documents import read_document
from core.alerting.wanted import Alerts, Escalations, Rejections
from core.policy.text import read_policy
from core.route import ChannelRef
from tests.core.builders import ADA, DAY, DIRECTORY, HOUR
from tests.core.policy_document import POLICY, mistakes

WINDOW = "Write a length from 1h to 30d"


def read(alerts: str) -> Alerts | None:
    text = POLICY + alerts
    return read_policy(read_document(text), text, DIRECTORY).alerts


def test_nothing_is_told_unless_the_policy_says_whom() -> None:
    assert read("") is None
    assert read("alerts: {tell: group:admins}\n") == Alerts(tell=("group:admins",))


def test_everything_can_be_set_and_switched_off() -> None:
    everything = f"""\
alerts:
  tell: [{ADA}, "slack:C1", "teams:19:x@thread.tacv2"]
  stuck: 30m
  rejections: {{over: 30, of: 10, in: 2d}}
  overloaded: 5
  escalations: {{over: 2, in: 1h}}
  unknown_actions: false
  trouble: false
"""
    assert read(everything) == Alerts(
        tell=(ADA,),
        channels=(ChannelRef("slack", "C1"), ChannelRef("teams", "19:x@thread.tacv2")),
        stuck=HOUR // 2,
        rejections=Rejections(over=30, of=10, within=2 * DAY),
        overloaded=5,
        escalations=Escalations(over=2, within=HOUR),
        unknown_actions=False,
        trouble=False,
    )
    off = "stuck: off, rejections: off, overloaded: off, escalations: off"
    assert read(f"alerts: {{tell: {ADA}, {off}}}\n") == Alerts(
        tell=(ADA,), stuck=None, rejections=None, overloaded=None, escalations=None
    )


def test_a_part_of_a_bound_leaves_the_rest_as_usual() -> None:
    found = read("alerts: {tell: group:admins, rejections: {of: 5}, escalations: {over: 1}}\n")
    assert found == Alerts(
        tell=("group:admins",), rejections=Rejections(of=5), escalations=Escalations(over=1)
    )


@pytest.mark.parametrize(
    ("alerts", "said"),
    [
        ("{stuck: 1h}", "15:9: 'tell' is missing in 'alerts' - Name people and channels that are told"),
        ("{tell: []}", "15:16: 'tell' is empty - Name people and channels that hear of it"),
        ("{tell: manager_of:requester}", "15:16: 'manager_of:requester' is not always somebody - Name a group or people"),
        ("{tell: discord:1}", "15:16: 'discord:1' names nobody - Write an e-mail address, group:NAME, manager_of:requester or on_call:NAME"),
        ("{tell: group:admins, stuck: never}", "15:37: 'stuck' is 'never', not a duration - Write a number and one of s, m, h, d: 90s, 15m, 4h or 2d"),
        ("{tell: group:admins, overloaded: 0}", "15:42: 'overloaded' is 0 - Write a whole number from 1 to 10000"),
        ("{tell: group:admins, rejections: {over: 100}}", "15:49: 'over' is 100 - Write a whole number from 1 to 99"),
        ("{tell: group:admins, rejections: {in: 40d}}", f"15:47: 'in' is 40d - {WINDOW}"),
        ("{tell: group:admins, escalations: {in: 5m}}", f"15:48: 'in' is 5m - {WINDOW}"),
        ("{tell: group:admins, unknown_action: true}", "15:30: unknown key 'unknown_action' in 'alerts' - Did you mean 'unknown_actions'?"),
    ],
)  # fmt: skip
# ruff: noqa: E501 - a row of the table is one mistake on one line
def test_each_mistake_is_named_where_it_stands(alerts: str, said: str) -> None:
    assert mistakes(POLICY + f"alerts: {alerts}\n") == [said]
