"""The identity provider over HTTP: its document, the page on which one agrees, codes for tokens."""

from base64 import b64decode
from binascii import Error
from html import escape
from urllib.parse import unquote, urlencode

from aiohttp import web

from playground.oidc.provider import Asked, Refused, provider
from playground.place import Place

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>Sign in · {company}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ max-width: 26rem; margin: 3rem auto; padding: 0 1rem;
  font: 16px/1.5 system-ui, sans-serif; }}
button {{ display: block; width: 100%; margin: .4rem 0; padding: .7rem 1rem; font: inherit;
  text-align: left; cursor: pointer; }}
</style>
<main>
<h1>{company}</h1>
<p>Countersign asks who you are. This identity provider is simulated: pick anybody.</p>
<form method="post">
{people}
<button name="refuse" value="1">I do not agree</button>
</form>
</main>
"""


def routes(place: Place) -> list[web.RouteDef]:
    """The provider's four addresses."""

    async def document(_: web.Request) -> web.Response:
        here = provider(place).issuer
        return web.json_response(
            {
                "issuer": here,
                "authorization_endpoint": f"{here}/authorize",
                "token_endpoint": f"{here}/token",
                "jwks_uri": f"{here}/keys",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["ES256"],
                "code_challenge_methods_supported": ["S256"],
                "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            }
        )

    async def keys(_: web.Request) -> web.Response:
        return web.json_response(provider(place).published())

    async def ask(request: web.Request) -> web.Response:
        _asked(place, request)
        people = "\n".join(
            f'<button name="email" value="{escape(p.email)}">{escape(p.name)}</button>'
            for p in place.world.people
        )
        text = _PAGE.format(company=escape(place.world.company), people=people)
        return web.Response(text=text, content_type="text/html")

    async def agreed(request: web.Request) -> web.Response:
        asked = _asked(place, request)
        email = str((await request.post()).get("email", ""))
        back = {"state": asked.state}
        if email in {p.email for p in place.world.people}:
            back["code"] = provider(place).code(email, asked)
        else:
            back["error"] = "access_denied"
        raise web.HTTPFound(f"{asked.redirect_uri}?{urlencode(back)}")

    async def token(request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        if not provider(place).knows(*_client(request)):
            return web.json_response({"error": "invalid_client"}, status=401)
        try:
            if form.get("grant_type") != "authorization_code":
                raise Refused("unsupported_grant_type")
            given = (form.get(name, "") for name in ("code", "redirect_uri", "code_verifier"))
            return web.json_response(provider(place).tokens(*given))
        except Refused as refusal:
            return web.json_response({"error": str(refusal)}, status=400)

    return [
        web.get("/oidc/.well-known/openid-configuration", document),
        web.get("/oidc/keys", keys),
        web.get("/oidc/authorize", ask),
        web.post("/oidc/authorize", agreed),
        web.post("/oidc/token", token),
    ]


def _asked(place: Place, request: web.Request) -> Asked:
    """What the client wants. What is wrong with it is said here: nobody is sent anywhere by it."""
    query = request.query
    wanted = {"response_type": "code", "code_challenge_method": "S256"}
    wrong = [name for name, value in wanted.items() if query.get(name) != value]
    wrong += [name for name in ("state", "nonce", "code_challenge") if not query.get(name)]
    if query.get("client_id") != place.world.teams.app_id:
        wrong.append("client_id")
    if "openid" not in query.get("scope", "").split():
        wrong.append("scope")
    if not query.get("redirect_uri", "").startswith(("http://", "https://")):
        wrong.append("redirect_uri")
    if wrong:
        raise web.HTTPBadRequest(text=f"invalid_request: {', '.join(wrong)}\n")
    return Asked(query["redirect_uri"], query["state"], query["nonce"], query["code_challenge"])


def _client(request: web.Request) -> tuple[str, str]:
    """Who calls, by HTTP Basic (RFC 6749, section 2.3.1)."""
    kind, _, given = request.headers.get("Authorization", "").partition(" ")
    try:
        name, _, secret = b64decode(given, validate=True).decode().partition(":")
    except (Error, UnicodeDecodeError):
        return "", ""
    return (unquote(name), unquote(secret)) if kind.lower() == "basic" else ("", "")
