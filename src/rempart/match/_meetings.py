"""Which stored pictures and videos the frames of a query meet, by the loosest threshold: candidates, and no more."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rempart.match._frame_search import Frames, tallies
from rempart.match._tally import Tally
from rempart.match.frames import TIME_BITS
from rempart.match.ports import SearchedIndex
from rempart.match.video_rules import VideoRule, same_video
from rempart.model.fingerprint import PDQ, VPDQ
from rempart.model.identifiers import FingerprintNumber


@dataclass(frozen=True, slots=True)
class Meeting:
    """A stored fingerprint that frames of one owner lie near.

    Attributes:
        owner: place of the owner among those that were searched.
        kind: `pdq` where a known picture is met, `vpdq` where frames of a known video are.
        asked: how many frames of the owner have their nearest of the fingerprint at each distance.
        listed: for each frame of the fingerprint that is near, its least distance.
        list_frames: how many frames the fingerprint has; 1 of a picture.
        distance_bits: the least of all.
        position: of the owner's frame that lies nearest, among all that were searched.
        list_milliseconds: time in the entry's video of the frame that it lies nearest to; absent for a picture.
    """

    owner: int
    number: FingerprintNumber
    kind: str
    asked: NDArray[np.int32]
    listed: NDArray[np.int64]
    list_frames: int
    distance_bits: int
    position: int
    list_milliseconds: int | None


def meetings(
    index: SearchedIndex,
    kind: str,
    frames: Frames,
    *,
    radius: int,
    rules: Sequence[VideoRule] | None,
) -> Iterator[Meeting]:
    """Yield what the owners' frames meet.

    Args:
        index: what is searched.
        kind: `pdq` or `vpdq`.
        frames: of every owner.
        radius: the largest threshold of any list.
        rules: leave out the videos that no rule can make a match, whatever the threshold of their list is: a frame
            that very many videos share costs no more than counting it. Absent: any frame in common is a meeting.
    """
    asked_frames = np.bincount(frames.owners)
    for tally in tallies(index, kind, frames, radius=radius):
        places = tally.frame_pairs >> TIME_BITS
        starts = np.searchsorted(places, np.arange(len(tally.pairs) + 1))
        totals = _frame_totals(index, kind, tally)
        kept = np.arange(len(tally.pairs))
        if rules is not None:
            kept = np.flatnonzero(
                same_video(
                    rules,
                    query=(tally.asked.sum(axis=1, dtype=np.int64), asked_frames[tally.owners]),
                    listed=(np.diff(starts), totals),
                )
            )
        for place in kept.tolist():
            yield _meeting(kind, tally, place, slice(starts[place], starts[place + 1]), totals)


def _frame_totals(index: SearchedIndex, kind: str, tally: Tally) -> NDArray[np.int64]:
    if kind == PDQ:  # a picture is one frame
        return np.ones(len(tally.pairs), np.int64)
    return index.frame_counts(tally.numbers)


def _meeting(
    kind: str, tally: Tally, place: int, frames: slice, totals: NDArray[np.int64]
) -> Meeting:
    return Meeting(
        owner=int(tally.owners[place]),
        number=FingerprintNumber(int(tally.numbers[place])),
        kind=kind,
        asked=tally.asked[place].copy(),
        listed=tally.frame_distances[frames].copy(),
        list_frames=int(totals[place]),
        distance_bits=int(tally.distances[place]),
        position=int(tally.positions[place]),
        list_milliseconds=int(tally.times[place]) if kind == VPDQ else None,
    )
