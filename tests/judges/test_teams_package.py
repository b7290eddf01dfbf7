"""Microsoft's own library judges the manifest of the Teams app against its schema.

https://www.npmjs.com/package/@microsoft/app-manifest, which carries every version's schema.
"""

import copy
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from adapters.teams.manifest import MOST_DEVELOPER, MOST_NAME, TeamsApp, manifest
from tests.judges.slack_emulator import PACKAGES, node

Json = dict[str, Any]
HERE = PACKAGES / "@microsoft" / "app-manifest"
SCRIPT = Path(__file__).with_name("manifest.mjs")
pytestmark = pytest.mark.skipif(
    not HERE.exists() or node() is None,
    reason="Node and the packages of package.json are not installed (npm install)",
)

APP = TeamsApp(
    bot="22222222-BBBB-4bbb-8bbb-000000000002",
    url="https://countersign.example.com",
    version="0.1.0",
)


def found(made: Json, folder: Path) -> list[str]:
    """What the library finds wrong."""
    path = folder / "manifest.json"
    path.write_text(json.dumps(made))
    program = node()
    assert program is not None
    command = [program, str(SCRIPT), str(PACKAGES), str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    wrong: list[str] = json.loads(done.stdout)
    return wrong


def test_the_manifest_is_valid(tmp_path: Path) -> None:
    assert found(manifest(APP), tmp_path) == []


def test_the_longest_that_may_be_given_is_valid(tmp_path: Path) -> None:
    app = TeamsApp(
        bot=APP.bot,
        url=f"https://countersign.example.com/{'x' * 2016}",
        version="999999999.0.1",
        name="n" * MOST_NAME,
        developer="d" * MOST_DEVELOPER,
    )
    assert found(manifest(app), tmp_path) == []


def test_the_judge_knows_slash_commands_and_finds_what_is_wrong(tmp_path: Path) -> None:
    wrong = copy.deepcopy(manifest(APP))
    wrong["bots"][0]["commandLists"][0]["triggers"] = ["shout"]
    del wrong["icons"]["outline"]
    said = "\n".join(found(wrong, tmp_path))
    assert "triggers" in said
    assert "outline" in said
    older = manifest(APP) | {"manifestVersion": "1.28"}
    older["$schema"] = older["$schema"].replace("v1.29", "v1.28")
    assert "upportsTargetedMessages" in "\n".join(found(older, tmp_path)) or found(older, tmp_path)
