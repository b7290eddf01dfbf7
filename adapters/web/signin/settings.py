"""What the pages need to know of the company's identity provider."""

from typing import Final

from core.value import Value

EMAIL_CLAIM: Final = "email"


class OidcSettings(Value, frozen=True):
    """An OpenID Connect provider and us as its client. `claim` names the claim that holds the
    person's address; `email` counts only where the provider says that it verified it, which
    Microsoft Entra never does: it has `preferred_username`."""

    issuer: str
    client_id: str
    client_secret: str
    claim: str = EMAIL_CLAIM

    def __repr__(self) -> str:
        return f"OidcSettings(issuer={self.issuer!r}, client_id={self.client_id!r})"
