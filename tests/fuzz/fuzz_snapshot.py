"""Fuzz snapshot files: whatever the bytes, opening ends with a working index or with DamagedError.

Run: python tests/fuzz/fuzz_snapshot.py [atheris arguments, such as -max_total_time=60]. Each input is tried as it is
and with its checksums put right, so that the checks behind them are reached.
"""

import os
import struct
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["rempart.match"]):
    from rempart.match import DigestMap, HammingIndex
    from rempart.model.errors import DamagedError

import numpy as np

_HEAD_BYTES = 48
_RECORD_BYTES = 64
_QUERIES = np.array([[0] * 32, [255] * 32, range(32)], np.uint8)


def _with_right_sums(data: bytes) -> bytes:
    """Put all checksums right as far as the records can be followed; anything else stays as it is."""
    if len(data) < _HEAD_BYTES:
        return data
    made = bytearray(data)
    struct.pack_into("<Q", made, 32, len(made))
    count = struct.unpack_from("<I", made, 40)[0]
    end = _HEAD_BYTES + _RECORD_BYTES * count
    if end > len(made):
        return bytes(made)
    for at in range(_HEAD_BYTES, end, _RECORD_BYTES):
        offset, size = struct.unpack_from("<QQ", made, at + 48)
        struct.pack_into("<I", made, at + 28, zlib.crc32(made[offset : offset + size]))
    made[44:48] = bytes(4)
    struct.pack_into("<I", made, 44, zlib.crc32(made[:end]))
    return bytes(made)


def _search_index(path: Path) -> None:
    index = HammingIndex.open(path)
    for radius in (0, 31, 51):
        index.query_many(_QUERIES, radius)
    index.query(bytes(32), 64)


def _search_map(path: Path) -> None:
    index = DigestMap.open(path)
    index.find_many(np.zeros((2, index.digest_bytes), np.uint8))


def _try(data: bytes, search: Callable[[Path], None]) -> None:
    handle = os.memfd_create("snapshot", os.MFD_CLOEXEC)
    try:
        os.write(handle, data)
        search(Path(f"/proc/self/fd/{handle}"))
    except DamagedError:
        pass
    finally:
        os.close(handle)


def fuzz_one(data: bytes) -> None:
    """Open the bytes as a snapshot of either kind and search it; only DamagedError may come of it."""
    for variant in (data, _with_right_sums(data)):
        _try(variant, _search_index)
        _try(variant, _search_map)


def main() -> None:
    """Run the fuzzer with the arguments of the command line."""
    atheris.Setup(sys.argv, fuzz_one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
