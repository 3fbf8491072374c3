"""Members of a zip whose directory is missing: header after header from the start, as far as they tell."""

import struct
from collections.abc import Iterator
from typing import Final

from rempart.media.archives._reading import PIECE_BYTES, ContainerSource, Part
from rempart.media.archives._zip_records import IN_ZIP64, ZipEntry

_HEADER: Final = struct.Struct("<4s5H3L2H")
_DESCRIPTOR: Final = struct.Struct("<4s3L")
_DESCRIPTOR_64: Final = struct.Struct("<4sL2Q")
_MARK: Final = b"PK\x07\x08"
_MARKS_OF_PARTS: Final = (_MARK, b"PK00")
"""Before the first member of an archive in parts, and of one that came to a single part (APPNOTE 8.5.3, 8.5.4)."""
_SIZES_FOLLOW: Final = 8
_STORED: Final = 0
_ZIP64_FIELD: Final = struct.Struct("<2H2Q")


def walk_headers(source: ContainerSource, stop: int) -> Iterator[ZipEntry]:
    """Return what the members' own headers say, until one does not tell where it ends.

    A torn last member is returned too: its stream says where it stops.

    Args:
        source: the archive.
        stop: no header is looked at from this offset on.
    """
    at = 4 if Part(source, 0).read(4) in _MARKS_OF_PARTS else 0
    while at < stop:
        head = Part(source, at).read(_HEADER.size)
        if len(head) < _HEADER.size or not head.startswith(b"PK\x03\x04"):
            return
        _, _, flags, method, _, _, crc, packed, size, name_bytes, extra_bytes = _HEADER.unpack(head)
        behind = Part(source, at + _HEADER.size)
        name, extra = behind.read(name_bytes), behind.read(extra_bytes)
        start = behind.position
        if flags & _SIZES_FOLLOW and not packed:
            found = _find_descriptor(source, start)
            if found is None:
                if method != _STORED:  # its packed data know where they end
                    yield ZipEntry(name, flags, method, None, 2**62, None, at)
                return
            end, (crc, packed, size) = found
        else:
            if packed == IN_ZIP64 and len(extra) >= _ZIP64_FIELD.size:
                _, _, size, packed = _ZIP64_FIELD.unpack_from(extra)
            end = start + packed
        yield ZipEntry(name, flags, method, crc, packed, size, at)
        at = end


def _find_descriptor(
    source: ContainerSource, start: int
) -> tuple[int, tuple[int, int, int]] | None:
    """Return where the member's descriptor ends, and its CRC, packed and unpacked size (APPNOTE 4.3.9)."""
    part = Part(source, start)
    window, offset = b"", start
    is_last = False
    while not is_last:
        piece = part.read(PIECE_BYTES)
        window, is_last = window + piece, not piece
        at = window.find(_MARK)
        while at >= 0 and (is_last or at <= len(window) - _DESCRIPTOR_64.size):
            for length, values in _descriptor(window[at : at + _DESCRIPTOR_64.size]):
                if values[1] == offset + at - start:
                    return offset + at + length, values
            at = window.find(_MARK, at + 1)
        kept = min(_DESCRIPTOR_64.size - 1, len(window))
        offset += len(window) - kept
        window = window[len(window) - kept :]
    return None


def _descriptor(record: bytes) -> Iterator[tuple[int, tuple[int, int, int]]]:
    """Return what it may say, in both its forms: length, CRC, packed and unpacked size."""
    for form in (_DESCRIPTOR, _DESCRIPTOR_64):
        if len(record) >= form.size:
            _, crc, packed, size = form.unpack_from(record)
            yield form.size, (crc, packed, size)
