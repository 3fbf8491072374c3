"""Every implementation of the store, for the tests of its contract. A store on PostgreSQL becomes a second one."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.store.material import (
    START,
    Laboratory,
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


@pytest.fixture(params=["sqlite"])
def new_laboratory(
    request: pytest.FixtureRequest, sqlite_template: Path, tmp_path: Path
) -> Iterator[Callable[[], Laboratory]]:
    """Give new stores of one implementation, as many as a test wants."""
    assert request.param == "sqlite"
    made: list[Laboratory] = []

    def make() -> Laboratory:
        path = tmp_path / f"store-{len(made)}.sqlite"
        shutil.copy2(sqlite_template, path)
        made.append(Laboratory(Store.open(path), path))
        return made[-1]

    yield make
    for each in made:
        each.store.close()


@pytest.fixture
def laboratory(new_laboratory: Callable[[], Laboratory]) -> Laboratory:
    """Return a new store at work."""
    return new_laboratory()
