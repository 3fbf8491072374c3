"""Which kernel runs, and that a wrong setting stops instead of running another one."""

import numpy as np
import pytest

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
