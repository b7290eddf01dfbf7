"""A server for the tests of a file, started when one of them asks for it."""

from collections.abc import Iterator

import pytest

from tests.bot.cli_office import Office, office


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office(tmp_path_factory.mktemp("office")) as running:
        yield running
