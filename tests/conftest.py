"""For all tests: logs stay quiet unless a test asks for them."""

import logging

import structlog


def pytest_configure() -> None:
    """The product's own lines would otherwise print for every request of every test."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
