"""The figures of a report, counted from records one by one in bounded memory, whatever the records hold."""

from collections import Counter
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace
from typing import Final, Generic, TypeVar

from rempart.model.fingerprint import PDQ
from rempart.model.labels import UNMAPPED
from rempart.model.match import TRANSFORMS
from rempart.model.scan import Outcome
from rempart.node.record_lines import LabelLine, MatchLine, ScanLine
from rempart.node.report_rows import ReportRows
from rempart.report import clipped
from rempart.report.values import (
    DistanceCount,
    FormatCount,
    LabelCount,
    ListCount,
    OutcomeCount,
    ProblemCount,
    ReasonCount,
    Totals,
    VideoTotals,
)

MOST_KINDS: Final = 500
"""Formats, lists or labels that are counted apart; a file of records that names more has the rest together."""

_MOST_GENERATIONS: Final = 50
_PDQ_BITS: Final = 256

_Key = TypeVar("_Key", bound=Hashable)
_Sum = TypeVar("_Sum")


class BoundedSums(Generic[_Key, _Sum]):
    """Sums by key; keys beyond the limit share one sum."""

    def __init__(self, make: Callable[[], _Sum]) -> None:
        """Begin with nothing.

        Args:
            make: gives an empty sum.
        """
        self._make = make
        self._sums: dict[_Key, _Sum] = {}
        self._rest: _Sum | None = None

    def of(self, key: _Key) -> _Sum:
        """Return the sum of a key, to be added to."""
        found = self._sums.get(key)
        if found is not None:
            return found
        if len(self._sums) < MOST_KINDS:
            return self._sums.setdefault(key, self._make())
        if self._rest is None:
            self._rest = self._make()
        return self._rest

    def items(self) -> list[tuple[_Key, _Sum]]:
        """Return every key that is counted apart, with its sum."""
        return list(self._sums.items())

    @property
    def rest(self) -> _Sum | None:
        """The sum of all keys that are not counted apart; absent where there are none."""
        return self._rest


@dataclass(slots=True)
class _Objects:
    objects: int = 0
    size_bytes: int = 0
    matched: int = 0
    not_whole: int = 0


@dataclass(slots=True)
class _Matches:
    matches: int = 0
    suppressed: int = 0
    objects: int = 0
    turned: int = 0
    from_partial: int = 0
    generations: set[int] = field(default_factory=set)


_ListKey = tuple[str, str, str]
"""Name, owner, identifier."""


class ReportFigures:
    """Counts what records say, and keeps the rows that a page shows."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.totals = Totals()
        self.videos = VideoTotals()
        self.software: set[str] = set()
        self.rows = ReportRows()
        self._outcomes: BoundedSums[str, _Objects] = BoundedSums(_Objects)
        self._formats: BoundedSums[str | None, _Objects] = BoundedSums(_Objects)
        self._problems: Counter[tuple[str, str]] = Counter()
        self._lists: BoundedSums[_ListKey, _Matches] = BoundedSums(_Matches)
        self._labels: BoundedSums[tuple[str | None, str], _Matches] = BoundedSums(_Matches)
        self._reasons: BoundedSums[str, _Matches] = BoundedSums(_Matches)
        self._distances: dict[int, _Matches] = {}

    def add(self, number: int, line: ScanLine) -> None:
        """Count one record.

        Args:
            number: of its line in the file.
            line: the record.
        """
        self._add_object(line)
        self._add_video(line)
        for match in line.matches:
            self._add_match(match)
        open_lists = {_list_key(each) for each in line.matches if each.suppressed_by is None}
        for key in open_lists:
            self._lists.of(key).objects += 1
        for fingerprint in line.fingerprints:
            if fingerprint.software is not None and len(self.software) < MOST_KINDS:
                self.software.add(fingerprint.software)
        self.rows.add(number, line)

    def outcomes(self) -> tuple[OutcomeCount, ...]:
        """Return the outcomes, the best first."""
        order = [each.value for each in Outcome]
        return tuple(
            OutcomeCount(outcome=name, objects=each.objects, size_bytes=each.size_bytes)
            for name, each in sorted(
                self._outcomes.items(), key=lambda found: order.index(found[0])
            )
        )

    def formats(self) -> tuple[FormatCount, ...]:
        """Return the formats, the most frequent first."""
        found = [_format_count(name, each) for name, each in self._formats.items()]
        found.sort(key=lambda each: (-each.objects, each.media_type or ""))
        rest = self._formats.rest
        if rest is not None:
            found.append(replace(_format_count(None, rest), is_rest=True))
        return tuple(found)

    def lists(self) -> tuple[ListCount, ...]:
        """Return the lists that matched, by owner and name."""
        found = [_list_count(key, each) for key, each in self._lists.items()]
        found.sort(key=lambda each: (each.owner, each.name, each.id))
        rest = self._lists.rest
        if rest is not None:
            found.append(replace(_list_count(("", "", ""), rest), is_rest=True))
        return tuple(found)

    def labels(self) -> tuple[LabelCount, ...]:
        """Return the labels of the matches, the most frequent first."""
        found = [_label_count(key, each) for key, each in self._labels.items()]
        found.sort(key=lambda each: (-each.matches, each.value, each.scheme or ""))
        rest = self._labels.rest
        if rest is not None:
            found.append(replace(_label_count((None, ""), rest), is_rest=True))
        return tuple(found)

    def reasons(self) -> tuple[ReasonCount, ...]:
        """Return why matches are matches, by kind of fingerprint."""
        return tuple(
            ReasonCount(
                kind=kind,
                matches=each.matches,
                suppressed=each.suppressed,
                turned=each.turned,
                from_partial=each.from_partial,
            )
            for kind, each in sorted(self._reasons.items())
        )

    def distances(self) -> tuple[DistanceCount, ...]:
        """Return how many matches by PDQ lie at each distance, the nearest first."""
        return tuple(
            DistanceCount(distance_bits=bits, matches=each.matches, suppressed=each.suppressed)
            for bits, each in sorted(self._distances.items())
        )

    def problems(self) -> tuple[ProblemCount, ...]:
        """Return why objects were not read whole, the most frequent reason first."""
        found = sorted(self._problems.items(), key=lambda each: (-each[1], each[0]))
        return tuple(
            ProblemCount(kind=kind, outcome=outcome, objects=count)
            for (kind, outcome), count in found
        )

    def _add_object(self, line: ScanLine) -> None:
        is_open = any(each.suppressed_by is None for each in line.matches)
        is_whole = line.outcome is Outcome.OK
        totals = self.totals
        self.totals = replace(
            totals,
            objects=totals.objects + 1,
            files=totals.files + (line.container is None),
            members=totals.members + (line.container is not None),
            # What lies in a container is a part of its size already.
            size_bytes=totals.size_bytes + ((line.size or 0) if line.container is None else 0),
            matched=totals.matched + is_open,
            suppressed=totals.suppressed + (bool(line.matches) and not is_open),
            conflicts=totals.conflicts + bool(line.conflicts),
            not_whole=totals.not_whole + (not is_whole),
            with_urls=totals.with_urls + (line.urls is not None),
            urls=totals.urls + (line.urls.distinct if line.urls is not None else 0),
            urls_left=totals.urls_left + (line.urls is not None and not line.urls.complete),
        )
        for counted in (self._outcomes.of(line.outcome.value), self._formats.of(line.media_type)):
            counted.objects += 1
            counted.size_bytes += line.size or 0
            counted.matched += is_open
            counted.not_whole += not is_whole
        if line.error is not None and len(self._problems) < MOST_KINDS:
            self._problems[line.error.kind, line.outcome.value] += 1

    def _add_video(self, line: ScanLine) -> None:
        if line.video is None:
            return
        videos = self.videos
        self.videos = VideoTotals(
            videos=videos.videos + 1,
            screened=videos.screened + line.video.screened,
            matched=videos.matched + any(each.suppressed_by is None for each in line.matches),
            frames=videos.frames + line.video.frames,
            seconds=videos.seconds + (line.video.seconds or 0),
        )

    def _add_match(self, match: MatchLine) -> None:
        counted = [self._lists.of(_list_key(match)), self._reasons.of(_reason(match))]
        counted += [self._labels.of(_label_key(each)) for each in set(match.labels)]
        if match.kind == PDQ and match.distance <= _PDQ_BITS:
            counted.append(self._distances.setdefault(match.distance, _Matches()))
        is_open = match.suppressed_by is None
        for each in counted:
            each.matches += is_open
            each.suppressed += not is_open
            each.turned += match.transform not in {None, TRANSFORMS[0]}
            each.from_partial += match.from_partial
        generations = counted[0].generations
        if len(generations) < _MOST_GENERATIONS:
            generations.add(match.list_generation)
        if is_open:
            self.totals = replace(self.totals, matches=self.totals.matches + 1)


def _list_key(match: MatchLine) -> _ListKey:
    return match.list, match.owner, match.list_id


def _label_key(label: LabelLine) -> tuple[str | None, str]:
    return None if label.scheme == UNMAPPED else label.scheme, clipped(label.value)


def _reason(match: MatchLine) -> str:
    return f"{match.kind} {match.dialect}" if match.dialect else match.kind


def _format_count(media_type: str | None, each: _Objects) -> FormatCount:
    return FormatCount(
        media_type=media_type,
        objects=each.objects,
        size_bytes=each.size_bytes,
        matched=each.matched,
        not_whole=each.not_whole,
    )


def _list_count(key: _ListKey, each: _Matches) -> ListCount:
    name, owner, identifier = key
    return ListCount(
        name=name,
        owner=owner,
        id=identifier,
        purpose=None,
        subject=None,
        generation=None,
        entries=None,
        generations_seen=tuple(sorted(each.generations)),
        matches=each.matches,
        suppressed=each.suppressed,
        objects=each.objects,
    )


def _label_count(key: tuple[str | None, str], each: _Matches) -> LabelCount:
    scheme, value = key
    return LabelCount(scheme=scheme, value=value, matches=each.matches, suppressed=each.suppressed)
