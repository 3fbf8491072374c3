"""The rows of a report: single objects, as many as a page has room for; the others are counted."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Generic, TypeAlias, TypeVar

from rempart.model.labels import UNMAPPED
from rempart.node.record_lines import (
    ConflictLine,
    EvidenceLine,
    LabelLine,
    MatchLine,
    ProblemLine,
    ScanLine,
    VideoLine,
)
from rempart.report import clipped
from rempart.report.object_rows import (
    ConflictRow,
    ContainerRow,
    EvidenceCells,
    MatchRow,
    ProblemRow,
    Rows,
    VideoRow,
)

MOST_ROWS: Final = 100_000
"""Rows of one table; a page with that many in one of them has about ten megabytes."""

MOST_FEW_ROWS: Final = 20_000
"""Rows of the tables that are read for an overview."""

_MOST_TEXT: Final = 20_000_000
"""Characters of one table's paths and messages: long ones take the room of several rows."""

_MOST_LABELS: Final = 50

_Row = TypeVar("_Row")


@dataclass(slots=True)
class _Kept(Generic[_Row]):
    """The first rows, and how many did not find room."""

    room: int
    rows: list[_Row] = field(default_factory=list)
    left_out: int = 0
    text: int = 0

    def add(self, row: _Row, *texts: str) -> None:
        self.text += sum(map(len, texts))
        if len(self.rows) < self.room and self.text <= _MOST_TEXT:
            self.rows.append(row)
        else:
            self.left_out += 1

    def shown(self) -> Rows[_Row]:
        return Rows(tuple(self.rows), self.left_out)


@dataclass(slots=True)
class _Members:
    members: int = 0
    matched: int = 0
    not_whole: int = 0


_ContainerKey: TypeAlias = tuple[str, int]
"""Its path as far as it is shown, and what tells paths apart that look the same."""


class ReportRows:
    """Keeps rows in the order of the scan."""

    def __init__(self) -> None:
        """Begin with none."""
        self.problems: _Kept[ProblemRow] = _Kept(MOST_ROWS)
        self.conflicts: _Kept[ConflictRow] = _Kept(MOST_FEW_ROWS)
        self.videos: _Kept[VideoRow] = _Kept(MOST_FEW_ROWS)
        self._open: _Kept[MatchRow] = _Kept(MOST_ROWS)
        self._suppressed: _Kept[MatchRow] = _Kept(MOST_ROWS)
        self._containers: dict[_ContainerKey, _Members] = {}
        self._containers_left_out: set[_ContainerKey] = set()

    def add(self, number: int, line: ScanLine) -> None:
        """Keep the rows of one record.

        Args:
            number: of its line in the file.
            line: the record.
        """
        for match, duty in _with_duties(line):
            row = _match_row(number, line, match, duty)
            kept = self._open if match.suppressed_by is None else self._suppressed
            kept.add(row, row.path, row.labels, row.url or "")
        for conflict in line.conflicts:
            found = _conflict_row(number, line, conflict)
            self.conflicts.add(found, found.path)
        if line.error is not None:
            problem = _problem_row(number, line, line.error)
            self.problems.add(problem, problem.path, problem.message, problem.hint)
        if line.video is not None:
            video = _video_row(number, line, line.video)
            self.videos.add(video, video.path)
        if line.container is not None:
            self._add_member(line.container, line)

    def matches(self) -> Rows[MatchRow]:
        """Return the matches that nothing suppresses, then, as far as there is room, the others."""
        room = MOST_ROWS - len(self._open.rows)
        rows = (*self._open.rows, *self._suppressed.rows[:room])
        found = sum(len(each.rows) + each.left_out for each in (self._open, self._suppressed))
        return Rows(rows, found - len(rows))

    def containers(self) -> Rows[ContainerRow]:
        """Return what held other objects, in the order of the scan."""
        rows = tuple(
            ContainerRow(
                path=path, members=each.members, matched=each.matched, not_whole=each.not_whole
            )
            for (path, _), each in self._containers.items()
        )
        return Rows(rows, len(self._containers_left_out))

    def _add_member(self, path: str, line: ScanLine) -> None:
        container = clipped(path), hash(path)
        found = self._containers.get(container)
        if found is None:
            if len(self._containers) >= MOST_FEW_ROWS:
                if len(self._containers_left_out) < MOST_ROWS:
                    self._containers_left_out.add(container)
                return
            found = self._containers[container] = _Members()
        found.members += 1
        found.matched += any(each.suppressed_by is None for each in line.matches)
        found.not_whole += line.error is not None


def _with_duties(line: ScanLine) -> Iterator[tuple[MatchLine, str | None]]:
    answers = {each.match: each.answer for each in line.decisions or ()}
    for match in line.matches:
        yield match, answers.get(match.id)


def _match_row(number: int, line: ScanLine, match: MatchLine, duty: str | None) -> MatchRow:
    has_distance = match.transform is not None or match.video is not None
    return MatchRow(
        line=number,
        path=clipped(line.path),
        list=match.list,
        owner=match.owner,
        labels=clipped(", ".join(_label_text(each) for each in match.labels[:_MOST_LABELS])),
        subject=match.subject.value,
        kind=f"{match.kind} {match.dialect}" if match.dialect else match.kind,
        distance_bits=match.distance if has_distance else None,
        threshold_bits=match.threshold if has_distance else None,
        transform=match.transform,
        is_from_partial=match.from_partial,
        video=_evidence(match.video),
        url=clipped(match.url.url) if match.url is not None else None,
        suppressed_by=match.suppressed_by,
        entry=match.entry,
        entry_version=match.entry_version,
        duty=duty,
    )


def _evidence(video: EvidenceLine | None) -> EvidenceCells | None:
    if video is None:
        return None
    return EvidenceCells(
        query_percent=video.query_percent,
        list_percent=video.list_percent,
        query_frames=video.query_frames,
        list_frames=video.list_frames,
        seconds=video.seconds,
        list_seconds=video.list_seconds,
    )


def _label_text(label: LabelLine) -> str:
    value = clipped(label.value)
    return value if label.scheme == UNMAPPED else f"{label.scheme} {value}"


def _problem_row(number: int, line: ScanLine, problem: ProblemLine) -> ProblemRow:
    return ProblemRow(
        line=number,
        path=clipped(line.path),
        outcome=line.outcome.value,
        kind=problem.kind,
        message=clipped(problem.message.rstrip(".")) + ".",
        hint=clipped(problem.hint),
        media_type=line.media_type,
        size_bytes=line.size,
    )


def _conflict_row(number: int, line: ScanLine, conflict: ConflictLine) -> ConflictRow:
    return ConflictRow(
        line=number,
        path=clipped(line.path),
        code=conflict.code,
        known_list=conflict.known_list,
        harmless_list=conflict.harmless_list,
    )


def _video_row(number: int, line: ScanLine, video: VideoLine) -> VideoRow:
    return VideoRow(
        line=number,
        path=clipped(line.path),
        seconds=video.seconds,
        width=video.width,
        height=video.height,
        frames=video.frames,
        is_screened=video.screened,
        matches=sum(each.suppressed_by is None for each in line.matches),
    )
