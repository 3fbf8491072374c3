"""Services under load on either store, all of which end with their test."""

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.postgres_server import PostgresServer
from tests.torture.load import LIST, Actor
from tests.torture.running import RunningService, make_key, make_node

from rempart.client import Retries

StartFunction = Callable[..., RunningService]
ActorsFunction = Callable[..., list[Actor]]


def once() -> dict[str, Any]:
    """Return what makes a client send everything once, on a connection of its own.

    One that is kept may be closed in the moment in which it is used again.
    """
    limits = httpx.Limits(max_keepalive_connections=0)
    return {"retries": Retries(tries=1), "transport": httpx.HTTPTransport(limits=limits)}


@pytest.fixture
def start(tmp_path: Path) -> Iterator[StartFunction]:
    """Start services on new nodes, or on folders that are given; all of them end with the test."""
    started: list[RunningService] = []

    def begin(
        folder: Path | None = None, *, store: str = "", workers: int = 2, **settings: str
    ) -> RunningService:
        if folder is None:
            folder = make_node(tmp_path / f"node-{len(started)}", store=store)
        started.append(RunningService(folder, workers=workers, **settings))
        return started[-1].start()

    yield begin
    for each in started:
        each.end()


@pytest.fixture
def actors_of() -> Iterator[ActorsFunction]:
    """Make actors with keys and names of their own."""
    made: list[Actor] = []

    def make(service: RunningService, count: int = 4, *, is_patient: bool = True) -> list[Actor]:
        for number in range(len(made), len(made) + count):
            key = make_key(service.node)
            dice = random.Random(f"20261122 {number}")
            principal = str(key.key.principal.id)
            client = service.client(key.text, **({} if is_patient else once()))
            made.append(Actor(f"actor-{number}", principal, key.text, client, dice))
        if not any(each.name == LIST for each in made[0].client.every_list()):
            made[0].client.add_list(LIST)
        return made[-count:]

    yield make
    for each in made:
        each.client.close()


@pytest.fixture
def durable_server() -> Iterator[PostgresServer]:
    """Start a server of this test's own that a kill does not harm."""
    with PostgresServer(is_durable=True) as server:
        yield server
