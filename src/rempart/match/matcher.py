"""From hits to explained matches: thresholds of each list, and what harmless lists may suppress."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from rempart.match.ports import KnownEntries, SearchedIndex
from rempart.match.query import Query, SearchedValue, as_matrix
from rempart.match.suppression import Hit, judge
from rempart.model.fingerprint import DIGEST_BYTES, FIXED_BYTES, PDQ
from rempart.model.identifiers import FingerprintNumber, MatchId
from rempart.model.lists import LARGEST_THRESHOLD_BITS
from rempart.model.match import Conflict, KnownFingerprint, Match

SCREEN_MARGIN_BITS: Final = 20
"""A screen hash lies at most 18 bits from the exact one on 550 pictures; searched this much wider."""

LARGEST_SCREENED_THRESHOLD_BITS: Final = LARGEST_THRESHOLD_BITS - SCREEN_MARGIN_BITS
"""With a larger threshold in force a screen hash cannot be searched wide enough: hash exactly."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What matching found for one file; it carries no decision."""

    matches: tuple[Match, ...]
    conflicts: tuple[Conflict, ...]


@dataclass(frozen=True, slots=True)
class _RawHit:
    query: int
    number: FingerprintNumber
    distance_bits: int
    searched: SearchedValue | None
    is_partial: bool = False


class Matcher:
    """Match files against everything that a node knows."""

    def __init__(
        self,
        index: SearchedIndex,
        entries: KnownEntries,
        *,
        largest_threshold_bits: int,
        new_match_id: Callable[[], MatchId],
        present_index: Callable[[], SearchedIndex] | None = None,
        has_cpp512_alone: bool = False,
    ) -> None:
        """Join an index with what explains it.

        Args:
            index: searches numbers.
            entries: explains numbers.
            largest_threshold_bits: largest threshold among the lists in force, 0 to 64.
            new_match_id: makes the identifier of each match.
            present_index: gives an index brought up to date, asked when the lists change under way; absent where
                nothing can change.
            has_cpp512_alone: whether some entry can be matched in dialect `cpp512` only.
        """
        self._index = index
        self._entries = entries
        self._radius = largest_threshold_bits
        self._new_match_id = new_match_id
        self._present_index = present_index or (lambda: index)
        self._has_cpp512_alone = has_cpp512_alone

    @property
    def can_screen(self) -> bool:
        """Whether a screen hash can be searched widely enough for the lists in force.

        It lies near the `exact` hash only: the `cpp512` hash of fine text may be more than 100 bits away.
        """
        return self._radius <= LARGEST_SCREENED_THRESHOLD_BITS and not self._has_cpp512_alone

    def need_confirmation(self, screens: Sequence[Sequence[bytes]]) -> list[bool]:
        """Tell for each picture's eight screen variants whether an exact hash could match anything."""
        flat = [value for variants in screens for value in variants]
        if not flat:
            return []
        owners = [at for at, variants in enumerate(screens) for _ in variants]
        positions, _, _ = self._index.near(
            as_matrix(flat, FIXED_BYTES[PDQ]), radius=self._radius + SCREEN_MARGIN_BITS
        )
        candidates = {owners[position] for position in positions.tolist()}
        return [at in candidates for at in range(len(screens))]

    def match_many(self, queries: Sequence[Query]) -> list[Findings]:
        """Match each query. An empty result means no known entry, not that the file is harmless."""
        raw, known = self._search(queries)
        if len(known) < len({hit.number for hit in raw}):
            # Withdrawn meanwhile, or replaced by another number: only an index of now can tell which.
            self._index = self._present_index()
            raw, known = self._search(queries)
        hits: list[list[Hit]] = [[] for _ in queries]
        for each in raw:
            explained = known.get(each.number)
            if explained is None:  # withdrawn within this very moment
                continue
            searched = each.searched
            if searched is not None and each.distance_bits > explained.threshold_bits:
                continue
            hits[each.query].append(
                Hit(
                    known=explained,
                    distance_bits=each.distance_bits,
                    transform=searched.transform if searched is not None else None,
                    quality=searched.quality if searched is not None else None,
                    from_partial=each.is_partial,
                )
            )
        return [self._findings(found) for found in hits]

    def _search(
        self, queries: Sequence[Query]
    ) -> tuple[list[_RawHit], Mapping[FingerprintNumber, KnownFingerprint]]:
        raw = [*self._digest_hits(queries), *self._picture_hits(queries)]
        return raw, self._entries.describe({hit.number for hit in raw})

    def _findings(self, hits: list[Hit]) -> Findings:
        judgement = judge(hits)
        matches = tuple(
            self._explain(hit, suppressed_by) for hit, suppressed_by in judgement.known_hits
        )
        return Findings(matches=matches, conflicts=judgement.conflicts)

    def _explain(self, hit: Hit, suppressed_by: str | None) -> Match:
        known = hit.known
        return Match(
            id=self._new_match_id(),
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
        )

    def _digest_hits(self, queries: Sequence[Query]) -> Iterable[_RawHit]:
        for kind, width in DIGEST_BYTES.items():
            asked = [
                (at, digest.value)
                for at, query in enumerate(queries)
                for digest in query.digests
                if digest.kind == kind
            ]
            if not asked:
                continue
            matrix = as_matrix([value for _, value in asked], width)
            positions, numbers = self._index.equal(kind, matrix)
            for position, number in zip(positions.tolist(), numbers.tolist(), strict=True):
                yield _RawHit(
                    query=asked[position][0],
                    number=FingerprintNumber(number),
                    distance_bits=0,
                    searched=None,
                )

    def _picture_hits(self, queries: Sequence[Query]) -> Iterable[_RawHit]:
        asked = [
            (at, is_partial, searched)
            for at, query in enumerate(queries)
            for picture, is_partial in ((query.picture, False), (query.partial, True))
            if picture is not None
            for searched in picture.values()
        ]
        if not asked:
            return
        matrix = as_matrix([searched.value for *_, searched in asked], FIXED_BYTES[PDQ])
        positions, numbers, distances = self._index.near(matrix, radius=self._radius)
        rows = zip(positions.tolist(), numbers.tolist(), distances.tolist(), strict=True)
        for position, number, distance in rows:
            at, is_partial, searched = asked[position]
            yield _RawHit(
                query=at,
                number=FingerprintNumber(number),
                distance_bits=distance,
                searched=searched,
                is_partial=is_partial,
            )
