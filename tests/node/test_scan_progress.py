"""What a running scan tells: how much there is, how far it came, and what was found."""

import os
from pathlib import Path
from uuid import UUID

from rempart.model.handling import Subject
from rempart.model.identifiers import EntryId, ListId, MatchId
from rempart.model.match import Conflict, Match
from rempart.model.scan import FileFingerprints, Outcome, Problem, ProblemKind, ScanRecord
from rempart.node import Census, ScanCounts, Tally

EMPTY = Problem(ProblemKind.EMPTY, "it is empty", "Look at it.")


def match(*, suppressed_by: str | None = None, transform: str | None = "original") -> Match:
    return Match(
        id=MatchId(UUID(int=1)),
        list_name="exercise",
        list_id=ListId(UUID(int=2)),
        list_generation=1,
        owner="Exercise Hotline",
        entry_id=EntryId(UUID(int=3)),
        entry_version=1,
        subject=Subject.CHILD,
        kind="pdq" if transform else "md5",
        distance=0,
        threshold=31 if transform else 0,
        dialect="exact" if transform else None,
        transform=transform,
        quality=100 if transform else None,
        labels=(),
        suppressed_by=suppressed_by,
    )


def record(
    *matches: Match, problem: Problem | None = None, conflicts: tuple[Conflict, ...] = ()
) -> ScanRecord:
    outcome = Outcome.OK if problem is None else Outcome.UNREADABLE
    file = FileFingerprints(b"x", 10, None, outcome, problem, ())
    return ScanRecord(file, matches, conflicts)


class TestCounts:
    def test_a_file_is_suppressed_only_where_all_its_matches_are(self) -> None:
        counts = ScanCounts()
        for each in (
            record(),
            record(match(suppressed_by="harmless")),
            record(match(suppressed_by="harmless"), match()),
            record(match(), conflicts=(Conflict("perceptual-tie", "a", "b"),)),
        ):
            counts.add(each)

        assert (counts.files, counts.size_bytes) == (4, 40)
        assert (counts.matched, counts.suppressed, counts.conflicts) == (2, 1, 1)
        assert counts.all_ok

    def test_what_was_not_ok_is_counted_by_its_reason(self) -> None:
        counts = ScanCounts()
        counts.add(record(problem=EMPTY))
        counts.add(record())

        assert counts.outcomes == {"unreadable": 1, "ok": 1}
        assert counts.problems == {"empty": 1}
        assert not counts.all_ok

    def test_nothing_scanned_is_all_ok(self) -> None:
        assert ScanCounts().all_ok

    def test_the_tally_says_what_matched_and_why(self) -> None:
        tally = Tally()
        tally.add(record(match(), match(transform=None)))
        tally.add(record(match(suppressed_by="harmless"), match(transform="flip-x")))

        assert tally.by_reason == {
            ("exercise", "pdq exact within 31 bits"): (2, 1),
            ("exercise", "pdq exact within 31 bits, turned or mirrored"): (1, 0),
            ("exercise", "same md5"): (1, 0),
        }


class TestCensus:
    def test_it_counts_what_a_walk_would_come_to(self, tmp_path: Path) -> None:
        (tmp_path / "folder").mkdir()
        for name in ("one", "folder/two"):
            (tmp_path / name).write_bytes(b"12345")
        (tmp_path / "link").symlink_to(tmp_path)
        os.mkfifo(tmp_path / "pipe")

        census = Census([bytes(tmp_path), bytes(tmp_path / "missing"), bytes(tmp_path / "one")])
        census._thread.join()

        assert (census.files, census.size_bytes) == (6, 15)
        census.close()

    def test_stopped_midway_it_says_nothing_rather_than_too_little(self, tmp_path: Path) -> None:
        for number in range(200):
            (tmp_path / str(number)).mkdir()
            (tmp_path / str(number) / "file").write_bytes(b"")

        census = Census([bytes(tmp_path)])
        census.close()

        assert census.files in {None, 200}
