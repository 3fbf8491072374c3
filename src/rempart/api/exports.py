"""Give something long out while it is read: a thread writes, the loop sends, and neither runs ahead of the other."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from typing import Final

from rempart.api.answers import StreamedAnswer
from rempart.node.service import BusyError, WritesBytes

_PART_BYTES: Final = 64 * 1024
_PARTS_AHEAD: Final = 4
_MOST_EXPORTS: Final = 4
"""Exports of one worker at a time: each holds a connection to the store while its reader takes its time."""

_under_way = threading.BoundedSemaphore(_MOST_EXPORTS)


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
    write_to: Callable[[WritesBytes], object], *, media_type: bytes
) -> StreamedAnswer:
    """Return what is written as a stream.

    Args:
        write_to: writes all of it; runs in a thread of its own.
        media_type: of what is written.

    Raises:
        BusyError: enough exports are under way.
        RempartError: the export could not begin.
    """
    if not _under_way.acquire(blocking=False):
        raise BusyError
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
            _under_way.release()

    threading.Thread(target=write, name="export", daemon=True).start()
    parts = sink.parts()
    first = await anext(parts, b"")
    return StreamedAnswer(first=first, rest=parts, media_type=media_type, close=sink.close)


def _end_with(sink: _Sink, error: BaseException) -> None:
    try:
        sink.end(error)
    except (_ReaderGoneError, RuntimeError):  # or the loop has ended
        return
