"""The router is loaded beside the first answers: once, for all who wait, and aloud where it cannot be."""

import asyncio
import errno
import sys
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from tests.api.conftest import Asking

from rempart.api import routing
from rempart.api.asgi import AsgiApplication, Message, Receive, Scope, Send
from rempart.api.endpoints import Endpoint
from rempart.api.late_router import LateRouter

SCOPE: Scope = {"type": "http"}


async def unread() -> Message:
    return {}


async def unsent(_: Message) -> None:
    return


class _Loaded:
    """Stands in for Litestar: counts how often it is made, and what it is asked."""

    def __init__(self) -> None:
        self.made = self.asked = 0
        self.error: OSError | None = None

    def __call__(self, _: Sequence[Endpoint]) -> AsgiApplication:
        self.made += 1
        if self.error is not None:
            raise self.error
        return self.answer

    async def answer(self, _scope: Scope, _receive: Receive, _send: Send) -> None:
        self.asked += 1


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> _Loaded:
    made = _Loaded()
    monkeypatch.setattr(routing, "router", made)
    return made


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the router not be loaded, as where its library is damaged."""
    monkeypatch.setitem(sys.modules, "rempart.api.routing", None)


def test_requests_that_arrive_before_it_is_there_wait_for_one_router(loaded: _Loaded) -> None:
    async def ask() -> None:
        router = LateRouter(list)
        await asyncio.gather(*(router(SCOPE, unread, unsent) for _ in range(5)))
        assert router.lacks() == []

    asyncio.run(ask())

    assert (loaded.made, loaded.asked) == (1, 5)


def test_who_gives_up_waiting_does_not_end_it_for_the_others(loaded: _Loaded) -> None:
    async def ask() -> None:
        router = LateRouter(list)
        impatient = asyncio.create_task(_ask(router))
        patient = asyncio.create_task(_ask(router))
        await asyncio.sleep(0)
        impatient.cancel()
        await patient
        assert impatient.cancelled()

    asyncio.run(ask())

    assert (loaded.made, loaded.asked) == (1, 1)


async def _ask(router: LateRouter) -> None:
    await router(SCOPE, unread, unsent)


@pytest.mark.usefixtures("broken")
def test_one_that_cannot_be_loaded_is_told_to_every_request_and_to_who_asks_for_readiness(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def ask() -> Sequence[str]:
        router = LateRouter(list)
        for _ in range(2):
            with pytest.raises(ImportError):
                await router(SCOPE, unread, unsent)
        await router.end()
        return router.lacks()

    (missing,) = asyncio.run(ask())

    assert "router" in missing
    assert [each.message for each in caplog.records] == ["router-missing"]


def test_one_that_could_not_be_loaded_is_loaded_again_when_somebody_asks(loaded: _Loaded) -> None:
    async def ask() -> None:
        router = LateRouter(list)
        loaded.error = OSError(errno.EMFILE, "Too many open files")
        with pytest.raises(OSError, match="Too many"):
            await _ask(router)
        loaded.error = None
        assert len(router.lacks()) == 1
        await router.end()
        assert router.lacks() == []
        await _ask(router)

    asyncio.run(ask())

    assert (loaded.made, loaded.asked) == (2, 1)


@pytest.mark.usefixtures("broken")
def test_a_service_without_its_router_is_not_ready_and_still_answers_look_ups(
    start: Callable[..., Asking],
) -> None:
    ask = start()
    query: dict[str, Any] = {"queries": [{"fingerprints": [{"kind": "md5", "value": "0" * 32}]}]}
    assert ask("GET", "/health/ready").status_code == 200

    torn = ask("GET", "/v1/lists/5f0c7a1e-9d3b-42a6-b8c0-d1e2f3a4b5c6")

    assert (torn.status_code, torn.json()["error"]["kind"]) == (500, "internal")
    ready = ask("GET", "/health/ready")
    assert ready.status_code == 503
    assert "router" in ready.json()["waits_for"][0]
    assert ask("POST", "/v1/match", json=query).status_code == 200
