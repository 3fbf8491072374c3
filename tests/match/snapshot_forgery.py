"""Forge snapshot files: right checksums, wrong content; or any field of the head changed and the sums put right."""

import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rempart.match.snapshot import save_snapshot

Sections = dict[str, npt.NDArray[Any]]

HEAD_BYTES = 48
RECORD_BYTES = 64
HEAD_CRC_AT = 44
COUNT_AT = 40


def read_sections(path: Path) -> Sections:
    """Read the arrays without any check, by the layout that the module's head states."""
    data = path.read_bytes()
    sections: Sections = {}
    for number in range(struct.unpack_from("<I", data, COUNT_AT)[0]):
        name, dtype, axes, _, rows, columns, offset, size = struct.unpack_from(
            "<16s8sIIQQQQ", data, HEAD_BYTES + RECORD_BYTES * number
        )
        array = np.frombuffer(data[offset : offset + size], dtype.rstrip(b"\0").decode())
        sections[name.rstrip(b"\0").decode()] = array.reshape((rows, columns)[:axes]).copy()
    return sections


def forge(path: Path, kind: str, sections: Sections) -> None:
    """Write arrays that no index would write."""
    save_snapshot(path, kind=kind, arrays=sections)


def with_right_head_sum(data: bytearray) -> bytes:
    """Put the checksum of the head right after it was changed."""
    end = HEAD_BYTES + RECORD_BYTES * struct.unpack_from("<I", data, COUNT_AT)[0]
    data[HEAD_CRC_AT : HEAD_CRC_AT + 4] = bytes(4)
    struct.pack_into("<I", data, HEAD_CRC_AT, zlib.crc32(data[:end]))
    return bytes(data)
