"""Decided clicks a second at 32 clients, beside Slack Bolt's own empty handler.

Both check the signature of each click and answer it; the product also decides and stores it
before it answers.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench import click_rates, scenario
from bench.click_rates import Pair, Runs
from bench.clicks import slack_click
from bench.report import Line
from bench.throughput import CONNECTIONS
from core.commands import Binding

GOAL = 0.25


def measure(folder: Path, count: int, rounds: int, tell: Callable[[str], None]) -> Runs:
    """So many clicks in each run; raises NotMeasured."""
    environment = scenario.environment(folder, "http://127.0.0.1:9")
    secret = environment["SLACK_SIGNING_SECRET"]

    def click(binding: Binding, number: int) -> dict[str, Any]:
        return slack_click(binding, number, secret)

    with (
        click_rates.product(folder, environment) as product,
        click_rates.floor(folder, "bench.bolt_floor", {"SLACK_SIGNING_SECRET": secret}) as bolt,
    ):
        pair = Pair(
            name="Slack",
            product=product,
            floor=bolt,
            click=click,
            clients=CONNECTIONS,
            count=count,
        )
        return click_rates.measure(pair, rounds, tell)


def lines(runs: Runs) -> list[Line]:
    """The figures, and the ratio that is the goal."""
    floor = "Bolt's AsyncApp with an empty handler, answered clicks"
    return click_rates.lines(
        runs, f"Slack clicks, {CONNECTIONS} clients", floor, versus="Bolt", goal=GOAL
    )
