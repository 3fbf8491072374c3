"""What lies near the frames of videos, counted.

For each video and each stored fingerprint: how many frames of either have their nearest at which distance. Rows come in
by the million where a video stands still or a logo is common; they are counted some million at a time, and only the
counts are kept.
"""

from dataclasses import dataclass
from typing import Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from rempart.match.frames import LARGEST_NUMBER, LARGEST_TIME, TIME_BITS

Ints = NDArray[np.int64]

_NUMBER_BITS: Final = 63 - TIME_BITS
_POSITION_BITS: Final = 30
_DISTANCE_BITS: Final = 7
_DISTANCES: Final = 1 << _DISTANCE_BITS


class Rows(NamedTuple):
    """Frames near each other: whose frame (ascending), its position, the stored frame's id, and the distance."""

    owners: Ints
    positions: Ints
    ids: Ints
    distances: Ints


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts for pairs of an owner and a fingerprint, ascending.

    Attributes:
        pairs: owner and number of the fingerprint in one.
        asked: how many frames of the owner have their nearest of the fingerprint at each distance (n by radius + 1).
        nearest: distance and position of the owner's frame that lies nearest, in one; the first of several.
        times: of the stored frame that it lies nearest to, in milliseconds.
        frame_pairs: place in `pairs` and time of each stored frame that is near, in one.
        frame_distances: the least distance of each of these.
    """

    pairs: Ints
    asked: NDArray[np.int32]
    nearest: Ints
    times: Ints
    frame_pairs: Ints
    frame_distances: Ints

    @classmethod
    def of(cls, rows: Rows, *, radius: int) -> Self:
        """Count rows, which are all that is near each of their positions."""
        owned = rows.owners << _NUMBER_BITS | rows.ids >> TIME_BITS
        pairs = _distinct(np.sort(owned))
        places = np.searchsorted(pairs, owned)
        del owned
        at_frame = _least((places << _POSITION_BITS) | rows.positions, rows.distances)
        asked = _histogram(at_frame[0] >> _POSITION_BITS, at_frame[1], len(pairs), radius)
        # Every place has a row; so the groups of places are the places.
        starts = np.searchsorted(at_frame[0], np.arange(len(pairs)) << _POSITION_BITS)
        at_position = at_frame[1] << _POSITION_BITS | at_frame[0] & ((1 << _POSITION_BITS) - 1)
        least = np.minimum.reduceat(at_position, starts)
        is_nearest = np.flatnonzero(
            (rows.distances << _POSITION_BITS | rows.positions) == least[places]
        )
        times = _first_times(places[is_nearest] << TIME_BITS | rows.ids[is_nearest] & LARGEST_TIME)
        frames = _least((places << TIME_BITS) | (rows.ids & LARGEST_TIME), rows.distances)
        return cls(pairs, asked, least, times, *frames)

    def joined(self, later: "Tally") -> "Tally":
        """Return the counts of both, where `later` counts other positions, all of them behind those of this one."""
        pairs = _distinct(np.sort(np.concatenate([self.pairs, later.pairs])))
        old, new = np.searchsorted(pairs, self.pairs), np.searchsorted(pairs, later.pairs)
        asked = np.zeros((len(pairs), self.asked.shape[1]), np.int32)
        asked[old] += self.asked
        asked[new] += later.asked
        nearest = np.full(len(pairs), np.iinfo(np.int64).max)
        times = np.zeros(len(pairs), np.int64)
        nearest[old], times[old] = self.nearest, self.times
        # The same distance at a later position is a larger number: the first of equals stays.
        is_nearer = later.nearest < nearest[new]
        nearest[new[is_nearer]] = later.nearest[is_nearer]
        times[new[is_nearer]] = later.times[is_nearer]
        frames = _least(
            np.concatenate([_moved(self.frame_pairs, old), _moved(later.frame_pairs, new)]),
            np.concatenate([self.frame_distances, later.frame_distances]),
        )
        return Tally(pairs, asked, nearest, times, *frames)

    def listed(self, radius: int) -> NDArray[np.int32]:
        """Return how many stored frames have their nearest at each distance (n by radius + 1)."""
        places = self.frame_pairs >> TIME_BITS
        return _histogram(places, self.frame_distances, len(self.pairs), radius)

    def split(self, owner: int) -> tuple["Tally", "Tally"]:
        """Return the counts of the owners before one, and those of the others."""
        at = int(np.searchsorted(self.pairs, owner << _NUMBER_BITS))
        cut = int(np.searchsorted(self.frame_pairs, at << TIME_BITS))
        head, tail = slice(None, at), slice(at, None)
        return (
            Tally(
                self.pairs[head],
                self.asked[head],
                self.nearest[head],
                self.times[head],
                self.frame_pairs[:cut],
                self.frame_distances[:cut],
            ),
            Tally(
                self.pairs[tail],
                self.asked[tail],
                self.nearest[tail],
                self.times[tail],
                self.frame_pairs[cut:] - (at << TIME_BITS),
                self.frame_distances[cut:],
            ),
        )

    @property
    def owners(self) -> Ints:
        """The owner of each pair."""
        return self.pairs >> _NUMBER_BITS

    @property
    def numbers(self) -> Ints:
        """The number of the fingerprint of each pair."""
        return self.pairs & LARGEST_NUMBER

    @property
    def distances(self) -> Ints:
        """The least distance of each pair."""
        return self.nearest >> _POSITION_BITS

    @property
    def positions(self) -> Ints:
        """The position of the owner's frame that lies nearest, for each pair."""
        return self.nearest & ((1 << _POSITION_BITS) - 1)


def _distinct(ascending: Ints) -> Ints:
    return ascending[_is_first(ascending)]


def _is_first(ascending: Ints) -> NDArray[np.bool_]:
    is_first = np.ones(len(ascending), np.bool_)
    is_first[1:] = ascending[1:] != ascending[:-1]
    return is_first


def _least(keys: Ints, distances: Ints) -> tuple[Ints, Ints]:
    """Return each key once, ascending, with the least of its distances."""
    joined = keys << _DISTANCE_BITS | distances
    joined.sort()
    keys = joined >> _DISTANCE_BITS
    is_first = _is_first(keys)
    return keys[is_first], joined[is_first] & (_DISTANCES - 1)


def _first_times(keys: Ints) -> Ints:
    """Return the least time of each place."""
    ordered = np.sort(keys)
    return ordered[_is_first(ordered >> TIME_BITS)] & LARGEST_TIME


def _histogram(places: Ints, distances: Ints, count: int, radius: int) -> NDArray[np.int32]:
    flat = np.bincount(places * (radius + 1) + distances, minlength=count * (radius + 1))
    counts: NDArray[np.int32] = flat.reshape(count, radius + 1).astype(np.int32)
    return counts


def _moved(frame_pairs: Ints, places: Ints) -> Ints:
    """Return the frames with the new place of each pair."""
    moved: Ints = places[frame_pairs >> TIME_BITS] << TIME_BITS | frame_pairs & LARGEST_TIME
    return moved
