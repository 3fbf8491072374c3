"""Members of a zip: the directory at its end is the authority, each member's own header is held against it."""

import struct
from collections.abc import Callable, Iterator
from typing import Final

from rempart.media.archives import _problems, _unpackers
from rempart.media.archives._deflate import LARGEST_WHOLE_BYTES, MOST_TIMES_PACKED, DeflatedMember
from rempart.media.archives._extents import Extents
from rempart.media.archives._reading import Part, Reading, size_of
from rempart.media.archives._streams import MemberStream, Meter, MeteredReading
from rempart.media.archives._zip_records import IN_ZIP64, ZipEntry, find_directory, read_entries
from rempart.media.archives._zip_walk import walk_headers
from rempart.media.archives.container import Container, Member
from rempart.media.archives.limits import RATIO_FLOOR_BYTES
from rempart.media.errors import ContainerError
from rempart.model.scan import Problem

_HEADER: Final = struct.Struct("<4s5H3L2H")
_ENCRYPTED: Final = 1
_SIZES_FOLLOW: Final = 8
_DEFLATED: Final = 8

UNPACKERS: Final[dict[int, Callable[[Reading], Reading]]] = {
    0: lambda packed: packed,
    _DEFLATED: _unpackers.deflate,
    12: lambda packed: _unpackers.bzip2(packed, what="member"),
    14: _unpackers.zip_lzma,
    93: lambda packed: _unpackers.zstd(packed, what="member"),
    95: lambda packed: _unpackers.xz(packed, what="member"),
}
"""How members may be packed (APPNOTE 4.4.5)."""


class ZipContainer(Container):
    """A zip archive.

    Members that have packed bytes in common are read, each of them: an entry that claims the bytes of all others must
    not hide them. What is read and unpacked of them is held together against the size of the archive, as a bomb would
    have few bytes unpacked very often.
    """

    def _members(self) -> Iterator[Member]:
        size = size_of(self._source)
        try:
            directory = find_directory(self._source, size)
        except ContainerError as error:
            self._note(error.problem)
            directory = None
        if directory is None:
            yield from self._numbered(walk_headers(self._source, size))
            raise _problems.error_of(_problems.truncated("archive"))
        runs = [read_entries(self._source, directory)]
        if directory.shift > 0:
            # Another archive stands in front, or the end is missing and this directory is that of a stored member.
            runs.insert(0, walk_headers(self._source, directory.shift))
        yield from self._numbered(*runs)
        if directory.shift > 0:
            reason = f"its directory knows nothing of the first {directory.shift} bytes"
            raise _problems.error_of(_problems.corrupt("archive", reason))

    def _numbered(self, *runs: Iterator[ZipEntry]) -> Iterator[Member]:
        number = 0
        taken = Extents()
        largest = (
            2 * self._limits.max_bytes + RATIO_FLOOR_BYTES
        )  # each byte is counted packed and unpacked
        shared = Meter(self._limits, None, packed=size_of(self._source), largest=largest)
        for entries in runs:
            for entry in entries:
                if not entry.is_folder:
                    number += 1
                    yield self._member(number, entry, None if _take(taken, entry) else shared)

    def _member(self, number: int, entry: ZipEntry, shared: Meter | None) -> Member:
        return Member(
            number=number,
            name=entry.name,
            size=entry.size,
            problem=_problem_of(entry),
            _opened=lambda: self._open(entry, shared),
        )

    def _open(self, entry: ZipEntry, shared: Meter | None) -> MemberStream:
        start = self._start_of(entry)
        packed = Part(self._source, start, start + entry.packed)
        meter = Meter(self._limits, self._budget, packed=min(entry.packed, size_of(self._source)))
        if shared is None:
            is_there = entry.packed <= size_of(self._source)
            reading = (
                _unpacked(packed, entry, meter) if is_there else UNPACKERS[entry.method](packed)
            )
        else:
            shared.count(0)  # where it is spent nothing more is read
            reading = UNPACKERS[entry.method](MeteredReading(packed, shared))
            reading = MeteredReading(reading, shared)
        return MemberStream(reading, meter, size=entry.size, crc=entry.crc)

    def _start_of(self, entry: ZipEntry) -> int:
        """Return where the packed bytes begin.

        Raises:
            ContainerError: the member's own header is not there, or contradicts the directory.
        """
        header = Part(self._source, entry.offset).read(_HEADER.size)
        if len(header) < _HEADER.size:
            raise _problems.error_of(_problems.truncated("archive"))
        fields = _HEADER.unpack(header)
        flags, method, crc, packed, size = fields[2], fields[3], *fields[6:9]
        is_same = (
            fields[0] == b"PK\x03\x04"
            and method == entry.method
            and not (flags ^ entry.flags) & _ENCRYPTED
        )
        is_left_open = flags & _SIZES_FOLLOW or IN_ZIP64 in (packed, size)
        if is_same and not is_left_open:
            is_same = (crc, packed, size) == (entry.crc, entry.packed, entry.size)
        if not is_same:
            reason = "its own header contradicts the archive's directory"
            raise _problems.error_of(_problems.corrupt("member", reason))
        return entry.offset + _HEADER.size + int(fields[9]) + int(fields[10])


def _unpacked(packed: Part, entry: ZipEntry, meter: Meter) -> Reading:
    size, crc = entry.size, entry.crc
    if (
        entry.method == _DEFLATED
        and size is not None
        and crc is not None
        and 0 < size <= LARGEST_WHOLE_BYTES
        and entry.packed <= LARGEST_WHOLE_BYTES
        and size <= MOST_TIMES_PACKED * entry.packed
        and meter.has_room_for(size)
    ):
        return DeflatedMember(packed, packed_size=entry.packed, size=size, crc=crc)
    return UNPACKERS[entry.method](packed)


def _take(taken: Extents, entry: ZipEntry) -> bool:
    """Take an entry's bytes, its own header among them; False where another has some of them."""
    if entry.packed == 0:
        return True
    return taken.take(entry.offset, entry.offset + _HEADER.size + len(entry.name) + entry.packed)


def _problem_of(entry: ZipEntry) -> Problem | None:
    if entry.is_encrypted:
        return _problems.encrypted("member")
    if entry.method not in UNPACKERS:
        return _problems.unsupported("member", f"it is packed by method {entry.method}")
    return None
