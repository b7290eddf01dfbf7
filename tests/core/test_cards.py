"""What a viewer sees: what, who, why they were asked, and only buttons that can count."""

import pytest

from core.card import Card, Verb, Viewer
from core.cards import card
from core.content import Action, Point, Rationale, Text, canonical
from core.rationale import rationale
from core.request import Status
from tests.core.builders import (
    ALICE,
    DAY,
    DIRECTORY,
    FAYE,
    FINN,
    HOUR,
    MANAGER,
    MARA,
    NOW,
    a_revision,
    a_route,
    content,
    stage,
)
from tests.core.spec import Story, submitted

REVISION = a_revision()
CONTENTS = {
    "R1.r1": content("R1.r1", REVISION).body,
    "R1.a1": content("R1.a1", rationale(REVISION, a_route(), NOW)).body,
    f"comment-{MARA}": content("c", Text(text="Too <b>expensive</b>\u202e")).body,
}


def seen(story: Story, person: str | None, now: int = NOW, revision: bytes | None = None) -> Card:
    contents = CONTENTS if revision is None else CONTENTS | {"R1.r1": revision}
    return card(story.state, contents, Viewer(person=person), DIRECTORY, now)


def verbs(shown: Card) -> list[Verb]:
    return [button.verb for button in shown.buttons]


def test_an_approver_sees_what_and_who_and_why_they_were_asked() -> None:
    shown = seen(submitted(), MARA)
    assert shown.title == "New ERP system"
    assert shown.asked_by == "Alice, through agent purchasing"
    assert shown.why == "You are asked as Manager by policy rule purchase-order"
    assert shown.headline == "Waiting for Manager (stage 1 of 3)"
    assert [(f.label, f.value) for f in shown.facts] == [
        ("Amount", "120,000"),
        ("Purpose", "New ERP system"),
        ("Action", "purchase_order"),
    ]
    assert verbs(shown) == [Verb.APPROVE, Verb.REJECT]


def test_every_finished_card_says_who_decided_and_has_no_buttons() -> None:
    story = submitted(route=a_route(MANAGER)).approves(MARA)
    for person in (ALICE, MARA, None):
        shown = seen(story, person)
        assert (shown.headline, shown.buttons, shown.binding) == ("Approved by Mara", (), None)


def test_a_card_that_has_expired_has_no_buttons_even_before_the_tick() -> None:
    assert seen(submitted(), MARA, now=NOW + DAY).buttons == ()


def test_a_rejection_shows_its_reason_with_hidden_characters_made_visible() -> None:
    shown = seen(submitted().rejects(MARA), FAYE)
    assert shown.status is Status.REJECTED
    assert shown.headline == "Rejected by Mara"
    assert shown.reason == "Too <b>expensive</b>⟦U+202E⟧"


def test_stages_show_who_decided_where_and_when() -> None:
    shown = seen(submitted().approves(MARA), FINN)
    line = shown.stages[0].votes[0]
    assert (line.name, line.decision, line.via, line.at) == ("Mara", "approved", "slack", NOW)
    assert shown.stages[1].waiting_for == ("Finn", "Faye")


def test_approve_asks_once_more_only_where_the_route_says_so() -> None:
    plain = seen(submitted(), MARA).buttons[0]
    risky = seen(submitted(route=a_route(confirm=True), risk_score=85), MARA).buttons[0]
    assert plain.confirm is None
    assert risky.confirm is not None
    assert risky.confirm.text.startswith("Amount 120,000. Risk score 85 of 100. ")


def test_the_deadline_is_the_earlier_of_stage_and_request() -> None:
    assert seen(submitted(), MARA).deadline == NOW + DAY
    soon = submitted(route=a_route(stage(1, "Manager", MARA, sla=4 * HOUR)))
    assert seen(soon, MARA).deadline == NOW + 4 * HOUR


def test_a_param_called_amount_is_hidden_only_when_it_is_the_amount() -> None:
    action = Action(type="pay", params={"amount": 5000000, "total": {"gross": 120000}})
    body = content("x", a_revision(action=action)).body
    facts = [(f.label, f.value) for f in seen(submitted(), MARA, revision=body).facts]
    assert facts[0] == ("Amount", "120,000")
    assert ("Amount in the action", "5000000") in facts


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("Amount", "Amount in the action"),
        (" a_mount", "A mount in the action"),
        ("\uff32isk_SCORE", "\uff32isk SCORE in the action"),
        ("action", "Action in the action"),
        ("currency", "Currency in the action"),
        ("requester", "Requester in the action"),
        ("amount_net", "Amount net"),
        ("purpose", "Purpose"),
    ],
)
def test_no_param_passes_for_what_the_policy_routed_on(name: str, label: str) -> None:
    action = Action(type="pay", params={name: "9"})
    body = content("x", a_revision(action=action)).body
    facts = {f.label: f.value for f in seen(submitted(), MARA, revision=body).facts}
    assert facts[label] == "9"
    assert facts["Amount"] == "120,000"


def test_the_whole_action_shows_hidden_characters() -> None:
    action = Action(type="pay", params={"to": "a\u202eb\u200b"})
    body = content("x", a_revision(action=action)).body
    shown = seen(submitted(), MARA, revision=body)
    assert '"a⟦U+202E⟧b⟦U+200B⟧"' in shown.whole_action


def test_the_whole_request_shows_everything_that_is_approved() -> None:
    revision = a_revision(
        description="First line\nPAY TO\u202e 999",
        labels=("urgent",),
        currency="EUR",
        risk_score=40,
        context={"reasoning": "cheapest"},
    )
    shown = seen(submitted(), MARA, revision=content("x", revision).body).whole_action
    assert "New ERP system\n\nFirst line\nPAY TO⟦U+202E⟧ 999\n\n" in shown
    assert "requester: alice@example.com\namount: 120000 EUR\nrisk score: 40" in shown
    assert "\n\nlabels: urgent\n\n" in shown
    assert '"reasoning": "cheapest"' in shown
    assert '"purpose": "New ERP system"' in shown


def test_hidden_characters_in_the_advice_are_visible() -> None:
    point = Point(text="a\u202eb", sources=("request.title",))
    told = Rationale(
        recommendation="review", summary="c\u200bd", points=(point,), risks=("e\u202ef",)
    )
    contents = CONTENTS | {"R1.a1": content("x", told).body}
    shown = card(submitted().state, contents, Viewer(person=MARA), DIRECTORY, NOW)
    assert shown.rationale is not None
    assert shown.rationale.summary == "c⟦U+200B⟧d"
    assert shown.rationale.points[0].text == "a⟦U+202E⟧b"
    assert shown.risks == ("e⟦U+202E⟧f",)


def test_more_params_than_fit_are_counted_not_dropped_silently() -> None:
    action = Action(type="pay", params={f"p{i}": i for i in range(20)})
    body = content("x", a_revision(action=action)).body
    facts = seen(submitted(), MARA, revision=body).facts
    assert (len(facts), facts[-2].value) == (8, "15 more in the full action")
    assert facts[-1].label == "Action"


def test_erased_content_is_shown_as_erased() -> None:
    viewer = Viewer(person=MARA)
    shown = card(submitted().state, {}, viewer, DIRECTORY, NOW)
    assert (shown.title, shown.rationale, shown.erased) == ("(erased)", None, True)


def test_the_card_is_bound_to_exactly_what_it_shows() -> None:
    story = submitted()
    bound = seen(story, MARA).binding
    assert bound is not None
    assert (bound.request, bound.revision, bound.level, bound.round) == ("R1", 1, 1, 1)
    assert story.state.commitment.startswith(bound.commitment)
    assert len(bound.commitment) == 16


def test_the_rationale_names_the_field_of_each_point() -> None:
    shown = seen(submitted(), MARA)
    assert shown.rationale is not None
    assert shown.rationale.recommendation == "review"
    assert [p.sources for p in shown.rationale.points] == [
        ("request.amount",),
        ("policy.rule", "policy.stages"),
    ]


@pytest.mark.parametrize(
    ("fields", "recommendation", "risks"),
    [
        ({}, "approve", ()),
        ({"risk_score": 85}, "review", ("High risk score: 85 out of 100.",)),
        (
            {"risk_score": 95, "context": {"validation": {"issues": ["no quote"]}}},
            "reject",
            (
                "High risk score: 95 out of 100.",
                "The agent's own validation reports 1 issue.",
            ),
        ),
        (
            {"title": "pay\u202eme"},
            "review",
            ("The text holds hidden or direction-changing characters, shown as ⟦U+…⟧.",),
        ),
    ],
)
def test_the_rules_provider_advises_from_the_fields(
    fields: dict[str, object], recommendation: str, risks: tuple[str, ...]
) -> None:
    advice = rationale(a_revision(**fields), a_route(MANAGER), NOW)
    assert (advice.recommendation, advice.risks) == (recommendation, risks)
    assert canonical({"ok": advice.summary})


def test_a_card_that_many_see_names_the_accounts_of_those_whose_own_differs() -> None:
    accounts = seen(submitted(), None).asked
    expected = [DIRECTORY.people[email].identities for email in (MARA, ALICE)]
    assert accounts == tuple(account for each in expected for account in each)
    assert accounts != ()
    assert seen(submitted(), MARA).asked == ()


def test_who_votes_still_has_a_card_of_their_own_and_after_the_end_nobody_has() -> None:
    voted = submitted(route=a_route(stage(1, "Board", MARA, FINN, quorum=2))).approves(MARA)
    first, second, *_ = seen(voted, None).asked
    # Who is waited for comes first: not all may have room.
    assert DIRECTORY.by_identity(first) == DIRECTORY.person(FINN)
    assert DIRECTORY.by_identity(second) == DIRECTORY.person(MARA)
    over = submitted(route=a_route(MANAGER)).approves(MARA)
    assert seen(over, None).asked == ()
