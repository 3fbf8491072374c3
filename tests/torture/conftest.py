"""Services under load on either store, all of which end with their test."""

import random
import time
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


class Admitted(httpx.HTTPTransport):
    """Sends each request on a connection of its own, and again only if the service refused to begin with it.

    A write that waits two seconds for others is refused so, and on a machine with too much to do that happens. Nothing
    was done then, and nothing is lost; a connection without an answer is.
    """

    _REFUSED = (b'"kind":"busy"', b'"kind":"store-locked"')

    def __init__(self) -> None:
        # One that is kept may be closed in the moment in which it is used again.
        super().__init__(limits=httpx.Limits(max_keepalive_connections=0))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Return the first answer that is no refusal to begin, asked for as often as the refusals ask."""
        while True:
            response = super().handle_request(request)
            if response.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                return response
            content = response.read()
            if not any(each in content for each in self._REFUSED):
                return response
            response.close()
            time.sleep(min(1.0, float(response.headers["retry-after"])))


def once() -> dict[str, Any]:
    """Return what makes a client send everything once, but what the service refused to begin with."""
    return {"retries": Retries(tries=1), "transport": Admitted()}


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
