"""Match by frames: videos against everything that is known, and still pictures against the frames of known videos.

A video that was mirrored or turned is searched in all eight orientations. The rule is asked of each by itself, so that
frames of different orientations never add up to a match.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np

from rempart.match._frame_search import Frames
from rempart.match._meetings import Meeting, meetings
from rempart.match._outweighing import Described, Outweighing
from rempart.match._tally import Ints
from rempart.match.ports import SearchedIndex
from rempart.match.query import PictureQuery, Query, VideoQuery
from rempart.match.suppression import Hit, Verdict
from rempart.match.video_rules import VideoRule, same_video
from rempart.model.fingerprint import PDQ, VPDQ
from rempart.model.identifiers import EntryId, FingerprintNumber
from rempart.model.lists import ListPurpose
from rempart.model.match import TRANSFORMS, KnownFingerprint
from rempart.model.video import VideoEvidence, VideoFrame

_NO_FRAMES: Final = Frames.of([])

_TURNS: Final = len(TRANSFORMS)
"""An owner of frames is a video or picture in one orientation: the place of the one times eight, plus the other's."""


class FrameMatching:
    """What the frames of a batch of queries meet in an index; searched once, when it is made."""

    def __init__(
        self,
        index: SearchedIndex,
        queries: Sequence[Query],
        *,
        radius: int,
        rules: Sequence[VideoRule],
    ) -> None:
        """Search the frames of all videos in one go, and then all still pictures among the frames of known videos.

        Args:
            index: what is searched.
            queries: what brings frames or pictures.
            radius: the largest threshold of any list.
            rules: when two videos are the same.
        """
        self._index = index
        self._rules = rules
        videos = [(at, query.video) for at, query in enumerate(queries) if query.video is not None]
        self._videos = [_Video(at, video.used(), video.is_partial) for at, video in videos]
        self._frames = _NO_FRAMES
        self._met: list[Meeting] = []
        if self._videos:
            self._frames = _in_each_orientation([video for _, video in videos])
            # A picture that occurs in a video is a lead, however long the video is: no rule is asked.
            for kind, asked in ((PDQ, None), (VPDQ, rules)):
                self._met += meetings(index, kind, self._frames, radius=radius, rules=asked)
        self._stills: list[_Still] = []
        self._met_by_stills: list[Meeting] = []
        if index.count(VPDQ):
            self._stills = list(_stills(queries))
            pictures = [still.picture for still in self._stills]
            searched = Frames(
                Frames.of([each.searched_bytes() for each in pictures]).values,
                _owners_of_stills(pictures),
            )
            self._still_starts = np.searchsorted(
                searched.owners, _TURNS * np.arange(len(self._stills))
            )
            self._met_by_stills += meetings(index, VPDQ, searched, radius=radius, rules=None)

    @property
    def numbers(self) -> set[FingerprintNumber]:
        """The numbers of what may match, to be described."""
        return {each.number for each in (*self._met, *self._met_by_stills)}

    def hits(
        self, known: Mapping[FingerprintNumber, KnownFingerprint], describe: Described
    ) -> Iterator[tuple[int, Hit]]:
        """Yield what matches by the threshold of its list, with the place of the query.

        Args:
            known: what describes the numbers that may be seen; the others do not match.
            describe: explains further numbers, likewise.
        """
        for met in self._met_by_stills:
            if met.number in known:
                hit = self._still_hit(met, known[met.number])
                if hit is not None:
                    yield self._stills[met.owner // _TURNS].at, hit
        preferred, others = self._candidates(known)
        standing: set[tuple[int, str, EntryId]] = set()
        for candidate, hit in self._weighed(preferred, describe):
            if _stands(hit):
                standing.add(_of_entry(candidate))
            yield self._videos[candidate.met.owner // _TURNS].at, hit
        # What harmless lists make of one orientation says nothing of the others.
        rest = [each for each in others if _of_entry(each) not in standing]
        for candidate, hit in self._weighed(rest, describe):
            if _stands(hit):
                yield self._videos[candidate.met.owner // _TURNS].at, hit

    def _weighed(
        self, candidates: Iterable["_Candidate"], describe: Described
    ) -> Iterator[tuple["_Candidate", Hit]]:
        """Yield the hit of each candidate, held against what is harmless in the same orientation."""
        by_owner: dict[int, list[_Candidate]] = {}
        for each in candidates:
            by_owner.setdefault(each.met.owner, []).append(each)
        for owner, found in by_owner.items():
            video = self._videos[owner // _TURNS]
            start, frames = self._frames.of_owner(owner)
            listed = [each.known for each in found if each.known.purpose is ListPurpose.KNOWN]
            verdicts = Outweighing(self._index, describe, listed).verdicts(frames)
            for each in found:
                yield (
                    each,
                    Hit(
                        known=each.known,
                        distance_bits=each.met.distance_bits,
                        transform=TRANSFORMS[owner % _TURNS],
                        quality=video.used[each.met.position - start].quality,
                        from_partial=video.is_partial,
                        video=each.evidence,
                        verdict=verdicts.get(each.met.number, Verdict()),
                    ),
                )

    def _candidates(
        self, known: Mapping[FingerprintNumber, KnownFingerprint]
    ) -> tuple[list["_Candidate"], list["_Candidate"]]:
        """Return what matches by its list's threshold: of each video and entry in one orientation, and the rest."""
        found: dict[tuple[int, str, EntryId], list[_Candidate]] = {}
        for met in self._met:
            explained = known.get(met.number)
            candidate = None if explained is None else self._candidate(met, explained)
            if candidate is not None:
                found.setdefault(_of_entry(candidate), []).append(candidate)
        preferred: list[_Candidate] = []
        others: list[_Candidate] = []
        for candidates in found.values():
            best = min(candidates, key=_preference)
            for each in candidates:
                (preferred if each.met.owner == best.met.owner else others).append(each)
        return preferred, others

    def _candidate(self, met: Meeting, known: KnownFingerprint) -> "_Candidate | None":
        """Return how far two videos are the same by the list's own threshold, if they match by it."""
        video = self._videos[met.owner // _TURNS]
        near, listed = _counts_within(met, known.threshold_bits)
        asked = len(video.used)
        if not near or (met.kind == VPDQ and not self._is_same(met, near, asked, listed)):
            return None
        start, _ = self._frames.of_owner(met.owner)
        evidence = VideoEvidence(
            query_percent=100 * near / asked,
            list_percent=100 * listed / met.list_frames,
            query_frames=asked,
            list_frames=met.list_frames,
            milliseconds=video.used[met.position - start].milliseconds,
            list_milliseconds=met.list_milliseconds,
        )
        return _Candidate(met, known, evidence, near)

    def _is_same(self, met: Meeting, near: int, asked: int, listed: int) -> bool:
        query = np.array([near]), np.array([asked])
        return bool(
            same_video(
                self._rules, query=query, listed=(np.array([listed]), np.array([met.list_frames]))
            )[0]
        )

    def _still_hit(self, met: Meeting, known: KnownFingerprint) -> Hit | None:
        near, listed = _counts_within(met, known.threshold_bits)
        if not near:
            return None
        place = met.owner // _TURNS
        still = self._stills[place]
        value = still.picture.values()[met.position - int(self._still_starts[place])]
        return Hit(
            known=known,
            distance_bits=met.distance_bits,
            transform=value.transform,
            quality=value.quality,
            from_partial=still.is_partial,
            video=VideoEvidence(
                query_percent=100.0,
                list_percent=100 * listed / met.list_frames,
                query_frames=1,
                list_frames=met.list_frames,
                milliseconds=None,
                list_milliseconds=met.list_milliseconds,
            ),
        )


class _Video(NamedTuple):
    """The frames of one query's video that are matched."""

    at: int
    used: list[VideoFrame]
    is_partial: bool


class _Still(NamedTuple):
    """One picture of a query."""

    at: int
    picture: PictureQuery
    is_partial: bool


class _Candidate(NamedTuple):
    """What a video matches in one orientation; `near` of its frames lie near."""

    met: Meeting
    known: KnownFingerprint
    evidence: VideoEvidence
    near: int


def _in_each_orientation(videos: Iterable[VideoQuery]) -> Frames:
    """Lay the frames of each video one behind the other: upright, and then in each other orientation that is known."""
    searched = [video.searched() for video in videos]
    return Frames(
        np.concatenate([each.reshape(-1, each.shape[2]) for each in searched]),
        np.concatenate(
            [
                np.repeat(_TURNS * at + np.arange(each.shape[0]), each.shape[1])
                for at, each in enumerate(searched)
            ]
        ),
    )


def _owners_of_stills(pictures: Iterable[PictureQuery]) -> Ints:
    """Return the owner of each searched value; batches have many pictures of few values, too small for arrays."""
    turns = enumerate(picture.searched_turns() for picture in pictures)
    return np.array([_TURNS * at + turn for at, each in turns for turn in each], np.int64)


def _of_entry(candidate: _Candidate) -> tuple[int, str, EntryId]:
    """Return what a candidate has in common with those that may stand for it: video, kind and entry."""
    return candidate.met.owner // _TURNS, candidate.met.kind, candidate.known.entry_id


def _stands(hit: Hit) -> bool:
    return hit.verdict is None or hit.verdict.outweighed_by is None


def _preference(candidate: _Candidate) -> tuple[bool, int, int, int]:
    """Put what matches upright first, else the orientation in which most frames lie near."""
    turn = candidate.met.owner % _TURNS
    return turn != 0, -candidate.near, candidate.met.distance_bits, turn


def _stills(queries: Sequence[Query]) -> Iterator[_Still]:
    for at, query in enumerate(queries):
        if query.picture is not None:
            yield _Still(at, query.picture, is_partial=False)
        if query.partial is not None:
            yield _Still(at, query.partial, is_partial=True)


def _counts_within(met: Meeting, threshold_bits: int) -> tuple[int, int]:
    """Return how many frames of the query, and of the entry, lie near by a list's threshold."""
    near = int(met.asked[: threshold_bits + 1].sum())
    return near, int(np.count_nonzero(met.listed <= threshold_bits))
