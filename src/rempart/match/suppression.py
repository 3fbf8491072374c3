"""What a known-harmless list may suppress: never a digest match, and never silently.

The rules, from the architecture ("Suppression must never hide a child"):

* a harmless digest suppresses perceptual matches only;
* a harmless PDQ suppresses a perceptual match only where it is nearer than the known entry;
* a digest match on a known list is never suppressed;
* of a video, a harmless picture or video speaks of the frames that it is nearer to, and of no other: what a video meets
  is suppressed only where every frame that meets it is outweighed (`_outweighing`);
* where lists disagree without one outweighing the other, the conflict is flagged;
* a harmless URL suppresses nothing and conflicts with nothing: what stands at an address changes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from rempart.model.fingerprint import DIGEST_BYTES, EQUAL_BYTES, VPDQ
from rempart.model.identifiers import EntryId
from rempart.model.lists import ListPurpose
from rempart.model.match import TRANSFORMS, Conflict, KnownFingerprint
from rempart.model.urls import UrlEvidence
from rempart.model.video import VideoEvidence

_STRENGTH: Final = {kind: rank for rank, kind in enumerate(EQUAL_BYTES)}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What harmless lists make of what the frames of a video meet.

    Attributes:
        outweighed_by: name of the list that is nearer, where every frame is outweighed.
        tied_with: name of a list that is exactly as near, where no frame stands without that.
    """

    outweighed_by: str | None = None
    tied_with: str | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """One stored fingerprint within its list's threshold of one file.

    Attributes:
        video: how far the frames are the same, where the file or the entry is a video.
        verdict: of a hit of a video's frames; absent for the file's digests and its picture.
    """

    known: KnownFingerprint
    distance_bits: int
    transform: str | None
    quality: int | None
    from_partial: bool
    video: VideoEvidence | None = None
    verdict: Verdict | None = None
    url: UrlEvidence | None = None

    @property
    def is_digest(self) -> bool:
        """Whether an equal value hit, not a similar picture."""
        return self.known.kind in EQUAL_BYTES

    @property
    def is_of_bytes(self) -> bool:
        """Whether the bytes of the whole file are equal; an equal URL says nothing of the file that it stands in."""
        return self.known.kind in DIGEST_BYTES

    @property
    def is_of_frames(self) -> bool:
        """Whether frames of a video hit, not the file's digests or its picture."""
        return self.verdict is not None

    @property
    def shares(self) -> float:
        """How much two videos have in common, to choose among several videos of an entry; 0 for all else."""
        if self.video is None or self.known.kind != VPDQ or not self.is_of_frames:
            return 0
        return self.video.query_percent + self.video.list_percent


@dataclass(frozen=True, slots=True)
class Judgement:
    """Known hits, best first, each with the harmless list that suppresses it or None; and conflicts."""

    known_hits: tuple[tuple[Hit, str | None], ...]
    conflicts: tuple[Conflict, ...]


def judge(hits: Sequence[Hit]) -> Judgement:
    """Keep the best hit of each known entry and decide which of them a harmless list suppresses."""
    known = _best_by_entry(hit for hit in hits if hit.known.purpose is ListPurpose.KNOWN)
    harmless = _best_by_entry(
        hit for hit in hits if hit.known.purpose is ListPurpose.KNOWN_HARMLESS
    )
    conflicts: dict[Conflict, None] = {}
    digests = [hit for hit in harmless if hit.is_of_bytes]
    # What is near to one frame says nothing of the file, unless the two are the same video.
    whole = [hit for hit in harmless if not hit.is_digest and (not hit.is_of_frames or hit.shares)]
    pictures = [hit for hit in whole if not hit.is_of_frames]
    judged: dict[EntryId, tuple[Hit, str | None]] = {}
    for hit in known:
        present = judged.get(hit.known.entry_id)
        # Best first; but what is suppressed gives way to what is not.
        if present is not None and present[1] is None:
            continue
        if hit.is_digest:
            name = None
            if hit.is_of_bytes:
                _flag(conflicts, "digest-known-and-harmless", hit, _lists(digests))
                _flag(conflicts, "known-digest-near-harmless", hit, _lists(whole))
        else:
            name = _suppressing(hit, digests, pictures)
            if name is None:
                _flag(conflicts, "perceptual-tie", hit, _ties(hit, pictures))
        if present is None or name is None:
            judged[hit.known.entry_id] = hit, name
    return Judgement(
        known_hits=tuple(sorted(judged.values(), key=_order_of_judged)), conflicts=tuple(conflicts)
    )


def _suppressing(hit: Hit, digests: Sequence[Hit], pictures: Sequence[Hit]) -> str | None:
    """Return the name of the harmless list that suppresses a perceptual hit, if one does."""
    if digests:
        return digests[0].known.list_name
    if hit.verdict is not None:
        return hit.verdict.outweighed_by
    nearer = (each for each in pictures if each.distance_bits < hit.distance_bits)
    return next((each.known.list_name for each in nearer), None)


def _ties(hit: Hit, pictures: Iterable[Hit]) -> list[str]:
    if hit.verdict is not None:
        return [] if hit.verdict.tied_with is None else [hit.verdict.tied_with]
    return _lists(each for each in pictures if each.distance_bits == hit.distance_bits)


def _lists(hits: Iterable[Hit]) -> list[str]:
    return [hit.known.list_name for hit in hits]


def _order_of_judged(judged: tuple[Hit, str | None]) -> tuple[object, ...]:
    return _order(judged[0])


def _flag(
    conflicts: dict[Conflict, None], code: str, known: Hit, harmless_lists: Iterable[str]
) -> None:
    for name in harmless_lists:
        conflict = Conflict(code=code, known_list=known.known.list_name, harmless_list=name)
        conflicts[conflict] = None


def _best_by_entry(hits: Iterable[Hit]) -> list[Hit]:
    """Return the best hit of each entry, and beside it the best of frames that are outweighed and that are not."""
    best: dict[tuple[EntryId, bool, bool], Hit] = {}
    for hit in hits:
        is_outweighed = hit.verdict is not None and hit.verdict.outweighed_by is not None
        key = hit.known.entry_id, hit.is_of_frames, is_outweighed
        present = best.get(key)
        if present is None or _order(hit) < _order(present):
            best[key] = hit
    return sorted(best.values(), key=_rank)


def _rank(hit: Hit) -> tuple[object, ...]:
    """Sort digests first, then videos with much in common, then as `_order` does."""
    return (not hit.is_digest, not hit.shares, *_order(hit))


def _order(hit: Hit) -> tuple[int, int, float, int, bool, int, str, int]:
    """Sort digests first, the strongest before all; then the nearest, the whole before the torn.

    Of an entry's hits of frames, the video comes first that has most in common.
    """
    return (
        0 if hit.is_digest else 1,
        _STRENGTH.get(hit.known.kind, 0),
        -hit.shares if hit.is_of_frames else 0,
        hit.distance_bits,
        hit.from_partial,
        TRANSFORMS.index(hit.transform) if hit.transform is not None else 0,
        hit.known.list_name,
        hit.known.number,
    )
