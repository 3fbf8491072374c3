"""Compiled kernels and numpy twin build the same arrays, so that a snapshot does not tell who made it."""

import zlib
from pathlib import Path

import numpy as np
import pytest
from tests.match.hamming_oracle import BENIGN, shuffled_ids, uniform

from rempart._native import hamming_numpy
from rempart._native.kernel_choice import KERNEL_VARIABLE, KernelUnavailableError
from rempart.match import HammingIndex
from rempart.match._kernels import KernelModule, available_kernels, pick_kernel
from rempart.match.errors import SearchKernelError

BIT_ORDER_CRC = 0x77C82A77


@pytest.fixture(params=available_kernels())
def module(request: pytest.FixtureRequest) -> KernelModule:
    return pick_kernel(request.param)[0]


def test_the_bit_order_of_format_version_1_never_changes() -> None:
    order = hamming_numpy.bit_order()
    assert sorted(order.tolist()) == list(range(256))
    assert zlib.crc32(order.astype(np.uint8).tobytes()) == BIT_ORDER_CRC


def test_bits_are_permuted_as_the_order_says(module: KernelModule) -> None:
    single = np.packbits(np.eye(256, dtype=np.uint8), axis=1, bitorder="little")
    rows = np.zeros((256, 4), np.uint64)
    module.permute(single, rows)
    bits = np.unpackbits(rows.view(np.uint8), axis=1, bitorder="little")
    assert bits.sum() == 256
    assert bits[hamming_numpy.bit_order(), np.arange(256)].all()


def test_groups_are_numbered_by_their_first_row(module: KernelModule) -> None:
    rows = np.array(
        [[5, 0, 0, 1], [2, 0, 0, 0], [5, 0, 0, 1], [5, 0, 0, 0], [2, 0, 0, 0]], np.uint64
    )
    numbers = np.empty(5, np.uint32)
    assert module.find_groups(rows, numbers) == 3
    assert numbers.tolist() == [0, 1, 0, 2, 1]
    assert module.find_groups(rows[:0], numbers[:0]) == 0


@pytest.mark.usefixtures("layout")
def test_snapshots_of_all_kernels_are_equal(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    hashes = np.concatenate([np.load(BENIGN)[:2000], uniform(rng, 500)])
    hashes[100:140] = hashes[3]
    ids = shuffled_ids(rng, len(hashes))
    written = set()
    for kernel in available_kernels():
        HammingIndex.build(hashes, ids, kernel=kernel).save(tmp_path / kernel)
        written.add((tmp_path / kernel).read_bytes())
    assert len(written) == 1


def test_a_kernel_that_cannot_run_here_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    empty = np.empty((0, 32), np.uint8), np.empty(0, np.int64)
    with pytest.raises(KernelUnavailableError):
        HammingIndex.build(*empty, kernel="abacus")
    monkeypatch.setenv(KERNEL_VARIABLE, "abacus")
    with pytest.raises(SearchKernelError):
        HammingIndex.build(*empty)


def test_the_environment_chooses_the_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KERNEL_VARIABLE, "numpy")
    assert HammingIndex.build(np.empty((0, 32), np.uint8), np.empty(0, np.int64)).kernel == "numpy"
