"""Which kernel runs, and that a wrong setting stops instead of running another one."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import rempart
from rempart.fingerprint import (
    KernelSettingError,
    _kernels,
    available_kernels,
    chosen_kernel,
    pdq,
)


def test_numpy_twin_is_always_there_and_never_preferred(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REMPART_KERNEL", raising=False)
    assert available_kernels()[-1] == "numpy"
    assert chosen_kernel() == available_kernels()[0]


def test_named_kernel_runs(kernel: str) -> None:
    assert chosen_kernel() == kernel


def test_unknown_kernel_is_a_usage_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REMPART_KERNEL", "fastest")
    with pytest.raises(KernelSettingError) as raised:
        pdq.exact(np.zeros((9, 9), np.uint8))
    assert raised.value.exit_code == 2
    assert "REMPART_KERNEL=fastest" in raised.value.message
    assert "portable" in raised.value.hint or "numpy" in raised.value.hint


def test_build_without_compiler_hashes_in_numpy(monkeypatch: pytest.MonkeyPatch) -> None:
    picture = np.random.default_rng(5).integers(0, 256, (600, 300, 3), dtype=np.uint8)
    wanted = pdq.full(picture)
    wanted_screen = pdq.screen(picture[:, :, 0], full_height=1200, full_width=600, scale=2)
    monkeypatch.setattr(_kernels, "_native", None)
    assert _kernels.available_kernels() == ("numpy",)
    assert pdq.full(picture) == wanted
    found = pdq.screen(picture[:, :, 0], full_height=1200, full_width=600, scale=2)
    assert abs(found.screen.quality - wanted_screen.screen.quality) <= 1


IN_A_PURE_BUILD = """
import sys
sys.meta_path = [each for each in sys.meta_path if each.__class__.__module__.startswith("_frozen")
                 or isinstance(each, type)]
sys.path.insert(0, sys.argv[1])
import numpy as np
from rempart.fingerprint import available_kernels, pdq
print(available_kernels(), pdq.exact(np.arange(7200, dtype=np.uint32).astype(np.uint8).reshape(90, 80)).hex)
"""


def test_installation_without_native_code_hashes_in_numpy(tmp_path: Path) -> None:
    sources = next(Path(each) for each in rempart.__path__ if (Path(each) / "model").is_dir())
    shutil.copytree(sources, tmp_path / "rempart", ignore=shutil.ignore_patterns("*.so"))
    done = subprocess.run(
        [sys.executable, "-c", IN_A_PURE_BUILD, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    picture = np.arange(7200, dtype=np.uint32).astype(np.uint8).reshape(90, 80)
    assert done.stdout.strip() == f"('numpy',) {pdq.exact(picture).hex}", done.stderr
