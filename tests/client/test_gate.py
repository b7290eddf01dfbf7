"""What stands behind a gate cannot be reached around it, and runs when it is reported."""

import functools
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from enum import StrEnum
from typing import Any

import pytest
from temporalio import activity

from countersign_client import Action, ApprovalGate, AsyncApprovalGate, NotApproved, Request
from countersign_client.gate import tool
from countersign_client.outcomes import Approved


def approved(action: Action) -> Approved:
    request = Request("R1", "approved", 1, action.type, action.params, (), "t", (), None, False, {})
    return Approved(request, "t")


class Server:
    """Takes every token; while one is used, `meanwhile` happens."""

    def __init__(self, meanwhile: Callable[[], None] = lambda: None) -> None:
        self.meanwhile = meanwhile
        self.told: list[tuple[bool, str | None]] = []

    def verify(self, token: str, action: Action) -> None: ...

    def redeem(self, token: str, action: Action) -> Request:
        self.meanwhile()
        return approved(action).request

    def report(self, request_id: str, *, succeeded: bool, detail: str | None) -> None:
        self.told.append((succeeded, detail))


def gate(server: Any) -> ApprovalGate:
    return ApprovalGate(server)


def test_what_other_decorators_keep_of_a_function_is_no_way_around_the_gate() -> None:
    @activity.defn  # keeps the function for its worker to call
    @functools.cache
    def pay(amount: int) -> None: ...

    vars(pay)["original"] = pay
    assert [*vars(gate(Server()).guards("pay")(pay))] == ["__signature__"]


def test_what_runs_after_the_call_cannot_be_guarded() -> None:
    def lazily(amount: int) -> Iterator[int]:
        yield amount

    async def lazily_too(amount: int) -> AsyncIterator[int]:
        yield amount

    for each in (lazily, lazily_too):
        with pytest.raises(TypeError, match="is a generator"):
            tool("pay", each)
        with pytest.raises(TypeError, match="is a generator"):
            gate(Server()).use(approved(Action("pay")), each)  # type: ignore[arg-type] # the attack


def test_an_async_function_is_not_reported_before_it_ran() -> None:
    async def pay(amount: int) -> None: ...

    server = Server()
    execute: Any = pay_action
    with pytest.raises(TypeError, match="is async"):
        gate(server).guards("pay")(pay)
    with pytest.raises(TypeError, match="is async"):
        gate(server).use(approved(Action("pay")), execute)
    assert server.told == []
    with pytest.raises(TypeError, match="is async"):
        gate(server).use(approved(Action("pay")), lambda action: execute(action))
    assert server.told == [(False, "TypeError")]


async def pay_action(action: Action) -> None: ...


def test_what_changes_while_the_token_is_used_is_not_what_runs() -> None:
    order = {"lines": [1]}
    ran: list[Any] = []

    def buy(order: dict[str, Any]) -> None:
        ran.append(order)

    def changed() -> None:
        order["lines"].append(1000)

    gate(Server(changed)).guards("buy")(buy)(order, approval_token="t")
    assert ran == [{"lines": [1]}]


def test_a_default_that_was_changed_is_checked_like_any_argument() -> None:
    asked: list[Action] = []

    class Keeps(Server):
        def verify(self, token: str, action: Action) -> None:
            asked.append(action)

    def buy(lines: list[int] = []) -> None: ...  # noqa: B006 - what is attacked

    buy.__defaults__[0].append(1000)  # type: ignore[index] # it has one
    gate(Keeps()).guards("buy")(buy)(approval_token="t")
    assert asked == [Action("buy", {"lines": [1000]})]


def test_a_text_with_behaviour_of_its_own_runs_as_the_text_that_was_approved() -> None:
    class Kind(StrEnum):
        LOW = "low"

        def __str__(self) -> str:
            return "high"

    seen: list[Any] = []
    gate(Server()).guards("set")(seen_by(seen))(Kind.LOW, approval_token="t")
    assert (seen, type(seen[0])) == (["low"], str)


def seen_by(seen: list[Any]) -> Callable[[Any], None]:
    def keep(value: Any) -> None:
        seen.append(value)

    return keep


def test_the_approval_of_another_kind_of_action_runs_nothing() -> None:
    server = Server()
    guarded = tool("pay", seen_by([]))
    with pytest.raises(NotApproved, match="is look_up, and this is pay"):
        gate(server).run(guarded, Action("look_up", {"value": 1}), "t")
    assert server.told == []


@pytest.mark.parametrize("breaks", [False, True])
async def test_a_report_that_breaks_hides_neither_result_nor_error(
    breaks: bool, caplog: pytest.LogCaptureFixture
) -> None:
    class Closed(Server):
        def report(self, request_id: str, *, succeeded: bool, detail: str | None) -> None:
            raise RuntimeError("secret")

    class AlsoClosed(Closed):
        async def verify(self, token: str, action: Action) -> None: ...  # type: ignore[override]

        async def redeem(self, token: str, action: Action) -> Request:  # type: ignore[override]
            return approved(action).request

        async def report(self, *_: Any, **__: Any) -> None:  # type: ignore[override]
            raise RuntimeError("secret")

    def pay(amount: int) -> int:
        if breaks:
            raise OSError("no money")
        return amount

    async def pay_too(amount: int) -> int:
        return pay(amount)

    caplog.set_level(logging.WARNING)
    also: Any = AlsoClosed()
    call = gate(Closed()).guards("pay")(pay)
    also_call = AsyncApprovalGate(also).guards("pay")(pay_too)
    if breaks:
        with pytest.raises(OSError, match="no money"):
            call(5, approval_token="t")
        with pytest.raises(OSError, match="no money"):
            await also_call(5, approval_token="t")
    else:
        assert call(5, approval_token="t") == await also_call(5, approval_token="t") == 5
    assert caplog.text.count("could not be reported: RuntimeError") == 2
    assert "secret" not in caplog.text


def test_the_token_stands_in_no_repr() -> None:
    outcome = Approved(approved(Action("pay")).request, "SECRET")
    assert "SECRET" not in repr(outcome)
    assert "token" not in repr(outcome)
