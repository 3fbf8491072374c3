"""Every fuzz target runs clean: for a moment in `make test`, for a stated time in `make test-long`."""

import base64
import os
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

_FOLDER = Path(__file__).parent
_TARGETS = sorted(path.stem for path in _FOLDER.glob("fuzz_*.py"))
_SECONDS = int(os.environ.get("REMPART_FUZZ_SECONDS", "60"))
_SEED = os.environ.get("REMPART_FUZZ_SEED", "1")
"""The same for every run: what stops a change is to be of that change. Other seeds look further, at any time."""


def _fuzz(target: str, *limits: str, work: Path) -> None:
    command = [sys.executable, str(_FOLDER / f"{target}.py"), "-rss_limit_mb=4096", *limits]
    finished = subprocess.run(
        [*command, f"-seed={_SEED}"],
        cwd=work,
        env={**os.environ, "PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    assert finished.returncode == 0, _told(finished, work)


def _told(finished: "subprocess.CompletedProcess[str]", work: Path) -> str:
    """Return the error, and what caused it, so that whoever reads this elsewhere can repeat it."""
    causes = [
        f"{path.name}, zlib and base64: {base64.b64encode(zlib.compress(path.read_bytes())).decode()[:8000]}"
        for path in sorted(work.iterdir())
    ]
    return "\n".join([finished.stdout[-4000:], finished.stderr[-1000:], *causes])


def test_there_is_a_target_for_everything_read_from_outside() -> None:
    law = {"fuzz_law_files", "fuzz_law_context", "fuzz_law_derivation"}
    assert {
        "fuzz_archives",
        "fuzz_index_folder",
        "fuzz_lists",
        "fuzz_log",
        "fuzz_media",
        "fuzz_snapshot",
        "fuzz_urls",
        "fuzz_video",
        *law,
    } <= set(_TARGETS)


@pytest.mark.parametrize("target", _TARGETS)
def test_target_runs_clean_for_a_moment(target: str, tmp_path: Path) -> None:
    _fuzz(target, "-runs=500", work=tmp_path)


@pytest.mark.long
@pytest.mark.timeout(_SECONDS + 300)
@pytest.mark.parametrize("target", _TARGETS)
def test_target_runs_clean_for_the_stated_time(target: str, tmp_path: Path) -> None:
    _fuzz(target, f"-max_total_time={_SECONDS}", work=tmp_path)
