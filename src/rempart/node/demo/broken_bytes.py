"""Broken bytes: damaged, lying and oversized picture files, made from one benign picture."""

import struct
import zlib
from typing import Final

import numpy as np
from PIL import Image

from rempart.node.demo.edits import encode

_PNG_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_GREY: Final = 0  # colour types of PNG
_RGB: Final = 2
_BOMB_SIDE: Final = 20_000
_LARGEST_JPEG_SIDE: Final = 65_500
_LARGEST_PNG_SIDE: Final = 2**31 - 1
_TIFF_FIELD_BYTES: Final = 12
_TEXT_BYTES: Final = 4_000_000
_FLIPS: Final = 64


def jpeg(picture: Image.Image, *, progressive: bool = False) -> bytes:
    """Return the picture as a whole JPEG, baseline unless told otherwise."""
    return encode(picture, "JPEG", quality=85, progressive=progressive)


def png(picture: Image.Image) -> bytes:
    """Return the picture as a whole PNG."""
    return encode(picture, "PNG", compress_level=1)


def webp(picture: Image.Image) -> bytes:
    """Return the picture as a whole WebP."""
    return encode(picture, "WEBP", quality=80, method=0)


def half(content: bytes) -> bytes:
    """Return the first half of a file."""
    return content[: len(content) // 2]


def flipped(content: bytes, generator: np.random.Generator) -> bytes:
    """Turn all bits of some bytes behind the first quarter of a file; its header stays whole.

    A JPEG carries no checksum: a decoder that ignores the library's warnings returns another picture for
    most such files without an error (Pillow for 26 of 40 seeds, its PDQ 76 to 104 bits off).
    """
    damaged = np.frombuffer(content, dtype=np.uint8).copy()
    places = generator.choice(
        np.arange(len(damaged) // 4, len(damaged) - 16), _FLIPS, replace=False
    )
    damaged[places] ^= 0xFF
    return damaged.tobytes()


def png_bomb() -> bytes:
    """Return a whole and valid PNG of 400 million black pixels in about 50 kB."""
    row = b"\0" * (1 + (_BOMB_SIDE + 7) // 8)
    return _png_file(_BOMB_SIDE, _BOMB_SIDE, zlib.compress(row * _BOMB_SIDE, 9))


def endless_png() -> bytes:
    """Return a PNG whose header claims the largest size that the format can write."""
    return _png_file(_LARGEST_PNG_SIDE, _LARGEST_PNG_SIDE, zlib.compress(b"\0" * 64))


def boastful_jpeg(picture: Image.Image) -> bytes:
    """Return a JPEG whose header claims 65,500 x 65,500 pixels, far more than the file holds."""
    content = bytearray(jpeg(picture))
    frame = content.index(b"\xff\xc0")  # start of frame of a baseline JPEG
    content[frame + 5 : frame + 9] = struct.pack(">HH", _LARGEST_JPEG_SIDE, _LARGEST_JPEG_SIDE)
    return bytes(content)


def png_with_wrong_checksum(picture: Image.Image) -> bytes:
    """Return a PNG whose pixels are whole but whose first data chunk carries a wrong checksum."""
    content = bytearray(png(picture))
    chunk = content.index(b"IDAT")
    (length,) = struct.unpack(">I", content[chunk - 4 : chunk])
    content[chunk + 4 + length] ^= 0xFF
    return bytes(content)


def rotten_png(picture: Image.Image) -> bytes:
    """Return a PNG whose middle rows were inverted on the disk: only its two checksums show it.

    Its data are stored without compression, so the damage tears no compressed stream: a decoder that does
    not check the sums hashes another picture without a word.
    """
    rows = np.asarray(picture)
    rotten = rows.copy()
    third = len(rows) // 3
    rotten[third : 2 * third] ^= 0xFF
    sound_bytes, rotten_bytes = (
        np.pad(each.reshape(len(each), -1), ((0, 0), (1, 0))).tobytes() for each in (rows, rotten)
    )
    sound_data = zlib.compress(sound_bytes, 0)
    rotten_data = zlib.compress(rotten_bytes, 0)[:-4] + sound_data[-4:]
    sound_sum = struct.pack(">I", zlib.crc32(b"IDAT" + sound_data))
    content = _png_file(picture.width, picture.height, rotten_data, bits=8, colour=_RGB)
    place = content.index(rotten_data) + len(rotten_data)
    return content[:place] + sound_sum + content[place + 4 :]


def endless_tiff(picture: Image.Image) -> bytes:
    """Return a TIFF whose only page names itself as the next page."""
    content = bytearray(encode(picture, "TIFF"))
    order = "<" if content[:2] == b"II" else ">"
    (page,) = struct.unpack(order + "I", content[4:8])
    (fields,) = struct.unpack(order + "H", content[page : page + 2])
    link = page + 2 + _TIFF_FIELD_BYTES * fields
    content[link : link + 4] = struct.pack(order + "I", page)
    return bytes(content)


def large_text(generator: np.random.Generator) -> bytes:
    """Return four million letters, blanks and line ends."""
    letters = np.frombuffer(b"abcdefghijklmnopqrstuvwxyz     \n", dtype=np.uint8)
    return letters[generator.integers(0, len(letters), _TEXT_BYTES)].tobytes()


def _png_file(
    width: int, height: int, compressed: bytes, *, bits: int = 1, colour: int = _GREY
) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", compressed), (b"IEND", b""))
    return _PNG_SIGNATURE + b"".join(_png_chunk(kind, body) for kind, body in chunks)


def _png_chunk(kind: bytes, body: bytes) -> bytes:
    checksum = zlib.crc32(kind + body)
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", checksum)
