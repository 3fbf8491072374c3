"""What a run has come to so far, in numbers."""

from dataclasses import dataclass, field
from typing import Final

from rempart.model.fingerprint import PDQ, VPDQ
from rempart.model.match import TRANSFORMS, Match
from rempart.model.scan import FileFingerprints, Outcome, ScanRecord

_UNKNOWN: Final = "unknown"
_OTHER: Final = "other"
_MOST_TYPES: Final = 200


@dataclass(slots=True)
class ScanCounts:
    """What a run has come to so far.

    Attributes:
        files: every file, and every member of an archive, a document or a message: each has its record.
        size_bytes: of the files; what lies in them is not counted again.
        members: those of `files` that lie in others.
        videos: videos and animated pictures that were decoded.
        videos_screened: videos of which only keyframes were looked at, because none came near anything known.
        media_types: for each type of content, how many files; `unknown` where nothing tells it.
        matched: files with at least one match that nothing suppresses.
        suppressed: files whose matches are all suppressed by a known-harmless list.
        problems: for each kind of problem, how many files.
    """

    files: int = 0
    size_bytes: int = 0
    matched: int = 0
    suppressed: int = 0
    conflicts: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)
    problems: dict[str, int] = field(default_factory=dict)
    members: int = 0
    videos: int = 0
    videos_screened: int = 0
    media_types: dict[str, int] = field(default_factory=dict)

    def add(self, record: ScanRecord) -> None:
        """Count one record."""
        self.files += 1
        file = record.file
        if file.membership is None:
            self.size_bytes += file.size or 0
        else:
            self.members += 1
        self._add_content(file)
        self.matched += any(match.suppressed_by is None for match in record.matches)
        self.suppressed += bool(record.matches) and all(
            match.suppressed_by is not None for match in record.matches
        )
        self.conflicts += bool(record.conflicts)
        outcome = file.outcome.value
        self.outcomes[outcome] = self.outcomes.get(outcome, 0) + 1
        if file.problem is not None:
            kind = file.problem.kind.value
            self.problems[kind] = self.problems.get(kind, 0) + 1

    def _add_content(self, file: FileFingerprints) -> None:
        if file.video is not None:
            self.videos_screened += file.video.is_screened
            self.videos += not file.video.is_screened
        media_type = file.media_type or _UNKNOWN
        if media_type not in self.media_types and len(self.media_types) >= _MOST_TYPES:
            media_type = _OTHER  # a worker that lies must not fill the store
        self.media_types[media_type] = self.media_types.get(media_type, 0) + 1

    @property
    def all_ok(self) -> bool:
        """Whether every file's outcome is `ok`."""
        return self.outcomes.get(Outcome.OK.value, 0) == self.files


class Tally:
    """Counts matches by list and reason, for a summary that says what matched what and why."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.by_reason: dict[tuple[str, str], tuple[int, int]] = {}

    def add(self, record: ScanRecord) -> None:
        """Count the matches of one record."""
        for match in record.matches:
            key = (match.list_name, _reason(match))
            matches, suppressed = self.by_reason.get(key, (0, 0))
            self.by_reason[key] = (matches + 1, suppressed + (match.suppressed_by is not None))


def _reason(match: Match) -> str:
    if match.kind not in {PDQ, VPDQ}:
        return f"same {match.kind}"
    kind = f"{match.kind} {match.dialect}" if match.dialect else match.kind
    seen = "" if match.video is None else ", by frames of a video"
    turned = "" if match.transform == TRANSFORMS[0] else ", turned or mirrored"
    torn = ", torn file" if match.from_partial else ""
    return f"{kind} within {match.threshold} bits{seen}{turned}{torn}"
