"""The application: every operation behind one frame, over one service that opens and ends with it."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from itertools import groupby
from typing import Final

from rempart.api.asgi import Receive, Scope, Send
from rempart.api.endpoints import Endpoint, OpenService
from rempart.api.frame import Frame
from rempart.api.hma import HmaApplication, take, taken
from rempart.api.late_router import LateRouter
from rempart.api.metrics import Metrics
from rempart.api.openapi import description_operation
from rempart.api.operations import Operation
from rempart.api.routes import every_operation
from rempart.node import NodeFolder
from rempart.node.hma import HmaService
from rempart.node.logs import log_event
from rempart.node.service import Service
from rempart.node.settings import Settings

_INDEX_SECONDS: Final = 240.0
"""How long a start waits for the index; then all but matching is answered, and `/health/ready` says what is missing."""
_INDEX_POLL_SECONDS: Final = 0.05
_SECONDS_TO_THE_REST: Final = 0.25
"""For so long after a start nothing is loaded that look-ups do without: other workers of the machine start as well."""


def _nothing_more(_: Service) -> None:
    """Start nothing."""


class Application:
    """An ASGI application: Litestar routes, our frame goes around it.

    Addresses without a name in them are found without the router, which costs a fifth of a small look-up, and a
    third of a second before the first one: it is loaded when the service is open.
    """

    def __init__(
        self,
        opening: Callable[[], Service],
        *,
        once_open: Callable[[Service], None] = _nothing_more,
    ) -> None:
        """Declare everything; the service opens when the application starts.

        Args:
            opening: opens it; called in a thread.
            once_open: starts what the first answers can do without; called from the loop soon after the start.
        """
        self._opening = opening
        self._once_open = once_open
        self._opened = OpenService()
        self.metrics: Final = Metrics()
        self._router = LateRouter(lambda: self._endpoints)
        operations = every_operation(self.metrics, self._router.lacks)
        self.operations: Final = (*operations, description_operation(operations))
        self._endpoints = _endpoints(self.operations, self._opened)
        self._plain = {each.path: each for each in self._endpoints if "{" not in each.path}
        self._hma = HmaApplication(self._opened, self.metrics)
        self._frame = Frame(self._route, self.metrics, self._opened)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or begin and end."""
        if scope["type"] == "http":
            take(scope)  # first of all: a token in the address must not reach a log
            await self._frame(scope, receive, send)
        else:
            await self._live(receive, send)

    async def _route(self, scope: Scope, receive: Receive, send: Send) -> None:
        endpoint = self._plain.get(scope["path"])
        if endpoint is not None:
            await endpoint(scope, receive, send)
        elif taken(scope) is not None:
            await self._hma(scope, receive, send)
        else:
            await self._router(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        """Begin and end, as the server says. An error goes through to it, which tells it where it must be told."""
        await receive()
        has_started = False
        try:
            async with self.lifespan():
                has_started = True
                await send({"type": "lifespan.startup.complete"})
                loop = asyncio.get_running_loop()
                later = loop.call_later(_SECONDS_TO_THE_REST, self._begin_the_rest)
                await receive()
                later.cancel()
        except BaseException:
            if not has_started:
                await send({"type": "lifespan.startup.failed"})
            raise
        await send({"type": "lifespan.shutdown.complete"})

    def _begin_the_rest(self) -> None:
        self._router.begin()
        self._once_open(self._opened.service)

    @asynccontextmanager
    async def lifespan(self) -> AsyncIterator[None]:
        """Open the service at the start, and close it in the end."""
        service = await asyncio.to_thread(self._opening)
        try:
            self._hma.open(await asyncio.to_thread(HmaService, service))
            await _until_it_can_match(service)
            self._opened.set(service)
            yield
        finally:
            await self._router.end()
            self._opened.set(None)
            await asyncio.to_thread(service.close)


async def _until_it_can_match(service: Service) -> None:
    """Wait for the index that the keeper builds, so that a service that says it serves does; not for ever."""
    loop = asyncio.get_running_loop()
    last = loop.time() + _INDEX_SECONDS
    if service.live.waits_for is not None:
        log_event("index-awaited", seconds=_INDEX_SECONDS)
    while service.live.waits_for is not None:
        if loop.time() >= last:
            log_event("index-missing", level=logging.WARNING, seconds=_INDEX_SECONDS)
            return
        await asyncio.sleep(_INDEX_POLL_SECONDS)


def create_application(folder: NodeFolder, settings: Settings) -> Application:
    """Return the ASGI application of one worker; the supervisor calls this by its name.

    Args:
        folder: of the node; its service is opened when the application starts, in the process that will answer.
        settings: as the supervisor read them.
    """
    return Application(lambda: Service.open(folder, settings), once_open=Service.warm_up)


def _endpoints(operations: Iterable[Operation], opened: OpenService) -> Sequence[Endpoint]:
    by_path = sorted(operations, key=lambda each: each.path)
    return [
        Endpoint(path, group, opened) for path, group in groupby(by_path, lambda each: each.path)
    ]
