"""One connection: uvicorn's, with limits on its head and its patience, one error shape, and a gentle end."""

import asyncio
import os
from typing import Any, Final

import msgspec
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)
from uvicorn.server import ServerState

from rempart.node.logs import log_event
from rempart.node.serving.waiting_room import WaitingRoom, origin_of

_LINGER_SECONDS: Final = 1.0
"""How long an idle connection stays when the service stops: a request may be on its way already."""
_HEAD_SECONDS: Final = 10.0
"""In which the head of a request must be whole: it is one packet or two, and needs no key."""
_REFERENCE_BYTES: Final = 12
LISTEN_STATE: Final = "rempart.listen"
"""The name in a scope's `state` under which the address stands, as `listen` writes it, where a request came in."""
WHOLE_STATE: Final = "rempart.whole"
"""The name there of what tells, when it is called, whether all of the body is here, so that no time limit is needed."""


class ServiceState(ServerState):
    """What the connections of one worker share.

    Attributes:
        is_draining: whether the worker finishes what it has and takes no more.
        connections_limit: most connections at a time.
        header_bytes: largest head of a request.
        patience_seconds: for which a reader of an answer may stand still.
        head_seconds: in which a head must have arrived.
        waiting: the connections without a request in work.
    """

    def __init__(
        self,
        *,
        connections_limit: int,
        header_bytes: int,
        patience_seconds: float,
        waiting: WaitingRoom,
    ) -> None:
        super().__init__()
        self.is_draining = False
        self.connections_limit = connections_limit
        self.header_bytes = header_bytes
        self.patience_seconds = patience_seconds
        self.head_seconds = min(patience_seconds, _HEAD_SECONDS)
        self.waiting = waiting


class Connection(HttpToolsProtocol):
    """Serves the requests of one connection, one after the other."""

    def __init__(
        self,
        config: Config,
        server_state: ServiceState,
        app_state: dict[str, Any],  # Any: uvicorn's own type
        *,
        listen: str,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        super().__init__(config, server_state, app_state, loop)
        self._state = server_state
        self._listen = listen
        self._head_bytes = 0
        self._is_in_head = True
        self._refused = False
        self.origin: str | None = None
        self._patience: asyncio.TimerHandle | None = None
        self._linger: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        """Begin; one too many takes the place of one that does not say what it wants, or is told to come again."""
        super().connection_made(transport)
        self.origin = None if self.client is None else origin_of(self.client[0])
        self._start_patience()
        waiting = self._state.waiting
        waiting.owes_head(self)
        is_full = len(self.connections) > self._state.connections_limit
        if is_full and not waiting.send_one_away(but=self):
            self._refuse(503, "busy", "The service holds all the connections that it may.")
        elif self._state.is_draining:
            self.shutdown()

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._state.waiting.leave(self)
        self._stop_patience()
        if self._linger is not None:
            self._linger.cancel()
        self._unset_keepalive_if_required()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on, within the limit of the head, whatever the parser keeps to itself."""
        if self._refused:
            return
        if self._is_in_head:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._is_in_head and self._is_head_too_large():
            self._refuse_head()
        elif not self._is_in_head and self._patience is None and self._is_idle():
            self._start_patience()  # empty lines between requests begin none, and end the wait for one

    def on_message_begin(self) -> None:
        """Begin a request: its head must arrive in time."""
        super().on_message_begin()
        self.scope["state"][LISTEN_STATE] = self._listen
        self._is_in_head = True
        self._head_bytes = 0
        if self._is_idle():
            self._state.waiting.owes_head(self)
        self._start_patience()

    def on_headers_complete(self) -> None:
        """Hand the request over, unless its head was too large."""
        self._is_in_head = False
        self._state.waiting.leave(self)
        self._stop_patience()
        if self._parsed_bytes() > self._state.header_bytes:
            self._refuse_head()
            return
        super().on_headers_complete()
        self.scope["state"][WHOLE_STATE] = self._has_whole_body
        if self._state.is_draining:
            self.cycle.keep_alive = False

    def _has_whole_body(self) -> bool:
        """Tell whether the body is here whole; also right for a request behind which another one has come in."""
        # Asked of the connection: a scope that held its own cycle would be left to the collector, with the body.
        return not self.cycle.more_body

    def on_response_complete(self) -> None:
        """Go on with the next request, or wait for one."""
        super().on_response_complete()
        if self._is_idle() and not self.transport.is_closing():
            self._state.waiting.is_idle(self)

    def make_room(self) -> None:
        """End: another needs the place more."""
        if self._is_in_head:
            self.transport.abort()  # gently would take a client's help where TLS is spoken
        else:
            self.transport.close()

    def on_body(self, body: bytes) -> None:
        """Take a part of the body."""
        if not self._refused:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """Take the end of the body."""
        if not self._refused:
            super().on_message_complete()

    def pause_writing(self) -> None:
        """Wait for the reader of the answer, but not for ever."""
        super().pause_writing()
        self._stop_patience()
        self._patience = self.loop.call_later(self._state.patience_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        """Write on."""
        self._stop_patience()
        super().resume_writing()

    def shutdown(self) -> None:
        """Finish the request in work, and wait a moment for one that is on its way; then close."""
        if not self._is_idle():
            self.cycle.keep_alive = False
            return
        self._unset_keepalive_if_required()
        self._linger = self.loop.call_later(_LINGER_SECONDS, self._close_if_idle)

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP."""
        del msg
        if not self._refused:
            hint = "Send a whole request, with its length told once and its lines ended by CR LF."
            self._refuse(400, "request", "What arrived is no request of HTTP/1.1.", hint)

    def _close_if_idle(self) -> None:
        if self._is_idle():
            self.transport.close()

    def _start_patience(self) -> None:
        self._stop_patience()
        self._patience = self.loop.call_later(self._state.head_seconds, self._lose_patience)

    def _lose_patience(self) -> None:
        headers: list[tuple[bytes, bytes]] | None = self.headers  # None before the first request
        if headers is None:
            self.transport.close()
        else:
            self._refuse(408, "head-too-slow", "The head of the request did not arrive in time.")

    def _refuse_head(self) -> None:
        limit = self._state.header_bytes
        hint = f"Send at most {limit} bytes of headers."
        self._refuse(431, "head-too-large", "The head of the request is too large.", hint)

    def _refuse(self, status: int, kind: str, message: str, hint: str = "Try again later.") -> None:
        """Answer with the one shape of errors and close; what still arrives is not read."""
        if self._refused or self.transport.is_closing():
            return
        self._refused = True
        self._state.waiting.leave(self)
        reference = os.urandom(_REFERENCE_BYTES).hex()
        log_event("connection-refused", request_id=reference, status=status, error=kind)
        detail = {"kind": kind, "message": message, "hint": hint, "reference": reference}
        body = msgspec.json.encode({"error": detail})
        lines = [
            STATUS_LINE[status],
            *(b"%b: %b\r\n" % pair for pair in self.server_state.default_headers),
            b"content-type: application/json\r\ncontent-length: %d\r\n" % len(body),
            b"cache-control: no-store\r\nx-request-id: %b\r\nconnection: close\r\n\r\n"
            % reference.encode(),
            body,
        ]
        self.transport.write(b"".join(lines))
        self._give_up_call()
        if not self.transport.can_write_eof():
            self.transport.close()
            return
        # What is still unread would make the system cut the answer off.
        self.transport.write_eof()
        self._linger = self.loop.call_later(_LINGER_SECONDS, self.transport.close)

    def _give_up_call(self) -> None:
        """Tell a request in work, whose body turned out to be none, that nobody waits for its answer any more."""
        cycle: RequestResponseCycle | None = self.cycle  # None before the first request
        if cycle is not None and not cycle.response_complete:
            cycle.disconnected = True
            cycle.message_event.set()

    def _is_head_too_large(self) -> bool:
        """Whether what arrived of a head is too much, parsed or kept by the parser to itself."""
        headers: list[tuple[bytes, bytes]] | None = self.headers  # None before the first request
        parsed = 0 if headers is None else self._parsed_bytes()
        return max(self._head_bytes, parsed) > self._state.header_bytes

    def _parsed_bytes(self) -> int:
        return len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)

    def _stop_patience(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _is_idle(self) -> bool:
        cycle: RequestResponseCycle | None = self.cycle  # None before the first request
        return cycle is None or cycle.response_complete
