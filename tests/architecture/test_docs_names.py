"""The docs and the code name the same things, in both directions: routes, commands, sentences."""

import re
import runpy
from types import SimpleNamespace
from typing import Any, cast

import pytest

from adapters.slack.app import PATH as SLACK
from adapters.slack.app import words as slack_words
from adapters.slack.asking import Requests
from adapters.teams.app import PATH as TEAMS
from adapters.teams.commands import COMMANDS as TEAMS_WORDS
from adapters.web.app import DECIDE
from adapters.webhook.app import build
from adapters.webhook.routes import OPERATIONS
from adapters.webhook.routes_acts import ACTS
from adapters.webhook.schema import Strict, SubmitBody
from adapters.webhook.schema_acts import RedeemBody, RevisionBody
from adapters.webhook.state import Exposed
from adapters.webhook.strict_json import parse
from adapters.webhook.validate import body_of
from bot.books import FIRST_POLICY
from bot.cli_keys import Scope
from bot.documents import read_document
from bot.settings import SettingsError, read_settings
from core.cards.buttons import LABELS
from core.policy.text import read_policy
from core.refusals import SENTENCES, Reason
from tests.architecture.test_docs import COMMANDS, NEWS, PAGES, ROOT, TEXT
from tests.ports import a_chat

README = (ROOT / "README.md").read_text()
RULES = (ROOT / "docs" / "rules.md").read_text()
PROSE = RULES.split("## Every refusal")[0]
ACTS_TABLE = PROSE.split("## The same acts everywhere")[1]

_QUOTE = re.compile(r"^> (.+)$", re.MULTILINE)
_ROUTE = re.compile(r"\b(GET|POST|PUT|DELETE)\s+(/[\w./{}?=-]*)")
_FILE = re.compile(r"`((?:core|adapters|storage|bot|playground|tests|docs)/[\w./*-]+)`")
_MODULE = re.compile(r"`((?:core|adapters|storage|bot)(?:\.[A-Za-z_]+)+)`")
_PREFIXES = "COUNTERSIGN|SLACK|MICROSOFT|TEAMS|OPENAI|SMTP"


def routes() -> set[tuple[str, str]]:
    """Everything the server answers."""
    desk, none = cast("Any", SimpleNamespace(ring=None)), cast("Any", None)
    api = build(desk, none, int, {}, "0", exposed=Exposed(none))
    found = {(route.method, route.path) for route in api}
    return found | {("POST", SLACK), ("POST", TEAMS), ("GET", DECIDE), ("POST", DECIDE)}


def pattern(sentence: str) -> re.Pattern[str]:
    """A sentence of a refusal, with anything in the places to be filled in."""
    parts = re.split(r"\{[a-z_]+\}", sentence)
    return re.compile(".*".join(map(re.escape, parts)))


SAID = [pattern(said) for reason, said in SENTENCES.items() if reason is not Reason.INVALID_FIELD]
"""All but the one that consists of places to be filled in, and so is like any sentence."""


# --- what pages say is so ----------------------------------------------------------------


def test_every_route_in_the_docs_exists() -> None:
    shown = {(m, p.split("?")[0].rstrip(".")) for m, p in _ROUTE.findall(TEXT)}
    assert len(shown) > len(OPERATIONS)
    assert shown <= routes()


def test_every_sentence_quoted_in_the_rules_is_one_that_people_read() -> None:
    table = PROSE.split("| rule | sentence |")[1].split("\n\n")[0]
    quotes = [*_QUOTE.findall(PROSE), *re.findall(r"\| ([^|]+) \|$", table, re.MULTILINE)]
    assert len(quotes) > 20
    assert [q for q in quotes if not any(said.fullmatch(q.strip()) for said in SAID)] == []


def test_every_scope_in_the_docs_can_be_given() -> None:
    assert set(re.findall(r"--scope ([a-z_]+)", TEXT)) <= set(Scope)


def test_every_setting_in_the_docs_is_known() -> None:
    read_in = [*(ROOT / "bot").glob("*.py"), *(ROOT / "adapters").glob("*/settings.py")]
    read_in += [
        ROOT / "tests" / "contract" / "postgres.py",
        *(ROOT / "tests").glob("*/test_kills.py"),
    ]
    known = "\n".join(p.read_text() for p in read_in)
    named = set(re.findall(rf"\b(?:{_PREFIXES})_[A-Z_]+\b", TEXT))
    assert named
    assert {name for name in named if f'"{name}"' not in known} == set()


def test_what_the_docs_put_into_the_environment_keeps_no_server_from_starting() -> None:
    ours = set(re.findall(r"\bCOUNTERSIGN_[A-Z_]+\b", TEXT))
    with pytest.raises(SettingsError) as refused:  # "x" is the address of no database
        read_settings(dict.fromkeys(ours, "x"))
    assert [p.key for p in refused.value.problems if p.problem == "is not a setting"] == []


def test_every_name_in_the_docs_stands_in_the_code() -> None:
    """Events, keys of the policy, members of the API, reasons: none that was renamed since."""
    floors = ("core", "adapters", "bot", "storage", "client")
    code = "\n".join(p.read_text() for floor in floors for p in (ROOT / floor).rglob("*.py"))
    words = set(re.findall(r"\b[a-z]+(?:_[a-z]+)+\b", code))
    named = set(re.findall(r"`([a-z]+(?:_[a-z]+)+)`", TEXT))
    assert named
    assert named - words == set()


def test_every_body_in_the_readme_is_one_that_the_api_takes() -> None:
    shown = re.findall(r"/v1/(\S+) -H(?:(?!curl).)*?-d '(\{.*?\})'\n", README, re.DOTALL)
    types: dict[str, type[Strict]] = {
        "requests": SubmitBody,
        "requests/$ID/revisions": RevisionBody,
        "tokens/redeem": RedeemBody,
    }
    assert [path for path, _ in shown] == list(types)
    for path, body in shown:
        assert body_of(parse(body.replace("'$TOKEN'", "e30").encode()), types[path])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_and_module_that_a_page_names_is_there(page: Any) -> None:
    text = "" if page.name == NEWS else page.read_text()
    files = [name for name in _FILE.findall(text) if not any(ROOT.glob(name.rstrip("/")))]
    modules = [name for name in _MODULE.findall(text) if not _is_module(name)]
    assert (files, modules) == ([], [])


def _is_module(name: str) -> bool:
    """Whether the name leads to a module, or to something that one defines."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        path = ROOT.joinpath(*parts[:length])
        if path.is_dir() and length == len(parts):
            return True
        if path.with_suffix(".py").is_file():
            rest = parts[length:]
            source = path.with_suffix(".py").read_text()
            return all(re.search(rf"\b(?:class|def) {part}\b|^{part}\b", source) for part in rest)
    return False


def test_the_excerpt_of_a_policy_in_the_readme_has_no_mistakes() -> None:
    [excerpt] = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
    whole = FIRST_POLICY.replace("rules: []\n", excerpt)
    assert len(read_policy(read_document(whole), whole, None).rules) == 2


# --- what there is, pages say ------------------------------------------------------------


def test_every_route_is_described() -> None:
    said = {(m, p.split("?")[0].rstrip(".")) for m, p in _ROUTE.findall(TEXT)}
    assert routes() <= said


@pytest.mark.parametrize("path", [" ".join(path) for path in COMMANDS])
def test_every_command_is_described(path: str) -> None:
    assert re.search(rf"countersign {path}\b", TEXT)


@pytest.mark.parametrize("scope", list(Scope))
def test_every_scope_is_described(scope: Scope) -> None:
    assert f"`{scope}`" in (ROOT / "docs" / "run.md").read_text()


def test_every_act_stands_in_the_table_of_acts() -> None:
    for label in set(LABELS.values()):
        assert f"| {label} |" in ACTS_TABLE, label
    for act in ACTS:
        assert f"`{act.method} {act.path}`" in ACTS_TABLE, act.id


def test_every_word_for_the_chat_is_described() -> None:
    chat = a_chat(None)
    words = slack_words(chat, Requests(chat.asking, cast("Any", None)))
    for word in {*words, *TEAMS_WORDS}:
        assert re.search(rf"`{word}\b|`/approvals {word}\b", TEXT), word


def test_the_tables_of_all_pages_are_drawn_from_the_present_code() -> None:
    draw = runpy.run_path(str(ROOT / "docs" / "draw.py"))
    for page in draw["PAGES"]:
        text = page.read_text()
        assert draw["filled"](text) == text, f"run: python docs/draw.py ({page.name})"


def test_every_drawing_has_its_place_on_a_page() -> None:
    draw = runpy.run_path(str(ROOT / "docs" / "draw.py"))
    marked = set(re.findall(r"<!-- drawn: ([a-z ]+) -->", TEXT))
    assert marked == set(draw["drawn"]())
