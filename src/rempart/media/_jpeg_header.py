"""What a JPEG says of itself before its first scan (ITU-T T.81, annex B)."""

from dataclasses import dataclass, field
from typing import Final

from rempart.media import _problems

_WHAT: Final = "JPEG"
_MOST_SEGMENTS: Final = 10_000
_LENGTH_BYTES: Final = 2
_FILL: Final = 0xFF
_SOS: Final = 0xDA
_EOI: Final = 0xD9
_APP14: Final = 0xEE
_WITHOUT_LENGTH: Final = frozenset({0x01, *range(0xD0, 0xD9)})
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_DECODED_FRAMES: Final = frozenset({0xC0, 0xC1, 0xC2, 0xC9, 0xCA})
_SEQUENTIAL_FRAMES: Final = frozenset({0xC0, 0xC1, 0xC9})
_COMMENT: Final = 0xFE
_WITHOUT_BEARING: Final = frozenset({*range(0xE1, 0xF0), _COMMENT}) - {_APP14}
"""Application segments and comments: profiles, EXIF, thumbnails, texts."""
_JFIF: Final = b"JFIF\x00"
_JFIF_VERSION: Final = b"\x01\x02"
_SEQUENTIAL_SCAN: Final = b"\x00\x3f\x00"
_SOI: Final = b"\xff\xd8"
_FRAME_BYTES: Final = 6
_CMYK_COMPONENTS: Final = 4
_SAMPLE_BITS: Final = 8


@dataclass(frozen=True, slots=True)
class JpegHeader:
    """Size and kind of a JPEG.

    Attributes:
        components: 1 grey, 3 colour, 4 CMYK or YCCK.
        has_adobe_marker: whether CMYK samples are stored inverted, as Adobe's programs do.
        is_sequential: whether the frame is not progressive.
        segments: marker and body of each segment before the first scan that has a bearing on the pixels.
        scan_offset: where the compressed data of the first scan begin.
    """

    width: int
    height: int
    components: int
    has_adobe_marker: bool
    is_sequential: bool
    segments: tuple[tuple[int, memoryview], ...]
    scan_offset: int

    @property
    def is_cmyk(self) -> bool:
        """Whether the samples are ink, not light."""
        return self.components == _CMYK_COMPONENTS


@dataclass(slots=True)
class _Found:
    frame: tuple[int, int, int] | None = None
    has_adobe_marker: bool = False
    is_sequential: bool = True
    segments: list[tuple[int, memoryview]] = field(default_factory=list)


def read_jpeg_header(data: memoryview) -> JpegHeader:
    """Return what the segments before the first scan say.

    Raises:
        PictureError: truncated, corrupt, or a process or precision that is not decoded.
    """
    found = _Found()
    at = 2
    for _ in range(_MOST_SEGMENTS):
        marker, at = _next_marker(data, at)
        if marker in _WITHOUT_LENGTH:
            continue
        if marker == _EOI:
            raise _problems.error_of(_problems.corrupt(_WHAT, "it holds no picture"))
        body, at = _segment(data, at)
        _note(found, marker, body)
        if marker == _SOS:
            return _header(found, scan_offset=at)
    raise _problems.error_of(_problems.corrupt(_WHAT, "it has too many segments"))


def _next_marker(data: memoryview, at: int) -> tuple[int, int]:
    """Return the next marker and the offset behind it; bytes between segments are passed over."""
    is_after_ff = False
    while at < len(data):
        byte = data[at]
        at += 1
        if is_after_ff and byte not in (0x00, _FILL):
            return byte, at
        is_after_ff = byte == _FILL
    raise _problems.error_of(_problems.truncated(_WHAT))


def _segment(data: memoryview, at: int) -> tuple[memoryview, int]:
    length = int.from_bytes(data[at : at + 2], "big")
    if len(data) < at + 2 or len(data) < at + length:
        raise _problems.error_of(_problems.truncated(_WHAT))
    if length < _LENGTH_BYTES:
        raise _problems.error_of(_problems.corrupt(_WHAT, "a segment has no length"))
    return data[at + 2 : at + length], at + length


def _note(found: _Found, marker: int, body: memoryview) -> None:
    if marker not in _WITHOUT_BEARING:
        found.segments.append((marker, body))
    if marker == _APP14 and bytes(body[:5]) == b"Adobe":
        found.has_adobe_marker = True
    elif marker in _FRAMES:
        found.frame = _frame(marker, body, found.frame)
        found.is_sequential = marker in _SEQUENTIAL_FRAMES


def _frame(
    marker: int, body: memoryview, earlier: tuple[int, int, int] | None
) -> tuple[int, int, int]:
    if earlier is not None:
        raise _problems.error_of(_problems.corrupt(_WHAT, "it has two frame headers"))
    if len(body) < _FRAME_BYTES:
        raise _problems.error_of(_problems.corrupt(_WHAT, "its frame header is too short"))
    if marker not in _DECODED_FRAMES or body[0] != _SAMPLE_BITS:
        reason = f"process {marker - 0xC0} with {body[0]} bits a sample is not decoded"
        raise _problems.error_of(_problems.unsupported_pixels(_WHAT, reason))
    height, width = int.from_bytes(body[1:3], "big"), int.from_bytes(body[3:5], "big")
    return width, height, body[5]


def _header(found: _Found, *, scan_offset: int) -> JpegHeader:
    if found.frame is None:
        raise _problems.error_of(_problems.corrupt(_WHAT, "it has no frame header"))
    width, height, components = found.frame
    if height == 0:
        reason = "its height stands behind the picture"
        raise _problems.error_of(_problems.unsupported_pixels(_WHAT, reason))
    if width == 0 or components not in (1, 3, _CMYK_COMPONENTS):
        raise _problems.error_of(_problems.corrupt(_WHAT, "its frame header is not possible"))
    return JpegHeader(
        width=width,
        height=height,
        components=components,
        has_adobe_marker=found.has_adobe_marker,
        is_sequential=found.is_sequential,
        segments=tuple(found.segments),
        scan_offset=scan_offset,
    )


def with_plain_header(data: memoryview, header: JpegHeader) -> bytes:
    """Return the same picture without what makes libjpeg warn although the pixels are right.

    That is: damaged colour profiles, unknown revisions of JFIF, bytes between the segments, and the scan parameters
    that several makes of camera write into sequential files, where every decoder ignores them. Without those
    warnings strict mode can see the ones that matter.
    """
    parts = [_SOI]
    for marker, body in header.segments:
        content = bytes(body)
        if content.startswith(_JFIF):
            content = _JFIF + _JFIF_VERSION + content[len(_JFIF) + len(_JFIF_VERSION) :]
        if marker == _SOS and header.is_sequential:
            content = content[: -len(_SEQUENTIAL_SCAN)] + _SEQUENTIAL_SCAN
        length = len(content) + _LENGTH_BYTES
        parts.append(bytes([_FILL, marker]) + length.to_bytes(_LENGTH_BYTES, "big") + content)
    return b"".join([*parts, data[header.scan_offset :]])
