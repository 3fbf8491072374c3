"""The records at the end of a zip: where its directory lies, and what stands in it (APPNOTE.TXT 6.3.10)."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from rempart.media.archives import _problems
from rempart.media.archives._reading import PIECE_BYTES, ContainerSource, Part

_END: Final = struct.Struct("<4s4H2LH")
_END_64: Final = struct.Struct("<4sQ2H2L4Q")
_LOCATOR_64: Final = struct.Struct("<4sLQL")
_ENTRY: Final = struct.Struct("<4s4B4HL2L5H2L")
_LARGEST_COMMENT: Final = 0xFFFF
IN_ZIP64: Final = 0xFFFFFFFF
_ZIP64_FIELD: Final = 1


@dataclass(frozen=True, slots=True)
class ZipDirectory:
    """Where the directory of a zip lies.

    Attributes:
        start: offset in the source.
        end: offset behind it.
        shift: what must be added to the offsets that it names: bytes in front of the archive.
        count: how many entries it promises.
    """

    start: int
    end: int
    shift: int
    count: int


@dataclass(frozen=True, slots=True)
class ZipEntry:
    """One entry of the directory.

    Attributes:
        name: as it stands there.
        flags: general purpose bits.
        method: how it is packed.
        crc: CRC-32 of the unpacked bytes, where it is known.
        packed: bytes in the archive.
        size: bytes unpacked, where it is known.
        offset: of its own header in the source.
    """

    name: bytes
    flags: int
    method: int
    crc: int | None
    packed: int
    size: int | None
    offset: int

    @property
    def is_folder(self) -> bool:
        """Whether it only names a folder: one with content is none, whatever it is called."""
        return self.name.endswith(b"/") and self.size == 0

    @property
    def is_encrypted(self) -> bool:
        """Whether its bytes need a password."""
        return bool(self.flags & 1)


def find_directory(source: ContainerSource, size: int) -> ZipDirectory | None:
    """Return where the directory lies; None where the end of the archive is missing.

    Raises:
        ContainerError: it contradicts itself, or the archive is one part of several.
    """
    start = max(0, size - _LARGEST_COMMENT - _END.size - _LOCATOR_64.size)
    tail = Part(source, start).read(size - start)
    at = tail.rfind(b"PK\x05\x06")
    while at >= 0 and not _is_end(tail, at):
        at = tail.rfind(b"PK\x05\x06", 0, at)
    if at < 0:
        return None
    _, disk, first_disk, _, count, length, offset, _ = _END.unpack_from(tail, at)
    end = start + at
    if at >= _LOCATOR_64.size and tail.startswith(b"PK\x06\x07", at - _LOCATOR_64.size):
        found = _end_64(source, _LOCATOR_64.unpack_from(tail, at - _LOCATOR_64.size)[2], end)
        if found is not None:
            end, disk, first_disk, count, length, offset = found
    if disk != first_disk or disk not in (0, 0xFFFF):
        raise _problems.error_of(
            _problems.unsupported("archive", "it is one part of a split archive")
        )
    shift = end - length - offset
    if shift < 0:
        reason = "its directory is said to lie where there is no room for it"
        raise _problems.error_of(_problems.corrupt("archive", reason))
    return ZipDirectory(end - length, end, shift, count)


def read_entries(source: ContainerSource, directory: ZipDirectory) -> Iterator[ZipEntry]:
    """Return the entries in the order of the directory, reading it piece by piece.

    Raises:
        ContainerError: it ends early, or holds something else than entries.
    """
    part = Part(source, directory.start, directory.end)
    buffer, at, found = b"", 0, 0
    while True:
        if len(buffer) - at < _ENTRY.size:
            buffer, at = buffer[at:] + part.read(PIECE_BYTES), 0
            if not buffer:
                break
        if not buffer.startswith(b"PK\x01\x02", at) or len(buffer) - at < _ENTRY.size:
            break
        variable = sum(struct.unpack_from("<3H", buffer, at + 28))
        while len(buffer) - at < _ENTRY.size + variable:
            piece = part.read(PIECE_BYTES)
            if not piece:
                raise _problems.error_of(_problems.truncated("archive's directory"))
            buffer, at = buffer[at:] + piece, 0
        yield _entry(buffer, at, directory.shift)
        found += 1
        at += _ENTRY.size + variable
    if (found ^ directory.count) & 0xFFFF:
        reason = f"its directory promises {directory.count} entries and holds {found}"
        raise _problems.error_of(_problems.corrupt("archive", reason))


def _is_end(tail: bytes, at: int) -> bool:
    """Tell whether the record is whole, and its comment within the file."""
    if len(tail) - at < _END.size:
        return False
    comment = int.from_bytes(tail[at + 20 : at + 22], "little")
    return at + _END.size + comment <= len(tail)


def _end_64(
    source: ContainerSource, offset: int, end: int
) -> tuple[int, int, int, int, int, int] | None:
    """Return end, disks, count, length and offset of a zip64 directory; None where there is none."""
    for at in (offset, end - _LOCATOR_64.size - _END_64.size):
        record = Part(source, at).read(_END_64.size) if 0 <= at < end else b""
        if len(record) == _END_64.size and record.startswith(b"PK\x06\x06"):
            _, _, _, _, disk, first_disk, _, count, length, start = _END_64.unpack(record)
            return at, disk, first_disk, count, length, start
    return None


def _entry(buffer: bytes, at: int, shift: int) -> ZipEntry:
    fields = _ENTRY.unpack_from(buffer, at)
    flags, method, crc, packed, size = fields[5], fields[6], fields[9], fields[10], fields[11]
    name_bytes, extra_bytes, offset = fields[12], fields[13], fields[18]
    names = at + _ENTRY.size
    name = buffer[names : names + name_bytes]
    if IN_ZIP64 in (packed, size, offset):
        extra = buffer[names + name_bytes : names + name_bytes + extra_bytes]
        size, packed, offset = _from_zip64(extra, (size, packed, offset))
    return ZipEntry(name, flags, method, crc, packed, size, offset + shift)


def _from_zip64(extra: bytes, values: tuple[int, int, int]) -> tuple[int, int, int]:
    """Replace the values that did not fit by those of the extra field (APPNOTE 4.5.3), as far as they are there."""
    field = _extra_field(extra, _ZIP64_FIELD)
    found = []
    for value in values:
        if value == IN_ZIP64 and len(field) >= 8:  # noqa: PLR2004 - eight bytes each
            value, field = int.from_bytes(field[:8], "little"), field[8:]  # noqa: PLW2901 - the larger one counts
        found.append(value)
    return found[0], found[1], found[2]


def _extra_field(extra: bytes, wanted: int) -> bytes:
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, at)
        if kind == wanted:
            return extra[at + 4 : at + 4 + length]
        at += 4 + length
    return b""
