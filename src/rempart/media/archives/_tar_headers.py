"""The headers of a tar (POSIX.1-2017, pax; the GNU tar manual, "Basic Tar Format"): one block of 512 bytes each."""

from dataclasses import dataclass
from typing import Final

from rempart.media._container_signs import BLOCK_BYTES, tar_number
from rempart.media.archives import _problems

_NUL_BLOCK: Final = bytes(BLOCK_BYTES)


@dataclass(frozen=True, slots=True)
class TarHeader:
    """What one header block says.

    Attributes:
        name: as it stands there, the prefix in front of it.
        size: bytes of content behind it.
        kind: its type flag.
        block: the whole block.
    """

    name: bytes
    size: int
    kind: bytes
    block: bytes

    @property
    def is_old_folder(self) -> bool:
        """Whether it is a folder as the oldest programs wrote them."""
        return self.kind == b"\0" and self.size == 0 and self.name.endswith(b"/")


def read_header(block: bytes) -> TarHeader:
    """Return what a header block says.

    Raises:
        ContainerError: its size is no number, or negative.
    """
    try:
        size = tar_number(block[124:136])
    except ValueError:
        size = -1
    if size < 0:
        reason = "a header gives a size that is no size"
        raise _problems.error_of(_problems.corrupt("archive", reason))
    name = text(block[:100])
    prefix = text(block[345:500])
    if block[257:263] == b"ustar\x00" and prefix:
        name = prefix + b"/" + name
    return TarHeader(name, size, block[156:157], block[:BLOCK_BYTES])


def is_end(block: bytes) -> bool:
    """Tell whether it is one of the blocks of zeros that end an archive."""
    return block == _NUL_BLOCK


def padded(size: int) -> int:
    """Return how many bytes the blocks take that hold so many bytes."""
    return -(-size // BLOCK_BYTES) * BLOCK_BYTES


def text(field: bytes) -> bytes:
    """Return a field up to its first NUL."""
    return field.partition(b"\0")[0]


def read_records(data: bytes) -> list[tuple[bytes, bytes]]:
    """Return the records of a pax header, "length key=value" each.

    Raises:
        ContainerError: it has another form.
    """
    records = []
    at = 0
    while at < len(data) and data[at]:
        digits, blank, _ = data[at : at + 20].partition(b" ")
        length = int(digits) if blank and digits.isdigit() else 0
        record = data[at + len(digits) + 1 : at + length]
        key, equals, value = record.partition(b"=")
        if not equals or not value.endswith(b"\n") or at + length > len(data):
            reason = "an extended header has another form than it must have"
            raise _problems.error_of(_problems.corrupt("archive", reason))
        records.append((key, value[:-1]))
        at += length
    return records
