"""What lies in archives comes out in order, each once, whatever dies or waits meanwhile, and in bounded memory."""

import io
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests import clips
from tests.node.archive_workloads import CRASH, DEADLY, RAISES

from rempart.model.scan import FileFingerprints, Outcome, ProblemKind
from rempart.node import reading
from rempart.node.reading import FileReader, Reading
from rempart.node.settings import Settings
from rempart.node.walk import walk

Members = dict[str, bytes]
SETTINGS = Settings(archive_depth=2)


def picture(number: int, size: tuple[int, int] = (64, 64)) -> bytes:
    grid = np.random.default_rng(number).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(grid).resize(size, Image.Resampling.BICUBIC).save(file, "JPEG")
    return file.getvalue()


def zipped(members: Members) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


class Asked:
    """A review that wants what it is told to want."""

    def __init__(self) -> None:
        self.wanted: Callable[[bytes], bool] = lambda _: False
        self.paths: list[bytes] = []

    def __call__(self, readings: Sequence[Reading]) -> Sequence[bool]:
        self.paths += [each.path for each in readings]
        return [self.wanted(each.path) for each in readings]


@pytest.fixture(scope="module")
def asked() -> Asked:
    return Asked()


@pytest.fixture(scope="module")
def reader(asked: Asked) -> Iterator[FileReader]:
    """Make a reader of two workers that screens, and whose workers die where they are told to."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "_WORK", "archive_workloads:examine")
        patch.setattr(reading, "_WARM_UP", "archive_workloads:warm_up")
        with FileReader(SETTINGS, depth="screen", workers=2, review=asked) as opened:
            yield opened


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Make a folder of files and archives, nested ones among them."""
    deepest = zipped({"deep.jpg": picture(1)})
    inner = zipped({"i.jpg": picture(2), "deepest.zip": deepest, "j.txt": b"text"})
    folder = tmp_path / "tree"
    folder.mkdir()
    (folder / "a.jpg").write_bytes(picture(3))
    (folder / "b.zip").write_bytes(
        zipped({"x.jpg": picture(4), "inner.zip": inner, "x2.jpg": picture(5), "e": b""})
    )
    (folder / "c.zip").write_bytes(zipped({"y.jpg": picture(6)}))
    (folder / "d.jpg").write_bytes(picture(7))
    return folder


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def files(reader: FileReader, *roots: Path) -> list[FileFingerprints]:
    return [each.file() for each in reader.read(walk([bytes(root) for root in roots]))]


def names(given: Sequence[FileFingerprints], folder: Path) -> list[str]:
    return [each.path.decode().removeprefix(f"{folder}/") for each in given]


def kinds(file: FileFingerprints) -> list[str]:
    return [each.dialect or each.kind for each in file.fingerprints]


def problem(file: FileFingerprints) -> ProblemKind | None:
    return None if file.problem is None else file.problem.kind


DIGESTS = ["sha256", "md5", "sha1"]
EXACT = ["exact", "cpp512", *DIGESTS]


class TestOrder:
    def test_members_come_before_what_they_lie_in_and_all_in_the_order_of_the_walk(
        self, reader: FileReader, tree: Path
    ) -> None:
        found = files(reader, tree)

        assert names(found, tree) == [
            "a.jpg",
            "b.zip!/x.jpg",
            "b.zip!/inner.zip!/i.jpg",
            "b.zip!/inner.zip!/deepest.zip",
            "b.zip!/inner.zip!/j.txt",
            "b.zip!/inner.zip",
            "b.zip!/x2.jpg",
            "b.zip!/e",
            "b.zip",
            "c.zip!/y.jpg",
            "c.zip",
            "d.jpg",
        ]
        inside = found[4].membership
        assert inside is not None
        assert inside.container == bytes(tree / "b.zip") + b"!/inner.zip"
        assert (inside.member, inside.number) == (b"j.txt", 3)

    def test_what_was_refused_shows_in_all_that_it_lies_in(
        self, reader: FileReader, tree: Path
    ) -> None:
        by_name = dict(zip(names(found := files(reader, tree), tree), found, strict=True))

        assert problem(by_name["b.zip!/inner.zip!/deepest.zip"]) is ProblemKind.NESTED_TOO_DEEP
        for name in ("b.zip!/inner.zip", "b.zip"):
            assert problem(by_name[name]) is ProblemKind.MEMBERS_REFUSED
            assert by_name[name].outcome is Outcome.PARTIAL
        assert by_name["c.zip"].outcome is Outcome.OK

    def test_a_false_checksum_hides_nothing_and_shows_in_all_that_it_lies_in(
        self, reader: FileReader, tmp_path: Path
    ) -> None:
        inner = zipped({"i.jpg": picture(2)})
        false = zlib.crc32(inner).to_bytes(4, "little")
        archive = zipped({"inner.zip": inner, "z.txt": b"text"}).replace(false, b"\0\1\2\3")
        (tmp_path / "a.zip").write_bytes(archive)

        found = files(reader, tmp_path)

        assert names(found, tmp_path) == [
            "a.zip!/inner.zip!/i.jpg",
            "a.zip!/inner.zip",
            "a.zip!/z.txt",
            "a.zip",
        ]
        assert [problem(each) for each in found] == [
            None,
            ProblemKind.CORRUPT,
            None,
            ProblemKind.MEMBERS_REFUSED,
        ]
        assert [each.outcome for each in found[1::2]] == [Outcome.PARTIAL, Outcome.PARTIAL]
        assert kinds(found[1]) == DIGESTS

    def test_a_reading_can_be_gone_on_with_behind_every_record(
        self, reader: FileReader, tree: Path
    ) -> None:
        whole = list(reader.read(walk([bytes(tree)])))
        expected = [each.file() for each in whole]

        for at, last in enumerate(whole):
            found = walk(
                [bytes(tree)], after=last.found.position, is_inside=last.resume is not None
            )
            rest = [each.file() for each in reader.read(found, resume=last.resume)]
            assert rest == expected[at + 1 :]

    def test_an_archive_that_changed_since_is_told_as_changed(
        self, reader: FileReader, tree: Path
    ) -> None:
        whole = list(reader.read(walk([bytes(tree)])))
        (tree / "b.zip").write_bytes(zipped({"other.jpg": picture(9)}))

        found = walk([bytes(tree)], after=whole[1].found.position, is_inside=True)
        rest = [each.file() for each in reader.read(found, resume=whole[1].resume)]

        assert names(rest, tree) == ["b.zip", "c.zip!/y.jpg", "c.zip", "d.jpg"]
        assert problem(rest[0]) is ProblemKind.CHANGED_WHILE_READ
        assert kinds(rest[0]) == DIGESTS

    def test_an_archive_that_is_gone_since_is_told_as_gone(
        self, reader: FileReader, tree: Path
    ) -> None:
        whole = list(reader.read(walk([bytes(tree)])))
        (tree / "b.zip").unlink()

        found = walk([bytes(tree)], after=whole[1].found.position, is_inside=True)
        rest = [each.file() for each in reader.read(found, resume=whole[1].resume)]

        assert names(rest, tree) == ["b.zip", "c.zip!/y.jpg", "c.zip", "d.jpg"]
        assert problem(rest[0]) is ProblemKind.NOT_FOUND


class TestSecondVisits:
    def test_members_that_come_near_are_confirmed_where_they_lie(
        self, reader: FileReader, asked: Asked, tmp_path: Path
    ) -> None:
        large = {f"{number}.jpg": picture(number, (640, 600)) for number in range(5)}
        inner = zipped({"near.jpg": picture(8, (640, 600))})
        archive = tmp_path / "a.zip"
        archive.write_bytes(zipped({**large, "inner.zip": inner}))
        asked.wanted = lambda path: path.endswith((b"near.jpg", b"3.jpg"))

        found = files(reader, archive)

        exact = [file.path for file in found if kinds(file) == EXACT]
        assert [path.rpartition(b"!/")[2] for path in exact] == [b"3.jpg", b"near.jpg"]
        assert sum(kinds(file) == ["screen", *DIGESTS] for file in found) == 4
        assert all(file.outcome is Outcome.OK for file in found)

    def test_a_video_that_comes_near_is_decoded_fully_and_others_only_at_keyframes(
        self, reader: FileReader, asked: Asked, tmp_path: Path
    ) -> None:
        clip = clips.clip("h264 in mp4")
        (tmp_path / "far.mp4").write_bytes(clip)
        (tmp_path / "v.zip").write_bytes(zipped({"near.mp4": clip}))
        asked.wanted = lambda path: path.endswith(b"near.mp4")

        far, near, _ = files(reader, tmp_path / "far.mp4", tmp_path / "v.zip")

        assert far.video is not None
        assert near.video is not None
        assert (far.video.is_screened, near.video.is_screened) == (True, False)
        assert kinds(far) == DIGESTS
        assert kinds(near) == ["vpdq", *DIGESTS]
        assert near.video.frames == clips.SECONDS

    def test_a_video_with_sparse_keyframes_is_decoded_unasked(
        self, reader: FileReader, asked: Asked, tmp_path: Path
    ) -> None:
        asked.wanted = lambda _: False
        (tmp_path / "v.mkv").write_bytes(clips.clip_at([at * 0.7 for at in range(30)]))

        [file] = files(reader, tmp_path / "v.mkv")

        assert file.video is not None
        assert not file.video.is_screened
        assert kinds(file) == ["vpdq", *DIGESTS]


class TestLostWorkers:
    @pytest.mark.parametrize("marker", [CRASH, RAISES])
    def test_a_member_that_kills_its_worker_has_its_digests_and_the_rest_goes_on(
        self, reader: FileReader, tmp_path: Path, *, marker: bytes
    ) -> None:
        inner = zipped({"i.jpg": picture(1), "bad.jpg": picture(2) + marker, "j.jpg": picture(3)})
        (tmp_path / "a.zip").write_bytes(
            zipped({"x.jpg": picture(4), "inner.zip": inner, "z.jpg": picture(5)})
        )

        found = files(reader, tmp_path / "a.zip")

        last = [each.rpartition("/")[2] for each in names(found, tmp_path)]
        assert last == ["x.jpg", "i.jpg", "bad.jpg", "j.jpg", "inner.zip", "z.jpg", "a.zip"]
        bad = found[2]
        assert problem(bad) is ProblemKind.WORKER_DIED
        assert kinds(bad) == DIGESTS
        missing = {"inner.zip": ProblemKind.MEMBERS_REFUSED, "a.zip": ProblemKind.MEMBERS_REFUSED}
        others = zip(last, found, strict=True)
        for name, each in others:
            assert each is bad or problem(each) is missing.get(name), name

    def test_a_member_that_kills_two_is_passed_by_and_the_archive_says_so(
        self, reader: FileReader, tmp_path: Path
    ) -> None:
        (tmp_path / "a.zip").write_bytes(
            zipped({"x.jpg": picture(4), "bad": DEADLY, "z.jpg": picture(5)})
        )

        x, bad, z, archive = files(reader, tmp_path / "a.zip")

        assert (x.outcome, z.outcome) == (Outcome.OK, Outcome.OK)
        assert problem(bad) is ProblemKind.WORKER_DIED
        assert bad.fingerprints == ()
        assert problem(archive) is ProblemKind.MEMBERS_REFUSED

    @pytest.mark.long
    def test_an_archive_that_kills_worker_after_worker_is_given_up(
        self, reader: FileReader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("rempart.node.file_reading._MOST_LOSSES", 2)
        (tmp_path / "a.zip").write_bytes(zipped({f"{at}": DEADLY for at in range(9)}))

        found = files(reader, tmp_path / "a.zip")

        assert len(found) < 9
        assert problem(found[-1]) is ProblemKind.WORKER_DIED
        assert kinds(found[-1]) == DIGESTS

    def test_a_worker_that_lies_costs_one_file(
        self, tree: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(reading, "_WORK", "archive_workloads:lie")
        with FileReader(SETTINGS, depth="exact", workers=1, review=None) as lying:
            *lies, archive = files(lying, tree / "c.zip")

        assert (archive.path, archive.membership) == (bytes(tree / "c.zip"), None)
        assert len(lies) < 5
        assert {problem(file) for file in (*lies, archive)} == {ProblemKind.WORKER_DIED}
        assert kinds(archive) == DIGESTS


class TestBoundedMemory:
    @pytest.mark.parametrize("wanted", [b"", b"0.jpg"])
    def test_what_cannot_be_given_yet_is_held_back_and_nothing_is_lost(
        self,
        reader: FileReader,
        asked: Asked,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        *,
        wanted: bytes,
    ) -> None:
        monkeypatch.setattr(reading, "_MOST_WEIGHT", 60_000)
        monkeypatch.setattr(reading, "_REVIEW_SECONDS", 1e9)  # nothing waits for a clock
        asked.wanted = lambda path: bool(wanted) and path.endswith(wanted)
        for number in range(3):
            members = {f"{at}.jpg": picture(at) for at in range(30)}
            (tmp_path / f"{number}.zip").write_bytes(zipped(members))
        heaviest = 0

        found = []
        for each in reader.read(walk([bytes(tmp_path / f"{at}.zip") for at in range(3)])):
            heaviest = max(heaviest, reader._weight)
            found.append(each.file())

        assert [file.path for file in found] == [
            path
            for archive in (bytes(tmp_path / f"{at}.zip") for at in range(3))
            for path in (*(archive + b"!/%d.jpg" % at for at in range(30)), archive)
        ]
        assert all(file.outcome is Outcome.OK for file in found)
        assert {tuple(kinds(file)) for file in found[:1]} == {
            tuple(EXACT if wanted else ["screen", *DIGESTS])
        }
        assert heaviest < 200_000

    def test_it_leaves_nothing_behind(self, reader: FileReader, tree: Path) -> None:
        files(reader, tree)
        before = descriptors()
        files(reader, tree)

        assert reader._weight == 0
        assert not reader._window
        assert descriptors() == before


def test_archives_are_not_opened_where_that_is_not_wanted(tree: Path) -> None:
    with FileReader(
        replace(SETTINGS, workers=1), depth="exact", workers=1, review=None, opens_archives=False
    ) as closed:
        found = files(closed, tree)

    assert names(found, tree) == ["a.jpg", "b.zip", "c.zip", "d.jpg"]
    assert [each.outcome.value for each in found] == ["ok", "partial", "partial", "ok"]
