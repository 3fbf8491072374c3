"""Services for HMA's clients: on exercise nodes, and on a live one."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.hma.running import Client, Running, write_settings

from rempart.model.principals import OrganisationKind
from rempart.node import create_node

MakeRunning = Callable[..., Running]


@pytest.fixture(scope="session")
def new_nodes(tmp_path_factory: pytest.TempPathFactory) -> dict[bool, Path]:
    """Make an exercise node and a live one, to be copied."""
    made = {}
    for is_exercise in (True, False):
        made[is_exercise] = tmp_path_factory.mktemp("new") / "node"
        create_node(
            made[is_exercise],
            organisation="Exercise Node",
            kind=OrganisationKind.PLATFORM,
            jurisdiction="FR",
            is_exercise=is_exercise,
        ).close()
    return made


@pytest.fixture
def run(new_nodes: dict[bool, Path], tmp_path: Path) -> Iterator[MakeRunning]:
    """Run services of nodes of one's own."""
    with ExitStack() as stack:

        def make(*, is_exercise: bool = True, **settings: object) -> Running:
            folder = tmp_path / f"node-{len(list(tmp_path.iterdir()))}"
            shutil.copytree(new_nodes[is_exercise], folder)
            write_settings(folder, settings)
            return stack.enter_context(Running(folder))

        yield make


@pytest.fixture
def running(run: MakeRunning) -> Running:
    """Run the service of one exercise node."""
    return run()


@pytest.fixture
def client(running: Running) -> Client:
    """Ask with a key that has every role of HMA's routes."""
    return running.client()


@pytest.fixture(scope="session")
def lasting(
    new_nodes: dict[bool, Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    """Run one service for all tests that do not mind what others did before."""
    folder = tmp_path_factory.mktemp("lasting") / "node"
    shutil.copytree(new_nodes[True], folder)
    write_settings(folder, {})
    with Running(folder) as running:
        yield running


@pytest.fixture
def guest(lasting: Running) -> Iterator[Client]:
    """Ask the lasting service, whose banks are emptied afterwards."""
    client = lasting.client()
    yield client
    client.post("/dev/factory_reset")


@pytest.fixture(scope="session")
def reading(
    new_nodes: dict[bool, Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    """Run one service for all tests that send media: its sandboxed workers start once."""
    folder = tmp_path_factory.mktemp("reading") / "node"
    shutil.copytree(new_nodes[True], folder)
    write_settings(folder, {"fetch_hosts": ["127.0.0.1"], "fetch_loopback": True, "workers": 1})
    with Running(folder) as running:
        yield running
