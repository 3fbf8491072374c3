"""The router, loaded beside the first answers: a service answers look-ups before it, and all else waits for it."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

from rempart.api.asgi import AsgiApplication, Receive, Scope, Send
from rempart.api.endpoints import Endpoint
from rempart.node.logs import log_failure

_MISSING: Final = "the router of the addresses, which could not be loaded: see the log"


class LateRouter:
    """Routes like `rempart.api.routing`, whose import takes longer than the rest of a start after the store's."""

    def __init__(self, endpoints: Callable[[], Sequence[Endpoint]]) -> None:
        """Take what gives the endpoints; nothing is loaded before `begin`, or the first request."""
        self._endpoints = endpoints
        self._loading: asyncio.Task[AsgiApplication] | None = None
        self._is_missing = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; it waits until the router is there."""
        # Shielded: a client that goes away must not end what the others wait for.
        found = await asyncio.shield(self.begin())
        await found(scope, receive, send)

    def begin(self) -> "asyncio.Task[AsgiApplication]":
        """Load the router beside the loop, once; what fails is logged, raised to who waits, and told by `lacks`.

        After a failure it is loaded again: a worker may have been out of descriptors or of memory for a moment.
        """
        if self._loading is None or (self._is_missing and self._loading.done()):
            self._loading = asyncio.create_task(self._load())
            self._loading.add_done_callback(_take_note)
        return self._loading

    async def end(self) -> None:
        """Wait for what is being loaded: a thread must not outlive the loop."""
        if self._loading is not None:
            await asyncio.wait([self._loading])

    def lacks(self) -> Sequence[str]:
        """Return what keeps the service from answering every address; empty where nothing does.

        Where the router is missing it is loaded again: nobody sends requests to a service that is not ready.
        """
        if not self._is_missing:
            return []
        self.begin()
        return [_MISSING]

    async def _load(self) -> AsgiApplication:
        try:
            found = await asyncio.to_thread(_routed, self._endpoints())
        except Exception as error:
            if not self._is_missing:
                log_failure("router-missing", error)
            self._is_missing = True
            raise
        self._is_missing = False
        return found


def _take_note(done: "asyncio.Task[AsgiApplication]") -> None:
    """Take an error that no request may ever ask for: it is logged."""
    if not done.cancelled():
        done.exception()


def _routed(endpoints: Sequence[Endpoint]) -> AsgiApplication:
    from rempart.api.routing import router  # noqa: PLC0415 - late: that is what this module is for

    return router(endpoints)
