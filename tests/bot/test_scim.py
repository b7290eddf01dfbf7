"""SCIM over HTTP against a server of ours: the conformance suite of others, what Entra and Okta
send, and what may not be done."""

import json
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_tester import Status, check_server

from bot.sample import DIRECTORY
from bot.settings import ScimSettings
from core.directory.groups import file_id
from tests.bot.cli_office import ADMIN, FINANCE, MANAGER, Office, office

Json = dict[str, Any]
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
WORK = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"


class Provider(httpx2.Client):
    """An identity provider."""

    def __init__(self, served: Office, key: str) -> None:
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/scim+json"}
        super().__init__(base_url=f"{served.url}/scim/v2", headers=headers, trust_env=False)
        self._people = 0

    def user(self, name: str = "", **fields: Any) -> Json:
        """A new user with an address of their own."""
        self._people += 1
        email = f"{name or 'person'}.{self._people}@example.com"
        body = {
            "schemas": [USER, WORK],
            "userName": email,
            "active": True,
            "emails": [{"value": email, "type": "work", "primary": True}],
            **fields,
        }
        made = self.post("/Users", json=body)
        assert made.status_code == 201, made.text
        found: Json = made.json()
        return found

    def group(self, name: str, *members: Json) -> Json:
        self._people += 1
        body = {
            "displayName": f"{name} {self._people}",
            "members": [{"value": m["id"]} for m in members],
        }
        made = self.post("/Groups", json={"schemas": [f"{USER[:-4]}Group"], **body})
        assert made.status_code == 201, made.text
        found: Json = made.json()
        return found

    def change(self, path: str, *operations: Json) -> httpx2.Response:
        return self.patch(path, json={"schemas": [PATCH], "Operations": list(operations)})

    def found(self, path: str, filter: str) -> list[str]:
        answer = self.get(path, params={"filter": filter})
        assert answer.status_code == 200, answer.text
        return [each["id"] for each in answer.json().get("Resources", [])]


def refused(answer: httpx2.Response, status: int, kind: str | None = None) -> str:
    """What the error says."""
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"].startswith("application/scim+json")
    body = answer.json()
    assert (body["schemas"], body["status"], body.get("scimType")) == ([ERROR], str(status), kind)
    return str(body["detail"])


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office(tmp_path_factory.mktemp("scim"), scim=ScimSettings()) as running:
        yield running


@pytest.fixture(scope="module")
def idp(served: Office) -> Iterator[Provider]:
    with Provider(served, served.key("directory")) as client:
        yield client


def operate(served: Office, *arguments: str) -> str:
    done = served.operate("people", *arguments, "--json", "--directory", str(DIRECTORY))
    assert done.exit_code == 0, done.output
    return done.stdout


def shown(served: Office, email: str) -> Json:
    told: Json = json.loads(operate(served, "show", email))
    return told


def test_the_conformance_suite_finds_no_mistake(idp: Provider) -> None:
    """scim2-tester: discovery, and every call for every attribute that our schemas name."""
    found = check_server(SyncSCIMClient(idp))
    wrong = [f"{r.title}: {r.reason}" for r in found if r.status in (Status.ERROR, Status.CRITICAL)]
    skipped = {r.title for r in found if r.status is Status.SKIPPED}
    assert wrong == []
    # Searching all resource types at once is answered with 501, as RFC 7644 permits.
    assert skipped == {"search_with_attributes"}
    assert len(found) > 70


@pytest.mark.parametrize(
    ("scopes", "status"), [(("admin",), 403), (("read_all", "decide"), 403), (("directory",), 200)]
)
def test_only_the_one_scope_opens_it(served: Office, scopes: tuple[str, ...], status: int) -> None:
    with Provider(served, served.key(*scopes)) as client:
        assert client.get("/Users").status_code == status


def test_its_key_opens_nothing_else(served: Office, idp: Provider) -> None:
    answer = idp.get(f"{served.url}/v1/requests")
    assert (answer.status_code, answer.json()["reason"]) == (403, "scope_missing")


def test_without_a_key_nothing_is_told(served: Office) -> None:
    with Provider(served, "cs_nobody") as client:
        said = client.get("/Users")
        assert refused(said, 401).startswith("This API key is not known.")
        assert said.headers["WWW-Authenticate"] == "Bearer"
        assert client.get("/ServiceProviderConfig").status_code == 401


def test_who_is_added_counts_at_once_and_who_is_deactivated_no_more(
    served: Office, idp: Provider
) -> None:
    """Entra's way of taking somebody away: a capital letter, and a boolean as text."""
    lead = idp.user("lead", displayName="Lena Lead")
    email = lead["userName"]
    work = {"department": "Finance", "manager": {"value": file_id(MANAGER)}}
    person = idp.user("new", roles=[{"value": "finance_analyst"}], **{WORK: work})
    told = shown(served, person["userName"])
    assert (told["source"], told["active"], told["manager"]) == ("scim", True, MANAGER)
    assert (told["roles"], told["department"]) == (["finance_analyst"], "Finance")
    made = served.run(served.agent, "submit", "-", "--json", typed=request(email))
    assert made.exit_code == 0, made.output
    gone = idp.change(f"/Users/{lead['id']}", {"op": "Replace", "path": "active", "value": "False"})
    assert gone.json()["active"] is False
    assert shown(served, email)["active"] is False
    refusal = served.run(served.agent, "submit", "-", "--json", typed=request(email))
    assert "not in the directory" in refusal.output


def request(requester: str) -> str:
    action = {"type": "purchase_order", "params": {"purpose": "Chairs", "amount": 50}}
    return json.dumps({"title": "Chairs", "requester": requester, "action": action})


def test_what_entra_and_okta_send_beside_the_standard_is_understood(idp: Provider) -> None:
    lead, person = idp.user("lead"), idp.user("person", locale="de_DE", userType="Employee")
    path = f"/Users/{person['id']}"
    by_id = {"op": "Add", "path": f"{WORK}:manager", "value": lead["id"]}
    assert idp.change(path, by_id).json()[WORK]["manager"]["value"] == lead["id"]
    flat = {f"{WORK}:department": "Legal", "name.givenName": "Pia", "displayName": "Pia P."}
    found = idp.change(path, {"op": "replace", "value": {"id": person["id"], **flat}}).json()
    assert (found[WORK]["department"], found["name"]["givenName"]) == ("Legal", "Pia")
    assert (
        WORK
        not in idp.change(
            path,
            {"op": "Add", "path": f"{WORK}:manager", "value": ""},
            {"op": "Remove", "path": f"{WORK}:department"},
        ).json()
    )
    added = {"op": "Add", "path": 'emails[type eq "home"].value', "value": "pia@home.example"}
    assert [m["value"] for m in idp.change(path, added).json()["emails"]] == [
        person["userName"],
        "pia@home.example",
    ]
    group = idp.group("team", lead, person)
    where = f"/Groups/{group['id']}"
    assert idp.get(where, params={"excludedAttributes": "members"}).json().get("members") is None
    idp.change(where, {"op": "Remove", "path": f'members[value eq "{lead["id"]}"]'})
    idp.change(where, {"op": "Remove", "path": "members", "value": [{"value": person["id"]}]})
    assert "members" not in idp.get(where).json()
    back = idp.change(where, {"op": "Add", "path": "members", "value": [{"value": lead["id"]}]})
    assert [m["value"] for m in back.json()["members"]] == [lead["id"]]
    assert idp.get(f"/Users/{lead['id']}").json()["groups"][0]["display"] == group["displayName"]


def test_what_is_looked_for_is_found(idp: Provider) -> None:
    person = idp.user("looked", externalId="Ext-1", displayName="Looked For")
    name, of = person["userName"], person["id"]
    group = idp.group("looked")
    for asked in (
        f'userName eq "{name.upper()}"',
        'externalId eq "Ext-1" and active eq true',
        f'emails.value eq "{name}"',
        f'emails[type eq "work" and value eq "{name}"]',
        f'userName eq "nobody@example.com" or id eq "{of}"',
        'displayName sw "Looked F"',
    ):
        assert idp.found("/Users", asked) == [of], asked
    assert idp.found("/Users", 'externalId eq "ext-1"') == []
    assert idp.found("/Users", f'userName eq "{FINANCE}"') == [file_id(FINANCE)]
    assert idp.found("/Groups", f'displayName eq "{group["displayName"]}"') == [group["id"]]
    for wrong in ("userName eq", 'nonsense eq "x"', "(" * 400, "x" * 2000):
        answer = idp.get("/Users", params={"filter": wrong})
        assert answer.status_code == 400, wrong
        assert answer.json()["scimType"] in ("invalidFilter", "tooMany")


def test_lists_come_in_pages(idp: Provider) -> None:
    for _ in range(3):
        idp.user("paged")
    whole = idp.get("/Users", params={"count": 500}).json()
    ids = [each["id"] for each in whole["Resources"]]
    page = idp.get("/Users", params={"startIndex": 2, "count": 2}).json()
    assert [each["id"] for each in page["Resources"]] == ids[1:3]
    assert (page["totalResults"], page["startIndex"], page["itemsPerPage"]) == (len(ids), 2, 2)
    none = idp.get("/Users", params={"count": 0}).json()
    assert (none["totalResults"], none.get("Resources", [])) == (len(ids), [])


def test_people_of_the_directory_file_are_seen_and_not_touched(idp: Provider) -> None:
    where = f"/Users/{file_id(MANAGER)}"
    seen = idp.get(where).json()
    assert seen["userName"] == MANAGER
    said = (
        f"{MANAGER} stands in the directory file, and is what that file says. "
        f"Change the file, or remove {MANAGER} from it first."
    )
    assert refused(idp.put(where, json={**seen, "active": False}), 403) == said
    assert refused(idp.change(where, {"op": "remove", "path": "roles"}), 403) == said
    assert refused(idp.delete(where), 403) == said
    group = idp.group("team")
    member = {"op": "add", "path": "members", "value": [{"value": file_id(MANAGER)}]}
    assert refused(idp.change(f"/Groups/{group['id']}", member), 403) == said
    again = {"schemas": [USER], "userName": MANAGER.upper()}
    assert refused(idp.post("/Users", json=again), 403) == said
    assert idp.get(where).json() == seen


def test_nobody_is_made_an_administrator(served: Office, idp: Provider) -> None:
    """Not by membership, not by renaming a group, and not by a role that passes everything."""
    person = idp.user("eager")
    admins = idp.post("/Groups", json={"schemas": [f"{USER[:-4]}Group"], "displayName": "admins"})
    where = f"/Groups/{admins.json()['id']}"
    member = {"op": "add", "path": "members", "value": [{"value": person["id"]}]}
    said = refused(idp.change(where, member), 403)
    assert said.startswith("The group admins gives power over approvals")
    assert idp.delete(where).status_code == 204
    team = idp.group("eager", person)
    rename = {"op": "replace", "path": "displayName", "value": "admins"}
    refused(idp.change(f"/Groups/{team['id']}", rename), 403)
    role = {"op": "add", "path": "roles", "value": [{"value": "director"}]}
    assert "The role director" in refused(idp.change(f"/Users/{person['id']}", role), 403)
    assert shown(served, person["userName"])["groups"] == [team["displayName"]]


def test_what_does_not_fit_is_refused_with_its_reason(idp: Provider) -> None:
    one, two = idp.user("one"), idp.user("two")
    taken = {"schemas": [USER], "userName": one["userName"].upper()}
    refused(idp.post("/Users", json=taken), 409, "uniqueness")
    other = {**taken, "userName": "x", "emails": [{"value": one["userName"]}]}
    refused(idp.post("/Users", json=other), 409, "uniqueness")
    refused(idp.post("/Users", json={"schemas": [USER], "userName": "x"}), 400, "invalidValue")
    refused(idp.post("/Users", json={"schemas": [USER]}), 400, "invalidValue")
    lead = {"op": "add", "path": f"{WORK}:manager", "value": {"value": two["id"]}}
    assert idp.change(f"/Users/{one['id']}", lead).status_code == 200
    circle = {"op": "add", "path": f"{WORK}:manager", "value": {"value": one["id"]}}
    said = refused(idp.change(f"/Users/{two['id']}", circle), 400, "invalidValue")
    assert said.startswith("Managers would go in a circle: two.")
    refused(idp.get("/Users/nobody"), 404)
    refused(idp.get("/Nothing"), 404)
    refused(idp.put("/Users", json={}), 405)
    refused(idp.post("/Bulk", json={}), 501)
    refused(idp.post("/Users", content=b"{"), 400, "invalidSyntax")
    refused(idp.post("/Users", content=b"[]"), 400, "invalidSyntax")
    refused(
        idp.post("/Users", content=b"{}", headers={"Content-Type": "text/xml"}),
        415,
        "invalidSyntax",
    )
    refused(idp.post("/Users", content=b" " * (2 * 1024 * 1024 + 1)), 413)
    zone = {"op": "add", "path": "timezone", "value": "Mars/Base"}
    refused(idp.change(f"/Users/{one['id']}", zone), 400, "invalidValue")


def test_who_is_deleted_is_gone_and_can_come_again_as_somebody_else(
    served: Office, idp: Provider
) -> None:
    person = idp.user("leaver")
    team = idp.group("leavers", person)
    where = f"/Users/{person['id']}"
    assert idp.delete(where).status_code == 204
    refused(idp.get(where), 404)
    refused(idp.delete(where), 404)
    assert "members" not in idp.get(f"/Groups/{team['id']}").json()
    again = idp.post("/Users", json={"schemas": [USER], "userName": person["userName"]}).json()
    assert again["id"] != person["id"]
    told = shown(served, person["userName"])
    assert told["groups"] == []
    words = [each["what"].partition(":")[0] for each in told["changes"]]
    gone = f"left (deleted) by scim, with groups {team['displayName']}"
    assert words == ["added by scim", "changed by scim", gone, "added by scim"]


def test_a_new_address_is_somebody_new_who_may_not_approve_the_old_ones_requests(
    served: Office, idp: Provider
) -> None:
    led = idp.user("led")
    person = idp.user("maiden")
    lead = {"op": "add", "path": f"{WORK}:manager", "value": {"value": person["id"]}}
    idp.change(f"/Users/{led['id']}", lead)
    new = "married@example.com"
    renamed = idp.change(
        f"/Users/{person['id']}",
        {"op": "replace", "path": "userName", "value": new},
        {"op": "replace", "path": 'emails[type eq "work"].value', "value": new},
    )
    assert renamed.json()["id"] == person["id"]
    assert shown(served, led["userName"])["manager"] == new
    assert shown(served, person["userName"])["active"] is False
    assert "formerly" in shown(served, new)["changes"][0]["what"]


def test_a_version_that_is_not_the_newest_is_refused(idp: Provider) -> None:
    person = idp.user("versions")
    where, tag = f"/Users/{person['id']}", person["meta"]["version"]
    assert idp.get(where, headers={"If-None-Match": tag}).status_code == 304
    name = {"op": "add", "path": "displayName", "value": "New Name"}
    assert idp.change(where, name).headers["ETag"] != tag
    late = {"schemas": [PATCH], "Operations": [{**name, "value": "Late"}]}
    refused(idp.patch(where, json=late, headers={"If-Match": tag}), 412)
    refused(idp.delete(where, headers={"If-Match": "W/nonsense"}), 412)
    assert idp.get(where).json()["displayName"] == "New Name"


def test_hidden_characters_in_a_name_are_shown(served: Office, idp: Provider) -> None:
    person = idp.user("hidden", displayName="Ada\u202eevil")
    assert shown(served, person["userName"])["name"] == "Ada⟦U+202E⟧evil"
    assert person["displayName"] == "Ada\u202eevil"
    assert ADMIN not in person["emails"][0]["value"]


def test_a_page_of_users_is_what_people_list_says_too(served: Office, idp: Provider) -> None:
    person = idp.user("listed")
    items = json.loads(operate(served, "list"))["items"]
    sources = {each["person"]: each["source"] for each in items}
    assert (sources[person["userName"]], sources[MANAGER]) == ("scim", "file")
