"""A tool that cannot be run without an approval of exactly this call, however it is reached.

The function itself is kept inside: what is left to call wants a token, checks it against the
arguments, uses it up at the server, and only then runs.
"""

import functools
import inspect
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from countersign_client.aio import AsyncCountersign
from countersign_client.arguments import Signature
from countersign_client.errors import CountersignError, NotApproved
from countersign_client.outcomes import Approved
from countersign_client.request import Action
from countersign_client.sync import Countersign

T = TypeVar("T")

TOKEN: Final = "approval_token"  # noqa: S105 - the name of an argument

_ASYNC: Final = "this function is async: it needs an AsyncCountersign, or an AsyncApprovalGate"

_log = logging.getLogger("countersign_client")


@dataclass(frozen=True, slots=True)
class Tool:
    """A function and the kind of action that it is."""

    action: str
    function: Callable[..., Any]
    signature: Signature

    def called(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Action:
        """The action that a call would be."""
        return Action(self.action, self.signature.params(args, kwargs))


def tool(action: str, function: Callable[..., Any]) -> Tool:
    """Raises TypeError for a function whose calls could not be approved."""
    signature = Signature(_whole(function))
    if TOKEN in inspect.signature(function).parameters:
        raise TypeError(f"{function.__name__} has an argument {TOKEN} of its own; rename it")
    return Tool(action, function, signature)


class ApprovalGate:
    """Lets ordinary functions run only with an approval."""

    def __init__(self, client: Countersign) -> None:
        self._client = client

    def guards(self, action: str) -> Callable[[Callable[..., T]], Callable[..., T]]:
        """Decorate a function: each call needs `approval_token`, and raises NotApproved without
        one that stands for exactly this call and is unused."""

        def decorate(function: Callable[..., T]) -> Callable[..., T]:
            guarded = tool(action, _ordinary(function))

            def call(*args: Any, **kwargs: Any) -> T:
                token = kwargs.pop(TOKEN, None)
                result: T = self.run(guarded, guarded.called(args, kwargs), token)
                return result

            return disguised(call, function)

        return decorate

    def run(self, guarded: Tool, action: Action, token: str | None) -> Any:
        """Run the approved action once, and tell the server how it went."""
        arguments = _arguments(guarded, action, token)
        return self._run(token, action, lambda _: guarded.function(**arguments))

    def use(self, approved: Approved, execute: Callable[[Action], T]) -> T:
        """Run what was approved once, and tell the server how it went."""
        return self._run(approved.token, approved.action, _ordinary(execute))

    def _run(self, token: Any, action: Action, execute: Callable[[Action], T]) -> T:
        self._client.verify(token, action)
        request = self._client.redeem(token, action)
        try:
            result = execute(request.action)
            if inspect.iscoroutine(result):
                result.close()
                raise TypeError(_ASYNC)
        except BaseException as error:
            self._report(request.id, type(error).__name__)
            raise
        self._report(request.id, None)
        return result

    def _report(self, request_id: str, failed: str | None) -> None:
        try:
            self._client.report(request_id, succeeded=failed is None, detail=failed)
        except Exception as error:
            # What was done is done: only that nobody was told of it is to be told here.
            _not_reported(request_id, error)


class AsyncApprovalGate:
    """The same for functions that are awaited."""

    def __init__(self, client: AsyncCountersign) -> None:
        self._client = client

    def guards(
        self, action: str
    ) -> Callable[[Callable[..., Awaitable[T]]], Callable[..., Awaitable[T]]]:
        """Decorate an async function; see `ApprovalGate.guards`."""

        def decorate(function: Callable[..., Awaitable[T]]) -> Callable[..., Awaitable[T]]:
            guarded = tool(action, function)

            async def call(*args: Any, **kwargs: Any) -> T:
                token = kwargs.pop(TOKEN, None)
                result: T = await self.run(guarded, guarded.called(args, kwargs), token)
                return result

            return disguised(call, function)

        return decorate

    async def run(self, guarded: Tool, action: Action, token: str | None) -> Any:
        """Run the approved action once, and tell the server how it went."""
        arguments = _arguments(guarded, action, token)
        return await self._run(token, action, lambda _: guarded.function(**arguments))

    async def use(self, approved: Approved, execute: Callable[[Action], Any]) -> Any:
        """Run what was approved once, and tell the server how it went; `execute` may be an
        ordinary or an async function."""
        return await self._run(approved.token, approved.action, _whole(execute))

    async def _run(self, token: Any, action: Action, execute: Callable[[Action], Any]) -> Any:
        await self._client.verify(token, action)
        request = await self._client.redeem(token, action)
        try:
            result = execute(request.action)
            if inspect.isawaitable(result):
                result = await result
        except BaseException as error:
            await self._report(request.id, type(error).__name__)
            raise
        await self._report(request.id, None)
        return result

    async def _report(self, request_id: str, failed: str | None) -> None:
        try:
            await self._client.report(request_id, succeeded=failed is None, detail=failed)
        except Exception as error:
            _not_reported(request_id, error)


def disguised(call: Callable[..., T], function: Callable[..., Any]) -> Callable[..., T]:
    """The guard under the function's name and docstring, and without the ways back to the function
    that `functools.wraps` leaves open: other decorators keep it in attributes of their own."""
    made = functools.update_wrapper(call, function, updated=())
    made.__dict__.pop("__wrapped__", None)
    made.__dict__["__signature__"] = inspect.signature(function)
    return made


def _whole(function: Callable[..., T]) -> Callable[..., T]:
    """Raises TypeError for a generator: it runs when its values are taken, and nobody looks."""
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        raise TypeError("this is a generator, which runs after its call: guard what it calls")
    return function


def _ordinary(function: Callable[..., T]) -> Callable[..., T]:
    """Raises TypeError for a function that is not run by its call."""
    if inspect.iscoroutinefunction(function):
        raise TypeError(_ASYNC)
    return _whole(function)


def _arguments(guarded: Tool, action: Action, token: object) -> dict[str, Any]:
    """What the function is to be called with. Raises NotApproved."""
    if token is None:
        raise NotApproved(
            f"{action.type} runs only with an approval: ask for one, and pass its token as {TOKEN}."
        )
    if action.type != guarded.action:
        raise NotApproved(f"What was approved is {action.type}, and this is {guarded.action}.")
    return guarded.signature.arguments(action)


def _not_reported(request_id: str, error: Exception) -> None:
    why = error if isinstance(error, CountersignError) else type(error).__name__
    _log.warning("The outcome of request %s could not be reported: %s", request_id, why)
