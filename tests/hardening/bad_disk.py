"""A disk that fails: a file system of our own whose files answer late, with errors, or never.

Run as a program, it mounts itself, read-only, where its first argument says, runs the command behind, and
leaves with that command's exit code. It speaks the kernel's own protocol (linux/fuse.h, version 7) over
/dev/fuse, and wants a mount namespace of its own: what it mounts ends with it.
"""

import contextlib
import ctypes
import errno
import os
import stat
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

_ENTRY_SECONDS: Final = 60
_HEAD: Final = struct.Struct("<IIQQIII4x")
_ANSWER: Final = struct.Struct("<IiQ")
_READ: Final = struct.Struct("<QQI")
_BUFFER: Final = 1 << 21
_MOUNT_FLAGS: Final = 0x1 | 0x2 | 0x4  # read-only, no set-id programs, no devices
_DIRECT: Final = 1  # every read comes to us as it was asked, around the cache
_ROOT: Final = 1
_LOOKUP, _FORGET, _GETATTR, _OPEN, _READING, _RELEASE, _FLUSH, _INIT = 1, 2, 3, 14, 15, 18, 25, 26
_OPENDIR, _READDIR, _RELEASEDIR, _INTERRUPT, _BATCH_FORGET = 27, 28, 29, 36, 42
_UNANSWERED: Final = {_FORGET, _INTERRUPT, _BATCH_FORGET}

Read = Callable[[int, int], bytes | None]
"""Answers a read of so many bytes from an offset: bytes, an OSError, or nothing at all, for ever."""


@dataclass(slots=True)
class Node:
    """A file or a folder.

    Attributes:
        size: bytes that it says it has.
        read: what a read gives; absent for a folder.
        inside: what a folder holds; absent where it cannot be listed.
        is_direct: whether reads go around the system's cache.
    """

    size: int = 0
    read: Read | None = None
    inside: "dict[bytes, Node] | None" = field(default_factory=dict)
    is_direct: bool = False


def good(data: bytes) -> Node:
    """Return a file that answers."""
    return Node(len(data), lambda offset, size: data[offset : offset + size])


def slow(data: bytes, *, seconds: float) -> Node:
    """Return a file whose every read takes its time."""

    def read(offset: int, size: int) -> bytes:
        time.sleep(seconds)
        return data[offset : offset + size]

    return Node(len(data), read, is_direct=True)


def failing(data: bytes, *, at: int) -> Node:
    """Return a file with a bad block."""

    def read(offset: int, size: int) -> bytes:
        if offset <= at < offset + size:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return data[offset : offset + size]

    return Node(len(data), read, is_direct=True)


def changing(data: bytes) -> Node:
    """Return a file that reads differently each time that its beginning is read."""
    times = 0

    def read(offset: int, size: int) -> bytes:
        nonlocal times
        times += offset == 0
        return (data + b"%06d" % times)[offset : offset + size]

    return Node(len(data) + 6, read, is_direct=True)


def ending_early(data: bytes) -> Node:
    """Return a file that says it has twice the bytes that it gives."""
    return Node(2 * len(data), good(data).read, is_direct=True)


def silent(size: int) -> Node:
    """Return a file of which no byte ever comes."""
    return Node(size, lambda *_: None, is_direct=True)


class BadDisk:
    """Serves a folder of such files over an open /dev/fuse."""

    def __init__(self, device: int, inside: dict[bytes, Node]) -> None:
        """Number the files."""
        self._device = device
        self._nodes: list[Node] = [Node(inside=inside)]
        for each in self._nodes:
            self._nodes += (each.inside or {}).values()
        self._numbers = {id(each): number for number, each in enumerate(self._nodes, _ROOT)}

    def serve(self) -> None:
        """Answer until the file system is unmounted."""
        while True:
            try:
                asked = os.read(self._device, _BUFFER)
            except OSError as error:
                if error.errno in {errno.EINTR, errno.ENOENT, errno.EAGAIN}:
                    continue
                return
            _, operation, request, number, *_ = _HEAD.unpack_from(asked)
            if operation in _UNANSWERED:
                continue
            try:
                answer = self._answer(operation, self._nodes[number - 1], asked[_HEAD.size :])
            except OSError as error:
                self._say(request, -(error.errno or errno.EIO), b"")
            else:
                if answer is not None:
                    self._say(request, 0, answer)

    def _say(self, request: int, error: int, answer: bytes) -> None:
        head = _ANSWER.pack(_ANSWER.size + len(answer), error, request)
        with contextlib.suppress(FileNotFoundError):  # nobody waits any more
            os.write(self._device, head + answer)

    def _answer(self, operation: int, node: Node, asked: bytes) -> bytes | None:
        if operation == _READING and node.read is not None:
            _, offset, size = _READ.unpack_from(asked)
            return node.read(offset, size)
        if operation == _READDIR:
            _, offset, size = _READ.unpack_from(asked)
            return self._listed(node, offset, size)
        if operation == _LOOKUP:
            found = (node.inside or {}).get(asked.rstrip(b"\0"))
            if found is None:
                raise FileNotFoundError(errno.ENOENT, "no such file")
            number = self._numbers[id(found)]
            valid = struct.pack("<QQQQII", number, 0, _ENTRY_SECONDS, _ENTRY_SECONDS, 0, 0)
            return valid + self._status(found)
        return self._simple(operation, node)

    def _simple(self, operation: int, node: Node) -> bytes:
        if operation == _INIT:
            return struct.pack(
                "<IIIIHHIIHHI7I", 7, 31, 1 << 17, 0, 12, 9, 1 << 17, 1, 32, 0, *[0] * 8
            )
        if operation == _GETATTR:
            return struct.pack("<QII", _ENTRY_SECONDS, 0, 0) + self._status(node)
        if operation in {_OPEN, _OPENDIR}:
            return struct.pack("<QII", 0, _DIRECT if node.is_direct else 0, 0)
        if operation in {_RELEASE, _RELEASEDIR, _FLUSH}:
            return b""
        raise OSError(errno.ENOSYS, "not of this disk")

    def _status(self, node: Node) -> bytes:
        kind = stat.S_IFDIR | 0o555 if node.read is None else stat.S_IFREG | 0o444
        owner = (os.getuid(), os.getgid())
        sizes = (self._numbers[id(node)], node.size, node.size // 512 + 1)
        return struct.pack("<6Q3I7I", *sizes, 1, 1, 1, 0, 0, 0, kind, 1, *owner, 0, 4096, 0)

    def _listed(self, node: Node, offset: int, size: int) -> bytes:
        if node.inside is None:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        listed = b""
        for number, (name, each) in enumerate(node.inside.items(), 1):
            row = struct.pack("<QQII", self._numbers[id(each)], number, len(name), 0) + name
            row += b"\0" * (-len(row) % 8)
            if number > offset and len(listed) + len(row) <= size:
                listed += row
        return listed


def mount(place: Path) -> int:
    """Mount a file system that this process will serve; return the open device."""
    device = os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC)
    libc = ctypes.CDLL(None, use_errno=True)
    options = f"fd={device},rootmode=40000,user_id={os.getuid()},group_id={os.getgid()}"
    if libc.mount(b"bad", os.fsencode(place), b"fuse", _MOUNT_FLAGS, options.encode()) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return device


def example(data: bytes) -> dict[bytes, Node]:
    """Return a folder with a file of every kind; `data` is a picture."""
    return {
        b"bad-folder": Node(inside=None),
        b"changing.jpg": changing(data),
        b"ends-early.jpg": ending_early(data),
        b"fails-at-once.jpg": failing(data, at=0),
        b"fails-late.jpg": failing(data, at=len(data) - 1),
        b"good.jpg": good(data),
        b"silent.jpg": silent(len(data)),
        b"slow.jpg": slow(data, seconds=0.05),
        b"within": Node(inside={b"good.jpg": good(data)}),
    }


def main() -> int:
    """Mount the example over a folder, and run the command."""
    place, picture, *command = sys.argv[1:]
    disk = BadDisk(mount(Path(place)), example(Path(picture).read_bytes()))
    threading.Thread(target=disk.serve, daemon=True).start()
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    # What waits for a silent file can be ended in no other way than with the disk itself.
    os._exit(main())
