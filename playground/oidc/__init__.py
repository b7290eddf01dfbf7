"""The simulated identity provider: OpenID Connect with a page on which one picks who one is.

The one client that it knows is the company's app, with the id and the secret that it has in Teams.
`routes(place)` serves HTTP; `provider(place)` can be told to rotate its keys or vouch for nobody.
"""

from playground.oidc.provider import Provider, provider
from playground.oidc.server import routes

__all__ = ["Provider", "provider", "routes"]
