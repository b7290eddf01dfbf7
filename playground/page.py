"""The playground's page and the JSON routes beneath /_play that it and the tests use.

Serves files and hands every act to the platform it belongs to; simulates
nothing itself. Only a browser on this machine may use it: other host names and
other sites' pages are refused.
"""

import json
import os
from collections.abc import Awaitable, Callable
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from playground import mail, model, slack, teams
from playground.faults import FaultError
from playground.place import Place

Json = dict[str, Any]
_FILES = Path(__file__).with_name("page")
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_RENDERER = "adaptivecards.min.js"
_HOLD_SECONDS = 25.0
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

# A letter's own style counts, and nothing in it runs, loads or knows the page around it.
_LETTER_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; "
        "sandbox allow-popups allow-popups-to-escape-sandbox"
    )
}

Handle = Callable[[web.Request], Awaitable[web.Response]]


def page_routes() -> list[web.RouteDef]:
    """Return the routes of the page's own files: / and /static/{file}."""
    return [web.get("/", _guarded(_index)), web.get("/static/{file}", _guarded(_static))]


def routes(place: Place) -> list[web.RouteDef]:
    """Return every route of the page for one playground."""
    play = _Play(place)
    return [
        *page_routes(),
        web.get("/_play/state", _guarded(play.state)),
        web.post("/_play/slack/act", _guarded(play.slack_act)),
        web.post("/_play/teams/act", _guarded(play.teams_act)),
        web.get("/_play/mail/{number}", _guarded(play.letter)),
        web.get("/_play/faults", _guarded(play.faults)),
        web.put("/_play/faults", _guarded(play.set_faults)),
        web.get("/_play/model", _guarded(play.model)),
        web.put("/_play/model", _guarded(play.set_model)),
        web.get("/_play/log", _guarded(play.log)),
        web.post("/_play/teams/rotate_keys", _guarded(play.rotate_keys)),
        web.post("/_play/reset", _guarded(play.reset)),
    ]


def _guarded(handle: Handle) -> Handle:
    """Answer this machine's own pages and programs only; what cannot be asked gets 400."""

    async def answer(request: web.Request) -> web.Response:
        try:
            response = _refusal(request) or await handle(request)
        except (BadAsk, slack.BadAct, FaultError, model.BadControl) as problem:
            response = _error(400, str(problem))
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    return answer


def _refusal(request: web.Request) -> web.Response | None:
    # Another site's name may point here (DNS rebinding), and its page may post here (CSRF).
    if not _is_loopback(request.host):
        return _error(403, "the playground answers on loopback names only")
    if request.headers.get("Origin", f"http://{request.host}") != f"http://{request.host}":
        return _error(403, "a page of another site may not use the playground")
    return None


def _is_loopback(host: str) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname or ""
        return name == "localhost" or ip_address(name).is_loopback
    except ValueError:
        return False


def _error(status: int, text: str) -> web.Response:
    return web.json_response({"ok": False, "error": text}, status=status)


async def _index(_: web.Request) -> web.Response:
    return _text((_FILES / "index.html").read_text("utf-8"), "text/html")


async def _static(request: web.Request) -> web.Response:
    name = request.match_info["file"]
    if name == _RENDERER:
        return _text(_renderer(), "text/javascript")
    known = {path.name: path for path in _FILES.iterdir() if path.suffix in _TYPES}
    if name not in known:
        return _error(404, "there is no such file")
    return _text(known[name].read_text("utf-8"), _TYPES[known[name].suffix])


def _text(content: str, content_type: str) -> web.Response:
    return web.Response(text=content, content_type=content_type, charset="utf-8")


def _renderer() -> str:
    """Return Microsoft's Adaptive Cards renderer where it is installed, else an empty script."""
    named = os.environ.get("PLAYGROUND_ADAPTIVECARDS")
    beside = Path(__file__).parents[1] / "node_modules" / "adaptivecards" / "dist" / _RENDERER
    path = Path(named) if named else beside
    return path.read_text("utf-8") if path.is_file() else "// Not installed here.\n"


class BadAsk(ValueError):
    """A request that cannot be understood; the text says what was expected."""


async def _object(request: web.Request) -> Json:
    try:
        value = json.loads(await request.read() or b"{}")
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError):
        raise BadAsk("expected a JSON object") from None
    if not isinstance(value, dict):
        raise BadAsk("expected a JSON object")
    return value


def _since(request: web.Request, default: int) -> int:
    text = request.query.get("since", str(default))
    if not text.removeprefix("-").isdecimal() or len(text) > 18:
        raise BadAsk("since: expected a whole number")
    return int(text)


class _Play:
    """The /_play routes over one playground."""

    def __init__(self, place: Place) -> None:
        self._place = place

    def _snapshot(self) -> Json:
        place = self._place
        return {
            "revision": place.store.revision,
            "company": place.world.company,
            "people": place.world.people_json(),
            "slack": slack.state(place),
            "teams": teams.state(place),
            "mail": mail.state(place),
            "model": model.state(place),
            "faults": place.faults.snapshot(),
            "deliveries": place.store.deliveries(),
        }

    async def state(self, request: web.Request) -> web.Response:
        """Answer the whole state once it differs from revision `since`, or after 25 s."""
        await self._place.store.wait_beyond(_since(request, -1), _HOLD_SECONDS)
        return web.json_response(self._snapshot())

    async def slack_act(self, request: web.Request) -> web.Response:
        """Let a Slack user do something; 400 for what nobody could do."""
        return web.json_response(await slack.act(self._place, await _object(request)))

    async def teams_act(self, request: web.Request) -> web.Response:
        """Let a Teams user do something; what they cannot do is answered with ok false."""
        return web.json_response(await teams.act(self._place, await _object(request)))

    async def letter(self, request: web.Request) -> web.Response:
        """Answer one letter as a page of its own."""
        found = mail.letter(self._place, request.match_info["number"])
        if found is None:
            return _error(404, "there is no such letter")
        response = _text(found, "text/html")
        response.headers.update(_LETTER_HEADERS)
        return response

    async def faults(self, _: web.Request) -> web.Response:
        """Answer the fault switches now set."""
        return web.json_response(self._place.faults.snapshot())

    async def set_faults(self, request: web.Request) -> web.Response:
        """Set exactly the faults of the body and answer them; 400 says what is wrong with it."""
        self._place.faults.replace_all(await _object(request))
        self._place.store.changed()
        return web.json_response(self._place.faults.snapshot())

    async def model(self, _: web.Request) -> web.Response:
        """Answer how the model behaves, and what it was asked."""
        return web.json_response(model.control(self._place))

    async def set_model(self, request: web.Request) -> web.Response:
        """Set how it behaves and answer that; 400 says what is wrong with the body."""
        model.set_control(self._place, await _object(request))
        self._place.store.changed()
        return web.json_response(model.control(self._place))

    async def log(self, request: web.Request) -> web.Response:
        """Answer the API calls received after number `since`, oldest first."""
        return web.json_response({"calls": self._place.store.calls(_since(request, 0))})

    async def rotate_keys(self, request: web.Request) -> web.Response:
        """Sign with a new Teams key from now on; `keep_old` true leaves the old ones published."""
        keep_old = (await _object(request)).get("keep_old") is True
        return web.json_response(teams.rotate_keys(self._place, keep_old=keep_old))

    async def reset(self, _: web.Request) -> web.Response:
        """Forget everything that happened and switch all faults off; the revision goes on."""
        self._place.faults.clear()
        model.forget(self._place)
        self._place.store.reset()
        return web.json_response({"ok": True, "revision": self._place.store.revision})
