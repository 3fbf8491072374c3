"""From hits to explained matches: thresholds of each list, and what harmless lists may suppress."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import accumulate
from typing import Final, NamedTuple

from rempart.match._frame_search import Frames, owners_near
from rempart.match._url_search import url_hits
from rempart.match.frame_matching import FrameMatching
from rempart.match.ports import KnownEntries, SearchedIndex
from rempart.match.query import Query, SearchedValue, as_matrix
from rempart.match.suppression import Hit, judge
from rempart.match.video_rules import DEFAULT_VIDEO_RULES, VideoRule
from rempart.model.fingerprint import EQUAL_BYTES, FIXED_BYTES, PDQ
from rempart.model.identifiers import FingerprintNumber, ListId, MatchId
from rempart.model.lists import LARGEST_THRESHOLD_BITS
from rempart.model.match import Conflict, KnownFingerprint, Match
from rempart.model.urls import UrlEvidence

SCREEN_MARGIN_BITS: Final = 20
"""A screen hash lies at most 18 bits from the exact one on 550 pictures; searched this much wider."""

LARGEST_SCREENED_THRESHOLD_BITS: Final = LARGEST_THRESHOLD_BITS - SCREEN_MARGIN_BITS
"""With a larger threshold in force a screen hash cannot be searched wide enough: hash exactly."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What matching found for one file; it carries no decision."""

    matches: tuple[Match, ...]
    conflicts: tuple[Conflict, ...]


_NOTHING: Final = Findings(matches=(), conflicts=())


class _RawHit(NamedTuple):
    query: int
    number: FingerprintNumber
    distance_bits: int
    searched: SearchedValue | None
    is_partial: bool = False
    url: UrlEvidence | None = None


@dataclass(frozen=True, slots=True)
class _Found:
    """What a search found, and what explains it; `is_behind` where some of it is known no more."""

    raw: list[_RawHit]
    frames: FrameMatching
    known: Mapping[FingerprintNumber, KnownFingerprint]
    is_behind: bool


class Matcher:
    """Match files against everything that a node knows."""

    def __init__(
        self,
        index: SearchedIndex,
        entries: KnownEntries,
        *,
        largest_threshold_bits: int,
        new_match_id: Callable[[int], MatchId],
        present_index: Callable[[], SearchedIndex] | None = None,
        has_cpp512_alone: bool = False,
        video_rules: Sequence[VideoRule] = DEFAULT_VIDEO_RULES,
    ) -> None:
        """Join an index with what explains it.

        Args:
            index: searches numbers.
            entries: explains numbers.
            largest_threshold_bits: largest threshold among the lists in force, 0 to 64.
            new_match_id: makes the identifier of each match, given the place of its query in the call.
            present_index: gives an index brought up to date, asked when the lists change under way; absent where
                nothing can change.
            has_cpp512_alone: whether some entry can be matched in dialect `cpp512` only.
            video_rules: when two videos are the same; one of them is enough.
        """
        self._index = index
        self._entries = entries
        self._radius = largest_threshold_bits
        self._new_match_id = new_match_id
        self._present_index = present_index or (lambda: index)
        self._has_cpp512_alone = has_cpp512_alone
        self._video_rules = tuple(video_rules)

    @property
    def can_screen(self) -> bool:
        """Whether a screen hash can be searched widely enough for the lists in force.

        It lies near the `exact` hash only: the `cpp512` hash of fine text may be more than 100 bits away.
        """
        return self._radius <= LARGEST_SCREENED_THRESHOLD_BITS and not self._has_cpp512_alone

    @property
    def can_screen_videos(self) -> bool:
        """Whether keyframes can be searched widely enough for the lists in force; else decode every video fully.

        Frames have one dialect, `exact`, keyframes and others alike.
        """
        return self._radius <= LARGEST_SCREENED_THRESHOLD_BITS

    def need_confirmation(self, screens: Sequence[Sequence[bytes]]) -> list[bool]:
        """Tell for each file whether its full fingerprint could match anything, by values that lie near.

        Args:
            screens: of each file, the eight screen variants of a picture, or those of the keyframes of a video that
                are used: `VideoQuery.searched`. Each of the bytes holds one value, or several one behind the other.
        """
        candidates = owners_near(
            self._index, Frames.of(screens), radius=self._radius + SCREEN_MARGIN_BITS
        )
        return [at in candidates for at in range(len(screens))]

    def match_many(
        self, queries: Sequence[Query], *, visible: frozenset[ListId] | None = None
    ) -> list[Findings]:
        """Match each query. An empty result means no known entry, not that the file is harmless.

        The entries are asked only where something hit.

        Args:
            queries: what to match.
            visible: the lists that whoever asks may know of: entries of others neither match nor suppress nor
                conflict; absent means every list.
        """
        found = self._search(queries)
        if found.is_behind:
            # Withdrawn meanwhile, or replaced by another number: only an index of now can tell which.
            self._index = self._present_index()
            found = self._search(queries)
        hits: dict[int, list[Hit]] = {}
        known = found.known
        if visible is not None:
            known = {at: each for at, each in known.items() if each.list_id in visible}
        for each in found.raw:
            explained = known.get(each.number)
            if explained is None:  # withdrawn within this very moment, or not to be seen
                continue
            hit = _hit_within_threshold(each, explained)
            if hit is not None:
                hits.setdefault(each.query, []).append(hit)
        for at, hit in found.frames.hits(known, partial(self._described, visible)):
            hits.setdefault(at, []).append(hit)
        return [
            self._findings(at, hits[at]) if at in hits else _NOTHING for at in range(len(queries))
        ]

    def _search(self, queries: Sequence[Query]) -> "_Found":
        raw = [
            *self._digest_hits(queries),
            *self._url_hits(queries),
            *self._picture_hits(queries),
        ]
        frames = FrameMatching(self._index, queries, radius=self._radius, rules=self._video_rules)
        numbers = {hit.number for hit in raw} | frames.numbers
        known = self._entries.describe(numbers) if numbers else {}
        return _Found(raw, frames, known, is_behind=len(known) < len(numbers))

    def _described(
        self, visible: frozenset[ListId] | None, numbers: Iterable[FingerprintNumber]
    ) -> Mapping[FingerprintNumber, KnownFingerprint]:
        known = self._entries.describe(numbers)
        if visible is None:
            return known
        return {at: each for at, each in known.items() if each.list_id in visible}

    def _findings(self, at: int, hits: list[Hit]) -> Findings:
        judgement = judge(hits)
        matches = tuple(
            self._explain(at, hit, suppressed_by) for hit, suppressed_by in judgement.known_hits
        )
        return Findings(matches=matches, conflicts=judgement.conflicts)

    def _explain(self, at: int, hit: Hit, suppressed_by: str | None) -> Match:
        known = hit.known
        return Match(
            id=self._new_match_id(at),
            list_name=known.list_name,
            list_id=known.list_id,
            list_generation=known.list_generation,
            owner=known.owner,
            entry_id=known.entry_id,
            entry_version=known.entry_version,
            subject=known.subject,
            kind=known.kind,
            distance=hit.distance_bits,
            threshold=0 if hit.is_digest else known.threshold_bits,
            dialect=known.dialect,
            transform=hit.transform,
            quality=hit.quality,
            labels=known.labels,
            suppressed_by=suppressed_by,
            from_partial=hit.from_partial,
            video=hit.video,
            url=hit.url,
        )

    def _digest_hits(self, queries: Sequence[Query]) -> Iterable[_RawHit]:
        asked: dict[str, tuple[list[int], list[bytes]]] = {}
        for at, query in enumerate(queries):
            for digest in query.digests:
                owners, values = asked.setdefault(digest.kind, ([], []))
                owners.append(at)
                values.append(digest.value)
        for kind, width in EQUAL_BYTES.items():
            if kind not in asked:
                continue
            owners, values = asked[kind]
            positions, numbers = self._index.equal(kind, as_matrix(values, width))
            for position, number in zip(positions.tolist(), numbers.tolist(), strict=True):
                yield _RawHit(owners[position], FingerprintNumber(number), 0, None)

    def _url_hits(self, queries: Sequence[Query]) -> Iterable[_RawHit]:
        for at, number, evidence in url_hits(self._index, [each.urls for each in queries]):
            yield _RawHit(at, number, 0, None, url=evidence)

    def _picture_hits(self, queries: Sequence[Query]) -> Iterable[_RawHit]:
        asked = [
            (at, picture, is_partial)
            for at, query in enumerate(queries)
            for picture, is_partial in ((query.picture, False), (query.partial, True))
            if picture is not None
        ]
        searched = [picture.searched_bytes() for _, picture, _ in asked]
        flat = [value for values in searched for value in values]
        if not flat:
            return
        starts = [0, *accumulate(len(values) for values in searched)]
        matrix = as_matrix(flat, FIXED_BYTES[PDQ])
        positions, numbers, distances = self._index.near(matrix, radius=self._radius)
        rows = zip(positions.tolist(), numbers.tolist(), distances.tolist(), strict=True)
        for position, number, distance in rows:
            owner = bisect_right(starts, position) - 1
            at, picture, is_partial = asked[owner]
            value = picture.values()[position - starts[owner]]
            yield _RawHit(at, FingerprintNumber(number), distance, value, is_partial)


def _hit_within_threshold(raw: _RawHit, known: KnownFingerprint) -> Hit | None:
    searched = raw.searched
    if searched is not None and raw.distance_bits > known.threshold_bits:
        return None
    return Hit(
        known=known,
        distance_bits=raw.distance_bits,
        transform=searched.transform if searched is not None else None,
        quality=searched.quality if searched is not None else None,
        from_partial=raw.is_partial,
        url=raw.url,
    )
