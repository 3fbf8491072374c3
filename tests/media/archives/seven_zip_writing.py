"""A small writer of 7z archives, by the format's own text, so that the tests can break every field of it."""

import lzma
import struct
import zlib

Files = list[tuple[str, bytes]]

_FILTERS = [{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 20}]
_DICTIONARY = 16  # one mebibyte, as LZMA2 counts


def number(value: int) -> bytes:
    """Return a number as 7z writes them."""
    for extra in range(8):
        if value < 1 << 7 * (extra + 1):
            first = (0xFF00 >> extra) & 0xFF | value >> 8 * extra
            return bytes([first]) + (value & (1 << 8 * extra) - 1).to_bytes(extra, "little")
    return b"\xff" + value.to_bytes(8, "little")


def bits(flags: list[bool]) -> bytes:
    padded = flags + [False] * (-len(flags) % 8)
    return bytes(
        sum(0x80 >> at for at in range(8) if padded[start + at])
        for start in range(0, len(padded), 8)
    )


def sealed(packed: bytes, header: bytes) -> bytes:
    """Return an archive of packed bytes and a header, with checksums that fit."""
    start = struct.pack("<QQL", len(packed), len(header), zlib.crc32(header))
    return (
        b"7z\xbc\xaf\x27\x1c\0\4" + struct.pack("<L", zlib.crc32(start)) + start + packed + header
    )


def streams(
    packed: bytes, whole: bytes, *, coder: bytes = b"\x21\x21\x01" + bytes([_DICTIONARY])
) -> bytes:
    """Return what describes one folder of one coder."""
    pack_info = b"\x06" + number(0) + number(1) + b"\x09" + number(len(packed)) + b"\0"
    folder = (
        b"\x07\x0b" + number(1) + b"\0" + number(1) + coder + b"\x0c" + number(len(whole)) + b"\0"
    )
    return pack_info + folder


def header_of(files: Files, packed: bytes, whole: bytes, **changes: bytes) -> bytes:
    """Return a header; a part of it can be changed by its name."""
    full = [data for _, data in files if data]
    substreams = b"\x08\x0d" + number(len(full))
    if len(full) > 1:
        substreams += b"\x09" + b"".join(number(len(data)) for data in full[:-1])
    substreams += (
        b"\x0a\x01" + b"".join(struct.pack("<L", zlib.crc32(data)) for data in full) + b"\0"
    )
    main = (
        b"\x04"
        + changes.get("streams", streams(packed, whole))
        + changes.get("substreams", substreams)
        + b"\0"
    )
    empty = [not data for _, data in files]
    are_files = [not name.endswith("/") for name, data in files if not data]
    names = b"\0" + b"".join(name.encode("utf-16-le") + b"\0\0" for name, _ in files)
    listed = b"\x05" + changes.get("count", number(len(files)))
    for kind, content in (
        (0x0E, bits(empty)),
        (0x0F, bits(are_files)),
        (0x11, changes.get("names", names)),
    ):
        listed += bytes([kind]) + number(len(content)) + content
    return b"\x01" + (main if full else b"") + listed + b"\0\0"


def seven_zipped(files: Files, **changes: bytes) -> bytes:
    """Return an archive in which all files are packed as one stream."""
    whole = b"".join(data for _, data in files)
    packed = lzma.compress(whole, lzma.FORMAT_RAW, filters=_FILTERS) if whole else b""
    return sealed(packed, header_of(files, packed, whole, **changes))
