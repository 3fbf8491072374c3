"""The messages between a pool and its workers, over Unix sockets of sequential packets.

The kernel keeps the boundaries of packets: a worker cannot lie about a length or leave half a message behind.

Pool to worker: number of the file (4 bytes), request; the open file comes along as a descriptor.
Worker to pool: kind (1 byte), number (4 bytes), payload. A file is answered by any number of parts, where the pool
takes parts at all, and one last message.
"""

import os
import socket
from dataclasses import dataclass
from enum import Enum
from typing import Final

NUMBER_BYTES: Final = 4
_HEADER_BYTES: Final = 1 + NUMBER_BYTES
_NUMBERS: Final = 1 << 8 * NUMBER_BYTES


class Kind(Enum):
    """What a worker says."""

    READY = b"R"
    """It is warm and inside its sandbox; the payload names the sandbox."""
    FAILED = b"F"
    """It cannot start; the payload says why."""
    WORKING = b"W"
    """It is not done with the file, and nothing is wrong; there is no payload."""
    PART = b"P"
    """The payload is one part of the answer; more follows."""
    DONE = b"D"
    """The payload is what the work returned, and the last part of the answer."""
    NO_MEMORY = b"M"
    """The work needed more memory than there is."""
    RAISED = b"E"
    """The work raised; the payload names the class of the exception."""


_KINDS: Final = {kind.value: kind for kind in Kind}


class ProtocolError(Exception):
    """What came over the socket is no message."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One message of a worker."""

    kind: Kind
    number: int
    payload: bytes


def next_number(number: int) -> int:
    """Return the number of the file after this one; numbers begin again after four bytes."""
    return (number + 1) % _NUMBERS


def send_file(channel: socket.socket, number: int, request: bytes, descriptor: int) -> None:
    """Hand one open file with its request to a worker.

    Raises:
        OSError: the worker is gone, or does not listen.
    """
    socket.send_fds(channel, [number.to_bytes(NUMBER_BYTES, "big"), request], [descriptor])


def receive_file(channel: socket.socket, *, request_bytes: int) -> tuple[int, bytes, int] | None:
    """Return number, request and descriptor of the next file; None when the pool is gone.

    Raises:
        ProtocolError: the message has another form.
    """
    message, descriptors, _, _ = socket.recv_fds(channel, NUMBER_BYTES + request_bytes, 1)
    if not message:
        return None
    if len(descriptors) != 1 or len(message) < NUMBER_BYTES:
        for each in descriptors:
            os.close(each)
        raise ProtocolError
    number = int.from_bytes(message[:NUMBER_BYTES], "big")
    return number, message[NUMBER_BYTES:], descriptors[0]


def send_reply(channel: socket.socket, reply: Reply) -> None:
    """Say one thing to the pool.

    Raises:
        OSError: the pool is gone.
    """
    channel.send(reply.kind.value + reply.number.to_bytes(NUMBER_BYTES, "big") + reply.payload)


def receive_reply(channel: socket.socket, *, response_bytes: int) -> Reply | None:
    """Return the next message of an untrusted worker; None when it is gone.

    Descriptors that it sends along are dropped by the kernel.

    Raises:
        ProtocolError: the message is too large or has another form.
        BlockingIOError: it has said nothing.
    """
    try:
        message, _, flags, _ = channel.recvmsg(_HEADER_BYTES + response_bytes)
    except ConnectionError:
        return None
    if not message:
        return None
    kind = _KINDS.get(message[:1])
    if kind is None or len(message) < _HEADER_BYTES or flags & socket.MSG_TRUNC:
        raise ProtocolError
    return Reply(kind, int.from_bytes(message[1:_HEADER_BYTES], "big"), message[_HEADER_BYTES:])
