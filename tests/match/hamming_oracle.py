"""What exact search must return, worked out without it; and data that is hard for it."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from rempart._native.hamming_numpy import CHUNKS, bit_order

Hashes = npt.NDArray[np.uint8]
Ids = npt.NDArray[np.int64]
Row = tuple[int, int, int]

BENIGN = Path(__file__).parents[1] / "data" / "benign_pdq.npy"


def brute_force(hashes: Hashes, ids: Ids, queries: Hashes, radius: int) -> list[Row]:
    """Compare everything with everything: (query, id, distance) by query, distance, id."""
    found: list[Row] = []
    words = np.ascontiguousarray(hashes).view(np.uint64)
    for number, query in enumerate(np.ascontiguousarray(queries).view(np.uint64)):
        distances = np.bitwise_count(words ^ query).sum(axis=1, dtype=np.int64)
        near = np.flatnonzero(distances <= radius)
        pairs = sorted(zip(distances[near].tolist(), ids[near].tolist(), strict=True))
        found += [(number, identifier, distance) for distance, identifier in pairs]
    return found


def as_rows(found: tuple[Ids, Ids, Ids]) -> list[Row]:
    return list(zip(*(column.tolist() for column in found), strict=True))


def uniform(rng: np.random.Generator, count: int) -> Hashes:
    return rng.integers(0, 256, (count, 32), dtype=np.uint8)


def shuffled_ids(rng: np.random.Generator, count: int) -> Ids:
    """Ids that do not ascend, some negative, with the ends of int64 among them."""
    ids = rng.permutation(count).astype(np.int64) * 3 - count
    ids[: min(count, 2)] = [np.iinfo(np.int64).min, np.iinfo(np.int64).max][: min(count, 2)]
    return ids


def flip(hashes: Hashes, rng: np.random.Generator, most: int) -> Hashes:
    """Flip 0 to `most` random bits of each hash."""
    bits = np.unpackbits(hashes, axis=1)
    for row in bits:
        row[rng.choice(256, rng.integers(0, most + 1), replace=False)] ^= 1
    return np.packbits(bits, axis=1)


def flip_by_chunk(hash_: Hashes, counts: list[int], rng: np.random.Generator) -> Hashes:
    """Flip so many bits in each chunk as the index sees it, after its fixed bit order."""
    bits = np.unpackbits(hash_, bitorder="little")
    order = bit_order()
    for chunk, count in enumerate(counts):
        bits[order[16 * chunk + rng.choice(16, count, replace=False)]] ^= 1
    return np.packbits(bits, bitorder="little")


def thresholds(radius: int) -> list[int]:
    """Return the allotment that the index uses, restated: as equal as possible, sum of (t + 1) = radius + 1."""
    base, extra = divmod(radius + 1, CHUNKS)
    return [base - 1 + ((i + 1) * extra // CHUNKS - i * extra // CHUNKS) for i in range(CHUNKS)]


def tight_patterns(radius: int, rng: np.random.Generator) -> list[list[int]]:
    """Return bits to flip in each chunk, on the edge of what the pigeonhole and ring conditions admit."""
    full = [t + 1 for t in thresholds(radius)]
    patterns = [list(full)]  # one more than the radius in all: must not match
    patterns += [
        [*full[:chunk], full[chunk] - 1, *full[chunk + 1 :]]
        for chunk in range(CHUNKS)
        if full[chunk]
    ]
    for _ in range(24):
        moved = list(patterns[-1])
        for _ in range(rng.integers(1, 12)):
            giver, taker = rng.integers(0, CHUNKS, 2)
            if giver != taker and moved[giver] > 0 and moved[taker] < 16:
                moved[giver] -= 1
                moved[taker] += 1
        patterns.append(moved)
    for _ in range(12):
        total = max(0, radius + int(rng.integers(-3, 4)))
        counts = np.bincount(rng.integers(0, CHUNKS, total), minlength=CHUNKS)
        patterns.append(np.minimum(counts, 16).tolist())
    for start in range(0, CHUNKS, 3):
        patterns.append(_ring_run(radius, start))
        patterns.append(_crowded(radius, start))
    return patterns


def _ring_run(radius: int, start: int) -> list[int]:
    """A low chunk, then a high one, then as many as remain: the chain breaks as late as it can."""
    base = (radius + 1) // CHUNKS
    left, counts = radius, [0] * CHUNKS
    for step, wanted in enumerate([max(0, base - 1), base + 1] + [base] * 13 + [max(0, base - 1)]):
        counts[(start + step) % CHUNKS] = min(left, wanted)
        left -= counts[(start + step) % CHUNKS]
    return counts


def _crowded(radius: int, start: int) -> list[int]:
    """All differences in as few chunks as possible."""
    left, counts = radius, [0] * CHUNKS
    for step in range(CHUNKS):
        counts[(start + 5 * step) % CHUNKS] = min(left, 16)
        left -= min(left, 16)
    return counts
