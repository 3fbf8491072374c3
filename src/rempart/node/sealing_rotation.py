"""Seal every secret of a node under a new key. Killed anywhere, it can be run again; nothing is ever unreadable."""

import os
from dataclasses import dataclass

from rempart.keys import KeyRing, key_file_lock, read_key_file, replace_key_file, sealed_by
from rempart.model.principals import Principal
from rempart.node.keys import node_secrets
from rempart.node.node import OpenNode
from rempart.node.secrets import new_sealing_key, refuse_unknown_keys


@dataclass(frozen=True, slots=True)
class SealingRotation:
    """What a rotation came to.

    Attributes:
        key_id: the newest key of the file.
        resealed: how many secrets were sealed anew.
        dropped: the keys that were taken out of the file.
    """

    key_id: str
    resealed: int
    dropped: tuple[str, ...]


def rotate_sealing(
    node: OpenNode, *, only_prepare: bool = False, principal: Principal | None = None
) -> SealingRotation:
    """Add a new key to the key file, seal every secret under it in one write, then drop the older keys.

    A file with more than one key is one whose rotation was prepared or broke off: it is finished with the newest
    key of the file, and no further key is made.

    Args:
        node: the node.
        only_prepare: add the new key and stop. Where several machines share a store, copy the file to all of them
            then, and rotate afterwards on one.
        principal: who does it; absent means the node's local principal.

    Raises:
        SealingKeyUnknownError: the store holds a secret that this key file cannot open; nothing was dropped.
        SecretAlteredError: a secret is not what was sealed; nothing was dropped.
    """
    path = node_secrets(node).key_file
    with key_file_lock(path):
        ring = read_key_file(path)
        if len(ring.keys) == 1:
            ring = KeyRing((new_sealing_key(node.clock), *ring.keys))
            replace_key_file(path, ring)
        if only_prepare:
            return SealingRotation(ring.newest.id, 0, ())
        resealed = _reseal(node, ring, principal or node.principal)
        dropped = tuple(key.id for key in ring.keys[1:])
        newest_alone = KeyRing(ring.keys[:1])
        # Looked at once more: a key goes only when nothing needs it.
        refuse_unknown_keys(newest_alone, node.store.secrets.all())
        replace_key_file(path, newest_alone)
    return SealingRotation(ring.newest.id, resealed, dropped)


def _reseal(node: OpenNode, ring: KeyRing, principal: Principal) -> int:
    """Seal under the newest key what is not, all in one write; return how many secrets that were."""
    if not _sealed_by_older(node, ring):
        return 0
    with node.store.write(
        principal=principal, clock=node.clock, identifiers=node.identifiers
    ) as writer:
        older = _sealed_by_older(node, ring)
        for name, sealed in older.items():
            secret = ring.unseal(name, sealed)
            writer.secrets.put(name, ring.seal(name, secret, entropy=os.urandom))
        writer.record("secrets.resealed", {"key": ring.newest.id, "count": len(older)})
    return len(older)


def _sealed_by_older(node: OpenNode, ring: KeyRing) -> dict[str, bytes]:
    present = node.store.secrets.all()
    return {
        name: sealed
        for name, sealed in present.items()
        if sealed_by(name, sealed) != ring.newest.id
    }
