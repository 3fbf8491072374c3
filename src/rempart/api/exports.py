"""Give something long out while it is read: a thread writes, the loop sends, and neither runs ahead of the other."""

import asyncio
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable
from typing import Final

from rempart.api.answers import StreamedAnswer
from rempart.node.service import BusyError, Caller, WritesBytes

_PART_BYTES: Final = 64 * 1024
_PARTS_AHEAD: Final = 4
_MOST_EXPORTS: Final = 4
"""Exports of one worker at a time: each holds a connection to the store while its reader takes its time."""

_MOST_OF_ONE_CALLER: Final = 2
"""Of these, so that one caller never keeps all others from theirs."""


class _Places:
    """Who has an export under way in this worker."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._taken: Counter[str] = Counter()

    def take(self, name: str) -> None:
        """Take a place for a caller.

        Raises:
            BusyError: none is left, or none for this caller.
        """
        with self._lock:
            if self._taken.total() >= _MOST_EXPORTS or self._taken[name] >= _MOST_OF_ONE_CALLER:
                raise BusyError
            self._taken[name] += 1

    def give_back(self, name: str) -> None:
        """Give a caller's place back."""
        with self._lock:
            self._taken[name] -= 1
            self._taken += Counter()  # forgets who has none


_places = _Places()


class _ReaderGoneError(Exception):
    """Nobody wants the rest of an export."""


class _Sink:
    """What an export is written to: parts go to the loop, and the writer waits while enough of them lie there."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._parts: asyncio.Queue[bytes | BaseException | None] = asyncio.Queue(_PARTS_AHEAD)
        self._buffer = bytearray()
        self._is_closed = False

    def write(self, data: bytes) -> int:
        """Take bytes from the writer's thread."""
        self._buffer += data
        if len(self._buffer) >= _PART_BYTES:
            self._give(bytes(self._buffer))
            self._buffer.clear()
        return len(data)

    def end(self, error: BaseException | None = None) -> None:
        """Say that this was all, or why it was not."""
        if error is None and self._buffer:
            self._give(bytes(self._buffer))
        self._give(error)

    def close(self) -> None:
        """Say, on the loop, that nobody reads any more."""
        self._is_closed = True
        while not self._parts.empty():
            self._parts.get_nowait()

    async def parts(self) -> AsyncIterator[bytes]:
        """Yield what was written."""
        while (part := await self._parts.get()) is not None:
            if isinstance(part, BaseException):
                raise part
            yield part

    def _give(self, part: bytes | BaseException | None) -> None:
        if self._is_closed:
            raise _ReaderGoneError
        asyncio.run_coroutine_threadsafe(self._parts.put(part), self._loop).result()


async def export_stream(
    write_to: Callable[[WritesBytes], object], *, media_type: bytes, caller: Caller
) -> StreamedAnswer:
    """Return what is written as a stream.

    Args:
        write_to: writes all of it; runs in a thread of its own.
        media_type: of what is written.
        caller: who reads it.

    Raises:
        BusyError: enough exports are under way, of this caller or of all.
        RempartError: the export could not begin.
    """
    name = caller.pace_name
    _places.take(name)
    sink = _Sink(asyncio.get_running_loop())

    def write() -> None:
        try:
            write_to(sink)
            sink.end()
        except _ReaderGoneError:
            return
        except BaseException as error:  # noqa: BLE001 - told to the reader, who is on the loop
            _end_with(sink, error)
        finally:
            _places.give_back(name)

    threading.Thread(target=write, name="export", daemon=True).start()
    parts = sink.parts()
    first = await anext(parts, b"")
    return StreamedAnswer(first=first, rest=parts, media_type=media_type, close=sink.close)


def _end_with(sink: _Sink, error: BaseException) -> None:
    try:
        sink.end(error)
    except (_ReaderGoneError, RuntimeError):  # or the loop has ended
        return
