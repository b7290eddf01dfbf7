"""Alerts: what is found, when an episode begins and ends, and what is said of it."""

from typing import Any

import pytest

from core.alerting.episode import CALM, MOST, Episode, Kind, Sign, steps
from core.alerting.rising import Mark, is_rising, noted
from core.alerting.signs import Happened, Late, Seen, Trouble, signs
from core.alerting.telling import begun, closing, opening, recipients, today
from core.alerting.wanted import Alerts, Escalations, Rejections
from core.alerting.words import REMEDIES, notice
from core.calendars.rotation import Rotation
from core.directory.people import Directory
from core.policy.policy import Policy, Rule
from core.route import Category, ChannelRef
from core.rows import Recipient
from tests.core.builders import ADA, DIRECTORY, FINN, HOUR, MARA, NOW, PEOPLE, person

FALLBACK = Rule(name="fallback", category=Category.REVIEW, expires_in=HOUR)
CHANNEL = Recipient(platform="slack", id="C1", kind="channel")


def found(alerts: Alerts, seen: Seen) -> list[tuple[Kind, str, bool]]:
    return [(each.kind, each.subject, each.begins) for each in signs(alerts, seen)]


def episode(kind: Kind = Kind.OVERLOADED, subject: str = MARA, **fields: Any) -> Episode:
    return Episode(id=f"e-{subject}", kind=kind, subject=subject, opened_at=NOW, **fields)


# --- what is found -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "sign"),
    [(20, None), (21, False), (25, False), (26, True), (1025, True)],
)
def test_too_much_for_one_person_has_two_bounds(count: int, sign: bool | None) -> None:
    expected = [] if sign is None else [(Kind.OVERLOADED, MARA, sign)]
    assert found(Alerts(), Seen(load=((MARA, count),))) == expected


@pytest.mark.parametrize(
    ("approved", "rejected", "sign"),
    [
        (0, 9, None),  # too few to say
        (6, 4, None),
        (11, 9, False),
        (10, 10, False),
        (9, 11, True),
        (0, 10, True),
    ],
)
def test_rejections_are_a_rate_of_enough_decisions(
    approved: int, rejected: int, sign: bool | None
) -> None:
    happened = Happened("purchase", "Finance", approved=approved, rejected=rejected)
    expected = [] if sign is None else [(Kind.REJECTIONS, "purchase / Finance", sign)]
    wanted = Alerts(rejections=Rejections(over=50, of=10))
    assert found(wanted, Seen(rejections=(happened,))) == expected


@pytest.mark.parametrize(("count", "sign"), [(4, None), (5, False), (6, True)])
def test_escalations_of_a_stage(count: int, sign: bool | None) -> None:
    happened = Happened("purchase", "Finance", escalated=count)
    expected = [] if sign is None else [(Kind.ESCALATIONS, "purchase / Finance", sign)]
    assert found(Alerts(escalations=Escalations(over=5)), Seen(escalations=(happened,))) == expected


def test_what_is_switched_off_is_not_found() -> None:
    off = Alerts(
        stuck=None,
        rejections=None,
        overloaded=None,
        escalations=None,
        unknown_actions=False,
        trouble=False,
    )
    assert found(off, EVERYTHING) == []
    assert [kind for kind, _, _ in found(Alerts(), EVERYTHING)] == list(Kind)


EVERYTHING = Seen(
    late=(Late("purchase", "Finance", 3, NOW - HOUR, "R1"),),
    rejections=(Happened("purchase", "Finance", approved=1, rejected=29),),
    escalations=(Happened("purchase", "Finance", escalated=9),),
    load=((MARA, 40),),
    unknown=(("paint", 2),),
    troubles=(Trouble("late_relay", "The relay has done nothing."),),
)


# --- episodes ------------------------------------------------------------------------------


def test_an_episode_begins_once_and_ends_after_it_was_calm_for_a_while() -> None:
    sign = Sign(Kind.OVERLOADED, MARA)
    assert steps([], [sign], NOW).begun == (sign,)
    lasting = episode()
    assert steps([lasting], [sign], NOW) == steps([], [], NOW)
    [calm] = steps([lasting], [], NOW).moved
    assert calm.calm_since == NOW
    assert steps([calm], [], NOW + CALM - 1) == steps([], [], NOW)
    assert steps([calm], [], NOW + CALM).over == (calm,)


def test_what_is_found_again_meanwhile_begins_its_calm_anew() -> None:
    between = Sign(Kind.OVERLOADED, MARA, begins=False)
    assert steps([], [between], NOW).begun == ()
    [again] = steps([episode(calm_since=NOW)], [between], NOW + CALM).moved
    assert again.calm_since is None


def test_of_each_kind_only_so_many_are_told_and_the_worst_come_first() -> None:
    load = tuple((f"p{number}@example.com", 26 + number) for number in range(MOST + 5))
    first = steps([], signs(Alerts(), Seen(load=load)), NOW).begun
    assert len(first) == MOST
    assert first[0].subject == f"p{MOST + 4}@example.com"
    open_ = [episode(subject=each.subject) for each in first[1:]]
    assert steps(open_, signs(Alerts(), Seen(load=load)), NOW).begun == (first[0],)
    other = Sign(Kind.UNKNOWN_ACTION, "paint")
    assert steps(open_, [other], NOW).begun == (other,)


def test_a_count_rises_against_what_was_known() -> None:
    known = noted(None, 7, NOW, HOUR)
    assert not is_rising(known, NOW, HOUR)
    more = noted(known, 8, NOW + 1, HOUR)
    assert is_rising(more, NOW + HOUR, HOUR)
    assert not is_rising(more, NOW + HOUR + 1, HOUR)
    # Tried once more, and dead again: nothing new.
    fewer = noted(more, 0, NOW + 2, HOUR)
    assert noted(fewer, 8, NOW + 3, HOUR) == more
    # Lower for so long that it counts.
    less = noted(noted(fewer, 0, NOW + HOUR, HOUR), 0, NOW + HOUR + 2, HOUR)
    assert less == Mark(0, NOW + 1)
    assert is_rising(noted(less, 1, NOW + 2 * HOUR, HOUR), NOW + 2 * HOUR, HOUR)


# --- who is told ---------------------------------------------------------------------------


def a_policy() -> Policy:
    turns = Rotation(people=(FINN, MARA), period="daily", starts="2026-01-05T09:00")
    return Policy(
        version="v",
        text="",
        rules=(),
        fallback=FALLBACK,
        last_resort=(),
        on_call={"desk": turns},
    )


def test_each_person_is_told_once_where_they_are_reached_and_so_are_channels() -> None:
    people = Directory((*PEOPLE, person("mail@example.com", identities=())))
    channels = (ChannelRef("slack", "C1"), ChannelRef("teams", "19:x"))
    wanted = Alerts(tell=("group:admins", ADA, "mail@example.com"), channels=channels)
    to = recipients(wanted, a_policy(), people, frozenset({"slack"}), NOW)
    assert to == (Recipient(platform="slack", id=ADA), CHANNEL)


def test_of_a_rotation_whoever_is_on_call_is_told() -> None:
    wanted, days = Alerts(tell=("on_call:desk",)), (NOW, NOW + 24 * HOUR)
    told = [
        recipients(wanted, a_policy(), DIRECTORY, frozenset({"slack"}), at)[0].id for at in days
    ]
    assert sorted(told) == [FINN, MARA]


def test_the_end_goes_to_those_who_were_told_where_they_are_now() -> None:
    moved = Directory((person(ADA, identities=()),))
    told = (Recipient(platform="slack", id=ADA), CHANNEL)
    assert today(told, moved, frozenset({"slack"})) == (CHANNEL,)
    assert today(told, DIRECTORY, frozenset({"teams"})) == ()


# --- what is said --------------------------------------------------------------------------

SAID = {
    Kind.STUCK: "Alert: Finance of purchase is stuck: 3 requests wait there long past the "
    "deadline. The oldest, R1, should have been decided by Fri 15 Jan 2027, 07:00 UTC.",
    Kind.REJECTIONS: "Alert: much is rejected at Finance of purchase: 29 of the last 30 decisions "
    "there were rejections.",
    Kind.OVERLOADED: "Alert: Mara has too much to decide: 40 requests wait for Mara.",
    Kind.ESCALATIONS: "Alert: Finance of purchase is escalated again and again: It was escalated "
    "9 times of late.",
    Kind.UNKNOWN_ACTION: "Alert: no rule names the action paint: 2 requests of the last 24 hours "
    "went to the fallback stage because of that.",
    Kind.TROUBLE: "Alert: Countersign does not work as it should: The relay has done nothing.",
}


@pytest.mark.parametrize("sign", [*signs(Alerts(), EVERYTHING)], ids=lambda sign: sign.kind.value)
def test_an_alert_says_what_how_much_since_when_and_what_to_do(sign: Sign) -> None:
    opened = begun(sign, "A1", (CHANNEL,), NOW)
    [row], recorded = opening(opened, "https://approvals.example.com/dashboard")
    said = notice(row, DIRECTORY)
    assert f"{said.title}: {said.text}" == (
        f"{SAID[sign.kind]} {REMEDIES[sign.kind]} Noticed Fri 15 Jan 2027, 08:00 UTC."
    )
    assert (said.link, recorded.event.told) == ("https://approvals.example.com/dashboard", 1)  # type: ignore[union-attr]  # it is an alert's
    [end], _ = closing(opened, opened.told, "", NOW + 3 * HOUR)
    over = notice(end, DIRECTORY)
    assert over.title == said.title.replace("Alert", "Over", 1)
    assert over.text == "It lasted 3 hours, since Fri 15 Jan 2027, 08:00 UTC."
    assert row.dedupe != end.dedupe
