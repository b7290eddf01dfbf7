"""What operators copy: the image, compose, the proxy and the systemd unit, judged by others' tools
where they are here, and by what our own settings and routes are."""

import configparser
import json
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from adapters.webhook.schema import Seconds
from bot.settings import STOP_SECONDS
from tests.architecture.test_docs_names import routes

ROOT = Path(__file__).parents[2]
OPERATE = ROOT / "docs" / "operate"
DOCKERFILE = (ROOT / "Dockerfile").read_text()
UNIT = OPERATE / "countersign.service"
NGINX = (OPERATE / "nginx.conf").read_text()
TIMES = {"s": 1, "m": 60}
LONGEST_POLL: int = Seconds.__metadata__[0].le  # type: ignore[attr-defined] # what Annotated adds

MOST_EXPOSED = 15
"""Tenths of systemd's exposure level: 10 and below is what it calls safe, above 20 is too much."""


def compose() -> dict[str, Any]:
    found: dict[str, Any] = YAML(typ="safe").load((OPERATE / "compose.yaml").read_text())
    return found


SERVICES = compose()["services"]


def program(name: str) -> str:
    """Where a tool is: beside the interpreter, or on the path; skips without it."""
    found = shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed here")
    return found


def seconds(text: str) -> int:
    return int(text[:-1]) * TIMES[text[-1]]


# --- the image -----------------------------------------------------------------------------


def instructions(text: str) -> list[tuple[str, str]]:
    """(word, rest) of each instruction, lines joined."""
    joined = re.sub(r"\\\n", " ", re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE))
    lines = [line.strip() for line in joined.splitlines() if line.strip()]
    return [
        (word, " ".join(rest.split())) for word, _, rest in (each.partition(" ") for each in lines)
    ]


def test_the_dockerfile_is_clean_by_its_linter() -> None:
    run = [program("hadolint"), "--no-color", "--failure-threshold", "style", "Dockerfile"]
    done = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_linter_sees_what_is_wrong(tmp_path: Path) -> None:
    wrong = tmp_path / "Dockerfile"
    wrong.write_text("FROM python:latest\nRUN cd /tmp && pip install countersign\n")
    run = [program("hadolint"), "--no-color", str(wrong)]
    done = subprocess.run(run, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert {"DL3007", "DL3003", "DL3013"} <= set(re.findall(r"DL\d+", done.stdout))


def test_the_image_runs_as_nobody_special_and_holds_nothing_that_was_not_checked() -> None:
    found = instructions(DOCKERFILE)
    bases = [rest for word, rest in found if word == "FROM"]
    assert all(re.fullmatch(r"python:3\.\d+\.\d+-slim-\w+( AS \w+)?", base) for base in bases)
    assert len({base.split()[0] for base in bases}) == 1, "what is built there runs here"
    final = found[max(n for n, (word, _) in enumerate(found) if word == "FROM") :]
    words = dict(final)
    assert re.fullmatch(r"[1-9]\d+:[1-9]\d+", words["USER"])
    assert words["STOPSIGNAL"] == "SIGTERM"
    assert json.loads(words["ENTRYPOINT"]) == ["countersign"]
    assert json.loads(words["CMD"])[0] == "serve"
    assert json.loads(words["HEALTHCHECK"].partition(" CMD ")[2])[0] == "python"
    fetching = [rest for word, rest in found if word == "RUN" and "pip download" in rest]
    assert all("--require-hashes --only-binary :all:" in each for each in fetching)
    installs = re.findall(
        r"pip (?:install|wheel)[^&]*", " ".join(r for w, r in found if w == "RUN")
    )
    assert installs
    assert all("--no-index" in each for each in installs), "from here on nothing is fetched"
    assert not any(word in ("ADD", "ARG") for word, _ in found)


def test_everything_that_the_image_is_made_of_is_let_in_and_no_secret_is() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    let_in = {rule[1:] for rule in rules if rule.startswith("!")}
    copied = [rest.split() for word, rest in instructions(DOCKERFILE) if word == "COPY"]
    sources = {name for parts in copied if not parts[0].startswith("--") for name in parts[:-1]}
    assert sources == let_in
    assert all((ROOT / name).exists() for name in let_in)
    assert {"**/.env", "**/*.pem", "**/*.db", "**/*.encryption-key"} <= set(rules)


def test_every_package_of_ours_is_in_the_image() -> None:
    import tomllib

    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"][
        "targets"
    ]
    for package in wheel["wheel"]["packages"]:
        assert f"COPY {package} ./{package}\n" in DOCKERFILE


# --- compose -------------------------------------------------------------------------------


def test_the_compose_file_is_one_by_its_specification() -> None:
    if find_spec("check_jsonschema") is None:
        pytest.skip("check-jsonschema, which carries the schema, is not installed here")
    judge = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    run = [*judge, str(OPERATE / "compose.yaml")]
    done = subprocess.run(run, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_pinned_watched_and_started_again(name: str) -> None:
    service = SERVICES[name]
    assert re.fullmatch(r"[a-z]+:\d+\.\d+(\.\d+)?(-\w+)?", service["image"])
    assert service["healthcheck"]["test"][0] == "CMD"
    assert service["restart"] == "unless-stopped"


def test_every_setting_of_the_servers_is_one() -> None:
    known = "\n".join(p.read_text() for p in (ROOT / "bot").glob("*.py"))
    for service in (SERVICES["server-1"], SERVICES["server-2"]):
        assert {key for key in service["environment"] if f'"{key}"' not in known} == set()
        for value in service["environment"].values():
            names = re.findall(r"\$\{([^}]*)\}", value)
            assert all(":?" in each for each in names), "nothing is left out in silence"


def test_the_servers_have_the_time_to_stop_and_what_they_need_to_start() -> None:
    server = SERVICES["server-1"]
    assert SERVICES["server-2"] == server
    stop = int(server["environment"]["COUNTERSIGN_STOP_SECONDS"])
    assert stop < seconds(server["stop_grace_period"])
    assert server["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    assert (
        server["environment"]["COUNTERSIGN_SIGNING_KEY"] == f"/run/secrets/{server['secrets'][0]}"
    )
    assert set(server["secrets"]) <= set(compose()["secrets"])


def test_only_the_proxy_is_reached_from_outside_and_the_database_by_the_servers_only() -> None:
    assert [name for name in SERVICES if "ports" in SERVICES[name]] == ["proxy"]
    assert SERVICES["postgres"]["networks"] == ["inside"]
    assert SERVICES["proxy"]["networks"] == ["outside"]
    assert compose()["networks"]["inside"] == {"internal": True}


# --- the proxy -----------------------------------------------------------------------------


def test_the_proxy_knows_the_servers_and_waits_longer_than_the_longest_poll() -> None:
    upstream = re.findall(r"^\s*server ([\w-]+):8080 ", NGINX, re.MULTILINE)
    assert upstream == [name for name in SERVICES if name.startswith("server-")]
    [reads] = re.findall(r"proxy_read_timeout (\w+);", NGINX)
    assert seconds(reads) > LONGEST_POLL


def test_every_route_goes_through_the_proxy_but_what_is_for_the_inside() -> None:
    exact = set(re.findall(r"location = (\S+) \{ proxy_pass", NGINX))
    prefixes = tuple(re.findall(r"location (/\S+) \{ proxy_pass", NGINX))
    paths = {path for _, path in routes()} | {"/slack/install", "/slack/oauth_redirect"}
    kept = {path for path in paths if path not in exact and not path.startswith(prefixes)}
    assert kept == {"/readyz", "/metrics"} & paths
    assert exact <= paths, "a route that is not there"


def test_the_proxy_writes_down_no_address_that_lets_people_decide() -> None:
    assert "access_log off;" in NGINX
    for path in ("/decide/", "/signin"):
        [place] = re.findall(rf"location {path} \{{ (.*?) \}}", NGINX)
        assert "error_log /dev/null;" in place, path


# --- systemd -------------------------------------------------------------------------------


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """The unit with a program that is there in the place of the one that is not."""
    path = tmp_path / UNIT.name
    path.write_text(UNIT.read_text().replace("/opt/countersign/bin/countersign ", "/bin/true "))
    return path


def test_the_unit_is_one_by_systemd(unit: Path) -> None:
    run = [program("systemd-analyze"), "verify", str(unit)]
    done = subprocess.run(run, capture_output=True, text=True, check=False)
    about_it = [line for line in done.stderr.splitlines() if unit.name in line]
    assert (done.returncode, about_it) == (0, [])


def test_the_unit_gives_away_little_by_systemd(unit: Path) -> None:
    limit = f"--threshold={MOST_EXPOSED}"
    run = [program("systemd-analyze"), "security", "--offline=yes", limit, str(unit)]
    done = subprocess.run(run, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-200:]


def test_the_unit_starts_reloads_and_stops_what_there_is() -> None:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign] # names keep their capitals
    parser.read_string(UNIT.read_text())
    service = parser["Service"]
    assert re.search(r"/countersign serve --host 127\.0\.0\.1 --port \d+", service["ExecStart"])
    assert service["ExecReload"] == "/bin/kill -HUP $MAINPID"
    assert int(service["TimeoutStopSec"]) > STOP_SECONDS
    assert service["User"] not in ("", "root")
    assert service["WorkingDirectory"] == f"/var/lib/{service['StateDirectory']}"
