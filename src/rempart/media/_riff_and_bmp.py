"""Size and completeness of WebP and BMP, read from their first bytes."""

from typing import Final

from rempart.media import _problems
from rempart.model.scan import Problem

_WEBP: Final = "WebP"
_BMP: Final = "BMP"
_WEBP_HEADER_BYTES: Final = 30
_OLD_BMP_HEADER_BYTES: Final = 12
_BMP_HEADER_END: Final = 26
_RIFF_HEADER_BYTES: Final = 8


def read_webp_size(data: memoryview) -> tuple[int, int]:
    """Return width and height of the canvas (RFC 9649, sections 2.5 to 2.7).

    Raises:
        PictureError: truncated, or no header of the three kinds.
    """
    if len(data) < _WEBP_HEADER_BYTES:
        raise _problems.error_of(_problems.truncated(_WEBP))
    kind = bytes(data[12:16])
    if kind == b"VP8X":
        return _three(data, 24) + 1, _three(data, 27) + 1
    if kind == b"VP8L" and data[20] == 0x2F:  # noqa: PLR2004 - signature byte of section 3.4
        bits = int.from_bytes(data[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 " and bytes(data[23:26]) == b"\x9d\x01\x2a":
        width, height = (int.from_bytes(data[at : at + 2], "little") for at in (26, 28))
        return width & 0x3FFF, height & 0x3FFF
    raise _problems.error_of(_problems.corrupt(_WEBP, "it has no header of a known kind"))


def check_webp(data: memoryview) -> Problem | None:
    """Return a problem where the file is shorter than it says. WebP has no checksum."""
    promised = int.from_bytes(data[4:8], "little") + _RIFF_HEADER_BYTES
    return _problems.truncated(_WEBP) if len(data) < promised else None


def read_bmp_size(data: memoryview) -> tuple[int, int]:
    """Return width and height.

    Raises:
        PictureError: truncated, or a size that is not possible.
    """
    if len(data) < _BMP_HEADER_END:
        raise _problems.error_of(_problems.truncated(_BMP))
    if int.from_bytes(data[14:18], "little") == _OLD_BMP_HEADER_BYTES:
        return int.from_bytes(data[18:20], "little"), int.from_bytes(data[20:22], "little")
    width = int.from_bytes(data[18:22], "little", signed=True)
    height = int.from_bytes(data[22:26], "little", signed=True)
    if width < 0:
        raise _problems.error_of(_problems.corrupt(_BMP, "its width is negative"))
    return width, abs(height)  # a negative height means that the top row comes first


def _three(data: memoryview, at: int) -> int:
    return int.from_bytes(data[at : at + 3], "little")
