"""Unpack a few bytes with every unpacker, so that nothing is left to load when the sandbox closes."""

import bz2
import io
import lzma
import zlib

import zstandard

from rempart.media.archives._deflate import DeflatedMember
from rempart.media.archives._reading import PIECE_BYTES, Part
from rempart.media.archives.limits import ArchiveLimits
from rempart.media.archives.opening import container_type, open_container
from rempart.media.media_types import BZIP2, GZIP, MAIL, XZ, ZIP, ZSTD

_SAMPLE = bytes(1000)
_MAIL = b"Message-ID: <1@example>\nContent-Type: image/png; name*=utf-8''a\nContent-Transfer-Encoding: base64\n\nAAAA\n"


def warm_up() -> None:
    """Open one container of every kind that has code or a library of its own."""
    deflater = zlib.compressobj(wbits=31)
    for media_type, content in (
        (GZIP, deflater.compress(_SAMPLE) + deflater.flush()),
        (BZIP2, bz2.compress(_SAMPLE)),
        (XZ, lzma.compress(_SAMPLE)),
        (ZSTD, zstandard.compress(_SAMPLE)),
        (ZIP, b"PK\x05\x06" + bytes(18)),
        (MAIL, _MAIL),
    ):
        source = io.BytesIO(content)
        container_type(source, media_type)
        with open_container(source, media_type=media_type, limits=ArchiveLimits()) as container:
            for member in container.members():
                member.open().read()
    packed = zlib.compress(_SAMPLE, wbits=-zlib.MAX_WBITS)
    member_of_zip = DeflatedMember(
        Part(io.BytesIO(packed), 0),
        packed_size=len(packed),
        size=len(_SAMPLE),
        crc=zlib.crc32(_SAMPLE),
    )
    member_of_zip.read(PIECE_BYTES)
