"""The frames of a video: those of vPDQ, hashed as the reference hashes them; and how keyframes screen for them."""

import io
from collections.abc import Callable
from fractions import Fraction
from typing import TypeAlias

import av
import numpy as np
import numpy.typing as npt
import pytest
from av.video.stream import VideoStream
from tests.clips import (
    KINDS,
    MATROSKA,
    RATE,
    animation,
    clip,
    clip_at,
    drawing,
    rgb_of_all,
    sound,
)

from rempart.fingerprint import VideoPrint, hash_animation, hash_video, pdq, screen_video
from rempart.media import VideoLimits
from rempart.model.scan import ProblemKind
from rempart.model.video import frames_text, parse_frames

Oracle: TypeAlias = Callable[[npt.NDArray[np.uint8]], tuple[bytes, int]]

LIMITS = VideoLimits(max_pixels=1 << 20, max_seconds=60, max_frames=2000)
NEAR = 31
MARGIN = 20


def hashed(data: bytes, media_type: str, limits: VideoLimits = LIMITS) -> VideoPrint:
    return hash_video(io.BytesIO(data), media_type=media_type, limits=limits)


def screened(data: bytes, media_type: str) -> VideoPrint:
    return screen_video(io.BytesIO(data), media_type=media_type, limits=LIMITS)


def distance(one: bytes, other: bytes) -> int:
    return (int.from_bytes(one) ^ int.from_bytes(other)).bit_count()


def clip_of_stills(count: int, drawn_every: int) -> bytes:
    """Return a clip of keyframes alone, four seconds apart; all but some of them are of one colour."""
    file = io.BytesIO()
    with av.open(file, "w", format="matroska") as container:
        stream = container.add_stream("mjpeg", rate=Fraction(1, 4))
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = 96, 72, "yuvj420p"
        for number in range(count):
            plain = np.full((72, 96, 3), 20, np.uint8)
            shown = plain if number % drawn_every else drawing(2.0 * number)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(shown, "rgb24")))
        container.mux(stream.encode())
    return file.getvalue()


@pytest.mark.parametrize("name", KINDS)
def test_frames_are_those_of_vpdq_with_the_hash_of_the_reference(name: str, oracle: Oracle) -> None:
    data, media_type = clip(name), KINDS[name].media_type
    step = 25 if KINDS[name].encoder.startswith(("mpeg1", "mpeg2")) else RATE
    expected = [oracle(rgb) for number, rgb in enumerate(rgb_of_all(data)) if number % step == 0]

    found = hashed(data, media_type)

    assert [(frame.value, frame.quality) for frame in found.frames] == expected
    assert found.problem is None
    assert found.summary.frames == len(expected) == 5
    assert not found.summary.is_screened
    seconds = [frame.milliseconds - found.frames[0].milliseconds for frame in found.frames]
    assert seconds == [0, 1000, 2000, 3000, 4000]


@pytest.mark.parametrize("name", KINDS)
def test_keyframes_are_frames_of_the_video(name: str, oracle: Oracle) -> None:
    data, media_type = clip(name), KINDS[name].media_type
    all_frames = {oracle(rgb)[0] for rgb in rgb_of_all(data)}

    found = screened(data, media_type)

    assert found.summary.is_screened
    assert 1 <= len(found.frames) <= 5
    assert {frame.value for frame in found.frames} <= all_frames
    assert found.problem is None


@pytest.mark.parametrize("look", [screened, hashed])
def test_each_frame_comes_with_the_variants_that_a_picture_of_it_has(
    look: Callable[[bytes, str], VideoPrint],
) -> None:
    data = clip("h264 in mp4")
    by_value = {pdq.exact(rgb).value: pdq.full(rgb) for rgb in rgb_of_all(data)}

    found = look(data, "video/mp4")

    expected = [by_value[frame.value].variants[1:] for frame in found.frames]
    assert found.turned == b"".join(each.value for seven in expected for each in seven)


def test_each_frame_of_an_animation_comes_with_its_variants() -> None:
    moments = [0.0, 2.5]
    found = hash_animation(animation("PNG", moments, 400), media_type="image/png", limits=LIMITS)
    assert found is not None
    expected = [pdq.full(drawing(moment)).variants[1:] for moment in moments]
    assert found.turned == b"".join(each.value for seven in expected for each in seven)


def test_a_video_is_screened_by_frames_near_those_of_its_list_fingerprint() -> None:
    for name in ("h264 in mp4", "vp9 in webm", "mpeg4 in avi"):
        data, media_type = clip(name), KINDS[name].media_type
        listed = hashed(data, media_type).frames
        for frame in screened(data, media_type).frames:
            assert min(distance(frame.value, each.value) for each in listed) <= NEAR


def test_another_video_is_not_near() -> None:
    data = clip_at([20 + number / RATE for number in range(40)])
    listed = hashed(clip("h264 in mp4"), "video/mp4").frames
    for frame in screened(data, MATROSKA).frames:
        assert min(distance(frame.value, each.value) for each in listed) > NEAR + MARGIN


def test_the_frames_pass_through_the_text_of_a_list() -> None:
    frames = hashed(clip("h264 in mp4"), "video/mp4").frames
    assert parse_frames(frames_text(frames)) == frames


class TestSparseKeyframes:
    def test_frequent_keyframes_suffice(self) -> None:
        assert not screened(clip("h264 in mp4"), "video/mp4").is_sparse

    def test_one_keyframe_in_six_seconds_does_not(self) -> None:
        assert screened(
            clip("mpeg4 in avi", seconds=6, keyframe_every=600), "video/vnd.avi"
        ).is_sparse

    def test_one_keyframe_of_a_short_clip_suffices(self) -> None:
        assert not screened(
            clip("mpeg4 in avi", seconds=3, keyframe_every=600), "video/vnd.avi"
        ).is_sparse

    def test_one_long_part_without_keyframes_is_too_much(self) -> None:
        crowded = [number / 2 for number in range(20)]
        assert screened(clip_at([*crowded, 30.0], encoder="mjpeg"), MATROSKA).is_sparse
        assert not screened(clip_at(crowded, encoder="mjpeg"), MATROSKA).is_sparse

    @pytest.mark.parametrize(("drawn_every", "is_sparse"), [(3, True), (2, False), (1, False)])
    def test_keyframes_that_mostly_show_nothing_are_too_little(
        self, drawn_every: int, *, is_sparse: bool
    ) -> None:
        found = screened(clip_of_stills(6, drawn_every), MATROSKA)
        assert len(found.frames) == 6
        assert found.is_sparse is is_sparse

    def test_a_whole_decoding_is_never_sparse(self) -> None:
        data = clip("mpeg4 in avi", seconds=6, keyframe_every=600)
        assert not hashed(data, "video/vnd.avi").is_sparse


def test_sound_alone_has_no_frames_and_nothing_is_wrong() -> None:
    for look in (screened, hashed):
        found = look(sound(), "video/mp4")
        assert (found.frames, found.problem, found.is_sparse) == ((), None, False)
        assert (found.summary.width, found.summary.height, found.summary.frames) == (0, 0, 0)


class TestAnimations:
    FORMATS = (
        ("GIF", "image/gif"),
        ("WEBP", "image/webp"),
        ("PNG", "image/png"),
        ("AVIF", "image/avif"),
    )

    @pytest.mark.parametrize(("name", "media_type"), FORMATS)
    def test_every_frame_of_a_short_animation_is_hashed(self, name: str, media_type: str) -> None:
        moments = [0.0, 2.5, 4.5]
        found = hash_animation(animation(name, moments, 400), media_type=media_type, limits=LIMITS)
        assert found is not None
        assert [frame.milliseconds for frame in found.frames] == [0, 400, 800]
        assert found.summary.milliseconds == 1200
        for frame, moment in zip(found.frames, moments, strict=True):
            assert distance(frame.value, pdq.exact(drawing(moment)).value) <= NEAR

    @pytest.mark.parametrize(("name", "media_type"), FORMATS)
    def test_a_picture_that_stands_still_is_no_animation(self, name: str, media_type: str) -> None:
        assert (
            hash_animation(animation(name, [0.0], 400), media_type=media_type, limits=LIMITS)
            is None
        )

    def test_a_jpeg_is_no_animation(self) -> None:
        assert hash_animation(b"\xff\xd8\xff", media_type="image/jpeg", limits=LIMITS) is None

    def test_frames_are_taken_over_the_whole_of_a_long_animation(self) -> None:
        data = animation("GIF", [number / 10 for number in range(100)], 50, (24, 18))
        found = hash_animation(data, media_type="image/gif", limits=LIMITS)
        assert found is not None
        assert len(found.frames) == 32
        steps = np.diff([frame.milliseconds for frame in found.frames])
        assert set(steps) == {150, 200}

    def test_a_slow_animation_gives_a_frame_a_second(self) -> None:
        data = animation("GIF", [number / 10 for number in range(50)], 1000, (24, 18))
        found = hash_animation(data, media_type="image/gif", limits=LIMITS)
        assert found is not None
        assert [frame.milliseconds for frame in found.frames] == list(range(0, 50_000, 1000))

    def test_what_is_torn_keeps_its_first_frames(self) -> None:
        data = animation("GIF", [0.0, 2.5, 4.5], 400)
        found = hash_animation(data[: len(data) * 9 // 10], media_type="image/gif", limits=LIMITS)
        assert found is not None
        assert found.problem is not None
        assert found.problem.kind is ProblemKind.TRUNCATED
        assert len(found.frames) == 2
        assert found.summary.milliseconds is None
