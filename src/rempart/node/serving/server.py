"""The HTTP server of one worker: accepts from the inherited sockets, serves, and ends without losing a request."""

import asyncio
import contextlib
import errno
import socket
import ssl
from collections.abc import Awaitable, Callable, Generator, Mapping, Sequence
from typing import Final

import uvicorn

from rempart.node.logs import log_event
from rempart.node.serving.connection import Connection, ServiceState
from rempart.node.serving.load_board import LoadBoard
from rempart.node.serving.sockets import Listener
from rempart.node.serving.tls import HANDSHAKE_SECONDS, tls_context
from rempart.node.serving.waiting_room import WaitingRoom
from rempart.node.settings import Settings

_GIVE_WAY_SECONDS: Final = 0.002
_WITHOUT_DESCRIPTORS_SECONDS: Final = 0.1
_POLL_SECONDS: Final = 0.02
_LAST_ACCEPTS: Final = 4096
_NO_DESCRIPTORS: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
Application = Callable[..., Awaitable[None]]


class StartFailedError(Exception):
    """The application did not start; its own error is the cause, where there is one."""


class Server(uvicorn.Server):
    """Serves one application on sockets that others accept from too."""

    def __init__(
        self,
        application: Application,
        settings: Settings,
        listeners: Sequence[Listener],
        *,
        load: LoadBoard,
        slot: int,
        is_ready: Callable[[], None],
        is_alive: Callable[[], None],
    ) -> None:
        """Take the parts.

        Args:
            application: ASGI.
            settings: limits, proxies, certificate.
            listeners: inherited sockets.
            load: where this worker says how many connections it holds.
            slot: number of this worker there.
            is_ready: called once, when the first request may come.
            is_alive: called about ten times a second from the loop.

        Raises:
            OSError: the certificate cannot be read.
        """
        super().__init__(_config(application, settings))
        self.server_state = self._state = ServiceState(
            connections_limit=settings.connections,
            header_bytes=settings.header_bytes,
            patience_seconds=settings.request_seconds,
            waiting=WaitingRoom(settings.connections, knows_clients=not settings.trusted_proxies),
        )
        self._listeners = listeners
        self._tls: ssl.SSLContext | None = tls_context(settings)
        self._load, self._slot = load, slot
        self._is_ready, self._is_alive = is_ready, is_alive
        self._shutdown_seconds = settings.shutdown_seconds
        self._arriving: dict[asyncio.Task[None], None] = {}  # in the order in which they came
        self._gave_way: set[str] = set()

    def begin_to_leave(self) -> None:
        """Stop accepting and finish what is there; `serve` then returns."""
        self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start the application, then accept.

        Raises:
            StartFailedError: the application did not start.
        """
        del sockets
        starting = asyncio.create_task(self.lifespan.startup())
        while not starting.done() and not self.should_exit:
            await asyncio.wait([starting], timeout=_POLL_SECONDS)
        if not starting.done():
            return  # told to leave before it could begin: what waits is cancelled with the loop
        await starting
        if self.lifespan.should_exit:
            raise StartFailedError
        self._load.set(self._slot, 0)
        for listener in self._listeners:
            self._listen(listener)
        self.servers = []
        self.started = True
        self._is_ready()

    async def on_tick(self, counter: int) -> bool:
        """Say that the loop runs, and whether to end."""
        self._is_alive()
        self._count()
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept no more, finish what is there within the time that is allowed, end the application."""
        del sockets
        self._load.leave(self._slot)
        loop = asyncio.get_running_loop()
        for listener in self._listeners:
            loop.remove_reader(listener.socket)
            for _ in range(_LAST_ACCEPTS):
                if not self._accept(listener):
                    break
            listener.socket.close()
        self._state.is_draining = True
        for connection in list(self.server_state.connections):
            connection.shutdown()
        try:
            async with asyncio.timeout(self._shutdown_seconds):
                await self._all_finished()
        except TimeoutError:
            log_event("requests-cut-off", count=len(self.server_state.tasks))
            for task in [*self.server_state.tasks, *self._arriving]:
                task.cancel()
        await self.lifespan.shutdown()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Leave signals alone: the worker has its own answer to them."""
        yield

    async def _all_finished(self) -> None:
        state = self.server_state
        while self._arriving or state.connections or state.tasks:  # noqa: ASYNC110 - sets of uvicorn tell nobody
            await asyncio.sleep(_POLL_SECONDS)

    def _listen(self, listener: Listener) -> None:
        if not self.should_exit:
            loop = asyncio.get_running_loop()
            loop.add_reader(listener.socket, self._knocked, listener)

    def _knocked(self, listener: Listener) -> None:
        """Accept one connection, or let a worker with fewer connections do so, for a moment."""
        self._count()
        if listener.setting not in self._gave_way and self._load.others_hold_less(self._slot):
            self._gave_way.add(listener.setting)
            self._pause(listener, _GIVE_WAY_SECONDS)
            return
        self._gave_way.discard(listener.setting)
        self._accept(listener)

    def _count(self) -> None:
        self._load.set(self._slot, self._holds())

    def _holds(self) -> int:
        return len(self.server_state.connections) + len(self._arriving)

    def _pause(self, listener: Listener, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        loop.remove_reader(listener.socket)
        loop.call_later(seconds, self._listen, listener)

    def _accept(self, listener: Listener) -> bool:
        """Accept one connection; return whether there was one."""
        try:
            accepted, _ = listener.socket.accept()
        except OSError as error:
            if error.errno in _NO_DESCRIPTORS:
                log_event("connections-exhausted", error=errno.errorcode[error.errno])
                self._pause(listener, _WITHOUT_DESCRIPTORS_SECONDS)
            return False
        accepted.settimeout(0)
        loop = asyncio.get_running_loop()
        task = loop.create_task(self._arrive(accepted, listener.setting, loop))
        if self._tls is not None and self._holds() >= self._state.connections_limit:
            self._drop_oldest_handshake()
        self._arriving[task] = None

        def arrived(done: asyncio.Task[None]) -> None:
            self._arriving.pop(done, None)
            if done.cancelled():  # before it began: else it closes what it was given
                accepted.close()

        task.add_done_callback(arrived)
        return True

    def _drop_oldest_handshake(self) -> None:
        """Make room for one that arrives: who does not finish the handshake of TLS goes first."""
        oldest = next(iter(self._arriving), None)
        if oldest is not None:
            del self._arriving[oldest]
            oldest.cancel()

    async def _arrive(
        self, accepted: socket.socket, listen: str, loop: asyncio.AbstractEventLoop
    ) -> None:
        def connection() -> Connection:
            return Connection(
                self.config, self._state, self.lifespan.state, listen=listen, loop=loop
            )

        try:
            if self._tls is None:
                await loop.connect_accepted_socket(connection, accepted)
            else:
                await loop.connect_accepted_socket(
                    connection, accepted, ssl=self._tls, ssl_handshake_timeout=HANDSHAKE_SECONDS
                )
        except (OSError, asyncio.CancelledError):
            # Nobody is there any more, or does not speak TLS.
            accepted.close()


class LifespanWatch:
    """Passes everything to the application, and keeps the error with which it did not start."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self.error: BaseException | None = None

    async def __call__(self, scope: Mapping[str, object], receive: object, send: object) -> None:
        """Answer one scope of ASGI."""
        if scope["type"] != "lifespan":
            await self._application(scope, receive, send)
            return
        try:
            await self._application(scope, receive, send)
        except BaseException as error:
            self.error = error
            raise


def _config(application: Application, settings: Settings) -> uvicorn.Config:
    return uvicorn.Config(
        application,
        loop="uvloop",
        http=Connection,
        ws="none",
        lifespan="on",
        interface="asgi3",
        log_config=None,
        access_log=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies),
        server_header=False,
        timeout_keep_alive=settings.keep_alive_seconds,
        timeout_graceful_shutdown=settings.shutdown_seconds,
    )
