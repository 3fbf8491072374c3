"""Media type by content, never by name.

Magic numbers: the format specifications; names: the IANA registry of media types, `x-` where it has none.
"""

from typing import Final

from rempart.media._container_signs import is_late_pdf, is_mail, is_mailbox, is_tar_header, odf_type
from rempart.media._other_signs import OTHER_CONTAINERS, OTHER_MEDIA, other_type
from rempart.media._stream_signs import (
    is_joined_program_stream,
    is_joined_transport_stream,
    is_transport_stream,
)
from rempart.media._video_structure import is_picture_table

HEAD_BYTES: Final = 4096
"""Bytes from the start of a file that suffice for `sniff`."""

JPEG: Final = "image/jpeg"
PNG: Final = "image/png"
WEBP: Final = "image/webp"
GIF: Final = "image/gif"
AVIF: Final = "image/avif"
TIFF: Final = "image/tiff"
BMP: Final = "image/bmp"
HEIC: Final = "image/heic"
HEIC_SEQUENCE: Final = "image/heic-sequence"
HEIF: Final = "image/heif"
HEIF_SEQUENCE: Final = "image/heif-sequence"
HEIF_TYPES: Final = frozenset({HEIC, HEIC_SEQUENCE, HEIF, HEIF_SEQUENCE})

ZIP: Final = "application/zip"
TAR: Final = "application/x-tar"
GZIP: Final = "application/gzip"
BZIP2: Final = "application/x-bzip2"
XZ: Final = "application/x-xz"
ZSTD: Final = "application/zstd"
SEVEN_ZIP: Final = "application/x-7z-compressed"
PDF: Final = "application/pdf"
MAIL: Final = "message/rfc822"
MAILBOX: Final = "application/mbox"
WORD: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
EXCEL: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
POWERPOINT: Final = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
OPEN_DOCUMENTS: Final = frozenset(
    f"application/vnd.oasis.opendocument.{kind}"
    for family in ("text", "spreadsheet", "presentation", "graphics", "chart", "image", "formula")
    for kind in (family, f"{family}-template")
) | {"application/vnd.oasis.opendocument.text-master"}

DECODABLE: Final = HEIF_TYPES | {JPEG, PNG, WEBP, GIF, AVIF, TIFF, BMP}

_PREFIXES: Final = (
    (b"\xff\xd8\xff", JPEG),
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"GIF87a", GIF),
    (b"GIF89a", GIF),
    (b"II\xbc\x01", "image/jxr"),
    (b"8BPS\x00\x01", "image/vnd.adobe.photoshop"),
    (b"8BPS\x00\x02", "image/vnd.adobe.photoshop"),
    (b"\xff\x0a", "image/jxl"),
    (b"\x00\x00\x00\x0cJXL \r\n\x87\n", "image/jxl"),
    (b"\x00\x00\x00\x0cjP  \r\n\x87\n", "image/jp2"),
    (b"\x00\x00\x01\xba", "video/mpeg"),
    (b"\x00\x00\x01\xb3", "video/mpeg"),
    (b"FLV\x01", "video/x-flv"),
    (b"OggS\x00", "application/ogg"),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\x00\xaa\x00\x62\xce\x6c", "application/vnd.ms-asf"),
)
_SKIPPABLE_FRAMES: Final = tuple(bytes([0x50 + each]) + b"\x2a\x4d\x18" for each in range(16))
"""What pzstd and others keep for themselves before the packed data (RFC 8878, section 3.1.2)."""
_CONTAINER_PREFIXES: Final = (
    (b"PK\x03\x04", ZIP),
    (b"PK\x05\x06", ZIP),
    (b"PK\x07\x08PK\x03\x04", ZIP),
    (b"PK00PK\x03\x04", ZIP),
    (b"\x1f\x8b\x08", GZIP),
    (b"\xfd7zXZ\x00", XZ),
    (b"\x28\xb5\x2f\xfd", ZSTD),
    *((magic, ZSTD) for magic in _SKIPPABLE_FRAMES),
    (b"7z\xbc\xaf\x27\x1c", SEVEN_ZIP),
    (b"%PDF-", PDF),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"MSCF\x00\x00\x00\x00", "application/vnd.ms-cab-compressed"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
)
_BZIP2_BLOCKS: Final = (b"1AY&SY", b"\x17rE8P\x90")
_TIFF_PREFIXES: Final = (
    b"II*\x00",
    b"MM\x00*",
    b"II+\x00\x08\x00\x00\x00",
    b"MM\x00+\x00\x08\x00\x00",
)
_RIFF_KINDS: Final = {b"WEBP": WEBP, b"AVI ": "video/vnd.avi"}
_BMP_HEADER_BYTES: Final = frozenset({12, 16, 40, 52, 56, 64, 108, 124})
_BRANDS: Final = {
    b"avif": AVIF,
    b"avis": AVIF,
    b"heic": HEIC,
    b"heix": HEIC,
    b"heim": HEIC,
    b"heis": HEIC,
    b"hevc": HEIC_SEQUENCE,
    b"hevx": HEIC_SEQUENCE,
    b"mif1": HEIF,
    b"msf1": HEIF_SEQUENCE,
    b"qt  ": "video/quicktime",
    b"M4V ": "video/mp4",
    b"MSNV": "video/mp4",
    b"dash": "video/mp4",
    b"avc1": "video/mp4",
    b"f4v ": "video/mp4",
    b"M4A ": "audio/mp4",
    b"crx ": "image/x-canon-cr3",
}
_BRAND_FAMILIES: Final = (
    (b"iso", "video/mp4"),
    (b"mp4", "video/mp4"),
    (b"3gp", "video/3gpp"),
    (b"3g2", "video/3gpp2"),
)
_GENERIC_BRANDS: Final = (b"mif1", b"msf1", b"miaf", b"MiHB")
_OLD_QUICKTIME_ATOMS: Final = (b"moov", b"mdat", b"wide", b"pnot")
_EBML_BYTES: Final = 16
"""No shorter file of EBML holds a frame."""
_BEFORE_A_TABLE: Final = (b"ftyp", b"styp", b"free", b"skip", b"uuid", b"wide")
_PADDING_ATOMS: Final = (b"free", b"skip")
_SVG_BYTES: Final = 512
_SVG_OPENINGS: Final = (b"<?xml", b"<!--", b"<!DOCTYPE svg")

_RECOGNISED: Final = (
    DECODABLE
    | {media_type for _, media_type in _PREFIXES}
    | set(_RIFF_KINDS.values())
    | set(_BRANDS.values())
    | {media_type for _, media_type in _BRAND_FAMILIES}
    | OTHER_MEDIA
    | {"image/svg+xml", "image/x-canon-cr2", "video/webm", "video/matroska", "video/mp2t"}
)


_CONTAINERS: Final = (
    {media_type for _, media_type in _CONTAINER_PREFIXES}
    | {BZIP2, TAR, MAIL, MAILBOX, WORD, EXCEL, POWERPOINT}
    | OPEN_DOCUMENTS
    | OTHER_CONTAINERS
)


def sniff(head: bytes) -> str | None:
    """Return the media type that the first bytes of a file show, or None when they show no known one.

    Args:
        head: the first bytes; `HEAD_BYTES` of them suffice, fewer may leave the type unknown.
    """
    for prefix, media_type in _PREFIXES:
        if head.startswith(prefix):
            return media_type
    return (
        _tiff(head)
        or _riff(head)
        or _boxes(head)
        or _matroska(head)
        or _container(head)
        or other_type(head)
        or _weaker_signs(head)
    )


def is_decodable(media_type: str) -> bool:
    """Tell whether `open_picture` opens this media type."""
    return media_type in DECODABLE


def is_recognised_media(media_type: str) -> bool:
    """Tell whether this is a type of media that `sniff` may return, decodable or not; containers are none."""
    return media_type in _RECOGNISED


def is_recognised_container(media_type: str) -> bool:
    """Tell whether this is a type of archive, document or message that `sniff` may return, opened or not."""
    return media_type in _CONTAINERS


def _tiff(head: bytes) -> str | None:
    if not head.startswith(_TIFF_PREFIXES):
        return None
    return "image/x-canon-cr2" if head[8:11] == b"CR\x02" else TIFF


def _riff(head: bytes) -> str | None:
    return _RIFF_KINDS.get(head[8:12]) if head.startswith(b"RIFF") else None


def _boxes(head: bytes) -> str | None:
    """Read the brands of an ISO base media file (ISO/IEC 14496-12, section 4.3)."""
    kind = head[4:8]
    if kind in _OLD_QUICKTIME_ATOMS or _is_padded_quicktime(head):
        return "video/quicktime"
    if kind not in {b"ftyp", b"styp"}:
        return None
    size = min(int.from_bytes(head[:4], "big"), len(head))
    brands = [head[8:12], *(head[at : at + 4] for at in range(16, size - 3, 4))]
    if brands[0] in _GENERIC_BRANDS:
        # The major brand names the container only: the first specific brand says what is inside.
        brands = [each for each in brands if each not in _GENERIC_BRANDS] + brands[:1]
    # Players do not look at the brands: one that nobody knows must not hide a video.
    found = next((found for each in brands if (found := _brand(each)) is not None), "video/mp4")
    return HEIF if not found.startswith("image/") and _is_still(head) else found


def _is_still(head: bytes) -> bool:
    """Tell whether a table of still pictures stands before any film: FFmpeg would take the first tile for a video."""
    at = 0
    while at + 8 <= len(head) and head[at + 4 : at + 8] in _BEFORE_A_TABLE:
        at += max(int.from_bytes(head[at : at + 4], "big"), 8)
    return is_picture_table(head[at:])


def _is_padded_quicktime(head: bytes) -> bool:
    """Tell whether an atom of padding is followed by one that only a video has."""
    at = int.from_bytes(head[:4], "big")
    return head[4:8] in _PADDING_ATOMS and head[at + 4 : at + 8] in (*_OLD_QUICKTIME_ATOMS, b"ftyp")


def _brand(brand: bytes) -> str | None:
    exact = _BRANDS.get(brand)
    if exact is not None:
        return exact
    return next((kind for family, kind in _BRAND_FAMILIES if brand.startswith(family)), None)


def _matroska(head: bytes) -> str | None:
    if not head.startswith(b"\x1a\x45\xdf\xa3"):
        return None
    at = head.find(b"\x42\x82")  # the element DocType (RFC 8794, section 11.2.4)
    doc_type = head[at + 3 : at + 3 + (head[at + 2] & 0x7F)] if 0 < at < len(head) - 3 else b""
    if doc_type.rstrip(b"\x00") == b"webm":
        return "video/webm"
    # Players do not insist on the other name either, nor on its place: a video must not hide behind that.
    return "video/matroska" if len(head) >= _EBML_BYTES else None


def _container(head: bytes) -> str | None:
    for prefix, media_type in _CONTAINER_PREFIXES:
        if head.startswith(prefix):
            document = odf_type(head) if media_type == ZIP else None
            return document if document in OPEN_DOCUMENTS else media_type
    if head[:3] == b"BZh" and head[3:4] in b"123456789" and head[4:10] in _BZIP2_BLOCKS:
        return BZIP2
    if is_tar_header(head):
        return TAR
    if is_late_pdf(head):
        return PDF
    if is_mailbox(head):
        return MAILBOX
    return MAIL if is_mail(head) else None


def _weaker_signs(head: bytes) -> str | None:
    """Look for short magics that need a second sign beside them."""
    if head.startswith(b"BM") and int.from_bytes(head[14:18], "little") in _BMP_HEADER_BYTES:
        return BMP
    if is_transport_stream(head) or is_joined_transport_stream(head):
        return "video/mp2t"
    if is_joined_program_stream(head):
        return "video/mpeg"
    text = head[:_SVG_BYTES].removeprefix(b"\xef\xbb\xbf").lstrip()
    is_svg = text.startswith(b"<svg") or (text.startswith(_SVG_OPENINGS) and b"<svg" in text)
    return "image/svg+xml" if is_svg else None
