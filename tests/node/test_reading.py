"""Files go through workers that may die, in the order of the walk, and each is done with in some way."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image

from rempart.model.scan import FileFingerprints, Outcome, ProblemKind
from rempart.node import hash_files
from rempart.node.reading import FileReader, Reading
from rempart.node.settings import Settings
from rempart.node.walk import walk


def texture(number: int, size: tuple[int, int]) -> Image.Image:
    grid = np.random.default_rng(number).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    return Image.fromarray(grid).resize(size, Image.Resampling.BICUBIC)


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Make JPEGs large enough to be screened."""
    for number in range(12):
        texture(number, (640, 600)).save(tmp_path / f"{number:02}.jpg")
    return tmp_path


def dialects(file: FileFingerprints) -> list[str | None]:
    return [each.dialect for each in file.fingerprints if each.dialect is not None]


class TestVisits:
    def test_a_screened_picture_is_visited_again_only_where_the_review_asks_for_it(
        self, pictures: Path
    ) -> None:
        asked: list[bytes] = []

        def review(readings: Sequence[Reading]) -> Sequence[bool]:
            asked.extend(reading.found.path for reading in readings)
            return [reading.found.path.endswith(b"7.jpg") for reading in readings]

        with FileReader(Settings(), depth="screen", workers=2, review=review) as reader:
            files = [reading.file() for reading in reader.read(walk([bytes(pictures)]))]

        assert sorted(asked) == [file.path for file in files]
        assert [dialects(file) == ["exact", "cpp512"] for file in files] == [
            file.path.endswith(b"7.jpg") for file in files
        ]
        assert [dialects(file) for file in files].count(["screen"]) == 11

    def test_a_file_that_changes_between_the_visits_is_told_with_its_first_digests(
        self, pictures: Path
    ) -> None:
        changed = pictures / "03.jpg"
        first = sha256(changed.read_bytes()).digest()

        def review(readings: Sequence[Reading]) -> Sequence[bool]:
            texture(99, (640, 600)).save(changed)  # in place: the open file is another picture now
            return [True] * len(readings)

        with FileReader(Settings(), depth="screen", workers=2, review=review) as reader:
            files = [reading.file() for reading in reader.read(walk([bytes(pictures)]))]

        by_path = {file.path: file for file in files}
        told = by_path.pop(bytes(changed))
        assert told.problem is not None
        assert told.problem.kind is ProblemKind.CHANGED_WHILE_READ
        assert told.outcome is Outcome.UNREADABLE
        assert dialects(told) == []
        assert [each.kind for each in told.fingerprints] == ["sha256", "md5", "sha1"]
        assert told.fingerprints[0].value == first  # of one whole reading: a digest match stays one
        assert all(file.outcome is Outcome.OK for file in by_path.values())

    def test_a_removed_file_that_is_open_is_still_read_to_its_end(self, pictures: Path) -> None:
        content = (pictures / "03.jpg").read_bytes()

        def review(readings: Sequence[Reading]) -> Sequence[bool]:
            (pictures / "03.jpg").unlink(missing_ok=True)
            return [True] * len(readings)

        with FileReader(Settings(), depth="screen", workers=2, review=review) as reader:
            files = [reading.file() for reading in reader.read(walk([bytes(pictures)]))]

        [read] = [file for file in files if file.path.endswith(b"03.jpg")]
        assert read.outcome is Outcome.OK
        assert sha256(content).digest() in [each.value for each in read.fingerprints]


class TestLostWorkers:
    def test_each_file_has_a_record_in_order_whoever_kills_the_workers(
        self, pictures: Path
    ) -> None:
        paths = [bytes(path) for path in sorted(pictures.iterdir())]
        before = children()
        found = hash_files([bytes(pictures)])

        files = [next(found)]
        for child in children() - before:  # others may be a database of other tests
            with suppress(psutil.NoSuchProcess):  # it was at its end anyway
                child.kill()
        files += found

        assert [file.path for file in files] == paths
        lost = [file for file in files if file.outcome is not Outcome.OK]
        assert {file.problem.kind for file in lost if file.problem} <= {ProblemKind.WORKER_DIED}
        assert len(lost) <= 4
        for file in lost:  # a second visit takes the digests alone
            assert {each.kind for each in file.fingerprints} == {"sha256", "md5", "sha1"}

    def test_a_picture_over_the_memory_limit_costs_itself_only(self, pictures: Path) -> None:
        Image.new("RGB", (10_000, 9_900), "teal").save(pictures / "05-huge.png", compress_level=1)
        small = Settings(worker_memory_bytes=512 * 1024 * 1024)

        files = list(hash_files([bytes(pictures)], settings=small))

        [huge] = [file for file in files if file.outcome is not Outcome.OK]
        assert huge.path.endswith(b"05-huge.png")
        assert huge.outcome is Outcome.REFUSED
        assert huge.problem is not None
        assert huge.problem.kind is ProblemKind.MEMORY_LIMIT
        assert {each.kind for each in huge.fingerprints} == {"sha256", "md5", "sha1"}
        assert len(files) == 13


class TestResources:
    def test_no_descriptor_and_no_process_is_left_when_reading_stops_midway(
        self, pictures: Path
    ) -> None:
        before = descriptors()
        family = children()
        with FileReader(Settings(), depth="exact", workers=2, review=None) as reader:
            readings = reader.read(walk([bytes(pictures)]), should_stop=stop_after(3))
            count = sum(1 for _ in readings)

        assert count < 12
        assert descriptors() == before
        assert children() == family

    def test_what_was_read_before_a_stop_is_a_whole_beginning(self, pictures: Path) -> None:
        with FileReader(Settings(), depth="exact", workers=2, review=None) as reader:
            readings = reader.read(walk([bytes(pictures)]), should_stop=stop_after(3))
            paths = [reading.found.path for reading in readings]

        assert paths == [bytes(path) for path in sorted(pictures.iterdir())][: len(paths)]

    def test_more_files_than_may_be_open_are_read_one_after_the_other(self, tmp_path: Path) -> None:
        for number in range(300):
            (tmp_path / f"{number:03}").write_bytes(b"%d" % number)

        files = list(hash_files([bytes(tmp_path)]))

        assert [file.path for file in files] == [bytes(tmp_path / f"{n:03}") for n in range(300)]
        assert {file.outcome for file in files} == {Outcome.OK}

    def test_no_path_needs_no_worker(self) -> None:
        assert list(hash_files([])) == []


def children() -> set[psutil.Process]:
    return set(psutil.Process().children(recursive=True))


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def stop_after(calls: int) -> "StopAfter":
    return StopAfter(iter(range(calls)))


class StopAfter:
    """Wishes to stop after it was asked some times."""

    def __init__(self, calls: Iterator[int]) -> None:
        self._calls = calls

    def __call__(self) -> bool:
        return next(self._calls, None) is None
