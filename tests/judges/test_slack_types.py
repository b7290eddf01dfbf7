"""Slack's own TypeScript types judge the blocks and views that we make."""

import json
from pathlib import Path

import pytest
from msgspec.structs import replace

from adapters.slack import (
    absences,
    away,
    forms,
    home,
    home_together,
    listing,
    menu,
    modals,
    notices,
    render,
)
from adapters.slack.actions import Where
from adapters.slack.manifest import manifest
from core.card import RemarkLine, Verb
from core.chat.home_place import Place
from core.chat.home_port import Approved, Shelf, Wish
from core.chat.port import AbsenceLine, Absences, Queue
from core.ports import Notice, OwnNews
from core.refusals import Reason
from tests.adapters.slack import homes
from tests.adapters.slack.cards import MORE, NOW, REQUEST, card, form
from tests.judges.cards import EVERY_CARD, ITEM
from tests.judges.typescript import MISSING, Values, available, judged

pytestmark = pytest.mark.skipif(not available(), reason=MISSING)

BLOCKS = "import type { KnownBlock, View } from '@slack/types';"
MANIFEST = """
import type { AppsManifestValidateArguments } from '@slack/web-api';
type Manifest = Exclude<AppsManifestValidateArguments['manifest'], string>;
"""
MENUS = ((), MORE[:5], MORE)
REMARKS = (RemarkLine(name="Ann", text="Which budget?", at=NOW, question=True),)
ACCOUNTS = (
    AbsenceLine(id="a1", giver="Ann", taker="Bob", starts=NOW, ends=None),
    AbsenceLine(id="a2", giver="*Ann*", taker="<@U1>", starts=NOW, ends=NOW),
)
KINDS = ("result", "reminder", "question", "held", "break_glass")
WHERE = Where(channel="C1", ts="1.2")
SHELVES = (Place(), Place(wish=Wish(shelf=Shelf.OWN)), Place(wish=Wish(due=True, after="1.x")))
GOLDENS = sorted((Path(__file__).parents[1] / "adapters" / "slack" / "golden").glob("*.json"))


def messages() -> list[object]:
    """Messages of every kind."""
    found: list[object] = [render.blocks(card) for card in EVERY_CARD]
    found += [render.blocks(card(more=more, remarks=REMARKS, note="Revision 2")) for more in MENUS]
    found.append(listing.queue(Queue(items=(ITEM,), more=3)).blocks)
    found += [listing.usage("What?").blocks, absences.listed(Absences(items=ACCOUNTS)).blocks]
    found += [json.loads(golden.read_text("utf-8"))["blocks"] for golden in GOLDENS]
    notice = Notice(kind="", request="R1", title="New ERP *system*", text="<!here> Too dear")
    news = (OwnNews(request="R2", title="Two *chairs*", text="Approved by Dana"),)
    day = replace(notice, items=(ITEM, replace(ITEM, comments=2)), more=3, own=news, own_more=1)
    found.append(notices.message(day).blocks)
    return found + [notices.message(replace(notice, kind=kind)).blocks for kind in KINDS]


def views() -> list[object]:
    """Modals of every kind."""
    found: list[object] = [forms.view(form(verb, intro="So."), "New ERP", WHERE) for verb in Verb]
    found += [menu.choices(card(more=more), WHERE) for more in MENUS]
    found += [modals.whole_action(EVERY_CARD[0]), modals.history("R1", "10:00 Ann asked.")]
    found += [modals.card(card(more=MORE), WHERE, lead="So."), modals.sentence("Recorded.")]
    full = homes.full()
    found += [home.view(page, each) for page in (full, homes.page()) for each in SHELVES]
    found.append(home_together.question([homes.bound(1)], full.items, "H1"))
    refused = Approved(request="R1", text="It has changed.", refused=Reason.STALE_CARD)
    found += [home_together.outcome([refused]), away.view(Absences(items=full.away), "H1")]
    return found


def a_wrong_manifest() -> object:
    wrong = manifest("https://a.example")
    wrong["settings"]["interactivity"]["requests_url"] = "https://a.example"
    return wrong


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the judge says of everything below."""
    made = [
        manifest("https://a.example", socket=socket, oauth=oauth)
        for socket in (False, True)
        for oauth in (False, True)
    ]
    shown = [("KnownBlock[]", message) for message in messages()]
    shown += [("View", view) for view in views()]
    wrong = [{"type": "header", "text": {"type": "mrkdwn", "text": REQUEST}}]
    files: dict[str, Values] = {
        "shown": (BLOCKS, shown),
        "wrong_block": (BLOCKS, [("KnownBlock[]", wrong)]),
        "manifests": (MANIFEST, [("Manifest", one) for one in made]),
        "wrong_manifest": (MANIFEST, [("Manifest", a_wrong_manifest())]),
    }
    return judged(tmp_path_factory.mktemp("types"), files)


def test_every_message_and_view_is_of_slacks_own_types(said: dict[str, str]) -> None:
    assert said["shown"] == ""


def test_the_judge_finds_a_wrong_block(said: dict[str, str]) -> None:
    assert "error TS" in said["wrong_block"]


def test_the_manifest_is_of_slacks_own_types(said: dict[str, str]) -> None:
    assert said["manifests"] == ""


def test_the_judge_finds_a_wrong_manifest(said: dict[str, str]) -> None:
    assert "error TS" in said["wrong_manifest"]
