"""What lies in a file is looked at like a file: bounded, in order, and never on the disk."""

import gzip
import io
import os
import random
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests import clips
from tests.media.archives.seven_zip_writing import seven_zipped

from rempart.fingerprint import work
from rempart.fingerprint.digests import digests_of
from rempart.fingerprint.messages import (
    Confirmed,
    ContainerLimits,
    Place,
    VideoLimits,
    WorkRequest,
    WorkResult,
    encode_request,
)
from rempart.fingerprint.parts import AnswerReader, Begun, Ended
from rempart.model.scan import Outcome, ProblemKind

LIMITS = ContainerLimits(depth=3, members=100, unpacked_bytes=10**8, ratio=1000, seconds=3600)
VIDEO = VideoLimits(milliseconds=600_000, seconds=600, is_screened=False)
Members = dict[str, bytes]


def picture(number: int = 0, name: str = "JPEG", size: tuple[int, int] = (300, 280)) -> bytes:
    grid = np.random.default_rng(number).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(grid).resize(size, Image.Resampling.BICUBIC).save(file, name)
    return file.getvalue()


def zipped(members: Members) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def with_impossible_size(name: str, others: Members) -> bytes:
    """Return a zip whose first member is encrypted, and claims more bytes than any file has."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, b"exercise")
        archive.infolist()[0].flag_bits |= 1
        archive.infolist()[0].file_size = 2**64 - 1
        for other, content in others.items():
            archive.writestr(other, content)
    return file.getvalue()


def zip_with_false_checksum(content: bytes) -> bytes:
    crc = zlib.crc32(content).to_bytes(4, "little")
    return zipped({"a": content}).replace(crc, b"\0\1\2\3")


def gzip_with_false_checksum(content: bytes) -> bytes:
    packed = gzip.compress(content, mtime=0)
    return packed[:-8] + b"\0\1\2\3" + packed[-4:]


def seven_zip_with_false_checksum(content: bytes) -> bytes:
    with pytest.MonkeyPatch.context() as patch:
        right = zlib.crc32
        patch.setattr(zlib, "crc32", lambda data: right(data) ^ (data == content))
        return seven_zipped([("a", content)])


FALSE = [zip_with_false_checksum, gzip_with_false_checksum, seven_zip_with_false_checksum]


def tarred(members: Members) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        for name, content in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return file.getvalue()


class Said:
    """Follows an answer as the node does."""

    def __init__(self, request: WorkRequest) -> None:
        self.names: dict[Place, bytes] = {}
        self.ended: dict[Place, Ended] = {}
        self.reader = AnswerReader(
            after=request.after, most_members=100, passes_through=bool(request.confirmed)
        )

    def part(self, payload: bytes) -> None:
        assert len(payload) <= 16 * 1024
        heard = self.reader.take(payload)
        if isinstance(heard, Begun):
            self.names[heard.place] = heard.name
        elif isinstance(heard, Ended):
            self.ended[heard.place] = heard

    def working(self) -> None:
        """Nothing to follow."""

    def result(self, *place: int) -> WorkResult:
        return self.ended[place].result


Look = Callable[..., Said]


@pytest.fixture
def look(tmp_path: Path) -> Look:
    """Look into some content as a worker does."""

    def run(content: bytes, **asked: Any) -> Said:
        path = tmp_path / "file"
        path.write_bytes(content)
        request = WorkRequest(
            **{
                "depth": "exact",
                "max_file_bytes": 10**7,
                "max_pixels": 10**7,
                "video": VIDEO,
                "containers": LIMITS,
                **asked,
            }
        )
        said = Said(request)
        descriptor = os.open(path, os.O_RDONLY)
        try:
            last = work.examine_descriptor(descriptor, encode_request(request), said)
        finally:
            os.close(descriptor)
        ended = said.reader.finish(last)
        if ended is not None:
            said.ended[()] = ended
        return said

    return run


def kinds(result: WorkResult) -> list[str]:
    return [each.dialect or each.kind for each in result.fingerprints]


def kind_of_problem(said: Said, *place: int) -> ProblemKind:
    problem = said.result(*place).problem
    assert problem is not None
    return problem.kind


class TestMembers:
    @pytest.mark.parametrize("pack", [zipped, tarred])
    def test_each_is_as_if_it_were_a_file(self, look: Look, pack: Callable[..., bytes]) -> None:
        members = {"a.jpg": picture(1), "b.txt": b"text", "c.png": picture(2, "PNG")}

        archive = pack(members)

        said = look(archive)

        alone = [look(content).result() for content in members.values()]
        assert [said.result(number) for number in (1, 2, 3)] == alone
        assert list(said.names.values()) == [name.encode() for name in members]
        assert said.result().outcome is Outcome.OK
        assert said.result().fingerprints == digests_of([archive])

    def test_what_is_nested_comes_before_what_it_lies_in(self, look: Look) -> None:
        inner = tarred({"i.jpg": picture(3)})
        said = look(zipped({"a.txt": b"text", "inner.tar.gz": inner, "z.jpg": picture(4)}))

        assert list(said.ended) == [(1,), (2, 1), (2,), (3,), ()]
        assert said.result(2, 1) == look(picture(3)).result()
        assert said.result(2).fingerprints == digests_of([inner])
        assert said.result(2).media_type == "application/gzip"

    def test_a_torn_picture_is_told_as_one(self, look: Look) -> None:
        said = look(zipped({"torn.jpg": picture(5)[:9000], "empty": b""}))

        assert said.result(1).outcome is Outcome.PARTIAL
        assert said.result(1).partial_query is not None
        assert kind_of_problem(said, 2) is ProblemKind.EMPTY

    @pytest.mark.parametrize("depth", ["screen", "exact"])
    @pytest.mark.parametrize("kind", ["jpeg", "animation"])
    def test_a_false_checksum_hides_no_picture(self, look: Look, depth: str, kind: str) -> None:
        whole = (
            picture(size=(1200, 1100)) if kind == "jpeg" else clips.animation("GIF", (0, 2, 4), 100)
        )
        found = look(zip_with_false_checksum(whole), depth=depth).result(1)

        expected = look(whole, depth="exact").result().query
        assert found.partial_query == expected
        assert expected is not None
        assert found.fingerprints == digests_of([whole])
        assert found.problem is not None
        assert found.problem.kind is ProblemKind.CORRUPT

    @pytest.mark.parametrize("pack", FALSE)
    @pytest.mark.parametrize("content", [b"text", random.Random(1).randbytes(300_000)])
    def test_a_false_checksum_hides_no_digest(
        self, look: Look, pack: Callable[[bytes], bytes], content: bytes
    ) -> None:
        found = look(pack(content)).result(1)

        assert (found.size, found.fingerprints) == (len(content), digests_of([content]))
        assert (found.outcome, found.is_false) == (Outcome.PARTIAL, True)
        assert found.problem is not None
        assert found.problem.kind is ProblemKind.CORRUPT

    @pytest.mark.parametrize("pack", FALSE)
    @pytest.mark.parametrize("depth", ["screen", "exact"])
    def test_a_false_checksum_hides_no_video(
        self, look: Look, pack: Callable[[bytes], bytes], depth: str
    ) -> None:
        clip = clips.clip("h264 in mp4")
        screening = VideoLimits(milliseconds=600_000, seconds=600, is_screened=True)

        said = look(pack(clip), depth=depth, video=screening)

        assert said.ended[(1,)].frames.unfolded() == look(clip).ended[()].frames.unfolded()
        video = said.result(1).video
        assert video is not None
        assert not video.summary.is_screened  # it needs no second look

    @pytest.mark.parametrize("pack", FALSE)
    def test_a_false_checksum_hides_no_archive(
        self, look: Look, pack: Callable[[bytes], bytes]
    ) -> None:
        inner = zipped({"a.jpg": picture(1), "b.txt": b"text"})

        said = look(pack(inner))

        assert list(said.ended) == [(1, 1), (1, 2), (1,), ()]
        assert said.result(1, 1) == look(picture(1)).result()
        assert said.result(1).media_type == "application/zip"
        assert said.result(1).fingerprints == digests_of([inner])
        assert said.result(1).outcome is Outcome.PARTIAL

    def test_a_member_behind_a_false_checksum_is_confirmed_where_it_lies(self, look: Look) -> None:
        large = picture(1, size=(640, 600))
        archive = zip_with_false_checksum(zipped({"a.jpg": large}))
        screened = look(archive, depth="screen").result(1, 1)
        assert kinds(screened)[:1] == ["screen"]
        confirmed = (Confirmed((1, 1), screened.fingerprints[1].value),)

        said = look(archive, depth="confirm", confirmed=confirmed)

        assert list(said.ended) == [(1, 1)]
        assert said.result(1, 1) == look(large).result()

    def test_a_member_with_a_false_checksum_that_is_not_to_be_decoded_gets_its_digests(
        self, look: Look
    ) -> None:
        inner = zipped({"a.jpg": picture(1)})

        said = look(zip_with_false_checksum(inner), undecoded=(1,))

        assert list(said.ended) == [(1,), ()]
        assert said.result(1).fingerprints == digests_of([inner])

    def test_what_can_be_unpacked_of_a_torn_archive_or_video_is_looked_into(
        self, look: Look
    ) -> None:
        inner = zipped({"a.jpg": picture(1), "b.jpg": picture(2)})
        clip = clips.clip("h264 in matroska")

        torn = look(gzip.compress(inner)[:-9])
        film = look(gzip.compress(clip)[:-9], depth="screen")

        assert torn.result(1, 1) == look(picture(1)).result()
        assert (torn.result(1).outcome, torn.result(1).fingerprints) == (Outcome.PARTIAL, ())
        assert kind_of_problem(torn, 1) is ProblemKind.TRUNCATED
        assert len(film.ended[(1,)].frames) > 0
        assert (film.result(1).outcome, film.result(1).is_false) == (Outcome.PARTIAL, False)

    def test_what_can_be_had_of_the_member_where_a_tar_ends_is_kept_apart(self, look: Look) -> None:
        plain = io.BytesIO()
        with tarfile.open(fileobj=plain, mode="w") as archive:
            for number in (1, 2):
                entry = tarfile.TarInfo(f"{number}.jpg")
                entry.size = len(picture(number))
                archive.addfile(entry, io.BytesIO(picture(number)))
        torn = plain.getvalue()[: 512 + 2 * len(picture(1))]

        said = look(torn)

        assert said.result(1).outcome is Outcome.OK
        assert said.result(2).outcome is Outcome.PARTIAL
        assert said.result(2).fingerprints == ()  # not of the member: only of a part
        assert [each.dialect for each in said.result(2).partial_fingerprints] == [
            "exact",
            "cpp512",
        ]
        assert said.result().outcome is Outcome.PARTIAL

    def test_a_video_and_an_animation_in_an_archive_have_their_frames(self, look: Look) -> None:
        clip = clips.clip("h264 in mp4")
        moving = clips.animation("GIF", [0, 1, 2], 500)
        said = look(zipped({"v.mp4": clip, "m.gif": moving}))

        assert said.ended[(1,)].frames.unfolded() == look(clip).ended[()].frames.unfolded()
        assert len(said.ended[(1,)].frames) == clips.SECONDS
        assert kinds(said.result(2))[:2] == ["exact", "cpp512"]
        assert len(said.ended[(2,)].frames) == 3

    def test_an_archive_that_is_not_to_be_opened_is_partial(self, look: Look) -> None:
        said = look(zipped({"a.jpg": picture()}), containers=None)

        assert list(said.ended) == [()]
        assert said.result().outcome is Outcome.PARTIAL
        assert kind_of_problem(said) is ProblemKind.UNSUPPORTED_FORMAT


class TestLimits:
    def test_an_archive_in_too_many_others_is_not_opened(self, look: Look) -> None:
        content = picture()
        for _ in range(4):
            content = zipped({"inner.zip": content})

        said = look(content)

        assert kind_of_problem(said, 1, 1, 1) is ProblemKind.NESTED_TOO_DEEP
        assert said.result(1, 1, 1).outcome is Outcome.REFUSED
        assert kinds(said.result(1, 1, 1)) == ["sha256", "md5", "sha1"]
        assert said.result(1, 1).outcome is Outcome.OK  # the node adds that a member was refused

    def test_members_are_counted_over_all_nests(self, look: Look) -> None:
        inner = zipped({str(number): b"x" for number in range(4)})
        limits = ContainerLimits(depth=3, members=7, unpacked_bytes=10**8, ratio=9, seconds=9)

        said = look(zipped({"1": inner, "2": inner}), containers=limits)

        assert len(said.names) <= 7
        assert kind_of_problem(said, 2) is ProblemKind.TOO_MANY_MEMBERS

    def test_what_earlier_visits_counted_counts(self, look: Look) -> None:
        limits = ContainerLimits(
            depth=3, members=5, unpacked_bytes=10**8, ratio=9, seconds=9, spent_members=4
        )
        members = {str(number): b"x" for number in range(5)}

        said = look(zipped(members), containers=limits, after=(2,))

        assert list(said.names) == [(3,)]
        assert kind_of_problem(said) is ProblemKind.TOO_MANY_MEMBERS

    def test_a_bomb_is_stopped_and_what_stands_before_it_is_kept(self, look: Look) -> None:
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("a.jpg", picture())
            archive.writestr("bomb", bytes(30_000_000))
        limits = ContainerLimits(depth=3, members=9, unpacked_bytes=10**7, ratio=10**6, seconds=9)

        said = look(file.getvalue(), containers=limits)

        assert said.result(1).outcome is Outcome.OK
        assert kind_of_problem(said, 2) in {
            ProblemKind.EXPANDS_TOO_MUCH,
            ProblemKind.FILE_TOO_LARGE,
        }

    def test_a_member_larger_than_what_is_kept_gets_its_digests(self, look: Look) -> None:
        large = picture(1) + bytes(50_000)
        said = look(zipped({"large.jpg": large, "text": b"x" * 60_000}), max_file_bytes=50_000)

        assert kind_of_problem(said, 1) is ProblemKind.FILE_TOO_LARGE
        assert said.result(1).fingerprints == digests_of([large])
        assert said.result(2).outcome is Outcome.OK

    def test_a_member_that_claims_a_size_no_file_can_have_is_told_without_it(
        self, look: Look
    ) -> None:
        said = look(with_impossible_size("locked", {"a.jpg": picture(1)}))

        assert said.result(1).size is None
        assert kind_of_problem(said, 1) is ProblemKind.ENCRYPTED
        assert said.result(2).outcome is Outcome.OK

    def test_time_that_is_over_begins_no_further_member(
        self, look: Look, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        moments = iter(range(0, 10**9, 1000))
        monkeypatch.setattr("time.monotonic", lambda: float(next(moments)))
        monkeypatch.setattr(
            "rempart.fingerprint._visit.Pulse",
            _pulse_of(lambda: float(next(moments))),
        )

        said = look(zipped({"a.jpg": picture(), "b.jpg": picture()}))

        assert len(said.names) < 2
        assert kind_of_problem(said) is ProblemKind.TIME_LIMIT


def _pulse_of(monotonic: Callable[[], float]) -> Callable[..., Any]:
    from rempart.fingerprint._pulse import Pulse  # noqa: PLC0415 - before it is replaced

    return lambda answer: Pulse(answer, monotonic=monotonic)


class TestFurtherVisits:
    NESTED = zipped(
        {
            "a.jpg": picture(1),
            "inner.zip": zipped({"i.jpg": picture(2), "j.jpg": picture(3)}),
            "z.jpg": picture(4),
        }
    )

    @pytest.mark.parametrize("at", range(5))
    def test_going_on_behind_a_member_gives_the_rest(self, look: Look, at: int) -> None:
        whole = look(self.NESTED)
        places = list(whole.ended)

        rest = look(self.NESTED, after=places[at] or (3,))

        assert list(rest.ended) == (places[at + 1 :] or [()])
        assert [each.result for each in rest.ended.values()] == [
            whole.ended[place].result for place in rest.ended
        ]

    def test_an_archive_is_as_partial_behind_its_last_member_as_it_was_before(
        self, look: Look
    ) -> None:
        inner = zipped({"i.jpg": picture(1)}) + bytes(100_000)  # its end is not found
        damaged = zipped({"inner.zip": inner}) + bytes(100_000)
        whole = look(damaged)
        assert list(whole.ended) == [(1, 1), (1,), ()]

        rest = look(damaged, after=(1, 1))

        assert rest.result(1) == whole.result(1)
        assert rest.result() == whole.result()
        assert rest.result().outcome is Outcome.PARTIAL
        assert look(damaged, after=(1,)).result() == whole.result()

    @pytest.mark.parametrize("place", [(1,), (2,), (2, 1)])
    def test_a_member_that_is_not_to_be_decoded_gets_its_digests(
        self, look: Look, place: Place
    ) -> None:
        said = look(self.NESTED, undecoded=place)

        assert kinds(said.ended[place].result) == ["sha256", "md5", "sha1"]
        assert said.ended[place].result.outcome is Outcome.OK
        assert ((2, 1) in said.ended) == (place != (2,))

    def test_members_are_confirmed_wherever_they_lie_and_nothing_else_is_told(
        self, look: Look
    ) -> None:
        whole = look(self.NESTED)
        digests = {
            place: next(each.value for each in ended.result.fingerprints if each.kind == "sha256")
            for place, ended in whole.ended.items()
        }
        confirmed = (Confirmed((2, 2), digests[2, 2]), Confirmed((3,), bytes(32)))

        said = look(self.NESTED, depth="confirm", confirmed=confirmed)

        assert list(said.ended) == [(2, 2), (3,)]
        assert said.result(2, 2) == whole.result(2, 2)
        assert kind_of_problem(said, 3) is ProblemKind.CHANGED_WHILE_READ

    def test_a_member_that_is_torn_when_it_is_confirmed_has_changed(self, look: Look) -> None:
        whole = zipped({"a.jpg": picture(1)})
        expected = digests_of([picture(1)])[0].value
        false = zlib.crc32(picture(1)).to_bytes(4, "little")
        damaged = zipped({"a.jpg": picture(2)}).replace(
            zlib.crc32(picture(2)).to_bytes(4, "little"), b"\0\1\2\3"
        )
        asked = (Confirmed((1,), expected),)

        assert look(whole, depth="confirm", confirmed=asked).result(1).outcome is Outcome.OK
        said = look(damaged, depth="confirm", confirmed=asked)
        assert kind_of_problem(said, 1) is ProblemKind.CHANGED_WHILE_READ
        assert said.result(1).partial_fingerprints == ()
        # The same bytes behind another checksum are the same bytes.
        said = look(whole.replace(false, b"\0\1\2\3"), depth="confirm", confirmed=asked)
        assert kind_of_problem(said, 1) is ProblemKind.CORRUPT

    def test_a_screened_member_is_screened_as_a_file_is(self, look: Look) -> None:
        large = picture(1, size=(640, 600))
        said = look(zipped({"a.jpg": large}), depth="screen")

        assert kinds(said.result(1)) == ["screen", "sha256", "md5", "sha1"]
