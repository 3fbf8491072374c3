"""Whether a video's file ends before its structure does, or holds still pictures: FFmpeg plays on and says nothing.

Read from: ISO/IEC 14496-12 section 4.2 (boxes), RFC 8794 section 6 and RFC 9559 (EBML, Matroska), the RIFF
specification with its OpenDML extension (AVI). Transport and program streams, FLV, ASF and Ogg do not say.
"""

import os
from collections.abc import Iterator
from typing import BinaryIO, Final, NamedTuple

_MOST_PARTS: Final = 200_000
"""Boxes at the outermost level that are looked at: a fragmented video of a day has that many."""
_BOX_HEADER: Final = 8
_LARGE_BOX_HEADER: Final = 16
_MOST_OF_A_HEAD: Final = 40
_BOXES: Final = frozenset(
    {
        *(b"ftyp", b"styp", b"moov", b"mdat", b"moof", b"mfra", b"sidx", b"ssix", b"emsg", b"prft"),
        *(b"free", b"skip", b"wide", b"junk", b"pnot", b"pdin", b"uuid", b"udta", b"meta", b"imda"),
    }
)
"""What stands at the outermost level; anything else is foreign bytes behind the last box."""
_UNKNOWN_RIFF: Final = 0xFFFFFFFF
_EBML_ID: Final = b"\x1a\x45\xdf\xa3"
_SEGMENT_ID: Final = b"\x18\x53\x80\x67"
_ID_BYTES: Final = 4


def ends_too_early(file: BinaryIO, demuxer: str) -> bool:
    """Tell whether a part of the file promises more bytes than there are. The file's position moves."""
    size = file.seek(0, os.SEEK_END)
    if demuxer == "mov":
        return _boxes_end_too_early(file, size)
    if demuxer == "matroska":
        return _segment_ends_too_early(file, size)
    if demuxer == "avi":
        return _riff_ends_too_early(file, size)
    return False


def holds_still_pictures(file: BinaryIO, demuxer: str) -> bool:
    """Tell whether a table of still pictures stands beside a film, or in its place. The file's position moves."""
    size = file.seek(0, os.SEEK_END)
    return demuxer == "mov" and any(
        is_picture_table(box.head, header=box.header) for box in _boxes(file, size)
    )


def is_picture_table(head: bytes, *, header: int = _BOX_HEADER) -> bool:
    """Tell whether a box is the table of a file's still pictures.

    Args:
        head: the box, or its first 40 bytes.
        header: bytes before its content.
    """
    # Behind the version: the box that says what the table is for, which is its first.
    return head[4:8] == b"meta" and head[header + 20 : header + 24] == b"pict"


class _Box(NamedTuple):
    """A box at the outermost level: its first bytes, those before its content, its length, and where it ends."""

    head: bytes
    header: int
    length: int
    end: int


def _boxes(file: BinaryIO, size: int) -> Iterator[_Box]:
    """Return the boxes up to the first without a length that makes sense; that one too."""
    at = 0
    for _ in range(_MOST_PARTS):
        if size - at < _BOX_HEADER:
            return  # some bytes behind the last box are no damage; where it ends may be further than a file can be
        head = _read(file, at, _MOST_OF_A_HEAD)
        length, header = int.from_bytes(head[:4], "big"), _BOX_HEADER
        if length == 1:
            length, header = int.from_bytes(head[8:16], "big"), _LARGE_BOX_HEADER
        at += length
        yield _Box(head, header, length, at)
        if length < header:
            return


def _boxes_end_too_early(file: BinaryIO, size: int) -> bool:
    end = 0
    for box in _boxes(file, size):
        # One without a length reaches to the end of the file, however long it is; one that is shorter than its header,
        # or of an unknown kind, is none: damaged rather than torn, or foreign bytes behind the last box.
        if box.length < box.header or box.head[4:8] not in _BOXES:
            return False
        end = box.end
    return end > size


def _segment_ends_too_early(file: BinaryIO, size: int) -> bool:
    at = 0
    for identifier in (_EBML_ID, _SEGMENT_ID):
        head = _read(file, at, _ID_BYTES + 8)
        length, width = _ebml_length(head[_ID_BYTES:])
        if head[:_ID_BYTES] != identifier or length is None:
            return False
        at += _ID_BYTES + width + length
    return at > size


def _ebml_length(data: bytes) -> tuple[int | None, int]:
    """Return a length and its own width; no length where it is unknown on purpose, or no length at all."""
    if not data or data[0] == 0:
        return None, 1
    width = 9 - data[0].bit_length()
    if len(data) < width:
        return None, width
    value = int.from_bytes(data[:width], "big") & ((1 << (7 * width)) - 1)
    return (None if value == (1 << (7 * width)) - 1 else value), width


def _riff_ends_too_early(file: BinaryIO, size: int) -> bool:
    at = 0
    for _ in range(_MOST_PARTS):
        head = _read(file, at, _BOX_HEADER)
        if len(head) < _BOX_HEADER or head[:4] != b"RIFF":
            return False
        length = int.from_bytes(head[4:8], "little")
        if length == _UNKNOWN_RIFF:
            return False  # a recorder that could not go back to write it
        at += _BOX_HEADER + length
        if at > size:
            return True
        at += at % 2
    return False


def _read(file: BinaryIO, at: int, count: int) -> bytes:
    file.seek(at)
    return file.read(count)
