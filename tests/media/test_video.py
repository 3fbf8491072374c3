"""Opening videos: which frames come, what limits hold, what damage is noticed, and that nothing else is opened."""

import contextlib
import io
import os
import struct
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.clips import (
    ASF,
    AVI,
    FLV,
    HEIGHT,
    KINDS,
    MATROSKA,
    MOV,
    MP4,
    PROGRAM,
    RATE,
    TRANSPORT,
    WIDTH,
    clip,
    clip_at,
    clip_of_two_sizes,
    remuxed,
    rgb_of_all,
    sound,
)
from tests.media.media_workloads import frames_of_content

from rempart.media import (
    HEAD_BYTES,
    PictureError,
    Video,
    VideoLimits,
    WorkerLimits,
    WorkerPool,
    is_video,
    open_video,
    sniff,
)
from rempart.media._film import open_film
from rempart.media._video_source import VideoSource
from rempart.model.scan import Problem, ProblemKind

LIMITS = VideoLimits(max_pixels=1 << 20, max_seconds=60, max_frames=2000)
LOOKS = (Video.keyframes, Video.each_second)
PLAYLISTS = (
    b"ffconcat version 1.0\nfile /etc/hostname\n",
    b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:///etc/hostname\n",
    b'<?xml version="1.0"?><MPD><BaseURL>file:///etc/</BaseURL></MPD>',
    b"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\nm=video 5004 RTP/AVP 96\r\n",
)


def opened(data: bytes, media_type: str, limits: VideoLimits = LIMITS) -> Video:
    return open_video(io.BytesIO(data), media_type=media_type, limits=limits)


def seconds_of(
    data: bytes, media_type: str, limits: VideoLimits = LIMITS
) -> tuple[list[float], Problem | None]:
    with opened(data, media_type, limits) as video:
        return [frame.milliseconds / 1000 for frame in video.each_second()], video.problem


def keyframes_of(
    data: bytes, media_type: str, limits: VideoLimits = LIMITS
) -> tuple[list[float], Problem | None]:
    with opened(data, media_type, limits) as video:
        return [frame.milliseconds / 1000 for frame in video.keyframes()], video.problem


def refusal(data: bytes, media_type: str, limits: VideoLimits = LIMITS) -> ProblemKind:
    with pytest.raises(PictureError) as raised:
        opened(data, media_type, limits)
    return raised.value.kind


class TestWhatIsOpened:
    @pytest.mark.parametrize("name", KINDS)
    def test_content_tells_the_type_and_the_header_size_and_duration(self, name: str) -> None:
        data = clip(name)
        media_type = sniff(data[:HEAD_BYTES])
        assert media_type == KINDS[name].media_type
        with opened(data, media_type) as video:
            assert (video.width, video.height, video.has_picture) == (WIDTH, HEIGHT, True)
            list(video.keyframes())
            assert video.milliseconds is not None
            assert abs(video.milliseconds - 5000) <= 100

    def test_pictures_and_sound_are_no_video_types(self) -> None:
        assert not any(is_video(each) for each in ("image/gif", "audio/mpeg", "application/zip"))

    @pytest.mark.parametrize(
        ("name", "written", "instead"),
        [
            ("h264 in mp4", b"isomiso2avc1mp41", b"zzzzzzzzzzzzzzzz"),
            ("h264 in mp4", b"ftypisom", b"ftypM4A "),
            ("h264 in matroska", b"matroska", b"zzzzzzzz"),
        ],
    )
    def test_a_false_brand_hides_no_video(self, name: str, written: bytes, instead: bytes) -> None:
        data = clip(name).replace(written, instead, 1)
        assert data != clip(name)
        media_type = sniff(data[:HEAD_BYTES])
        assert media_type is not None
        assert is_video(media_type)
        assert len(seconds_of(data, media_type)[0]) == 5

    def test_padding_and_packets_with_times_hide_no_video(self) -> None:
        padded = clip("h264 in mov").replace(b"ftyp", b"free", 1)
        assert sniff(padded[:HEAD_BYTES]) == MOV
        assert len(seconds_of(padded, MOV)[0]) == 5
        packets = clip("mpeg2 in transport stream")
        timed = b"".join(bytes(4) + packets[at : at + 188] for at in range(0, len(packets), 188))
        assert sniff(timed[:HEAD_BYTES]) == TRANSPORT
        assert len(seconds_of(timed, TRANSPORT)[0]) == 5

    def test_a_type_that_is_no_video_is_refused(self) -> None:
        assert refusal(clip("h264 in mp4"), "image/gif") is ProblemKind.UNSUPPORTED_FORMAT

    @pytest.mark.parametrize("media_type", [MP4, MATROSKA, AVI, TRANSPORT, PROGRAM, FLV, ASF])
    @pytest.mark.parametrize("content", PLAYLISTS)
    def test_a_playlist_is_never_followed(self, media_type: str, content: bytes) -> None:
        with pytest.raises(PictureError):
            opened(content, media_type)

    @pytest.mark.parametrize("demuxer", ["hls", "concat", "dash", "sdp", "image2", "lavfi"])
    def test_no_demuxer_off_the_list_runs_even_if_it_were_asked_for(self, demuxer: str) -> None:
        for content in PLAYLISTS:
            with pytest.raises(PictureError):
                open_film(VideoSource(io.BytesIO(content)), demuxer=demuxer, max_pixels=1000)

    def test_the_content_of_another_container_is_not_guessed(self) -> None:
        damaged = {ProblemKind.CORRUPT, ProblemKind.TRUNCATED}
        assert refusal(clip("h264 in matroska"), MP4) in damaged
        assert refusal(clip("h264 in mp4"), MATROSKA) in damaged

    def test_a_codec_off_the_list_is_not_decoded(self) -> None:
        data = clip_at([0.0, 1.0], encoder="ffv1")
        assert refusal(data, MATROSKA) is ProblemKind.UNSUPPORTED_FORMAT

    def test_an_empty_file_says_so(self) -> None:
        assert refusal(b"", MP4) is ProblemKind.EMPTY

    def test_the_read_position_does_not_matter(self) -> None:
        source = io.BytesIO(clip("h264 in mp4"))
        source.seek(1000)
        with open_video(source, media_type=MP4, limits=LIMITS) as video:
            assert len(list(video.each_second())) == 5
        assert not source.closed

    def test_sound_alone_yields_no_frame_and_is_whole(self) -> None:
        for muxer, media_type in (("mp4", MP4), ("matroska", MATROSKA)):
            for look in LOOKS:
                with opened(sound(muxer), media_type) as video:
                    assert list(look(video)) == []
                    assert (video.has_picture, video.problem) == (False, None)

    def test_a_cover_is_no_video(self) -> None:
        with opened(_with_cover(), MP4) as video:
            assert list(video.each_second()) == []
            assert not video.has_picture

    def test_the_first_of_two_picture_streams_counts(self) -> None:
        with opened(_with_two_pictures(), MATROSKA) as video:
            assert (video.width, video.height) == (WIDTH, HEIGHT)

    def test_a_header_without_frames_has_no_frames(self) -> None:
        data = remuxed(clip("h264 in mp4"), "mp4", movflags="frag_keyframe+empty_moov")
        found, problem = seconds_of(data[: data.index(b"moof") - 4], MP4)
        assert found == []
        assert problem is not None
        assert problem.kind is ProblemKind.NO_FRAMES

    def test_an_encrypted_video_says_so(self) -> None:
        key = "0123456789abcdef" * 2
        options = {
            "encryption_scheme": "cenc-aes-ctr",
            "encryption_key": key,
            "encryption_kid": key,
        }
        data = remuxed(clip("h264 in mp4"), "mp4", **options)
        for find in (seconds_of, keyframes_of):
            found, problem = find(data, MP4)
            assert found == []
            assert problem is not None
            assert problem.kind is ProblemKind.ENCRYPTED

    def test_a_box_that_ends_further_than_any_file_is_torn(self) -> None:
        endless = b"\0\0\0\1free" + b"\xff" * 8 + bytes(100)
        found, problem = seconds_of(clip("h264 in mp4") + endless, MP4)
        assert len(found) == 5
        assert problem is not None
        assert problem.kind is ProblemKind.TRUNCATED

    def test_metadata_that_is_no_text_is_no_obstacle(self) -> None:
        data = clip("h264 in mp4").replace(b"VideoHandler", b"\xff\xfe\x80ideo\xc3\x28x\xf0\x90")
        assert b"\xff\xfe\x80" in data
        assert len(seconds_of(data, MP4)[0]) == 5


class TestWhichFrames:
    def test_a_rate_with_a_fraction_is_cut_off_as_in_vpdq(self) -> None:
        data = clip("mpeg4 in avi", seconds=4, rate=Fraction(25, 2))
        assert seconds_of(data, AVI)[0] == [0, 0.96, 1.92, 2.88, 3.84]

    def test_less_than_a_frame_a_second_takes_each(self) -> None:
        assert seconds_of(clip_at([0, 3, 6, 9]), MATROSKA)[0] == [0, 3, 6, 9]

    def test_a_varying_rate_leaves_no_second_out(self) -> None:
        moments = [
            *(number / 25 for number in range(50)),
            4,
            6,
            8,
            *(9 + number / 25 for number in range(50)),
        ]
        found, problem = seconds_of(clip_at(moments), MATROSKA)
        assert problem is None
        gaps = [later - earlier for earlier, later in pairwise(found)]
        assert max(gaps) < 1 + 2.04  # a second, and the longest time without a frame
        assert {4, 6, 8} <= set(found)

    def test_frames_of_vpdq_are_among_those_of_a_varying_rate(self) -> None:
        moments = sorted({round(number**1.5 / 20, 3) for number in range(60)})
        data = clip_at(moments)
        with av.open(io.BytesIO(data), "r") as container:
            rate = container.streams.video[0].average_rate
        assert rate is not None
        of_vpdq = {
            moment for number, moment in enumerate(moments) if number % max(1, int(rate)) == 0
        }
        assert of_vpdq <= set(seconds_of(data, MATROSKA)[0])

    def test_a_late_start_counts_from_the_first_frame(self) -> None:
        assert seconds_of(clip_at([7, 7.5, 8.1, 9.2]), MATROSKA)[0][0] == 0

    def test_fragments_and_edit_lists_change_nothing(self) -> None:
        data = clip("h264 in mp4")
        fragmented = remuxed(data, "mp4", movflags="frag_keyframe+empty_moov+default_base_moof")
        indexed_first = remuxed(data, "mp4", movflags="faststart")
        expected = [frame.tobytes() for frame in rgb_of_all(data)][::RATE]
        for other in (data, fragmented, indexed_first):
            with opened(other, MP4) as video:
                assert [frame.array.tobytes() for frame in video.each_second()] == expected

    def test_where_every_frame_is_a_keyframe_at_most_one_a_second_is_taken(self) -> None:
        found, _ = keyframes_of(clip("mjpeg in avi"), AVI)
        assert {0, 2, 4} <= set(found) <= {0, 1, 2, 3, 4}  # another scene begins at 2 and at 4

    def test_keyframes_of_one_scene_are_looked_at_every_four_seconds(self) -> None:
        data = clip_at([number / 10 for number in range(200)], encoder="mjpeg", still=0.5)
        with opened(data, MATROSKA) as video:
            found = [frame.milliseconds / 1000 for frame in video.keyframes()]
            assert not video.is_sparse  # keyframes that were left out count as well
        assert found == [0, 1, 5, 9, 13, 17]  # the encoder needs the first second to settle

    def test_a_scene_that_lasts_a_second_is_not_left_out(self) -> None:
        scenes = [20.5, 2.5, 24.5]  # three drawings, the second for as long as ten frames
        parts = [clip_at([n / 10 for n in range(12)], still=scene) for scene in scenes]
        data = _joined(parts)
        assert keyframes_of(data, MATROSKA)[0] == [0, 1.2, 2.4]

    def test_keyframes_without_time_are_counted_instead(self) -> None:
        data = clip_at([0.001 * number for number in range(60)], encoder="mjpeg")
        assert len(keyframes_of(data, MATROSKA)[0]) >= 1

    def test_rotation_marks_are_not_applied(self) -> None:
        with opened(_marked_as_turned(), MP4) as video:
            (frame, *_) = video.each_second()
        assert frame.array.shape == (HEIGHT, WIDTH, 3)


class TestLimits:
    @pytest.mark.parametrize("name", KINDS)
    def test_too_many_pixels_are_refused_before_a_frame_comes(self, name: str) -> None:
        limits = VideoLimits(max_pixels=WIDTH * HEIGHT - 1)
        assert refusal(clip(name), KINDS[name].media_type, limits) is ProblemKind.TOO_MANY_PIXELS

    def test_exactly_the_limit_passes(self) -> None:
        limits = VideoLimits(max_pixels=WIDTH * HEIGHT)
        assert seconds_of(clip("h264 in mp4"), MP4, limits)[1] is None

    @pytest.mark.parametrize("find", [seconds_of, keyframes_of])
    def test_a_size_that_grows_over_the_limit_ends_it(self, find: object) -> None:
        limits = VideoLimits(max_pixels=WIDTH * HEIGHT)
        found, problem = find(clip_of_two_sizes(), TRANSPORT, limits)  # type: ignore[operator]  # one of two functions
        assert found
        assert problem is not None
        assert problem.kind is ProblemKind.TOO_MANY_PIXELS

    def test_a_size_that_changes_within_the_limit_is_followed(self) -> None:
        with opened(clip_of_two_sizes(), TRANSPORT) as video:
            shapes = {frame.array.shape for frame in video.each_second()}
        assert shapes == {(HEIGHT, WIDTH, 3), (2 * HEIGHT, 2 * WIDTH, 3)}

    @pytest.mark.parametrize("find", [seconds_of, keyframes_of])
    def test_what_is_too_long_is_read_up_to_the_limit(self, find: object) -> None:
        found, problem = find(clip("h264 in mp4"), MP4, VideoLimits(max_seconds=3))  # type: ignore[operator]  # as above
        assert max(found) <= 3
        assert problem is not None
        assert problem.kind is ProblemKind.TOO_LONG

    def test_keyframes_up_to_the_limit_are_not_sparse_for_what_lies_behind_it(self) -> None:
        data = clip_at([number / 10 for number in range(200)])
        with opened(data, MATROSKA, VideoLimits(max_seconds=3)) as video:
            assert len(list(video.keyframes())) >= 2
            assert video.problem is not None
            assert not video.is_sparse

    def test_no_more_frames_are_taken_than_a_list_holds(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("rempart.media.video.LARGEST_FRAMES", 3)
        found, problem = seconds_of(clip("h264 in mp4"), MP4)
        assert found == [0, 1, 2]
        assert problem is not None
        assert problem.kind is ProblemKind.TOO_LONG

    def test_exactly_as_long_as_the_limit_passes(self) -> None:
        assert seconds_of(clip("h264 in mp4"), MP4, VideoLimits(max_seconds=5))[1] is None

    def test_too_many_frames_end_it(self) -> None:
        found, problem = seconds_of(clip("h264 in mp4"), MP4, VideoLimits(max_frames=25))
        assert found == [0, 1, 2]
        assert problem is not None
        assert problem.kind is ProblemKind.TOO_LONG

    def test_a_header_that_lies_about_the_duration_changes_nothing(self) -> None:
        data = clip("h264 in mp4")
        for lie in (0, 1, 0x7FFFFFFF):
            at = data.index(b"mvhd") + 20
            forged = data[:at] + lie.to_bytes(4, "big") + data[at + 4 :]
            assert seconds_of(forged, MP4, VideoLimits(max_seconds=10)) == ([0, 1, 2, 3, 4], None)

    @pytest.mark.parametrize("promised", [-5.0, 4e15, 9.2e15])
    def test_a_promised_duration_is_one_that_records_can_hold(self, promised: float) -> None:
        data = clip("h264 in matroska")
        at = data.index(b"\x44\x89\x88") + 3
        forged = data[:at] + struct.pack(">d", promised) + data[at + 8 :]
        limits = VideoLimits(max_seconds=1)
        with open_video(io.BytesIO(forged), media_type=MATROSKA, limits=limits) as video:
            assert len(list(video.each_second())) == 2
            assert video.milliseconds in (0, 10**12 - 1)

    @pytest.mark.parametrize("wrong", ["max_pixels", "max_seconds", "max_frames"])
    def test_limits_are_positive(self, wrong: str) -> None:
        with pytest.raises(ValueError, match="positive"):
            VideoLimits(**{wrong: 0})


LAYOUTS = {"index first": "faststart", "fragments": "frag_keyframe+empty_moov"}


def laid_out(layout: str) -> bytes:
    return remuxed(clip("h264 in mp4"), "mp4", movflags=LAYOUTS[layout])


_DAMAGED = {ProblemKind.TRUNCATED, ProblemKind.CORRUPT, ProblemKind.NO_FRAMES}
TELLS_OF_A_CUT = frozenset({MP4, MOV, MATROSKA, "video/webm", AVI, "video/3gpp"})
"""Containers that state their length."""


def _outcome(data: bytes, media_type: str) -> tuple[list[float], Problem | None]:
    try:
        return seconds_of(data, media_type)
    except PictureError as error:
        return [], error.problem


class TestDamage:
    @pytest.mark.parametrize("name", [*KINDS, *LAYOUTS])
    def test_every_cut_is_an_outcome(self, name: str) -> None:
        data = clip(name) if name in KINDS else laid_out(name)
        media_type = KINDS[name].media_type if name in KINDS else MP4
        whole, _ = seconds_of(data, media_type)
        for share in (0.001, 0.05, 0.4, 0.7, 0.97, 1 - 1 / len(data)):
            cut = data[: max(1, int(len(data) * share))]
            found, problem = _outcome(cut, media_type)
            assert len(found) <= len(whole) + 1
            if media_type in TELLS_OF_A_CUT:
                assert problem is not None
            assert problem is None or problem.kind in _DAMAGED

    @pytest.mark.parametrize("layout", LAYOUTS)
    def test_a_torn_video_yields_what_is_there(self, layout: str) -> None:
        data = laid_out(layout)
        for find in (seconds_of, keyframes_of):
            found, problem = find(data[: len(data) * 2 // 3], MP4)
            assert found[0] == 0
            assert problem is not None
            assert problem.kind is ProblemKind.TRUNCATED

    def test_an_index_at_the_lost_end_leaves_nothing(self) -> None:
        assert refusal(clip("h264 in mp4")[:-300], MP4) is ProblemKind.TRUNCATED

    @settings(max_examples=30, deadline=None)
    @given(
        name=st.sampled_from(
            ["h264 in mp4", "h264 in matroska", "mpeg4 in avi", "vp8 in webm", "flv1 in flv"]
        ),
        places=st.lists(st.tuples(st.floats(0, 1), st.integers(1, 255)), min_size=1, max_size=6),
    )
    def test_changed_bytes_are_an_outcome(self, name: str, places: list[tuple[float, int]]) -> None:
        data = bytearray(clip(name, seconds=1))
        for where, change in places:
            data[int(where * (len(data) - 1))] ^= change
        for find in (seconds_of, keyframes_of):
            with contextlib.suppress(PictureError):
                find(bytes(data), KINDS[name].media_type)

    def test_bytes_behind_the_end_are_no_damage(self) -> None:
        for name in ("h264 in mp4", "h264 in matroska", "mpeg4 in avi"):
            for tail in (b"\0", bytes(100), b"\xff" * 7, b"words that are no box"):
                assert seconds_of(clip(name) + tail, KINDS[name].media_type)[1] is None, name

    def test_a_length_that_a_recorder_could_not_write_is_no_damage(self) -> None:
        data = clip("mpeg4 in avi")
        unknown = data[:4] + b"\xff\xff\xff\xff" + data[8:]
        assert seconds_of(unknown, AVI) == ([0, 1, 2, 3, 4], None)
        streamed = clip("vp8 in webm")
        at = streamed.index(b"\x18\x53\x80\x67") + 4
        unknown = streamed[:at] + b"\x01" + 7 * b"\xff" + streamed[at + 8 :]
        assert seconds_of(unknown, "video/webm") == ([0, 1, 2, 3, 4], None)

    @pytest.mark.parametrize("name", ["mpeg2 in transport stream", "h264 in transport stream"])
    def test_a_recording_joined_midway_is_no_damage(self, name: str) -> None:
        data = clip(name)
        found, problem = seconds_of(data[188 * 40 :], TRANSPORT)
        assert len(found) >= 3
        assert problem is None

    @pytest.mark.parametrize(
        ("name", "cut"),
        [("mpeg2 in transport stream", 188 * 40 + 77), ("mpeg2 in program stream", 1500)],
    )
    def test_one_that_begins_within_a_packet_is_a_video_too(self, name: str, cut: int) -> None:
        data = clip(name)[cut:]
        media_type = sniff(data[:HEAD_BYTES])
        assert media_type == KINDS[name].media_type
        assert len(seconds_of(data, media_type)[0]) >= 3

    def test_a_stream_that_begins_behind_the_header_is_an_outcome(self) -> None:
        for look in (seconds_of, keyframes_of):
            found, problem = look(_with_a_late_stream(), FLV)
            assert found == []
            assert problem is not None
            assert problem.kind is ProblemKind.UNSUPPORTED_FORMAT

    def test_nothing_is_printed(self, capfd: pytest.CaptureFixture[str]) -> None:
        data = bytearray(clip("h264 in mp4"))
        data[2000:6000:50] = bytes(80)
        seconds_of(bytes(data), MP4)
        assert capfd.readouterr() == ("", "")


class TestTheFileBehindIt:
    def test_a_failing_medium_is_not_taken_for_damage(self) -> None:
        class Failing(io.BytesIO):
            def read(self, size: int | None = -1, /) -> bytes:
                if 100_000 < self.tell() < 200_000:
                    raise OSError(5, "Input/output error")
                return super().read(size)

        with pytest.raises(OSError, match="Input/output"):
            _read_all(Failing(clip("prores in mov")), MOV)

    def test_more_bytes_than_asked_for_are_not_passed_on(self) -> None:
        class Generous(io.BytesIO):
            def read(self, size: int | None = -1, /) -> bytes:
                del size
                return super().read(-1)

        assert len(VideoSource(Generous(bytes(5000))).read(10)) == 10

    def test_one_byte_at_a_time_suffices(self) -> None:
        class Slow(io.BytesIO):
            def read(self, size: int | None = -1, /) -> bytes:
                return super().read(min(7000, size if size is not None and size > 0 else 7000))

        assert _read_all(Slow(clip("h264 in mp4"))) == 5

    def test_positions_before_the_beginning_do_not_exist(self) -> None:
        assert VideoSource(io.BytesIO(b"abc")).seek(-1) < 0


def _read_all(source: io.BytesIO, media_type: str = MP4) -> int:
    with open_video(source, media_type=media_type, limits=LIMITS) as video:
        return len(list(video.each_second()))


class TestInTheSandbox:
    @pytest.fixture(scope="class")
    @staticmethod
    def pool() -> Iterator[WorkerPool]:
        limits = WorkerLimits(seconds_per_file=30.0)
        with WorkerPool("media_workloads:frames_of_video", None, 1, limits) as pool:
            yield pool

    @pytest.mark.parametrize("name", KINDS)
    def test_every_kind_gives_the_same_frames(
        self, name: str, pool: WorkerPool, tmp_path: Path
    ) -> None:
        path = tmp_path / "clip"
        path.write_bytes(clip(name))
        descriptor = os.open(path, os.O_RDONLY)
        try:
            pool.submit(descriptor, b"", name)
            (finished,) = pool.drain()
        finally:
            os.close(descriptor)
        expected = frames_of_content(clip(name))
        assert finished.payload == expected

    @pytest.mark.parametrize("content", [b"\0\0\0\x18ftypisom" + bytes(50), sound()])
    def test_refusals_and_sound_need_nothing_more(
        self, content: bytes, pool: WorkerPool, tmp_path: Path
    ) -> None:
        path = tmp_path / "clip"
        path.write_bytes(content)
        with path.open("rb") as file:
            pool.submit(file.fileno(), b"", "refused")
            (finished,) = pool.drain()
        assert finished.payload == frames_of_content(content)


def _with_a_late_stream() -> bytes:
    """Return a header, a tag of one video codec and the beginning of a tag of another; a fuzzer found it."""
    data = bytearray(161)
    for at, written in {
        0: b"FLV\x01",
        9: b"\x1a",
        46: b"%",
        50: b"\r",
        74: b"\x18\t",
        78: b"\x1a",
        86: b',"',
        90: b"\x12",
        119: b"\x1d",
        123: b"\x11",
        151: b"\x1c\t",
        155: b"\x9c",
        160: b";",
    }.items():
        data[at : at + len(written)] = written
    return bytes(data)


def _with_cover() -> bytes:
    """Return sound with a picture of its record's cover."""
    file = io.BytesIO()
    cover = clip("mjpeg in avi", seconds=1)
    with (
        av.open(io.BytesIO(sound()), "r") as heard,
        av.open(io.BytesIO(cover), "r") as seen,
        av.open(file, "w", format="mp4") as target,
    ):
        audio = target.add_stream_from_template(heard.streams.audio[0])
        picture = target.add_stream_from_template(seen.streams.video[0])
        picture.disposition = av.stream.Disposition.attached_pic
        packet = next(seen.demux(video=0))
        packet.stream = picture
        target.mux(packet)
        for each in heard.demux(audio=0):
            if each.dts is not None:
                each.stream = audio
                target.mux(each)
    return file.getvalue()


def _joined(parts: list[bytes]) -> bytes:
    """Return clips of twelve tenths of a second one after the other."""
    file = io.BytesIO()
    with av.open(file, "w", format="matroska") as target:
        with av.open(io.BytesIO(parts[0]), "r") as source:
            stream = target.add_stream_from_template(source.streams.video[0])
        for number, data in enumerate(parts):
            with av.open(io.BytesIO(data), "r") as source:
                for packet in source.demux(video=0):
                    if packet.dts is not None and packet.pts is not None:
                        packet.pts += 1200 * number
                        packet.dts += 1200 * number
                        packet.stream = stream
                        target.mux(packet)
    return file.getvalue()


def _with_two_pictures() -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format="matroska") as target:
        parts = [clip("vp8 in webm"), clip("h264 in mp4", seconds=1, size=(48, 36))]
        for data in parts:
            with av.open(io.BytesIO(data), "r") as source:
                target.add_stream_from_template(source.streams.video[0])
        for index, data in enumerate(parts):
            with av.open(io.BytesIO(data), "r") as source:
                for packet in source.demux(video=0):
                    if packet.dts is not None:
                        packet.stream = target.streams.video[index]
                        target.mux(packet)
    return file.getvalue()


def _marked_as_turned() -> bytes:
    """Return a clip whose display matrix asks for a quarter turn."""
    data = clip("h264 in mp4")
    at = data.index(b"tkhd") + 44
    quarter = (0, 1 << 16, 0, -(1 << 16) & 0xFFFFFFFF, 0, 0, 0, 0, 1 << 30)
    return data[:at] + b"".join(each.to_bytes(4, "big") for each in quarter) + data[at + 36 :]
