"""A disk that answers late, with errors, or never: each file has its record, and the scan comes to its end."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest
from tests.hardening import bad_disk
from tests.hardening.mounts import OWN_MOUNTS, needs_own_mounts
from tests.hardening.running import LAUNCH, path_of, picture, reason, records_of

SECONDS_FOR_ALL: Final = 100


@needs_own_mounts
@pytest.mark.long
@pytest.mark.timeout(120)
def test_every_file_of_a_failing_disk_has_its_record(node: Path, tmp_path: Path) -> None:
    (tmp_path / "known.jpg").write_bytes(picture(1, form="JPEG", side=400))
    (tmp_path / "disk").mkdir()
    settings = node / "node.toml"
    settings.write_text(settings.read_text(encoding="utf-8") + "\nseconds_per_file = 3\n", "utf-8")
    scan = (*LAUNCH, "--node", node, "scan", "--output", tmp_path / "out", tmp_path / "disk")
    disk = (
        *OWN_MOUNTS,
        sys.executable,
        bad_disk.__file__,
        tmp_path / "disk",
        tmp_path / "known.jpg",
    )

    done = subprocess.run([*disk, *scan], capture_output=True, check=False, timeout=SECONDS_FOR_ALL)

    assert done.returncode == 0, done.stderr.decode()
    records = records_of((tmp_path / "out").read_bytes())
    found = {
        os.path.relpath(path_of(each), bytes(tmp_path / "disk")): reason(each) for each in records
    }
    assert found == {
        b"bad-folder": ("unreadable", "read-error"),
        # It is hashed exactly in a second visit, for it comes near a known one.
        b"changing.jpg": ("unreadable", "changed-while-read"),
        b"ends-early.jpg": ("unreadable", "changed-while-read"),
        b"fails-at-once.jpg": ("unreadable", "read-error"),
        b"fails-late.jpg": ("unreadable", "read-error"),
        b"good.jpg": ("ok", None),
        b"silent.jpg": ("refused", "time-limit"),
        b"slow.jpg": ("ok", None),
        b"within/good.jpg": ("ok", None),
    }
    matched = {os.path.basename(path_of(each)) for each in records if each["matches"]}  # noqa: PTH119
    assert matched == {b"good.jpg", b"slow.jpg"}
