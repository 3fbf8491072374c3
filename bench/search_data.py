"""Hashes to race on: uniform random ones, and skewed ones grown from real hashes of benign pictures."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

Hashes = npt.NDArray[np.uint8]

BENIGN: Final = Path(__file__).resolve().parent.parent / "tests" / "data" / "benign_pdq.npy"
QUERIES: Final = 1000


@dataclass(frozen=True, slots=True)
class Race:
    """A list and two sets of queries.

    Attributes:
        hashes: the list (uint8, n by 32).
        far: queries that (nearly) all match nothing.
        near: queries at 0 to 31 bits from an entry.
    """

    hashes: Hashes
    far: Hashes
    near: Hashes


def make_race(kind: str, size: int) -> Race:
    """Return the data of one race: `uniform` or `skewed`."""
    rng = np.random.default_rng(size)
    if kind == "uniform":
        hashes = rng.integers(0, 256, (size, 32), dtype=np.uint8)
        far = rng.integers(0, 256, (QUERIES, 32), dtype=np.uint8)
    else:
        hashes, far = _skewed(rng, size)
    near = _flipped(rng, hashes[rng.integers(0, size, QUERIES)])
    return Race(hashes, far, near)


def _skewed(rng: np.random.Generator, size: int) -> tuple[Hashes, Hashes]:
    """Grow a list from the real hashes: nine tenths of them seed the list, the rest the queries.

    Each new hash is a seed in which 16 to 64 set bits and as many clear bits, chosen at random, change places: the
    weight stays at 128, as it nearly always is with PDQ, and the correlation of the bits is mostly kept. They lie 32
    to 128 bits from their seed, so buckets are crowded, yet few entries are nearer to each other than 31.
    """
    seeds = rng.permutation(np.load(BENIGN))
    split = len(seeds) * 9 // 10
    grown = [
        _exchanged(rng, seeds[rng.integers(0, split, min(100_000, size - start))])
        for start in range(0, size, 100_000)
    ]
    return np.concatenate(grown), _exchanged(rng, seeds[rng.integers(split, len(seeds), QUERIES)])


def _exchanged(rng: np.random.Generator, hashes: Hashes) -> Hashes:
    bits = np.unpackbits(hashes, axis=1).astype(bool)
    pairs = rng.integers(16, 65, len(bits))[:, None]
    noise = rng.random(bits.shape, dtype=np.float32)
    for value in (True, False):
        rank = np.argsort(np.argsort(np.where(bits == value, noise, 2), axis=1), axis=1)
        noise = np.where((bits == value) & (rank < pairs), -1, noise)
    return np.packbits(bits ^ (noise < 0), axis=1)


def _flipped(rng: np.random.Generator, hashes: Hashes) -> Hashes:
    bits = np.unpackbits(hashes, axis=1)
    for row in bits:
        row[rng.choice(256, rng.integers(0, 32), replace=False)] ^= 1
    return np.packbits(bits, axis=1)
