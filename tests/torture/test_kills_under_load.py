"""Kill workers, keeper, the whole service and the database at any moment: nothing accepted is lost or doubled."""

import random
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.postgres_server import PostgresServer
from tests.torture.conftest import ActorsFunction, StartFunction
from tests.torture.load import Load
from tests.torture.running import RunningService
from tests.torture.verdict import all_promises_are_kept

pytestmark = [
    pytest.mark.enable_socket,
    pytest.mark.allow_hosts(["127.0.0.1"]),
    pytest.mark.timeout(600),
]


class Killer:
    """Kills what it is told at a moment that nobody chose."""

    def __init__(self, service: RunningService, server: PostgresServer | None, seed: str) -> None:
        self._service, self._server = service, server
        self._dice = random.Random(seed)

    def strike(self, whom: str) -> None:
        """Kill, and let it come back."""
        threading.Event().wait(self._dice.random() * 0.05)
        if whom == "worker":
            self._dice.choice(self._service.workers()).kill()
        elif whom == "keeper":
            self._service.keeper().kill()
        elif whom == "service":
            self._service.kill()
            self._service.start()
        else:
            assert self._server is not None
            self._server.kill()
            self._server.start()


def strikes(killer: Killer, load: Load, whom: Sequence[str]) -> None:
    """Kill one after the other under load."""
    with load:
        load.goes_on()
        for each in whom:
            killer.strike(each)
            load.goes_on()


def test_kills_of_every_process_lose_and_double_nothing(
    start: StartFunction, actors_of: ActorsFunction, tmp_path: Path
) -> None:
    service = start()
    actors = actors_of(service)

    strikes(Killer(service, None, "1"), Load(actors), ["worker", "keeper", "service"])

    all_promises_are_kept(service, actors, tmp_path)


def test_kill_of_the_database_loses_and_doubles_nothing(
    start: StartFunction,
    actors_of: ActorsFunction,
    tmp_path: Path,
    durable_server: PostgresServer,
) -> None:
    service = start(store=durable_server.url())
    actors = actors_of(service)

    strikes(Killer(service, durable_server, "2"), Load(actors), ["database", "service"])

    all_promises_are_kept(service, actors, tmp_path)


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_many_kills_at_random_points_lose_and_double_nothing(
    start: StartFunction,
    actors_of: ActorsFunction,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    *,
    engine: str,
    seed: int,
) -> None:
    server = None if engine == "sqlite" else request.getfixturevalue("durable_server")
    service = start(store="" if server is None else server.url())
    actors = actors_of(service)
    choices = ["worker", "worker", "keeper", "service"] + ["database"] * (server is not None)
    whom = random.Random(seed).choices(choices, k=10)

    strikes(Killer(service, server, f"{seed}"), Load(actors), whom)

    all_promises_are_kept(service, actors, tmp_path)
