"""The application service over a real store: an agent that asks, and people who decide."""

from typing import Any

from msgspec.structs import replace

from bot.documents import read_document
from core.card import Verb
from core.chat.conversations import ChatService
from core.chat.port import Click
from core.commands import Binding
from core.policy.policy import Policy
from core.policy.text import read_policy
from core.request import Decision, RequestState
from core.rows import ApiKey
from core.service.access import Caller
from core.service.acts import Acts
from core.service.approvals import Approvals, Submitted, World
from core.submission import Submission
from storage import Storage
from tests.core.builders import ALICE, DIRECTORY, NOW, shown
from tests.core.desk import NoWait, numbers

POLICY = """\
version: 1
defaults: {expires_in: 24h}
rules:
  - name: purchase
    when: request.action.type == "purchase"
    category: review
    on_reject: previous_stage
    stages:
      - {name: Manager, approvers: [mara@example.com]}
      - {name: Finance, approvers: ["group:finance"]}
  - name: secret
    when: request.action.type == "secret"
    category: review
    rationale: rules
    stages: [{name: Manager, approvers: [mara@example.com]}]
  - name: granted
    when: request.action.type == "granted"
    category: review
    model: {confidence: 90, amount_up_to: 50}
    stages: [{name: Review, approvers: ["group:admins"]}]
  - name: gift
    when: request.action.type == "gift"
    category: prohibited
    because: No gifts.
  - name: coffee
    when: request.action.type == "coffee"
    category: auto_approve
fallback: {category: review, stages: [{name: Review, approvers: ["group:admins"]}]}
last_resort: group:admins
"""


class Office:
    """One agent's key, the people of the builders, and a clock that tests set."""

    def __init__(self, storage: Storage) -> None:
        self.storage = storage
        self.now = NOW
        self.policy: Policy = read_policy(read_document(POLICY), POLICY, DIRECTORY)
        self.approvals = Approvals(self._world(storage))
        self.acts = Acts(self.approvals)
        self.chat = ChatService(self.approvals)
        self.agent = Caller(key_id="k1", key_name="agent", key_hash="h1", scopes=("submit",))

    async def open(self) -> "Office":
        """Give the agent its key."""
        key = ApiKey(id="k1", name="agent", scopes=("submit",), hash="h1")
        await self.storage.keys.add_key(key)
        return self

    async def ask(
        self,
        amount: int,
        kind: str = "purchase",
        previous: str | None = None,
        labels: tuple[str, ...] = (),
    ) -> Submitted:
        """The agent asks for an action of this amount, in Alice's name."""
        submission = replace(submission_of(amount, kind, previous), labels=labels)
        return await self.approvals.submit(submission, self.agent, None)

    async def revise(self, id: str, amount: int, kind: str = "purchase") -> RequestState:
        submission = submission_of(amount, kind)
        return (await self.acts.revise(self.agent, id, submission, None)).state

    async def cancel(self, id: str) -> RequestState:
        return (await self.acts.cancel(self.agent, id, None)).state

    async def says(self, person: str, decision: Decision, id: str) -> RequestState:
        """A person decides on the present card."""
        return await self.click(person, Verb(decision.value), id)

    async def click(self, person: str, verb: Verb, id: str) -> RequestState:
        """A click in Slack, with a reason, which must count."""
        identity = DIRECTORY.people[person].identity("slack")
        assert identity is not None
        state = await self.state(id)
        nothing = Binding(request=id, revision=state.revision, commitment="", level=0, round=0)
        binding = nothing if state.current is None else shown(state)
        click = Click(identity=identity, binding=binding, verb=verb, reason="Cheaper, please")
        answer = await self.chat.click(click)
        assert answer.refused is None, answer.text
        return await self.state(id)

    async def state(self, id: str) -> RequestState:
        found = await self.storage.store.snapshot(id)
        assert found is not None
        return found.state

    def _world(self, storage: Storage) -> World:
        ids = numbers()
        return World(
            store=storage.store,
            directory=lambda: DIRECTORY,
            policy=lambda: self.policy,
            policy_of=self._policy_of,
            revive=storage.deliveries.revive,
            platforms=frozenset({"slack"}),
            clock=lambda: self.now,
            new_id=lambda: next(ids),
            new_salt=lambda: "33" * 16,
            waiting=lambda _request: NoWait(),
            workload=storage.workload,
        )

    async def _policy_of(self, _version: str) -> Policy:
        return self.policy


def submission_of(amount: int, kind: str, previous: str | None = None) -> Submission:
    given: dict[str, Any] = {"action_type": kind, "params": {"amount": amount}}
    return Submission(
        title=f"{kind} for {amount}", requester=ALICE, previous_request_id=previous, **given
    )
