"""A proof that is checked without the log (c2sp.org/tlog-proof): a leaf, its way to the root, the checkpoint."""

from dataclasses import dataclass
from typing import Final

from rempart.log.checkpoints import parse_checkpoint
from rempart.log.errors import LeafErasedError, LeafUnknownError, LogDamagedError
from rempart.log.merkle import leaf_hash
from rempart.log.notes import parse_note, to_base64
from rempart.log.ports import LeafContents, LogStore
from rempart.log.proofs import verify_inclusion
from rempart.log.tree import StoredTree
from rempart.model.log import StoredCheckpoint

PROOF_HEADER: Final = "c2sp.org/tlog-proof@v1"


@dataclass(frozen=True, slots=True)
class LeafProof:
    """What shows that one leaf stands in a log.

    Attributes:
        leaf: the leaf's bytes, salt and content.
        index: its place.
        way: the hashes from the leaf to the root of the checkpoint's tree.
        note: the signed checkpoint.
    """

    leaf: bytes
    index: int
    way: tuple[bytes, ...]
    note: str

    @property
    def text(self) -> str:
        """The proof as it is written to a file; the leaf stands in the field for extra data."""
        lines = (
            PROOF_HEADER,
            f"extra {to_base64(self.leaf)}",
            f"index {self.index}",
            *(to_base64(each) for each in self.way),
        )
        return "".join(f"{line}\n" for line in lines) + "\n" + self.note


def prove_leaf(
    store: LogStore,
    log: str,
    *,
    contents: LeafContents,
    checkpoint: StoredCheckpoint,
    index: int,
) -> LeafProof:
    """Return the proof that a leaf stands in the log that a checkpoint describes.

    Raises:
        LeafUnknownError: the log of the checkpoint's size has no such leaf.
        LeafErasedError: the leaf's content is gone; its hash alone proves nothing to others.
        LogDamagedError: what the store keeps does not lead to the checkpoint's root.
    """
    content = contents.contents(index, 1) if index >= 0 else ()
    leaf = next(iter(store.leaves(log, index, index + 1)), None) if content else None
    if leaf is None or index >= checkpoint.size:
        msg = f"The log of {checkpoint.size} leaves has no leaf {index}."
        raise LeafUnknownError(msg, hint="Leaves are counted from 0.")
    if leaf.salt is None:
        msg = f"The content of leaf {index} was erased."
        raise LeafErasedError(msg, hint="The event `audit.erased` says by which law.")
    whole = leaf.salt + content[0]
    way = StoredTree(store, log).inclusion_proof(index, checkpoint.size)
    root = parse_checkpoint(parse_note(checkpoint.note.encode()).text).root
    if leaf_hash(whole) != leaf.leaf_hash:
        msg = f"Leaf {index} is not what was recorded."
        raise LogDamagedError(
            msg, hint="Keep the store as it is, and export the log to investigate."
        )
    verify_inclusion(leaf.leaf_hash, index, checkpoint.size, way, root)
    return LeafProof(leaf=whole, index=index, way=way, note=checkpoint.note)
