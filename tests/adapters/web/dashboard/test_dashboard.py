"""The dashboard's page and files: for whom, what they hold, and what can do no harm in them."""

import csv
import io
import json

import pytest
from msgspec.structs import replace

from adapters.web.pages import TEMPLATES
from core.insight.figures import DAY, LONGEST_DAYS, Asked, Figures, StageFigures
from tests.adapters.web.dashboard.samples import (
    ADA,
    FINN,
    HOSTILE,
    NOW,
    RECORD,
    figures,
    requests,
    rig,
)

FILES = ["/dashboard/figures.csv", "/dashboard/figures.json"]


async def test_an_administrator_sees_everybodys_figures() -> None:
    dashboard, door, kept = rig(ADA)
    answer = await door.call(dashboard.look, "/dashboard?days=90&rule=purchase-order")
    text = answer.text or ""
    assert answer.status == 200
    assert kept.asked == [
        Asked(first=NOW // DAY - 89, last=NOW // DAY, rule="purchase-order", people=True)
    ]
    for said in (
        '<dd class="figure">51 of 62 (82%)</dd>',  # deadlines kept
        '<dd class="figure">41 of 50 (82%)</dd>',  # people agreed with the model
        ">Finn<",
        "1 of 3",  # too few for a percentage
        "figures.csv?days=90&amp;rule=purchase-order",
    ):
        assert said in text, said


async def test_others_see_their_own_figures_and_no_names() -> None:
    dashboard, door, kept = rig(FINN)
    answer = await door.call(dashboard.look, "/dashboard")
    text = answer.text or ""
    assert answer.status == 200
    assert "<dt>Waiting for you now</dt><dd>3</dd>" in text
    assert "<svg" not in text
    assert kept.asked == [], "nothing of everybody's is even read"


@pytest.mark.parametrize("path", FILES)
async def test_others_get_no_files(path: str) -> None:
    dashboard, door, kept = rig(FINN)
    handler = dashboard.csv if path.endswith("csv") else dashboard.json
    answer = await door.call(handler, path)
    assert answer.status == 403
    assert kept.asked == []


async def test_text_from_outside_is_text() -> None:
    dashboard, door, _ = rig()
    text = (await door.call(dashboard.look, "/dashboard")).text or ""
    assert "<script>alert" not in text
    assert "\u202e" not in text
    assert "&lt;script&gt;alert(1)" in text


async def test_a_mistake_in_the_address_is_said() -> None:
    dashboard, door, kept = rig()
    answer = await door.call(dashboard.look, "/dashboard?from=2026-13-01")
    assert answer.status == 400
    assert 'role="alert">Write a day as 2026-01-31.' in (answer.text or "")
    file = await door.call(dashboard.csv, "/dashboard/figures.csv?days=31")
    assert file.status == 400
    assert len(kept.asked) == 1, "only the page shows the usual instead"


async def test_what_no_filter_narrows_says_so() -> None:
    dashboard, door, _ = rig()
    by_rule = (await door.call(dashboard.look, "/dashboard?rule=purchase-order")).text or ""
    by_agent = (await door.call(dashboard.look, "/dashboard?agent=purchasing")).text or ""
    assert "ll agents" not in by_rule
    assert by_agent.count("Of all agents.") == 2
    assert "What ended is counted of all agents" in by_agent


async def test_nothing_is_said_to_be_nothing() -> None:
    dashboard, door, kept = rig()
    kept.found, kept.cases = Figures(asked=Asked(first=1, last=2)), ()
    text = (await door.call(dashboard.look, "/dashboard")).text or ""
    assert "Nothing was submitted or decided" in text
    assert '<dd class="figure">none</dd>' in text
    assert "<figure" not in text


async def test_the_largest_page_with_style_and_script_is_small() -> None:
    dashboard, door, kept = rig()
    found = figures(Asked(first=1, last=LONGEST_DAYS, people=True))
    names = [f"purchases-of-region-{n}" for n in range(200)]
    kept.found = replace(
        found,
        by_rule={name: requests(n) for n, name in enumerate(names)},
        by_agent={name: requests(n) for n, name in enumerate(names)},
        stages={
            (name, name): replace(stage, approved=stage.approved * 1000)
            for name, stage in zip(names, [*found.stages.values()] * 100, strict=True)
        },
        people={f"{name}@example.com": found.people[FINN.email] for name in names},
        open_stages={(name, name): found.open for name in names},
    )
    page = await door.call(dashboard.look, "/dashboard?days=366")
    static = TEMPLATES.parent / "static"
    beside = sum((static / name).stat().st_size for name in ("base.css", "dashboard.css", "app.js"))
    assert isinstance(page.body, bytes)
    assert len(page.body) + beside < 100_000
    assert "Drawn are the first 6 of 200." in (page.text or ""), "what is left out is said"
    assert "The first 8 of 200; the files have all." in (page.text or "")


async def test_the_table_is_one_figure_a_line_and_calculates_nothing() -> None:
    dashboard, door, _ = rig()
    answer = await door.call(dashboard.csv, "/dashboard/figures.csv?from=2026-11-01&to=2026-11-03")
    assert answer.content_type == "text/csv"
    name = 'attachment; filename="figures-2026-11-01-2026-11-03.csv"'
    assert answer.headers["Content-Disposition"] == name
    text = answer.text or ""
    assert text.count("\r\n") == text.count("\n"), "RFC 4180"
    head, *rows = csv.reader(io.StringIO(text, newline=""))
    assert head == ["group", "name", "stage", "from", "to", "figure", "value"]
    days = ["2026-11-01", "2026-11-03"]
    assert ["total", "", "", *days, "passed_break_glass", "1"] in rows
    assert ["total", "", "", *days, "nine_of_ten_within_seconds", str(26 * 3600)] in rows
    assert ["stage", "purchase-order", "Manager", *days, "breached", "11"] in rows
    assert ["person", "finn@example.com", "", *days, "open", "9"] in rows
    assert ["advice", "openai:model", "approve 90 to 100%", "", "", "agreed", "139"] in rows
    assert ["open_stage", "purchase-order", "Manager", "", "", "overdue", "3"] in rows
    assert not [cell for row in rows for cell in row if cell[:1] in ("=", "+", "-", "@")]
    assert any(row[1].startswith("'=cmd") for row in rows)


async def test_the_object_holds_all_figures() -> None:
    dashboard, door, _ = rig()
    answer = await door.call(dashboard.json, "/dashboard/figures.json?days=7&agent=purchasing")
    assert isinstance(answer.body, bytes)
    found = json.loads(answer.body)
    assert found["filters"] == {
        "rule": None,
        "category": None,
        "agent": "purchasing",
        "stage": None,
    }
    assert (found["from"], found["to"]) == ("2026-11-17", "2026-11-23")
    assert found["total"]["passed"] == {"auto_approve": 30, "break_glass": 1}
    assert found["total"]["automatic"] == 30
    assert found["total"]["half_within_seconds"] == 42 * 60
    assert found["total"]["by_model"] == {"cases": 50, "agreed": 41}
    assert len(found["series"]) == 7
    assert found["by_rule"][1]["rule"] == HOSTILE
    assert (
        found["stages"][0] | {"rule": "purchase-order", "stage": "Manager", "kept": 48}
        == (found["stages"][0])
    )
    assert found["people"][0]["person"] == FINN.email
    assert found["advice"][0]["confidence_to"] == 59
    assert found["open"]["ages"] == [2, 4, 3, 2, 3, 0, 0]


def test_every_figure_of_a_stage_is_in_the_files() -> None:
    from adapters.web.dashboard.export import as_json

    found = json.loads(as_json(figures(), RECORD, NOW))
    members = set(StageFigures.__struct_fields__) - {"took"}
    assert members <= set(found["stages"][0])
