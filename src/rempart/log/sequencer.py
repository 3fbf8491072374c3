"""Contents become leaves, in their order and in groups; whoever stops in the middle goes on where the log ends."""

from collections.abc import Sequence
from typing import Final

from rempart.log.errors import LogDamagedError
from rempart.log.merkle import Frontier, leaf_hash
from rempart.log.ports import LeafContents, LogStore, SaltSource
from rempart.model.log import NewLeaf

SALT_BYTES: Final = 16
GROUP_LEAVES: Final = 2_000
"""Leaves of one transaction: large enough that the disk's answer costs little, small enough not to hold others up."""


def sequence(
    store: LogStore,
    log: str,
    *,
    origin: str,
    contents: LeafContents,
    draw_salts: SaltSource,
    group_leaves: int = GROUP_LEAVES,
) -> int:
    """Append a leaf for every content that has none yet, and return how many this call appended.

    Each leaf is a salt of 16 random bytes and then the content: without the salt, whoever guesses a content could test
    the guess against the leaf's hash. Several may run at once: a group is appended only where the log still has the
    size that it was computed from, else it is computed anew.

    Args:
        store: keeps the log.
        log: the log's name.
        origin: who the log is.
        contents: gives the contents by index.
        draw_salts: draws random bytes fit for secrets.
        group_leaves: most leaves of one transaction.

    Raises:
        LogDamagedError: the log's head is not one that can be continued.
    """
    appended = 0
    while True:
        head = store.head(log)
        group = contents.contents(head.size, group_leaves)
        if not group:
            return appended
        leaves = _leaves(group, draw_salts)
        frontier = Frontier(head)
        nodes = frontier.extend(leaf.leaf_hash for leaf in leaves)
        if store.append(
            log,
            origin=origin,
            expected_size=head.size,
            leaves=leaves,
            frontier=frontier.head.frontier,
            nodes=nodes,
        ):
            appended += len(leaves)


def _leaves(group: Sequence[bytes], draw_salts: SaltSource) -> list[NewLeaf]:
    drawn = draw_salts(SALT_BYTES * len(group))
    if len(drawn) != SALT_BYTES * len(group):
        msg = "The source of randomness gave too few bytes."
        raise LogDamagedError(msg, hint="Nothing was appended; check the machine.")
    salts = (drawn[place : place + SALT_BYTES] for place in range(0, len(drawn), SALT_BYTES))
    return [
        NewLeaf(leaf_hash(salt + content), salt) for salt, content in zip(salts, group, strict=True)
    ]
