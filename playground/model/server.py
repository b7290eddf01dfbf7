"""The HTTP side of the simulated model: chat completions, the list of models, and its switches.

https://platform.openai.com/docs/api-reference/chat and
https://learn.microsoft.com/azure/ai-foundry/openai/reference
"""

import asyncio
import json
import math
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from playground.model import strict
from playground.model.behaviours import BEHAVIOURS, Behaviour
from playground.model.prompt import read
from playground.place import Place

Json = dict[str, Any]

_LIVE = "model"
_KEPT = 50
_CHARACTERS_PER_TOKEN = 4
_WRONG_KEY = "wrong"


class BadControl(ValueError):
    """A switch that cannot be set; the text says what was expected."""


@dataclass(slots=True)
class _Model:
    """`behaviour` stands over the name that is asked, for `times` calls or until switched off."""

    behaviour: str | None = None
    times: int | None = None
    seconds: float = 2.0
    calls: int = 0
    log: list[Json] = field(default_factory=list)
    released: asyncio.Event = field(default_factory=asyncio.Event)

    def take(self, name: str) -> str:
        """How this call is answered, using a switch up once."""
        found = self.behaviour or name
        if self.behaviour is not None and self.times is not None:
            self.times -= 1
            if self.times <= 0:
                self.behaviour = self.times = None
        return found


def _model(place: Place) -> _Model:
    found: _Model = place.live.setdefault(_LIVE, _Model())
    return found


def routes(place: Place) -> list[web.RouteDef]:
    """OpenAI's addresses below /model/v1, Azure's below /model/openai."""
    http = _Http(place)
    azure = "/model/openai/deployments/{deployment}/chat/completions"
    return [
        web.post("/model/v1/chat/completions", http.complete),
        web.get("/model/v1/models", http.models),
        web.post(azure, http.complete),
        web.get("/model/openai/models", http.models),
    ]


def control(place: Place) -> Json:
    """How it behaves now, and what it was asked: the newest calls, the newest last."""
    model = _model(place)
    return {
        "behaviour": model.behaviour,
        "times": model.times,
        "seconds": model.seconds,
        "known": list(BEHAVIOURS),
        "calls": model.calls,
        "log": list(model.log),
    }


def state(place: Place) -> Json:
    """What the page shows of it."""
    return {"behaviour": _model(place).behaviour, "known": list(BEHAVIOURS)}


def set_control(place: Place, body: Json) -> None:
    """Set `behaviour` (null: by the model's name), `times` (null: until switched off) and
    `seconds` of "slow"; what hangs is let go. Raises BadControl."""
    if unknown := sorted(set(body) - {"behaviour", "times", "seconds"}):
        raise BadControl(f"model.{unknown[0]}: known are behaviour, times, seconds")
    name, times, seconds = body.get("behaviour"), body.get("times"), body.get("seconds", 2.0)
    if name is not None and name not in BEHAVIOURS:
        raise BadControl(f"model.behaviour: known are {', '.join(BEHAVIOURS)}")
    if times is not None and (isinstance(times, bool) or not isinstance(times, int) or times < 1):
        raise BadControl("model.times: expected a whole number from 1, or null")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise BadControl("model.seconds: expected a number")
    if not (math.isfinite(seconds) and seconds >= 0):
        raise BadControl("model.seconds: expected a number that is not negative")
    model = _model(place)
    model.behaviour, model.times, model.seconds = name, times, float(seconds)
    hang_up(place)


def hang_up(place: Place) -> None:
    """Cut the connections of all calls that hang now."""
    model = _model(place)
    hanging, model.released = model.released, asyncio.Event()
    hanging.set()


def forget(place: Place) -> None:
    """Back to how it started."""
    hang_up(place)
    place.live.pop(_LIVE, None)


class _Http:
    def __init__(self, place: Place) -> None:
        self._place = place

    async def models(self, request: web.Request) -> web.Response:
        """Every behaviour is a model."""
        if denied := _unsigned(request):
            return denied
        data = [
            {"id": name, "object": "model", "created": 1_700_000_000, "owned_by": "playground"}
            for name in BEHAVIOURS
        ]
        return web.json_response({"object": "list", "data": data})

    async def complete(self, request: web.Request) -> web.StreamResponse:
        """One chat completion."""
        if denied := _unsigned(request):
            return denied
        body = await _body(request)
        if "deployment" in request.match_info:
            if not request.query.get("api-version"):
                return _error(404, "Resource not found", None)
            body["model"] = request.match_info["deployment"]
        if wrong := strict.problem(body):
            return _error(400, wrong, "invalid_request_error")
        model = _model(self._place)
        before, name = model.behaviour, model.take(body["model"])
        if model.behaviour != before:
            self._place.store.changed()
        model.calls += 1
        if name not in BEHAVIOURS:
            said = f"The model `{name}` does not exist or you do not have access to it."
            return _error(404, said, "model_not_found")
        return await self._answer(request, body, name)

    async def _answer(self, request: web.Request, body: Json, name: str) -> web.StreamResponse:
        does, model = BEHAVIOURS[name], _model(self._place)
        if does.waits == "seconds":
            await asyncio.sleep(model.seconds)
        if does.waits == "forever":
            await model.released.wait()
            if request.transport is not None:
                request.transport.abort()
        content = does.content(read(body["messages"])) if does.content else None
        kept = {"model": body["model"], "behaviour": name, "messages": body["messages"]}
        model.log = [*model.log, {**kept, "content": content}][-_KEPT:]
        if does.status != 200:
            return _refused(does)
        return web.json_response(_completion(body, does, content, model.calls, self._place.now()))


def _completion(body: Json, does: Behaviour, content: str | None, number: int, now: float) -> Json:
    asked = sum(len(message["content"]) for message in body["messages"])
    tokens_in = asked // _CHARACTERS_PER_TOKEN + 1
    tokens_out = len(content or does.refusal or "") // _CHARACTERS_PER_TOKEN + 1
    message = {"role": "assistant", "content": content, "refusal": does.refusal}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": does.finish}
    return {
        "id": f"chatcmpl-{number}",
        "object": "chat.completion",
        "created": int(now),
        "model": body["model"],
        "choices": [choice],
        "usage": {
            "prompt_tokens": tokens_in,
            "completion_tokens": tokens_out,
            "total_tokens": tokens_in + tokens_out,
        },
    }


def _unsigned(request: web.Request) -> web.Response | None:
    """OpenAI takes a bearer token, Azure a header of its own. Any key but "wrong" will do."""
    given = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
    given = given or request.headers.get("api-key", "").strip()
    if not given or given == _WRONG_KEY:
        # As OpenAI's, it repeats some of the key.
        return _error(401, f"Incorrect API key provided: {given}.", "invalid_api_key")
    return None


async def _body(request: web.Request) -> Json:
    try:
        found = json.loads(await request.read())
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _refused(does: Behaviour) -> web.Response:
    if does.status >= 500:
        said = "The server had an error while processing your request. Sorry about that!"
        return _error(does.status, said, None)
    headers = {} if does.retry_after is None else {"Retry-After": str(does.retry_after)}
    return _error(does.status, "The playground was told to refuse this.", does.code, headers)


def _error(
    status: int, said: str, code: str | None, headers: dict[str, str] | None = None
) -> web.Response:
    kind = "server_error" if status >= 500 else "invalid_request_error"
    error = {"message": said, "type": kind, "param": None, "code": code}
    return web.json_response({"error": error}, status=status, headers=headers)
