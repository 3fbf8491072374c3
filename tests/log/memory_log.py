"""A log store in memory, with contents for its leaves, and keys that sign: what the tests of the log stand on."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from rempart.log import Signer
from rempart.model.log import (
    EMPTY_HEAD,
    LogHead,
    LogNode,
    NewLeaf,
    StoredCheckpoint,
    StoredLeaf,
)

ORIGIN = "rempart/exercise-A/audit"


class MemoryLog:
    """Keeps logs in dictionaries; everything in it may be altered, as an insider would."""

    def __init__(self) -> None:
        self.heads: dict[str, LogHead] = {}
        self.kept: dict[str, list[StoredLeaf]] = {}
        self.nodes: dict[tuple[str, int, int], bytes] = {}
        self.checkpoints: dict[tuple[str, int], StoredCheckpoint] = {}

    def head(self, log: str) -> LogHead:
        return self.heads.get(log, EMPTY_HEAD)

    def append(
        self,
        log: str,
        *,
        origin: str,
        expected_size: int,
        leaves: Sequence[NewLeaf],
        frontier: Sequence[bytes],
        nodes: Sequence[LogNode],
    ) -> bool:
        assert origin
        if self.head(log).size != expected_size:
            return False
        kept = self.kept.setdefault(log, [])
        kept.extend(
            StoredLeaf(expected_size + place, leaf.leaf_hash, leaf.salt)
            for place, leaf in enumerate(leaves)
        )
        self.nodes.update({(log, each.level, each.number): each.node_hash for each in nodes})
        self.heads[log] = LogHead(expected_size + len(leaves), tuple(frontier))
        return True

    def leaf_hashes(self, log: str, first: int, last: int) -> list[bytes]:
        return [each.leaf_hash for each in self.leaves(log, first, last)]

    def leaves(self, log: str, first: int, last: int) -> list[StoredLeaf]:
        return self.kept.get(log, [])[first:last]

    def node(self, log: str, level: int, number: int) -> bytes | None:
        return self.nodes.get((log, level, number))

    def add_checkpoint(self, log: str, checkpoint: StoredCheckpoint) -> None:
        self.checkpoints[log, checkpoint.size] = checkpoint

    def newest_checkpoint(self, log: str) -> StoredCheckpoint | None:
        return max(self._of(log), key=lambda each: each.size, default=None)

    def checkpoint_from(self, log: str, size: int) -> StoredCheckpoint | None:
        found = (each for each in self._of(log) if each.size >= size)
        return min(found, key=lambda each: each.size, default=None)

    def erase(self, log: str, index: int) -> None:
        old = self.kept[log][index]
        self.kept[log][index] = StoredLeaf(index, old.leaf_hash, None)

    def _of(self, log: str) -> list[StoredCheckpoint]:
        return [each for (name, _), each in self.checkpoints.items() if name == log]


@dataclass
class Contents:
    """Contents in a list."""

    kept: list[bytes] = field(default_factory=list)

    def contents(self, first: int, limit: int) -> list[bytes]:
        return self.kept[first : first + limit]


class Salts:
    """Computes instead of drawing, so that a test can be repeated."""

    def __init__(self) -> None:
        self._drawn = 0

    def __call__(self, count: int) -> bytes:
        self._drawn += 1
        return hashlib.shake_256(self._drawn.to_bytes(8, "big")).digest(count)


class Ed25519Signer:
    algorithm = "ed25519"

    def __init__(self, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public_bytes = self._key.public_key().public_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message)


class MlDsa44Signer:
    algorithm = "ml-dsa-44"

    def __init__(self, seed: bytes) -> None:
        self._key = MLDSA44PrivateKey.from_seed_bytes(seed)
        self.public_bytes = self._key.public_key().public_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message)


def two_signers(number: int = 1) -> tuple[Signer, ...]:
    """Return one signer of each kind, always the same for a number."""
    seed = bytes([number]) * 32
    return (Ed25519Signer(seed), MlDsa44Signer(seed))
