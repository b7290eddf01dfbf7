"""The card that goes with an answer to a clicker: what is true now, as they may see it."""

from core.card import BY_LINK, CHAT, PAGES, Card, Viewer
from core.cards import card
from core.directory.people import OIDC_REALM, WEB, Directory, Identity, Person
from core.rows import OutboxRow, Snapshot
from core.service.access import person_may_see
from core.value import Millis

REALM = "realm"
"""The fact of an answer that names the clicker's own workspace or tenant."""


def viewer(person: Person, identity: Identity) -> Viewer:
    """The person as one who looks at cards where they have this account."""
    place = CHAT
    if identity.platform == WEB:
        place = PAGES if identity.realm == OIDC_REALM else BY_LINK
    return Viewer(person=person.email, timezone=person.timezone, place=place)


def present(
    row: OutboxRow, found: Snapshot | None, directory: Directory, now: Millis
) -> Card | None:
    """The request's card for the account that an answer goes to; None where nobody, or nobody
    who may see the request, has it today."""
    realm = row.facts.get(REALM)
    if found is None or realm is None:
        return None
    account = Identity(platform=row.to.platform, realm=realm, account=row.to.id)
    person = directory.by_identity(account)
    if person is None or not person_may_see(found.state, person.email, directory):
        return None
    looks = viewer(person, account)
    return card(found.state, found.contents, looks, directory, now)
