"""What any test may ask for: a server of PostgreSQL, and an empty database of it."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings
from tests.postgres_server import PostgresServer

# How long it takes to draw an example or to test it depends on what else the machine does, not on the program.
settings.register_profile(
    "house",
    settings.get_profile("default"),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("house")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """Start one server for this process's tests, when the first of them wants it."""
    with PostgresServer() as server:
        yield server


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """Return the URL of an empty database, for a node or a store of one test."""
    with postgres_server.database() as name:
        yield postgres_server.url(name)
