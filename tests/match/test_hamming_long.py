"""The same promises at the size that is really used; minutes, so apart."""

from pathlib import Path

import numpy as np
import pytest
from tests.match.hamming_oracle import (
    BENIGN,
    as_rows,
    brute_force,
    flip,
    flip_by_chunk,
    shuffled_ids,
    tight_patterns,
    uniform,
)

from rempart.match import HammingIndex
from rempart.match._kernels import available_kernels

COMPILED = [name for name in available_kernels() if name != "numpy"]
pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]


@pytest.mark.parametrize("kernel", COMPILED)
@pytest.mark.parametrize("is_skewed", [False, True])
def test_a_million_entries_equal_brute_force(kernel: str, is_skewed: bool) -> None:  # noqa: FBT001 - a parameter
    rng = np.random.default_rng(1)
    hashes = uniform(rng, 1_000_000)
    if is_skewed:
        real = np.load(BENIGN)
        for start in range(0, 900_000, 100_000):
            hashes[start : start + 100_000] = flip(
                real[rng.integers(0, len(real), 100_000)], rng, 60
            )
    ids = shuffled_ids(rng, len(hashes))
    index = HammingIndex.build(hashes, ids, kernel=kernel)
    queries = flip(hashes[rng.integers(0, len(hashes), 60)], rng, 64)
    for radius in (16, 31, 51, 64):
        expected = brute_force(hashes, ids, queries, radius)
        assert as_rows(index.query_many(queries, radius)) == expected


@pytest.mark.parametrize("kernel", COMPILED)
def test_every_radius_is_tight_at_two_hundred_thousand(kernel: str) -> None:
    rng = np.random.default_rng(2)
    hashes = uniform(rng, 200_000)
    ids = np.arange(len(hashes), dtype=np.int64)
    index = HammingIndex.build(hashes, ids, kernel=kernel)
    for radius in range(65):
        patterns = tight_patterns(radius, rng)
        queries = np.array([flip_by_chunk(hashes[i], p, rng) for i, p in enumerate(patterns)])
        found = as_rows(index.query_many(queries, radius))
        assert found == brute_force(hashes, ids, queries, radius)


def test_half_a_million_changes_leave_the_right_entries(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    hashes = uniform(rng, 200_000)
    ids = rng.permutation(len(hashes)).astype(np.int64)
    index = HammingIndex.build(hashes[:0], ids[:0])
    is_in = np.zeros(len(hashes), bool)
    for round_ in range(80):
        chosen = rng.permutation(len(hashes))[:6000]
        new, old = chosen[~is_in[chosen]], chosen[is_in[chosen]]
        index.add(hashes[new], ids[new])
        index.remove(ids[old])
        is_in[chosen] ^= True
        if round_ % 20 == 7:
            index.save(tmp_path / "index")
            index = HammingIndex.open(tmp_path / "index")
    assert len(index) == is_in.sum()
    numbers, found, distances = index.query_many(hashes, 0)
    assert numbers.tolist() == np.flatnonzero(is_in).tolist()
    assert found.tolist() == ids[is_in].tolist()
    assert not distances.any()
