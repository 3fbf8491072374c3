"""Snapshot files: named arrays in one file, mapped for reading only after everything about it was checked.

Layout, little-endian: a head of 48 bytes, one record of 64 bytes for each section, then the sections, each on the next
multiple of 64 bytes with zeros between, and nothing after the last. A CRC-32 covers head and records, one each section.

A snapshot is untrusted input. The checks find every torn or altered file; a forged one with right sums still cannot
make anyone read outside it, because whoever uses a value as a position checks it. It could leave entries out: who may
write the folder decides what the index holds. A mapped file that is replaced (renamed over) stays as it was for the one
who mapped it. Truncating it in place while it is mapped ends the process: never write to a snapshot in place.
"""

import math
import mmap
import os
import stat
import struct
import sys
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from rempart.match._durable import new_file
from rempart.match.errors import SnapshotDamagedError

# An array of any element type: each kind of snapshot states its types in its sections.
AnyArray: TypeAlias = npt.NDArray[Any]

MAGIC: Final = b"RMPTSNAP"
VERSION: Final = 1

_BYTE_ORDER: Final = 0x0102_0304
_ALIGNMENT: Final = 64
_MOST_SECTIONS: Final = 32
# magic, version, byte order (as this machine writes it), kind, file size, number of sections, CRC-32 with itself zero
_HEAD: Final = struct.Struct("<8sI4s16sQII")
_HEAD_CRC_AT: Final = _HEAD.size - 4
# name, dtype, number of axes, CRC-32, length of both axes, offset, size in bytes
_RECORD: Final = struct.Struct("<16s8sIIQQQQ")


Wanted: TypeAlias = Mapping[str, tuple[tuple[int, ...], npt.DTypeLike]]
"""Shape and type of each array by name, in the order of the file."""


@dataclass(frozen=True, slots=True)
class Section:
    """What a section of a kind of snapshot must look like: its dtype as numpy writes it, its number of axes."""

    dtype: str
    axes: int
    is_required: bool = False


class _UnsoundError(Exception):
    """The reason why a file is refused; becomes SnapshotDamagedError where the path is known."""


class Room(Protocol):
    """Makes room for arrays, once: zeros of the wanted shapes and types, by name."""

    def __call__(self, wanted: Wanted, /) -> dict[str, AnyArray]:
        """Return the arrays."""
        ...


def in_memory(wanted: Wanted) -> dict[str, AnyArray]:
    """Return zeros of the wanted shapes and types."""
    return {name: np.zeros(shape, dtype) for name, (shape, dtype) in wanted.items()}


def save_snapshot(
    path: str | os.PathLike[str], *, kind: str, arrays: Mapping[str, AnyArray]
) -> None:
    """Write the arrays to a new file and rename it to `path`: whoever opens it sees the old or the new one, whole.

    Args:
        path: the file to make or replace; its folder must exist and be on one file system with it.
        kind: what the arrays are, up to 16 ASCII characters.
        arrays: arrays of one or two axes by name, in the order in which they are written.

    Raises:
        OSError: the file could not be written; an older one is untouched.
    """
    with new_snapshot(path, kind=kind) as room:
        made = room({name: (array.shape, array.dtype) for name, array in arrays.items()})
        for name, array in arrays.items():
            made[name][...] = array


@contextmanager
def new_snapshot(path: str | os.PathLike[str], *, kind: str) -> Iterator[Room]:
    """Give room for arrays in a new file, which is renamed to `path` when the block has filled them.

    What is built there needs no second copy in memory. Do not use the arrays after the block.

    Raises:
        OSError: there is no room on the disk; an older file is untouched.
    """
    with new_file(Path(path)) as file:
        made = _Made(file)
        yield made
        made.finish(kind)


class _Made:
    """A snapshot in the making: the file, mapped, and its arrays."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._arrays: dict[str, AnyArray] = {}
        self._offsets: dict[str, int] = {}

    def __call__(self, wanted: Wanted) -> dict[str, AnyArray]:
        end = _HEAD.size + _RECORD.size * len(wanted)
        for name, (shape, dtype) in wanted.items():
            self._offsets[name] = _aligned(end)
            end = _aligned(end) + math.prod(shape) * np.dtype(dtype).itemsize
        # Reserved now: a disk that is full while a mapping is written to would end the process.
        os.posix_fallocate(self._file.fileno(), 0, end)
        mapped = mmap.mmap(self._file.fileno(), end)
        for name, (shape, dtype) in wanted.items():
            array = np.frombuffer(mapped, dtype, math.prod(shape), self._offsets[name])
            self._arrays[name] = array.reshape(shape)
        self._mapped = mapped
        return self._arrays

    def finish(self, kind: str) -> None:
        """Write sums and head, and hand all of it to the file."""
        records = b""
        for name, array in self._arrays.items():
            data = memoryview(array.reshape(-1).view(np.uint8).data)
            rows, columns = (*array.shape, 1)[:2]
            dtype = array.dtype.str.encode()
            fields = (name.encode(), dtype, array.ndim, zlib.crc32(data), rows, columns)
            records += _RECORD.pack(*fields, self._offsets[name], len(data))
        order = _BYTE_ORDER.to_bytes(4, sys.byteorder)
        size, count = len(self._mapped), len(self._arrays)
        head = _HEAD.pack(MAGIC, VERSION, order, kind.encode(), size, count, 0)
        crc = zlib.crc32(records, zlib.crc32(head))
        whole = head[:_HEAD_CRC_AT] + crc.to_bytes(4, "little") + records
        self._mapped[: len(whole)] = whole
        self._mapped.flush()


def open_snapshot(
    path: str | os.PathLike[str],
    *,
    kind: str,
    sections: Mapping[str, Section],
    was_checked: bool = False,
) -> dict[str, AnyArray]:
    """Map a snapshot and return its arrays, read-only, after checking all of it.

    Args:
        path: a regular file.
        kind: the kind it must be.
        sections: what the kind may contain; a section that is not named here is refused.
        was_checked: leave out the sums over the sections, which would read the whole file; all else is checked.

    Raises:
        SnapshotDamagedError: the file is not a whole, unaltered snapshot of this kind and version.
        OSError: the file does not exist or may not be read.
    """
    try:
        mapped = _map(path)
        records = _read_head(mapped, kind)
        return _read_sections(mapped, records, sections, was_checked=was_checked)
    except _UnsoundError as error:
        raise SnapshotDamagedError(path, str(error)) from None


def _aligned(offset: int) -> int:
    return offset + -offset % _ALIGNMENT


def _map(path: str | os.PathLike[str]) -> mmap.mmap:
    # Without O_NONBLOCK, opening a pipe of that name would wait for ever.
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        state = os.fstat(handle)
        if not stat.S_ISREG(state.st_mode):
            msg = "it is not a regular file"
            raise _UnsoundError(msg)
        if state.st_size < _HEAD.size:
            msg = f"it has {state.st_size} bytes, less than the head of a snapshot"
            raise _UnsoundError(msg)
        return mmap.mmap(handle, state.st_size, access=mmap.ACCESS_READ)
    finally:
        os.close(handle)


@dataclass(frozen=True, slots=True)
class _Record:
    name: str
    dtype: str
    axes: int
    crc: int
    shape: tuple[int, ...]
    offset: int
    size: int


def _read_head(mapped: mmap.mmap, kind: str) -> list[_Record]:
    head = mapped[: _HEAD.size]
    magic, version, order, found_kind, size, count, crc = _HEAD.unpack(head)
    _require(magic == MAGIC, "it does not begin like a snapshot")
    _require(version == VERSION, f"its format is version {version}, this program reads {VERSION}")
    _require(int.from_bytes(order, sys.byteorder) == _BYTE_ORDER, "its byte order is another")
    _require(found_kind == kind.encode().ljust(16, b"\0"), f"it is not of the kind {kind}")
    _require(size == len(mapped), f"it should have {size} bytes and has {len(mapped)}")
    _require(count <= _MOST_SECTIONS, "it has too many sections")
    end = _HEAD.size + _RECORD.size * count
    _require(end <= len(mapped), "its head is torn")
    records = mapped[_HEAD.size : end]
    summed = zlib.crc32(records, zlib.crc32(head[:_HEAD_CRC_AT] + bytes(4)))
    _require(summed == crc, "the checksum of its head is wrong")
    return [_parse_record(fields) for fields in _RECORD.iter_unpack(records)]


def _parse_record(fields: tuple[Any, ...]) -> _Record:
    name, dtype, axes, crc, rows, columns, offset, size = fields
    _require(axes in {1, 2} and (axes == 2 or columns == 1), "a section has an impossible shape")  # noqa: PLR2004 - two axes at most
    return _Record(
        name=name.rstrip(b"\0").decode("ascii", "replace"),
        dtype=dtype.rstrip(b"\0").decode("ascii", "replace"),
        axes=axes,
        crc=crc,
        shape=(rows, columns)[:axes],
        offset=offset,
        size=size,
    )


def _read_sections(
    mapped: mmap.mmap,
    records: Sequence[_Record],
    sections: Mapping[str, Section],
    *,
    was_checked: bool,
) -> dict[str, AnyArray]:
    names = [record.name for record in records]
    _require(len(set(names)) == len(names), "a section stands twice")
    missing = [name for name, section in sections.items() if section.is_required]
    _require(set(missing) <= set(names), "a section is missing")
    end = _HEAD.size + _RECORD.size * len(records)
    arrays: dict[str, AnyArray] = {}
    for record in records:
        _require(record.name in sections, "it has a section of an unknown name")
        _check_place(mapped, record, sections[record.name], end)
        if not was_checked:
            _check_sum(mapped, record)
        array = np.frombuffer(mapped, record.dtype, record.size // _item(record), record.offset)
        arrays[record.name] = array.reshape(record.shape)
        end = record.offset + record.size
    _require(end == len(mapped), "something follows its last section")
    return arrays


def _check_place(mapped: mmap.mmap, record: _Record, section: Section, end: int) -> None:
    _require(record.dtype == section.dtype, f"section {record.name} has another type")
    _require(record.axes == section.axes, f"section {record.name} has another shape")
    _require(record.offset == _aligned(end), f"section {record.name} is not in its place")
    cells = record.shape[0] * (record.shape[1] if record.axes > 1 else 1)
    _require(cells * _item(record) == record.size, f"section {record.name} has a wrong size")
    _require(record.size <= len(mapped) - record.offset, f"section {record.name} is torn")
    _require(not any(mapped[end : record.offset]), "there is something between its sections")


def _check_sum(mapped: mmap.mmap, record: _Record) -> None:
    with memoryview(mapped) as whole, whole[record.offset : record.offset + record.size] as part:
        _require(zlib.crc32(part) == record.crc, f"the checksum of section {record.name} is wrong")


def _item(record: _Record) -> int:
    return np.dtype(record.dtype).itemsize


def _require(holds: bool, reason: str) -> None:  # noqa: FBT001 - reads as an assertion
    if not holds:
        raise _UnsoundError(reason)
