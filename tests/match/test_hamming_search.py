"""The index returns exactly what comparing everything returns: every layout, kernel path, radius and kind of data."""

import threading

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

SPREAD = (0, 1, 15, 16, 20, 31, 32, 40, 44, 45, 47, 51, 64)


@pytest.mark.usefixtures("layout")
def test_every_radius_equals_brute_force(kernel: str) -> None:
    rng = np.random.default_rng(1)
    centres = uniform(rng, 12)
    hashes = np.concatenate([flip(centres[rng.integers(0, 12, 500)], rng, 70), uniform(rng, 100)])
    ids = shuffled_ids(rng, len(hashes))
    index = HammingIndex.build(hashes, ids, kernel=kernel)
    matches = 0
    for radius in range(65):
        expected = brute_force(hashes, ids, centres, radius)
        assert as_rows(index.query_many(centres, radius)) == expected
        one = [(i, d) for number, i, d in expected if number == 3]
        assert index.query(centres[3].tobytes(), radius) == one
        matches = len(expected)
    assert matches > 400


@pytest.mark.usefixtures("layout")
@pytest.mark.parametrize("count", [0, 1, 2, 31, 32, 33])
def test_tiny_indexes_equal_brute_force(kernel: str, count: int) -> None:
    rng = np.random.default_rng(count)
    hashes, ids = uniform(rng, count), shuffled_ids(rng, count)
    queries = np.concatenate([flip(hashes, rng, 64), uniform(rng, 3), np.zeros((1, 32), np.uint8)])
    index = HammingIndex.build(hashes, ids, kernel=kernel)
    assert len(index) == count
    for radius in SPREAD:
        expected = brute_force(hashes, ids, queries, radius)
        assert as_rows(index.query_many(queries, radius)) == expected
    assert index.query_many(np.empty((0, 32), np.uint8), 31)[0].shape == (0,)


@pytest.mark.usefixtures("layout")
def test_tight_pigeonhole_cases_lose_nothing(kernel: str) -> None:
    rng = np.random.default_rng(2)
    hashes = uniform(rng, 3000)
    ids = shuffled_ids(rng, len(hashes))
    index = HammingIndex.build(hashes, ids, kernel=kernel)
    for radius in (0, 1, 7, 14, 15, 16, 17, 23, 30, 31, 32, 33, 46, 47, 48, 51, 62, 63, 64):
        patterns = tight_patterns(radius, rng)
        queries = np.array([flip_by_chunk(hashes[i], p, rng) for i, p in enumerate(patterns)])
        totals = [sum(pattern) for pattern in patterns]
        expected = brute_force(hashes, ids, queries, radius)
        assert as_rows(index.query_many(queries, radius)) == expected
        planted = {(number, ids[number]) for number, total in enumerate(totals) if total <= radius}
        assert planted <= {(number, identifier) for number, identifier, _ in expected}
        assert radius + 1 in totals


@pytest.mark.usefixtures("layout")
def test_skewed_real_hashes_equal_brute_force(kernel: str) -> None:
    rng = np.random.default_rng(3)
    hashes = np.load(BENIGN)[: 4000 if kernel == "numpy" else None]
    ids = shuffled_ids(rng, len(hashes))
    queries = np.concatenate([hashes[:30], flip(hashes[30:60], rng, 51)])
    index = HammingIndex.build(hashes, ids, kernel=kernel)
    for radius in (0, 31, 51, 64):
        expected = brute_force(hashes, ids, queries, radius)
        assert as_rows(index.query_many(queries, radius)) == expected
        assert len(expected) >= 30


@pytest.mark.usefixtures("layout")
def test_eighty_thousand_copies_of_one_hash_all_come_back(kernel: str) -> None:
    rng = np.random.default_rng(4)
    hashes = uniform(rng, 81_000)
    hashes[500:80_500] = hashes[500]
    ids = rng.permutation(len(hashes)).astype(np.int64)
    index = HammingIndex.build(hashes, ids, kernel=kernel)
    query = flip(hashes[500:501], rng, 20)
    found = index.query(query.tobytes(), 31)
    assert [identifier for identifier, _ in found] == sorted(ids[500:80_500].tolist())
    _, many, distances = index.query_many(np.repeat(query, 3, axis=0))
    assert len(many) == 3 * 80_000
    assert set(distances.tolist()) == {found[0][1]}


@pytest.mark.usefixtures("layout")
def test_crowded_buckets_of_distinct_hashes_lose_nothing(kernel: str) -> None:
    """Twenty thousand different hashes with fifteen equal chunks: every one survives the ring condition."""
    rng = np.random.default_rng(5)
    base = uniform(rng, 1)[0]
    bits = np.unpackbits(np.repeat(base[None], 20_000, axis=0), axis=1, bitorder="little")
    order_of_last_chunk = [
        int(np.flatnonzero(np.unpackbits(flipped ^ base, bitorder="little"))[0])
        for flipped in (_flip_one(base, place) for place in range(240, 256))
    ]
    numbers = np.arange(20_000)
    for place, bit in enumerate(order_of_last_chunk):
        bits[:, bit] ^= ((numbers >> place) & 1).astype(np.uint8)
    hashes = np.packbits(bits, axis=1, bitorder="little")
    ids = numbers.astype(np.int64)
    index = HammingIndex.build(hashes, ids, kernel=kernel)
    for radius in (3, 31):
        expected = brute_force(hashes, ids, hashes[:2], radius)
        assert as_rows(index.query_many(hashes[:2], radius)) == expected


def _flip_one(base: np.ndarray, place: int) -> np.ndarray:
    from rempart._native.hamming_numpy import bit_order  # noqa: PLC0415 - only this helper needs it

    bits = np.unpackbits(base, bitorder="little")
    bits[bit_order()[place]] ^= 1
    return np.packbits(bits, bitorder="little")


def test_the_cost_estimate_changes_no_result(kernel: str) -> None:
    """Sizes at which the index has both layouts and chooses by radius and kernel."""
    rng = np.random.default_rng(6)
    hashes = uniform(rng, 20_000)
    ids = shuffled_ids(rng, len(hashes))
    queries = flip(hashes[:12], rng, 64)
    index = HammingIndex.build(hashes, ids, kernel=kernel)
    for radius in SPREAD:
        assert as_rows(index.query_many(queries, radius)) == brute_force(
            hashes, ids, queries, radius
        )


@pytest.mark.usefixtures("layout")
@pytest.mark.parametrize(("copies", "radius"), [(300, 5), (300, 51), (900, 16), (3500, 5)])
def test_blocks_of_a_large_batch_keep_their_query_numbers(
    kernel: str, copies: int, radius: int
) -> None:
    """Batches of several blocks, unsorted and sorted ones."""
    if kernel == "numpy" or (kernel == "portable" and radius > 16):
        copies //= 100
    rng = np.random.default_rng(7)
    hashes = uniform(rng, 40)
    ids = np.arange(40)
    queries = np.tile(hashes, (copies, 1))
    index = HammingIndex.build(hashes, ids, kernel=kernel)
    numbers, found, distances = index.query_many(queries, radius)
    assert numbers.tolist() == list(range(len(queries)))
    assert found.tolist() == list(range(40)) * copies
    assert not distances.any()


def test_a_sorted_batch_finds_what_single_queries_find(kernel: str) -> None:
    if kernel == "numpy":
        pytest.skip("this path sorts nothing")
    rng = np.random.default_rng(10)
    hashes = uniform(rng, 30_000)
    ids = shuffled_ids(rng, len(hashes))
    index = HammingIndex.build(hashes, ids, kernel=kernel)
    queries = np.concatenate([flip(hashes, rng, 40), uniform(rng, 10_000)])
    found = as_rows(index.query_many(queries))
    in_parts = [
        (start + number, identifier, distance)
        for start in range(0, len(queries), 4000)
        for number, identifier, distance in as_rows(index.query_many(queries[start : start + 4000]))
    ]
    assert found == in_parts
    assert len(found) > 20_000


def test_non_contiguous_queries_and_hashes_are_read_right(kernel: str) -> None:
    rng = np.random.default_rng(8)
    wide = rng.integers(0, 256, (100, 64), dtype=np.uint8)
    hashes, ids = wide[::2, 16:48], np.arange(200, dtype=np.int64)[::4]
    index = HammingIndex.build(hashes, ids, kernel=kernel)
    assert index.query_many(hashes[::-1], 0)[1].tolist() == ids[::-1].tolist()


@pytest.mark.parametrize("radius", [-1, 65, 1 << 40])
def test_a_radius_that_is_not_offered_is_refused(kernel: str, radius: int) -> None:
    index = HammingIndex.build(np.zeros((1, 32), np.uint8), np.array([1]), kernel=kernel)
    with pytest.raises(ValueError, match="radius"):
        index.query(bytes(32), radius)
    with pytest.raises(ValueError, match="radius"):
        index.query_many(np.zeros((1, 32), np.uint8), radius)


def test_wrong_queries_are_refused(kernel: str) -> None:
    index = HammingIndex.build(np.zeros((1, 32), np.uint8), np.array([1]), kernel=kernel)
    with pytest.raises(ValueError, match="32 bytes"):
        index.query(bytes(31))
    with pytest.raises(TypeError):
        index.query("0" * 32)  # type: ignore[arg-type]  # the wrong type is the point
    with pytest.raises(TypeError):
        index.query_many(np.zeros((1, 32), np.int16))
    with pytest.raises(ValueError, match="32 bytes"):
        index.query_many(np.zeros((1, 31), np.uint8))
    with pytest.raises(ValueError, match="axes"):
        index.query_many(np.zeros(32, np.uint8))


def test_searching_goes_on_in_other_threads_during_changes() -> None:
    """A lasting entry is found by every search, whatever is added, merged and removed meanwhile."""
    rng = np.random.default_rng(9)
    hashes = uniform(rng, 30_000)
    ids = np.arange(len(hashes), dtype=np.int64)
    index = HammingIndex.build(hashes[:20_000], ids[:20_000])
    stop = threading.Event()
    missed: list[int] = []

    def search() -> None:
        while not stop.is_set():
            found = index.query_many(hashes[:50], 10)[1].tolist()
            missed.extend(set(range(50)) - set(found))

    threads = [threading.Thread(target=search) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        for start in range(20_000, 30_000, 500):
            index.add(hashes[start : start + 500], ids[start : start + 500])
            index.remove(ids[start : start + 250])
        index.add(uniform(rng, 12_000), np.arange(100_000, 112_000))
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert missed == []
    assert len(index) == 20_000 + 5_000 + 12_000
