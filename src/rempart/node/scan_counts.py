"""What a run has come to so far, in numbers."""

from dataclasses import dataclass, field

from rempart.model.fingerprint import PDQ
from rempart.model.match import TRANSFORMS, Match
from rempart.model.scan import Outcome, ScanRecord


@dataclass(slots=True)
class ScanCounts:
    """What a run has come to so far.

    Attributes:
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

    def add(self, record: ScanRecord) -> None:
        """Count one record."""
        self.files += 1
        self.size_bytes += record.file.size or 0
        self.matched += any(match.suppressed_by is None for match in record.matches)
        self.suppressed += bool(record.matches) and all(
            match.suppressed_by is not None for match in record.matches
        )
        self.conflicts += bool(record.conflicts)
        outcome = record.file.outcome.value
        self.outcomes[outcome] = self.outcomes.get(outcome, 0) + 1
        if record.file.problem is not None:
            kind = record.file.problem.kind.value
            self.problems[kind] = self.problems.get(kind, 0) + 1

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
    if match.kind != PDQ:
        return f"same {match.kind}"
    turned = "" if match.transform == TRANSFORMS[0] else ", turned or mirrored"
    torn = ", torn file" if match.from_partial else ""
    return f"{match.kind} {match.dialect} within {match.threshold} bits{turned}{torn}"
