"""Decided clicks a second at 16 clients in Teams, beside our own door with an empty handler.

Both check the token of each click and answer it; the product also decides and stores it, and
answers with the new card.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench import click_rates
from bench.click_rates import Pair, Runs
from bench.clicks import joined, teams_click
from bench.report import Line
from bench.running import playground
from core.commands import Binding

CLIENTS = 16
GOAL = 0.4


def measure(folder: Path, count: int, rounds: int, tell: Callable[[str], None]) -> Runs:
    """So many clicks in each run; raises NotMeasured."""
    with (
        playground(folder) as (place, environment),
        click_rates.product(folder, environment) as product,
        click_rates.floor(folder, "bench.teams_floor", environment) as empty,
    ):
        join = joined(place, product)

        def click(binding: Binding, number: int) -> dict[str, Any]:
            return teams_click(binding, number, join)

        pair = Pair(
            name="Teams",
            product=product,
            floor=empty,
            click=click,
            clients=CLIENTS,
            count=count,
        )
        return click_rates.measure(pair, rounds, tell)


def lines(runs: Runs) -> list[Line]:
    """The figures, and the ratio that is the goal."""
    floor = "our own authenticated door with an empty handler, answered clicks"
    return click_rates.lines(
        runs, f"Teams clicks, {CLIENTS} clients", floor, versus="the empty handler", goal=GOAL
    )
