"""All matchable fingerprints of a node in two layers: a large base that never changes, and a small delta over it.

Processes that share a machine map one base. What was added since lies in the delta; what was removed since is marked,
in either layer. Only the delta is ever made anew in memory: a change costs what the changes cost, not the base.
"""

from typing import Self

import numpy as np

from rempart.match.errors import DuplicateIdError
from rempart.match.known_index import IndexChanges, KnownIndex, Numbers, Values
from rempart.model.fingerprint import PDQ


class LayeredIndex:
    """Search everything that a node knows, as of one change of its store; exact for every radius and every digest.

    A value: `after` gives another index and leaves this one as it is. Whoever searches one sees one moment, whatever
    is added, removed or exchanged meanwhile, in any thread. Only the newest of a line may be given changes.
    """

    def __init__(self, base: KnownIndex, delta: KnownIndex | None = None) -> None:
        """Lay a delta over a base whose removed entries are marked; absent: nothing changed since the base was made."""
        self._base = base
        self._delta = delta or KnownIndex.empty(change_number=base.change_number)

    @property
    def change_number(self) -> int:
        """The change of the store up to which this index goes."""
        return self._delta.change_number

    @property
    def base_change_number(self) -> int:
        """The change of the store up to which the base goes."""
        return self._base.change_number

    def counts(self) -> dict[str, int]:
        """Return how many fingerprints of each kind are searched."""
        newer = self._delta.counts()
        return {kind: count + newer[kind] for kind, count in self._base.counts().items()}

    def after(self, changes: IndexChanges) -> Self:
        """Return an index that takes these changes of the store into account.

        Raises:
            DuplicateIdError, UnknownIdError: the changes are not those that follow this index; build it again.
        """
        base, delta = self._base.fork(), self._delta.fork()
        for kind, (numbers, _) in changes.added.items():
            is_present = base.part(kind).has(numbers)
            if is_present.any():
                raise DuplicateIdError(int(numbers[is_present][0]))
        removed = {}
        for kind, numbers in changes.removed.items():
            is_in_base = base.part(kind).has(numbers)
            base.part(kind).mark(numbers[is_in_base])
            removed[kind] = numbers[~is_in_base]
        delta.apply(IndexChanges(up_to=changes.up_to, added=changes.added, removed=removed))
        return type(self)(base, delta)

    def near(self, hashes: Values, *, radius: int) -> tuple[Numbers, Numbers, Numbers]:
        """Find every known PDQ within `radius` bits of each hash.

        Returns:
            Arrays (position of the hash, number, distance), ordered by position, distance and number.
        """
        old = self._base.near(hashes, radius=radius)
        if not len(self._delta.part(PDQ)):
            return old
        new = self._delta.near(hashes, radius=radius)
        if not len(new[0]):
            return old
        positions, numbers, distances = (
            np.concatenate(pair) for pair in zip(old, new, strict=True)
        )
        order = np.lexsort((numbers, distances, positions))
        return positions[order], numbers[order], distances[order]

    def equal(self, kind: str, digests: Values) -> tuple[Numbers, Numbers]:
        """Find every known digest equal to one of `digests`: arrays (position, number), in this order."""
        old = self._base.equal(kind, digests)
        if not len(self._delta.part(kind)):
            return old
        new = self._delta.equal(kind, digests)
        if not len(new[0]):
            return old
        positions, numbers = (np.concatenate(pair) for pair in zip(old, new, strict=True))
        order = np.lexsort((numbers, positions))
        return positions[order], numbers[order]
