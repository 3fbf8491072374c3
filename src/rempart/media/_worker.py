"""One worker process: imports, warms up, enters its sandbox, then works on one file after another."""

import contextlib
import faulthandler
import gc
import importlib
import os
import signal
import socket
from collections.abc import Callable
from typing import Any, Final

import msgspec

from rempart.media._assignment import Assignment
from rempart.media._messages import Kind, ProtocolError, Reply, receive_file, send_reply
from rempart.media._sandbox import OPEN_FILES, bind_life_to_parent, enter_sandbox
from rempart.media._warming_up import warm_up
from rempart.media.limits import WorkerLimits

CHANNEL: Final = 3
"""Descriptor of the socket to the pool; whatever is open above it when a file is done is a leak."""

_FAILURE_BYTES: Final = 1000

Work = Callable[..., bytes]
"""Called with descriptor and request, and with an `Answer` where the pool takes parts."""


class Answer:
    """What a worker says about one file before it is done with it.

    Saying something waits while the pool does not want to hear it.
    """

    def __init__(self, channel: socket.socket, number: int, *, response_bytes: int) -> None:
        self._channel = channel
        self._number = number
        self._response_bytes = response_bytes

    def part(self, payload: bytes) -> None:
        """Give one part of the answer.

        Raises:
            ValueError: it is larger than a message may be.
        """
        if len(payload) > self._response_bytes:
            msg = f"a part has at most {self._response_bytes} bytes, not {len(payload)}"
            raise ValueError(msg)
        self._say(Kind.PART, payload)

    def working(self) -> None:
        """Say that the work goes on, which it may for as long again as for one file."""
        self._say(Kind.WORKING, b"")

    def _say(self, kind: Kind, payload: bytes) -> None:
        try:
            send_reply(self._channel, Reply(kind, self._number, payload))
        except OSError as error:  # no decoder may take it for trouble with its file
            raise SystemExit(1) from error


def main(assignment_text: str) -> None:
    """Run a worker until its pool is gone.

    Args:
        assignment_text: an `Assignment` as JSON.
    """
    assignment = msgspec.json.decode(assignment_text, type=Assignment)
    bind_life_to_parent(assignment.parent)
    faulthandler.disable()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if assignment.channel != CHANNEL:
        os.dup2(assignment.channel, CHANNEL)
        os.close(assignment.channel)
    with socket.socket(fileno=CHANNEL) as channel:
        work = _start(assignment, channel)
        if work is not None:
            with contextlib.suppress(OSError, ProtocolError):
                _serve(channel, work, assignment.limits, in_parts=assignment.in_parts)


def nothing(descriptor: int, request: bytes) -> bytes:
    """Return the request unchanged: work for whoever only wants to know the sandbox."""
    del descriptor
    return request


def _start(assignment: Assignment, channel: socket.socket) -> Work | None:
    """Import, warm up, enter the sandbox and say so; say what failed where it fails."""
    try:
        work: Work = _find(assignment.work)
        warm_up()
        if assignment.warm_up is not None:
            _find(assignment.warm_up)()
        gc.collect()
        gc.freeze()
        sandbox = enter_sandbox(assignment.limits, CHANNEL)
    except Exception as error:  # noqa: BLE001 - whatever it is, the pool has to hear of it
        text = f"{type(error).__name__}: {error}".encode()[:_FAILURE_BYTES]
        send_reply(channel, Reply(Kind.FAILED, 0, text))
        return None
    send_reply(channel, Reply(Kind.READY, 0, sandbox.encode()))
    return work


def _find(place: str) -> Callable[..., Any]:
    """Return the callable at `module:name`."""
    module, _, name = place.partition(":")
    found: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return found


def _serve(channel: socket.socket, work: Work, limits: WorkerLimits, *, in_parts: bool) -> None:
    while (job := receive_file(channel, request_bytes=limits.request_bytes)) is not None:
        number, request, descriptor = job
        answer = Answer(channel, number, response_bytes=limits.response_bytes)
        reply = _do(work, number, (descriptor, request, *((answer,) if in_parts else ())))
        if len(reply.payload) > limits.response_bytes:
            reply = Reply(Kind.RAISED, number, b"ResponseTooLargeError")
        _close_leaks()
        send_reply(channel, reply)


def _do(work: Work, number: int, arguments: tuple[object, ...]) -> Reply:
    try:
        return Reply(Kind.DONE, number, work(*arguments))
    except MemoryError:
        return Reply(Kind.NO_MEMORY, number, b"")
    except Exception as error:  # noqa: BLE001 - the outermost loop: the pool records it
        return Reply(Kind.RAISED, number, type(error).__name__.encode()[:_FAILURE_BYTES])


def _close_leaks() -> None:
    """Close the file just read and whatever else the work left open above the socket."""
    os.closerange(CHANNEL + 1, OPEN_FILES)
