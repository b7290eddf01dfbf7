"""Every route of the simulated Bot Framework and Microsoft login, under its operation name.

The one place that knows paths; coverage.py says what each route covers, and a test compares.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from aiohttp import web
from aiohttp.typedefs import Handler

from playground.place import Place
from playground.teams import connector, graph, login, members, service
from playground.teams.gate import Act, guarded

_CONNECTOR = "/teams/connector/v3/conversations"
_ONE = f"{_CONNECTOR}/{{conversation}}"
_MESSAGE = f"{_ONE}/activities/{{activity}}"
_LOGIN = "/teams/login"
_INSTALLED = "/teams/graph/v1.0/users/{user}/teamwork/installedApps"

# Operation, method, path and handler of the calls that need an access token.
CALLS: tuple[tuple[str, str, str, Act], ...] = (
    ("POST conversations", "POST", _CONNECTOR, connector.create_conversation),
    ("POST activities", "POST", f"{_ONE}/activities", connector.send),
    ("POST activities", "POST", _MESSAGE, connector.reply),
    ("PUT activities", "PUT", _MESSAGE, connector.update),
    ("DELETE activities", "DELETE", _MESSAGE, connector.delete),
    ("GET members", "GET", f"{_ONE}/members", members.all_members),
    ("GET members", "GET", f"{_ONE}/members/{{member}}", members.one_member),
    ("GET members", "GET", f"{_ONE}/pagedmembers", members.paged_members),
)


# The same of Microsoft Graph, whose tokens are other ones.
GRAPH: tuple[tuple[str, str, str, Act], ...] = (
    ("POST installedApps", "POST", _INSTALLED, graph.install),
    ("GET installedApps", "GET", _INSTALLED, graph.installations),
    ("GET chat", "GET", f"{_INSTALLED}/{{installation}}/chat", graph.chat),
)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One route and the operation name under which faults and the log know it."""

    operation: str
    method: str
    path: str
    handler: Handler


def endpoints(place: Place) -> Iterator[Endpoint]:
    """Yield every endpoint of the simulated services."""
    for operation, method, path, act in CALLS:
        yield Endpoint(operation, method, path, guarded(place, operation, act))
    for operation, method, path, act in GRAPH:
        handler = guarded(place, operation, act, _graph_token)
        yield Endpoint(operation, method, path, handler)
    documents = (
        ("metadata", "/teams/v1/.well-known/openidconfiguration", service.metadata(place)),
        ("keys", "/teams/keys", service.jwks(place)),
        ("discovery", f"{_LOGIN}/common/discovery/instance", service.instances(place)),
        # The first address is what MSAL derives from an authority, the second from an OIDC one.
        (
            "discovery",
            f"{_LOGIN}/{{tenant}}/v2.0/.well-known/openid-configuration",
            service.authority(place),
        ),
        (
            "discovery",
            f"{_LOGIN}/{{tenant}}/.well-known/openid-configuration",
            service.authority(place),
        ),
    )
    for operation, path, make in documents:
        yield Endpoint(operation, "GET", path, service.document(place, operation, make))
    yield Endpoint("token", "POST", f"{_LOGIN}/{{tenant}}/oauth2/v2.0/token", service.token(place))


OPERATIONS = frozenset(
    {operation for operation, *_ in CALLS + GRAPH} | {"metadata", "keys", "discovery", "token"}
)


def _graph_token(place: Place, request: web.Request) -> None:
    header, audience = request.headers.get("Authorization", ""), service.graph_address(place)
    if not login.accepts(place.world.teams, header, place.now(), audience):
        raise graph.unauthorized()


def routes(place: Place) -> list[web.RouteDef]:
    """Return the routes of the simulated Teams services."""
    return [web.route(e.method, e.path, e.handler) for e in endpoints(place)]
