"""The coverage list says what there is, no more and no less."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from playground import teams
from playground.teams.clicks import DEEDS
from playground.teams.coverage import ACTIVITIES, COVERAGE
from playground.teams.table import endpoints

if TYPE_CHECKING:
    from tests.playground.teams.conftest import Tenant


async def test_every_route_is_covered_once_and_everything_covered_is_a_route(
    tenant: Tenant,
) -> None:
    served = Counter((route.method, route.path) for route in teams.routes(tenant.place))
    listed = Counter((one.method, one.path) for one in COVERAGE)
    assert served == listed
    assert set(listed.values()) == {1}


async def test_the_list_names_the_operations_that_faults_and_log_use(tenant: Tenant) -> None:
    served = {(e.method, e.path, e.operation) for e in endpoints(tenant.place)}
    assert {(one.method, one.path, one.operation) for one in COVERAGE} == served
    assert {one.operation for one in COVERAGE} == teams.OPERATIONS


def test_every_test_that_the_list_names_exists() -> None:
    sources = "".join(path.read_text("utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    there = set(re.findall(r"^(?:async )?def (test_\w+)", sources, flags=re.MULTILINE))
    named = {test for one in COVERAGE for test in one.tested_by}
    assert named - there == set()
    assert all(one.tested_by for one in COVERAGE)


def test_every_source_is_a_public_page_of_the_vendor() -> None:
    assert {one.source.split("/")[2] for one in COVERAGE} == {"learn.microsoft.com"}


def test_what_a_person_can_do_is_listed() -> None:
    assert set(ACTIVITIES) == set(DEEDS)
