"""Every implementation of the store, for the tests of its contract: on SQLite and on PostgreSQL."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.postgres_server import PostgresServer
from tests.store.material import (
    START,
    Laboratory,
    Location,
    OrderedIdentifiers,
    exercise_node,
    local_principal,
)

from rempart.store import Store


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make one new store, once: its migrations take longer than most tests."""
    path = tmp_path_factory.mktemp("template") / "store.sqlite"
    identifiers = OrderedIdentifiers()
    node = exercise_node(identifiers)
    principal = local_principal(node, identifiers)
    Store.create(path, node=node, principal=principal, at=START, identifiers=identifiers).close()
    return path


@pytest.fixture
def sqlite_path(sqlite_template: Path, tmp_path: Path) -> Path:
    """Return the file of a new store that nobody has opened."""
    path = tmp_path / "store.sqlite"
    shutil.copy2(sqlite_template, path)
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres_server: PostgresServer) -> Iterator[str]:
    """Make a database with one new store, once; others are copied from it."""
    with postgres_server.database() as name:
        identifiers = OrderedIdentifiers()
        node = exercise_node(identifiers)
        principal = local_principal(node, identifiers)
        url = postgres_server.url(name)
        Store.create(url, node=node, principal=principal, at=START, identifiers=identifiers).close()
        yield name


@pytest.fixture
def postgres_store_url(postgres_server: PostgresServer, postgres_template: str) -> Iterator[str]:
    """Return the URL of a new store that nobody has opened."""
    with postgres_server.database(postgres_template) as name:
        yield postgres_server.url(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def new_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Location]]:
    """Give the places of new stores of one implementation, as many as a test wants."""
    made: list[Path] = []
    with ExitStack() as ended:

        def on_sqlite() -> Location:
            path = tmp_path / f"store-{len(made)}.sqlite"
            made.append(path)
            shutil.copy2(request.getfixturevalue("sqlite_template"), path)
            return path

        def on_postgres() -> Location:
            server = request.getfixturevalue("postgres_server")
            template = request.getfixturevalue("postgres_template")
            return str(server.url(ended.enter_context(server.database(template))))

        yield on_sqlite if request.param == "sqlite" else on_postgres


@pytest.fixture
def new_laboratory(new_store: Callable[[], Location]) -> Iterator[Callable[[], Laboratory]]:
    """Give new stores of one implementation at work, as many as a test wants."""
    made: list[Laboratory] = []

    def make() -> Laboratory:
        place = new_store()
        made.append(Laboratory(Store.open(place), place))
        return made[-1]

    yield make
    for each in made:
        each.store.close()


@pytest.fixture
def laboratory(new_laboratory: Callable[[], Laboratory]) -> Laboratory:
    """Return a new store at work."""
    return new_laboratory()


@pytest.fixture
def sqlite_laboratory(sqlite_path: Path) -> Iterator[Laboratory]:
    """Return a new store at work in a file, for what only files can show."""
    with Store.open(sqlite_path) as store:
        yield Laboratory(store, sqlite_path)
