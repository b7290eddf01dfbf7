"""What counted values come to: findings, with the change of the policy that follows."""

from typing import Any

from msgspec.structs import replace

from bot.documents import read_document
from core.content import Action, Revision
from core.insight.cases import Ballot, Case, Kind, StageKey
from core.insight.findings import About, Finding, findings
from core.insight.proposals import Examined, description_of, examined, params_of
from core.policy.own import POLICY_CHANGE
from core.policy.policy import Policy
from core.policy.text import read_policy
from core.rationale import rationale
from core.route import Category
from tests.core.builders import DIRECTORY, FINN, MARA, NOW, a_route

TEXT = """\
version: 1
defaults: {sla: 4h}
rules:
  - name: travel
    when: request.action.type in ["trip", "hotel"] && request.risk_score < 50
    category: review
    amount_from: order.total
    stages:
      - {name: Manager, approvers: [mara@example.com]}
      - {name: Finance, approvers: ["group:finance"]}
  - name: coffee
    when: request.action.type == "coffee"
    category: auto_approve
fallback: {category: review, stages: [{name: Review, approvers: ["group:admins"]}]}
last_resort: group:admins
"""


def read(text: str) -> Policy:
    return read_policy(read_document(text), text, DIRECTORY)


POLICY = read(TEXT)
TRIP = Kind("trip", "travel", "EUR")


def cases(number: int = 100, **fields: Any) -> tuple[Case, ...]:
    usual: dict[str, Any] = {"ended_at": NOW, "status": "approved"}
    given = usual | fields
    if "amount" not in given:
        return tuple(Case(request=f"R{n}", amount=str(n + 1), **given) for n in range(number))
    return tuple(Case(request=f"R{n}", **given) for n in range(number))


def ballots(number: int, person: str = MARA, **fields: Any) -> tuple[Ballot, ...]:
    usual: dict[str, Any] = {"decision": "approve", "took": 3_600_000, "eligible": 2}
    return tuple(
        Ballot(request=f"R{n}", person=person, at=NOW + n, **usual | fields) for n in range(number)
    )


def found(
    kinds: dict[Kind, tuple[Case, ...]] | None = None,
    stages: dict[StageKey, tuple[Ballot, ...]] | None = None,
) -> tuple[Finding, ...]:
    return findings(POLICY, kinds or {}, stages or {}, NOW)


def proposed(finding: Finding) -> Examined:
    return examined(finding, POLICY, read_document, read, lambda _: {"same": 3, "refused": 0})


def test_what_is_always_approved_could_pass_up_to_an_amount() -> None:
    [finding] = found({TRIP: cases()})
    assert (finding.about, finding.title) == (
        About.EARNS,
        "Approve trip up to 95 EUR without a person",
    )
    item = proposed(finding)
    assert item.proposal is not None, item.problem
    rule = read(item.proposal.text).rules[0]
    assert rule.category is Category.AUTO_APPROVE
    assert rule.amount_from == "order.total"
    assert rule.when is not None
    assert rule.when.text == (
        'request.action.type == "trip" && (request.action.type in ["trip", "hotel"] && '
        'request.risk_score < 50) && request.currency == "EUR" && request.amount <= 95'
    )
    assert [line[0] for line in item.proposal.diff[3:]] == [" ", " ", *"+++++", " ", " "]


def test_the_new_rule_takes_nothing_that_the_reviewed_rule_does_not() -> None:
    [finding] = found({TRIP: cases()})
    item = proposed(finding)
    assert item.proposal is not None
    when = read(item.proposal.text).rules[0].when
    assert when is not None
    fields = {
        "request.action.type": "trip",
        "request.risk_score": 10,
        "request.currency": "EUR",
        "request.amount": 95,
    }
    assert when.holds(fields)
    for name, other in (
        ("request.action.type", "hotel"),
        ("request.risk_score", 50),
        ("request.currency", "USD"),
        ("request.amount", 95.5),
    ):
        assert not when.holds(fields | {name: other}), name


def test_approvals_that_nobody_looks_into_speak_for_little() -> None:
    manager = {StageKey("travel", "Manager"): ballots(60, took=2_000)}
    earned = [each for each in found({TRIP: cases()}, manager) if each.about is About.EARNS]
    assert [each.cautions[0].startswith("Decisions under this rule may") for each in earned] == [
        True
    ]
    [quiet] = found({TRIP: cases()})
    assert quiet.cautions == (
        "Amounts above that still go to people.",
        "Without an amount and a currency such a request is refused, and says so.",
    )


def test_no_rule_is_written_where_one_would_guess() -> None:
    bare = cases(50) + cases(50, amount=None)
    assert found({TRIP: bare})[0].unchanged.startswith("Some of them have no amount")
    both = {TRIP: cases(), Kind("trip", "travel"): cases(1)}
    assert found(both)[0].unchanged.startswith("Some of them are in another currency")
    odd = Kind('tr"ip\u2028', "travel", "EUR")
    assert found({odd: cases()})[0].unchanged.startswith("The type of the action")
    assert found({Kind('a"b', "travel", "EUR"): cases()})[0].edit is not None, "quoted"


def test_of_rules_that_are_gone_and_of_ones_own_nothing_is_said() -> None:
    assert found({Kind("trip", "gone", "EUR"): cases()}) == ()
    assert found({Kind("countersign.policy_change", "fallback"): cases()}) == ()
    assert found({}, {StageKey("travel", "Gone"): ballots(100)}) == ()


def test_what_passed_and_went_wrong_is_reviewed_again() -> None:
    kind = Kind("coffee", "coffee")
    passed = cases(30, bypass="auto_approve", amount=None)
    assert found({kind: passed}) == ()
    wrong = cases(1, bypass="auto_approve", amount=None, incidents=2)
    [finding] = found({kind: passed + wrong})
    assert finding.about is About.LOSES
    assert finding.said == (
        "2 incidents were reported of requests for coffee that rule coffee approved without a "
        "person."
    )
    item = proposed(finding)
    assert item.proposal is not None, item.problem
    rule = read(item.proposal.text).rules[1]
    assert rule.category is Category.REVIEW
    assert rule.stages[0].approvers == ("group:admins",)


def test_a_rule_that_went_wrong_is_found_once_for_all_that_it_approved() -> None:
    """Or whoever asks for much of many kinds would leave no room for what else is found."""
    wrong = {
        Kind(f"coffee {n}", "coffee"): cases(n + 1, bypass="auto_approve", incidents=1)
        for n in range(30)
    }
    seen = found(wrong, {StageKey("travel", "Manager"): ballots(60)})
    assert [each.about for each in seen].count(About.LOSES) == 1
    assert seen[0].said.startswith("30 incidents were reported of requests for coffee 29 that")
    assert ("Kinds of requests with incidents", "30") in seen[0].numbers
    assert seen[0].id == found(dict(list(wrong.items())[:1]))[0].id


def test_stages_that_hang_on_one_or_never_say_no() -> None:
    mara, finn = StageKey("travel", "Manager"), StageKey("travel", "Finance")
    seen = found({}, {mara: ballots(60), finn: ballots(60, FINN, eligible=1)})
    assert [each.about for each in seen] == [
        About.ONE_PERSON,
        About.ONE_PERSON,
        About.NEVER_REJECTS,
        About.NEVER_REJECTS,
    ]
    for finding in seen:
        assert proposed(finding).proposal is not None
    text = proposed(seen[1]).proposal
    assert text is not None
    assert "{name: Manager, escalate_to: ['group:admins'], approvers" in text.text
    only = found({}, {StageKey("fallback", "Review"): ballots(60, eligible=2)})
    assert [each.unchanged for each in only if each.about is About.NEVER_REJECTS] == [
        "It is the only stage that always asks people."
    ]


def test_a_stage_is_not_passed_where_no_other_always_asks() -> None:
    """Below the other stage's amount nobody at all would be asked."""
    finance = 'name: Finance, when: request.amount > 10000, approvers: ["group:finance"]'
    text = TEXT.replace('name: Finance, approvers: ["group:finance"]', finance)
    voted = {StageKey("travel", "Manager"): ballots(60)}
    seen = findings(read(text), {}, voted, NOW)
    [idle] = [each for each in seen if each.about is About.NEVER_REJECTS]
    assert (idle.edit, idle.unchanged) == (None, "It is the only stage that always asks people.")


def test_quick_streaks_are_said_of_stages_and_people_with_their_limits() -> None:
    seen = found({}, {StageKey("travel", "Manager"): ballots(60, took=2_000)})
    stamped = [each for each in seen if each.about in (About.STAMPING, About.PERSON)]
    assert [each.about for each in stamped] == [About.STAMPING, About.PERSON]
    assert all("Quick approvals may be right ones" in each.cautions[0] for each in stamped)
    item = proposed(stamped[0])
    assert item.proposal is not None
    assert read(item.proposal.text).rules[0].confirm_above is not None
    assert (
        proposed(stamped[1]).problem == "Whether somebody is asked too much is a matter for people."
    )


def test_a_change_that_makes_mistakes_is_none() -> None:
    [finding] = found({TRIP: cases()})
    wrong = TEXT.replace("version: 1", "version: 2")
    item = examined(finding, POLICY, read_document, lambda _: read(wrong), lambda _: {})
    assert item.proposal is None
    assert item.problem.startswith("The changed policy would have mistakes: 1:10: 'version' is 2")


def test_what_is_proposed_names_both_versions_and_the_text() -> None:
    [finding] = found({TRIP: cases()})
    proposal = proposed(finding).proposal
    assert proposal is not None
    params = params_of(finding, proposal)
    assert (params["before"], params["after"]) == (POLICY.version, proposal.after)
    assert params["digest"].startswith(params["after"])
    assert params["backtest"] == {"requests": 3, "same": 3}
    said = description_of(finding, proposal)
    assert "100 of 100 requests for trip in EUR were approved by people" in said
    assert "Of the last 3 requests, with this policy: 3 stay as they are." in said
    revision = Revision(
        action=Action(type=POLICY_CHANGE, params=params),
        title=finding.title,
        description=said,
        requester=None,
    )
    assert rationale(revision, a_route(), NOW).risks == (), "the policy's own text is no ploy"


def test_a_description_that_is_cut_says_so() -> None:
    [finding] = found({TRIP: cases()})
    proposal = proposed(finding).proposal
    assert proposal is not None
    dear = replace(proposal, diff=("-" + "x" * 6_000, "+" + "y" * 6_000))
    said = description_of(finding, dear)
    assert (len(said), said.endswith("(Cut here. The params have the whole difference.)")) == (
        10_000,
        True,
    )
    assert params_of(finding, dear)["diff"] == list(dear.diff)
