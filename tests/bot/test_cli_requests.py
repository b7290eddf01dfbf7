"""Asking and following on the command line: what is printed, and what the exit code means."""

import json
import re
import shlex
from pathlib import Path

import pytest

from bot import cli_watch
from tests.bot.cli_office import ADMIN, ERP, FINANCE, MANAGER, Office

PROHIBITED = {"title": "Delete Ann", "action": {"type": "delete_customer", "params": {}}}
SMALL = {
    "title": "Pens",
    "requester": "alice@example.com",
    "action": {"type": "purchase_order", "params": {"amount": 20}},
}
NASTY = "Pens\u202eevil\x1b[2J\x9b31m\u200b\nRejected by nobody."


def test_a_request_that_waits_was_asked_for_and_says_for_whom_it_waits(desk: Office) -> None:
    made = desk.run(desk.agent, "submit", "-", typed=json.dumps(ERP))
    assert made.exit_code == 0
    request = made.stdout.split()[1].rstrip(":")
    assert made.stdout == f"Request {request}: Waiting for Manager (stage 1 of 3): {MANAGER}.\n"
    assert desk.read(request)["status"] == "pending"


@pytest.mark.parametrize(("body", "code"), [(PROHIBITED, 4), (SMALL, 0)])
def test_a_script_goes_on_only_with_what_is_not_refused(
    desk: Office, body: dict[str, object], code: int
) -> None:
    made = desk.run(desk.agent, "submit", "-", typed=json.dumps(body))
    assert made.exit_code == code
    assert ("Approved" if code == 0 else "Prohibited") in made.stdout
    assert ("Token: ey" in made.stdout) is (code == 0)


def test_whoever_waits_goes_on_only_after_an_approval(desk: Office) -> None:
    waited = desk.run(desk.agent, "submit", "-", "--wait", "1", typed=json.dumps(ERP))
    assert waited.exit_code == 6
    assert "waits for a decision" in waited.stderr
    request = waited.stdout.split()[1].rstrip(":")
    with desk.rejected_meanwhile(request):
        refused = desk.run(desk.agent, "status", request, "--wait", "30")
    assert refused.exit_code == 1
    assert "Rejected by mara@example.com." in refused.stdout
    assert desk.run(desk.agent, "status", request).exit_code == 0


def test_who_is_in_no_chat_is_told_once_and_not_by_person(desk: Office) -> None:
    request = desk.submit()
    desk.run(desk.of(MANAGER), "approve", request, "--yes")
    shown = desk.run(desk.agent, "status", request).stdout
    assert len(desk.read(request)["deliveries"]) > 1
    assert shown.count("No card is in chat: ") == 1
    assert "on none" not in shown


def test_a_queue_shows_no_deadline_after_the_end_of_the_request(desk: Office) -> None:
    action = {"type": "purchase_order", "params": {"amount": 120001}}
    body = json.dumps({**ERP, "action": action, "expires_in": "60s"})
    made = json.loads(desk.run(desk.agent, "submit", "-", "--json", typed=body).stdout)
    heading, *rows = desk.run(desk.of(MANAGER), "queue").stdout.splitlines()
    [row] = [row.split("\t") for row in rows if row.startswith(made["id"])]
    shown, request = dict(zip(heading.split("\t"), row, strict=True)), desk.read(made["id"])
    assert request["stages"][0]["sla_deadline"] > request["expires_at"]
    assert shown["deadline"] == f"{request['expires_at'][:16]}Z"


def test_the_same_idempotency_key_is_the_same_request(desk: Office) -> None:
    again = ("submit", "-", "--idempotency-key", "po-1", "--json")
    first, second = (desk.run(desk.agent, *again, typed=json.dumps(ERP)) for _ in range(2))
    assert json.loads(first.stdout)["id"] == json.loads(second.stdout)["id"]
    other = desk.run(desk.agent, *again, typed=json.dumps(SMALL))
    assert other.exit_code == 7
    assert "used before with another body" in other.stderr
    assert json.loads(other.stdout)["reason"] == "idempotency_mismatch"


def test_every_mistake_of_a_body_is_told(desk: Office) -> None:
    wrong = desk.run(desk.agent, "submit", "-", typed='{"title": "", "colour": 1}')
    assert wrong.exit_code == 7
    assert {line.split(":")[0] for line in wrong.stderr.splitlines()} == {
        "action",
        "title",
        "colour",
    }
    assert "There is no" not in desk.run(desk.agent, "submit", "no.json").stderr
    Path("broken.json").write_text('{"title": }')
    broken = desk.run(desk.agent, "submit", "broken.json")
    assert broken.exit_code == 7
    assert broken.stderr.startswith("broken.json: ")
    missing = desk.run(desk.agent, "submit", "no.json")
    assert missing.exit_code == 64
    assert (
        missing.stderr
        == "no.json: No such file or directory. Name a file that can be read, or -.\n"
    )


def test_nothing_in_a_request_steers_the_terminal_or_passes_for_our_own_words(
    desk: Office,
) -> None:
    params = {"amount": 120000, "note": NASTY, "\x1bkey": "v"}
    request = desk.submit(
        title=NASTY, description=NASTY, action={"type": "purchase_order", "params": params}
    )
    desk.run(desk.agent, "comment", request, NASTY)
    mara = desk.of(MANAGER)
    shown = [
        desk.run(desk.agent, *words).stdout
        for words in (
            ["status", request],
            ["history", request],
            ["list"],
            ["status", request, "--json"],
        )
    ]
    shown.append(desk.run(mara, "queue").stdout)
    for text in shown:
        assert not set(text) & set("\x1b\x9b\u202e\u200b\r")
    lines = shown[0].splitlines()
    assert lines[0] == "Pens⟦U+202E⟧evil⟦U+001B⟧[2J⟦U+009B⟧31m⟦U+200B⟧ Rejected by nobody."
    assert "  | Rejected by nobody." in lines
    assert not [line for line in lines if line.startswith("Rejected")]
    assert json.loads(shown[3])["title"] == NASTY


def test_json_is_the_apis_answer_digit_for_digit(desk: Office) -> None:
    raw = (
        '{"title": "Exact", "requester": "alice@example.com", "action": {"type": '
        '"purchase_order", "params": {"amount": 120000, "rate": 1.10, "name": "Zoë"}}}'
    )
    found = desk.run(desk.agent, "submit", "-", "--json", typed=raw).stdout
    assert '"rate": 1.1' in found
    assert '"name": "Zo\\u00eb"' in found
    assert json.loads(found)["action"]["params"]["name"] == "Zoë"


def test_the_queue_is_what_waits_for_the_keys_person(desk: Office) -> None:
    request = desk.submit()
    finn = desk.of(FINANCE)
    assert request in desk.run(desk.of(MANAGER), "queue").stdout
    assert request not in desk.run(finn, "queue").stdout
    desk.run(desk.of(MANAGER), "approve", request, "--yes")
    assert request not in desk.run(desk.of(MANAGER), "queue").stdout
    row = next(r for r in desk.run(finn, "queue").stdout.splitlines() if request in r)
    assert row.split("\t")[1:4] == ["New ERP system", "120,000", "Finance (2/3)"]
    as_json = json.loads(desk.run(finn, "queue", "--json").stdout)
    assert request in [item["id"] for item in as_json["items"]]
    assert request in desk.run(desk.key("decide", person=FINANCE), "queue").stdout
    nobody = desk.run(desk.agent, "queue")
    assert nobody.exit_code == 7
    assert "stands for nobody" in nobody.stderr
    assert desk.run(desk.of(ADMIN), "queue").stdout == "Nothing waits for you.\n"


def test_lists_are_filtered_and_paged(desk: Office) -> None:
    first, second = desk.submit(), desk.submit()
    for_mara = desk.run(desk.agent, "list", "--waiting-for", MANAGER).stdout
    assert first in for_mara
    assert first not in desk.run(desk.agent, "list", "--waiting-for", FINANCE).stdout
    page = desk.run(desk.agent, "list", "--limit", "1", "--status", "pending")
    assert second in page.stdout
    assert first not in page.stdout
    more = page.stderr.split()
    older = desk.run(desk.agent, "list", "--limit", "1", *more[-2:])
    assert first in older.stdout
    none = desk.run(desk.agent, "list", "--requester", "olga@example.com")
    assert none.stdout == "There are none.\n"
    assert "status" in desk.run(desk.agent, "list", "--status", "open").stderr


def test_history_tells_it_in_sentences(desk: Office) -> None:
    request = desk.submit()
    desk.run(desk.of(MANAGER), "reject", request, "--yes", "--reason", "Too dear")
    told = desk.run(desk.agent, "history", request).stdout
    assert "mara@example.com rejected at stage Manager (api): “Too dear”." in told
    assert told.count("\n") == len(
        json.loads(desk.run(desk.agent, "history", request, "--json").stdout)["items"]
    )


def test_watching_a_request_tells_what_happens_until_it_is_over(
    desk: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli_watch, "HELD", 1)
    request = desk.submit()
    with desk.rejected_meanwhile(request):
        watched = desk.run(desk.agent, "watch", request)
    assert watched.exit_code == 1
    assert watched.stdout == desk.run(desk.agent, "history", request).stdout


def test_a_request_is_asked_for_with_flags_or_with_yaml_and_flags_that_win(desk: Office) -> None:
    flags = ["--title", "Desks", "--requester", "alice@example.com", "--amount", "120000.10"]
    flags += ["--currency", "EUR", "--risk", "7", "--expires-in", "2h", "--label", "it"]
    action = ["--action", "purchase_order", "--param", "vendor=Acme", "--param", "n:=1.0"]
    made = desk.run(desk.agent, "submit", *flags, *action, "--json")
    assert made.exit_code == 0, made.output
    found = json.loads(made.stdout)
    assert (found["title"], found["amount"], found["risk_score"]) == ("Desks", "120000.1", 7)
    assert found["action"]["params"] == {"n": 1, "vendor": "Acme"}
    assert desk.run(desk.agent, "cancel", found["id"]).exit_code == 0
    Path("order.yaml").write_text(
        "title: Chairs\nrequester: alice@example.com\n"
        "action: {type: purchase_order, params: {amount: 60000.50, country: no}}\n"
    )
    both = ["submit", "order.yaml", "--title", "Stools", "--param", "country=se", "--json"]
    found = json.loads(desk.run(desk.agent, *both, "--previous", found["id"]).stdout)
    assert (found["title"], found["amount"]) == ("Stools", "60000.5")
    assert found["action"]["params"]["country"] == "se"
    wrong = desk.run(desk.agent, "submit", "-", typed="title: a\ntitle: b\n")
    assert (wrong.exit_code, wrong.stderr.startswith("Standard input:2:1: ")) == (64, True)


def test_what_the_page_shows_of_asking_can_be_asked(desk: Office) -> None:
    page = (Path(__file__).parents[2] / "docs" / "cli.md").read_text()
    [file] = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    Path("laptops.yaml").write_text(file)
    made = desk.run(desk.agent, "submit", "laptops.yaml", "--json")
    assert made.exit_code == 0, made.output
    first = json.loads(made.stdout)
    assert first["action"]["params"] == {"vendor": "Acme", "amount": 2400, "country": "no"}
    assert desk.run(desk.agent, "cancel", first["id"]).exit_code == 0
    shown = re.findall(r"^countersign (submit .*--param.*)$", page, re.MULTILINE)
    assert len(shown) == 2
    for line in shown:
        words = [first["id"] if len(word) == 26 else word for word in shlex.split(line)]
        asked = desk.run(desk.agent, *words)
        assert asked.exit_code == 0, asked.output


def test_watching_ends_with_the_time_and_tells_programs_what_is_new(
    desk: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = desk.submit()
    over = desk.run(desk.agent, "watch", request, "--timeout", "1")
    assert (over.exit_code, over.stdout) == (6, desk.run(desk.agent, "history", request).stdout)
    monkeypatch.setattr(cli_watch, "HELD", 1)
    with desk.rejected_meanwhile(request):
        lines = desk.run(desk.agent, "watch", request, "--json").stdout.splitlines()
    assert [json.loads(line)["status"] for line in lines] == ["pending", "rejected"]


def test_watching_a_queue_tells_programs_all_that_waits_whenever_it_is_another(
    desk: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    request, mara = desk.submit(), desk.of(MANAGER)
    [item] = [
        each
        for each in json.loads(desk.run(mara, "queue", "--json").stdout)["items"]
        if each["id"] == request
    ]
    raw = json.dumps(item).encode()
    looks = iter([[raw], [raw], []])

    def look(_: object) -> list[bytes]:
        found = next(looks, None)
        if found is None:
            raise KeyboardInterrupt
        return found

    monkeypatch.setattr(cli_watch, "sleep", lambda _: None)
    monkeypatch.setattr(cli_watch, "waiting_raw", look)
    watched = desk.run(mara, "watch", "--json")
    assert watched.exit_code == 0
    assert [json.loads(line)["items"] for line in watched.stdout.splitlines()] == [[item], []]


@pytest.mark.parametrize(("act", "code"), [("cancel", 3), ("request-changes", 5)])
def test_what_else_becomes_of_a_request_has_a_code_of_its_own(
    desk: Office, act: str, code: int
) -> None:
    request = desk.submit()
    who, more = (desk.agent, ()) if act == "cancel" else (desk.of(MANAGER), ("--reason", "Less"))
    assert desk.run(who, act, request, *more).exit_code == 0
    assert desk.run(desk.agent, "status", request, "--timeout", "5").exit_code == code


def test_watching_a_queue_tells_what_comes_and_goes(
    desk: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    request, mara = desk.submit(title="Comes and goes"), desk.of(MANAGER)
    waits = iter([lambda: desk.decide(MANAGER, request, decision="approve")])

    def between(_: float) -> None:
        approve = next(waits, None)
        if approve is None:
            raise KeyboardInterrupt
        approve()

    monkeypatch.setattr(cli_watch, "sleep", between)
    watched = desk.run(mara, "watch")
    assert watched.exit_code == 0
    lines = watched.stdout.splitlines()
    assert f"Waits for you: {request}  Comes and goes  120,000" in lines
    assert lines[-1] == f"No longer:     {request}  Comes and goes"


@pytest.mark.parametrize("request_id", ["../policy", "a/b", "x?y", "", "x" * 65])
def test_no_text_but_an_id_gets_into_an_address(desk: Office, request_id: str) -> None:
    assert desk.run(desk.agent, "status", request_id).exit_code == 64


def test_an_unknown_request_is_refused_in_words(desk: Office) -> None:
    unknown = desk.run(desk.agent, "status", "nothing")
    assert unknown.exit_code == 7
    assert unknown.stderr == "There is no request nothing that you may see. Check the id.\n"
