"""A tree of 100,000 small files, pictures, archives and clips: every file one record, and memory that does not grow."""

import json
import statistics
import subprocess
import sys
import tracemalloc
from pathlib import Path
from typing import Any, Final

import pytest

from rempart.node.walk import walk

BENCH: Final = Path(__file__).parents[2] / "bench" / "trees.py"
FILES: Final = 100_000
MEMBERS: Final = 3 * FILES * 4 // 1000
"""Four files of a thousand are archives of three members."""


def memory(samples: list[list[int]], first: float, last: float) -> float:
    """Return the median of the memory while so much of the output was written."""
    size = samples[-1][0]
    return statistics.median(pss for at, pss in samples if first * size <= at <= last * size)


@pytest.mark.long
@pytest.mark.timeout(600)
def test_memory_stays_flat_and_every_file_is_one_record(tmp_path: Path) -> None:
    command: list[str | Path] = [
        sys.executable,
        BENCH,
        "--rempart",
        Path(sys.executable).with_name("rempart"),
    ]

    done = subprocess.run(
        [*command, "--files", str(FILES), "--json", tmp_path / "figures"],
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr.decode()
    figures: dict[str, Any] = json.loads((tmp_path / "figures").read_bytes())
    assert figures["records"] == figures["different"] == FILES + MEMBERS
    assert figures["outcomes"] == {"ok": FILES + MEMBERS}
    early, late = (memory(figures["samples"], *part) for part in ((0.05, 0.3), (0.7, 0.95)))
    assert late < 1.1 * early + 10e6


def test_of_a_folder_of_many_files_only_the_names_are_held(tmp_path: Path) -> None:
    for number in range(5_000):
        (tmp_path / f"{number:06}.missing").symlink_to(
            "nowhere"
        )  # as good as a file, and never open
    tracemalloc.start()
    try:
        found = sum(1 for _ in walk([bytes(tmp_path)]))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert found == 5_000
    assert peak / found < 200
