"""Clients of a real application in this process, and of a service on loopback whose connections die."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from tests.api.conftest import Asking, ask, new_node, start

from rempart.api import Application
from rempart.client import Client

__all__ = ["InProcess", "ask", "client", "client_of", "new_node", "start"]

ADDRESS = "http://127.0.0.1"


class InProcess(httpx.BaseTransport):
    """Hands requests to an application, and waits for the whole answer."""

    def __init__(self, application: Application, runner: asyncio.Runner) -> None:
        self._inner = httpx.ASGITransport(application, raise_app_exceptions=False)
        self._runner = runner

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self._runner.run(self._handle(request))

    async def _handle(self, request: httpx.Request) -> httpx.Response:
        response = await self._inner.handle_async_request(request)
        content = await response.aread()
        return httpx.Response(response.status_code, headers=response.headers, content=content)


ClientOf = Callable[..., Client]


@pytest.fixture
def client_of() -> Iterator[ClientOf]:
    """Make clients of an application, with the key of whoever asks it."""
    made: list[Client] = []

    def make(asking: Asking, **given: Any) -> Client:
        transport = InProcess(asking.application, asking.runner)
        made.append(Client(ADDRESS, asking.key, transport=transport, **given))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def client(ask: Asking, client_of: ClientOf) -> Client:
    """Make a client with every role."""
    return client_of(ask)
