"""Fuzz the small files beside an index: whatever a manifest, a stamp or the marks of a delta hold, opening ends with a
working index or with DamagedError.

Run: python tests/fuzz/fuzz_index_folder.py [atheris arguments, such as -max_total_time=60]. The first byte says which
file takes the rest; marks are tried as they are and as the content of a sound file.
"""

import atexit
import shutil
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["rempart.match"]):
    from rempart.match import IndexChanges, KnownIndex, LayeredIndex
    from rempart.match.snapshot import save_snapshot
    from rempart.model.errors import DamagedError

import numpy as np

from rempart.model.fingerprint import EQUAL_BYTES, FIXED_BYTES, PDQ, VPDQ

_KINDS = (PDQ, VPDQ, *EQUAL_BYTES)
_WIDTH = {**FIXED_BYTES, VPDQ: FIXED_BYTES[PDQ]}
_QUERIES = np.array([[0] * 32, range(32)], np.uint8)
_FOLDER = Path(tempfile.mkdtemp(prefix="fuzz-index-"))
atexit.register(shutil.rmtree, _FOLDER, ignore_errors=True)


def _prepare() -> None:
    def matchable(kind: str) -> list[tuple[np.ndarray, np.ndarray]]:
        values = np.arange(20 * _WIDTH[kind], dtype=np.uint64).astype(np.uint8)
        return [(np.arange(20), values.reshape(20, -1))]

    KnownIndex.build(matchable, change_number=1).save(_FOLDER / "base")
    removed = {kind: np.array([3, 7]) for kind in _KINDS}
    changed = LayeredIndex.open(_FOLDER / "base").after(IndexChanges(up_to=2, removed=removed))
    changed.save_delta(_FOLDER / "delta")


def _try() -> None:
    try:
        index = LayeredIndex.open(_FOLDER / "base", _FOLDER / "delta")
    except DamagedError:
        return
    index.near(_QUERIES, radius=31)
    index.near_frames(_QUERIES, radius=31)
    index.frame_counts(np.array([0, 3]))
    index.equal("md5", np.zeros((1, 16), np.uint8))
    index.counts()


def fuzz_one(data: bytes) -> None:
    """Let one of the files hold the bytes, open, and put the sound one back."""
    name = ("manifest.json", "checked.json", "base.marks", "base.marks")[data[0] % 4 if data else 0]
    path = _FOLDER / "delta" / name
    sound = path.read_bytes()
    try:
        if data and data[0] % 4 == 3:  # right sums, any marks
            marks = np.frombuffer(data[1:], np.uint8)
            save_snapshot(path, kind="marks", arrays=dict.fromkeys(_KINDS, marks))
        else:
            path.write_bytes(data[1:])
        _try()
    finally:
        path.unlink()
        path.write_bytes(sound)


def main() -> None:
    """Run the fuzzer with the arguments of the command line."""
    _prepare()
    atheris.Setup(sys.argv, fuzz_one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
