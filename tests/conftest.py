"""For all tests: logs stay quiet unless a test asks for them; the longest files come first."""

import gc
import logging
from collections.abc import Generator

import pytest
import structlog

LONGEST = (
    "survival/test_kills.py",
    "e2e/test_crash_points.py",
    "e2e/test_linking.py",
    "survival/test_replicas.py",
    "e2e/test_openapi.py",
    "e2e/test_faults.py",
    "contract/test_channel_clicks.py",
    "core/test_properties.py",
    "judges/test_agents_playground.py",
    "survival/test_year.py",
    "survival/test_outage.py",
    "e2e/test_attacks_linking.py",
    "e2e/test_browser.py",
    "playground/test_page_teams.py",
    "adapters/teams/test_hostile_words.py",
    "contract/test_migrations_beside.py",
    "playground/test_page_people.py",
    "playground/test_page_slack.py",
    "e2e/test_cli.py",
    "e2e/test_email_browser.py",
    "e2e/test_replicas.py",
    "judges/test_slack_types.py",
    "judges/test_slack_arguments.py",
    "judges/test_teams_cards.py",
    "client/test_against_server.py",
    "real/test_approval_log.py",
)
"""Files that take the most seconds, which nobody could know from the number of their tests."""


def pytest_configure(config: pytest.Config) -> None:
    """The product's own lines would otherwise print for every request of every test."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    # Workers take files in the order of `pytest_collection_modifyitems`, not by number of tests:
    # https://pytest-xdist.readthedocs.io/en/stable/distribution.html
    config.option.loadscopereorder = False


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is collected lives until the end: nobody need look through it for garbage."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first, so that none begins when all other workers are done."""
    places = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(_file(item), len(LONGEST)))


def _file(item: pytest.Item) -> str:
    return item.nodeid.partition("::")[0].partition("/")[2]
