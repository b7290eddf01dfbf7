"""What is counted for findings, and a change of the policy from its proposal to its adoption."""

import asyncio
from dataclasses import replace as with_fields

import pytest
from msgspec.structs import replace

from bot.documents import read_document
from core.card import Verb
from core.chat.conversations import ChatService
from core.chat.port import Click
from core.directory.people import Identity
from core.events import Actor
from core.insight.cases import Case, Kind, StageKey
from core.insight.findings import About
from core.insight.port import OPEN, Proposed
from core.insight.proposals import Found
from core.policy.own import OWN_KEY, POLICY_CHANGE
from core.policy.policy import Policy
from core.policy.text import read_policy
from core.refusals import Reason, Refused
from core.request import Decision, RequestState, Status
from core.service.access import Caller
from core.service.acts import Acts
from core.service.approvals import Approvals
from core.service.governing import Governance
from core.service.proposing import Gathered, Proposing, is_own
from core.submission import Submission
from storage import Storage
from tests.contract.office import POLICY, Office
from tests.core.builders import ADA, ALICE, DANA, DAY, FINN, MARA, NOW, shown, with_changed
from tests.core.exported import RING
from tests.core.found import worked_out

KIND = Kind("purchase", "purchase")
TWO = with_changed(DANA, groups=("admins",))
"""The people, with Dana as a second administrator."""


async def followed(storage: Storage) -> None:
    while (await storage.trail.number()).seen:
        pass
    while (await storage.insight.follow(NOW - DAY)).seen:
        pass


async def test_what_ended_and_each_decision_are_counted_once(storage: Storage) -> None:
    office = await Office(storage).open()
    approved = (await office.ask(20)).snapshot.state.id
    rejected = (await office.ask(30, kind="secret")).snapshot.state.id
    await office.ask(40)
    passed = (await office.ask(5, kind="coffee")).snapshot.state.id
    office.now += 7_000
    await office.says(MARA, Decision.APPROVE, approved)
    office.now += 5_000
    await office.says(FINN, Decision.APPROVE, approved)
    await office.says(MARA, Decision.REJECT, rejected)
    await followed(storage)
    await followed(storage)
    await office.acts.incident(office.agent, passed, "Salt for sugar", "wrong", "low")
    await followed(storage)
    cases = await storage.insight.cases(NOW - DAY)
    assert cases[KIND] == (
        Case(request=approved, ended_at=NOW + 12_000, status="approved", amount="20"),
    )
    [no] = cases[Kind("secret", "secret")]
    assert (no.approved, no.opposed, no.by_people) == (False, True, True)
    [coffee] = cases[Kind("coffee", "coffee")]
    assert (coffee.bypass, coffee.incidents) == ("auto_approve", 1)
    ballots = await storage.insight.ballots(NOW - DAY)
    [mara] = ballots[StageKey("purchase", "Manager")]
    [finn] = ballots[StageKey("purchase", "Finance")]
    assert (mara.person, mara.took, mara.eligible, mara.surface) == (MARA, 7_000, 1, "")
    assert (finn.person, finn.took, finn.eligible) == (FINN, 5_000, 2)
    assert ballots[StageKey("secret", "Manager")][0].decision == "reject"


async def test_where_somebody_decided_is_counted_as_their_click_says(storage: Storage) -> None:
    office = await Office(storage).open()
    state = (await office.ask(20, kind="secret")).snapshot.state
    page = Identity(platform="web", realm="oidc", account=MARA)
    seen = {"surface": "details", "session": "s1"}
    click = Click(identity=page, binding=shown(state), verb=Verb.APPROVE, evidence=seen)
    assert (await office.chat.click(click)).refused is None
    await followed(storage)
    [ballot] = (await storage.insight.ballots(NOW - DAY))[StageKey("secret", "Manager")]
    assert ballot.surface == "details"


async def test_what_is_old_is_forgotten(storage: Storage) -> None:
    office = await Office(storage).open()
    request = (await office.ask(20, kind="secret")).snapshot.state.id
    await office.says(MARA, Decision.APPROVE, request)
    await followed(storage)
    assert await storage.insight.prune(NOW, 10) == 0
    assert await storage.insight.cases(NOW + 1) == {}
    assert await storage.insight.prune(NOW + 1, 10) == 2
    assert await storage.insight.cases(0) == {}
    assert await storage.insight.ballots(0) == {}


async def test_an_incident_is_not_hidden_by_what_came_after_it(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever did harm could ask for much else, of this kind and of others."""
    monkeypatch.setattr("storage.insight.NEWEST", 2)
    monkeypatch.setattr("storage.insight.MOST_KINDS", 1)
    office = await Office(storage).open()
    harmful = (await office.ask(5, kind="coffee")).snapshot.state.id
    await office.acts.incident(office.agent, harmful, "Salt for sugar", "wrong", "low")
    for kind in ("coffee", "coffee", "coffee", "gift"):
        office.now += 1
        await office.ask(6, kind=kind)
    await followed(storage)
    coffee = (await storage.insight.cases(NOW - DAY))[Kind("coffee", "coffee")]
    assert (harmful, 1) in [(case.request, case.incidents) for case in coffee]
    assert len(coffee) <= 3


async def test_news_of_an_old_request_makes_no_kind_older(storage: Storage) -> None:
    office = await Office(storage).open()
    old = (await office.ask(5, kind="coffee")).snapshot.state.id
    office.now += DAY
    await office.ask(6, kind="coffee")
    await followed(storage)
    await office.acts.comment(office.agent, old, "Nice", question=False)
    await followed(storage)
    [case] = (await storage.insight.cases(NOW + 1))[Kind("coffee", "coffee")]
    assert case.amount == "6"


class Council:
    """Two administrators, a finding, and the server that keeps the policy."""

    def __init__(self, storage: Storage, *, from_file: bool = False) -> None:
        self.office = Office(storage)
        world = with_fields(self.office.approvals.world, directory=lambda: TWO, ring=RING)
        self.office.approvals = Approvals(world)
        self.office.chat = ChatService(self.office.approvals)
        self.storage = storage
        self.used: list[str] = []
        governance = Governance(
            store=storage.store, read=self._made, clock=world.clock, from_file=from_file
        )
        self.governance = governance
        self.proposing = Proposing(
            approvals=self.office.approvals,
            governance=governance,
            ledger=storage.insight,
            read=self._read,
            use=self._use,
        )

    async def open(self) -> "Council":
        """With eighty orders that people approved, the way `Looking` would have found them."""
        await self.office.open()
        cases = tuple(
            Case(request=f"R{n}", ended_at=NOW, status="approved", amount=str(n % 40 + 1))
            for n in range(80)
        )
        gathered = Gathered(
            policy=self.office.policy,
            directory=TWO,
            kinds={KIND: cases},
            stages={},
            past=[(await self.office.ask(20)).snapshot, (await self.office.ask(900)).snapshot],
            now=NOW,
        )
        self.found: Found = worked_out(gathered, self._made)
        await self.storage.insight.keep(self.found)
        [item] = self.found.items
        self.finding = item.finding.id
        return self

    async def proposed(self, by: str = ADA) -> RequestState:
        return await self.office.state(await self.proposing.propose(self.finding, by, web(by)))

    async def settles(self) -> None:
        for each in await self.proposing.unsettled():
            await self.proposing.settle(each)

    async def crashes(self) -> RequestState:
        """Somebody proposes, and the server ends before it has noted which request that is."""

        async def ends(_proposed: Proposed) -> None:
            raise ConnectionError

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(self.storage.insight, "add", ends)
            with pytest.raises(ConnectionError):
                await self.proposed()
        [made] = [s for s in await self.storage.store.past(None, 9) if is_own(s.state)]
        return made.state

    async def became(self) -> str:
        [newest] = await self.storage.insight.proposed(1)
        return newest.status

    def _made(self, text: str) -> Policy:
        return read_policy(read_document(text), text, TWO)

    async def _read(self, text: str) -> Policy:
        return self._made(text)

    def _use(self, policy: Policy) -> None:
        self.office.policy = policy
        self.used.append(policy.version)


def with_caller(person: str) -> Caller:
    """A person who acts without a key."""
    return Caller(
        key_id=f"person:{person}",
        key_name="chat",
        key_hash="",
        scopes=("submit", "decide"),
        person=person,
        chat=web(person),
    )


def web(person: str) -> Actor:
    return Actor(via="web", person=person, evidence={"session": "s1"})


@pytest.fixture
async def council(storage: Storage) -> Council:
    return await Council(storage).open()


async def test_a_finding_is_proposed_approved_by_another_and_adopted_once(
    council: Council,
) -> None:
    [item] = council.found.items
    assert item.proposal is not None
    assert item.finding.about is About.EARNS
    assert item.proposal.counts == {"same": 1, "auto_approved": 1}
    state = await council.proposed()
    assert (state.action_type, state.requester, state.agent_key) == (POLICY_CHANGE, ADA, OWN_KEY)
    with pytest.raises(Refused) as refused:
        await council.proposed()
    assert refused.value.reason is Reason.PROPOSED_BEFORE
    with pytest.raises(AssertionError, match="asked for this yourself"):
        await council.office.says(ADA, Decision.APPROVE, state.id)
    await council.office.says(DANA, Decision.APPROVE, state.id)
    await council.settles()
    await council.proposing.settle(state.id)
    done = await council.office.state(state.id)
    assert done.execution is not None
    assert (done.execution.outcome, await council.became()) == ("succeeded", "adopted")
    assert council.used == [item.proposal.after]
    [row] = await council.storage.store.policies(9)
    assert (row.text, row.by) == (item.proposal.text, DANA)
    [link] = await council.storage.store.links("policy")
    assert f'"request":"{state.id}"'.encode() in link.body
    small, dear = (await council.office.ask(38)).snapshot, (await council.office.ask(39)).snapshot
    assert (small.state.status, dear.state.status) == (Status.APPROVED, Status.PENDING)


async def test_pressed_twice_at_once_it_is_one_request(council: Council) -> None:
    presses = (council.proposed(), council.proposed())
    for answer in await asyncio.gather(*presses, return_exceptions=True):
        if isinstance(answer, Refused):  # the other press was quicker
            assert answer.reason is Reason.PROPOSED_BEFORE
        else:
            assert isinstance(answer, RequestState)
    [one] = await council.storage.insight.open(9)
    found = await council.storage.store.past(None, 9)
    assert [each.state.id for each in found if is_own(each.state)] == [one.request]


async def test_what_a_crash_kept_from_being_noted_is_adopted_all_the_same(council: Council) -> None:
    state = await council.crashes()
    await council.office.says(DANA, Decision.APPROVE, state.id)
    await council.settles()
    assert (await council.became(), len(council.used)) == ("adopted", 1)
    [noted] = await council.storage.insight.proposed(9)
    assert (noted.finding, noted.by, noted.made_at) == (council.finding, ADA, NOW)
    assert await council.proposing.unsettled() == []


async def test_only_administrators_propose_and_only_what_was_found(council: Council) -> None:
    for finding, who, reason in (
        (council.finding, MARA, Reason.NOT_ADMIN),
        ("none such", ADA, Reason.UNKNOWN_FINDING),
    ):
        with pytest.raises(Refused) as refused:
            await council.proposing.propose(finding, who, web(who))
        assert refused.value.reason is reason


async def test_under_another_policy_nothing_is_proposed_any_more(council: Council) -> None:
    council.office.policy = council._made(POLICY + "# changed\n")
    with pytest.raises(Refused) as refused:
        await council.proposed()
    assert refused.value.reason is Reason.STALE_FINDING


async def test_what_the_policy_overtakes_is_withdrawn_and_never_applied(council: Council) -> None:
    """One proposal is open when another policy comes into force, one is approved just before."""
    state = await council.proposed()
    other = council._made(POLICY + "# changed\n")
    await council.governance.adopt(other, Actor(via="cli"))
    await council.settles()
    gone = await council.office.state(state.id)
    assert (gone.status, await council.became()) == (Status.CANCELLED, "cancelled")

    council.office.now += 1
    again = await council.proposed()
    await council.office.says(DANA, Decision.APPROVE, again.id)
    await council.settles()
    done = await council.office.state(again.id)
    assert done.execution is not None
    assert (done.execution.outcome, await council.became()) == ("failed", "failed")
    assert (await council.storage.store.policies(1))[0].version == other.version
    assert council.used == []


async def test_a_proposal_is_taken_as_it_is_or_not_at_all(council: Council) -> None:
    state = await council.proposed()
    await council.office.says(DANA, Decision.REQUEST_CHANGES, state.id)
    await council.settles()
    assert (await council.office.state(state.id)).status is Status.CANCELLED
    assert await council.became() == "cancelled"


async def test_what_was_rejected_is_not_proposed_again_for_ninety_days(council: Council) -> None:
    state = await council.proposed()
    await council.office.says(DANA, Decision.REJECT, state.id)
    await council.settles()
    assert await council.became() == "rejected"
    for days, refused in ((89, True), (90, False)):
        council.office.now = NOW + days * DAY
        if refused:
            with pytest.raises(Refused) as raised:
                await council.proposed()
            assert raised.value.reason is Reason.PROPOSED_BEFORE
        else:
            assert (await council.proposed()).id != state.id


async def test_where_a_file_is_the_source_the_text_waits_for_it(storage: Storage) -> None:
    council = await Council(storage, from_file=True).open()
    [item] = council.found.items
    assert item.proposal is not None
    state = await council.proposed()
    with pytest.raises(Refused) as refused:
        await council.proposing.accepted(state.id)
    assert refused.value.reason is Reason.NOT_APPROVED
    await council.office.says(DANA, Decision.APPROVE, state.id)
    await council.settles()
    assert (await council.office.state(state.id)).execution is None
    assert await council.became() == OPEN
    text = await council.proposing.accepted(state.id)
    assert text == item.proposal.text
    await council.governance.adopt(council._made(text), Actor(via="system"))
    await council.settles()
    assert await council.became() == "adopted"


async def test_nothing_is_adopted_while_everything_is_frozen(council: Council) -> None:
    state = await council.proposed()
    await council.office.says(DANA, Decision.APPROVE, state.id)
    await council.governance.freeze(Actor(via="cli"))
    await council.settles()
    assert (await council.office.state(state.id)).execution is None
    await council.governance.unfreeze(Actor(via="cli"))
    await council.settles()
    assert await council.became() == "adopted"


async def test_an_approval_that_was_taken_back_is_not_adopted(council: Council) -> None:
    state = await council.proposed()
    await council.office.says(DANA, Decision.APPROVE, state.id)
    await Acts(council.office.approvals).revoke_token(with_caller(DANA), state.id, None)
    await council.settles()
    assert (await council.became(), council.used) == ("failed", [])


async def test_a_text_that_was_tampered_with_is_not_adopted(council: Council) -> None:
    state = await council.proposed()
    await council.office.says(DANA, Decision.APPROVE, state.id)
    table = "UPDATE insight_texts SET text = text || '# more'"
    await council.storage._writer.run(lambda c: c.exec_driver_sql(table).close())
    await council.settles()
    assert await council.became() == "failed"
    assert await council.storage.store.policies(1) == []


async def test_nobody_else_asks_for_such_a_change_nor_revises_one(council: Council) -> None:
    submission = Submission(action_type=POLICY_CHANGE, params={}, title="Mine", requester=ALICE)
    with pytest.raises(Refused) as refused:
        await council.office.approvals.submit(submission, council.office.agent, None)
    assert refused.value.reason is Reason.INVALID_FIELD
    state = await council.proposed()
    own = with_caller(ADA)
    with pytest.raises(Refused) as refused:
        await council.office.acts.revise(own, state.id, replace(submission, requester=ADA), None)
    assert refused.value.reason is Reason.NOT_ALLOWED_TO_REVISE
