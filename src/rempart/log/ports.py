"""What a log needs from outside: somewhere to keep it, contents for its leaves, keys that sign."""

from collections.abc import Sequence
from typing import Protocol

from rempart.model.log import LogHead, LogNode, NewLeaf, StoredCheckpoint, StoredLeaf


class LogStore(Protocol):
    """Keeps logs, each under its name. Nothing that was appended ever changes, but a salt that is erased.

    Every reading call sees one moment; two calls may see two.
    """

    def head(self, log: str) -> LogHead:
        """Return the log's head; `EMPTY_HEAD` where nothing was ever appended."""
        ...

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
        """Append leaves in one transaction that holds the head's row; leaves get the indexes from `expected_size` on.

        Args:
            log: the log's name; its head is made with the first leaves.
            origin: who the log is, kept with a new head.
            expected_size: the size that the caller computed from.
            leaves: at least one.
            frontier: the head's hashes after these leaves.
            nodes: the subtrees of level 8 and above that these leaves complete.

        Returns:
            False, with nothing changed, where the log has another size: somebody else appended.
        """
        ...

    def leaf_hashes(self, log: str, first: int, last: int) -> Sequence[bytes]:
        """Return the leaf hashes of the indexes from `first` up to, not with, `last`; fewer where the log ends."""
        ...

    def leaves(self, log: str, first: int, last: int) -> Sequence[StoredLeaf]:
        """Return the leaves of the indexes from `first` up to, not with, `last`; fewer where the log ends."""
        ...

    def node(self, log: str, level: int, number: int) -> bytes | None:
        """Return the hash of one whole subtree that was kept, or nothing."""
        ...

    def add_checkpoint(self, log: str, checkpoint: StoredCheckpoint) -> None:
        """Keep a checkpoint; it takes the place of an earlier one of the same size."""
        ...

    def newest_checkpoint(self, log: str) -> StoredCheckpoint | None:
        """Return the checkpoint of the largest size, or nothing."""
        ...

    def checkpoint_from(self, log: str, size: int) -> StoredCheckpoint | None:
        """Return the checkpoint of the smallest size that is not below `size`, or nothing."""
        ...


class LeafContents(Protocol):
    """Gives what leaves are made of, in their order, for ever the same."""

    def contents(self, first: int, limit: int) -> Sequence[bytes]:
        """Return the contents of at most `limit` leaves from index `first` on; none where there are no more yet."""
        ...


class SaltSource(Protocol):
    """Draws salts; the node owns the randomness."""

    def __call__(self, count: int, /) -> bytes:
        """Return so many random bytes, fit for secrets."""
        ...


class ByteSink(Protocol):
    """Takes bytes: a file, or an answer that is streamed."""

    def write(self, content: bytes, /) -> object:
        """Take bytes, all of them."""
        ...


class Signer(Protocol):
    """A private key that signs checkpoints and never shows itself."""

    @property
    def algorithm(self) -> str:
        """Return `ed25519` or `ml-dsa-44`."""
        ...

    @property
    def public_bytes(self) -> bytes:
        """Return the raw public key: 32 bytes of Ed25519, 1,312 of ML-DSA-44."""
        ...

    def sign(self, message: bytes) -> bytes:
        """Return the signature over a message, without a context: 64 bytes, or 2,420."""
        ...
