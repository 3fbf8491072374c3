"""Saving replaces a snapshot as a whole or not at all, also when the process is killed or the disk is full."""

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from tests.match.hamming_oracle import uniform

from rempart.match import HammingIndex

HASHES = uniform(np.random.default_rng(1), 50)
IDS = np.arange(50, dtype=np.int64)

KILLED = """
import os, pathlib, signal, sys
import numpy as np
from rempart.match import HammingIndex

def die(*args, **kwargs):
    os.kill(os.getpid(), signal.SIGKILL)

index = HammingIndex.build(np.zeros((9, 32), np.uint8), np.arange(9))
owner = {"fsync": os, "replace": pathlib.Path}[sys.argv[2]]
setattr(owner, sys.argv[2], die)
index.save(sys.argv[1])
"""


@pytest.mark.parametrize("point", ["fsync", "replace"])
def test_a_process_killed_while_saving_leaves_the_old_file(tmp_path: Path, point: str) -> None:
    path = tmp_path / "index"
    HammingIndex.build(HASHES, IDS).save(path)
    before = path.read_bytes()
    ended = subprocess.run([sys.executable, "-c", KILLED, path, point], check=False)
    assert ended.returncode == -signal.SIGKILL
    assert path.read_bytes() == before
    assert len(HammingIndex.open(path)) == 50


def test_a_full_disk_leaves_the_old_file_and_no_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "index"
    HammingIndex.build(HASHES, IDS).save(path)
    larger = HammingIndex.build(HASHES[:9], IDS[:9])

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        larger.save(path)
    monkeypatch.undo()
    assert len(HammingIndex.open(path)) == 50
    assert list(tmp_path.iterdir()) == [path]


def test_a_snapshot_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    HammingIndex.build(HASHES, IDS).save(tmp_path / "index")
    assert (tmp_path / "index").stat().st_mode & 0o777 == 0o600


def test_saving_into_an_absent_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        HammingIndex.build(HASHES, IDS).save(tmp_path / "absent" / "index")
