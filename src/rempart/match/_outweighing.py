"""Whether known-harmless lists outweigh what the frames of one video meet: frame by frame, never by one frame alone.

A harmless picture that is nearer to a frame than a known entry is speaks of this frame only. So a match of a video is
outweighed only where this holds for every frame that meets the known entry; one frame that meets it otherwise is enough
to report it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

import numpy as np

from rempart.match._frame_search import MOST_ROWS, Frames, near_rows
from rempart.match._tally import Ints
from rempart.match.frames import numbers_of
from rempart.match.ports import SearchedIndex
from rempart.match.suppression import Verdict
from rempart.model.fingerprint import PDQ, VPDQ
from rempart.model.identifiers import FingerprintNumber
from rempart.model.lists import ListPurpose
from rempart.model.match import KnownFingerprint

Described = Callable[[Iterable[FingerprintNumber]], Mapping[FingerprintNumber, KnownFingerprint]]

_FAR: Final = 255
_NOBODY: Final = -1
_LARGEST_BLOCK: Final = 4096


class Outweighing:
    """Weighs what one video meets against the harmless pictures and videos that its frames are near to."""

    def __init__(
        self, index: SearchedIndex, describe: Described, known: Iterable[KnownFingerprint]
    ) -> None:
        """Begin with nothing weighed.

        Args:
            index: what is searched.
            describe: explains numbers; of lists that whoever asks may see only.
            known: what the video meets, of known lists.
        """
        self._index = index
        self._describe = describe
        self._known = sorted(known, key=lambda each: each.number)
        self._numbers = np.array([each.number for each in self._known], np.int64)
        self._thresholds = np.array([each.threshold_bits for each in self._known], np.int64)
        self._seen: dict[int, KnownFingerprint | None] = {}
        count = len(self._known)
        self._stands = np.zeros(count, np.bool_)
        self._tied_with = np.full(count, _NOBODY)
        self._nearest = np.full(count, _FAR)
        self._outweighed_by = np.full(count, _NOBODY)

    def verdicts(self, frames: Frames) -> dict[FingerprintNumber, Verdict]:
        """Return what harmless lists make of each known fingerprint that these frames, all of one video, meet."""
        if not self._known:
            return {}
        radius = int(self._thresholds.max())
        for positions, numbers, distances in self._blocks(frames, radius):
            self._weigh(positions, numbers, distances)
        return {each.number: self._verdict(place) for place, each in enumerate(self._known)}

    def _blocks(self, frames: Frames, radius: int) -> Iterator[tuple[Ints, Ints, Ints]]:
        size = self._index.count(PDQ) + self._index.count(VPDQ)
        block = max(1, min(_LARGEST_BLOCK, MOST_ROWS // max(1, size)))
        for start in range(0, len(frames.values), block):
            part = Frames(
                frames.values[start : start + block], frames.owners[start : start + block]
            )
            found = [
                rows
                for kind in (PDQ, VPDQ)
                for _, rows in near_rows(self._index, kind, part, radius=radius)
            ]
            if found:
                yield (
                    np.concatenate([rows.positions for rows in found]),
                    np.concatenate([numbers_of(rows.ids) for rows in found]),
                    np.concatenate([rows.distances for rows in found]),
                )

    def _weigh(self, positions: Ints, numbers: Ints, distances: Ints) -> None:
        places = np.minimum(np.searchsorted(self._numbers, numbers), len(self._numbers) - 1)
        is_known = (self._numbers[places] == numbers) & (distances <= self._thresholds[places])
        if not is_known.any():
            return
        farthest = np.full(int(positions.max()) + 1, _NOBODY)
        np.maximum.at(farthest, positions[is_known], distances[is_known])
        is_rival = ~is_known & (distances <= farthest[positions])
        rival, rival_number = self._rivals(
            len(farthest), positions[is_rival], numbers[is_rival], distances[is_rival]
        )
        self._compare(
            places[is_known], positions[is_known], distances[is_known], rival, rival_number
        )

    def _rivals(
        self, frames: int, positions: Ints, numbers: Ints, distances: Ints
    ) -> tuple[Ints, Ints]:
        """Return distance and number of the harmless fingerprint that is nearest to each frame."""
        nearest, who = np.full(frames, _FAR), np.full(frames, _NOBODY)
        thresholds = self._harmless_thresholds(numbers)
        is_harmless = distances <= thresholds
        positions, numbers, distances = (
            each[is_harmless] for each in (positions, numbers, distances)
        )
        order = np.lexsort((numbers, distances, positions))[::-1]  # the nearest is written last
        nearest[positions[order]] = distances[order]
        who[positions[order]] = numbers[order]
        return nearest, who

    def _harmless_thresholds(self, numbers: Ints) -> Ints:
        """Return the threshold of each harmless fingerprint's list, and less than nothing for all others."""
        distinct, places = np.unique(numbers, return_inverse=True)
        new = [FingerprintNumber(each) for each in distinct.tolist() if each not in self._seen]
        described = self._describe(new) if new else {}
        self._seen.update({each: described.get(each) for each in new})
        thresholds = np.full(len(distinct), _NOBODY)
        for place, number in enumerate(distinct.tolist()):
            found = self._seen[number]
            if found is not None and found.purpose is ListPurpose.KNOWN_HARMLESS:
                thresholds[place] = found.threshold_bits
        return thresholds[places]

    def _compare(
        self, places: Ints, positions: Ints, distances: Ints, rival: Ints, rival_number: Ints
    ) -> None:
        # A frame may meet several frames of one entry: the nearest of them speaks for it.
        order = np.lexsort((distances, positions, places))
        places, positions, distances = places[order], positions[order], distances[order]
        is_first = np.ones(len(places), np.bool_)
        is_first[1:] = (np.diff(places) != 0) | (np.diff(positions) != 0)
        places, positions, distances = places[is_first], positions[is_first], distances[is_first]
        against = rival[positions]
        self._stands[places[against > distances]] = True
        is_tie = against == distances
        self._tied_with[places[is_tie]] = rival_number[positions[is_tie]]
        is_less = np.flatnonzero(against < distances)
        is_less = is_less[np.argsort(distances[is_less], kind="stable")]
        lost, first = np.unique(places[is_less], return_index=True)
        first = is_less[first]
        is_nearer = distances[first] < self._nearest[lost]
        self._nearest[lost[is_nearer]] = distances[first[is_nearer]]
        self._outweighed_by[lost[is_nearer]] = rival_number[positions[first[is_nearer]]]

    def _verdict(self, place: int) -> Verdict:
        if self._stands[place]:
            return Verdict()
        if self._tied_with[place] != _NOBODY:
            return Verdict(tied_with=self._list_name(self._tied_with[place]))
        return Verdict(outweighed_by=self._list_name(self._outweighed_by[place]))

    def _list_name(self, number: np.int64) -> str | None:
        found = self._seen.get(int(number))
        return None if found is None else found.list_name
